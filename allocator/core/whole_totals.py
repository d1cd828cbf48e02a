"""Whole units under rows that overlap: how many each atom gets, by a small integer program.

Near the fractional totals, every atom's next and last units have known levels. Which of them are
awarded is the program; its rows are exact, and it is centered again until no total is at the end of
what it could choose from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from allocator.core.atoms import Atoms
from allocator.core.batch import Segments, award_groups, first_units
from allocator.core.curves import Slopes, blocks
from allocator.core.order import Units
from allocator.core.prices import Prices
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.core.rows import Rows, broken_rows
from allocator.core.transfers import find_transfer
from allocator.errors import InfeasibleError, UnsupportedError

__all__ = ["Master", "whole_awards"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sparse = tuple[Floats, Ints, Ints]  # values, rows and columns of the entries of a matrix

REACH = 4  # units around a fractional total that the program chooses from at first
WIDER = 4  # times as many, when these meet no row or are not enough
WIDEST = 4_096  # units around a fractional total, of 10,000 atoms: what memory allows
CENTERED = 12  # times at most
TIGHTENED = 12  # times at most
NO_PRICE = 1e-9  # of the price of the budget: a row whose price is less is not scarce
INWARD = 1e-6  # of a row's largest coefficient, and ...
ROUNDED = 1e-12  # ... of its sum: how much more is asked of a row that the solver's slack broke
LARGEST_LOG = 700.0  # of what floats hold
TINIEST = 1e-300  # where nothing would divide
LARGEST_COST = 1e4  # times the median: what a unit far from the margin costs, at most
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
class _Window:
    """Units that may or may not be awarded: those between two awards of every atom.

    Attributes
    ----------
    held : ndarray of int64, shape (n,)
        What everybody has without any of them.
    units : Units
        By atom, first ones first; `Units.index` are positions of claimants.
    atom : ndarray of int64, shape (u,)
    cost : ndarray of float64, shape (u,)
        What the atom's price exceeds the unit's worth by, relative to the price of the budget.
    least, most : ndarray of int64, shape (k,)
        Totals of the atoms without and with all of them.
    """

    held: Ints
    units: Units
    atom: Ints
    cost: Floats
    least: Ints
    most: Ints


def whole_awards(
    problem: Problem,
    ramps: Ramps,
    alpha: float,
    rows: Rows,
    atoms: Atoms,
    prices: Prices,
    log_level: float,
    budget: int,
    master: Master,
) -> Ints:
    """Award whole units that meet every row exactly.

    Parameters
    ----------
    problem : Problem
        In whole units.
    ramps : Ramps
    alpha : float
    rows : Rows
    atoms : Atoms
    prices : Prices
        Relative to the price at `log_level`.
    log_level : float
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
    center = _center(ramps, atoms, prices, log_level)
    reach = REACH + len(rows)
    totals: Ints | None = None
    centered = 0
    while centered < CENTERED and reach <= WIDEST:
        least = np.maximum(center - reach, low)
        most = np.minimum(center + reach, high)
        window = _window(problem, ramps, alpha, atoms, prices, log_level, least, most)
        chosen = _chosen(rows, atoms, prices, window, budget, master)
        everything = bool((least == low).all() and (most == high).all())
        if chosen is None and everything:
            raise InfeasibleError(
                "the constraints can be met in fractions of a unit but not in whole units: allow a "
                "smaller unit, or give one of them a unit more room: "
                + ", ".join(map(repr, rows.names)),
                {"constraints": list(rows.names)},
            )
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
    taken = first_units(
        window.units,
        window.atom,
        totals - window.least,
        problem.tie_keys,
    )
    awards = window.held.copy()
    np.add.at(awards, window.units.index[taken], 1)
    return awards


def _center(ramps: Ramps, atoms: Atoms, prices: Prices, log_level: float) -> Ints:
    """Count the units that are earned at the atoms' levels: many roundings add up to many units."""
    curve = Slopes.of(ramps, -log_level, ramps.mean.early)
    counts = np.empty(len(curve))
    for rows in blocks(len(curve)):
        curve.amounts(rows, prices.levels[atoms.labels[rows]], counts[rows])
    return atoms.totals(counts).astype(np.int64)


def _window(
    problem: Problem,
    ramps: Ramps,
    alpha: float,
    atoms: Atoms,
    prices: Prices,
    log_level: float,
    least: Ints,
    most: Ints,
) -> _Window:
    order = np.argsort(atoms.labels, kind="stable")
    segments = Segments.of(np.bincount(atoms.labels, minlength=len(atoms)))
    sorted_ramps = ramps.take(order)

    def awarded(totals: Ints) -> Ints:
        awards = np.empty(len(order), dtype=np.int64)
        awards[order] = award_groups(
            sorted_ramps, segments, totals, lambda index: problem.tie_keys(order[index])
        )
        return awards

    held, full = awarded(least), awarded(most)
    room = full - held
    claimants = np.flatnonzero(room > 0)
    index = np.repeat(claimants, room[claimants])
    number = held[index] + 1 + np.arange(len(index))
    number -= np.repeat(np.cumsum(room[claimants]) - room[claimants], room[claimants])
    units = Units(ramps.unbounded().take(index), number, index)
    levels, atom = units.levels(), atoms.labels[index]
    by_level = np.lexsort((levels, atom))
    units, levels, atom = units.take(by_level), levels[by_level], atom[by_level]
    price = prices.budget + prices.rows @ atoms.coefficients
    with np.errstate(over="ignore"):
        worth = np.exp(np.minimum(-alpha * (levels - log_level), LARGEST_LOG))
    return _Window(held, units, atom, price[atom] - worth, least, most)


def _chosen(
    rows: Rows, atoms: Atoms, prices: Prices, window: _Window, budget: int, master: Master
) -> Ints | None:
    """Return the totals that the integer program chooses; None when there are none."""
    c = atoms.coefficients
    before = c @ window.least
    missing = budget - int(window.least.sum())
    if not 0 <= missing <= len(window.atom):
        return None
    scale = float(np.median(np.abs(window.cost))) if len(window.cost) else 1.0
    scale = max(scale, TINIEST)
    own = np.clip(window.cost / scale, -LARGEST_COST, LARGEST_COST)
    size = np.maximum(np.abs(c).max(axis=1, initial=0.0), TINIEST)
    # What a unit costs has the prices of its rows in it: they are given back.
    given = np.where(np.abs(prices.rows) * size > NO_PRICE, prices.rows * size, 0.0) / scale
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
    inward = np.zeros(len(rows))
    for _ in range(TIGHTENED):
        found = master(
            np.concatenate([own, -lost]),
            matrix,
            np.concatenate([rows.lower + inward - before, [missing], none]),
            np.concatenate([rows.upper - inward - before, [missing], none]),
            np.zeros(units + k),
            np.concatenate([np.ones(units), (window.most - window.least).astype(np.float64)]),
            integer=np.arange(units + k) >= units,
        )
        if found is None:
            return None
        totals: Ints = window.least + np.rint(found[units:]).astype(np.int64)
        broken = broken_rows(rows, totals, c)
        if not broken and int(totals.sum()) == budget:
            return totals
        # The solver's tolerance let a row be broken by a little: ask for a little more.
        inward[broken] += INWARD * size[broken] + ROUNDED * np.abs(before[broken])
    return None


def _improved(ramps: Ramps, rows: Rows, atoms: Atoms, window: _Window, totals: Ints) -> Ints:
    """Move units between atoms as long as the rows allow it and the objective gains."""
    start = np.searchsorted(window.atom, np.arange(len(atoms)))
    levels = np.append(window.units.levels(), np.nan)
    totals = totals.copy()
    while True:
        held = start + (totals - window.least)
        last = np.where(totals > window.least, levels[np.maximum(held - 1, 0)], np.nan)
        next_ = np.where(totals < window.most, levels[np.minimum(held, len(levels) - 1)], np.nan)
        pair = find_transfer(ramps, last, next_, totals, rows, atoms)
        if pair is None:
            return totals
        totals[pair[0]] -= 1
        totals[pair[1]] += 1
