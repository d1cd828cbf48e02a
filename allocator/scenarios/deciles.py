"""Deciles and tails by rank: always the same rows, whatever the ties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DECILES", "TAILS", "TIES", "by_rank", "deciles"]

DECILES = 10
TAILS = ("90-95%", "95-99%", "top 1%")  # what the tenth decile is made of
TIES = "equal values share the decile in which the middle of their ranks falls"


def by_rank(values: NDArray[Any], percents: Sequence[int]) -> NDArray[np.int8]:
    """Return how many of some percentages of the ranks each value is at or above.

    Equal values are always together: their place is the middle of their ranks.

    Parameters
    ----------
    values : ndarray of numbers without nan, shape (n,)
    percents : sequence of int
        Ascending, from 1 to 99.

    Returns
    -------
    ndarray of int8, shape (n,)

    Examples
    --------
    >>> by_rank(np.array([10, 20, 30, 40]), (50, 75)).tolist()
    [0, 0, 1, 2]
    """
    n = len(values)
    if not n:
        return np.zeros(0, dtype=np.int8)
    ordered = np.sort(values)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.append(starts[1:], n)
    # The smallest value at or above each percentage; beyond the largest where there is none.
    firsts = np.searchsorted(100 * (starts + ends), [2 * n * percent for percent in percents])
    cuts = ordered[starts[np.minimum(firsts, len(starts) - 1)]][firsts < len(starts)]
    found: NDArray[np.int8] = np.searchsorted(cuts, values, side="right").astype(np.int8)
    return found


def deciles(values: NDArray[Any]) -> NDArray[np.int8]:
    """Return the decile of each value by its rank, from 0 (smallest) to 9.

    Equal values are always in one decile, the one in which the middle of their ranks falls; so
    that with many ties deciles differ in size and some may be empty, but nobody is told apart
    from their equals. Without ties they differ by at most one.

    Parameters
    ----------
    values : ndarray of numbers without nan, shape (n,)

    Returns
    -------
    ndarray of int8, shape (n,)

    Examples
    --------
    >>> deciles(np.arange(20)).tolist()
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]
    >>> deciles(np.array([50, 50, 50, 80])).tolist()
    [3, 3, 3, 8]
    """
    return by_rank(values, range(10, 100, 10))
