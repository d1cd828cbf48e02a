"""Whole units: the awards that the order of units allows, and no others.

Nothing enumerates cents. The level is bracketed by what is earned for sure and what may be
earned there, and only the few units that the two ends of the bracket disagree on are put in order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.curves import BLOCK, Partitioned, Slopes, blocks
from allocator.core.level import find_level
from allocator.core.order import TieKeys, Units, tolerance
from allocator.core.ramps import Ramps

__all__ = ["LastUnits", "WholeUnits", "whole_units"]

WIDENED = 4.0  # error of a level, of the amount at it, and of the two ends: twice over
FEW = 1_024  # units that are put in order as fast as one more evaluation would take


@dataclass(frozen=True, eq=False)
class LastUnits:
    """The units among which the budget ends.

    Attributes
    ----------
    units : Units
        All whose level is in the bracket, and perhaps others: what decides is rounded.
    won : ndarray of bool, shape (m,)
        Which of them are awarded.
    bracket : tuple of float
        Logarithms of two levels.
    """

    units: Units
    won: NDArray[np.bool_]
    bracket: tuple[float, float]

    def ends(self) -> tuple[float, float] | None:
        """Return the log-levels of the last unit awarded and of the first that is not.

        None when one of the two is outside the bracket: units that are not here may be nearer.
        """
        if self.won.all() or not self.won.any():
            return None
        levels = self.units.levels()
        last, first = float(levels[self.won].max()), float(levels[~self.won].min())
        low, high = self.bracket
        return (last, first) if low <= last and first <= high else None


@dataclass(frozen=True, eq=False)
class WholeUnits:
    """Awards in whole units, and the last of them.

    Attributes
    ----------
    awards : tuple of ndarray of int64
        Of every part.
    last : LastUnits, or None
        None when an earlier tier or a later one has awards, too.
    """

    awards: tuple[NDArray[np.int64], ...]
    last: LastUnits | None


def whole_units(
    parts: Sequence[Ramps],
    curves: Sequence[Slopes],
    budget: int,
    guess: float,
    tie_keys: TieKeys,
    log_reference: float = 0.0,
) -> WholeUnits:
    """Award `budget` whole units in the order in which they are earned.

    The greedy order is exactly optimal for separable concave objectives.

    Parameters
    ----------
    parts : sequence of Ramps
        Partitions of one tier.
    curves : sequence of Slopes
        The same, as fractional amounts relative to a common reference.
    budget : int
        From the sum of floors to the sum of caps.
    guess : float
        The fractional level, or one near it.
    tie_keys : callable
        Sort keys of claimants, numbered through all parts, who are tied.
    log_reference : float
        Of the curves.

    Returns
    -------
    WholeUnits

    References
    ----------
    Fox, "Discrete optimization via marginal analysis", Management Science 13, 1966. Federgruen &
    Groenevelt, "The greedy procedure for resource allocation problems", Operations Research 34,
    1986. Hochbaum, "Lower and upper bounds for the allocation problem and other nonlinear
    optimization problems", Mathematics of Operations Research 19, 1994.
    """
    mean = parts[0].mean
    early = [c.rounded(mean.early) for c in curves]
    late = [c.rounded(mean.late) for c in curves]
    few = max(FEW, sum(map(len, parts)) / 8)
    low, high = find_level(Partitioned(early), budget - 1, guess, few)
    if early[0].rounding != late[0].rounding:
        low = find_level(Partitioned(late), budget, guess, few)[0]
    bracket = _log(low) - log_reference, _log(high) - log_reference
    # Widened by the floats' own error, the bracket holds what is truly earned at its two ends.
    slack = WIDENED * max(tolerance(p) for p in parts)
    low, high = low * (1.0 - slack), high * (1.0 + slack)
    held, candidates = zip(
        *(_open(*each, low, high) for each in zip(parts, early, late, strict=True)), strict=True
    )
    units = _joined(candidates, [len(p) for p in parts])
    missing = budget - sum(int(h.sum()) for h in held)
    chosen = units.first(missing, tie_keys)
    start = 0
    for awards, unit in zip(held, candidates, strict=True):
        won = chosen[start : start + len(unit)]
        np.add.at(awards, unit.index[won], 1)
        start += len(unit)
    return WholeUnits(held, LastUnits(units, chosen, bracket))


def _log(level: float) -> float:
    return math.log(level) if level > 0 else -math.inf


def _open(
    ramps: Ramps, early: Slopes, late: Slopes, low: float, high: float
) -> tuple[NDArray[np.int64], Units]:
    """Return what is held for sure, and the units after that which may be held."""
    held = np.empty(len(ramps), dtype=np.int64)
    indices, counts = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    buffers = np.empty(BLOCK), np.empty(BLOCK)
    for rows in blocks(len(ramps)):
        size = rows.stop - rows.start
        held[rows] = early.amounts(rows, low, buffers[0][:size])
        room = late.amounts(rows, high, buffers[1][:size]) - held[rows]
        index = np.flatnonzero(room > 0)
        indices.append(rows.start + index)
        counts.append(room[index].astype(np.int64))
    index, count = np.concatenate(indices), np.concatenate(counts)
    number = held[index] + 1
    if (count > 1).any():
        first = np.cumsum(count) - count
        index, number = np.repeat(index, count), np.repeat(number - first, count)
        number += np.arange(len(index))
    return held, Units(ramps.unbounded().take(index), number, index)


def _joined(units: Sequence[Units], lengths: Sequence[int]) -> Units:
    """Units of all partitions, with claimants numbered through."""
    if len(units) == 1:
        return units[0]
    offsets = np.cumsum([0, *lengths[:-1]])
    ramps = Ramps.concatenated([u.ramps for u in units])
    number = np.concatenate([u.number for u in units])
    return Units(
        ramps, number, np.concatenate([u.index + o for u, o in zip(units, offsets, strict=True)])
    )
