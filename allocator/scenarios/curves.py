"""Lorenz and concentration curves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.scenarios.amounts import amounts, ranked, scaled

__all__ = ["Curve", "concentration_curve", "lorenz"]


class Curve(NamedTuple):
    """Points of a curve from (0, 0) to (1, 1).

    Attributes
    ----------
    people : ndarray of float64, shape (n + 1,)
        Shares of the people, from those who have least (or rank lowest) on.
    share : ndarray of float64, shape (n + 1,)
        The share of the whole that they have together.
    """

    people: NDArray[np.float64]
    share: NDArray[np.float64]

    def at(self, people: ArrayLike) -> NDArray[np.float64]:
        """Return the share that some shares of the people have together, for drawing.

        Examples
        --------
        >>> lorenz([1, 3]).at([0.5, 0.75]).tolist()
        [0.25, 0.625]
        """
        return np.asarray(np.interp(np.asarray(people, dtype=np.float64), *self))


def lorenz(x: ArrayLike) -> Curve:
    """Return the Lorenz curve: L(k/n) = the k smallest amounts over the sum of all.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0, in any unit.

    Returns
    -------
    Curve
        Convex, never above the diagonal; flat over zeros, straight over equal amounts. Amounts
        that are all 0 count as equal: their curve is the diagonal.

    Raises
    ------
    DataError
        If there are no amounts, or some are negative or not finite.

    References
    ----------
    Lorenz, "Methods of measuring the concentration of wealth", Publications of the American
    Statistical Association 9, 1905.

    Examples
    --------
    >>> lorenz([0, 0, 1, 3]).share.tolist()
    [0.0, 0.0, 0.0, 0.25, 1.0]
    """
    ordered = np.sort(scaled(amounts(x)))
    sums = np.concatenate(([0.0], np.cumsum(ordered)))
    return Curve(np.linspace(0.0, 1.0, len(sums)), sums / sums[-1])


def concentration_curve(x: ArrayLike, by: ArrayLike) -> Curve:
    """Return the concentration curve: the share of x that the k who rank lowest by `by` have.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0.
    by : array_like, shape (n,)
        What people are ranked by, such as losses; any finite numbers.

    Returns
    -------
    Curve
        Below the diagonal where x goes to those who rank high, above where it goes to those who
        rank low. Straight over people tied in `by`, whatever they have; flat over zeros. Amounts
        that are all 0 count as equal: their curve is the diagonal. Ranked by x itself it is the
        Lorenz curve.

    Raises
    ------
    DataError
        If x is empty, negative or not finite, or `by` does not fit.

    References
    ----------
    Kakwani, "Applications of Lorenz curves in economic analysis", Econometrica 45, 1977.

    Examples
    --------
    >>> concentration_curve([3, 1], by=[10, 20]).share.tolist()
    [0.0, 0.75, 1.0]
    >>> concentration_curve([3, 1], by=[10, 10]).share.tolist()
    [0.0, 0.5, 1.0]
    """
    values, starts, sizes = ranked(x, by)
    level = np.repeat(np.add.reduceat(values, starts) / sizes, sizes)
    sums = np.concatenate(([0.0], np.cumsum(level)))
    return Curve(np.linspace(0.0, 1.0, len(sums)), sums / sums[-1])
