"""Lots as they are worth most: prices say who is settled, HiGHS decides on the rest."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from allocator.backends.failure import BackendError
from allocator.backends.lots.box import box_at
from allocator.backends.lots.fill import filled, rounded, shaved
from allocator.backends.lots.lines import first_anchors
from allocator.backends.lots.relaxation import nothing_within, relaxed
from allocator.backends.lots.whole import solve_box
from allocator.core.lots import Lots

__all__ = ["Divided", "solve_lots"]

Floats = NDArray[np.float64]
Units = NDArray[np.int64]

ENOUGH = 1e-3  # a gap that is promised: the search goes on until it is reached, or time is up
AIM = 3e-5  # a gap that is aimed at; the best itself ...
FEW, BEST = 200, 1e-9  # ... for as few claimants as this
NODES = 200  # of branch and bound towards it: the same on every machine, as seconds are not
GUESS = 1e-4  # of the bound: how far off the first box looks, if rounding found nothing
WIDER = 10.0  # times as far, if there is nothing in it
TURNS = 12  # of wider boxes, or of lines added where the last units were
LEAST_TIME = 0.1  # seconds
HAIR = 1e-9  # of the bound: what floats may be off by


@dataclass(frozen=True, eq=False)
class Divided:
    """Units, and how far from the best they may be.

    Attributes
    ----------
    units : ndarray of int64, shape (n,)
    value : float
        What they are worth.
    bound : float
        No units are worth more: the lower one of the two that follow.
    price_bound : float
        By weak duality, from the prices alone.
    solver_bound : float
        By HiGHS, of what is in the box; the prices prove that nothing better is outside.
    prices : ndarray of float64
        Of the limits.
    """

    units: Units
    value: float
    price_bound: float
    solver_bound: float
    prices: Floats

    @property
    def bound(self) -> float:
        """No units are worth more."""
        return max(self.value, min(self.price_bound, self.solver_bound))

    @property
    def gap(self) -> float:
        """How far below the bound they are, as a part of it."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


def solve_lots(lots: Lots, *, seconds: float) -> Divided:
    """Maximize the worth of lots within their limits, to a gap of 0.1% unless time is up before.

    Parameters
    ----------
    lots : Lots
    seconds : float
        Stop then, with the best found.

    Returns
    -------
    Divided
        Nobody who gains by it can have a unit more within the limits.

    Raises
    ------
    BackendError
        If nothing within the limits was found in time, or HiGHS gives up.
    InfeasibleError
        If nothing is within the limits.
    UnsupportedError
        If highspy is not installed.

    Notes
    -----
    The relaxation gives prices, and at these a bound. A division that is better than one already
    known leaves everybody where, at the prices, less is lost than known value and bound are apart
    (reduced-cost fixing). HiGHS searches there, in a much smaller program, from the known division.

    References
    ----------
    Fisher, "The Lagrangian relaxation method for solving integer programming problems", Management
    Science 27, 1981; Vielma, "Mixed integer linear programming formulation techniques", SIAM Review
    57, 2015.

    Examples
    --------
    >>> from allocator.core.lots import Limit
    >>> fund = Limit("fund", np.arange(3), np.array([1, 1, 1], dtype=object), 0, 10)
    >>> lots = Lots(lambda units: np.sqrt(units), np.array([4, 4, 6]), np.array([8, 8, 8]), [fund])
    >>> found = solve_lots(lots, seconds=9.0)
    >>> sorted(found.units.tolist()), round(found.value, 6), found.bound >= found.value
    ([0, 5, 5], 4.472136, True)
    """
    deadline = monotonic() + seconds
    start = relaxed(lots)
    units = rounded(lots, start.fractions, start.prices)
    value = -np.inf if units is None else lots.value(units)
    bound = start.program
    near = np.floor(start.fractions).astype(np.int64)
    anchors = [near - 1, near, near + 1]
    aim = BEST if len(lots) <= FEW else AIM
    slack = GUESS * abs(start.bound)
    nodes: int | None = NODES
    for _ in range(TURNS):
        settled = min(bound, start.bound) - value <= aim * abs(bound)
        if units is not None and (settled or monotonic() >= deadline):
            break
        slack = start.bound - value if units is not None else slack
        box = box_at(lots, start.prices, slack + HAIR * abs(start.bound))
        found = solve_box(
            lots,
            box,
            [*first_anchors(box.low, box.high), *anchors],
            units,
            gap=aim * abs(bound) / 2,
            seconds=max(deadline - monotonic(), LEAST_TIME),
            nodes=nodes,
        )
        if found.units is not None:
            better = filled(lots, shaved(lots, found.units), start.prices)
            anchors += [found.units - 1, found.units, better - 1, better]
            if lots.allow(better) and lots.value(better) > value:
                units, value = better, lots.value(better)
        bound = min(bound, max(found.bound, value, start.bound - slack))
        if found.complete and units is None:
            if box.is_all_of(lots):
                raise nothing_within(lots, "")
            slack = slack * WIDER if slack < abs(start.bound) else np.inf
        elif not found.complete and min(bound, start.bound) - value <= ENOUGH * abs(bound):
            break
        elif not found.complete:
            nodes = None
    if units is None:
        raise BackendError(f"HiGHS found nothing that meets all limits in {seconds:g} seconds")
    return Divided(units, value, start.bound, bound, start.prices)
