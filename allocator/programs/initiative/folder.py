"""The run of an initiative as a directory: what it is called, made of, and whether it is whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from allocator.allocation.manifest import MANIFEST, damaged, read_json, refuse_newer, versions
from allocator.data.table import UsersTable
from allocator.errors import DataError
from allocator.policy.base import ProgramPolicy
from allocator.programs.initiative import anykind
from allocator.programs.initiative.anykind import Run
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.replaced import INPUTS, PROGRAMS, REPORT, tidy_all
from allocator.programs.initiative.steps import Draft

__all__ = [
    "Policies",
    "Tables",
    "default_directory",
    "holds",
    "identity",
    "input_of",
    "loader",
    "program_of",
    "read_manifest",
]

PARTS = ("initiative", "inputs", "outputs", "versions")
Policies = tuple[ProgramPolicy, ...]
Tables = tuple[UsersTable, ...]


def identity(initiative: Initiative, policies: Policies, tables: Tables) -> str:
    """Return the SHA-256 of what a run is made of: the rules, the policies, the inputs' bytes."""
    from hashlib import sha256

    rules = initiative.model_dump(exclude_none=True)
    for each in rules["programs"]:
        del each["policy"], each["input"]
    digests = [[source.sha256 for source in each.sources] for each in tables]
    key = [rules, [each.digest for each in policies], digests]
    return sha256(json.dumps(key, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def default_directory(initiative: Initiative, policies: Policies, tables: Tables) -> Path:
    """Return ``runs/initiative-<hash>``."""
    return Path("runs") / f"initiative-{identity(initiative, policies, tables)[:10]}"


def input_of(folder: Path, program: str) -> Path:
    """Name the prepared input of a program."""
    return folder / INPUTS / f"{program}.parquet"


def program_of(folder: Path, program: str) -> Path:
    """Name the directory of a program's run."""
    return folder / PROGRAMS / program


def read_manifest(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the manifest of an initiative's run.

    Raises
    ------
    DataError
        If this is not one, or it is not finished.
    """
    path = Path(directory) / MANIFEST
    if not path.is_file():
        raise DataError(
            f"{directory} is not a finished run of an initiative: it has no {MANIFEST}, which is "
            "written last; if it was interrupted, run it again, and it goes on where it was"
        )
    manifest = read_json(path)
    refuse_newer(manifest, path)
    if not (isinstance(manifest, dict) and manifest.get("kind") == "initiative"):
        raise DataError(
            f"{directory} is not the run of an initiative: `allocator verify` is for it"
        )
    if not all(isinstance(manifest.get(part), dict) for part in PARTS):
        raise DataError(f"{path} is damaged: it is not the manifest of an initiative")
    return manifest


def holds(
    directory: str | os.PathLike[str],
    initiative: Initiative,
    policies: Policies,
    tables: Tables,
    *,
    report: bool,
) -> bool:
    """Tell whether a directory holds the finished run of this initiative, whole."""
    folder = Path(directory)
    try:
        manifest = read_manifest(folder)
    except DataError:
        return False
    whole = (
        manifest["initiative"].get("sha256") == identity(initiative, policies, tables)
        and manifest["versions"] == versions()
        and (REPORT in manifest["outputs"] or not report)
        and not damaged(folder, manifest)
        and all((program_of(folder, p.name) / MANIFEST).is_file() for p in initiative.programs)
    )
    if whole:
        tidy_all(folder)
    return whole


def loader(directory: str | os.PathLike[str]) -> Callable[[Draft], Run]:
    """Return what has every program's run already."""
    folder = Path(directory)
    return lambda draft: anykind.load(program_of(folder, draft.program.name), draft.policy.kind)
