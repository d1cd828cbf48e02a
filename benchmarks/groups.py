"""Nested budgets and constraints that overlap, at the size of the program, in scans S."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from allocator.backends.master import highs_master
from allocator.core.certificate import verify
from allocator.core.constraints import Constraint, Group, Groups
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from benchmarks.instances import HARD, PROGRAM_USERS, Instance, make
from benchmarks.measure import RUNS, Scan, against_scan, seconds_of
from benchmarks.page import Requirement, Section, Table, duration

__all__ = ["grouped", "overlapping", "run"]

COUNTS = (10, 1_000, 100_000, 1_200_000)
ROWS = (1, 5, 20, 100)
FEW_BIND, ALL_BIND, OVERLAP = 1_000.0, 2_000.0, 3_000.0  # scans at most
SHARE = 0.08  # of groups that bind, where few do
SEED = 3


def run(*, quick: bool) -> Section:
    """Measure groups from ten to as many as people, and a few overlapping rows."""
    n = 100_000 if quick else PROGRAM_USERS
    instance, scan = make("program", n), Scan(n)
    plain = solve(instance.whole(), AlphaFair(1)).awards
    groups, worst = [], {True: 0.0, False: 0.0}
    for count in (c * n // PROGRAM_USERS or 1 for c in COUNTS):
        for all_bind in (False, True):
            problem = grouped(instance, plain, count, all_bind=all_bind)
            scans, row = _measured(problem, scan, RUNS)
            worst[all_bind] = max(worst[all_bind], scans)
            groups.append((f"{count:,}", *row))
    hard = []
    for other in () if quick else (instance.capped(), *(make(name, n) for name in HARD)):
        free = solve(other.whole(), AlphaFair(1)).awards
        for count in (COUNTS[1], COUNTS[-1]):
            row = _measured(grouped(other, free, count, all_bind=True), scan, 1)[1]
            hard.append((other.name, f"{count:,}", *row))
    rows, overlap = [], 0.0
    for count in ROWS[:2] if quick else ROWS:
        problem = overlapping(instance, plain, count)
        seconds = seconds_of(partial(solve, problem, AlphaFair(1), highs_master))
        awards = solve(problem, AlphaFair(1), highs_master).awards
        certificate = verify(problem, AlphaFair(1), awards)
        scans = seconds / scan.seconds()
        overlap = max(overlap, scans) if count <= 20 else overlap
        gap = "none" if certificate.gap is None else f"{certificate.gap:.1e}"
        rows.append(
            (
                f"{count}",
                f"{len(certificate.prices)}",
                f"{scans:.0f} S",
                duration(seconds),
                gap,
                "passed" if certificate.ok else "**FAILED**",
            )
        )
    head = ("level and cents", "in time")
    return Section(
        f"Nested budgets and side constraints, at {n:,} users",
        [
            "Groups are drawn at random, as accounts are of persons; a group that binds is capped "
            "at 80% of what it would get. Medians of 5, alpha 1, whole cents; building the problem "
            "is apart.",
            Table(("groups", "binding", *head, "verify", "certificate"), groups),
            *(() if quick else _hard(hard, head)),
            "Rows that overlap, on the totals of random thirds of eight regions and twelve tiers "
            "(one run each). *Gap* is (Lagrangian bound over whole cents - objective) / (price x "
            "budget).",
            Table(("rows", "with a price", *head, "gap", "certificate"), rows),
        ],
        []
        if quick
        else [
            _requirement("under a tenth of the groups bind", worst[False], FEW_BIND),
            _requirement("all groups bind", worst[True], ALL_BIND),
            _requirement("up to 20 rows that overlap", overlap, OVERLAP),
        ],
    )


def _hard(rows: list[tuple[str, ...]], head: tuple[str, str]) -> tuple[str, Table]:
    return (
        "The same on inputs that are hard on purpose, all groups capped at 80%, once each; with "
        f"{COUNTS[-1]:,} groups most have one member or two.",
        Table(("", "groups", "binding", *head, "verify", "certificate"), rows),
    )


def _measured(problem: Problem, scan: Scan, runs: int) -> tuple[float, tuple[str, ...]]:
    """Return the scans of a solution, and the cells of its row."""
    rule = AlphaFair(1)
    solved = against_scan(partial(solve, problem, rule), scan, runs)
    awards = solve(problem, rule).awards
    checked = against_scan(partial(verify, problem, rule, awards), scan, runs)
    certificate = verify(problem, rule, awards)
    binding = 0 if certificate.binding is None else len(certificate.binding)
    return solved.scans, (
        f"{binding:,}",
        f"{solved.scans:.0f} S",
        duration(solved.seconds),
        f"{checked.scans:.0f} S",
        "passed" if certificate.ok else "**FAILED**",
    )


def _requirement(what: str, scans: float, limit: float) -> Requirement:
    return Requirement(f"{what}: at most {limit:,.0f} S", f"{scans:,.0f} S", scans <= limit)


def _problem(instance: Instance, constraints: list[Constraint]) -> Problem:
    return Problem(
        instance.budget,
        instance.lower,
        instance.upper,
        instance.weights,
        constraints=constraints,
    )


def grouped(instance: Instance, plain: NDArray[np.int64], count: int, *, all_bind: bool) -> Problem:
    """Put every user into one of so many groups, all capped at 80% of what they get, or a few."""
    rng = np.random.default_rng(SEED)
    labels = rng.integers(0, count, len(instance))
    totals, floors = (np.bincount(labels, weights=a) for a in (plain, instance.lower))
    binds = np.ones(len(totals), bool) if all_bind else rng.random(len(totals)) < SHARE
    caps = np.where(binds, np.maximum(0.8 * totals, floors), instance.budget).astype(np.int64)
    used = np.unique(labels)
    bounds = dict(zip(used.tolist(), caps[used].tolist(), strict=True))
    return _problem(instance, [Groups(labels, upper=bounds, name="group")])


def overlapping(instance: Instance, plain: NDArray[np.int64], count: int) -> Problem:
    """Put caps and floors on random thirds of 96 kinds of users."""
    rng = np.random.default_rng(SEED)
    kind = rng.integers(0, 96, len(instance))
    constraints: list[Constraint] = []
    for j in range(count):
        members = (rng.random(96) < 1 / 3)[kind]
        total = int(plain[members].sum())
        if j % 2:
            constraints.append(Group(members, lower=int(total * 1.005), name=f"floor {j}"))
        else:
            constraints.append(Group(members, upper=int(total * 0.995), name=f"cap {j}"))
    return _problem(instance, constraints)
