"""One unit from one atom to another: whether the rows allow it, and the objective gains by it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from allocator.core.atoms import Atoms
from allocator.core.order import Units, tolerance
from allocator.core.ramps import Ramps
from allocator.core.rows import Rows, broken_rows

__all__ = ["find_transfer", "improved", "order_keys"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def find_transfer(
    ramps: Ramps, held: Floats, refused: Floats, totals: Ints, rows: Rows, atoms: Atoms
) -> tuple[int, int] | None:
    """Find a unit that one atom holds and another would gain more by.

    Parameters
    ----------
    ramps : Ramps
        Of an objective, where a unit is worth more the lower its level.
    held, refused : ndarray of float64, shape (k,)
        Keys (`order_keys`) of each atom's last unit held and first refused; nan where there is
        none.
    totals : ndarray of int64, shape (k,)
        That meet every row.
    rows : Rows
    atoms : Atoms

    Returns
    -------
    (int, int) or None
        The atom that gives and the one that takes; None when no transfer that the rows allow
        raises the objective.
    """
    a = atoms.coefficients
    sums, apart = a @ totals, tolerance(ramps)
    takers = np.argsort(refused)[: int(np.count_nonzero(~np.isnan(refused)))]
    for giver in np.argsort(-held)[: int(np.count_nonzero(~np.isnan(held)))]:
        better = takers[refused[takers] < held[giver] - apart]
        if not len(better):
            return None
        after = sums[:, None] - a[:, [giver]] + a[:, better]
        meets = ((after >= rows.lower[:, None]) & (after <= rows.upper[:, None])).all(axis=0)
        for taker in better[meets]:
            trial = totals.copy()
            trial[giver] -= 1
            trial[taker] += 1
            if not broken_rows(rows, trial, a):
                return int(giver), int(taker)
    return None


def improved(
    ramps: Ramps,
    rows: Rows,
    atoms: Atoms,
    totals: Ints,
    ends: Callable[[Ints], tuple[Floats, Floats]],
) -> Ints:
    """Move units between atoms as long as the rows allow it and the objective gains.

    Parameters
    ----------
    ramps : Ramps
    rows : Rows
    atoms : Atoms
    totals : ndarray of int64, shape (k,)
        That meet every row.
    ends : callable
        From totals to the keys of each atom's last unit held and first refused.

    Returns
    -------
    ndarray of int64, shape (k,)
    """
    totals = totals.copy()
    while (pair := find_transfer(ramps, *ends(totals), totals, rows, atoms)) is not None:
        totals[pair[0]] -= 1
        totals[pair[1]] += 1
    return totals


def order_keys(units: Units) -> Floats:
    """Return what units of different atoms are compared by: log-levels; at alpha = 0, log-tiers."""
    tiers = units.ramps.tiers
    return np.log(tiers) if units.ramps.flat and tiers is not None else units.levels()
