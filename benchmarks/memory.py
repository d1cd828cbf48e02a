"""Memory that a process has freed stays with it, so that runs are timed and not the machine.

What a virtual machine takes to hand out fresh pages differs between runs by more than what is
measured here: at 17 million users, one and the same call took 20 to 57 scans.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

__all__ = ["keep_memory", "without"]

_KEPT = {  # of glibc: everything from the heap, and the heap never trimmed
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "1000000000000",
    "MALLOC_TOP_PAD_": "67108864",
}


def keep_memory() -> None:
    """Start this process again, once, with an allocator that keeps what is freed."""
    if not _KEPT.items() <= os.environ.items():
        os.execve(sys.executable, [*sys.orig_argv], {**os.environ, **_KEPT})


def without(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for processes that are measured as anybody would start them.

    Examples
    --------
    >>> without({"MALLOC_MMAP_MAX_": "0", "HOME": "here"})
    {'HOME': 'here'}
    """
    return {name: value for name, value in environment.items() if name not in _KEPT}
