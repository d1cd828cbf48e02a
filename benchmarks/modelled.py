"""The same problems as models for general convex solvers, stated as cvxpy's guide recommends.

Solvers are sensitive to scale, so each model is put on the scale on which the most of them
succeeded: awards in units of the mean award, or each in units of its own cap; weights relative to
their mean, or to the largest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import cvxpy as cp
import numpy as np
from numpy.typing import NDArray

from benchmarks.answer import Answer
from benchmarks.instances import Instance

__all__ = ["OBJECTIVES", "SCALINGS", "Scaling", "solve_model"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scaling:
    """In what awards and weights are measured."""

    award: Literal["mean", "$1,000", "cap"]
    weight: Literal["mean", "largest"]

    def units(self, instance: Instance) -> Floats:
        """Cents in the unit of each award, shape (n,)."""
        if self.award == "cap":
            return instance.upper.astype(np.float64)
        unit = 1e5 if self.award == "$1,000" else instance.budget / len(instance)
        return np.full(len(instance), unit)

    def weights(self, instance: Instance) -> Floats:
        """Relative weights, shape (n,)."""
        w = instance.weights
        return w / (w.mean() if self.weight == "mean" else w.max())


SCALINGS = tuple(Scaling(a, w) for a in ("mean", "$1,000", "cap") for w in ("mean", "largest"))  # type: ignore[arg-type]

# Each takes weights w, units c relative to their mean, and the variable y: awards are c·y.
OBJECTIVES: dict[str, Callable[[Floats, Floats, Any], Any]] = {
    "log": lambda w, c, y: cp.Maximize(cp.sum(cp.multiply(w, cp.log(y)))),
    "power": lambda w, c, y: cp.Minimize(cp.sum(cp.multiply(w / c, cp.inv_pos(y)))),
    "quadratic": lambda w, c, y: cp.Minimize(cp.sum(cp.multiply(c * c / w, cp.square(y)))),
    "linear": lambda w, c, y: cp.Maximize((w * c) @ y),
    "max-min": lambda w, c, y: cp.Maximize(cp.min(cp.multiply(c, y))),
    "least squares": lambda w, c, y: cp.Minimize(cp.sum_squares(cp.multiply(c, y))),
}


def solve_model(
    objective: str, solver: str, scaling: Scaling, settings: dict[str, Any], instance: Instance
) -> Answer:
    """Build a model, solve it, and say what the solver says; a failure is an answer, too."""
    units = scaling.units(instance)
    mean = units.mean()
    y = cp.Variable(len(instance))
    goal = OBJECTIVES[objective](scaling.weights(instance), units / mean, y)
    total = (units / mean) @ y == instance.budget / mean
    problem = cp.Problem(goal, [total, y >= instance.lower / units, y <= instance.upper / units])
    try:
        problem.solve(solver=solver, **settings)
    except cp.SolverError as error:
        return Answer(None, f"failed: {str(error).split('.')[0]}")
    if y.value is None:
        return Answer(None, f"failed: {problem.status}")
    return Answer(y.value * units, problem.status, problem.solver_stats.solve_time)
