"""Lots without their wholeness: a linear program on the hull, its prices, and their bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allocator.backends.highs_ import Program
from allocator.backends.lots.box import box_at
from allocator.backends.lots.lines import first_anchors, pieces_of
from allocator.core.lots import Limit, Lots
from allocator.errors import InfeasibleError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Relaxed", "limit_rows", "nothing_within", "relaxed"]

Floats = NDArray[np.float64]
Units = NDArray[np.int64]

CLOSE = 1e-6  # of the bound: how near to it the fractions are worth what they should
ROUNDS = 8  # of lines, closer together each time
HAIR = 1e-9  # of the bound: what floats may be off by


@dataclass(frozen=True, eq=False)
class Relaxed:
    """The best fractional units, on the concave hull of everybody's worth of whole units.

    Attributes
    ----------
    fractions : ndarray of float64, shape (n,)
    prices : ndarray of float64
        Of the limits.
    bound : float
        What no division is worth more than, from prices alone.
    program : float
        The same, as the solver has it.
    """

    fractions: Floats
    prices: Floats
    bound: float
    program: float


def relaxed(lots: Lots) -> Relaxed:
    """Solve the relaxation, with lines closer and closer together where the best can be.

    Parameters
    ----------
    lots : Lots

    Returns
    -------
    Relaxed

    Raises
    ------
    InfeasibleError
        If not even fractions of units meet the limits.

    Notes
    -----
    Units of zero or from least to most have the hull that is straight from 0 to the least, and
    then goes from unit to unit. All that is not straight in it is in a few limits, so that hardly
    more claimants have a fraction of their least than there are limits.
    """
    anchors = first_anchors(lots.least, lots.most)
    prices, bound, value = np.zeros(0), np.inf, -np.inf
    for _ in range(ROUNDS):
        fractions, found, program = _solve(lots, anchors)
        value = max(value, _hull(lots, fractions))
        if lots.bound(found) < bound:
            prices, bound = found, lots.bound(found)
        if bound - value <= CLOSE * abs(bound):
            break
        # Lines go where the best can be; nobody is kept to it, for fractions also mix 0 with units.
        box = box_at(lots, prices, bound - value + HAIR * abs(bound))
        whole = np.floor(fractions).astype(np.int64)
        near = [whole - 1, whole, whole + 1, lots.best_at(lots.costs(prices))]
        anchors = [*first_anchors(box.low_or_0, box.high_or_0), *near]
    return Relaxed(fractions, prices, bound, program)


def _solve(lots: Lots, anchors: Sequence[Units]) -> tuple[Floats, Floats, float]:
    """Return the best fractions below lines, their prices, and what lines say they are worth."""
    pieces = pieces_of(lots, lots.least, lots.most, anchors)
    owner = np.append(np.arange(len(lots)), pieces.owner)
    slope = np.append(lots.worth(lots.least) / lots.least, pieces.slope)
    nothing = np.zeros(len(lots), dtype=np.int64)
    matrix, least, most, scale = limit_rows(lots.limits, owner, np.ones(len(owner)), nothing)
    size = float(slope.max(initial=0.0)) or 1.0
    ends = np.append(lots.least.astype(np.float64), pieces.length)
    answer = Program(-slope / size, matrix, least, most, np.zeros(len(owner)), ends).run()
    if answer is None:
        raise nothing_within(lots, ", not even in fractions of units")
    fractions = np.bincount(owner, weights=answer.x, minlength=len(lots)).astype(np.float64)
    prices = _signed(-answer.prices * size / scale, lots.limits)
    return fractions, prices, float(slope @ answer.x)


def nothing_within(lots: Lots, how: str) -> InfeasibleError:
    """Say that no units are within the limits; who states the problem has better words."""
    names = [limit.name for limit in lots.limits]
    return InfeasibleError(
        f"nothing meets the limits {', '.join(map(repr, names))} together{how}: give one of them "
        "more room",
        {"limits": names},
    )


def limit_rows(
    limits: Sequence[Limit], owner: Units, factor: Floats, base: Units
) -> tuple[csr_array, Floats, Floats, Floats]:
    """Return the limits as rows of a program.

    Parameters
    ----------
    limits : sequence of Limit
    owner : ndarray of int64, shape (k,)
        Whose units a column of the program counts.
    factor : ndarray of float64, shape (k,)
        How many units of theirs it counts.
    base : ndarray of int64, shape (n,)
        Units that everybody has besides.

    Returns
    -------
    matrix : scipy.sparse.csr_array, shape (m, k)
    lower, upper : ndarray of float64, shape (m,)
    scale : ndarray of float64, shape (m,)
        What rows were divided by, so that a unit counts 1 at the most.
    """
    from scipy.sparse import csr_array, vstack

    m = len(limits)
    scale, lower, upper = np.ones(m), np.zeros(m), np.full(m, np.inf)
    rows = []
    for j, limit in enumerate(limits):
        per_unit = limit.per_unit.astype(np.float64)
        scale[j] = float(per_unit.max(initial=0.0)) or 1.0
        each = np.zeros(len(base))
        each[limit.members] = per_unit / scale[j]
        rows.append(csr_array((each[owner] * factor)[None, :]))
        had = limit.total(base)
        lower[j] = (limit.least - had) / scale[j]
        upper[j] = np.inf if limit.most is None else (limit.most - had) / scale[j]
    matrix = vstack(rows, format="csr") if rows else csr_array((0, len(owner)))
    return matrix, lower, upper, scale


def _signed(prices: Floats, limits: Sequence[Limit]) -> Floats:
    """Take away what prices of the wrong sign solvers leave: there is no such bound."""
    capped = [each.most is not None for each in limits]
    floored = [each.least > 0 for each in limits]
    return np.clip(prices, np.where(floored, -np.inf, 0.0), np.where(capped, np.inf, 0.0))


def _hull(lots: Lots, fractions: Floats) -> float:
    """Return what fractions are worth on the hull of whole units."""
    whole = np.clip(np.floor(fractions).astype(np.int64), lots.least, lots.most)
    worth = lots.worth(whole)
    more = lots.worth(np.minimum(whole + 1, lots.most))
    between = worth + (fractions - whole) * (more - worth)
    below = lots.worth(lots.least) / lots.least * fractions
    return float(np.where(fractions < lots.least, below, between).sum())
