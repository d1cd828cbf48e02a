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
    Sorted by the first respect, places are halved again and again; those of a left half may be
    smaller than those of the right one beside it. Within each half all stand by the second
    respect, which a stable partition keeps: a step is a running maximum over all, without a sort,
    and there are log2 n of them.

    Examples
    --------
    >>> a, b = np.array([1, 2, 2, 3]), np.array([5, 6, 4, 7])
    >>> largest_dominated(a, b, np.array([10, 30, 20, 0])).tolist()
    [-1, 10, -1, 30]
    """
    n = len(values)
    # Equals in the first respect never precede those who are larger in the second.
    rank = _ranks(second)
    order = np.lexsort((-rank, first))
    rank, value = rank[order], values[order]
    best = np.full(n, -1, dtype=np.int64)
    place = np.arange(n)
    lift = int(value.max(initial=0)) + 2
    # By rank; of equals those to the right come first.
    sequence = n - 1 - np.argsort(rank[::-1], kind="stable")
    size = 1 << max(n - 1, 0).bit_length()
    while size > 1:
        # Values of later pairs are lifted above all of earlier ones, so that maxima start afresh.
        pair = place // size * lift
        size //= 2
        left = sequence // size % 2 == 0
        running = np.maximum.accumulate(np.where(left, value[sequence] + 1, 0) + pair)
        found = sequence[~left]
        best[found] = np.maximum(best[found], running[~left] - pair[~left] - 1)
        halves = np.empty_like(sequence)
        is_left = place // size % 2 == 0
        halves[is_left], halves[~is_left] = sequence[left], found
        sequence = halves
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
