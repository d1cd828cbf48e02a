"""A problem and a rule to awards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from allocator.core.curves import exp_or_inf
from allocator.core.nested import tighten
from allocator.core.overlap import solve_overlapping
from allocator.core.prices import Prices
from allocator.core.problem import Problem
from allocator.core.rules import Rule
from allocator.core.waterline import Waterline, waterline
from allocator.core.whole_totals import Master
from allocator.errors import UnsupportedError

__all__ = ["Solution", "award", "solve"]


@dataclass(frozen=True, eq=False)
class Solution:
    """Awards, and the level they follow from.

    Attributes
    ----------
    awards : ndarray of int64 (whole units) or float64, shape (n,)
    tier : float
        The marginal tier: 1, or d/w at alpha = 0, or inf for the tail of weight 0.
    log_level : float
        Logarithm of the fractional level in that tier, in units.
    prices : Prices or None
        Of constraints that overlap, relative to the price at that level.
    """

    awards: NDArray[Any]
    tier: float
    log_level: float
    prices: Prices | None = None

    @property
    def level(self) -> float:
        """The level; inf where a float cannot hold it."""
        return exp_or_inf(self.log_level)


def solve(problem: Problem, rule: Rule, master: Master | None = None) -> Solution:
    """Divide the budget (or what caps let be spent, when that is less) by a rule.

    Parameters
    ----------
    problem : Problem
        In whole units, or in real numbers.
    rule : Rule
    master : callable, optional
        Solver of small integer programs, which constraints that overlap need.

    Returns
    -------
    Solution

    Raises
    ------
    DataError
        If the rule lacks what it needs (claims, weights), or tied claimants share an id.

    Examples
    --------
    >>> from allocator.core.rules import AlphaFair
    >>> problem = Problem(budget=10, lower=0, upper=[2, 9, 9], weights=[5.0, 2.0, 1.0])
    >>> solve(problem, AlphaFair(1)).awards.tolist()
    [2, 5, 3]
    """
    if problem.overlapping:
        if master is None:
            raise UnsupportedError(
                "constraints that overlap need a master solver: solve(problem, rule, master)"
            )
        found = solve_overlapping(problem, rule, master)
        return Solution(found.awards, 1.0, found.log_level, found.prices)
    ramps = tighten(problem, rule.ramps(problem))
    line = waterline([ramps], problem.spend)
    return Solution(award(problem, line), line.tier.value, line.log_level)


def award(problem: Problem, line: Waterline) -> NDArray[Any]:
    """Hand out what the waterline says, in whole units when the problem is in whole units.

    Parameters
    ----------
    problem : Problem
    line : Waterline
        Of the problem as one part.

    Returns
    -------
    ndarray of int64 or float64, shape (n,)
    """
    (awards,) = line.awards(problem.tie_keys if problem.whole else None)
    awards.flags.writeable = False
    return awards
