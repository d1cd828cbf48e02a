"""``python -m benchmarks [--quick] [names...]``: measure, and write results.md.

A full run writes `benchmarks/results.md`, so that all its figures come from one run; a run of some
sections, or a quick one on smaller inputs, prints its page instead.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import beside, core, groups, loans, others, rules, scales, scaling, sweep, whole
from benchmarks.measure import machine
from benchmarks.memory import keep_memory
from benchmarks.page import Section, Table, duration, render

SECTIONS: dict[str, Callable[..., Section]] = {
    "core": core.run,
    "scaling": scaling.run,
    "process": whole.run,
    "sweep": sweep.run,
    "loans": loans.run,
    "rules": rules.run,
    "groups": groups.run,
    "beside": beside.run,
    "others": others.run,
    "scales": scales.run,
}
RESULTS = Path(__file__).with_name("results.md")
PACKAGES = ("numpy", "scipy", "pyarrow", "cvxpy", "clarabel", "scs", "ecos", "osqp", "highspy")


def main(arguments: Sequence[str]) -> None:
    """Run the sections asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller inputs; about a minute")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(SECTIONS)}; all by default")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(SECTIONS):
        parser.error(f"no section {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}")
    start = time.perf_counter()
    done = {}
    for name in reversed(asked.names or [*SECTIONS]):  # the longest first
        print(f"{name} ...", file=sys.stderr, flush=True)
        done[name] = SECTIONS[name](quick=asked.quick)
    sections = [done[name] for name in asked.names or SECTIONS]
    complete = not (asked.quick or asked.names)
    page = render(_introduction(time.perf_counter() - start, complete=complete), sections)
    if complete:
        RESULTS.write_text(page, encoding="utf-8")
        print(f"written to {RESULTS.name}", file=sys.stderr)
    else:
        print(page)


def _introduction(seconds: float, *, complete: bool) -> list[str | Table]:
    kind = (
        "Written by `make bench`; everything below comes from one run."
        if complete
        else "Part of the measurements, or on smaller inputs: not the results of record."
    )
    today = datetime.now(UTC).date().isoformat()
    return [
        f"{kind} {today}, {duration(seconds)} in all. Times are medians of at least five, except "
        "where another number of runs is stated. What is timed inside this process has memory "
        "that was used before; processes of their own are started as anybody would start them.",
        Table(("machine", ""), machine(PACKAGES)),
    ]


if __name__ == "__main__":
    keep_memory()
    main(sys.argv[1:])
