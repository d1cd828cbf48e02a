"""Atoms: claimants that every row treats alike share one price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.rows import Rows
from allocator.errors import UnsupportedError

__all__ = ["MAX_ATOMS", "Atoms", "atoms_of"]

MAX_ATOMS = 10_000  # whole-unit totals of so many are found in seconds


@dataclass(frozen=True, eq=False)
class Atoms:
    """Claimants in sets within which all coefficients agree.

    Attributes
    ----------
    labels : ndarray of int64, shape (n,)
        Each claimant's atom.
    coefficients : ndarray of float64, shape (m, k)
        What a unit of an atom's total counts in each row.
    """

    labels: NDArray[np.int64]
    coefficients: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.coefficients.shape[1])

    def totals(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up amounts per atom, shape (k,)."""
        totals = np.bincount(self.labels, weights=amounts, minlength=len(self))
        return totals.astype(np.float64)


def atoms_of(rows: Rows, n: int) -> Atoms:
    """Sort claimants by their coefficients.

    Parameters
    ----------
    rows : Rows
    n : int
        Claimants.

    Returns
    -------
    Atoms

    Raises
    ------
    UnsupportedError
        If there are more than 10,000.

    Examples
    --------
    >>> from allocator.core.constraints import Group
    >>> from allocator.core.problem import Problem
    >>> from allocator.core.rows import rows_of
    >>> problem = Problem(9, 0, [9, 9, 9], constraints=[Group([0, 1], upper=3), Group([1, 2])])
    >>> atoms = atoms_of(rows_of(problem), 3)
    >>> len(atoms), atoms.labels.tolist()
    (3, [1, 2, 0])
    """
    labels = np.zeros(n, dtype=np.int64)
    for index, values in rows.matrix:
        kinds, kind = np.unique(values, return_inverse=True)
        codes = labels * (len(kinds) + 1)
        codes[index] += 1 + kind
        found = np.zeros(int(codes.max(initial=0)) + 1, dtype=bool)
        found[codes] = True
        labels = (np.cumsum(found) - 1)[codes]
        if labels.max(initial=0) >= MAX_ATOMS:
            raise UnsupportedError(
                f"the constraints tell {labels.max() + 1:,} kinds of claimants apart, and more "
                f"than {MAX_ATOMS:,} cannot be solved natively: coarsen the groups, or let groups "
                "be nested or disjoint, of which there may be as many as claimants"
            )
    first = np.zeros(labels.max(initial=-1) + 1, dtype=np.int64)
    first[labels] = np.arange(n)
    coefficients = np.zeros((len(rows.matrix), len(first)))
    for j, (index, values) in enumerate(rows.matrix):
        column = np.zeros(n)
        column[index] = values
        coefficients[j] = column[first]
    return Atoms(labels, coefficients)
