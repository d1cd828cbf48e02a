"""Lots: whole units of zero or at least a minimum, concave worth, and limits on a few totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Limit", "Lots", "last"]

Floats = NDArray[np.float64]
Units = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Limit:
    """A bound on a total: least <= Σ per_unit·units of the members <= most.

    Attributes
    ----------
    name : str
        What it is called in messages.
    members : ndarray of int64, shape (k,)
        Positions of those who count.
    per_unit : ndarray of Python's whole numbers, shape (k,)
        What a unit of each counts; of any size, and none negative.
    least : int
    most : int or None
        None when the total may be anything from `least` on.

    Examples
    --------
    >>> limit = Limit("risk", np.array([0, 2]), np.array([10**20, 1], dtype=object), 0, 10**21)
    >>> limit.total(np.array([3, 9, 5])), limit.allows(np.array([10, 0, 1]))
    (300000000000000000005, False)
    """

    name: str
    members: Units
    per_unit: NDArray[Any]
    least: int
    most: int | None

    def total(self, units: Units) -> int:
        """Return the total of some units, exactly."""
        pairs = zip(self.per_unit.tolist(), units[self.members].tolist(), strict=True)
        return sum(each * many for each, many in pairs)

    def allows(self, units: Units) -> bool:
        """Tell whether the total of some units is within its bounds, exactly."""
        total = self.total(units)
        return self.least <= total and (self.most is None or total <= self.most)


@dataclass(frozen=True, eq=False)
class Lots:
    """Choose units, 0 or from `least` to `most`, that are worth most within the limits.

    Attributes
    ----------
    worth : callable
        From units, shape (n,), to what they are worth to each claimant: 0 for 0, concave, never
        falling.
    least, most : ndarray of int64, shape (n,)
        1 <= least <= most.
    limits : sequence of Limit

    Examples
    --------
    Two claimants with room for one of them, and the bound at a price of 1.5 a unit:

    >>> fund = Limit("fund", np.arange(2), np.array([1, 1], dtype=object), 0, 3)
    >>> two, three = np.full(2, 2), np.full(2, 3)
    >>> lots = Lots(lambda units: units * np.array([2.0, 1.0]), two, three, [fund])
    >>> lots.value(np.array([3, 0])), lots.bound(np.array([1.5]))
    (6.0, 6.0)
    """

    worth: Callable[[Units], Floats]
    least: Units
    most: Units
    limits: Sequence[Limit]

    def __len__(self) -> int:
        return len(self.least)

    def value(self, units: Units) -> float:
        """Return what some units are worth to all together."""
        return float(self.worth(units).sum())

    def allow(self, units: Units) -> bool:
        """Tell whether units are 0 or within their bounds, and within all limits, exactly."""
        fits = (units == 0) | ((units >= self.least) & (units <= self.most))
        return bool(fits.all()) and all(limit.allows(units) for limit in self.limits)

    def costs(self, prices: Floats) -> Floats:
        """Return what a unit of each claimant costs at some prices of the limits.

        Parameters
        ----------
        prices : ndarray of float64, one for each limit
            Of what a limit counts.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        costs = np.zeros(len(self))
        for price, limit in zip(prices.tolist(), self.limits, strict=True):
            if price:
                costs[limit.members] += price * limit.per_unit.astype(np.float64)
        return costs

    def best_at(self, costs: Floats) -> Units:
        """Return the units, from least to most, that leave each most above what they cost."""
        return last(
            lambda units: self.worth(units) - self.worth(units - 1) > costs, self.least, self.most
        )

    def bound(self, prices: Floats) -> float:
        """Return what no units within the limits are worth more than, by weak duality.

        Whatever the prices: no units leave more above their cost than the best ones do, and all
        units within the limits together cost no more than the limits at their prices.

        Parameters
        ----------
        prices : ndarray of float64, one for each limit
            Positive ones charge for `most`, negative ones pay for `least`.

        Returns
        -------
        float
            Infinite at a positive price of a limit without a `most`.
        """
        costs = self.costs(prices)
        best = self.best_at(costs)
        bound = float(np.maximum(self.worth(best) - costs * best, 0.0).sum())
        for price, limit in zip(prices.tolist(), self.limits, strict=True):
            if price < 0:
                bound += price * float(limit.least)
            elif price > 0:
                bound += price * (np.inf if limit.most is None else float(limit.most))
        return bound


def last(holds: Callable[[Units], NDArray[np.bool_]], low: Units, high: Units) -> Units:
    """Return the last units from `low` to `high` for which something holds.

    Parameters
    ----------
    holds : callable
        What holds for some units holds for all before them; at `low` it is not asked.
    low, high : ndarray of int64, shape (n,)

    Returns
    -------
    ndarray of int64, shape (n,)

    Examples
    --------
    >>> last(lambda units: units * units <= np.array([10, 99]), np.zeros(2, int), np.full(2, 9))
    array([3, 9])
    """
    low, high = low.copy(), high.copy()
    while (left := low < high).any():
        middle = low + (high - low + 1) // 2
        fine = holds(middle)
        low = np.where(left & fine, middle, low)
        high = np.where(left & ~fine, middle - 1, high)
    return low
