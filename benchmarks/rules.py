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
from benchmarks.measure import Scan, against_scan
from benchmarks.page import Section, Table, duration

__all__ = ["run"]

SEVERITIES = ("program", "a third at $50")


def run(*, quick: bool) -> Section:
    """Measure level, cents and verification of each rule."""
    n = PROGRAM_USERS if not quick else 100_000
    scan = Scan(n)
    rows = []
    for severity in SEVERITIES[:1] if quick else SEVERITIES:
        instance = make(severity, n)
        problem = _claims(instance)
        for name, kind in RULES.items():
            if not issubclass(kind, Rule) or issubclass(kind, AlphaFair):
                continue
            rule = kind()
            solved = against_scan(partial(solve, problem, rule), scan)
            awards = solve(problem, rule).awards
            checked = against_scan(partial(verify, problem, rule, awards), scan)
            ok = "passed" if verify(problem, rule, awards).ok else "**FAILED**"
            rows.append(
                (
                    severity,
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
            "cents; medians of 5. Claims rules tie thousands of claimants at the margin by "
            "design: equal awards are equal.",
            Table(("", "rule", "level and cents", "in time", "verify", "certificate"), rows),
        ],
    )


def _claims(instance: Instance) -> Problem:
    """Return the program's claims, for rules that take no weights."""
    return Problem(
        instance.budget, np.zeros_like(instance.lower), instance.upper, claims=instance.upper
    )
