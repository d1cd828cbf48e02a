"""Whole units under rows that overlap: how many each atom gets, by a small integer program.

Near the fractional totals, every atom's next and last units have known levels. Which of them are
awarded is the program; its rows are exact, and it is centered again until no total is at the end of
what it could choose from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from allocator.core.atoms import Atoms
from allocator.core.batch import award_sets
from allocator.core.order import Units
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.core.rows import Rows, broken_rows
from allocator.core.transfers import improved, order_keys
from allocator.errors import InfeasibleError, UnsupportedError

__all__ = ["Margin", "Master", "exact_totals", "no_whole_units", "whole_awards"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sparse = tuple[Floats, Ints, Ints]  # values, rows and columns of the entries of a matrix

REACH = 4  # units around a fractional total that the program chooses from at first
WIDER = 4  # times as many, when these meet no row or are not enough
WIDEST = 4_096  # units around a fractional total, of 10,000 atoms: what memory allows
CENTERED = 12  # times at most
TIGHTENED = 12  # times at most, by twice as much each time
NO_PRICE = 1e-9  # of the price of the budget: a row whose price is less is not scarce
INWARD = 1e-6  # of a row's largest coefficient, and ...
ROUNDED = 1e-12  # ... of its sum: how much more is asked of a row that the solver's slack broke
LARGEST_LOG = 700.0  # of what floats hold
TINIEST = 1e-300  # where nothing would divide
DEAREST = 1e6  # times the median: what a unit of a row with a price costs, at most


class Master(Protocol):
    """Solver of a small linear or integer program, passed in: the core imports none."""

    def __call__(
        self,
        cost: Floats,
        matrix: Floats | Sparse,
        row_lower: Floats,
        row_upper: Floats,
        lower: Floats,
        upper: Floats,
        *,
        integer: NDArray[np.bool_],
    ) -> Floats | None:
        """Minimize cost @ x, row_lower <= matrix @ x <= row_upper; None when infeasible."""


@dataclass(frozen=True, eq=False)
class Margin:
    """Where whole units are to be looked for, and what they cost and are worth there.

    Attributes
    ----------
    center : ndarray of int64, shape (k,)
        Totals of the atoms.
    price : ndarray of float64, shape (k,)
        Of a unit of each atom, rows included.
    rows : ndarray of float64, shape (m,)
        Prices of the rows.
    log_level : float
        A unit that comes at a log-level x is worth exp(-power·(x - log_level)).
    power : float
        Alpha; 1 at alpha = 0, where tiers take the place of levels.
    dearest : float
        Times the median: what a unit far from the margin costs, at most.
    """

    center: Ints
    price: Floats
    rows: Floats
    log_level: float
    power: float
    dearest: float


@dataclass(frozen=True, eq=False)
class _Window:
    """Units that may or may not be awarded: those between two awards of every atom.

    Attributes
    ----------
    key : ndarray of float64, shape (u,)
        Log-levels, or log-tiers at alpha = 0; by atom, first ones first.
    atom : ndarray of int64, shape (u,)
    cost : ndarray of float64, shape (u,)
        What the atom's price exceeds the unit's worth by, relative to the price of the budget.
    least, most : ndarray of int64, shape (k,)
        Totals of the atoms without and with all of them.
    """

    key: Floats
    atom: Ints
    cost: Floats
    least: Ints
    most: Ints


def whole_awards(
    problem: Problem,
    ramps: Ramps,
    rows: Rows,
    atoms: Atoms,
    margin: Margin,
    budget: int,
    master: Master,
) -> Ints:
    """Award whole units that meet every row exactly.

    Parameters
    ----------
    problem : Problem
        In whole units.
    ramps : Ramps
    rows : Rows
    atoms : Atoms
    margin : Margin
    budget : int
    master : Master

    Returns
    -------
    ndarray of int64, shape (n,)
        No transfer of one unit that the rows allow raises the objective.

    Raises
    ------
    InfeasibleError
        If the rows can be met in fractions of a unit but not in whole units.
    UnsupportedError
        If whole units that meet them are not found near the fractional totals.
    """
    low = atoms.totals(problem.lower.astype(np.float64)).astype(np.int64)
    high = atoms.totals(problem.upper.astype(np.float64)).astype(np.int64)
    center = margin.center
    reach = REACH + len(rows)
    totals: Ints | None = None
    centered = 0
    while centered < CENTERED and reach <= WIDEST:
        least = np.maximum(center - reach, low)
        most = np.minimum(center + reach, high)
        window = _window(problem, ramps, atoms, margin, least, most)
        chosen = _chosen(rows, atoms, margin, window, budget, master)
        everything = bool((least == low).all() and (most == high).all())
        if chosen is None and everything:
            raise no_whole_units(rows)
        if chosen is None:
            reach *= WIDER
            continue
        totals = _improved(ramps, rows, atoms, window, chosen)
        at_end = ((totals == least) & (least > low)) | ((totals == most) & (most < high))
        if not at_end.any():
            break
        center, centered = totals, centered + 1
    if totals is None:
        raise UnsupportedError(
            f"no whole units within {WIDEST:,} of the fractional totals meet all constraints, and "
            "it is not known whether others do: allow a smaller unit, or give one of them more "
            "room: " + ", ".join(map(repr, rows.names))
        )
    return np.asarray(award_sets(ramps, atoms.labels, totals, problem.tie_keys))


def _window(
    problem: Problem, ramps: Ramps, atoms: Atoms, margin: Margin, least: Ints, most: Ints
) -> _Window:
    held, full = (
        award_sets(ramps, atoms.labels, totals, problem.tie_keys) for totals in (least, most)
    )
    room = full - held
    claimants = np.flatnonzero(room > 0)
    index = np.repeat(claimants, room[claimants])
    number = held[index] + 1 + np.arange(len(index))
    number -= np.repeat(np.cumsum(room[claimants]) - room[claimants], room[claimants])
    key, atom = order_keys(Units(ramps.unbounded().take(index), number, index)), atoms.labels[index]
    order = np.lexsort((key, atom))
    key, atom = key[order], atom[order]
    with np.errstate(over="ignore"):
        worth = np.exp(np.minimum(-margin.power * (key - margin.log_level), LARGEST_LOG))
    return _Window(key, atom, margin.price[atom] - worth, least, most)


def _chosen(
    rows: Rows, atoms: Atoms, margin: Margin, window: _Window, budget: int, master: Master
) -> Ints | None:
    """Return the totals that the integer program chooses; None when there are none."""
    c = atoms.coefficients
    before = c @ window.least
    missing = budget - int(window.least.sum())
    if not 0 <= missing <= len(window.atom):
        return None
    apart = np.abs(window.cost[window.cost != 0.0])
    scale = max(float(np.median(apart)), TINIEST) if len(apart) else 1.0
    own = np.clip(window.cost / scale, -margin.dearest, margin.dearest)
    size = np.maximum(np.abs(c).max(axis=1, initial=0.0), TINIEST)
    # What a unit costs has the prices of its rows in it: they are given back.
    given = np.where(np.abs(margin.rows) * size > NO_PRICE, margin.rows * size, 0.0) / scale
    lost = (np.clip(given, -DEAREST, DEAREST) / size) @ c
    # A whole number of units for each atom; which ones, convexity decides: the dearest last.
    k, units = len(atoms), len(window.atom)
    first, last = np.nonzero(c)
    matrix = (
        np.concatenate([c[first, last], np.ones(k), np.ones(units), -np.ones(k)]),
        np.concatenate(
            [
                first,
                np.full(k, len(rows)),
                len(rows) + 1 + window.atom,
                len(rows) + 1 + np.arange(k),
            ]
        ),
        np.concatenate(
            [units + last, units + np.arange(k), np.arange(units), units + np.arange(k)]
        ),
    )
    none = np.zeros(k)

    def ask(inward: Floats) -> Ints | None:
        found = master(
            np.concatenate([own, -lost]),
            matrix,
            np.concatenate([rows.lower + inward - before, [missing], none]),
            np.concatenate([rows.upper - inward - before, [missing], none]),
            np.zeros(units + k),
            np.concatenate([np.ones(units), (window.most - window.least).astype(np.float64)]),
            integer=np.arange(units + k) >= units,
        )
        return None if found is None else window.least + np.rint(found[units:]).astype(np.int64)

    totals = exact_totals(ask, rows, c)
    return None if totals is None or int(totals.sum()) != budget else totals


def no_whole_units(rows: Rows) -> InfeasibleError:
    """Say that rows can be met in fractions only."""
    return InfeasibleError(
        "the constraints can be met in fractions of a unit but not in whole units: allow a "
        "smaller unit, or give one of them a unit more room: " + ", ".join(map(repr, rows.names)),
        {"constraints": list(rows.names)},
    )


def exact_totals(
    ask: Callable[[Floats], Ints | None], rows: Rows, coefficients: Floats
) -> Ints | None:
    """Ask a solver, whose tolerance lets rows be broken by a little, until none is.

    Parameters
    ----------
    ask : callable
        From how much more than its bounds is asked of every row, shape (m,), to totals, or None
        where there are none.
    rows : Rows
    coefficients : ndarray of float64, shape (m, k)

    Returns
    -------
    ndarray of int64, shape (k,), or None
        That meet every row, in rational arithmetic.
    """
    size = np.maximum(np.abs(coefficients).max(axis=1, initial=0.0), TINIEST)
    inward = np.zeros(len(rows))
    for attempt in range(TIGHTENED):
        totals = ask(inward)
        if totals is None:
            return None
        broken = broken_rows(rows, totals, coefficients)
        if not broken:
            return totals
        sums = np.abs(coefficients @ totals)
        inward[broken] += INWARD * 2.0**attempt * size[broken] + ROUNDED * sums[broken]
    return None


def _improved(ramps: Ramps, rows: Rows, atoms: Atoms, window: _Window, totals: Ints) -> Ints:
    """Move units between atoms as long as the rows allow it and the objective gains."""
    start = np.searchsorted(window.atom, np.arange(len(atoms)))
    key = np.append(window.key, np.nan)

    def ends(totals: Ints) -> tuple[Floats, Floats]:
        held = start + (totals - window.least)
        last = np.where(totals > window.least, key[np.maximum(held - 1, 0)], np.nan)
        return last, np.where(totals < window.most, key[np.minimum(held, len(key) - 1)], np.nan)

    return improved(ramps, rows, atoms, totals, ends)
