"""Problems whose constraints overlap: prices first, then whole totals, then whole units inside.

Claimants whom all rows treat alike form an atom with one price. Its whole-unit total comes from a
small integer program near the fractional one, solved by whoever is passed in; inside an atom, units
are awarded in the order of the rule, as in any group.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.amounts import shown
from allocator.core.atoms import Atoms, atoms_of
from allocator.core.batch import award_sets
from allocator.core.curves import Slopes, blocks
from allocator.core.overlap_flat import flat_margin, flat_totals
from allocator.core.prices import Prices, find_prices
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.core.rows import Rows, rows_of
from allocator.core.rules import AlphaFair, Rule
from allocator.core.waterline import waterline
from allocator.core.whole_totals import Margin, Master, exact_totals, no_whole_units, whole_awards
from allocator.errors import InfeasibleError, UnsupportedError

__all__ = ["Overlap", "solve_overlapping"]

Floats = NDArray[np.float64]

ALL = 1e-12  # of the budget: a most that is this close lets all of it be spent
DEAREST = 1e4  # times the median: rows' prices tell what units so far from the margin are worth
SETTLED = 1e-6  # units: what a solver is off by when it says how much can be spent


@dataclass(frozen=True, eq=False)
class Overlap:
    """Awards under rows that overlap, and the prices they follow from.

    Attributes
    ----------
    awards : ndarray of int64 or float64, shape (n,)
    prices : Prices or None
        None at alpha = 0.
    log_level : float
        Of the level without rows, to which prices are relative; nan at alpha = 0.
    """

    awards: NDArray[Any]
    prices: Prices | None
    log_level: float


def solve_overlapping(problem: Problem, rule: Rule, master: Master) -> Overlap:
    """Divide a budget under constraints that are not nested.

    Parameters
    ----------
    problem : Problem
    rule : Rule
        `AlphaFair` with a finite alpha.
    master : Master

    Returns
    -------
    Overlap

    Raises
    ------
    InfeasibleError
        If the constraints conflict, naming a smallest set that does; or if they can be met in
        fractions but not in whole units.
    UnsupportedError
        If the rule has no prices, or the constraints tell too many kinds of claimants apart.
    """
    ramps = _priced(problem, rule)
    rows = rows_of(problem)
    atoms = atoms_of(rows, len(problem))
    low = atoms.totals(problem.lower.astype(np.float64))
    high = atoms.totals(problem.upper.astype(np.float64))
    budget = _spend(problem, rows, atoms, low, high, master)
    if ramps.flat:
        totals = flat_totals(ramps, rows, atoms, float(budget), master)
        if not problem.whole:
            return Overlap(award_sets(ramps, atoms.labels, totals, None), None, np.nan)
        margin = flat_margin(ramps, atoms, totals)
        awards = whole_awards(problem, ramps, rows, atoms, margin, int(budget), master)
        return Overlap(awards, None, np.nan)
    line = waterline([ramps], problem.total(problem.lower) if budget <= low.sum() else budget)
    log_level = line.log_level if np.isfinite(line.log_level) else 0.0
    curve = Slopes.of(ramps, -log_level)
    alpha = rule.alpha  # type: ignore[attr-defined]
    room = SETTLED if problem.whole else 0.0  # whole totals are settled by a program of their own
    prices = find_prices(curve, alpha, atoms, budget, rows.lower, rows.upper, room)
    if not problem.whole:
        return Overlap(_amounts(curve, prices.levels[atoms.labels]), prices, log_level)
    margin = _margin(ramps, alpha, atoms, prices, log_level)
    awards = whole_awards(problem, ramps, rows, atoms, margin, int(budget), master)
    return Overlap(awards, prices, log_level)


def _priced(problem: Problem, rule: Rule) -> Ramps:
    if not rule.objective:
        raise UnsupportedError(
            f"{rule.name} is a claims rule: it maximizes nothing, so that constraints that overlap "
            "have no prices; choose an objective such as alpha_fair, or groups that are nested or "
            "disjoint"
        )
    if not (isinstance(rule, AlphaFair) and rule.alpha < np.inf):
        raise UnsupportedError(
            "constraints that overlap have prices for alpha_fair with alpha below inf; for "
            'other objectives take a backend (method="highs" or "cvxpy:CLARABEL"), or groups '
            "that are nested or disjoint"
        )
    ramps = rule.ramps(problem)
    if (problem.weights is not None) and not (problem.weights > 0).all():
        raise UnsupportedError(
            "constraints that overlap need positive weights: claimants of weight 0 have no price"
        )
    return ramps


def _margin(ramps: Ramps, alpha: float, atoms: Atoms, prices: Prices, log_level: float) -> Margin:
    """Count the units that are earned at the atoms' levels: many roundings add up to many units."""
    curve = Slopes.of(ramps, -log_level, ramps.mean.early)
    center = atoms.totals(_amounts(curve, prices.levels[atoms.labels])).astype(np.int64)
    price = prices.budget + prices.rows @ atoms.coefficients
    return Margin(center, price, prices.rows, log_level, alpha, DEAREST)


def _amounts(curve: Slopes, levels: Floats) -> Floats:
    out = np.empty(len(curve))
    for rows in blocks(len(curve)):
        curve.amounts(rows, levels[rows], out[rows])
    return out


def _spend(
    problem: Problem, rows: Rows, atoms: Atoms, low: Floats, high: Floats, master: Master
) -> float:
    """Return what the constraints let be spent, at most the budget."""
    k = len(atoms)

    def largest(inward: Floats, *, whole: bool) -> Floats | None:
        return master(
            -np.ones(k),
            np.vstack([atoms.coefficients, np.ones((1, k))]),
            np.append(rows.lower + inward, -np.inf),
            np.append(rows.upper - inward, float(problem.budget)),
            low,
            high,
            integer=np.full(k, whole),
        )

    best = largest(np.zeros(len(rows)), whole=False)
    if best is None:
        raise _conflict(problem, rows, atoms, low, high, master)
    most = float(best.sum())
    if most >= float(problem.budget) * (1.0 - ALL):
        return float(problem.budget)
    if not problem.whole:
        return most
    # What is left over is what no whole units can have.

    def whole_totals(inward: Floats) -> NDArray[np.int64] | None:
        found = largest(inward, whole=True)
        return None if found is None else np.rint(found).astype(np.int64)

    totals = exact_totals(whole_totals, rows, atoms.coefficients)
    if totals is None:
        raise no_whole_units(rows)
    return float(totals.sum())


def _conflict(
    problem: Problem, rows: Rows, atoms: Atoms, low: Floats, high: Floats, master: Master
) -> InfeasibleError:
    """Name a smallest set of constraints that cannot be met together (a deletion filter)."""
    k = len(atoms)
    matrix = np.vstack([atoms.coefficients, np.ones((1, k))])
    lower, upper = np.append(rows.lower, -np.inf), np.append(rows.upper, float(problem.budget))
    kept = list(range(len(matrix)))
    for j in range(len(matrix)):
        others = [i for i in kept if i != j]
        found = master(
            np.zeros(k),
            matrix[others],
            lower[others],
            upper[others],
            low,
            high,
            integer=np.zeros(k, dtype=bool),
        )
        if found is None:
            kept = others
    names = [_said(problem, rows, j) for j in range(len(rows))]
    names.append(f"the budget of {shown(problem.budget, problem.unit)}")
    conflict = [names[j] for j in kept]
    return InfeasibleError(
        "these constraints cannot be met together, given everybody's own floor and cap: "
        + "; ".join(conflict)
        + ". Change any one of them",
        {"conflict": [(*rows.names, "budget")[j] for j in kept]},
    )


def _said(problem: Problem, rows: Rows, j: int) -> str:
    bounds = []
    for what, bound in (("at least", rows.lower[j]), ("at most", rows.upper[j])):
        if np.isfinite(bound) and not (what == "at least" and bound == 0):
            whole = problem.whole and float(bound).is_integer()
            number = int(bound) if whole else float(bound)
            bounds.append(f"{what} {shown(number, problem.unit if whole else None)}")
    return f"{rows.names[j]!r} ({' and '.join(bounds)})"
