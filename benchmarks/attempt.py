"""One method on one problem, in a process of its own: ``python -m benchmarks.attempt``."""

from __future__ import annotations

import json
import sys
import time
import warnings
from dataclasses import asdict, dataclass
from statistics import median

from benchmarks.answer import Score, score
from benchmarks.instances import make
from benchmarks.measure import RUNS, Process, Scan, own_peak
from benchmarks.methods import METHODS, OBJECTIVES

__all__ = ["Attempt", "attempt", "read"]

PATIENCE = 10.0  # seconds after which a slow method is not run again


@dataclass(frozen=True)
class Attempt:
    """What came of it.

    Attributes
    ----------
    status : str
        The method's own.
    seconds : float or None
        From arrays to awards, building the model included; the median of `runs`. None when the
        time was up.
    scans : float or None
        The same in S(n).
    solver_seconds : float or None
        What the solver says it took, in the last run.
    runs : int
    peak : int
        Bytes, of the whole process, imports included.
    score : Score or None
        None when there is no answer.
    """

    status: str
    seconds: float | None = None
    scans: float | None = None
    solver_seconds: float | None = None
    runs: int = 0
    peak: int = 0
    score: Score | None = None


def attempt(key: str, severity: str, n: int) -> Attempt:
    """Run a method, several times when it is fast enough, and score its answer."""
    method, instance = METHODS[key], make(severity, n)
    method.solve(make("tame", 50))  # imports what the method needs
    seconds: list[float] = []
    while len(seconds) < RUNS and sum(seconds) < PATIENCE:
        start = time.perf_counter()
        answer = method.solve(instance)
        seconds.append(time.perf_counter() - start)
    peak = own_peak()
    found = None
    if answer.awards is not None:
        found = score(instance, OBJECTIVES[method.objective].alpha, answer.awards)
    middle = median(seconds)
    scans = middle / Scan(n).seconds()
    return Attempt(answer.status, middle, scans, answer.solver_seconds, len(seconds), peak, found)


def read(ended: Process, limit: float) -> Attempt:
    """Turn what the process printed back into an attempt; being stopped or crashing is one, too."""
    if ended.code is None:
        return Attempt(f"gave up after {limit:.0f} s", peak=ended.peak)
    if ended.code:
        last = (ended.err.strip().splitlines() or ["no message"])[-1]
        return Attempt(f"crashed with code {ended.code}: {last}", peak=ended.peak)
    told = json.loads(ended.out.splitlines()[-1])
    found = told.pop("score")
    return Attempt(**told, score=found and Score(**found))


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # solvers warn of inaccuracy; their status and score say it
    _, asked, hardness, users = sys.argv
    print(json.dumps(asdict(attempt(asked, hardness, int(users)))))
