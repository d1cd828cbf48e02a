"""The last unit held, and the first refused, of each of many groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocator.core.order import Units
from allocator.core.ramps import Ramps

__all__ = ["extreme_units"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def extreme_units(
    ramps: Ramps, number: Ints, rows: Ints, layer: Ints, size: int, *, last: bool
) -> tuple[Floats, Floats]:
    """Return where each group's own order ends: its last unit held, or its first refused.

    Parameters
    ----------
    ramps : Ramps
        Of n claimants.
    number : ndarray of int64, shape (n,)
        The unit of each that is meant: what they hold, or one more.
    rows : ndarray of int64, shape (r,)
        Claimants to look at, all of them in a group.
    layer : ndarray of int64, shape (n,)
        Everybody's group.
    size : int
        Groups.
    last : bool
        The largest level of each group, rather than the smallest.

    Returns
    -------
    tier, log_level : ndarray of float64, shape (size,)
        nan for groups without a row.

    Examples
    --------
    >>> from allocator.core.means import Midpoint
    >>> ramps = Ramps(np.ones(3), None, np.zeros(3), np.full(3, 9.0), 1.0, Midpoint())
    >>> group, everybody = np.array([0, 0, 1]), np.arange(3)
    >>> _, log_level = extreme_units(ramps, np.array([2, 5, 4]), everybody, group, 2, last=True)
    >>> np.exp(log_level).round(9).tolist()
    [4.5, 3.5]
    """
    tiers = np.ones(len(rows)) if ramps.tiers is None else ramps.tiers[rows]
    levels = np.zeros(len(rows))
    tail = np.isinf(tiers)
    for part, in_tail in ((~tail, False), (tail, True)):
        if part.any():
            chosen = rows[part]
            within = ramps.unbounded().take(chosen)
            everyone = np.ones(len(chosen), dtype=bool)
            inside = within.tier(everyone, tail=in_tail)
            levels[part] = Units(inside, number[chosen], chosen).levels()
    order = np.lexsort((levels, tiers, layer[rows]))
    labels = layer[rows][order]
    ends = np.flatnonzero(np.diff(labels, append=-1) if last else np.diff(labels, prepend=-1))
    tier, level = np.full(size, np.nan), np.full(size, np.nan)
    tier[labels[ends]], level[labels[ends]] = tiers[order][ends], levels[order][ends]
    return tier, level
