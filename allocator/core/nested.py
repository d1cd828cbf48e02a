"""Nested budgets: groups' floors and caps, taken bottom-up, become everybody's own bounds.

A group is the merged sequence of its members' units: its first ones, up to its floor, come before
everything outside, those after its cap never. As awards never decrease with a group's budget, a
group that has its floor gives each member at least what its floor alone would, and one at its cap
at most what its cap would: these amounts are the members' bounds in the group around it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.batch import Segments, award_groups
from allocator.core.family import Family
from allocator.core.order import TieKeys
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps

__all__ = ["tighten"]


def tighten(problem: Problem, ramps: Ramps) -> Ramps:
    """Return the ramps with bounds that stand for the groups' bounds.

    Parameters
    ----------
    problem : Problem
        With a family of groups.
    ramps : Ramps
        Of the problem.

    Returns
    -------
    Ramps
        With these bounds alone the rule's awards are those of the problem.

    References
    ----------
    Federgruen & Groenevelt, "The greedy procedure for resource allocation problems", Operations
    Research 34, 1986; Hochbaum, "Lower and upper bounds for the allocation problem and other
    nonlinear optimization problems", Mathematics of Operations Research 19, 1994.

    Examples
    --------
    >>> from allocator.core.constraints import Group
    >>> from allocator.core.rules import AlphaFair
    >>> problem = Problem(12, 0, [9, 9, 9], [1.0, 2.0, 3.0], constraints=[Group([1, 2], upper=5)])
    >>> tighten(problem, AlphaFair().ramps(problem)).upper.tolist()
    [9, 2, 3]
    """
    family = problem.family
    if family is None:
        return ramps
    for layer in reversed(family.layers):
        lower = _filled(problem, family, layer, ramps, family.lower, floors=True)
        upper = _filled(problem, family, layer, ramps, family.upper, floors=False)
        ramps = replace(ramps, lower=lower, upper=upper)
    return ramps


def _filled(
    problem: Problem,
    family: Family,
    layer: NDArray[np.int64],
    ramps: Ramps,
    bounds: NDArray[Any],
    *,
    floors: bool,
) -> NDArray[Any]:
    """Return members' amounts where their group has its floor, or its cap, and no more."""
    inside = np.flatnonzero(layer >= 0)
    groups = np.unique(layer[inside])
    size = np.zeros(len(family), dtype=np.int64)
    size[groups] = np.bincount(layer[inside], minlength=len(family))[groups]
    low, high = (
        np.bincount(layer[inside], weights=column[inside], minlength=len(family))
        for column in (ramps.lower, ramps.upper)
    )
    own = ramps.lower if floors else ramps.upper
    binds = (bounds > low) if floors else (bounds < high)
    binds &= size > 0
    result: NDArray[Any] = own.copy()
    rows = inside[binds[layer[inside]]]
    if not len(rows):
        return result
    rows = rows[np.argsort(layer[rows], kind="stable")]
    chosen = np.flatnonzero(binds)
    keys: TieKeys | None = None
    if problem.whole:

        def keys(index: NDArray[np.int64]) -> list[tuple[bytes, str]]:
            return problem.tie_keys(rows[index])

    result[rows] = award_groups(
        ramps.take(rows),
        Segments.of(size[chosen]),
        np.clip(bounds[chosen], low[chosen], high[chosen]).astype(own.dtype),
        keys,
    )
    return result
