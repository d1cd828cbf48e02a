"""How much the scale of a model decides whether a solver of the logarithms succeeds."""

from __future__ import annotations

import time
import warnings

from benchmarks.answer import score
from benchmarks.instances import make
from benchmarks.page import Section, Table, duration

__all__ = ["run"]

SOLVERS = ("CLARABEL", "ECOS")


def run(*, quick: bool) -> Section:
    """Solve one problem on six scales."""
    from benchmarks.modelled import SCALINGS, solve_model

    instance = make("program", 1_000 if quick else 10_000)
    rows = []
    for scaling in SCALINGS:
        row = [f"award / {scaling.award}, weight / {scaling.weight}"]
        for solver in SOLVERS:
            start = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = solve_model("log", solver, scaling, {}, instance)
            told = f"{answer.status.split(':')[0]}, {duration(time.perf_counter() - start)}"
            if answer.awards is not None:
                told += f", misplaced {score(instance, 1.0, answer.awards).misplaced:.0e}"
            row.append(told)
        rows.append(row)
    return Section(
        f"The logarithms on six scales, {len(instance):,} users",
        [
            "The same heavy-tailed problem, once each: only the units differ.",
            Table(("unit of awards and weights", *SOLVERS), rows),
        ],
    )
