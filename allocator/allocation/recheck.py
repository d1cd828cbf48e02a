"""Verify a run's directory: files, inputs, policy, and every value of the awards table."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.evidence import Certificate, certify
from allocator.allocation.folder import (
    damaged,
    file_digest,
    policy_entry,
    read_awards,
    read_json,
    read_manifest,
)
from allocator.allocation.pipeline import Loaded, derive, load
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Stages
from allocator.allocation.table import awards_table
from allocator.data.buffers import numbers_of
from allocator.data.check import needed_columns
from allocator.data.files import read_files
from allocator.data.table import Source, UsersTable
from allocator.errors import AllocatorError, DataError
from allocator.policy.compile import compile_problem
from allocator.policy.schema import Policy

__all__ = ["Recheck", "recheck"]

ROUNDED = 1e-9  # a certificate has 12 digits, and powers may make the last few uncertain
CLOSE = 1e-12  # weights differ that little between machines whose power functions round differently

ROUNDED_WEIGHTS = (
    "the stored weights differ from the derived ones, by less than one part in a trillion: another "
    "machine rounded them"
)
AWARDED_BY_THEM = (
    "the awards follow from the stored weights, and not from the derived ones to the last cent; "
    "equal users have equal weights in both, and the order is the same"
)


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
        What fits, but not to the last digit.
    """

    faults: tuple[str, ...]
    certificate: Certificate | None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return not self.faults


def recheck(
    directory: str | os.PathLike[str],
    users: object = None,
    policy: Policy | str | os.PathLike[str] | None = None,
    stages: Stages | None = None,
) -> Recheck:
    """Recompute a run from the inputs that its manifest names, without solving anything.

    Parameters
    ----------
    directory : path
    users : path or table, optional
        Instead of the inputs named in the manifest.
    policy : Policy or path, optional
        Instead of the policy in the directory.
    stages : Stages, optional

    Returns
    -------
    Recheck
    """
    folder = Path(directory)
    stages = Stages() if stages is None else stages
    try:
        manifest = read_manifest(folder)
    except DataError as error:
        return Recheck((str(error),), None)
    faults: list[str] = []
    try:
        faults += damaged(folder, manifest)
        chosen = Policy.named(folder / "policy.toml" if policy is None else policy)
        if chosen.digest != manifest["policy"]["sha256"]:
            faults.append("the policy was changed: its sha256 is not the manifest's")
        elif not _agree(manifest["policy"], policy_entry(chosen)):
            faults.append("manifest.json does not say what follows of the policy and its sources")
        source = _inputs(manifest, chosen, faults) if users is None else users
        if source is None:
            return Recheck(tuple(faults), None)
        loaded = load(source, [chosen], stages, max_bad=manifest["quarantined"])
        faults += _misread(manifest, loaded, given=users is not None)
        stored = read_awards(folder, manifest)
        certificate, table, notes = _compare(loaded, chosen, stored, manifest, faults, stages)
        if certificate.ok:
            faults += _otherwise(folder / "certificate.json", certificate.to_dict())
            summary = _summary(manifest, chosen, certificate, table)
            faults += _otherwise(folder / "summary.json", summary)
    except AllocatorError as error:
        return Recheck((*faults, str(error)), None)
    except OSError as error:
        said = f"{error.filename or folder} cannot be read: {error.strerror or 'it is damaged'}"
        return Recheck((*faults, said), None)
    return Recheck((*faults, *certificate.failures), certificate, tuple(notes))


def _misread(manifest: dict[str, Any], loaded: Loaded, *, given: bool) -> list[str]:
    """Say where the users are not what the manifest says of them."""
    said: list[str] = []
    entries, sources = manifest["inputs"], loaded.read.sources
    digests = [each["sha256"] for each in entries]
    in_memory = None in digests  # there are no bytes to compare: any users may be given
    if digests != [each.sha256 for each in sources]:
        if given and not in_memory:
            said.append("the users given are not the ones of the run: their sha256 differs")
    else:
        for entry, source in zip(entries, sources, strict=True):
            if (entry["rows"], entry["size"]) != (source.rows, source.size):
                said.append(f"manifest.json does not say what follows of {entry['path']}")
        if manifest["simulated"] != loaded.read.simulated:
            said.append("manifest.json does not say what the users say of being simulated")
    quarantined = 0 if loaded.quarantined is None else loaded.quarantined.num_rows
    if manifest["quarantined"] != quarantined:
        said.append(
            f"manifest.json says that {manifest['quarantined']:,} bad rows were set aside, the "
            f"users have {quarantined:,}"
        )
    return said


def _summary(
    manifest: dict[str, Any], policy: Policy, certificate: Certificate, table: pa.Table
) -> dict[str, Any]:
    """Return the summary of the derived table, under the names that the inputs had then."""
    sources = tuple(
        Source(each["path"], each["sha256"], each["size"], each["rows"], 0, False)
        for each in manifest["inputs"]
    )
    warnings = tuple(manifest["warnings"])
    run = Allocation(table, policy, certificate, sources, manifest["simulated"], warnings)
    return run.summary().to_dict()


def _inputs(manifest: dict[str, Any], policy: Policy, faults: list[str]) -> UsersTable | None:
    """Read the inputs that the manifest names, having compared their digests."""
    paths = []
    for entry in manifest["inputs"]:
        path = entry["path"]
        if entry["sha256"] is None or path == "-":
            faults.append("the users came from no file: name them with --users")
            return None
        if not os.path.isfile(path):
            faults.append(f"the input {path} is missing: name the users with --users")
            return None
        if file_digest(path) != entry["sha256"]:
            faults.append(f"the input {path} was changed since the run")
        paths.append(path)
    needed = needed_columns(policy.columns, policy.attributes, net_assets=policy.needs_net_assets)
    return read_files(paths, needed)


def _compare(
    loaded: Loaded,
    policy: Policy,
    stored: pa.Table,
    manifest: dict[str, Any],
    faults: list[str],
    stages: Stages,
) -> tuple[Certificate, pa.Table, list[str]]:
    """Derive everything but the awards, and hold the stored table against it."""
    users = loaded.users
    eligibility, weighing, compiled = derive(users, policy, stages)
    with stages.stage("verify"):
        if stored.num_rows != len(users):
            raise DataError(
                f"the awards table has {stored.num_rows:,} rows, the users are {len(users):,}"
            )
        cents = numbers_of(stored.column("award_cents"))
        certificate = certify(policy, compiled, cents)
        notes: list[str] = []
        if weighing.weight is not None:
            weight = numbers_of(stored.column("weight").fill_null(0.0))
            close = np.allclose(weight, weighing.weight, rtol=CLOSE, atol=0.0)
            if close and not np.array_equal(weight, weighing.weight):
                notes.append(ROUNDED_WEIGHTS)
                if not certificate.ok and _same_order(weighing.weight, weight):
                    theirs = replace(weighing, weight=weight)
                    rounded = compile_problem(users, policy, eligibility, theirs)
                    other = certify(policy, rounded, cents)
                    if other.ok:
                        notes.append(AWARDED_BY_THEM)
                        certificate, compiled = other, rounded
                weighing = replace(weighing, weight=weight)
        expected = awards_table(users, policy, eligibility, weighing, compiled, cents)
        typed = "awards.parquet" in manifest["outputs"]  # in CSV, amounts are text
        for name in expected.column_names:
            if typed and _plain(expected.column(name).type) != _plain(stored.column(name).type):
                faults.append(f"the column {name} of the awards table is of another type")
            elif not _equal(expected.column(name), stored.column(name)):
                faults.append(f"the column {name} of the awards table is not what follows")
        return certificate, expected, notes


def _same_order(derived: NDArray[np.float64], stored: NDArray[np.float64]) -> bool:
    """Tell whether equals stay equal and nobody overtakes or catches up with anybody."""
    order = np.argsort(derived, kind="stable")
    return bool(np.array_equal(np.diff(derived[order]) > 0, np.diff(stored[order]) > 0)) and bool(
        (np.diff(stored[order]) >= 0).all()
    )


def _otherwise(path: Path, expected: dict[str, Any]) -> list[str]:
    """Say what a stored file says otherwise."""
    stored = read_json(path)
    if not isinstance(stored, dict):
        return [f"{path.name} does not say what follows: it is not an object with names"]
    names = [name for name in expected if name not in stored]
    names += [repr(name) for name in stored if name not in expected]
    names += [
        name for name in expected if name in stored and not _agree(stored[name], expected[name])
    ]
    return [f"{path.name} does not say what follows: {', '.join(names)}"] if names else []


def _agree(stored: object, value: object) -> bool:
    """Compare JSON with what would be written; to JSON, 1 is neither true nor 1.0."""
    if isinstance(value, (list, tuple)):
        return (
            isinstance(stored, list)
            and len(stored) == len(value)
            and all(map(_agree, stored, value))
        )
    if isinstance(value, Mapping):
        return (
            isinstance(stored, dict)
            and stored.keys() == value.keys()
            and all(_agree(stored[name], each) for name, each in value.items())
        )
    if isinstance(stored, float) and isinstance(value, float):
        return math.isclose(stored, value, rel_tol=ROUNDED, abs_tol=CLOSE)
    return type(stored) is type(value) and stored == value


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return a type whatever its dictionary and the width of its text."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.string() if pa.types.is_large_string(kind) else kind


def _equal(expected: pa.ChunkedArray, stored: pa.ChunkedArray) -> bool:
    if pa.types.is_null(expected.type):
        return bool(stored.null_count == len(stored))
    if pa.types.is_dictionary(expected.type):
        expected = expected.cast(expected.type.value_type)
    try:
        return bool(expected.equals(stored.cast(expected.type)))
    except pa.ArrowException:
        return False
