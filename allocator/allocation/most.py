"""The most that constraints let be spent, proven by weak duality: a solver's word is not taken."""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module
from math import floor

import numpy as np
from numpy.typing import NDArray

from allocator.core.atoms import Atoms, atoms_of
from allocator.core.problem import Problem
from allocator.core.rows import Rows, rows_of

__all__ = ["most_spendable"]

Floats = NDArray[np.float64]


def most_spendable(problem: Problem) -> int:
    """Return a number of whole units that no awards within all constraints exceed.

    Parameters
    ----------
    problem : Problem
        In whole units, with constraints that overlap, all of which some awards meet.

    Returns
    -------
    int
        The budget, or the most that bounds and constraints let be spent, when that is less.

    Notes
    -----
    Any multipliers y >= 0 of caps and floors bound the sum of awards from above: by what they pay
    for the constraints, and what everybody takes at 1 - y·a. The best ones are those of a linear
    program; the bound at them is computed in fractions, so that it holds whatever the program said.

    Examples
    --------
    >>> from allocator.core.constraints import Group
    >>> groups = [Group([0, 1], upper=5), Group([1, 2], upper=7)]
    >>> most_spendable(Problem(100, 0, [9, 9, 9], constraints=groups))
    12
    """
    rows = rows_of(problem)
    atoms = atoms_of(rows, len(problem))
    low, high = (atoms.totals(bound.astype(np.float64)) for bound in (problem.lower, problem.upper))
    caps, floors = _multipliers(rows, atoms, low, high)
    bound = sum((Fraction(y) * Fraction(b) for y, b in _paid(caps, rows.upper)), Fraction(0)) - sum(
        (Fraction(y) * Fraction(b) for y, b in _paid(floors, rows.lower)), Fraction(0)
    )
    charged = [
        [(j, Fraction(caps[j]) - Fraction(floors[j])) for j in np.flatnonzero(column).tolist()]
        for column in atoms.coefficients.T
    ]
    for k, charges in enumerate(charged):
        left = 1 - sum(
            (y * Fraction(float(atoms.coefficients[j, k])) for j, y in charges), Fraction(0)
        )
        bound += left * Fraction(float(high[k] if left > 0 else low[k]))
    return min(int(problem.spend), floor(bound))


def _paid(multipliers: Floats, bounds: Floats) -> list[tuple[float, float]]:
    used = np.flatnonzero(multipliers)
    return list(zip(multipliers[used].tolist(), bounds[used].tolist(), strict=True))


def _multipliers(rows: Rows, atoms: Atoms, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Minimize the bound: the dual of maximizing the sum of awards."""
    m, k = atoms.coefficients.shape
    capped, floored = (
        np.flatnonzero(np.isfinite(rows.upper)),
        np.flatnonzero(np.isfinite(rows.lower)),
    )
    cost = np.concatenate([rows.upper[capped], -rows.lower[floored], high, -low])
    charge = np.vstack([atoms.coefficients[capped], -atoms.coefficients[floored]])
    variable, atom = np.nonzero(charge)
    last, ones = len(charge) + np.arange(2 * k), np.ones(k)
    matrix = (
        np.concatenate([charge[variable, atom], ones, -ones]),
        np.concatenate([atom, np.arange(k), np.arange(k)]),
        np.concatenate([variable, last]),
    )
    master = import_module("allocator.backends.master").highs_master
    found = master(
        cost,
        matrix,
        ones,
        ones,
        np.zeros(len(cost)),
        np.full(len(cost), np.inf),
        integer=np.zeros(len(cost), dtype=bool),
    )
    caps, floors = np.zeros(m), np.zeros(m)
    if found is not None:  # without multipliers the bound is the sum of caps
        found = np.maximum(found, 0.0)
        caps[capped] = found[: len(capped)]
        floors[floored] = found[len(capped) : len(capped) + len(floored)]
    return caps, floors
