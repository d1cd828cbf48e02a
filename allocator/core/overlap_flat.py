"""Totals of atoms at alpha = 0, where a claimant's units are all worth the same: w/d.

Inside an atom the dearest claimants come first, so that its worth is a concave and piecewise linear
function of its total. Linear programs see all of it coarsely, and exactly around the last totals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.atoms import Atoms
from allocator.core.ramps import Ramps
from allocator.core.rows import Rows
from allocator.core.whole_totals import Margin, Master
from allocator.errors import UnsupportedError

__all__ = ["flat_margin", "flat_totals"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 200  # of linear programs: each halves, more or less, how far totals are off
DEAREST = 1e6  # times the worth at the margin: what floats tell from the margin in one program
GAINED = 1e-15  # of all worth: less is float error
ROOM = 1e-9  # of a mean total: what is met to it is met, to a solver that stops at 1e-10
TINIEST = 1e-300  # where nothing would divide


@dataclass(frozen=True, eq=False)
class _Worths:
    """Worth of every atom's total: pieces of an atom in a row, the dearest first.

    Attributes
    ----------
    start, size : ndarray of int64, shape (k,)
        Pieces of each atom.
    amount, worth : ndarray of float64, shape (p + 1,)
        Of all pieces before each, those of earlier atoms included.
    slope : ndarray of float64, shape (p,)
        What a unit is worth, relative to the dearest of all.
    log_tier : ndarray of float64, shape (p,)
    low : ndarray of float64, shape (k,)
        Total of each atom before its first piece.
    """

    start: Ints
    size: Ints
    amount: Floats
    worth: Floats
    slope: Floats
    log_tier: Floats
    low: Floats

    def pieces(self, totals: Floats) -> tuple[Ints, float]:
        """Return the piece that each total ends in, shape (k,), and what all are worth."""
        before = self.amount[self.start]
        at = before + np.clip(totals - self.low, 0.0, self.amount[self.start + self.size] - before)
        piece = np.searchsorted(self.amount, at, side="right") - 1
        piece = np.clip(piece, self.start, np.maximum(self.start + self.size - 1, self.start))
        some = self.size > 0
        last = piece[some]
        gained = self.worth[last] - self.worth[self.start[some]]
        return piece, float((gained + self.slope[last] * (at[some] - self.amount[last])).sum())


def flat_totals(ramps: Ramps, rows: Rows, atoms: Atoms, spend: float, master: Master) -> Floats:
    """Return totals of atoms that are worth most, under rows.

    Parameters
    ----------
    ramps : Ramps
        Of n claimants at alpha = 0, all of positive weight.
    rows : Rows
    atoms : Atoms
    spend : float
        Sum of the totals.
    master : Master

    Returns
    -------
    ndarray of float64, shape (k,)

    Raises
    ------
    UnsupportedError
        If the solver finds no totals where there are some.

    References
    ----------
    Dantzig, "Linear Programming and Extensions", 1963, section 24: separable programs. Hochbaum &
    Shanthikumar, "Convex separable optimization is not much harder than linear optimization",
    Journal of the ACM 37, 1990.

    Examples
    --------
    >>> from allocator.backends.master import highs_master
    >>> from allocator.core.atoms import atoms_of
    >>> from allocator.core.constraints import Row
    >>> from allocator.core.problem import Problem
    >>> from allocator.core.rows import rows_of
    >>> from allocator.core.rules import AlphaFair
    >>> row = Row([1.0, 1.0, 0.0], upper=4)
    >>> problem = Problem(9.0, 0.0, [3.0, 3.0, 9.0], [5.0, 4.0, 1.0], constraints=[row])
    >>> rows = rows_of(problem)
    >>> atoms, ramps = atoms_of(rows, 3), AlphaFair(0).ramps(problem)
    >>> flat_totals(ramps, rows, atoms, 9.0, highs_master).round(6).tolist()
    [5.0, 4.0]
    """
    worths = _worths(ramps, atoms)
    left = spend - float(worths.low.sum())
    if left <= 0 or not len(worths.slope):
        return worths.low
    high = worths.low + worths.amount[worths.start + worths.size] - worths.amount[worths.start]
    totals = worths.low + (high - worths.low) * min(left / float((high - worths.low).sum()), 1.0)
    piece, best = worths.pieces(totals)[0], -1.0
    noise = ROOM * left / len(atoms)
    for _ in range(ROUNDS):
        trial = np.clip(_program(worths, piece, rows, atoms, left, master), worths.low, high)
        reached, worth = worths.pieces(trial)
        if worth <= best * (1.0 + GAINED):
            break
        totals, best = trial, worth
        # Pieces next to the last one are exact: an optimum that is inside them is that of all.
        ends = (worths.pieces(trial + shift)[0] for shift in (-noise, noise))
        if all((np.abs(end - piece) <= 1).all() for end in ends):
            break
        piece = reached
    return np.asarray(totals)


def flat_margin(ramps: Ramps, atoms: Atoms, totals: Floats) -> Margin:
    """Return where whole units are to be looked for, around totals that are worth most.

    Parameters
    ----------
    ramps : Ramps
    atoms : Atoms
    totals : ndarray of float64, shape (k,)

    Returns
    -------
    Margin
        With one price for all, so that the program is that of the objective itself.
    """
    worths = _worths(ramps, atoms)
    price = _price(worths, worths.pieces(totals)[0])
    return Margin(
        np.rint(totals).astype(np.int64),
        np.ones(len(atoms)),
        np.zeros(len(atoms.coefficients)),
        price,
        1.0,
        DEAREST,
    )


def _worths(ramps: Ramps, atoms: Atoms) -> _Worths:
    assert ramps.tiers is not None
    low = atoms.totals(ramps.lower.astype(np.float64))
    room = (ramps.upper - ramps.lower).astype(np.float64)
    some = np.flatnonzero(room > 0)
    some = some[np.lexsort((ramps.tiers[some], atoms.labels[some]))]
    tier, label, room = ramps.tiers[some], atoms.labels[some], room[some]
    fresh = np.flatnonzero((np.diff(label, prepend=-1) != 0) | (np.diff(tier, prepend=np.nan) != 0))
    lengths = np.add.reduceat(room, fresh) if len(fresh) else np.zeros(0)
    log_tier = np.log(tier[fresh])
    slope = np.exp(log_tier.min(initial=np.inf) - log_tier)
    size = np.bincount(label[fresh], minlength=len(atoms))
    amount, worth = (
        np.concatenate([[0.0], np.cumsum(each)]) for each in (lengths, lengths * slope)
    )
    return _Worths(np.cumsum(size) - size, size, amount, worth, slope, log_tier, low)


def _price(worths: _Worths, piece: Ints) -> float:
    """Log of the tier in the middle of those at the margins of the atoms."""
    tiers = worths.log_tier[piece[worths.size > 0]]
    return float(np.median(tiers)) if len(tiers) else 0.0


def _program(
    worths: _Worths, piece: Ints, rows: Rows, atoms: Atoms, left: float, master: Master
) -> Floats:
    """Return the best totals where worth is exact next to some pieces, and chords elsewhere."""
    atom, first, last = _ladder(worths, piece)
    k, p = len(atoms), len(atom)
    length = worths.amount[last] - worths.amount[first]
    with np.errstate(divide="ignore", invalid="ignore"):
        chord = (worths.worth[last] - worths.worth[first]) / length
    log_price = _price(worths, piece)
    price = max(float(np.exp(worths.log_tier.min() - log_price)), TINIEST)
    # A chord lies between the slopes of its ends, whatever sums have lost.
    chord = np.clip(chord, worths.slope[last - 1], worths.slope[first])
    cost = np.maximum(1.0 - chord / price, -DEAREST)
    c, mean = atoms.coefficients, left / k
    size = np.abs(c).max(axis=1, initial=0.0)
    size[size == 0.0] = 1.0  # nobody is in the row
    row, of = np.nonzero(c)
    matrix = (
        np.concatenate([c[row, of] / size[row], np.ones(k), np.ones(p), -np.ones(k)]),
        np.concatenate([row, np.full(k, len(rows)), len(rows) + 1 + np.append(atom, np.arange(k))]),
        np.concatenate([p + of, p + np.arange(k), np.arange(p + k)]),
    )
    before, ends = c @ worths.low, np.minimum(length / mean, float(k))
    most = np.bincount(atom, weights=ends, minlength=k)
    for room in (0.0, ROOM, 10.0 * ROOM):
        found = master(
            np.append(cost, np.zeros(k)),
            matrix,
            np.concatenate([(rows.lower - before) / size / mean - room, [k], np.zeros(k)]),
            np.concatenate([(rows.upper - before) / size / mean + room, [k], np.zeros(k)]),
            np.zeros(p + k),
            np.append(ends, most),
            integer=np.zeros(p + k, dtype=bool),
        )
        if found is not None:
            return np.asarray(worths.low + mean * found[p:])
    raise UnsupportedError(
        "no totals were found that meet all constraints, which surely some do: give one of them a "
        "little more room, or count in a larger unit"
    )


def _ladder(worths: _Worths, piece: Ints) -> tuple[Ints, Ints, Ints]:
    """Cut every atom's pieces into runs that are longer the farther they are from its margin.

    Returns each run's atom, its first piece, and the one after its last.
    """
    steps = 2 ** np.arange(int(worths.size.max()).bit_length() + 1) - 1
    cuts = np.concatenate([-steps[::-1], steps + 1])
    begin, end = worths.start[:, None], (worths.start + worths.size)[:, None]
    at = np.clip(piece[:, None] + cuts, begin, end)
    atom, run = np.nonzero(np.diff(at, axis=1))
    return atom, at[atom, run], at[atom, run + 1]
