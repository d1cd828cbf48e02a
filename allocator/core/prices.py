"""A few overlapping side constraints: one price for each, found by Newton's method on the dual.

A claimant's level follows from a price of their own, that of the budget plus what each row charges:
p = price + Σ coefficient·y, with y >= 0 where a cap binds and y <= 0 where a floor does. Prices are
relative to that of the budget without rows, at which the level is 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.atoms import Atoms
from allocator.core.curves import Slopes, blocks
from allocator.errors import UnsupportedError

__all__ = ["Prices", "find_prices"]

Floats = NDArray[np.float64]

STEPS = 300  # of Newton's method: a few dozen are usual
HALVINGS = 12  # of a step
MEETS = 1e-11  # of the budget: a total this close to its bound has reached it
RIDGE = 1e-12  # of the curvature, at least: atoms at their bounds have none
STIFFER = 100.0  # times the ridge when a step does not help, and back by a tenth when it does
NEARER = 0.9  # of a price: how far it may fall in one step while it moves demand
LONGEST = 10.0  # times the largest price: how far prices may go in one step
FREE = 1e-9  # a price below it is none: everybody has their cap
UNSETTLED = 1e3  # times what is near enough: what Newton's method leaves where it cannot go on
TINIEST = 1e-300  # where a price of 0 would divide


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices at which everybody's demand meets the budget and every row.

    Attributes
    ----------
    budget : float
        Price of the budget, relative to that without rows.
    rows : ndarray of float64, shape (m,)
        Of each row, per unit of its weighted sum: positive at its cap, negative at its floor.
    totals : ndarray of float64, shape (k,)
        Of each atom.
    stiffness : ndarray of float64, shape (k,)
        How much the atom's price rises when its total falls by a unit.
    levels : ndarray of float64, shape (k,)
        Relative to the level without rows.
    """

    budget: float
    rows: Floats
    totals: Floats
    stiffness: Floats
    levels: Floats


def find_prices(
    curve: Slopes,
    alpha: float,
    atoms: Atoms,
    budget: float,
    lower: Floats,
    upper: Floats,
    room: float = 0.0,
) -> Prices:
    """Find the prices of an alpha-fair objective with rows on the totals of atoms.

    Parameters
    ----------
    curve : Slopes
        Of n claimants, relative to the level without rows.
    alpha : float
        Positive and finite.
    atoms : Atoms
    budget : float
    lower, upper : ndarray of float64, shape (m,)
        Of the rows; infinite where there is none.
    room : float
        How far totals may be off their bounds where prices cannot be found any better.

    Returns
    -------
    Prices

    Raises
    ------
    UnsupportedError
        If prices do not settle.

    References
    ----------
    Bertsekas, "Projected Newton methods for optimization problems with simple constraints", SIAM
    Journal on Control and Optimization 20, 1982.
    """
    a = atoms.coefficients
    scale = np.abs(a).max(axis=1, initial=0.0)  # rows of any unit
    scale[scale == 0.0] = 1.0  # nobody is in the row
    capped, floored = np.flatnonzero(np.isfinite(upper)), np.flatnonzero(np.isfinite(lower))
    # Dual variables: the budget's, then caps', then floors'; all but the first are >= 0.
    matrix = np.vstack(
        [
            np.ones((1, len(atoms))),
            a[capped] / scale[capped, None],
            -a[floored] / scale[floored, None],
        ]
    )
    bound = np.concatenate(
        [[budget], upper[capped] / scale[capped], -lower[floored] / scale[floored]]
    )
    y = np.zeros(len(bound))
    y[0] = 1.0
    totals, slack = _demand(curve, alpha, atoms, y @ matrix)
    gradient = bound - matrix @ totals
    enough = MEETS * max(budget, 1.0)
    damping = 0.0
    for _ in range(STEPS):
        held = (y <= 0.0) & (gradient >= 0.0)
        held[0] = False
        if np.abs(gradient[~held]).max(initial=0.0) <= enough:
            break
        free = np.flatnonzero(~held)
        hessian = (matrix[free] * slack) @ matrix[free].T
        least = max(RIDGE * float(np.trace(hessian)), 1e-3 * RIDGE * float(np.abs(gradient).max()))
        ridge = max(damping, least)
        step = np.zeros(len(y))
        step[free] = -np.linalg.solve(hessian + ridge * np.eye(len(free)), gradient[free])
        step *= min(1.0, LONGEST * max(float(np.abs(y).max()), 1.0) / float(np.abs(step).max()))
        price, change = y @ matrix, step @ matrix
        falls = (slack > 0.0) & (change < -NEARER * price)
        if falls.any():  # a price of which some demand hangs stays one, or its curvature is lost
            step *= float((NEARER * price[falls] / -change[falls]).min())
        found = _descend(curve, alpha, atoms, matrix, bound, y, step, gradient)
        if found is None:
            damping = STIFFER * ridge
            continue
        y, totals, slack, gradient = found
        damping = ridge / 10.0
    held = (y <= 0.0) & (gradient >= -enough)
    held[0] = False
    if np.abs(gradient[~held]).max(initial=0.0) > max(UNSETTLED * enough, room):
        raise UnsupportedError(
            "the prices of the side constraints do not settle: a total is off by "
            f"{np.abs(gradient[~held]).max():.3g} units; fewer constraints, or a backend "
            '(method="highs"), may do'
        )
    rows = np.zeros(len(a))
    rows[capped] += y[1 : 1 + len(capped)] / scale[capped]
    rows[floored] -= y[1 + len(capped) :] / scale[floored]
    levels = _levels(alpha, y @ matrix)
    with np.errstate(divide="ignore"):
        return Prices(float(y[0]), rows, totals, 1.0 / slack, levels)


def _descend(
    curve: Slopes,
    alpha: float,
    atoms: Atoms,
    matrix: Floats,
    bound: Floats,
    y: Floats,
    step: Floats,
    gradient: Floats,
) -> tuple[Floats, Floats, Floats, Floats] | None:
    """Go along the step as far as the dual, which is convex, surely falls or nearly so."""
    size = 1.0
    for _ in range(HALVINGS):
        trial = y + size * step
        trial[1:] = np.maximum(trial[1:], 0.0)
        totals, slack = _demand(curve, alpha, atoms, trial @ matrix)
        slope = bound - matrix @ totals
        move = trial - y
        # Convexity: a derivative that still points down, or little up, has not gone too far.
        if slope @ move <= 0.5 * abs(gradient @ move):
            return trial, totals, slack, slope
        size /= 2.0
    return None


def _levels(alpha: float, price: Floats) -> Floats:
    """Levels at some prices; infinite where there is none, or less than none."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(price > FREE**alpha, np.maximum(price, TINIEST) ** (-1.0 / alpha), np.inf)


def _demand(curve: Slopes, alpha: float, atoms: Atoms, price: Floats) -> tuple[Floats, Floats]:
    """Total of each atom at its price, and how fast it falls as the price rises."""
    levels = _levels(alpha, price)[atoms.labels]
    amounts, free = np.empty(len(curve)), np.empty(len(curve))
    for rows in blocks(len(curve)):
        x = curve.amounts(rows, levels[rows], amounts[rows])
        inside = (x > curve.lower[rows]) & (x < curve.upper[rows])
        whole = x if curve.baseline is None else x + curve.baseline[rows]
        free[rows] = np.where(inside, whole, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        slack = np.where(price > 0, atoms.totals(free) / (alpha * np.maximum(price, TINIEST)), 0.0)
    return atoms.totals(amounts), slack
