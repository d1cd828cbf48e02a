"""The whole process: `allocator run` beside a bare script, its memory, its imports."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from benchmarks.instances import PROGRAM_USERS
from benchmarks.measure import RUNS, Process, process
from benchmarks.page import Requirement, Section, Table, duration, mebibytes

__all__ = ["FORBIDDEN", "imported", "interpreter", "run", "same_shape"]

WALL_LIMIT = 2.0
MEMORY_LIMIT = 800 * 2**20
IMPORT_LIMIT = 0.050
IMPORT_RUNS = 21
FORBIDDEN = ("pandas", "matplotlib", "cvxpy")
LAZY = ("pandas", "scipy", "cvxpy")
BARE = Path(__file__).with_name("bare.py")


def run(*, quick: bool) -> Section:
    """Simulate a file and run the program on it."""
    n = 100_000 if quick else PROGRAM_USERS
    with tempfile.TemporaryDirectory() as folder:
        return _measured(n, Path(folder))


def _measured(n: int, folder: Path) -> Section:
    users, out, copy = (str(folder / name) for name in ("users.parquet", "run", "bare.parquet"))
    size = ["--users", str(n), "--seed", "7"]
    simulate = ["-m", "allocator", "data", "simulate", *size, "--out", users]
    _finished(process([sys.executable, *simulate]))
    command = ["-m", "allocator", "run", users, "--out", out]

    def fresh(*arguments: str) -> Process:
        shutil.rmtree(out, ignore_errors=True)  # a second run of the same is told to be unchanged
        return _finished(process([sys.executable, *arguments]))

    ours, bare, reports = _interleaved(
        [
            lambda: fresh(*command),
            lambda: _finished(process([sys.executable, str(BARE), users, copy])),
            lambda: fresh(*command, "--report"),
        ]
    )
    same_shape(f"{out}/awards.parquet", copy)
    modules = imported(fresh("-X", "importtime", *command))
    loaded = [name for name in FORBIDDEN if name in modules]
    extra, lazily = interpreter()
    sizes = [Path(path).stat().st_size for path in (f"{out}/awards.parquet", copy)]
    wall, least, with_report = (median(p.seconds for p in ps) for ps in (ours, bare, reports))
    peak = max(p.peak for p in ours)
    ratio = wall / least
    rows = [
        ("`allocator run`", duration(wall), f"{ratio:.2f} x", mebibytes(peak), mebibytes(sizes[0])),
        ("bare script", duration(least), "1 x", mebibytes(_peak(bare)), mebibytes(sizes[1])),
        ("`allocator run --report`", duration(with_report), "", mebibytes(_peak(reports)), ""),
    ]
    return Section(
        f"The whole process, {n:,} users",
        [
            "Wall time of whole processes on a simulated Parquet file that is in the file cache, "
            "in turns, medians of 5 after one of each to warm up; the largest peak memory of the "
            "five. The bare script (`benchmarks/bare.py`) imports numpy and pyarrow, reads the "
            "same columns and writes a table of the same columns, types, rows and compression; it "
            "checks nothing, and does not sync or hash what it writes, as the run does.",
            Table(("", "wall", "to bare", "peak memory", "awards file"), rows),
            f"`--report` takes {duration(with_report - wall)} more. `import allocator` takes "
            f"{duration(extra)} over a bare interpreter (the median difference of {IMPORT_RUNS} "
            f"pairs) and loads {_listed(lazily, LAZY)}.",
        ],
        [
            Requirement(
                f"`allocator run` on {n:,} users: at most {WALL_LIMIT:g} x the bare script",
                f"{ratio:.2f} x ({duration(wall)} to {duration(least)})",
                ratio <= WALL_LIMIT,
            ),
            Requirement("its peak memory: at most 800 MiB", mebibytes(peak), peak <= MEMORY_LIMIT),
            Requirement(
                "it imports neither pandas nor matplotlib nor cvxpy",
                f"it imports {_listed(loaded, FORBIDDEN)}",
                not loaded,
            ),
            Requirement(
                "`import allocator`: at most 50 ms over a bare interpreter",
                duration(max(extra, 0.0)),
                extra <= IMPORT_LIMIT,
            ),
            Requirement(
                "`import allocator` without pandas, scipy, cvxpy",
                f"it imports {_listed(lazily, LAZY)}",
                not lazily,
            ),
        ],
    )


def _finished(ended: Process) -> Process:
    if ended.code:
        raise RuntimeError(f"exit code {ended.code}: {ended.err.strip()[-500:]}")
    return ended


def _interleaved(cases: Sequence[Callable[[], Process]]) -> list[list[Process]]:
    """Run all cases in turns, so that drift meets all; the first turn is to warm up."""
    ended: list[list[Process]] = [[] for _ in cases]
    for turn in range(RUNS + 1):
        for case, processes in zip(cases, ended, strict=True):
            done = case()
            if turn:
                processes.append(done)
    return ended


def same_shape(one: str, other: str) -> None:
    """Raise unless two Parquet files agree in columns, types, rows and compression."""
    from pyarrow import parquet

    shapes = []
    for path in (one, other):
        with parquet.ParquetFile(path) as file:
            group = file.metadata.row_group(0)
            codecs = {group.column(i).compression for i in range(group.num_columns)}
            schema = file.schema_arrow.remove_metadata()
            shapes.append((schema, file.metadata.num_rows, group.num_rows, codecs))
    if shapes[0] != shapes[1]:
        raise RuntimeError(f"the bare script writes another table: {shapes[1]}, not {shapes[0]}")


def imported(ended: Process) -> set[str]:
    """Top-level modules that a process run with ``-X importtime`` loaded."""
    return set(re.findall(r"^import time:\s+\d+ \|\s+\d+ \|\s+(\w+)", ended.err, re.M))


def interpreter() -> tuple[float, list[str]]:
    """Seconds of ``import allocator`` over a bare interpreter, and what it should not load."""
    extra = []
    for _ in range(IMPORT_RUNS):
        bare = process([sys.executable, "-c", "pass"]).seconds
        extra.append(process([sys.executable, "-c", "import allocator"]).seconds - bare)
    show = "import allocator, json, sys; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(_finished(process([sys.executable, "-c", show])).out)
    return median(extra), [name for name in LAZY if name in modules]


def _peak(processes: Sequence[Process]) -> int:
    return max(p.peak for p in processes)


def _listed(found: Sequence[str], of: Sequence[str]) -> str:
    return ", ".join(found) if found else f"none of {', '.join(of)}"
