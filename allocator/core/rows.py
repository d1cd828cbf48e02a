"""Constraints of any kind as rows: lower <= Σ coefficient·award <= upper."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allocator.core.constraints import Groups, Row
from allocator.core.family import members_of
from allocator.errors import DataError, UnsupportedError

if TYPE_CHECKING:
    from allocator.core.problem import Problem

__all__ = ["MAX_ROWS", "Rows", "broken_rows", "rows_of"]

MAX_ROWS = 100  # that overlap: each has a price, found together


@dataclass(frozen=True, eq=False)
class Rows:
    """Linear constraints on the awards of n claimants, in the amounts of the problem.

    Attributes
    ----------
    names : tuple of str, length m
    lower, upper : ndarray of float64, shape (m,)
        Infinite where there is no bound.
    matrix : tuple of (ndarray of int64, ndarray of float64), length m
        Positions of the claimants that count, and what a unit of each counts.
    """

    names: tuple[str, ...]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    matrix: tuple[tuple[NDArray[np.int64], NDArray[np.float64]], ...]

    def __len__(self) -> int:
        return len(self.names)


def rows_of(problem: Problem) -> Rows:
    """Return every constraint of a problem as a row, whether nested or not.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    Rows

    Raises
    ------
    DataError
        If a constraint does not fit the claimants.
    UnsupportedError
        If there are more than 100 rows.

    Examples
    --------
    >>> from allocator.core.constraints import Group
    >>> from allocator.core.problem import Problem
    >>> rows = rows_of(Problem(9, 0, [9, 9], constraints=[Group([1], upper=3, name="late")]))
    >>> rows.names, rows.lower.tolist(), rows.upper.tolist(), rows.matrix[0][0].tolist()
    (('late',), [0.0], [3.0], [1])
    """
    n = len(problem)
    names: list[str] = []
    bounds: list[tuple[float, float]] = []
    matrix = []
    count = sum(len(c) if isinstance(c, Groups) else 1 for c in problem.constraints)
    if count > MAX_ROWS:
        raise UnsupportedError(
            f"{count:,} constraints overlap, and at most {MAX_ROWS} may: groups that are nested or "
            "disjoint may be as many as claimants"
        )
    for constraint in problem.constraints:
        if isinstance(constraint, Row):
            if len(constraint.coefficients) != n:
                raise DataError(
                    f"{constraint.name!r} has {len(constraint.coefficients):,} coefficients for "
                    f"{n:,} claimants"
                )
            index = np.flatnonzero(constraint.coefficients)
            names.append(constraint.name)
            bounds.append((_or(constraint.lower, -np.inf), _or(constraint.upper, np.inf)))
            matrix.append((index, constraint.coefficients[index]))
            continue
        for name, index, lower, upper in members_of(constraint, n):
            names.append(name)
            bounds.append((_or(lower, 0.0), _or(upper, np.inf)))
            matrix.append((index, np.ones(len(index))))
    pairs = np.array(bounds, dtype=np.float64).reshape(-1, 2)
    return Rows(tuple(names), pairs[:, 0], pairs[:, 1], tuple(matrix))


def broken_rows(
    rows: Rows, totals: NDArray[np.int64], coefficients: NDArray[np.float64]
) -> list[int]:
    """Return the rows that whole totals break, in rational arithmetic.

    Parameters
    ----------
    rows : Rows
    totals : ndarray of int64, shape (k,)
    coefficients : ndarray of float64, shape (m, k)
        What a unit of each total counts in each row.

    Returns
    -------
    list of int

    Examples
    --------
    >>> rows = Rows(("half",), np.array([-np.inf]), np.array([0.3]), ())
    >>> broken_rows(rows, np.array([1, 1]), np.array([[0.1, 0.2]]))
    [0]
    """
    bad = []
    for j, row in enumerate(coefficients):
        used = np.flatnonzero(row)
        pairs = zip(row[used].tolist(), totals[used].tolist(), strict=True)
        total = sum((Fraction(c) * t for c, t in pairs), Fraction(0))
        low, high = float(rows.lower[j]), float(rows.upper[j])
        too_low = np.isfinite(low) and total < Fraction(low)
        if too_low or (np.isfinite(high) and total > Fraction(high)):
            bad.append(j)
    return bad


def _or(bound: float | None, missing: float) -> float:
    return missing if bound is None else float(bound)
