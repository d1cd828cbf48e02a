"""The figures of one scenario: a row of a sweep."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.level import (
    caps_reached,
    dollar_level,
    held_level,
    largest_claim,
    of_weight_zero,
    told_by,
)
from allocator.allocation.row_evidence import formula_of
from allocator.core.curves import blocks
from allocator.money import CENTS, FINE_PER_CENT, exact_sum
from allocator.policy.compile import bounds
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.shared import Solved
from allocator.scenarios.sums import rounded

__all__ = ["ScenarioFigures", "gini_of_sorted", "scenario_figures"]


CONSTRAINED = "; where a constraint binds, other levels"


@dataclass(frozen=True)
class ScenarioFigures:
    """What the eligible users of one scenario get.

    Attributes
    ----------
    status : {"optimal", "caps_reached", "infeasible"}
        ``caps_reached`` when everybody has their cap and money is left or just runs out;
        ``infeasible`` when the minimum for everybody is more than the budget: no figures then.
    eligible, paid : int or None
        Those who are in, and those of them who get more than nothing.
    at_floor, at_cap : int or None
        At their minimum; at their cap (the maximum, or the loss) above it.
    total_cents, mean_cents, median_cents : int or None
        Of the eligible; half of them get the median or less. Mean and median of nobody are None.
    recovery : float or None
        Total of awards over total of losses.
    top_tenth_share : float or None
        Share of the money that goes to the tenth who lost most.
    gini : float or None
        Of the awards of the eligible, 0 (all equal) to 1.
    level : float or None
        The fractional level in dollars, as in the formula; None when everybody has their cap.
    formula : str or None
    recovery_by_decile : tuple of float or None
        The same as recovery for each decile of loss, from the smallest; None for an empty one.
    """

    status: str
    eligible: int | None = None
    paid: int | None = None
    at_floor: int | None = None
    at_cap: int | None = None
    total_cents: int | None = None
    mean_cents: int | None = None
    median_cents: int | None = None
    recovery: float | None = None
    top_tenth_share: float | None = None
    gini: float | None = None
    level: float | None = None
    formula: str | None = None
    recovery_by_decile: tuple[float | None, ...] = (None,) * DECILES


def scenario_figures(solved: Solved) -> ScenarioFigures:
    """Return the figures of a scenario.

    Parameters
    ----------
    solved : Solved

    Returns
    -------
    ScenarioFigures
    """
    units, members, unit, counts = solved.units, solved.members, solved.unit_cents, solved.tally
    n = len(units)
    values, counts_of = counts.values, counts.counts
    below = np.cumsum(counts_of)
    total = counts.total * unit
    capped = solved.spend < solved.problem.budget or (
        counts.at_upper + counts.fixed == n
        and caps_reached(solved.problem, exact_sum(bounds(members.loss, solved.policy)[1]))
    )
    level, log_level = math.inf, math.inf
    told = told_by(solved.policy, solved.problem)
    if not capped:
        level, log_level = math.nan, solved.log_level
        if not math.isnan(log_level):
            tier = solved.tier if told is solved.policy else 1.0
            level, log_level = dollar_level(told, solved.problem, tier, log_level)
    largest = largest_claim(solved.problem) * unit / CENTS
    share = members.share_of_top_tenth(units, counts.total)
    return ScenarioFigures(
        status="caps_reached" if capped else "optimal",
        eligible=n,
        paid=n - int(counts_of[:1][values[:1] == 0].sum()),
        at_floor=counts.at_lower,
        at_cap=counts.at_upper,
        total_cents=total,
        mean_cents=rounded(total, n) if n else None,
        median_cents=int(values[np.searchsorted(below, (n + 1) // 2)]) * unit if n else None,
        recovery=_ratio(total, members.loss_total),
        top_tenth_share=None if share is None else float(share),
        gini=_gini(values, counts_of, below),
        level=held_level(solved.policy, level, log_level),
        formula=formula_of(told, level, log_level, largest)
        + CONSTRAINED * (n > 0 and bool(solved.policy.constraints) and not math.isnan(log_level))
        + of_weight_zero(solved.policy, told, log_level, capped=capped),
        recovery_by_decile=tuple(
            _ratio(int(units[members.decile(k)].sum()) * unit, members.decile_losses[k - 1])
            for k in range(1, DECILES + 1)
        ),
    )


def gini_of_sorted(ordered: NDArray[Any]) -> float | None:
    """Return the Gini coefficient of amounts in ascending order: 2 Σ i·x_i / (n Σ x) - (n + 1) / n.

    Parameters
    ----------
    ordered : ndarray, shape (n,)
        Not negative, ascending.

    Returns
    -------
    float or None
        From 0 to 1 - 1/n; None when there is nothing.

    Examples
    --------
    >>> gini_of_sorted(np.array([0, 0, 0, 8])), gini_of_sorted(np.array([5, 5]))
    (0.75, 0.0)
    """
    n, whole, ranked = len(ordered), 0.0, 0.0
    for rows in blocks(n):
        amounts = ordered[rows].astype(np.float64)
        # Ranks around their middle: no large sums that cancel.
        ranks = np.arange(rows.start, rows.stop) - (n - 1) / 2.0
        whole += float(amounts.sum())
        ranked += float(np.dot(ranks, amounts))
    return 2.0 * ranked / (n * whole) if whole else None


def _gini(
    values: NDArray[np.int64], counts: NDArray[np.int64], below: NDArray[np.int64]
) -> float | None:
    """Return what `gini_of_sorted` gives, from distinct values and counts up to each."""
    n = int(below[-1]) if len(below) else 0
    held = values * counts.astype(np.float64)
    whole = float(held.sum())
    middle = below - (counts + n) / 2.0  # of the ranks of each value, around the middle of all
    return 2.0 * float(np.dot(middle, held)) / (n * whole) if whole else None


def _ratio(cents: int, fine: int) -> float | None:
    return cents * FINE_PER_CENT / fine if fine else None
