"""Verify the directory of a program's run: files, inputs, policy, and every value of its tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from allocator.allocation.differences import agree, first_difference, otherwise, plain_type
from allocator.allocation.inputs import NothingToCompareError, misread, read_again
from allocator.allocation.loading import read_quarantined
from allocator.allocation.manifest import damaged, kind_of, policy_entry, read_json, read_manifest
from allocator.data.table import UsersTable, read_users
from allocator.errors import AllocatorError, DataError
from allocator.policy.base import ProgramPolicy
from allocator.programs.certificate import Certificate
from allocator.programs.folder import read_extra, read_table, with_dollars
from allocator.programs.kinds import load_policy, program_of
from allocator.programs.result import Result

__all__ = ["Recheck", "verify_directory"]


@dataclass(frozen=True)
class Recheck:
    """What came of verifying a run.

    Attributes
    ----------
    faults : tuple of str
        What does not fit; empty when everything does.
    certificate : Certificate or None
        Of the stored awards, derived afresh; None when the inputs cannot be read.
    notes : tuple of str
        What fits, but should be known.
    quarantined : int
        Bad rows that the run set aside.
    """

    faults: tuple[str, ...]
    certificate: Certificate | None
    notes: tuple[str, ...] = ()
    quarantined: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return not self.faults


def verify_directory(
    directory: str | os.PathLike[str],
    source: object = None,
    policy: ProgramPolicy | str | os.PathLike[str] | None = None,
) -> Recheck:
    """Derive a run again from the inputs that its manifest names; nothing is solved.

    Parameters
    ----------
    directory : path
    source : path or table, optional
        Instead of the inputs named in the manifest.
    policy : ProgramPolicy or path, optional
        Instead of the policy in the directory.

    Returns
    -------
    Recheck

    Raises
    ------
    DataError
        If there is nothing to hold the run against, and no other fault: the input is in no file,
        or cannot be found, or what is given cannot be read.
    """
    folder = Path(directory)
    try:
        manifest = read_manifest(folder)
    except DataError as error:
        return Recheck((str(error),), None)
    faults: list[str] = []
    try:
        faults += damaged(folder, manifest)
        chosen = load_policy(folder / "policy.toml" if policy is None else policy)
        if chosen.digest != manifest["policy"]["sha256"]:
            faults.append("the policy was changed: its sha256 is not the manifest's")
        elif not agree(manifest["policy"], policy_entry(chosen)):
            faults.append("manifest.json does not say what follows of the policy and its sources")
        if chosen.kind != kind_of(manifest):
            return Recheck((*faults, f"the policy is of kind {chosen.kind}"), None)
        table = _source(manifest, source, faults)
        stored = read_table(folder, manifest)
        again = program_of(chosen.kind).rederive(
            table,
            chosen,
            stored,
            read_json(folder / "certificate.json"),
            max_bad=manifest["quarantined"],
        )
        faults += _misread(manifest, again, table, given=source is not None)
        faults += _set_aside(folder, manifest, again.quarantined)
        typed = "awards.parquet" in manifest["outputs"]
        due = again.table if typed else with_dollars(again.table)
        faults += _columns("the awards table", due, stored, typed=typed)
        faults += _extra(again.extra, read_extra(folder, manifest))
        if again.certificate.ok:
            faults += otherwise(folder / "certificate.json", again.certificate.to_dict())
            faults += otherwise(folder / "summary.json", again.summary().to_dict())
    except NothingToCompareError as error:
        if faults:
            return Recheck((*faults, str(error)), None)
        raise
    except AllocatorError as error:
        return Recheck((*faults, str(error)), None)
    except OSError as error:
        said = f"{error.filename or folder} cannot be read: {error.strerror or 'it is damaged'}"
        return Recheck((*faults, said), None)
    found = (*faults, *again.certificate.failures)
    return Recheck(found, again.certificate, (), manifest["quarantined"])


def _source(manifest: dict[str, Any], source: object, faults: list[str]) -> UsersTable:
    if source is None:
        return read_again(manifest["inputs"], None, faults)
    try:
        return read_users(source)
    except DataError as error:
        raise NothingToCompareError(str(error), error.rows) from None


def _misread(
    manifest: dict[str, Any], again: Result, table: UsersTable, *, given: bool
) -> Iterator[str]:
    """Say where the table is not what the manifest says of it."""
    said, same = misread(manifest["inputs"], table.sources, given=given, what="rows")
    yield from said
    if same and manifest["simulated"] != again.simulated:
        yield "manifest.json does not say what the table says of being simulated"
    if same and manifest["warnings"] != list(again.warnings):
        yield "manifest.json does not have the warnings that follow"
    rows = 0 if again.quarantined is None else again.quarantined.num_rows
    if manifest["quarantined"] != rows:
        yield (
            f"manifest.json says that {manifest['quarantined']:,} bad rows were set aside, the "
            f"table has {rows:,}"
        )


def _set_aside(folder: Path, manifest: dict[str, Any], due: pa.Table | None) -> Iterator[str]:
    """Say where the rows set aside are not the bad rows of the table."""
    stored = read_quarantined(folder, manifest)
    if stored is None or due is None:
        if stored is not due:
            yield "quarantined.csv is not of this run, or is missing"
        return
    names = [*due.column_names[:-3], *due.column_names[-2:]]  # files may be elsewhere now
    if stored.column_names != due.column_names:
        yield "quarantined.csv has other columns than the table"
        return
    for name in names:
        row = first_difference(due.column(name).cast(pa.string()), stored.column(name))
        if row is not None:
            yield f"quarantined.csv: {name} is not what follows, first on row {row + 1:,}"


def _extra(due: Mapping[str, pa.Table], stored: Mapping[str, pa.Table]) -> Iterator[str]:
    for name in sorted({*due, *stored}):
        if name not in due or name not in stored:
            yield f"{name} is not of this run, or is missing"
        else:
            yield from _columns(name, due[name], stored[name], typed=True)


def _columns(what: str, due: pa.Table, stored: pa.Table, *, typed: bool) -> Iterator[str]:
    """Say which columns of a table are not what follows, and from which row on."""
    if due.num_rows != stored.num_rows:
        yield f"{what} has {stored.num_rows:,} rows, not {due.num_rows:,}"
        return
    if due.column_names != stored.column_names:
        yield f"{what} has the columns {', '.join(stored.column_names)}, not those of a run"
        return
    for name in due.column_names:
        expected, found = due.column(name), stored.column(name)
        if typed and plain_type(expected.type) != plain_type(found.type):
            yield f"the column {name} of {what} is of another type"
        elif (row := first_difference(expected, found)) is not None:
            yield f"the column {name} of {what} is not what follows, first on row {row + 1:,}"
