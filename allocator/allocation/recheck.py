"""Verify a run's directory: files, inputs, policy, and every value of the awards table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from allocator.allocation.claimants import claimants_of
from allocator.allocation.differences import (
    agree,
    first_difference,
    otherwise,
    plain_type,
    same_order,
)
from allocator.allocation.evidence import Certificate
from allocator.allocation.inputs import NothingToCompareError, misread, read_again
from allocator.allocation.loading import QUARANTINED, read_awards, read_quarantined
from allocator.allocation.manifest import (
    damaged,
    policy_entry,
    read_manifest,
)
from allocator.allocation.pipeline import Loaded, derive, load
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Stages
from allocator.allocation.table import awards_table
from allocator.allocation.yardsticks import with_yardsticks
from allocator.data.buffers import numbers_of
from allocator.data.check import needed_columns
from allocator.data.table import Source
from allocator.errors import AllocatorError, DataError
from allocator.policy.compile import compile_problem
from allocator.policy.schema import Policy

__all__ = ["Recheck", "recheck"]

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


def recheck(
    directory: str | os.PathLike[str],
    users: object = None,
    policy: Policy | str | os.PathLike[str] | None = None,
    stages: Stages | None = None,
    paid: object = None,
) -> Recheck:
    """Recompute a run from the inputs that its manifest names, solving only what it is compared to.

    Parameters
    ----------
    directory : path
    users : path or table, optional
        Instead of the inputs named in the manifest.
    policy : Policy or path, optional
        Instead of the policy in the directory.
    stages : Stages, optional
    paid : path or table, optional
        What was already paid, instead of the table named in the manifest.

    Returns
    -------
    Recheck

    Raises
    ------
    DataError
        If there is nothing to hold the run against, and no other fault: the input is in no file,
        or cannot be found, or the users that are given cannot be read.
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
        elif not agree(manifest["policy"], policy_entry(chosen)):
            faults.append("manifest.json does not say what follows of the policy and its sources")
        loaded = _users(manifest, chosen, users, paid, faults, stages)
        faults += _misread(manifest, loaded, given=users is not None, paid=paid is not None)
        faults += _set_aside(folder, manifest, loaded.quarantined)
        stored = read_awards(folder, manifest)
        certificate, table, notes = _compare(loaded, chosen, stored, manifest, faults, stages)
        if certificate.ok:
            faults += otherwise(folder / "certificate.json", certificate.to_dict())
            summary = _summary(manifest, chosen, certificate, table, loaded.quarantined)
            faults += otherwise(folder / "summary.json", summary)
    except NothingToCompareError as error:
        if faults:
            return Recheck((*faults, str(error)), None)
        raise
    except AllocatorError as error:
        return Recheck((*faults, str(error)), None)
    except OSError as error:
        said = f"{error.filename or folder} cannot be read: {error.strerror or 'it is damaged'}"
        return Recheck((*faults, said), None)
    found = (*faults, *certificate.failures)
    return Recheck(found, certificate, tuple(notes), manifest["quarantined"])


def _misread(manifest: dict[str, Any], loaded: Loaded, *, given: bool, paid: bool) -> list[str]:
    """Say where the users, and what they were paid, are not what the manifest says of them."""
    said, same = misread(manifest["inputs"], loaded.read.sources, given=given)
    if same and manifest["simulated"] != loaded.read.simulated:
        said.append("manifest.json does not say what the users say of being simulated")
    said += misread(manifest.get("paid", []), loaded.paid, given=paid, what="payments")[0]
    quarantined = 0 if loaded.quarantined is None else loaded.quarantined.num_rows
    if manifest["quarantined"] != quarantined:
        said.append(
            f"manifest.json says that {manifest['quarantined']:,} bad rows were set aside, the "
            f"users have {quarantined:,}"
        )
    return said


def _set_aside(folder: Path, manifest: dict[str, Any], expected: pa.Table | None) -> list[str]:
    """Say where the rows set aside are not the bad rows of the users."""
    stored = read_quarantined(folder, manifest)
    if stored is None or expected is None:
        return [] if stored is expected else [f"{QUARANTINED} is not of this run, or is missing"]
    if stored.column_names != expected.column_names:
        return [f"{QUARANTINED} has other columns than the users"]
    said = []
    for name in stored.column_names[:-3] + stored.column_names[-2:]:  # files may be elsewhere now
        row = first_difference(expected.column(name).cast(pa.string()), stored.column(name))
        if row is not None:
            said.append(f"{QUARANTINED}: {name} is not what follows, first on row {row + 1:,}")
    return said


def _summary(
    manifest: dict[str, Any],
    policy: Policy,
    certificate: Certificate,
    table: pa.Table,
    quarantined: pa.Table | None,
) -> dict[str, Any]:
    """Return the summary of the derived table, under the names that the inputs had then."""
    sources = tuple(
        Source(each["path"], each["sha256"], each["size"], each["rows"], 0, False)
        for each in manifest["inputs"]
    )
    warnings = tuple(manifest["warnings"])
    run = Allocation(
        table,
        policy,
        certificate,
        sources,
        manifest["simulated"],
        warnings,
        quarantined=quarantined,
    )
    return run.summary().to_dict()


def _users(
    manifest: dict[str, Any],
    policy: Policy,
    users: object,
    paid: object,
    faults: list[str],
    stages: Stages,
) -> Loaded:
    """Load the users and payments given, or else the inputs that the manifest names."""
    most = manifest["quarantined"]
    if paid is None and "paid" in manifest:
        paid = read_again(manifest["paid"], None, faults, "paid")
    if users is None:
        needed = needed_columns(
            policy.columns, policy.attributes, net_assets=policy.needs_net_assets
        )
        read = read_again(manifest["inputs"], needed, faults)
        return load(read, [policy], stages, max_bad=most, paid=paid)
    try:
        return load(users, [policy], stages, max_bad=most, paid=paid)
    except DataError as error:
        raise NothingToCompareError(str(error), error.rows) from None


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
    who = claimants_of(users, policy)
    eligibility, weighing, compiled = derive(who.users, policy, stages)
    with stages.stage("verify"):
        if stored.num_rows != len(users):
            raise DataError(
                f"the awards table has {stored.num_rows:,} rows, the users are {len(users):,}"
            )
        cents = numbers_of(stored.column("award_cents"))
        certificate = who.certify(compiled, cents)
        notes: list[str] = []
        if weighing.weight is not None:
            weight = who.first(numbers_of(stored.column("weight").fill_null(0.0)))
            close = np.allclose(weight, weighing.weight, rtol=CLOSE, atol=0.0)
            if close and not np.array_equal(weight, weighing.weight):
                notes.append(ROUNDED_WEIGHTS)
                if not certificate.ok and same_order(weighing.weight, weight):
                    theirs = replace(weighing, weight=weight)
                    rounded = compile_problem(who.users, policy, eligibility, theirs)
                    other = who.certify(rounded, cents)
                    if other.ok:
                        notes.append(AWARDED_BY_THEM)
                        certificate, compiled = other, rounded
                weighing = replace(weighing, weight=weight)
        totals = who.totals(cents)
        expected = awards_table(
            who.users, policy, eligibility, weighing, compiled, totals, certificate.groups
        )
        expected = with_yardsticks(who.table(expected, cents), users, policy, cents)
        # In CSV, amounts are text.
        faults += _columns(expected, stored, typed="awards.parquet" in manifest["outputs"])
        return certificate, expected, notes


def _columns(expected: pa.Table, stored: pa.Table, *, typed: bool) -> Iterator[str]:
    """Say which columns of the awards table are not what follows, and from which row on."""
    strange = [name for name in stored.column_names if name not in expected.column_names]
    if strange:
        yield f"the awards table has a column {strange[0]}, which does not follow"
    for name in expected.column_names:
        if name not in stored.column_names:
            yield f"the awards table has no column {name}"
            continue
        due, found = expected.column(name), stored.column(name)
        if typed and plain_type(due.type) != plain_type(found.type):
            yield f"the column {name} of the awards table is of another type"
            continue
        row = first_difference(due, found)
        if row is not None:
            yield (
                f"the column {name} of the awards table is not what follows, first on row "
                f"{row + 1:,}"
            )
