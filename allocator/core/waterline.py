"""Where a budget ends: the marginal tier, the level in it, and the awards that follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.cents import WholeUnits, whole_units
from allocator.core.curves import LOG_LARGEST, Partitioned, Slopes
from allocator.core.level import find_level, near_level
from allocator.core.order import TieKeys
from allocator.core.ramps import LOG_REACH, Ramps
from allocator.core.tiers import MarginalTier, marginal_tier

__all__ = ["Waterline", "waterline"]

LOG_AMOUNT = 50.0  # amounts that matter lie between exp(-50) and exp(50) units


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
        if tie_keys is not None:
            return self.units(tie_keys).awards
        return self._with_settled([curve.awards(self.relative_level) for curve in self.curves])

    def units(self, tie_keys: TieKeys) -> WholeUnits:
        """Awards of every part in whole units, and the units among which the budget ends.

        Parameters
        ----------
        tie_keys : callable
            Sort keys of claimants, numbered through all parts.

        Returns
        -------
        WholeUnits
        """
        tier, level, reference = self.tier, self.relative_level, self.log_reference
        if tier.members is None:
            return whole_units(tier.ramps, self.curves, tier.budget, level, tie_keys, reference)
        positions = np.flatnonzero(np.concatenate(tier.members))
        found = whole_units(
            tier.ramps,
            self.curves,
            tier.budget,
            level,
            lambda index: tie_keys(positions[index]),
            reference,
        )
        return WholeUnits(self._with_settled(found.awards), None)

    def _with_settled(self, amounts: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        """Return amounts of the tier's members among those who are settled."""
        if self.tier.members is None:
            return tuple(amounts)
        awards = tuple(settled.copy() for settled in self.tier.settled)
        for all_awards, members, amount in zip(awards, self.tier.members, amounts, strict=True):
            all_awards[members] = amount
        return awards


def waterline(parts: Sequence[Ramps], budget: Any, *, near: bool = False) -> Waterline:
    """Find where a budget ends.

    Parameters
    ----------
    parts : sequence of Ramps
        Partitions of one problem.
    budget : int or float
        From the sum of floors to the sum of caps.
    near : bool
        Stop near the level: whole units are the same from there, and found sooner.

    Returns
    -------
    Waterline

    Examples
    --------
    >>> from allocator.core.problem import Problem
    >>> from allocator.core.rules import AlphaFair
    >>> problem = Problem(budget=9, lower=0, upper=None, weights=[2.0, 1.0])
    >>> line = waterline([AlphaFair(1).ramps(problem)], 9)
    >>> round(math.exp(line.log_level), 12)
    3.0
    """
    tier = marginal_tier(parts, budget)
    reference = _log_reference(tier.ramps, float(tier.budget))
    curves = tuple(Slopes.of(part, reference) for part in tier.ramps)
    curve, left = Partitioned(curves), float(tier.budget)
    level = near_level(curve, left) if near else find_level(curve, left)[0]
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
