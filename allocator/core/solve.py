"""A problem and a rule to awards: the marginal tier, the level in it, whole units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.cents import whole_units
from allocator.core.curves import LOG_LARGEST, Partitioned, Slopes, exp_or_inf
from allocator.core.level import find_level
from allocator.core.order import TieKeys
from allocator.core.problem import Problem
from allocator.core.ramps import LOG_REACH, Ramps
from allocator.core.rules import Rule
from allocator.core.tiers import MarginalTier, marginal_tier

__all__ = ["Solution", "Waterline", "award", "solve", "waterline"]

LOG_AMOUNT = 50.0  # amounts that matter lie between exp(-50) and exp(50) units


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
    """

    awards: NDArray[Any]
    tier: float
    log_level: float

    @property
    def level(self) -> float:
        """The level; inf where a float cannot hold it."""
        return exp_or_inf(self.log_level)


def solve(problem: Problem, rule: Rule) -> Solution:
    """Divide the budget (or the sum of caps, when that is less) by a rule.

    Parameters
    ----------
    problem : Problem
        In whole units, or in real numbers.
    rule : Rule

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
    line = waterline([rule.ramps(problem)], problem.spend)
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


@dataclass(frozen=True, eq=False)
class Waterline:
    """Where the budget ends: the marginal tier, and the fractional level in it.

    Attributes
    ----------
    tier : MarginalTier
    curves : tuple of Slopes
        Of the tier's members, one per part, relative to exp(log_reference).
    relative_level, log_reference : float
    """

    tier: MarginalTier
    curves: tuple[Slopes, ...]
    relative_level: float
    log_reference: float

    @property
    def log_level(self) -> float:
        """Logarithm of the level; -inf when nobody gets more than the floor."""
        if self.relative_level <= 0:
            return -math.inf
        return math.log(self.relative_level) - self.log_reference

    def awards(self, tie_keys: TieKeys | None) -> tuple[NDArray[Any], ...]:
        """Awards of every part.

        Parameters
        ----------
        tie_keys : callable, or None
            Sort keys of claimants, numbered through all parts; None for fractional awards.

        Returns
        -------
        tuple of ndarray
        """
        tier, level = self.tier, self.relative_level
        amounts: Sequence[NDArray[Any]]
        if tie_keys is None:
            amounts = [curve.awards(level) for curve in self.curves]
        elif tier.members is None:
            amounts = whole_units(tier.ramps, self.curves, tier.budget, level, tie_keys)
        else:
            positions = np.flatnonzero(np.concatenate(tier.members))
            amounts = whole_units(
                tier.ramps,
                self.curves,
                tier.budget,
                level,
                lambda index: tie_keys(positions[index]),
            )
        if tier.members is None:
            return tuple(amounts)
        awards = tuple(settled.copy() for settled in tier.settled)
        for all_awards, members, amount in zip(awards, tier.members, amounts, strict=True):
            all_awards[members] = amount
        return awards


def waterline(parts: Sequence[Ramps], budget: Any) -> Waterline:
    """Find where a budget ends.

    Parameters
    ----------
    parts : sequence of Ramps
        Partitions of one problem.
    budget : int or float
        From the sum of floors to the sum of caps.

    Returns
    -------
    Waterline

    Examples
    --------
    >>> from allocator.core.rules import AlphaFair
    >>> problem = Problem(budget=9, lower=0, upper=None, weights=[2.0, 1.0])
    >>> line = waterline([AlphaFair(1).ramps(problem)], 9)
    >>> round(math.exp(line.log_level), 12)
    3.0
    """
    tier = marginal_tier(parts, budget)
    reference = _log_reference(tier.ramps, float(tier.budget))
    curves = tuple(Slopes.of(part, reference) for part in tier.ramps)
    level = find_level(Partitioned(curves), float(tier.budget))[0]
    return Waterline(tier, curves, level, reference)


def _log_reference(parts: Sequence[Ramps], budget: float) -> float:
    """Where to exponentiate slopes: their middle, or near the level when they span too much.

    Slopes beyond float range of the reference are then surely at a bound.
    """
    low = min(p.log_range[0] for p in parts)
    high = max(p.log_range[1] for p in parts)
    if max(-low, high) <= LOG_REACH:
        return 0.0
    if high - low <= 2 * LOG_REACH:
        return low + (high - low) / 2.0
    lowest, highest = -high - LOG_AMOUNT, -low + LOG_AMOUNT
    while highest - lowest > LOG_REACH / 2:
        middle = (lowest + highest) / 2.0
        if sum(_total_at(p, middle) for p in parts) <= budget:
            lowest = middle
        else:
            highest = middle
    return -(lowest + highest) / 2.0


def _total_at(part: Ramps, log_level: float) -> float:
    amounts = np.exp(np.minimum(part.log_slopes + log_level, LOG_LARGEST))
    if part.start is not None:
        amounts -= part.start
    return float(np.clip(amounts, part.lower, part.upper).sum())
