"""Every rule of one level at the size of the program, in scans S."""

from __future__ import annotations

from functools import partial

import numpy as np

from allocator.core.catalog import RULES
from allocator.core.certificate import verify
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, Rule
from allocator.core.solve import solve
from benchmarks.instances import PROGRAM_USERS, Instance, make
from benchmarks.measure import RUNS, Scan, against_scan
from benchmarks.page import Section, Table, duration

__all__ = ["run"]


def run(*, quick: bool) -> Section:
    """Measure level, cents and verification of each rule."""
    n = PROGRAM_USERS if not quick else 100_000
    scan = Scan(n)
    rows = []
    for instance, runs in _instances(n)[: 1 if quick else None]:
        problem = _claims(instance)
        for name, kind in RULES.items():
            if not issubclass(kind, Rule) or issubclass(kind, AlphaFair):
                continue
            rule = kind()
            solved = against_scan(partial(solve, problem, rule), scan, runs)
            awards = solve(problem, rule).awards
            checked = against_scan(partial(verify, problem, rule, awards), scan, runs)
            ok = "passed" if verify(problem, rule, awards).ok else "**FAILED**"
            rows.append(
                (
                    instance.name,
                    name,
                    f"{solved.scans:.0f} S",
                    duration(solved.seconds),
                    f"{checked.scans:.0f} S",
                    ok,
                )
            )
    return Section(
        f"Every rule of one level, at {n:,} claimants",
        [
            "Claims are the losses in cents, the budget that of the program, floors 0. Whole "
            "cents; medians of 5, but once each where all losses are equal or all but a cent is "
            "paid. Claims rules tie thousands of claimants at the margin by design: equal awards "
            "are equal. Where all losses are equal, the odd cents go by the hash of everybody.",
            Table(("", "rule", "level and cents", "in time", "verify", "certificate"), rows),
        ],
    )


def _instances(n: int) -> list[tuple[Instance, int]]:
    """From benign to pathological, each with how often it is run."""
    program = make("program", n)
    third, equal = make("a third at $50", n), make("all losses equal", n)
    return [(program, RUNS), (third, RUNS), (program.capped(), 1), (equal, 1)]


def _claims(instance: Instance) -> Problem:
    """Return the program's claims, for rules that take no weights."""
    return Problem(
        instance.budget, np.zeros_like(instance.lower), instance.upper, claims=instance.upper
    )
