"""The registry: every way of dividing that is compared, by objective and name."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import linprog

from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from benchmarks.answer import Answer
from benchmarks.baseline import alpha_fair, utilitarian
from benchmarks.instances import Instance

__all__ = ["METHODS", "OBJECTIVES", "Method", "Objective"]

SIZES = (1_000, 10_000, 100_000)
PROGRAM = 1_700_000


@dataclass(frozen=True)
class Objective:
    """A fairness objective, and what is asked of those who model it."""

    title: str
    alpha: float


@dataclass(frozen=True)
class Method:
    """One way of dividing.

    Attributes
    ----------
    objective : str
        Key of `OBJECTIVES`.
    name : str
    solve : callable
        From an instance to an answer.
    largest : int
        Users up to which it is tried.
    severities : tuple of str
    """

    objective: str
    name: str
    solve: Callable[[Instance], Answer]
    largest: int = SIZES[-1]
    severities: tuple[str, ...] = ("program", "tame")


OBJECTIVES = {
    "log": Objective("Weighted logarithms (alpha = 1)", 1.0),
    "power": Objective("Weighted reciprocals (alpha = 2)", 2.0),
    "linear": Objective("A linear program with one row (alpha = 0)", 0.0),
    "max-min": Objective("Max-min (alpha = inf)", math.inf),
}


def _model(objective: str, solver: str, **settings: Any) -> Callable[[Instance], Answer]:
    def run(instance: Instance) -> Answer:
        from benchmarks.modelled import Scaling, solve_model  # a second of import, where it is due

        interior = objective == "log" and solver in ("CLARABEL", "ECOS")
        scaling = Scaling("cap", "largest") if interior else Scaling("mean", "mean")
        return solve_model(objective, solver, scaling, settings, instance)

    return run


def _by_hand(alpha: float, instance: Instance, *, rounded: bool = False) -> Answer:
    lower, upper = instance.lower * 1.0, instance.upper * 1.0
    if alpha == 0:
        awards = utilitarian(instance.budget, instance.weights, lower, upper)
    else:
        awards = alpha_fair(instance.budget, instance.weights, alpha, lower, upper)
    return Answer(np.rint(awards) if rounded else awards, "-")


def _ours(alpha: float, instance: Instance, *, whole: bool) -> Answer:
    problem = instance.whole() if whole else instance.fractional()
    return Answer(solve(problem, AlphaFair(alpha)).awards.astype(np.float64), "-")


def _scipy(method: str, instance: Instance) -> Answer:
    unit = instance.budget / len(instance)
    done = linprog(
        -instance.weights / instance.weights.mean(),
        A_eq=np.ones((1, len(instance))),
        b_eq=[instance.budget / unit],
        bounds=np.column_stack([instance.lower, instance.upper]) / unit,
        method=method,
    )
    if done.x is None:
        return Answer(None, f"failed: {done.message}")
    return Answer(done.x * unit, "optimal" if done.status == 0 else f"status {done.status}")


def _registered() -> list[Method]:
    heavy = ("program",)
    tight = {"eps_abs": 1e-9, "eps_rel": 1e-9, "max_iters": 200_000}
    methods = []
    for name, goal in OBJECTIVES.items():
        alpha, by_hand = goal.alpha, "brentq" if goal.alpha else "argsort"
        hand, ours = partial(_by_hand, alpha), partial(_ours, alpha)
        methods += [
            Method(name, "allocator, to the cent", partial(ours, whole=True), PROGRAM),
            Method(name, "allocator, fractional", partial(ours, whole=False), PROGRAM),
            Method(name, f"numpy and {by_hand}", hand, PROGRAM),
        ]
    methods += [
        Method(
            "log",
            "numpy and brentq, each rounded to cents",
            partial(_by_hand, 1.0, rounded=True),
            PROGRAM,
        ),
        *(
            Method(o, s, _model(o, s))
            for o in ("log", "power")
            for s in ("CLARABEL", "ECOS", "SCS")
        ),
        *(
            Method(o, "SCS, eps 1e-9", _model(o, "SCS", **tight), severities=heavy)
            for o in ("log", "power")
        ),
        Method("log", "OSQP on the quadratic", _model("quadratic", "OSQP")),
        Method(
            "log", "CLARABEL on the quadratic", _model("quadratic", "CLARABEL"), severities=heavy
        ),
        Method("log", "HiGHS on the quadratic", _model("quadratic", "HIGHS"), severities=heavy),
        Method("linear", "HiGHS", _model("linear", "HIGHS")),
        Method(
            "linear", "HiGHS, dual simplex (scipy)", partial(_scipy, "highs-ds"), severities=heavy
        ),
        Method(
            "linear",
            "HiGHS, interior point (scipy)",
            partial(_scipy, "highs-ipm"),
            severities=heavy,
        ),
        Method("linear", "CLARABEL", _model("linear", "CLARABEL"), severities=heavy),
        Method("max-min", "HiGHS, one LP", _model("max-min", "HIGHS"), severities=heavy),
        Method("max-min", "CLARABEL, one LP", _model("max-min", "CLARABEL"), severities=heavy),
        Method("max-min", "OSQP, least squares", _model("least squares", "OSQP"), severities=heavy),
    ]
    return methods


METHODS = {f"{m.objective}/{m.name}": m for m in _registered()}
