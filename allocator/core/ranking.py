"""The order of whole units inside many groups at once: exact where floats do not tell it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.order import Columns, TieKeys, Units

__all__ = ["ranks_within"]

Ints = NDArray[np.int64]


def ranks_within(units: Units, group: Ints, tie_keys: TieKeys) -> Ints:
    """Rank units so that, inside every group, ranks are in the order in which units are earned.

    Parameters
    ----------
    units : Units
        m units of one tier. In a group with levels that differ each is computed exactly, so that
        units which floats tell apart are better left out.
    group : ndarray of int64, shape (m,)
    tie_keys : callable
        Sort keys of tied claimants.

    Returns
    -------
    ndarray of int64, shape (m,)
        All different.

    Examples
    --------
    >>> from allocator.core.means import Midpoint
    >>> from allocator.core.ramps import Ramps
    >>> w, none, nine = np.array([1.0, 2.0, 1.0, 1.0]), np.zeros(4, int), np.full(4, 9)
    >>> ramps = Ramps(w, None, none, nine, 1.0, Midpoint())
    >>> units = Units(ramps, np.array([1, 2, 5, 5]), np.arange(4))
    >>> keys = lambda rows: [(b"", str(-i)) for i in rows]
    >>> ranks_within(units, np.array([0, 0, 1, 1]), keys).tolist()
    [0, 1, 2, 3]
    """
    by_group = np.argsort(group, kind="stable")
    units, group = units.take(by_group), group[by_group]
    start = np.flatnonzero(np.diff(group, prepend=group[:1] - 1))
    segment = np.cumsum(np.diff(group, prepend=group[:1]) != 0)
    levels = units.levels()
    level = _ranked(units.level_ranks, units.level_columns, start, segment, np.isfinite(levels))
    level = np.where(np.isinf(levels), np.where(levels < 0, -1, len(levels)), level)
    everyone = np.ones(len(units), dtype=bool)
    place = _ranked(units.place_ranks, units.place_columns, start, segment, everyone)
    claims = units.ramps.claims
    keys = [segment, level, place, -units.ramps.weights, *([] if claims is None else [-claims])]
    order = np.lexsort(keys[::-1])
    same = np.all([np.diff(key[order]) == 0 for key in keys], axis=0)
    tied = np.zeros(len(units), dtype=bool)
    tied[order[1:][same]] = tied[order[:-1][same]] = True
    if tied.any():
        order = np.lexsort([_key_ranks(units, np.flatnonzero(tied), tie_keys), *keys[::-1]])
    rank = np.empty(len(units), dtype=np.int64)
    rank[by_group[order]] = np.arange(len(units))
    return rank


def _ranked(
    ranks: Callable[[Ints], Ints],
    columns: Columns,
    start: Ints,
    segment: Ints,
    wanted: NDArray[np.bool_],
) -> Ints:
    """Rank the units of groups whose units differ in some column; 0 in all others."""
    mixed = np.zeros(len(start), dtype=bool)
    for column in columns:
        mixed |= np.minimum.reduceat(column, start) != np.maximum.reduceat(column, start)
    rows = np.flatnonzero(mixed[segment] & wanted)
    found = np.zeros(len(segment), dtype=np.int64)
    if len(rows):
        found[rows] = ranks(rows)
    return found


def _key_ranks(units: Units, rows: Ints, tie_keys: TieKeys) -> Ints:
    """Rank some units by their claimants' tie keys; 0 for all others."""
    keys: list[Any] = tie_keys(units.index[rows])
    found = np.zeros(len(units), dtype=np.int64)
    found[rows[sorted(range(len(keys)), key=keys.__getitem__)]] = np.arange(len(keys))
    return found
