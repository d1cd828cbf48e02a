"""The inputs of a run, found again by what its manifest says of them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import Any

from allocator.allocation.manifest import file_digest
from allocator.data.files import read_files
from allocator.data.table import Source, UsersTable
from allocator.errors import DataError

__all__ = ["NothingToCompareError", "misread", "read_again"]


class NothingToCompareError(DataError):
    """The users cannot be had, which is no fault of the run."""


def read_again(
    entries: Sequence[dict[str, Any]],
    columns: Collection[str] | None,
    faults: list[str],
    option: str = "users",
) -> UsersTable:
    """Read the inputs that a manifest names, having compared their digests.

    Parameters
    ----------
    entries : sequence of dict
        Of the manifest.
    columns : collection of str or None
        Those to read; None for all.
    faults : list of str
        Files that were changed are added to it.
    option : str
        How such inputs are named instead: ``users`` or ``paid``.

    Returns
    -------
    UsersTable

    Raises
    ------
    NothingToCompareError
        If they are in no file, or cannot be found.
    """
    paths = [entry["path"] for entry in entries]
    what = "users" if option == "users" else "money already paid"
    how = f"name the {what} with --{option} (in Python: {option}=)"
    if any(entry["sha256"] is None or entry["path"] == "-" for entry in entries):
        whence = "standard input" if "-" in paths else "a data frame"
        raise NothingToCompareError(
            f"this run was made of {whence}, so that there is no file to hold it against: {how}"
        )
    gone = [path for path in paths if not os.path.isfile(path)]
    for entry in entries:
        if entry["path"] not in gone and file_digest(entry["path"]) != entry["sha256"]:
            faults.append(f"the input {entry['path']} was changed since the run")
    if gone:
        raise NothingToCompareError(f"the input {', '.join(gone)} cannot be found: {how}")
    return read_files(paths, columns)


def misread(
    entries: Sequence[dict[str, Any]],
    sources: Sequence[Source],
    *,
    given: bool,
    what: str = "users",
) -> tuple[list[str], bool]:
    """Say where inputs are not what the manifest says of them, and whether they are its own.

    Parameters
    ----------
    entries : sequence of dict
        Of the manifest.
    sources : sequence of Source
        Of what was read.
    given : bool
        Whether they were named instead of the manifest's.
    what : str

    Returns
    -------
    said : list of str
    same : bool
        Whether the bytes are the same.
    """
    digests = [each["sha256"] for each in entries]
    if digests != [each.sha256 for each in sources]:
        # A table in memory leaves no bytes to compare: anything may be given.
        other = given and None not in digests
        told = f"the {what} given are not the ones of the run: their sha256 differs"
        return [told] * other, False
    return [
        f"manifest.json does not say what follows of {entry['path']}"
        for entry, source in zip(entries, sources, strict=True)
        if (entry["rows"], entry["size"]) != (source.rows, source.size)
    ], True
