"""Deciles by rank: always ten, whatever the ties."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["DECILES", "TIES", "deciles"]

DECILES = 10
TIES = "equal values share the decile in which the middle of their ranks falls"


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
    n = len(values)
    if not n:
        return np.zeros(0, dtype=np.int8)
    ordered = np.sort(values)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.append(starts[1:], n)
    of_distinct = DECILES * (starts + ends) // (2 * n)
    # The smallest value of each decile from the second on; beyond the largest where there is none.
    firsts = np.searchsorted(of_distinct, np.arange(1, DECILES))
    cuts = ordered[starts[np.minimum(firsts, len(starts) - 1)]][firsts < len(starts)]
    found: NDArray[np.int8] = np.searchsorted(cuts, values, side="right").astype(np.int8)
    return found
