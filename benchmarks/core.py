"""The core at the size of the program: level, whole cents, verification, in scans S."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from allocator.core.certificate import verify
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from benchmarks.instances import HARD, PROGRAM_USERS, Instance, make
from benchmarks.measure import Scan, against_scan
from benchmarks.page import Requirement, Section, Table, duration

__all__ = ["ALPHAS", "LIMIT", "run"]

ALPHAS = (0.0, 0.5, 1.0, 2.0, 5.0, math.inf)
HARD_ALPHAS = (0.0, 1.0, math.inf)
LIMIT = 60.0  # scans, for level and whole cents, and for verification
Case = tuple[str, float, float, float, float, float, float, bool]

HEADER = ("", "alpha", "level alone", "level and cents", "in time", "verify", "in time")


def run(*, quick: bool) -> Section:
    """Measure every severity at every alpha."""
    n = PROGRAM_USERS  # also when quick: a scan of fewer users fits into the cache
    scan = Scan(n)
    program = make("program", n)
    building = against_scan(program.whole, scan)
    asked = [_case(program, alpha, scan) for alpha in ALPHAS]
    names = () if quick else HARD
    hard = [_case(make(name, n), alpha, scan) for name in names for alpha in HARD_ALPHAS]
    return Section(
        f"The core at {n:,} users",
        [
            f"S, one pass of `numpy.add.reduce` over three float64 arrays of {n:,}, took "
            f"{duration(scan.seconds())}. Each figure is the median of 5 runs, each divided by an "
            "S measured right before it. *Level alone* is the fractional solution; *level and "
            "cents* is `solve` on a problem in whole cents, and does not contain the other. "
            f"Building and validating the `Problem` is apart: {building.scans:.1f} S, "
            f"{duration(building.seconds)}.",
            Table(HEADER, [_row(case) for case in asked]),
            *([] if quick else _hard(hard)),
            "All certificates passed."
            if all(case[-1] for case in asked + hard)
            else "**Some certificates failed.**",
        ],
        [
            _requirement("level and whole cents", n, [case[3] for case in asked]),
            _requirement("verification", n, [case[5] for case in asked]),
        ],
    )


def _hard(cases: Sequence[Case]) -> list[str | Table]:
    return [
        "The same on inputs that are hard on purpose (no limit is required of these). Where "
        "everybody is tied, the hash that decides who gets an odd cent is computed for all of "
        "them.",
        Table(HEADER, [_row(case) for case in cases]),
    ]


def _case(instance: Instance, alpha: float, scan: Scan) -> Case:
    rule, problem = AlphaFair(alpha), instance.whole()
    level = against_scan(partial(solve, instance.fractional(), rule), scan)
    cents = against_scan(partial(solve, problem, rule), scan)
    awards = solve(problem, rule).awards
    check = against_scan(partial(verify, problem, rule, awards), scan)
    passed = verify(problem, rule, awards).ok
    times = (level.scans, cents.scans, cents.seconds, check.scans, check.seconds)
    return (instance.name, alpha, *times, passed)


def _row(case: Case) -> Sequence[str]:
    name, alpha, level, cents, cents_time, check, check_time, _ = case
    times = (f"{level:.1f} S", f"{cents:.1f} S", duration(cents_time))
    return (name, f"{alpha:g}", *times, f"{check:.1f} S", duration(check_time))


def _requirement(what: str, n: int, scans: Sequence[float]) -> Requirement:
    asked = f"{what}, n = {n:,}, every alpha: at most {LIMIT:.0f} S"
    return Requirement(asked, f"{min(scans):.1f} to {max(scans):.1f} S", max(scans) <= LIMIT)
