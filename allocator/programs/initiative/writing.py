"""A run of an initiative that is being written: each program's own run, as soon as it is made.

Where no finished run is, what was interrupted goes on where it was. A finished run stays as it is
until all of the new one is on the disk beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from allocator.allocation.folder import staged
from allocator.allocation.manifest import MANIFEST
from allocator.allocation.place import MARKER, TEMPORARY, alone, clear_temporaries
from allocator.data.disk import Stage
from allocator.data.table import SIMULATED_KEY, Source, UsersTable
from allocator.data.write import write_file, write_parquet
from allocator.errors import AllocatorError, OccupiedError
from allocator.programs.initiative import anykind
from allocator.programs.initiative.anykind import Run
from allocator.programs.initiative.folder import (
    Policies,
    Tables,
    identity,
    input_of,
    program_of,
    read_manifest,
)
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.replaced import (
    INPUTS,
    POLICIES,
    PROGRAMS,
    remove_empty,
    written,
)
from allocator.programs.initiative.steps import Draft

__all__ = ["Writing", "writing"]


@dataclass(frozen=True)
class Writing:
    """A directory that is held while a run is written into it.

    Attributes
    ----------
    folder : Path
    stage : Stage
        Files that get their names in the end.
    over : bool
        Whether a finished run is there; then every file is staged.
    there : frozenset of str
        The files of the run that was there, finished or interrupted; see `replaced`.
    """

    folder: Path
    stage: Stage
    over: bool
    there: frozenset[str]

    def execute(self, draft: Draft) -> Run:
        """Write a program's policy and input, and run it, unless that was done before."""
        name, table = draft.program.name, draft.table
        stage = self.stage if self.over else None
        own = draft.own.to_toml(annotated=True).encode()
        write_file(self.folder / POLICIES / f"{name}.toml", own, stage=stage)
        path = input_of(self.folder, name)
        if draft.prepared is not None:
            table = _write_input(path, draft.prepared, table.simulated, stage)
        elif not self.over:
            path.unlink(missing_ok=True)
        directory = program_of(self.folder, name)
        if anykind.holds(directory, table.sources, draft.policy):
            return anykind.load(directory, draft.policy.kind)
        result = anykind.run(table, draft.policy)
        anykind.save(result, directory, stage)
        return result


@contextmanager
def writing(
    directory: str | os.PathLike[str],
    initiative: Initiative,
    policies: Policies,
    tables: Tables,
    *,
    force: bool,
) -> Iterator[Writing]:
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
            over, there = (folder / MANIFEST).exists(), written(folder)
            if not over:
                (folder / MARKER).touch()
            for name in (INPUTS, POLICIES, PROGRAMS):
                (folder / name).mkdir(exist_ok=True)
            programs = (each for each in (folder / PROGRAMS).iterdir() if each.is_dir())
            for place in (folder, folder / INPUTS, folder / POLICIES, *programs):
                clear_temporaries(place)
            with staged() as stage:
                yield Writing(folder, stage, over, there)
            remove_empty(folder)
    except (FileExistsError, NotADirectoryError):
        raise AllocatorError(f"cannot write to {folder}: it is not a directory") from None
    except OSError as error:
        raise AllocatorError(f"cannot write to {folder}: {error.strerror}") from error


def _make_room(folder: Path, made_of: str, tables: Tables, *, force: bool) -> None:
    names = {path.name for path in folder.iterdir()}
    for table in tables:
        for source in table.sources:
            if folder.resolve() in Path(source.path).resolve().parents:
                said = f"the input {source.path} lies in the directory that is written: choose "
                raise OccupiedError(said + "another directory").in_shell(said + "another --out")
    same = force or MANIFEST not in names
    if not same and read_manifest(folder)["initiative"].get("sha256") != made_of:
        said = f"{folder} holds the run of another initiative, or of other inputs: choose another "
        raise OccupiedError(said + "directory; force=True replaces it").in_shell(
            said + "--out, or replace it with --force"
        )
    strange = sorted(name for name in names if not TEMPORARY.fullmatch(name))
    if strange and not names & {MANIFEST, MARKER} and not force:
        said = f"{folder} is not empty and not a run (it has {strange[0]}): choose another "
        raise OccupiedError(said + "directory; force=True writes into it").in_shell(
            said + "--out, or write into it with --force"
        )


def _write_input(
    path: Path, made: pa.Table, simulated: str | None, stage: Stage | None
) -> UsersTable:
    """Write the input that was made for a program, and return it as its file will have it."""
    names = tuple(made.column_names)
    kept = made
    if simulated:
        kept = made.replace_schema_metadata({SIMULATED_KEY: simulated.encode()})
    sha256, size = write_parquet(path, kept, stage=stage)
    source = Source(os.path.abspath(path), sha256, size, made.num_rows, 0, False)
    return UsersTable(made, (source,), simulated, names)
