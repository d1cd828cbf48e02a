"""The largest value among those who are smaller in two respects."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["largest_dominated"]


def largest_dominated(
    first: NDArray[Any], second: NDArray[Any], values: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each the largest value among those strictly smaller both first and second.

    Parameters
    ----------
    first, second : ndarray without nan, shape (n,)
    values : ndarray of int64, shape (n,)
        Not negative, and n times the largest below 2**62.

    Returns
    -------
    ndarray of int64, shape (n,)
        -1 where nobody is smaller in both.

    Notes
    -----
    Sorted by the first respect, blocks of 1, 2, 4, ... neighbors are merged two by two; in a merge
    those of the left block may be smaller than those of the right one. Every step is a sort and a
    running maximum over all: n·log² n, without a loop over rows.

    Examples
    --------
    >>> a, b = np.array([1, 2, 2, 3]), np.array([5, 6, 4, 7])
    >>> largest_dominated(a, b, np.array([10, 30, 20, 0])).tolist()
    [-1, 10, -1, 30]
    """
    n = len(values)
    # Equals in the first respect never precede those who are larger in the second.
    order = np.lexsort((-_ranks(second), first))
    rank, value = _ranks(second)[order], values[order]
    best = np.full(n, -1, dtype=np.int64)
    place = np.arange(n)
    step = int(value.max(initial=0)) + 2
    size = 1
    by_rank = np.lexsort((place, rank))
    while size < n:
        # By pair of blocks, then by rank; of equals those to the right come first.
        right = (place // size) % 2
        key = (place // (2 * size)) * (2 * n) + 2 * rank + (1 - right)
        sequence = by_rank[np.argsort(key[by_rank], kind="stable")]
        pair = place[sequence] // (2 * size) * step
        left = right[sequence] == 0
        # Values of later pairs are lifted above all of earlier ones, so that maxima start afresh.
        running = np.maximum.accumulate(np.where(left, value[sequence] + 1, 0) + pair) - pair - 1
        found = sequence[~left]
        best[found] = np.maximum(best[found], running[~left])
        size *= 2
    result = np.empty(n, dtype=np.int64)
    result[order] = best
    return result


def _ranks(values: NDArray[Any]) -> NDArray[np.int64]:
    """Dense ranks: equals share one."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.concatenate(([0], np.cumsum(ordered[1:] != ordered[:-1])))
    return ranks
