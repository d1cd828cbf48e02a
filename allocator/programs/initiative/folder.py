"""The run of an initiative as a directory: each program's own run, and the manifest last."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from allocator.allocation.manifest import MANIFEST, damaged, read_json, refuse_newer, versions
from allocator.allocation.place import MARKER, TEMPORARY, alone, clear_temporaries
from allocator.data.table import SIMULATED_KEY, UsersTable, read_users
from allocator.data.write import write_file, write_json, write_parquet
from allocator.errors import AllocatorError, DataError, OccupiedError
from allocator.policy.base import ProgramPolicy
from allocator.programs.initiative import anykind
from allocator.programs.initiative.anykind import Run
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.result import InitiativeResult
from allocator.programs.initiative.steps import Draft

__all__ = [
    "default_directory",
    "finish",
    "holds",
    "identity",
    "input_of",
    "loader",
    "program_of",
    "read_manifest",
    "writing",
]

SCHEMA_VERSION = 1
INPUTS, POLICIES, PROGRAMS = "inputs", "policies", "programs"
REPORT = "report.html"
PARTS = ("initiative", "inputs", "outputs", "versions")
Policies = tuple[ProgramPolicy, ...]
Tables = tuple[UsersTable, ...]
Execute = Callable[[Draft], Run]


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
    return (
        manifest["initiative"].get("sha256") == identity(initiative, policies, tables)
        and manifest["versions"] == versions()
        and (REPORT in manifest["outputs"] or not report)
        and not damaged(folder, manifest)
        and all((program_of(folder, p.name) / MANIFEST).is_file() for p in initiative.programs)
    )


def loader(directory: str | os.PathLike[str]) -> Execute:
    """Return what has every program's run already."""
    folder = Path(directory)
    return lambda draft: anykind.load(program_of(folder, draft.program.name), draft.policy.kind)


@contextmanager
def writing(
    directory: str | os.PathLike[str],
    initiative: Initiative,
    policies: Policies,
    tables: Tables,
    *,
    force: bool,
) -> Iterator[Execute]:
    """Hold a directory, and yield what runs programs into it, or finds that they were.

    Raises
    ------
    OccupiedError
        If the directory holds something else.
    AllocatorError
        If it cannot be written.
    """
    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            _make_room(folder, identity(initiative, policies, tables), tables, force=force)
            for name in (INPUTS, POLICIES, PROGRAMS):
                (folder / name).mkdir(exist_ok=True)
                clear_temporaries(folder / name)
            yield lambda draft: _run_into(folder, draft)
    except (FileExistsError, NotADirectoryError):
        raise AllocatorError(f"cannot write to {folder}: it is not a directory") from None
    except OSError as error:
        raise AllocatorError(f"cannot write to {folder}: {error.strerror}") from error


def _make_room(folder: Path, made_of: str, tables: Tables, *, force: bool) -> None:
    names = {path.name for path in folder.iterdir()}
    for table in tables:
        for source in table.sources:
            if folder.resolve() in Path(source.path).resolve().parents:
                raise OccupiedError(
                    f"the input {source.path} lies in the directory that is written: choose "
                    "another --out"
                )
    same = force or MANIFEST not in names
    if not same and read_manifest(folder)["initiative"].get("sha256") != made_of:
        raise OccupiedError(
            f"{folder} holds the run of another initiative, or of other inputs: choose another "
            "--out, or replace it with --force"
        )
    strange = sorted(name for name in names if not TEMPORARY.fullmatch(name))
    if strange and not names & {MANIFEST, MARKER} and not force:
        raise OccupiedError(
            f"{folder} is not empty and not a run (it has {strange[0]}): choose another --out, or "
            "write into it with --force"
        )
    (folder / MARKER).touch()
    (folder / MANIFEST).unlink(missing_ok=True)  # from here on it is not a finished run
    if names & {MANIFEST, MARKER}:
        (folder / REPORT).unlink(missing_ok=True)
    clear_temporaries(folder)


def _run_into(folder: Path, draft: Draft) -> Run:
    """Write a program's policy and input, and run it, unless that was done before."""
    name, table = draft.program.name, draft.table
    own = draft.own.to_toml(annotated=True).encode()
    write_file(folder / POLICIES / f"{name}.toml", own)
    path = input_of(folder, name)
    if draft.prepared is None:
        path.unlink(missing_ok=True)
    else:
        made = draft.prepared
        if draft.table.simulated:
            made = made.replace_schema_metadata({SIMULATED_KEY: draft.table.simulated.encode()})
        write_parquet(path, made)
        table = read_users(path)
    directory = program_of(folder, name)
    if anykind.holds(directory, table.sources, draft.policy):
        return anykind.load(directory, draft.policy.kind)
    result = anykind.run(table, draft.policy)
    anykind.save(result, directory)
    return result


def finish(
    directory: str | os.PathLike[str],
    result: InitiativeResult,
    policies: Policies,
    tables: Tables,
    *,
    report: bool,
) -> None:
    """Write what is of all programs together, and last the manifest."""
    folder, initiative = Path(directory), result.initiative
    outputs = {
        "ledger.parquet": write_parquet(folder / "ledger.parquet", result.ledger),
        "certificate.json": write_json(folder / "certificate.json", result.certificate.to_dict()),
        "summary.json": write_json(folder / "summary.json", result.summary().to_dict()),
    }
    if report:
        from allocator.programs.initiative.page import render

        outputs[REPORT] = write_file(folder / REPORT, render(result).encode())
    text = _placed(initiative).to_toml().encode()
    outputs["initiative.toml"] = write_file(folder / "initiative.toml", text)
    listed = {name: {"sha256": sha256, "size": size} for name, (sha256, size) in outputs.items()}
    for step in result.steps:
        name = step.program.name
        files = [f"{POLICIES}/{name}.toml"]
        files += [f"{INPUTS}/{name}.parquet"] * (step.prepared is not None)
        listed |= {each: _entry(folder / each) for each in files}
    pairs = zip(initiative.programs, tables, strict=True)
    manifest: Mapping[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "kind": initiative.kind,
        "initiative": {"name": initiative.name, "sha256": identity(initiative, policies, tables)},
        "inputs": {
            program.name: [
                {"path": each.path, "sha256": each.sha256, "size": each.size, "rows": each.rows}
                for each in table.sources
            ]
            for program, table in pairs
        },
        "outputs": listed,
        "versions": versions(),
    }
    write_json(folder / MANIFEST, manifest)
    (folder / MARKER).unlink(missing_ok=True)


def _placed(initiative: Initiative) -> Initiative:
    """Return the initiative as kept: policies beside it, tables where they are."""
    programs = tuple(
        each.model_copy(update={"policy": f"{POLICIES}/{each.name}.toml"})
        for each in initiative.programs
    )
    return initiative.model_copy(update={"programs": programs})


def _entry(path: Path) -> dict[str, Any]:
    from allocator.allocation.manifest import file_digest

    return {"sha256": file_digest(path), "size": path.stat().st_size}
