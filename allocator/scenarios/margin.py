"""The level of some awards, as their certificate tells it: between the last cent and the next."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from allocator.core.curves import BLOCK, blocks
from allocator.core.edge import Edge, find_edge
from allocator.core.nested_edge import find_nested_edge
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.core.waterline import Waterline

__all__ = ["margin_of"]

WINDOW = 0.05  # around the fractional level, relative, over n: the margin is well within it
FEW = 10_000  # claimants, who are looked at one by one as fast


def margin_of(
    problem: Problem, ramps: Ramps, units: NDArray[np.int64], line: Waterline
) -> tuple[float, float]:
    """Return the tier and the level between the last unit held and the first refused.

    The level at which fractional awards spend the budget is a little beside it: it would give some
    users parts of units.

    Parameters
    ----------
    problem : Problem
        In whole units, of n claimants.
    ramps : Ramps
        Of its rule.
    units : ndarray of int64, shape (n,)
        The awards.
    line : Waterline
        The fractional level, which tells whom to look at.

    Returns
    -------
    tier, log_level : float
        As in the certificate of the awards.

    Examples
    --------
    >>> from allocator.core.rules import AlphaFair
    >>> from allocator.core.waterline import waterline
    >>> problem = Problem(budget=10, lower=0, upper=[2, 9, 9], weights=[5.0, 2.0, 1.0])
    >>> ramps = AlphaFair(1).ramps(problem)
    >>> line = waterline([ramps], 10)
    >>> tier, log_level = margin_of(problem, ramps, np.array([2, 5, 3]), line)
    >>> round(math.exp(line.log_level), 4), round(float(np.exp(log_level)), 4)
    (2.6667, 2.6007)
    """
    if problem.family is not None:
        edge = find_nested_edge(ramps, units, problem.family, _keys).edge
    else:
        edge = _near(ramps, units, line) or find_edge(ramps, units, _keys)
    return edge.tier, edge.log_level


def _near(ramps: Ramps, units: NDArray[np.int64], line: Waterline) -> Edge | None:
    """Look at those only who have a unit in the window; None if others may matter."""
    plain = line.tier.members is None and ramps.start is None and ramps.pauses is None
    if not plain or len(ramps) < FEW or not math.isfinite(line.log_level):
        return None
    (curve,), level = line.curves, line.relative_level
    window = WINDOW / len(ramps)
    buffer, found = np.empty(BLOCK), []
    # The k-th unit is earned where the amount is k - 1/2, or less by the mean's doubt.
    least = 0.5 - float(ramps.mean.late.slack(units.min(keepdims=True) - 1.0)[0])
    for rows in blocks(len(ramps)):
        amounts = curve.amounts(rows, level, buffer[: rows.stop - rows.start])
        beyond = np.abs(amounts - units[rows])
        amounts *= window
        beyond += amounts
        found.append(rows.start + np.flatnonzero(beyond >= least))
    near = np.concatenate(found)
    edge = find_edge(ramps.take(near), units[near], _keys)
    if edge.advantage is None or edge.tier != 1.0:
        return None
    apart = abs(edge.log_level - line.log_level) + abs(edge.advantage)
    return edge if apart < window / 2 else None


def _keys(index: NDArray[np.int64]) -> list[tuple[bytes, str]]:
    """Put those tied at the margin in some order: their level is the same."""
    return [(b"", str(i)) for i in index.tolist()]
