"""Sums, means and medians on plain arrays. Amounts are integers, and sums of them exact."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.money import exact_sum

__all__ = ["group_means", "group_totals", "median", "rounded", "share_of_top"]

PART_BITS = 21  # sums of 21-bit numbers are exact in float64 up to 2**32 rows
MEAN_BITS = 50  # of the largest value that a mean is made of


def group_totals(groups: NDArray[Any], count: int, values: NDArray[np.int64]) -> list[int]:
    """Add up integers per group, exactly.

    Parameters
    ----------
    groups : ndarray of int, shape (n,)
        The group of each value, from 0.
    count : int
        How many groups there are.
    values : ndarray of int64, shape (n,)

    Returns
    -------
    list of int, length count

    Examples
    --------
    >>> group_totals(np.array([0, 2, 2]), 3, np.array([5, 2**62, 2**62])) == [5, 0, 2**63]
    True
    """
    sums = [0] * count
    for shift in range(0, 64, PART_BITS):
        part = values >> shift
        if shift + PART_BITS < 64:
            part &= (1 << PART_BITS) - 1
        if part.any():
            found = np.bincount(groups, weights=part, minlength=count)
            sums = [s + (int(f) << shift) for s, f in zip(sums, found.tolist(), strict=True)]
    return sums


def group_means(
    groups: NDArray[Any], count: int, values: NDArray[np.float64]
) -> tuple[list[int], list[int], float]:
    """Add up floats per group such that their order does not matter.

    Parameters
    ----------
    groups : ndarray of int, shape (n,)
        The group of each value, from 0.
    count : int
        How many groups there are.
    values : ndarray of float64, shape (n,)
        Finite, not negative.

    Returns
    -------
    sums, sizes : list of int, length count
        The mean of a group is its sum over its size, times the unit.
    unit : float

    Examples
    --------
    >>> sums, sizes, unit = group_means(np.array([0, 1, 1]), 2, np.array([0.5, 0.25, 1.0]))
    >>> [total / n * unit for total, n in zip(sums, sizes)]
    [0.5, 0.625]
    """
    shift = MEAN_BITS - int(np.frexp(values.max(initial=0.0))[1])
    whole = np.rint(np.ldexp(values, shift)).astype(np.int64)
    sizes = np.bincount(groups, minlength=count).tolist()
    return group_totals(groups, count, whole), sizes, float(np.ldexp(1.0, -shift))


def rounded(amount: int, parts: int) -> int:
    """Divide integers, rounding half-even.

    Examples
    --------
    >>> rounded(5, 2), rounded(7, 2), rounded(-5, 3)
    (2, 4, -2)
    """
    quotient, rest = divmod(amount, parts)
    return quotient + (2 * rest + quotient % 2 > parts)


def median(values: NDArray[Any]) -> int:
    """Return the smallest value that at least half of the values do not exceed.

    It is one of the values, so that "half get this or less" is true to the cent.

    Parameters
    ----------
    values : ndarray of int, shape (n,)

    Returns
    -------
    int
        0 when there are no values.

    Examples
    --------
    >>> median(np.array([400, 400, 900, 1000])), median(np.array([1, 2, 3]))
    (400, 2)
    """
    if not len(values):
        return 0
    middle = (len(values) - 1) // 2
    return int(np.partition(values, middle)[middle])


def share_of_top(
    values: NDArray[np.int64], by: NDArray[Any], fraction: Fraction = Fraction(1, 10)
) -> Fraction | None:
    """Return the share of a total that goes to those who rank highest by something else.

    Those tied at the cut share it: with 10 people of whom 3 are tied for the highest place, the
    top tenth is a third of what those 3 have.

    Parameters
    ----------
    values : ndarray of int64, shape (n,)
        What is shared, not negative.
    by : ndarray, shape (n,)
        What people are ranked by.
    fraction : Fraction
        How much of the people is the top, more than 0 and at most 1.

    Returns
    -------
    Fraction or None
        None when there is nothing to share.

    Examples
    --------
    >>> share_of_top(np.array([6, 1, 1, 2]), np.array([9, 5, 5, 1]), Fraction(1, 2))
    Fraction(7, 10)
    """
    whole = exact_sum(values)
    if not whole:
        return None
    places = len(by) * fraction
    first = len(by) - -(-places.numerator // places.denominator)
    cut = np.partition(by, first)[first]
    above, tied = by > cut, by == cut
    left = places - int(np.count_nonzero(above))
    share = exact_sum(values[tied]) * left / int(np.count_nonzero(tied))
    return (exact_sum(values[above]) + share) / whole
