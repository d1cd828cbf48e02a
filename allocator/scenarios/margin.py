"""The level of some awards, as their certificate tells it: between the last cent and the next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocator.core.cents import WholeUnits
from allocator.core.edge import find_edge, middle
from allocator.core.nested_edge import find_nested_edge
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps

__all__ = ["margin_of"]


def margin_of(problem: Problem, ramps: Ramps, found: WholeUnits) -> tuple[float, float]:
    """Return the tier and the level between the last unit held and the first refused.

    The level at which fractional awards spend the budget is a little beside it: it would give some
    users parts of units.

    Parameters
    ----------
    problem : Problem
        In whole units.
    ramps : Ramps
        Of its rule.
    found : WholeUnits
        The awards, of one part.

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
    >>> tier, log_level = margin_of(problem, ramps, line.units(problem.tie_keys))
    >>> round(float(np.exp(line.log_level)), 4), round(float(np.exp(log_level)), 4)
    (2.6667, 2.6007)
    """
    (units,) = found.awards
    if problem.family is not None:
        edge = find_nested_edge(ramps, units, problem.family, _keys).edge
    elif ramps.tiers is None and found.last is not None and (ends := found.last.ends()):
        return 1.0, middle(*ends)
    else:
        edge = find_edge(ramps, units, _keys)
    return edge.tier, edge.log_level


def _keys(index: NDArray[np.int64]) -> list[tuple[bytes, str]]:
    """Put those tied at the margin in some order: their level is the same."""
    return [(b"", str(i)) for i in index.tolist()]
