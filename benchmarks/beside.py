"""Groups, side rows and claims rules beside general solvers: ``python -m benchmarks.beside``."""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from allocator.backends.failure import BackendError
from allocator.backends.solve import solve as solve_by
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, LeastSquares, MaxMin, Rule
from allocator.core.solve import solve
from benchmarks.groups import grouped, overlapping
from benchmarks.instances import Instance, make
from benchmarks.measure import process
from benchmarks.methods import SIZES
from benchmarks.page import Section, Table, duration

__all__ = ["CASES", "attempt", "run"]

ROOT = Path(__file__).parents[1]
LIMIT = 30.0  # seconds for a process, imports and the making of the problem included
METHODS = ("native", "highs", "cvxpy:CLARABEL", "cvxpy:OSQP", "cvxpy:SCS")
QUADRATIC = {"equal awards", "equal losses"}  # what OSQP is for

Case = tuple[Problem, Rule]


def _plain(instance: Instance) -> NDArray[np.int64]:
    awards: NDArray[np.int64] = solve(instance.whole(), AlphaFair(1)).awards
    return awards


def _groups(instance: Instance) -> Case:
    return grouped(instance, _plain(instance), 10, all_bind=True), AlphaFair(1)


def _rows(count: int) -> Callable[[Instance], Case]:
    return lambda instance: (overlapping(instance, _plain(instance), count), AlphaFair(1))


def _claims(instance: Instance, rule: Rule) -> Case:
    none = np.zeros_like(instance.lower)
    return Problem(instance.budget, none, instance.upper, claims=instance.upper), rule


CASES: dict[str, tuple[str, Callable[[Instance], Case]]] = {
    "10 groups": ("10 groups, all binding, alpha 1", _groups),
    "20 rows": ("20 rows that overlap, alpha 1", _rows(20)),
    "100 rows": ("100 rows that overlap, alpha 1", _rows(100)),
    "equal awards": (
        "constrained equal awards, as least squares of the awards",
        lambda instance: _claims(instance, LeastSquares(target=0.0)),
    ),
    "equal losses": (
        "constrained equal losses, as least squares of the losses",
        lambda instance: _claims(instance, LeastSquares()),
    ),
    "max-min": ("max-min (leximin)", lambda instance: _claims(instance, MaxMin())),
}


def run(*, quick: bool) -> Section:
    """Try every solver on every kind of problem, from small to large, until one fails."""
    rows = []
    for case, (title, _) in CASES.items():
        for method in METHODS:
            if method == "cvxpy:OSQP" and case not in QUADRATIC:
                continue
            for n in SIZES[:1] if quick else SIZES:
                print(f"  {case}, {method}, {n:,}", file=sys.stderr, flush=True)
                told, ok = _told(case, method, n)
                rows.append((title, "allocator" if method == "native" else method, f"{n:,}", *told))
                if not ok:
                    break
    return Section(
        "Groups, side rows and rules beside general solvers",
        [
            "Fractional awards of the same problem, through `divide(method=...)`, each in a "
            f"process of its own that is stopped after {LIMIT:.0f} s; a solver that fails is not "
            "tried on more users. *Time* is from a `Problem` to awards, once, imports not. "
            "*Misplaced* is the share of the money that goes elsewhere than natively. HiGHS "
            "solves objectives that are neither linear nor quadratic by tangents, until bound and "
            "value agree; solvers of cvxpy are asked for tolerances of 1e-11, and for 1e-9 if "
            "they cannot. Proportional awards need no solver; Talmud, Piniles and their kin are "
            "not minimizers that these solvers could be asked for.",
            Table(("problem", "by", "users", "time", "misplaced", ""), rows),
        ],
    )


def _told(case: str, method: str, n: int) -> tuple[tuple[str, str, str], bool]:
    command = [sys.executable, "-m", "benchmarks.beside", case, method, str(n)]
    ended = process(command, limit=LIMIT, environment={"PYTHONPATH": str(ROOT)})
    if ended.code is None:
        return ("-", "-", f"gave up after {LIMIT:.0f} s"), False
    if ended.code:
        last = (ended.err.strip().splitlines() or ["no message"])[-1]
        return ("-", "-", f"crashed: {last}"), False
    found = json.loads(ended.out.splitlines()[-1])
    if found["failure"] is not None:
        return (duration(found["seconds"]), "-", f"failed: {found['failure']}"), False
    return (duration(found["seconds"]), f"{found['misplaced']:.0e}", ""), True


def attempt(case: str, method: str, n: int) -> dict[str, object]:
    """Solve one problem by one method, and compare with the native answer.

    Examples
    --------
    >>> attempt("equal awards", "native", 100)["misplaced"]
    0.0
    """
    small = Problem(1.0, 0.0, [1.0, 1.0], weights=[1.0, 1.0])
    solve_by(small, LeastSquares(target=0.0), method)  # imports what the method needs
    whole, rule = CASES[case][1](make("program", n))
    problem = Problem(
        float(whole.budget),
        whole.lower.astype(np.float64),
        whole.upper.astype(np.float64),
        whole.weights,
        claims=whole.claims,
        constraints=whole.constraints,
    )
    start, failure, misplaced = time.perf_counter(), None, None
    try:
        awards = solve_by(problem, rule, method)
    except BackendError as error:
        failure = str(error).splitlines()[0].partition(". ")[0]
    seconds = time.perf_counter() - start
    if failure is None:
        best = solve_by(problem, rule, "native")
        misplaced = float(np.abs(awards - best).sum()) / 2.0 / problem.budget
    return {"seconds": seconds, "failure": failure, "misplaced": misplaced}


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # solvers warn of inaccuracy; what they misplace says it
    _, asked, how, users = sys.argv
    print(json.dumps(attempt(asked, how, int(users))))
