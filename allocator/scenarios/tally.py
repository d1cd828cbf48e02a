"""Awards against their bounds, and how many users have each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.curves import blocks
from allocator.money import exact_sum

__all__ = ["Tally", "tally"]

BINS = 10_000  # awards up to here are counted, whatever the number of users


@dataclass(frozen=True, eq=False)
class Tally:
    """How many awards stand where.

    Attributes
    ----------
    at_lower, at_upper : int
        At the floor, and at the cap above it.
    fixed : int
        Of those at the floor, how many have it for their cap, too.
    outside : int
        Below the floor or above the cap.
    total : int
        Units.
    values, counts : ndarray of int64, shape (k,)
        The different awards, ascending, and how many users have each.
    """

    at_lower: int
    at_upper: int
    fixed: int
    outside: int
    total: int
    values: NDArray[np.int64]
    counts: NDArray[np.int64]


def tally(units: NDArray[np.int64], lower: int, upper: NDArray[np.int64]) -> Tally:
    """Count awards, at their bounds and outside them.

    Parameters
    ----------
    units : ndarray of int64, shape (n,)
    lower : int
        Everybody's floor.
    upper : ndarray of int64, shape (n,)

    Returns
    -------
    Tally

    Examples
    --------
    >>> found = tally(np.array([1, 4, 3, 1]), 1, np.array([4, 4, 2, 1]))
    >>> found.at_lower, found.at_upper, found.fixed, found.outside, found.total
    (2, 1, 1, 1, 9)
    >>> found.values.tolist(), found.counts.tolist()
    ([1, 3, 4], [2, 1, 1])
    """
    values, counts = _distinct(units, int(units.max(initial=0)))
    below, low = np.searchsorted(values, (lower, lower + 1)).tolist()
    at_upper, fixed, outside = 0, 0, int(counts[:below].sum())
    for rows in blocks(len(units)):
        award, most = units[rows], upper[rows]
        at_upper += int(np.count_nonzero(award == most))
        outside += int(np.count_nonzero(award > most))
        fixed += int(np.count_nonzero(most == lower))
    total = exact_sum(units, max(map(abs, values[[0, -1]].tolist())) if len(values) else 0)
    at_lower = int(counts[below:low].sum())
    return Tally(at_lower, at_upper - fixed, fixed, outside, total, values, counts)


def _distinct(units: NDArray[np.int64], most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    if most > BINS + 2 * len(units) or units.min(initial=0) < 0:
        return np.unique(units, return_counts=True)
    found = np.bincount(units)  # five times as fast as sorting
    values = np.flatnonzero(found > 0)
    return values, found[values]
