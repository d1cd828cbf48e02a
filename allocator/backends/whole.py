"""Whole units near fractional awards, where constraints overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocator.backends.master import highs_master
from allocator.core.atoms import atoms_of
from allocator.core.batch import award_sets
from allocator.core.problem import Problem
from allocator.core.rows import rows_of
from allocator.core.rules import Rule
from allocator.core.whole_totals import exact_totals
from allocator.errors import InfeasibleError

__all__ = ["whole_awards"]

Floats = NDArray[np.float64]

NOISE = 1e-6  # of a unit: a total this close to a whole number is one


def whole_awards(problem: Problem, rule: Rule, awards: Floats) -> NDArray[np.int64]:
    """Return whole units that meet every constraint exactly, as near as can be to awards.

    Parameters
    ----------
    problem : Problem
        In whole units.
    rule : Rule
    awards : ndarray of float64, shape (n,)
        That meet the constraints.

    Returns
    -------
    ndarray of int64, shape (n,)
        Claimants whom every constraint treats alike get, together, a whole number near what they
        had together: the sum of these distances is least. Inside, the rule's own order holds.

    Raises
    ------
    InfeasibleError
        If no whole units meet the constraints.
    UnsupportedError
        If the constraints tell more than 10,000 kinds of claimants apart.

    Examples
    --------
    >>> from allocator.core.constraints import Row
    >>> from allocator.core.rules import MaxMin
    >>> twice = Row([1.0, -2.0, 0.0], lower=0, upper=0)
    >>> problem = Problem(10, 0, 9, weights=[1.0, 1.0, 1.0], constraints=[twice])
    >>> whole_awards(problem, MaxMin(), np.array([5.0, 2.5, 2.5])).tolist()
    [4, 2, 4]
    """
    rows = rows_of(problem)
    atoms = atoms_of(rows, len(problem))
    k, c = len(atoms), atoms.coefficients
    low, high = (atoms.totals(bound.astype(np.float64)) for bound in (problem.lower, problem.upper))
    near = np.clip(atoms.totals(awards), low, high)
    base = np.clip(np.floor(near + NOISE), low, high)
    spend = min(problem.budget, int(np.floor(awards.sum() + NOISE * max(k, 1))))
    # A unit up to the next whole number, then any number of units up or down.
    once = np.concatenate([1.0 - 2.0 * (near - base), np.ones(2 * k)])
    most = np.concatenate([np.minimum(high - base, 1.0), high - base, base - low])
    signs = np.repeat([1.0, 1.0, -1.0], k)
    matrix = np.vstack([np.tile(c, 3), np.ones(3 * k)]) * signs
    at_base = c @ base
    missing = spend - base.sum()

    def ask(inward: Floats) -> NDArray[np.int64] | None:
        found = highs_master(
            once,
            matrix,
            np.append(rows.lower + inward - at_base, missing),
            np.append(rows.upper - inward - at_base, missing),
            np.zeros(3 * k),
            most,
            integer=np.ones(3 * k, dtype=bool),
        )
        if found is None:
            return None
        steps = (np.rint(found) * signs).reshape(3, k).sum(axis=0)
        return np.asarray(np.clip(base + steps, low, high).astype(np.int64))

    totals = exact_totals(ask, rows, c)
    if totals is not None and int(totals.sum()) == spend:
        ramps = rule.ramps(problem)
        return np.asarray(award_sets(ramps, atoms.labels, totals, problem.tie_keys))
    raise InfeasibleError(
        "the constraints can be met in fractions of a unit, but no whole units were found that "
        "meet all of them: allow a smaller unit, or give one of them a unit more room: "
        + ", ".join(map(repr, rows.names)),
        {"constraints": list(rows.names)},
    )
