"""Which units of hypothetical claimants are earned at a level."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from allocator.core.order import CLOSE, Units
from allocator.core.ramps import Ramps

__all__ = ["TIED", "earned", "in_tier", "tier_ranks"]

SLACK = 1e-9  # relative, around the level: far more than floats are off, far less than a unit
TIED = 2e-14  # logarithms of levels this close are equal: each is off by less than 1e-14


def earned(ramps: Ramps, log_level: float) -> NDArray[np.int64]:
    """Count the units of each claimant of a tier that are earned at or below a level."""
    mean = ramps.mean
    if log_level == -math.inf:  # only first units of infinite gain are earned there
        low, high = ramps.lower.copy(), np.clip(1, ramps.lower, ramps.upper)
    elif ramps.start is not None or ramps.pauses is not None:  # no mere product
        low, high = ramps.lower.copy(), ramps.upper.copy()
    else:
        amount = ramps.slopes(-log_level)
        low, high = amount * (1.0 - SLACK), amount * (1.0 + SLACK)
        mean.early.units(low, None)
        mean.late.units(high, None)
        low, high = (
            np.clip(each, ramps.lower, ramps.upper).astype(np.int64) for each in (low, high)
        )
    free = ramps.unbounded()
    rows = np.flatnonzero(low < high)
    while len(rows):
        middle = (low[rows] + high[rows] + 1) // 2
        paid = Units(free.take(rows), middle, rows).levels() <= log_level + TIED
        low[rows[paid]] = middle[paid]
        high[rows[~paid]] = middle[~paid] - 1
        rows = rows[low[rows] < high[rows]]
    counted: NDArray[np.int64] = low
    return counted


def tier_ranks(ramps: Ramps) -> NDArray[np.int64]:
    """Rank claimants by their tiers, exactly."""
    ones = np.ones(len(ramps), dtype=np.int64)
    return Units(ramps, ones, ones).tier_ranks()


def in_tier(ramps: Ramps, tier: float) -> NDArray[np.bool_]:
    """Return who is of a tier, but for the last digits of a float."""
    if ramps.tiers is None:
        return np.ones(len(ramps), dtype=bool)
    if math.isinf(tier):
        return np.isinf(ramps.tiers)
    return np.abs(ramps.tiers - tier) <= CLOSE * tier
