"""Verify a run's directory: files, inputs, policy, and every value of the awards table."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from allocator.allocation.evidence import Certificate, certify
from allocator.allocation.folder import damaged, file_digest, read_awards, read_manifest
from allocator.allocation.pipeline import Loaded, as_policy, derive, load
from allocator.allocation.stages import Stages
from allocator.allocation.table import awards_table
from allocator.data.buffers import numbers_of
from allocator.data.check import needed_columns
from allocator.data.files import read_files
from allocator.data.table import UsersTable
from allocator.errors import AllocatorError, DataError
from allocator.policy.compile import compile_problem
from allocator.policy.schema import Policy

__all__ = ["Recheck", "recheck"]

ROUNDED = 1e-9  # a certificate has 12 digits, and powers may make the last few uncertain
CLOSE = 1e-12  # weights differ that little between machines whose power functions round differently


@dataclass(frozen=True)
class Recheck:
    """What came of verifying a run.

    Attributes
    ----------
    faults : tuple of str
        What does not fit; empty when everything does.
    certificate : Certificate or None
        Of the stored awards, derived afresh; None when the inputs cannot be read.
    """

    faults: tuple[str, ...]
    certificate: Certificate | None

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
    faults = damaged(folder, manifest)
    try:
        chosen = as_policy(folder / "policy.toml" if policy is None else policy)
        if chosen.digest != manifest["policy"]["sha256"]:
            faults.append("the policy was changed: its sha256 is not the manifest's")
        source = _inputs(manifest, chosen, faults) if users is None else users
        if source is None:
            return Recheck(tuple(faults), None)
        loaded = load(source, [chosen], stages, max_bad=manifest["quarantined"])
        digests = [each["sha256"] for each in manifest["inputs"]]
        given = [each.sha256 for each in loaded.read.sources]
        if users is not None and None not in digests and given != digests:
            faults.append("the users given are not the ones of the run: their sha256 differs")
        stored = read_awards(folder, manifest)
        certificate = _compare(loaded, chosen, stored, faults, stages)
        if certificate.ok:
            faults += _otherwise(folder / "certificate.json", certificate)
    except (AllocatorError, OSError, pa.ArrowException, KeyError, ValueError) as error:
        faults.append(str(error))
        return Recheck(tuple(faults), None)
    faults += certificate.failures
    return Recheck(tuple(faults), certificate)


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
    loaded: Loaded, policy: Policy, stored: pa.Table, faults: list[str], stages: Stages
) -> Certificate:
    """Derive everything but the awards, and hold the stored table against it."""
    users = loaded.users
    eligibility, weighing, compiled = derive(users, policy, stages)
    with stages.stage("verify"):
        if stored.num_rows != len(users):
            raise DataError(
                f"the awards table has {stored.num_rows:,} rows, the users are {len(users):,}"
            )
        if weighing.weight is not None and "weight" in stored.column_names:
            weight = numbers_of(stored.column("weight").cast(pa.float64()).fill_null(0.0))
            if np.allclose(weight, weighing.weight, rtol=CLOSE, atol=0.0):
                weighing = replace(weighing, weight=weight)
                compiled = compile_problem(users, policy, eligibility, weighing)
        cents = numbers_of(stored.column("award_cents").cast(pa.int64()).fill_null(0))
        expected = awards_table(users, policy, eligibility, weighing, compiled, cents)
        for name in expected.column_names:
            if name not in stored.column_names:
                faults.append(f"the awards table has no column {name}")
            elif not _equal(expected.column(name), stored.column(name)):
                faults.append(f"the column {name} of the awards table is not what follows")
        return certify(policy, compiled, cents)


def _otherwise(path: Path, certificate: Certificate) -> list[str]:
    """Say what the stored certificate says otherwise."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    names = [
        name
        for name, value in certificate.to_dict().items()
        if name not in stored or not _agree(stored[name], value)
    ]
    return [f"{path.name} does not say what follows: {', '.join(names)}"] if names else []


def _agree(stored: object, value: object) -> bool:
    if isinstance(stored, float) and isinstance(value, float):
        return math.isclose(stored, value, rel_tol=ROUNDED, abs_tol=CLOSE)
    return stored == value


def _equal(expected: pa.ChunkedArray, stored: pa.ChunkedArray) -> bool:
    if pa.types.is_null(expected.type):
        return bool(stored.null_count == len(stored))
    if pa.types.is_dictionary(expected.type):
        expected = expected.cast(pa.string())
    try:
        return bool(expected.equals(stored.cast(expected.type)))  # in CSV, amounts are text
    except pa.ArrowException:
        return False
