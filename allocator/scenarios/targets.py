"""Figures that a goal can be set for, by name."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.errors import DataError, nearest
from allocator.money import CENTS, FINE_PER_CENT, exact, exact_sum
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.scenario_figures import gini_of_sorted
from allocator.scenarios.shared import Solved
from allocator.scenarios.sums import median

__all__ = ["TARGETS", "Target", "target_named"]

Measure = Callable[[Solved, slice], float]


@dataclass(frozen=True)
class Target:
    """A figure of a scenario.

    Attributes
    ----------
    name : str
    measure : callable
        From a scenario and the places of some of its users, sorted by loss.
    by_decile : bool
        Whether it can be that of one decile of loss.
    of_nobody : float
        What it is without users; nan where that means nothing.
    """

    name: str
    measure: Measure
    by_decile: bool = True
    of_nobody: float = float("nan")

    def of(self, solved: Solved, decile: int | None) -> float:
        """Return the figure, of everybody eligible or of one decile of loss."""
        members = solved.members
        users = slice(0, len(members)) if decile is None else members.decile(decile)
        return self.measure(solved, users) if users.stop > users.start else self.of_nobody


def _median_recovery(solved: Solved, users: slice) -> float:
    # Both are exact in floats up to 2**53; the middle one is one of the ratios.
    loss, cents = solved.members.loss[users], _cents(solved, users)
    lost = loss > 0
    if not lost.any():
        return math.nan
    ratios = cents[lost] * float(FINE_PER_CENT) / loss[lost]
    middle = (len(ratios) - 1) // 2
    return float(np.partition(ratios, middle)[middle])


def _recovery(solved: Solved, users: slice) -> float:
    fine, lost = (
        exact_sum(_cents(solved, users)) * FINE_PER_CENT,
        exact_sum(solved.members.loss[users]),
    )
    return float(fine / lost) if lost else math.nan


def _share_at_minimum(solved: Solved, users: slice) -> float:
    return float(np.mean(solved.units[users] == solved.problem.lower[users]))


def _at_maximum(solved: Solved, users: slice) -> NDArray[np.bool_]:
    maximum = int(exact(solved.policy.award.maximum) * CENTS)
    found: NDArray[np.bool_] = _cents(solved, users) == maximum
    return found


def _share_at_maximum(solved: Solved, users: slice) -> float:
    return float(np.mean(_at_maximum(solved, users)))


def _total_at_maximum(solved: Solved, users: slice) -> float:
    return exact_sum(_cents(solved, users)[_at_maximum(solved, users)]) / CENTS


def _top_tenth_share(solved: Solved, users: slice) -> float:  # noqa: ARG001
    return float(solved.members.share_of_top_tenth(solved.units, solved.tally.total) or 0)


def _cents(solved: Solved, users: slice) -> NDArray[np.int64]:
    cents: NDArray[np.int64] = solved.units[users] * solved.unit_cents
    return cents


_ALL = (
    Target("median_recovery", _median_recovery),  # of those who lost something
    Target("recovery", _recovery),
    Target("median_award", lambda s, u: median(_cents(s, u)) / CENTS),
    Target("mean_award", lambda s, u: exact_sum(_cents(s, u)) / (u.stop - u.start) / CENTS),
    Target("lowest_award", lambda s, u: int(_cents(s, u).min()) / CENTS),
    Target("share_at_minimum", _share_at_minimum),
    Target("share_at_maximum", _share_at_maximum),
    Target("total_at_maximum", _total_at_maximum),
    Target("total", lambda s, u: exact_sum(_cents(s, u)) / CENTS, of_nobody=0.0),
    Target("top_tenth_share", _top_tenth_share, by_decile=False),
    Target("gini", lambda s, u: gini_of_sorted(np.sort(s.units[u])) or 0.0),
    Target("eligible", lambda s, u: float(u.stop - u.start), of_nobody=0.0),  # noqa: ARG005
)
TARGETS: dict[str, Target] = {each.name: each for each in _ALL}


def target_named(name: object, decile: int | None) -> Target:
    """Return the target of a name.

    Raises
    ------
    DataError
        If there is none, or it is not a figure of a decile.

    Examples
    --------
    >>> target_named("gini", None).by_decile
    True
    """
    if not isinstance(name, str) or name not in TARGETS:
        close = nearest(str(name), TARGETS)
        raise DataError(
            f"there is no target {name!r}; "
            + (f"did you mean {close!r}? " if close else "")
            + "Targets: "
            + ", ".join(TARGETS)
            + "; or a function of an Allocation"
        )
    target = TARGETS[name]
    if decile is not None:
        if isinstance(decile, bool) or decile not in range(1, DECILES + 1):
            raise DataError(f"decile must be a whole number from 1 to 10, not {decile!r}")
        if not target.by_decile:
            raise DataError(f"{target.name} is not a figure of one decile: leave decile out")
    return target
