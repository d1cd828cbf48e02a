"""What a method returns, and how far it is from the exact optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from benchmarks.instances import Instance

__all__ = ["Answer", "Score", "score"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answer:
    """Awards in cents, or none; what the method says of them; seconds in the solver itself."""

    awards: Floats | None
    status: str
    solver_seconds: float | None = None


@dataclass(frozen=True)
class Score:
    """How far awards are from the exact fractional optimum.

    Attributes
    ----------
    total : float
        Dollars spent above (or, negative, below) the budget.
    bound : float
        Dollars by which the worst broken bound is broken; 0 when none is.
    misplaced : float
        Share of the budget that goes to the wrong user: sum |x - x*| / 2 / budget.
    """

    total: float
    bound: float
    misplaced: float


def score(instance: Instance, alpha: float, awards: Floats) -> Score:
    """Compare awards with the optimum.

    Examples
    --------
    >>> from benchmarks.instances import make
    >>> instance = make("tame", 100)
    >>> score(instance, 1.0, instance.lower * 1.0).total < 0
    True
    """
    best = solve(instance.fractional(), AlphaFair(alpha)).awards
    outside = max((instance.lower - awards).max(), (awards - instance.upper).max(), 0.0)
    return Score(
        float(awards.sum() - instance.budget) / 100,
        float(outside) / 100,
        float(np.abs(awards - best).sum()) / 2 / instance.budget,
    )
