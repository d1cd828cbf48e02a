"""Whole units by hand: fractions rounded down, then unit by unit while there is room."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocator.core.lots import Limit, Lots

__all__ = ["filled", "rounded", "shaved"]

Floats = NDArray[np.float64]
Units = NDArray[np.int64]

WHOLE = 1e-7  # of a unit: solvers are off by less
FREE = 1e-300  # what takes nothing that has a price is not divided by 0


def rounded(lots: Lots, fractions: Floats, prices: Floats) -> Units | None:
    """Round fractional units down, and fill the room that this leaves.

    Parameters
    ----------
    lots : Lots
    fractions : ndarray of float64, shape (n,)
        Within the limits, but for what solvers are off by.
    prices : ndarray of float64, one for each limit
        Room goes to those who gain most for what they take of it.

    Returns
    -------
    ndarray of int64, shape (n,), or None
        None where not every limit is met.
    """
    whole = np.floor(fractions + WHOLE).astype(np.int64)
    units = shaved(lots, np.where(whole < lots.least, 0, np.minimum(whole, lots.most)))
    for limit in lots.limits:
        if limit.total(units) < limit.least:
            units = _fill(lots, units, prices, _mask(lots, limit), limit)
    units = filled(lots, units, prices)
    return units if lots.allow(units) else None


def filled(lots: Lots, units: Units, prices: Floats) -> Units:
    """Give units to those who gain by them, while there is room for anybody's."""
    return _fill(lots, units, prices, lots.worth(lots.most) > 0)


def shaved(lots: Lots, units: Units) -> Units:
    """Take units away, those worth least first, until no total is above its most."""
    units = units.copy()
    for limit in lots.limits:
        while limit.most is not None and limit.total(units) > limit.most:
            fewer = np.where(units > lots.least, units - 1, 0)
            lost = lots.worth(units) - lots.worth(fewer)
            can = _mask(lots, limit) & (units > 0)
            i = int(np.argmin(np.where(can, lost, np.inf)))
            units[i] = fewer[i]
    return units


def _mask(lots: Lots, limit: Limit) -> NDArray[np.bool_]:
    """Mark those who count."""
    mask = np.zeros(len(lots), dtype=np.bool_)
    mask[limit.members[limit.per_unit > 0]] = True
    return mask


def _fill(
    lots: Lots,
    units: Units,
    prices: Floats,
    open_: NDArray[np.bool_],
    until: Limit | None = None,
) -> Units:
    """Give everybody who is open a step in turn, best first; with `until`, up to its least."""
    units, costs, open_ = units.copy(), lots.costs(prices), open_.copy()
    room = [None if each.most is None else each.most - each.total(units) for each in lots.limits]
    takes: list[list[tuple[int, int]]] = [[] for _ in range(len(lots))]
    for j, limit in enumerate(lots.limits):
        for i, each in zip(limit.members.tolist(), limit.per_unit.tolist(), strict=True):
            if room[j] is not None:
                takes[i].append((j, each))
    while (left := np.flatnonzero(open_ & (units < lots.most))).size:
        more = np.where(units > 0, 1, lots.least)
        gain = lots.worth(np.minimum(units + more, lots.most)) - lots.worth(units)
        order = np.argsort(-gain[left] / np.maximum(costs[left] * more[left], FREE), kind="stable")
        for i in left[order].tolist():
            if until is not None and until.total(units) >= until.least:
                return units
            step = int(more[i])
            if any(room[j] < each * step for j, each in takes[i]):
                open_[i] = False
                continue
            units[i] += step
            for j, each in takes[i]:
                room[j] -= each * step
    return units
