"""Piecewise-linear utilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.errors import DataError

__all__ = ["Piecewise"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Piecewise:
    """A utility of the award: straight between points, the same for everybody or one for each.

    Parameters
    ----------
    awards : array_like of float64, shape (k,) or (n, k)
        Rising, in the amounts of the problem; nothing is worth more beyond the last.
    values : array_like of float64, shape (k,) or (n, k)
        What an award is worth at these points.

    Raises
    ------
    DataError
        If points do not fit or do not rise.

    Examples
    --------
    >>> Piecewise([0, 100, 300], [0, 100, 150]).slopes.tolist()
    [[1.0, 0.25]]
    """

    awards: ArrayLike
    values: ArrayLike

    def __post_init__(self) -> None:
        awards, values = (np.array(v, dtype=np.float64) for v in (self.awards, self.values))
        awards, values = np.atleast_2d(awards), np.atleast_2d(values)
        fits = awards.ndim == values.ndim == 2 and awards.shape[1] == values.shape[1] > 1
        if not (fits and len({1, len(awards), len(values)}) <= 2):
            raise DataError(
                "a piecewise-linear utility needs as many values as awards, two at least, for "
                f"everybody or for each: shapes are {awards.shape} and {values.shape}"
            )
        if not (np.isfinite(awards).all() and np.isfinite(values).all()):
            raise DataError("the points of a piecewise-linear utility must be finite")
        if not (np.diff(awards, axis=1) > 0).all():
            raise DataError("the awards of a piecewise-linear utility must rise")
        object.__setattr__(self, "awards", awards)
        object.__setattr__(self, "values", values)

    @property
    def slopes(self) -> Floats:
        """Worth of a unit in each piece, shape (1 or n, k - 1)."""
        return np.asarray(np.diff(self.values, axis=1) / np.diff(self.awards, axis=1))

    def for_each(self, n: int, floor: Floats) -> tuple[Floats, Floats]:
        """Return the points of n claimants, shape (n, k) each.

        Raises
        ------
        DataError
            If there are not as many, or they start above a floor.
        """
        awards, values = np.asarray(self.awards), np.asarray(self.values)
        if {len(awards), len(values)} - {1, n}:
            raise DataError(
                f"the utility has points for {max(len(awards), len(values)):,} claimants, not for "
                f"{n:,}"
            )
        points = np.broadcast_to(awards, (n, awards.shape[1]))
        if (points[:, 0] > floor).any():
            raise DataError(
                "the points of the utility must start at the least possible award, "
                f"{floor.min(initial=0.0):g}, not at {points[:, 0].max():g}"
            )
        return points, np.broadcast_to(values, points.shape)
