"""All measures of inequality and fairness of an allocation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.errors import DataError
from allocator.money import CENTS, FINE, FINE_PER_CENT, exact_sum
from allocator.scenarios import metrics
from allocator.scenarios.columns import losses, numbers

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Measures", "Of", "measures"]

Of = Literal["award", "recovery", "remaining_loss"]


@dataclass(frozen=True)
class Measures:
    """Measures of what the eligible users get; see `allocator.scenarios.metrics` for each.

    Attributes
    ----------
    of : {"award", "recovery", "remaining_loss"}
        What they are of: awards, award / loss, or what is left of losses.
    users : int
        Eligible users; for recovery, those of them who lost something.
    gini, theil, mean_log_deviation, atkinson, hoover : float or None
        Inequality, 0 when all have the same; Atkinson with epsilon 0.5. None without users, as
        all others.
    jain : float or None
        Fairness, 1 when all have the same.
    concentration_index : float or None
        Positive when those who lost more have more of it.
    largest_envy : float or None
        The largest less the smallest: a ratio, or dollars. For awards, the dollars that the most
        envious would have more, if they recovered as large a part of their loss as anybody does.
    distance_from_pro_rata : float or None
        The share of the money that would have to change hands to pay everybody the same part of
        their loss; the same whatever the measures are of.
    price_of_fairness : float or None
        The share of Σ weight × award that the policy gives up, against giving to the highest
        weights first within the same floors and caps. Weights are the policy's own, the recognized
        loss where it has none; over the loss where utility is of the recovery. The same whatever
        the measures are of, and to be compared only between policies of the same weights.
    """

    of: str
    users: int
    gini: float | None = None
    concentration_index: float | None = None
    jain: float | None = None
    theil: float | None = None
    mean_log_deviation: float | None = None
    atkinson: float | None = None
    hoover: float | None = None
    largest_envy: float | None = None
    distance_from_pro_rata: float | None = None
    price_of_fairness: float | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The measures as a pandas frame: a row for each, in one column."""
        import pandas as pd

        values = pd.Series(self.to_dict(), dtype=object).drop("of")
        return values.astype("float64").rename(self.of).rename_axis("measure").to_frame()

    def to_dict(self) -> dict[str, Any]:
        """Return the measures by name."""
        return asdict(self)

    def __str__(self) -> str:
        cells = self._cells()
        width = max(len(name) for name, _ in cells)
        lines = [f"{name:<{width}}  {value}" for name, value in cells]
        return "\n".join([self._title, *lines])

    def _repr_html_(self) -> str:
        table = (("measure", "value"), self._cells())
        title = f"Measures {self._title}"
        html: str = import_module("allocator.report.cards").card(title, tables=[table])
        return html

    @property
    def _title(self) -> str:
        return f"of the {self.of.replace('_', ' ')} of {self.users:,} eligible users"

    def _cells(self) -> list[tuple[str, str]]:
        values = {name: v for name, v in self.to_dict().items() if name not in ("of", "users")}
        return [(name, "-" if v is None else f"{v:,.4f}") for name, v in values.items()]


def measures(allocation: Allocation, of: str = "award") -> Measures:
    """Measure how unequal an allocation leaves its eligible users.

    Parameters
    ----------
    allocation : Allocation
        Fresh, or read from a folder.
    of : {"award", "recovery", "remaining_loss"}
        Of awards, of award / loss, or of what is left of losses (0 where an award is larger).

    Returns
    -------
    Measures

    Raises
    ------
    DataError
        If `of` is none of these.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00", rule="proportional", minimum="0")
    >>> found = measures(al.allocate(al.simulate_users(1000, seed=7), policy), of="recovery")
    >>> found.users > 300, 0 <= found.gini <= 1
    (True, True)
    """
    if of not in get_args(Of):
        raise DataError(f"of must be one of {', '.join(get_args(Of))}, not {of!r}")
    table, policy = allocation.table, allocation.policy
    rows = np.flatnonzero(numbers(table, "eligible"))
    award = numbers(table, "award_cents")[rows]
    loss = losses(table, policy)[rows]
    x, by = _measured(of, award, loss)
    if not len(x):
        return Measures(of, 0)
    told: dict[str, float] = {
        "gini": metrics.gini(x),
        "concentration_index": metrics.concentration_index(x, by),
        "jain": metrics.jain(x),
        "theil": metrics.theil(x),
        "mean_log_deviation": metrics.mean_log_deviation(x),
        "atkinson": metrics.atkinson(x),
        "hoover": metrics.hoover(x),
        "largest_envy": metrics.largest_envy(x, by) if of == "award" else metrics.largest_envy(x),
        "price_of_fairness": _price(allocation, rows, award, loss),
    }
    pro_rata = metrics.distance_from_pro_rata(award, loss) if loss.any() else None
    return Measures(of, len(x), **told, distance_from_pro_rata=pro_rata)


def _measured(
    of: str, award: NDArray[np.int64], loss: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what is measured, in dollars or as a ratio, and what people are ranked by."""
    if of == "award":
        return award / CENTS, loss
    if of == "recovery":
        lost = loss > 0
        return award[lost] * float(FINE_PER_CENT) / loss[lost], loss[lost]
    return np.maximum(loss - award * FINE_PER_CENT, 0) / FINE, loss


def _price(
    allocation: Allocation,
    rows: NDArray[np.int64],
    award: NDArray[np.int64],
    loss: NDArray[np.int64],
) -> float:
    """Return the price of fairness against giving to the highest weights first."""
    table, policy = allocation.table, allocation.policy
    weight = numbers(table, "weight" if policy.weighs else "claim")[rows]
    if policy.uses_weights and policy.objective.of == "recovery":
        weight = np.divide(weight, loss, out=np.zeros(len(rows)), where=loss > 0)
    lower, upper = (numbers(table, name)[rows] for name in ("lower_cents", "upper_cents"))
    order = np.argsort(-weight, kind="stable")
    room = (upper - lower)[order]
    before = np.cumsum(room) - room
    left = exact_sum(award) - exact_sum(lower)
    best = lower.copy()
    best[order] += np.clip(left - before, 0, room)
    top = weight.max()
    share = weight / top if top else weight
    return max(0.0, metrics.price_of_fairness(share * award, share * best))
