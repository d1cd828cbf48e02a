"""Tables by decile, row by row: who gets how much, and who gains or loses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.money import FINE_PER_CENT
from allocator.scenarios.groups import ALL, Groups, Split
from allocator.scenarios.panel import Panel, Scenario
from allocator.scenarios.sums import group_means, group_totals, median, rounded

__all__ = ["ChangeRow", "GroupRow", "PaidRow", "change_rows", "group_rows", "paid_rows"]


@dataclass(frozen=True)
class GroupRow:
    """A group of users, whatever they get.

    Attributes
    ----------
    label : str
    users : int
    lowest, highest : float or None
        Of what users are ranked by; None without users.
    loss_cents : int
        What they lost, rounded half-even; rows add up to the row of everybody.
    """

    label: str
    users: int
    lowest: float | None
    highest: float | None
    loss_cents: int


@dataclass(frozen=True)
class PaidRow:
    """What a group gets in one scenario.

    Attributes
    ----------
    label : str
    users, eligible, paid, at_floor, at_cap : int
        Everybody; those who are in; those who get more than nothing; those at their minimum, and
        at their cap (the maximum, or the loss) above it.
    total_cents : int
    mean_cents : int or None
        Per user of the group, eligible or not, rounded half-even; None without users.
    median_cents : int or None
        Half of the group get this or less.
    recovery_ratio_of_sums : float or None
        Total of awards over total of losses: what a lost dollar gets back.
    recovery_mean_of_ratios : float or None
        Mean of everybody's award over loss: what part a user gets back. Without those who lost
        nothing.
    """

    label: str
    users: int
    eligible: int
    paid: int
    at_floor: int
    at_cap: int
    total_cents: int
    mean_cents: int | None
    median_cents: int | None
    recovery_ratio_of_sums: float | None
    recovery_mean_of_ratios: float | None

    @property
    def recovery(self) -> float | None:
        """The ratio of sums."""
        return self.recovery_ratio_of_sums


@dataclass(frozen=True)
class ChangeRow:
    """How a group fares in one scenario, compared with the first.

    Attributes
    ----------
    label : str
    users, gainers, losers, unchanged : int
    gain_cents, loss_cents : int
        What gainers gain and losers lose in all; not negative.
    change_cents : int
        The one less the other.
    mean_change_cents : int or None
        Per user, rounded half-even; None without users.
    """

    label: str
    users: int
    gainers: int
    losers: int
    unchanged: int
    gain_cents: int
    loss_cents: int
    change_cents: int
    mean_change_cents: int | None


def group_rows(users: Panel, groups: Groups, split: Split) -> list[GroupRow]:
    """Return a row for every group of a split, and one for everybody, to which they add up."""
    fine = group_totals(split.codes, len(split.labels) + 1, users.loss)[:-1]
    lost = [rounded(each, FINE_PER_CENT) for each in fine]
    ends = [_ends(groups.values, split.codes == k) for k in range(len(split.labels))]
    ends.append(_ends(groups.values, np.ones(len(users), dtype=bool)))
    counts = _counts(split, np.ones(len(users), dtype=bool))
    rows = zip((*split.labels, ALL), counts, ends, [*lost, sum(lost)], strict=True)
    return [GroupRow(label, n, *end, cents) for label, n, end, cents in rows]


def paid_rows(users: Panel, split: Split, scenario: Scenario) -> list[PaidRow]:
    """Return what every group of a split, and all of them together, get in a scenario."""
    award, eligible = scenario.award, scenario.eligible
    floor = eligible & (award == scenario.lower)
    cap = eligible & (award == scenario.upper) & ~floor
    medians = [median(award[split.codes == k]) for k in range(len(split.labels))]
    rows = zip(
        (*split.labels, ALL),
        _counts(split, np.ones(len(users), dtype=bool)),
        _counts(split, eligible),
        _counts(split, award > 0),
        _counts(split, floor),
        _counts(split, cap),
        _totals(split, award),
        [*medians, median(award)],
        _totals(split, users.loss),
        _mean_ratios(users, split, scenario),
        strict=True,
    )
    return [
        PaidRow(
            label,
            n,
            inside,
            paid,
            at_floor,
            at_cap,
            cents,
            _mean(cents, n),
            middle if n else None,
            cents * FINE_PER_CENT / fine if fine else None,
            ratio,
        )
        for label, n, inside, paid, at_floor, at_cap, cents, middle, fine, ratio in rows
    ]


def change_rows(users: Panel, split: Split, scenario: Scenario) -> list[ChangeRow]:
    """Return who gains and who loses in a scenario, compared with the panel's first."""
    change = scenario.award - users.scenarios[0].award
    up, down = np.maximum(change, 0), np.maximum(-change, 0)
    rows = zip(
        (*split.labels, ALL),
        _counts(split, np.ones(len(users), dtype=bool)),
        _counts(split, change > 0),
        _counts(split, change < 0),
        _totals(split, up),
        _totals(split, down),
        strict=True,
    )
    return [
        ChangeRow(
            label,
            n,
            gainers,
            losers,
            n - gainers - losers,
            gained,
            lost,
            gained - lost,
            _mean(gained - lost, n),
        )
        for label, n, gainers, losers, gained, lost in rows
    ]


def _counts(split: Split, where: NDArray[np.bool_]) -> list[int]:
    found = np.bincount(split.codes[where], minlength=len(split.labels) + 1)[:-1].tolist()
    return [*found, sum(found)]


def _totals(split: Split, values: NDArray[np.int64]) -> list[int]:
    found = group_totals(split.codes, len(split.labels) + 1, values)[:-1]
    return [*found, sum(found)]


def _mean_ratios(users: Panel, split: Split, scenario: Scenario) -> list[float | None]:
    lost = users.loss > 0
    ratios = scenario.award[lost] * float(FINE_PER_CENT) / users.loss[lost]
    sums, sizes, unit = group_means(split.codes[lost], len(split.labels) + 1, ratios)
    sums[-1], sizes[-1] = sum(sums[:-1]), sum(sizes[:-1])
    return [total / n * unit if n else None for total, n in zip(sums, sizes, strict=True)]


def _ends(
    values: NDArray[np.float64] | None, where: NDArray[np.bool_]
) -> tuple[float | None, float | None]:
    if values is None or not where.any() or np.isnan(values[where]).all():
        return None, None
    return float(np.nanmin(values[where])), float(np.nanmax(values[where]))


def _mean(total: int, count: int) -> int | None:
    return rounded(total, count) if count else None
