"""Progress: which stage is running, how long each took, and how much memory it needed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["STAGES", "Progress", "Stage", "Stages"]

STAGES = ("load", "check", "eligibility", "weights", "solve", "cents", "verify", "write")

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Stage:
    """A finished stage.

    Attributes
    ----------
    name : str
    seconds : float
    peak_mib : float
        The largest memory of the process so far, in MiB.
    """

    name: str
    seconds: float
    peak_mib: float


class Stages:
    """A recorder of stages; before each it tells a callback (stage, stages done, stages in all).

    Examples
    --------
    >>> told = []
    >>> stages = Stages(lambda *what: told.append(what))
    >>> with stages.stage("load"):
    ...     pass
    >>> told, stages.finished[0].name
    ([('load', 0, 8)], 'load')
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self.finished: list[Stage] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        if self._progress is not None:
            self._progress(name, STAGES.index(name), len(STAGES))
        start = time.perf_counter()
        yield
        self.finished.append(Stage(name, time.perf_counter() - start, _peak_mib()))


def _peak_mib() -> float:
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
