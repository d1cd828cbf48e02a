"""Where the units of a better division can be, by reduced costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.lots import Lots, last

__all__ = ["Box", "box_at"]

Floats = NDArray[np.float64]
Units = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Box:
    """Units to choose from.

    Attributes
    ----------
    low, high : ndarray of int64, shape (n,)
        Of those that are not 0; low is above high for whoever has none of them.
    zero : ndarray of bool, shape (n,)
        Whether 0 is among them.
    """

    low: Units
    high: Units
    zero: NDArray[np.bool_]

    @property
    def low_or_0(self) -> Units:
        """The first units, 0 for whoever has none."""
        return np.where(self.low <= self.high, self.low, 0)

    @property
    def high_or_0(self) -> Units:
        """The last units, 0 for whoever has none."""
        return np.where(self.low <= self.high, self.high, 0)

    @property
    def sure(self) -> Units:
        """The units that everybody has at least."""
        return np.where(self.zero, 0, self.low_or_0)

    def is_all_of(self, lots: Lots) -> bool:
        """Tell whether nothing is left out."""
        same = (self.low == lots.least) & (self.high == lots.most) & self.zero
        return bool(same.all())


def box_at(lots: Lots, prices: Floats, slack: float) -> Box:
    """Return the units of every division that is worth less than the bound by at most `slack`.

    At these prices, other units leave so much less above their cost than the best ones that they
    alone take more than `slack` from the bound.

    Parameters
    ----------
    lots : Lots
    prices : ndarray of float64, one for each limit
    slack : float

    Returns
    -------
    Box

    Examples
    --------
    >>> from allocator.core.lots import Limit
    >>> fund = Limit("fund", np.arange(2), np.array([1, 1], dtype=object), 0, 3)
    >>> two, three = np.full(2, 2), np.full(2, 3)
    >>> lots = Lots(lambda units: units * np.array([2.0, 1.0]), two, three, [fund])
    >>> box = box_at(lots, np.array([1.5]), 0.75)
    >>> box.low.tolist(), box.high.tolist(), box.zero.tolist()
    ([2, 4], [3, 3], [False, True])
    """
    costs = lots.costs(prices)
    best = lots.best_at(costs)
    left = lots.worth(best) - costs * best
    most = np.maximum(left, 0.0)

    def near(units: Units) -> NDArray[np.bool_]:
        return np.asarray(most - (lots.worth(units) - costs * units) <= slack)

    high = last(near, best, lots.most)
    low = best - last(lambda fewer: near(best - fewer), np.zeros_like(best), best - lots.least)
    inside = most - left <= slack
    none = ~inside
    return Box(np.where(none, lots.most + 1, low), np.where(none, lots.most, high), most <= slack)
