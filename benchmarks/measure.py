"""Clocks and scales: seconds, scans and peak memory."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.memory import without

__all__ = ["RUNS", "Process", "Scan", "Timing", "against_scan", "machine", "own_peak", "process"]

RUNS = 5
PASSES = 9  # of the scan, before each run: one takes a millisecond, and its median must be steady
MEBIBYTE = 2**20
LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Timing:
    """Medians over several runs.

    Attributes
    ----------
    seconds : float
    scans : float
        In units of S, measured right before each run.
    """

    seconds: float
    scans: float


class Scan:
    """S: one pass of ``numpy.add.reduce`` over three float64 arrays of n."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        self._arrays = [rng.random(n) for _ in range(3)]

    def seconds(self) -> float:
        """Median of a few passes."""
        return median(seconds_of(self._once) for _ in range(PASSES))

    def _once(self) -> None:
        for array in self._arrays:
            np.add.reduce(array)


def seconds_of(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def against_scan(work: Callable[[], object], scan: Scan, runs: int = RUNS) -> Timing:
    """Time some work beside the scan, which drifts as the machine does, after one call to warm up.

    With `runs` of 1 there is no such call: what is slow enough to be run once needs none.

    Examples
    --------
    >>> against_scan(lambda: sum(range(1000)), Scan(10)).seconds > 0
    True
    """
    if runs > 1:
        work()
    seconds, scans = [], []
    for _ in range(runs):
        unit = scan.seconds()
        seconds.append(seconds_of(work))
        scans.append(seconds[-1] / unit)
    return Timing(median(seconds), median(scans))


@dataclass(frozen=True)
class Process:
    """A process that has ended.

    Attributes
    ----------
    seconds : float
        From its start to its end.
    peak : int
        Largest resident memory, in bytes.
    code : int or None
        Exit code; None when the time was up.
    out, err : str
    """

    seconds: float
    peak: int
    code: int | None
    out: str
    err: str


def process(
    command: Sequence[str],
    *,
    limit: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> Process:
    r"""Run a command and measure it, from a process too small to show in its memory.

    Parameters
    ----------
    command : sequence of str
    limit : float, optional
        Seconds after which it is killed.
    environment : mapping, optional
        Variables on top of the present ones.

    Examples
    --------
    >>> ended = process([sys.executable, "-c", "print(7)"])
    >>> ended.code, ended.out
    (0, '7\n')
    """
    ended = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), str(limit or 0), *command],
        capture_output=True,
        text=True,
        check=True,
        env={**without(os.environ), **(environment or {})},
    )
    return Process(**json.loads(ended.stdout))


def own_peak() -> int:
    """Largest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # rusage there counts what the parent held when it started this process
        line = next(s for s in status.read_text().splitlines() if s.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def machine(packages: Sequence[str]) -> list[tuple[str, str]]:
    """Describe what was measured on, without naming it."""
    rows = [
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", f"{_memory() / 2**30:.0f} GiB"),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("Python", platform.python_version()),
    ]
    return rows + [(name, version(name)) for name in packages]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
