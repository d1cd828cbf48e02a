"""Lines that no worth is above at any whole unit, and the pieces between their crossings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.lots import Lots

__all__ = ["Pieces", "first_anchors", "pieces_of"]

Floats = NDArray[np.float64]
Units = NDArray[np.int64]

DENSE = 16  # so many units in a row have a line each: their worth is then met exactly
FIRST = 12  # lines to start with where there are more units
STEEPER = 9.0  # how much closer together they stand at the beginning, where worth is most curved
NOTHING = 1e-9  # of a unit: a piece as short as this is none


@dataclass(frozen=True, eq=False)
class Pieces:
    """What the lines allow units beyond the first to be worth: of each owner the steepest first.

    Attributes
    ----------
    owner : ndarray of int64, shape (k,)
        In rising order.
    length, slope : ndarray of float64, shape (k,)
        In units, and of worth in a unit.
    """

    owner: Units
    length: Floats
    slope: Floats


def first_anchors(low: Units, high: Units) -> list[Units]:
    """Return units at which to put the first lines: every one of few, else some.

    Parameters
    ----------
    low, high : ndarray of int64, shape (n,)

    Returns
    -------
    list of ndarray of int64, shape (n,)

    Examples
    --------
    >>> [int(each[0]) for each in first_anchors(np.array([2]), np.array([99]))][:4]
    [2, 5, 8, 11]
    """
    width = np.maximum(high - low, 0)
    places = ((1.0 + STEEPER) ** np.linspace(0.0, 1.0, FIRST) - 1.0) / STEEPER
    some = [low + np.rint(width * place).astype(np.int64) for place in places]
    longest = int(width[width <= DENSE].max(initial=0))
    every = [np.where(width <= DENSE, low + k, low) for k in range(longest)]
    return some + every


def pieces_of(lots: Lots, low: Units, high: Units, anchors: Sequence[Units]) -> Pieces:
    """Return the pieces of the lowest of the lines, from `low` to `high`.

    The line at an anchor goes through its worth and that of one unit more, so that it is above
    the worth of all other whole units: what pieces are worth is a bound, not an estimate.

    Parameters
    ----------
    lots : Lots
    low, high : ndarray of int64, shape (n,)
        Whoever has low = high has no pieces.
    anchors : sequence of ndarray of int64, shape (n,)
        In any order; moved to where they are of use.

    Returns
    -------
    Pieces
    """
    last = np.maximum(high - 1, low)
    at = np.sort(np.clip(np.column_stack([low, *anchors]), low[:, None], last[:, None]), axis=1)
    at = at[:, np.append(True, (np.diff(at, axis=1) > 0).any(axis=0))]
    worth = np.column_stack([lots.worth(each) for each in at.T])
    slope = np.column_stack([lots.worth(each + 1) for each in at.T]) - worth
    bend = slope[:, :-1] - slope[:, 1:]
    lines = worth - slope * at  # their worth at no units at all
    crosses = (bend > 0) & (at[:, 1:] > at[:, :-1])
    crossing = np.diff(lines, axis=1) / np.where(crosses, bend, 1.0)
    ends = np.where(crosses, crossing, at[:, 1:])
    ends = np.column_stack([low, np.clip(ends, at[:, :-1], at[:, 1:]), high])
    length = np.diff(ends, axis=1).reshape(-1)
    kept = np.flatnonzero(length > NOTHING)
    return Pieces(kept // at.shape[1], length[kept], slope.reshape(-1)[kept])
