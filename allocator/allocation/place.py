"""Whose directory it is: what a run may write into, replace and clear away."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from allocator.allocation.manifest import MANIFEST, Run, in_memory, made_of, read_manifest
from allocator.allocation.stored import AWARDS, EXTRAS, WRITTEN
from allocator.data.disk import Stage, sync_folder
from allocator.errors import AllocatorError, DataError, OccupiedError

__all__ = [
    "FILES",
    "MARKER",
    "TEMPORARY",
    "alone",
    "clear_temporaries",
    "swap",
    "tidy",
    "to_replace",
]

MARKER = ".allocator-run"  # there while files of a run get their names
FILES = (*AWARDS, *WRITTEN, *EXTRAS, MANIFEST)
TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)\.[0-9a-f]{8}\.tmp")


def to_replace(
    folder: Path, run: Run, same: Callable[[Mapping[str, Any]], bool], *, force: bool
) -> set[str]:
    """Name the files of the run that is there already, or say what stands in the way of a new one.

    Tables in memory have no bytes to compare: there, `same` says of a manifest whether its awards
    are those of the run.

    A directory without a manifest is an interrupted run only if our marker says so: files that
    happen to have our names are somebody's own.
    """
    names = {path.name for path in folder.iterdir()}
    own = {(folder / name).resolve() for name in FILES}
    inputs = (*run.sources, *run.paid_sources)
    mine = [each.path for each in inputs if Path(each.path).resolve() in own]
    if mine:
        said = f"the input {mine[0]} would be replaced by the run's own file of that name: choose "
        raise OccupiedError(said + "another directory").in_shell(said + "another --out")
    if MANIFEST in names and not force:
        manifest = read_manifest(folder)
        made = made_of(manifest, run.sources, run.policy, run.paid_sources)
        if not made and not (in_memory(manifest, run) and same(manifest)):
            said = f"{folder} holds a run of other inputs or of another policy: choose another "
            raise OccupiedError(said + "directory; save(..., force=True) replaces it").in_shell(
                said + "--out, or replace it with --force"
            )
    strange = sorted(name for name in names if not TEMPORARY.fullmatch(name))
    if strange and not names & {MANIFEST, MARKER} and not force:
        said = f"{folder} is not empty and not a run (it has {strange[0]}): choose another "
        raise OccupiedError(said + "directory; save(..., force=True) writes into it").in_shell(
            said + "--out, or write into it with --force"
        )
    return _outputs_of(folder, names)


def swap(folder: Path, stage: Stage, replaced: Collection[str] = ()) -> None:
    """Put a new run, all of which is on the disk, in the place of the one that is there.

    At every moment the directory has the old run whole, or our mark and no manifest, which `verify`
    tells and the next run mends, or the new run whole.

    Parameters
    ----------
    folder : Path
    stage : Stage
        The files of the new run, the manifest last.
    replaced : collection of str
        Names of the files of the old run, relative to the folder; those that the new one has not
        are removed.

    Raises
    ------
    AllocatorError
        If something that is no file has the name of one.
    """
    for path in stage.files:
        if os.path.isdir(path):
            raise AllocatorError(f"{path} cannot be written: a directory has that name")
    (folder / MARKER).touch()
    sync_folder(folder)
    try:
        _exchange(folder, stage, replaced)
    except KeyboardInterrupt:  # there are only names left to give, so the user need not wait
        _exchange(folder, stage, replaced)
        raise


def _exchange(folder: Path, stage: Stage, replaced: Collection[str]) -> None:
    """Take the old names away and give the new ones; what was done before is not done again."""
    *paths, manifest = stage.files
    if os.path.exists(stage.files[manifest]):
        (folder / MANIFEST).unlink(missing_ok=True)  # from here on it is not a finished run
        for name in set(replaced) - {os.path.relpath(path, folder) for path in paths}:
            (folder / name).unlink(missing_ok=True)
        for path in paths:
            stage.place(path)
        for each in {os.path.dirname(path) for path in stage.files}:
            sync_folder(each)
        stage.place(manifest)
        sync_folder(folder)
    (folder / MARKER).unlink(missing_ok=True)


def tidy(folder: Path) -> None:
    """Clear away what a killed process left beside a run that is whole."""
    if not any(path.name == MARKER or TEMPORARY.fullmatch(path.name) for path in folder.iterdir()):
        return
    with suppress(OSError), alone(folder):  # where nobody may write, it stays
        clear_temporaries(folder)
        if (folder / MANIFEST).exists():  # not so if another process was killed meanwhile
            (folder / MARKER).unlink(missing_ok=True)


def clear_temporaries(folder: Path) -> None:
    """Clear away what processes that are no more had begun to write."""
    for path in folder.iterdir():
        match = TEMPORARY.fullmatch(path.name)
        if match and not _alive(int(match["pid"])):
            path.unlink(missing_ok=True)


def _outputs_of(folder: Path, names: set[str]) -> set[str]:
    """Name the files of the run that is there, finished or interrupted."""
    if MANIFEST not in names:
        return names & set(FILES) if MARKER in names else set()
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
