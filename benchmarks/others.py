"""Beside what people would use instead, on the same problems."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.attempt import Attempt, read
from benchmarks.measure import process
from benchmarks.methods import METHODS, OBJECTIVES, PROGRAM, SIZES, Method
from benchmarks.page import Section, Table, duration, mebibytes

__all__ = ["run", "tried"]

ROOT = Path(__file__).parents[1]
LIMIT = 60.0
HEADER = (
    "method",
    "users",
    "time",
    "of which solver",
    "S",
    "runs",
    "memory",
    "total off by",
    "bound broken by",
    "misplaced",
    "its own status",
)
WEIGHTS = {"program": "heavy-tailed weights", "tame": "tame weights"}


def run(*, quick: bool) -> Section:
    """Try every method at every size it is meant for."""
    sizes = SIZES[:1] if quick else (*SIZES, PROGRAM)
    limit = 10.0 if quick else LIMIT
    body: list[str | Table] = [_introduction(limit)]
    for name, goal in OBJECTIVES.items():
        body.append(f"### {goal.title}")
        body.append(NOTES[name])
        for severity, title in WEIGHTS.items():
            rows = [
                _row(method, n, found)
                for key, method in METHODS.items()
                if method.objective == name and severity in method.severities
                for n, found in tried(key, severity, sizes, limit)
            ]
            body += [f"{title.capitalize()}:", Table(HEADER, rows)]
    return Section("Beside what people would use instead", body)


def tried(
    key: str, severity: str, sizes: tuple[int, ...], limit: float
) -> Iterator[tuple[int, Attempt]]:
    """Yield attempts from small to large, until the time is up."""
    for n in sizes:
        if n > METHODS[key].largest:
            return
        print(f"  {key}, {severity}, {n:,}", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "benchmarks.attempt", key, severity, str(n)]
        found = read(process(command, limit=limit, environment={"PYTHONPATH": str(ROOT)}), limit)
        yield n, found
        if found.seconds is None:
            return


def _row(method: Method, n: int, found: Attempt) -> tuple[str, ...]:
    took = ("-", "-", "-", "-")
    if found.seconds is not None:
        solver = "-" if found.solver_seconds is None else duration(found.solver_seconds)
        scans = f"{found.scans:,.0f}" if n == PROGRAM else "-"
        took = (duration(found.seconds), solver, scans, str(found.runs))
    off = ("-", "-", "-")
    if found.score is not None:
        s = found.score
        off = (_dollars(s.total), _dollars(s.bound), _share(s.misplaced))
    return (method.name, f"{n:,}", *took, mebibytes(found.peak), *off, found.status)


def _dollars(value: float) -> str:
    if value == 0:
        return "0"
    return f"${value:,.2f}" if abs(value) >= 0.01 else f"${value:.0e}"


def _share(value: float) -> str:
    return f"{value:.2%}" if value >= 1e-4 else f"{value:.0e}"


def _introduction(limit: float) -> str:
    return (
        f"Every row is a process of its own, stopped after {limit:.0f} s in all; a method that was "
        "stopped is not tried on more users. *Time* runs from arrays to awards, building the model "
        "included, imports not: the median of the stated number of runs, five or as many as fit "
        "into 10 s. *Memory* is the peak of the whole process, imports included. *Misplaced* is "
        "the share of the budget that goes to the wrong user, sum |x - x*| / 2 / budget, against "
        "the exact fractional optimum: what is left in the row of whole cents is the rounding "
        "itself. Models are written in cvxpy, but for the two HIGHS rows that name an algorithm "
        "(scipy); settings are the defaults unless the row names them. These are general "
        "solvers, made for problems that this package cannot state at all; this is one family of "
        "problems, for which a special method exists."
    )


NOTES = {
    "log": (
        "Interior-point solvers of this model are sensitive to its scale (next section): CLARABEL "
        "and ECOS may try six scales until one is solved to optimality, and their time is that of "
        "all tries. *Quadratic* is minimizing the sum of x²/w, which under plain bounds has the "
        "same solution as the logarithms, and is how an expert would use OSQP here. "
        "*Each rounded* is what rounding every award by itself does to the total."
    ),
    "power": "Sum of -w/x, as `inv_pos`: second-order cones.",
    "linear": (
        "Maximize the sum of w·x: one equation and bounds. In HiGHS nearly all the time goes into "
        "its presolve, which on one long row grows roughly with the square of its length: whoever "
        "knows that turns it off."
    ),
    "max-min": (
        "Leximin: nobody can gain unless somebody who has less loses. One LP, maximizing the least "
        "award, does what it is asked and reaches the least award; as soon as one cap (or here, "
        "somebody's $50 loss) binds, it leaves the rest of the money anywhere. Leximin takes a "
        "sequence of LPs, or, under plain bounds, least squares."
    ),
}
