"""What a good engineer writes by hand in an afternoon: numpy, and scipy's `brentq` on the level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

__all__ = ["alpha_fair", "utilitarian"]

Floats = NDArray[np.float64]


def alpha_fair(
    budget: float, weights: Floats, alpha: float, lower: Floats, upper: Floats
) -> Floats:
    """Return clip(w^(1/alpha) * level, lower, upper), adding up to the budget.

    Examples
    --------
    >>> lower, upper = np.zeros(3), np.array([2.0, 9.0, 9.0])
    >>> alpha_fair(10.0, np.array([5.0, 2.0, 1.0]), 1.0, lower, upper).round(3).tolist()
    [2.0, 5.333, 2.667]
    """
    slope = (weights / weights.max()) ** (1 / alpha)

    def miss(log_level: float) -> float:
        return float(np.clip(slope * np.exp(log_level), lower, upper).sum()) - budget

    least = float(np.log(np.maximum(lower, 1e-3) / slope).min())  # everybody is at the floor
    most = float(np.log(upper / slope).max())  # everybody is at the cap
    level = np.exp(brentq(miss, least, most, xtol=1e-15, rtol=1e-15))
    awards: Floats = np.clip(slope * level, lower, upper)
    return awards


def utilitarian(budget: float, weights: Floats, lower: Floats, upper: Floats) -> Floats:
    """At alpha = 0: everybody's floor, then the highest weights up to their caps.

    Examples
    --------
    >>> lower, upper = np.zeros(3), np.full(3, 5.0)
    >>> utilitarian(8.0, np.array([1.0, 3.0, 2.0]), lower, upper).tolist()
    [0.0, 5.0, 3.0]
    """
    best_first = np.argsort(-weights)
    room = (upper - lower)[best_first]
    before = np.cumsum(room) - room
    awards = lower.copy()
    awards[best_first] += np.clip(budget - lower.sum() - before, 0.0, room)
    return awards
