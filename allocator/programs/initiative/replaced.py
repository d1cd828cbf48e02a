"""The files of an earlier run of an initiative, which a new one puts itself in the place of."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from allocator.allocation.manifest import MANIFEST, read_json
from allocator.allocation.place import FILES, MARKER, tidy
from allocator.data.disk import Stage
from allocator.errors import DataError

__all__ = [
    "INPUTS",
    "POLICIES",
    "PROGRAMS",
    "REPORT",
    "remove_empty",
    "replaced",
    "tidy_all",
    "written",
]

INPUTS, POLICIES, PROGRAMS = "inputs", "policies", "programs"
REPORT = "report.html"
TOGETHER = ("ledger.parquet", "certificate.json", "summary.json", "initiative.toml", REPORT)
OURS = re.compile(rf"{INPUTS}/\w+\.parquet|{POLICIES}/\w+\.toml")


def replaced(
    folder: Path, there: Collection[str], listed: Collection[str], stage: Stage
) -> set[str]:
    """Name the files of an earlier run that are not of the new one.

    Parameters
    ----------
    folder : Path
    there : collection of str
        From `written`.
    listed : collection of str
        The new run's files, but for those in the directories of its programs.
    stage : Stage
        What of the new run has yet to be given its name.

    Returns
    -------
    set of str
        Relative to the folder.
    """
    gone = set(there) - set(listed)
    staged = {os.path.relpath(path, folder) for path in stage.files}
    for path in (folder / PROGRAMS).iterdir() if there else ():
        place = f"{PROGRAMS}/{path.name}"
        new = {name for name in staged if name.startswith(f"{place}/")}
        if new or f"{POLICIES}/{path.name}.toml" not in listed:
            gone |= {f"{place}/{name}" for name in FILES if (path / name).is_file()} - new
    return gone


def written(folder: Path) -> frozenset[str]:
    """Name the files of the run that is there, but for those in the directories of its programs.

    Without the manifest of a finished run, or the mark of an interrupted one, nothing is ours; nor
    is ever what no run of an initiative writes, whatever a manifest says.
    """
    names = {name for name in TOGETHER if (folder / name).is_file()}
    for place in (INPUTS, POLICIES):
        found = (f"{place}/{path.name}" for path in (folder / place).glob("*"))
        names |= {name for name in found if OURS.fullmatch(name)}
    if (folder / MANIFEST).exists():
        try:
            return frozenset(names & set(read_json(folder / MANIFEST)["outputs"]))
        except (DataError, KeyError, TypeError):  # damaged: what is written is replaced, no more
            return frozenset()
    return frozenset(names if (folder / MARKER).exists() else ())


def remove_empty(folder: Path) -> None:
    """Remove the directories of programs of which nothing is left."""
    for path in (folder / PROGRAMS).iterdir():
        with suppress(OSError):
            path.rmdir()


def tidy_all(folder: Path) -> None:
    """Clear away what killed processes left in a finished run, and in those of its programs."""
    places = [folder, *(folder / name for name in (INPUTS, POLICIES))]
    for place in (*places, *(folder / PROGRAMS).glob("*")):
        if place.is_dir():
            tidy(place)
