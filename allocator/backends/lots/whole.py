"""The lots of a box as a mixed-integer program in HiGHS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.backends.failure import NothingYetError
from allocator.backends.highs_ import Program
from allocator.backends.lots.box import Box
from allocator.backends.lots.lines import pieces_of
from allocator.backends.lots.relaxation import limit_rows
from allocator.core.lots import Lots

__all__ = ["Solved", "solve_box"]

Floats = NDArray[np.float64]
Units = NDArray[np.int64]

WHOLE = 1e-9  # of a unit: how far from whole numbers HiGHS may leave them


@dataclass(frozen=True, eq=False)
class Solved:
    """What HiGHS found in a box.

    Attributes
    ----------
    units : ndarray of int64, shape (n,), or None
        None when it found none.
    bound : float
        Its own: nothing in the box is worth more. -inf when there is nothing in the box.
    complete : bool
        Whether it stopped because bound and value are as close as was asked.
    """

    units: Units | None
    bound: float
    complete: bool


def solve_box(
    lots: Lots,
    box: Box,
    anchors: Sequence[Units],
    start: Units | None,
    *,
    gap: float,
    seconds: float,
    nodes: int | None,
) -> Solved:
    """Maximize the worth of lots within a box.

    Parameters
    ----------
    lots : Lots
    box : Box
    anchors : sequence of ndarray of int64, shape (n,)
        Units at which to put lines.
    start : ndarray of int64, shape (n,), optional
        In the box and within all limits.
    gap : float
        In worth: how close bound and value are to come.
    seconds : float
    nodes : int or None
        Of branch and bound, at the most.

    Returns
    -------
    Solved
        Units are as HiGHS has them, rounded: limits may be missed by what it is off by.
    """
    from scipy.sparse import coo_array, vstack

    low, high, base = box.low_or_0, box.high_or_0, box.sure
    maybe, more = np.flatnonzero(box.zero & (low > 0)), np.flatnonzero(low < high)
    settled = lots.value(base)
    if not len(maybe) + len(more):
        return Solved(base, settled, True)
    pieces = pieces_of(lots, low, high, anchors)
    # Columns: whether a claimant is in; the units above the first of the box; those in pieces.
    ends = np.cumsum([len(maybe), len(more), len(pieces.owner)])
    inside, above, piece = np.split(np.arange(ends[-1]), ends[:-1])
    row_of = np.full(len(lots), -1)
    row_of[more] = np.arange(len(more))
    link = coo_array(
        (
            np.repeat([1.0, -1.0], [len(more), len(piece)]),
            (np.append(row_of[more], row_of[pieces.owner]), np.append(above, piece)),
        ),
        shape=(len(more), ends[-1]),
    )
    both = maybe[row_of[maybe] >= 0]
    only_inside = coo_array(
        (
            np.append(np.ones(len(both)), -(high - low)[both].astype(np.float64)),
            (
                np.tile(np.arange(len(both)), 2),
                np.append(above[row_of[both]], inside[row_of[maybe] >= 0]),
            ),
        ),
        shape=(len(both), ends[-1]),
    )
    limits, least, most, _ = limit_rows(
        lots.limits,
        np.concatenate([maybe, more, pieces.owner]),
        np.concatenate([low[maybe], np.ones(len(more)), np.zeros(len(piece))]),
        base,
    )
    gain = np.concatenate([lots.worth(low)[maybe], np.zeros(len(more)), pieces.slope])
    size = float(gain.max(initial=0.0)) or 1.0
    program = Program(
        -gain / size,
        vstack([link, only_inside, limits], format="csr"),
        np.concatenate([np.zeros(len(more)), np.full(len(both), -np.inf), least]),
        np.concatenate([np.zeros(len(more) + len(both)), most]),
        np.zeros(ends[-1]),
        np.concatenate([np.ones(len(maybe)), (high - low)[more], pieces.length]),
        np.repeat([True, False], [ends[1], len(piece)]),
        mip_feasibility_tolerance=WHOLE,
        mip_rel_gap=0.0,
        mip_abs_gap=gap / size,
        time_limit=seconds,
        **({} if nodes is None else {"mip_max_nodes": nodes}),
    )
    if start is not None:
        extra = np.where(start > 0, start - low, 0)
        begin = np.cumsum(pieces.length) - pieces.length
        owned = np.searchsorted(pieces.owner, pieces.owner)
        filled = np.clip(extra[pieces.owner] - (begin - begin[owned]), 0.0, pieces.length)
        program.start(np.concatenate([start[maybe] > 0, extra[more], filled]))
    try:
        answer = program.run()
    except NothingYetError:
        return Solved(None, settled - size * float(program.info.mip_dual_bound), False)
    if answer is None:
        return Solved(None, -np.inf, True)
    bound = settled - size * float(program.info.mip_dual_bound)
    units = base.copy()
    units[maybe] += np.where(answer.x[inside] > 0.5, low[maybe], 0)
    units[more] += np.rint(answer.x[above]).astype(np.int64)
    return Solved(units, bound, program.complete)
