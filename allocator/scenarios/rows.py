"""Tables by decile, row by row: who gets how much, and who gains or loses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.money import FINE_PER_CENT
from allocator.scenarios.groups import ALL, Groups
from allocator.scenarios.metrics import group_totals, median, rounded
from allocator.scenarios.panel import Panel, Scenario

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
    users, eligible, at_floor, at_cap : int
    total_cents : int
    mean_cents : int or None
        Per user of the group, eligible or not, rounded half-even; None without users.
    median_cents : int or None
        Half of the group get this or less.
    recovery : float or None
        Total of awards over total of losses.
    """

    label: str
    users: int
    eligible: int
    at_floor: int
    at_cap: int
    total_cents: int
    mean_cents: int | None
    median_cents: int | None
    recovery: float | None


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


def group_rows(users: Panel, groups: Groups) -> list[GroupRow]:
    """Return a row for every group, and one for everybody, to which they add up."""
    counts = _counts(groups, np.ones(len(users), dtype=bool))
    fine = group_totals(groups.codes, len(groups.labels), users.loss)
    lost = [rounded(each, FINE_PER_CENT) for each in fine]
    ends = [_ends(groups.values[groups.codes == k]) for k in range(len(groups.labels))]
    ends.append(_ends(groups.values))
    labels = (*groups.labels, ALL)
    return [
        GroupRow(label, n, *end, cents)
        for label, n, end, cents in zip(labels, counts, ends, [*lost, sum(lost)], strict=True)
    ]


def paid_rows(users: Panel, groups: Groups, scenario: Scenario) -> list[PaidRow]:
    """Return what every group, and everybody, gets in a scenario."""
    award, eligible = scenario.award, scenario.eligible
    floor = eligible & (award == scenario.lower)
    cap = eligible & (award == scenario.upper) & ~floor
    medians = [median(award[groups.codes == k]) for k in range(len(groups.labels))]
    rows = zip(
        (*groups.labels, ALL),
        _counts(groups, np.ones(len(users), dtype=bool)),
        _counts(groups, eligible),
        _counts(groups, floor),
        _counts(groups, cap),
        _totals(groups, award),
        [*medians, median(award)],
        _totals(groups, users.loss),
        strict=True,
    )
    return [
        PaidRow(
            label,
            n,
            inside,
            at_floor,
            at_cap,
            cents,
            _mean(cents, n),
            middle if n else None,
            cents * FINE_PER_CENT / fine if fine else None,
        )
        for label, n, inside, at_floor, at_cap, cents, middle, fine in rows
    ]


def change_rows(users: Panel, groups: Groups, scenario: Scenario) -> list[ChangeRow]:
    """Return who gains and who loses in a scenario, compared with the panel's first."""
    change = scenario.award - users.scenarios[0].award
    up, down = np.maximum(change, 0), np.maximum(-change, 0)
    rows = zip(
        (*groups.labels, ALL),
        _counts(groups, np.ones(len(users), dtype=bool)),
        _counts(groups, change > 0),
        _counts(groups, change < 0),
        _totals(groups, up),
        _totals(groups, down),
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


def _counts(groups: Groups, where: NDArray[np.bool_]) -> list[int]:
    found = np.bincount(groups.codes[where], minlength=len(groups.labels)).tolist()
    return [*found, sum(found)]


def _totals(groups: Groups, values: NDArray[np.int64]) -> list[int]:
    found = group_totals(groups.codes, len(groups.labels), values)
    return [*found, sum(found)]


def _ends(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    return (float(values.min()), float(values.max())) if len(values) else (None, None)


def _mean(total: int, count: int) -> int | None:
    return rounded(total, count) if count else None
