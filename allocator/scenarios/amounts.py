"""Plain amounts, checked: what every measure is of."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.errors import DataError

__all__ = ["amounts", "ranked", "relative", "scaled"]


def amounts(x: ArrayLike, name: str = "amounts") -> NDArray[np.float64]:
    """Check amounts and return them as floats.

    Parameters
    ----------
    x : array_like, shape (n,)
    name : str, optional
        What to call them in an error.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    DataError
        If they are not numbers in one dimension, there are none, or some are negative, nan or inf.

    Examples
    --------
    >>> amounts([1, 2]).tolist()
    [1.0, 2.0]
    """
    try:
        values: NDArray[Any] = np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"the {name} must be numbers") from None
    if values.ndim != 1:
        raise DataError(f"the {name} must be a list of numbers, not of shape {values.shape}")
    if not len(values):
        raise DataError(f"there are no {name}: a measure needs at least one")
    bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(bad):
        first = int(bad[0])
        raise DataError(
            f"the {name} must be finite and not negative: {len(bad):,} of {len(values):,} are not, "
            f"the first, at position {first}, is {values[first]:g}"
        )
    return values


def scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return amounts over a power of 2, so that no sum overflows; ones when all are 0.

    Examples
    --------
    >>> scaled(np.array([3.0, 1.0])).tolist(), scaled(np.zeros(2)).tolist()
    ([0.75, 0.25], [1.0, 1.0])
    """
    largest = float(values.max())
    return np.ldexp(values, -math.frexp(largest)[1]) if largest else np.ones(len(values))


def relative(x: ArrayLike) -> NDArray[np.float64]:
    """Check amounts and return them over their mean; equal ones give exactly 1.

    Examples
    --------
    >>> relative([1, 3]).tolist(), relative([0, 0]).tolist()
    ([0.5, 1.5], [1.0, 1.0])
    """
    values = scaled(amounts(x))
    return np.ones(len(values)) if values.min() == values.max() else values / values.mean()


def ranked(
    x: ArrayLike, by: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return scaled amounts in the order of `by`, where each run of ties begins, and its length.

    Examples
    --------
    >>> [each.tolist() for each in ranked([4, 2, 3], by=[1, 0, 1])]
    [[0.25, 0.5, 0.375], [0, 1], [1, 2]]
    """
    values, ranks = scaled(amounts(x)), np.asarray(by)
    if ranks.shape != values.shape or ranks.dtype.kind not in "biuf":
        raise DataError(f"by must be {len(values):,} numbers, one for each amount")
    if not np.isfinite(ranks).all():
        raise DataError("by must be finite: nobody can be ranked by nan or inf")
    order = np.argsort(ranks, kind="stable")
    ordered = ranks[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return values[order], starts, np.diff(np.append(starts, len(values)))
