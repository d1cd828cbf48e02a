"""Whose directory it is: what a run may write into, replace and clear away."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from allocator.allocation.manifest import MANIFEST, made_of, read_manifest
from allocator.allocation.result import Allocation
from allocator.errors import DataError, OccupiedError

__all__ = ["FILES", "MARKER", "alone", "leave", "make_room"]

MARKER = ".allocator-run"  # there while a run is being written
FILES = (
    "awards.parquet",
    "awards.csv",
    "certificate.json",
    "summary.json",
    "policy.toml",
    "quarantined.csv",
    "report.html",
    MANIFEST,
)
TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)\.[0-9a-f]{8}\.tmp")


def make_room(folder: Path, allocation: Allocation, *, force: bool) -> None:
    """Make the directory ready, or say what stands in the way.

    A directory without a manifest is an interrupted run only if our marker says so: files that
    happen to have our names are somebody's own.
    """
    names = {path.name for path in folder.iterdir()}
    own = {(folder / name).resolve() for name in FILES}
    inputs = (*allocation.sources, *allocation.paid_sources)
    mine = [each.path for each in inputs if Path(each.path).resolve() in own]
    if mine:
        raise OccupiedError(
            f"the input {mine[0]} would be replaced by the run's own file of that name: choose "
            "another --out"
        )
    if MANIFEST in names and not force:
        manifest = read_manifest(folder)
        if not made_of(manifest, allocation.sources, allocation.policy, allocation.paid_sources):
            raise OccupiedError(
                f"{folder} holds a run of other inputs or of another policy: choose another --out, "
                "or replace it with --force"
            )
    strange = sorted(name for name in names if not TEMPORARY.fullmatch(name))
    if strange and not names & {MANIFEST, MARKER} and not force:
        raise OccupiedError(
            f"{folder} is not empty and not a run (it has {strange[0]}): choose another --out, or "
            "write into it with --force"
        )
    replaced = _outputs_of(folder, names)
    (folder / MARKER).touch()
    (folder / MANIFEST).unlink(missing_ok=True)  # from here on it is not a finished run
    for name in replaced:
        (folder / name).unlink(missing_ok=True)
    for name in names:
        match = TEMPORARY.fullmatch(name)
        if match and not _alive(int(match["pid"])):
            (folder / name).unlink(missing_ok=True)


def leave(folder: Path) -> None:
    """Take our mark away again if nothing of a run is there, nor about to be.

    After an interrupt the thread that writes the awards may still have its temporary file.
    """
    names = {path.name for path in folder.iterdir()}
    if not (names & set(FILES) - {MANIFEST} or any(map(TEMPORARY.fullmatch, names))):
        (folder / MARKER).unlink(missing_ok=True)


def _outputs_of(folder: Path, names: set[str]) -> set[str]:
    """Name the files of the run that is there, finished or interrupted."""
    if MARKER in names:
        return names & set(FILES)
    if MANIFEST not in names:
        return set()
    try:
        return set(read_manifest(folder)["outputs"]) & set(FILES)
    except DataError:  # damaged: --force replaces what it writes, and leaves the rest
        return set()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait until no other process writes a run here; one that was killed holds nobody up."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
