"""Awards against their bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.curves import blocks
from allocator.money import exact_sum

__all__ = ["Tally", "tally"]


@dataclass(frozen=True)
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
    """

    at_lower: int
    at_upper: int
    fixed: int
    outside: int
    total: int


def tally(units: NDArray[np.int64], lower: NDArray[np.int64], upper: NDArray[np.int64]) -> Tally:
    """Count awards at their bounds and outside them.

    Parameters
    ----------
    units, lower, upper : ndarray of int64, shape (n,)

    Returns
    -------
    Tally

    Examples
    --------
    >>> tally(np.array([1, 4, 3, 2]), np.array([1, 1, 1, 2]), np.array([4, 4, 2, 2]))
    Tally(at_lower=2, at_upper=1, fixed=1, outside=1, total=10)
    """
    at_lower = at_upper = fixed = outside = total = 0
    for rows in blocks(len(units)):
        award, least, most = units[rows], lower[rows], upper[rows]
        floor, cap = award == least, award == most
        at_lower += int(np.count_nonzero(floor))
        at_upper += int(np.count_nonzero(cap))
        fixed += int(np.count_nonzero(floor & cap))
        outside += int(np.count_nonzero(award < least)) + int(np.count_nonzero(award > most))
        total += exact_sum(award)
    return Tally(at_lower, at_upper - fixed, fixed, outside, total)
