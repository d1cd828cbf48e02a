"""Tiers: who is at the cap, who is at the floor, and the one tier in which the level is found."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.curves import Partitioned, Steps
from allocator.core.level import find_level
from allocator.core.order import CLOSE, Units
from allocator.core.ramps import Ramps

__all__ = ["MarginalTier", "marginal_tier"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MarginalTier:
    """The tier that the budget ends in, and everybody else's settled amounts.

    Attributes
    ----------
    value : float
        The tier; inf is the tail.
    members : tuple of ndarray of bool, one per partition, or None
        None when everybody is.
    ramps : tuple of Ramps
        Of the members.
    settled : tuple of ndarray, shape (n,) each
        Caps for earlier tiers, floors for later ones, 0 for members; empty when all are members.
    budget : int or float
        What is left for the members.
    """

    value: float
    members: tuple[Mask, ...] | None
    ramps: tuple[Ramps, ...]
    settled: tuple[NDArray[Any], ...]
    budget: Any


def marginal_tier(parts: Sequence[Ramps], budget: Any) -> MarginalTier:
    """Find the tier in which the budget runs out.

    Parameters
    ----------
    parts : sequence of Ramps
        Partitions of one problem.
    budget : int or float
        At least the sum of floors, at most the sum of caps.

    Returns
    -------
    MarginalTier

    Examples
    --------
    >>> from allocator.core.means import Midpoint
    >>> w, l, u = np.array([3.0, 1.0, 1.0]), np.zeros(3), np.full(3, 5.0)
    >>> ramps = Ramps(w, None, l, u, 0.0, Midpoint(), tiers=1 / w, flat=True)
    >>> tier = marginal_tier([ramps], 8.0)
    >>> tier.members[0].tolist(), tier.budget
    ([False, True, True], 3.0)
    """
    if all(part.tiers is None for part in parts):
        return MarginalTier(1.0, None, tuple(parts), (), budget)
    tiers = [np.ones(len(p)) if p.tiers is None else p.tiers for p in parts]
    steps = Partitioned(
        [
            Steps(t, p.lower.astype(float), p.upper.astype(float))
            for t, p in zip(tiers, parts, strict=True)
        ]
    )
    low, value = find_level(steps, float(budget))
    if math.isinf(value) and not any(np.isinf(t).any() for t in tiers):
        value = low  # everybody's cap fits: the last tier is as good as any
    if math.isinf(value):
        members = [np.isinf(t) for t in tiers]
        earlier = [~m for m in members]
    else:
        members = [np.abs(t - value) <= CLOSE * value for t in tiers]
        earlier = [(t < value) & ~m for t, m in zip(tiers, members, strict=True)]
        if any(p.flat for p in parts):
            members, earlier = _exactly(parts, members, earlier, budget)
    settled = tuple(
        np.where(e, p.upper, np.where(m, 0, p.lower)).astype(p.lower.dtype)
        for p, m, e in zip(parts, members, earlier, strict=True)
    )
    left = budget - sum(s.sum().item() for s in settled)
    tail = math.isinf(value)
    ramps = tuple(p.tier(m, tail=tail) for p, m in zip(parts, members, strict=True))
    return MarginalTier(value, tuple(members), ramps, settled, left)


def _exactly(
    parts: Sequence[Ramps], members: list[Mask], earlier: list[Mask], budget: Any
) -> tuple[list[Mask], list[Mask]]:
    """Among members whose float tiers nearly agree, keep the exact tier that the budget ends in."""
    taken = [p.take(m) for p, m in zip(parts, members, strict=True)]
    joined = Ramps.concatenated(taken)
    ones = np.ones(len(joined), dtype=np.int64)
    rank = Units(joined, ones, ones).tier_ranks()
    before = sum(
        np.where(e, p.upper, np.where(m, 0, p.lower)).sum().item()
        for p, m, e in zip(parts, members, earlier, strict=True)
    )
    room = np.bincount(rank, weights=(joined.upper - joined.lower).astype(float))
    fits = before + joined.lower.sum().item() + np.cumsum(room) <= budget
    at = min(int(np.count_nonzero(np.logical_and.accumulate(fits))), len(room) - 1)
    start = 0
    for p_members, p_earlier in zip(members, earlier, strict=True):
        where = np.flatnonzero(p_members)
        ranks = rank[start : start + len(where)]
        p_members[where] = ranks == at
        p_earlier[where] = ranks < at
        start += len(where)
    return members, earlier
