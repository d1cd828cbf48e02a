"""How time grows with the number of users, and that the order of rows changes no cent."""

from __future__ import annotations

from functools import partial

import numpy as np

from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from benchmarks.core import ALPHAS
from benchmarks.instances import HARD, PROGRAM_USERS, Instance, make
from benchmarks.measure import Scan, against_scan
from benchmarks.page import Requirement, Section, Table

__all__ = ["run"]

LIMIT = 1.3


def run(*, quick: bool) -> Section:
    """Measure at n and 10 n users, and shuffle."""
    n = 100_000 if quick else PROGRAM_USERS
    sizes = (n, 3 * n, 10 * n)
    scans = {}
    for size in sizes:
        scan, instance = Scan(size), make("program", size)
        problem = instance.whole()
        for alpha in ALPHAS:
            work = partial(solve, problem, AlphaFair(alpha))
            scans[size, alpha] = against_scan(work, scan).scans
    growth = {a: scans[sizes[-1], a] / scans[n, a] for a in ALPHAS}
    shuffled = 100_000 if quick else PROGRAM_USERS
    same = {name: _same(make(name, shuffled)) for name in ("program", *HARD)}
    rows = [
        (f"{a:g}", *(f"{scans[s, a]:.1f} S" for s in sizes), f"{growth[a]:.2f} x") for a in ALPHAS
    ]
    verdicts = {True: "the same", False: "**they DIFFER**"}
    told = "; ".join(f"{name}: {verdicts[ok]}" for name, ok in same.items())
    least, worst = min(growth.values()), max(growth.values())
    requirements = [
        Requirement(
            "the same awards for shuffled rows",
            f"{sum(same.values())} of {len(same)} inputs",
            all(same.values()),
        )
    ]
    if not quick:  # fewer users fit into the cache, where another law holds
        asked = f"time / S(n) from n = {n:,} to {sizes[-1]:,}: at most {LIMIT} x"
        seen = f"{least:.2f} to {worst:.2f} x"
        requirements.append(Requirement(asked, seen, worst <= LIMIT))
    return Section(
        "Ten times the users",
        [
            "Level and whole cents, each in scans S of its own size, on the program; medians of 5.",
            Table(("alpha", *(f"n = {s:,}" for s in sizes), "growth"), rows),
            f"Awards in shuffled order, {shuffled:,} users, at every alpha, against those in "
            f"order: {told}.",
        ],
        requirements,
    )


def _same(instance: Instance) -> bool:
    """Whether a shuffle changes nobody's cents, at any alpha."""
    order = np.random.default_rng(1).permutation(len(instance))
    in_order, shuffled = instance.whole(), instance.shuffled(order)
    return all(
        np.array_equal(
            solve(in_order, AlphaFair(a)).awards[order], solve(shuffled, AlphaFair(a)).awards
        )
        for a in ALPHAS
    )
