"""The same problems as models for general convex solvers, stated as cvxpy's guide recommends.

Solvers are sensitive to scale: awards are in units of the mean award, of $1,000, or each of its own
cap; weights relative to their mean or to the largest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.answer import Answer
from benchmarks.instances import Instance

__all__ = ["MEANS", "OBJECTIVES", "SCALINGS", "Scaling", "solve_model"]

Floats = NDArray[np.float64]

cp: Any = import_module("cvxpy")  # its stubs know none of the atoms


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
        return w / float(w.mean() if self.weight == "mean" else w.max())


MEANS = Scaling("mean", "mean")
SCALINGS = (  # the likeliest to succeed first
    MEANS,
    Scaling("cap", "largest"),
    Scaling("mean", "largest"),
    Scaling("$1,000", "mean"),
    Scaling("$1,000", "largest"),
    Scaling("cap", "mean"),
)


@dataclass(frozen=True, eq=False)
class Form:
    """What a model is written in: awards are ``units * relative``, a cvxpy variable."""

    weights: Floats
    units: Floats
    relative: Any

    @property
    def awards(self) -> Any:
        """Return the awards, as an expression."""
        return cp.multiply(self.units, self.relative)


def _log(f: Form) -> Any:
    return cp.Maximize(cp.sum(cp.multiply(f.weights, cp.log(f.relative))))


def _power(f: Form) -> Any:
    return cp.Minimize(cp.sum(cp.multiply(f.weights / f.units, cp.inv_pos(f.relative))))


def _quadratic(f: Form) -> Any:
    return cp.Minimize(cp.sum(cp.multiply(f.units**2 / f.weights, cp.square(f.relative))))


def _linear(f: Form) -> Any:
    return cp.Maximize((f.weights * f.units) @ f.relative)


def _max_min(f: Form) -> Any:
    return cp.Maximize(cp.min(f.awards))


def _least_squares(f: Form) -> Any:
    return cp.Minimize(cp.sum_squares(f.awards))


OBJECTIVES: dict[str, Callable[[Form], Any]] = {
    "log": _log,
    "power": _power,
    "quadratic": _quadratic,
    "linear": _linear,
    "max-min": _max_min,
    "least squares": _least_squares,
}


def solve_model(
    objective: str, solver: str, scaling: Scaling, settings: dict[str, Any], instance: Instance
) -> Answer:
    """Build a model, solve it, and say what the solver says; a failure is an answer, too."""
    units = scaling.units(instance)
    mean = units.mean()
    form = Form(scaling.weights(instance), units / mean, cp.Variable(len(instance)))
    constraints = [
        form.units @ form.relative == instance.budget / mean,
        form.relative >= instance.lower / units,
        form.relative <= instance.upper / units,
    ]
    problem = cp.Problem(OBJECTIVES[objective](form), constraints)
    try:
        problem.solve(solver=solver, **settings)
    except cp.SolverError as error:
        return Answer(None, f"failed: {str(error).split('.')[0]}")
    if form.relative.value is None:
        return Answer(None, f"failed: {problem.status}")
    return Answer(form.relative.value * units, problem.status, problem.solver_stats.solve_time)
