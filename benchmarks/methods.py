"""The registry: every way of dividing that is compared, by objective and name."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

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
    """A fairness objective: a title, and the alpha of our rule."""

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
        from benchmarks.modelled import MEANS, SCALINGS, solve_model  # a second of import

        if objective != "log" or solver == "SCS":
            return solve_model(objective, solver, MEANS, settings, instance)
        answers = []
        for tries, scaling in enumerate(SCALINGS, start=1):
            answer = solve_model(objective, solver, scaling, settings, instance)
            if answer.status == "optimal":
                return replace(answer, status=f"optimal, on scale {tries}")
            answers.append(answer)
        return next((a for a in answers if a.awards is not None), answers[0])

    return run


def _by_hand(alpha: float, instance: Instance, *, rounded: bool = False) -> Answer:
    lower, upper = (a.astype(np.float64) for a in (instance.lower, instance.upper))
    if alpha == 0:
        awards = utilitarian(instance.budget, instance.weights, lower, upper)
    else:
        awards = alpha_fair(instance.budget, instance.weights, alpha, lower, upper)
    return Answer(np.rint(awards) if rounded else awards, "-")


def _ours(alpha: float, instance: Instance, *, whole: bool) -> Answer:
    problem = instance.whole() if whole else instance.fractional()
    return Answer(solve(problem, AlphaFair(alpha)).awards.astype(np.float64), "-")


def _scipy(method: Literal["highs-ds", "highs-ipm"], instance: Instance) -> Answer:
    unit = instance.budget / len(instance)
    bounds: Any = np.column_stack([instance.lower, instance.upper]) / unit  # faster than pairs
    done = linprog(
        -instance.weights / instance.weights.mean(),
        A_eq=np.ones((1, len(instance))),
        b_eq=[instance.budget / unit],
        bounds=bounds,
        method=method,
        options={"presolve": False},
    )
    if done.x is None:
        return Answer(None, f"failed: {done.message}")
    return Answer(done.x * unit, "optimal" if done.status == 0 else f"status {done.status}")


def _registered() -> list[Method]:
    heavy = ("program",)
    tight = {"eps_abs": 1e-9, "eps_rel": 1e-9, "max_iters": 200_000}
    methods = []
    for name, goal in OBJECTIVES.items():
        hand, ours = partial(_by_hand, goal.alpha), partial(_ours, goal.alpha)
        search = "brentq" if goal.alpha else "argsort"
        methods += [
            Method(name, "allocator, to the cent", partial(ours, whole=True), PROGRAM),
            Method(name, "allocator, fractional", partial(ours, whole=False), PROGRAM),
            Method(name, f"numpy and {search}", hand, PROGRAM),
        ]
    rounded = partial(_by_hand, 1.0, rounded=True)
    methods.append(Method("log", "numpy and brentq, each rounded", rounded, PROGRAM))
    for name in ("log", "power"):
        for solver in ("CLARABEL", "ECOS", "SCS"):
            methods.append(Method(name, solver, _model(name, solver)))
        tightened = _model(name, "SCS", **tight)
        methods.append(Method(name, "SCS, eps 1e-9", tightened, severities=heavy))
    for solver in ("OSQP", "CLARABEL", "HIGHS"):
        solve_quadratic = _model("quadratic", solver)
        methods.append(Method("log", f"{solver}, quadratic", solve_quadratic, severities=heavy))
    for solver in ("HIGHS", "CLARABEL"):
        methods += [
            Method("linear", solver, _model("linear", solver), severities=heavy),
            Method("max-min", f"{solver}, one LP", _model("max-min", solver), severities=heavy),
        ]
    least = _model("least squares", "OSQP")
    return [
        *methods,
        Method(
            "linear", "HIGHS, simplex, no presolve", partial(_scipy, "highs-ds"), severities=heavy
        ),
        Method(
            "linear", "HIGHS, interior, no presolve", partial(_scipy, "highs-ipm"), severities=heavy
        ),
        Method("max-min", "OSQP, least squares", least, severities=heavy),
    ]


METHODS = {f"{m.objective}/{m.name}": m for m in _registered()}
