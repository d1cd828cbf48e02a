"""A run as a directory: every file whole or absent, the manifest last."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from allocator.allocation.manifest import (
    MANIFEST,
    Run,
    damaged,
    made_of,
    manifest_of,
    read_manifest,
    versions,
)
from allocator.allocation.place import alone, clear_temporaries, swap, tidy, to_replace
from allocator.allocation.result import Allocation
from allocator.allocation.table import with_decimal_award
from allocator.data.disk import Stage
from allocator.data.table import Source
from allocator.data.write import write_csv, write_file, write_json, write_parquet
from allocator.errors import AllocatorError, DataError, OccupiedError
from allocator.policy.base import ProgramPolicy

__all__ = [
    "attach_report",
    "default_directory",
    "holds",
    "save",
    "stage_run",
    "staged",
    "write_run",
]


def save(
    allocation: Allocation,
    directory: str | os.PathLike[str],
    *,
    force: bool = False,
    csv: bool = False,
    html: str | None = None,
) -> None:
    """Write a run to a directory.

    Parameters
    ----------
    allocation : Allocation
    directory : path
    force : bool
        Replace what another run, or somebody else, left there under these names.
    csv : bool
        Awards as CSV, with a decimal award, instead of Parquet.
    html : str, optional
        A report to keep with it.

    Raises
    ------
    AllocatorError
        If the directory holds something else, or cannot be written; what was there is then as it
        was.
    """
    table = with_decimal_award(allocation.table) if csv else allocation.table
    write_run(allocation, table, directory, force=force, csv=csv, html=html)


def write_run(
    run: Run,
    awards: pa.Table,
    directory: str | os.PathLike[str],
    *,
    force: bool = False,
    csv: bool = False,
    html: str | None = None,
    extra: Mapping[str, pa.Table] = MappingProxyType({}),
) -> None:
    """Write the run of any kind of program to a directory.

    Parameters
    ----------
    run : Run
    awards : pyarrow.Table
        As it is to be written.
    directory : path
    force, csv, html
        As in `save`.
    extra : mapping of str to pyarrow.Table
        More tables, in Parquet, by the names of their files.

    Raises
    ------
    AllocatorError
        As in `save`.
    """
    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            same = partial(_same_awards, awards=awards, csv=csv)
            replaced = to_replace(folder, run, same, force=force)
            clear_temporaries(folder)
            with staged() as stage:
                stage_run(folder, run, awards, stage, csv=csv, html=html, extra=extra)
                swap(folder, stage, replaced)
    except (FileExistsError, NotADirectoryError):
        raise AllocatorError(f"cannot write to {folder}: it is not a directory") from None
    except OSError as error:
        raise AllocatorError(f"cannot write to {folder}: {error.strerror}") from error


def stage_run(
    folder: Path,
    run: Run,
    awards: pa.Table,
    stage: Stage,
    *,
    csv: bool = False,
    html: str | None = None,
    extra: Mapping[str, pa.Table] = MappingProxyType({}),
) -> None:
    """Write every file of a run beside what is there, the manifest last; `swap` is yet to come.

    Parameters
    ----------
    folder : Path
        Is there.
    run, awards, csv, html, extra
        As in `write_run`.
    stage : Stage
        To which the files are added.

    Raises
    ------
    AllocatorError
        If a file cannot be written.
    """
    outputs: dict[str, tuple[str, int]] = {}
    name, write = ("awards.csv", write_csv) if csv else ("awards.parquet", write_parquet)
    with ThreadPoolExecutor(1) as pool:  # most of a run is writing, which leaves a core to spare
        writing = pool.submit(write, folder / name, awards, stage=stage)
        contents = {
            "certificate.json": run.certificate.to_dict(),
            "summary.json": run.summary().to_dict(),
        }
        outputs[name] = writing.result()
    for name, table in extra.items():
        outputs[name] = write_parquet(folder / name, table, stage=stage)
    if run.quarantined is not None:
        path = folder / "quarantined.csv"
        outputs["quarantined.csv"] = write_csv(path, run.quarantined, stage=stage)
    for name, content in contents.items():
        outputs[name] = write_json(folder / name, content, stage=stage)
    policy = run.policy.to_toml(annotated=True).encode()
    outputs["policy.toml"] = write_file(folder / "policy.toml", policy, stage=stage)
    if html is not None:
        outputs["report.html"] = write_file(folder / "report.html", html.encode(), stage=stage)
    write_json(folder / MANIFEST, manifest_of(folder, run, outputs), stage=stage)


def _same_awards(manifest: Mapping[str, Any], awards: pa.Table, *, csv: bool) -> bool:
    """Tell whether the awards, with the amounts they were made of, are those of a manifest."""
    name, write = ("awards.csv", write_csv) if csv else ("awards.parquet", write_parquet)
    if name not in manifest["outputs"]:
        return False
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as beside:  # the same table gives the same bytes
        sha256, _ = write(Path(beside) / name, awards)
    return bool(sha256 == manifest["outputs"][name]["sha256"])


@contextmanager
def staged() -> Iterator[Stage]:
    """Yield a stage; what has no name of its own in the end is removed."""
    stage = Stage()
    try:
        yield stage
    finally:
        stage.drop()


def attach_report(directory: str | os.PathLike[str], html: str) -> Path:
    """Add a report to a finished run, or replace the one it has.

    Parameters
    ----------
    directory : path
    html : str

    Returns
    -------
    Path
        Of the report.

    Raises
    ------
    DataError
        If this is not a finished run.
    """
    folder = Path(directory)
    with alone(folder):
        manifest = read_manifest(folder)
        path = folder / "report.html"
        if path.exists() and path.name not in manifest["outputs"]:
            said = f"{path} is not of this run: name another file"
            raise OccupiedError(said).in_shell(f"{said} with --out")
        with staged() as stage:
            sha256, size = write_file(path, html.encode(), stage=stage)
            entry = {"path": os.path.abspath(path), "sha256": sha256, "size": size}
            manifest["outputs"][path.name] = entry
            write_json(folder / MANIFEST, manifest, stage=stage)
            swap(folder, stage)
    return path


def holds(
    directory: str | os.PathLike[str],
    sources: tuple[Source, ...],
    policy: ProgramPolicy,
    names: set[str],
    paid: tuple[Source, ...] = (),
) -> bool:
    """Tell whether a directory holds the finished run of these inputs, whole.

    What a killed process left beside such a run is then cleared away.

    Parameters
    ----------
    directory : path
    sources : tuple of Source
    policy : ProgramPolicy
    names : set of str
        Files that must be among its outputs.
    paid : tuple of Source
        Of a table of what was already paid.

    Returns
    -------
    bool
    """
    folder = Path(directory)
    try:
        manifest = read_manifest(folder)
    except DataError:
        return False
    whole = (
        made_of(manifest, sources, policy, paid)
        and manifest["versions"] == versions()
        and names <= set(manifest["outputs"])
        and not damaged(folder, manifest)
    )
    if whole:
        tidy(folder)
    return whole


def default_directory(
    sources: tuple[Source, ...], policy: ProgramPolicy, paid: tuple[Source, ...] = ()
) -> Path:
    """Return ``runs/<name>-<hash>``, the hash being of the inputs and the policy."""
    from hashlib import sha256

    inputs = [[source.sha256 for source in each] for each in (sources, paid) if each]
    key = json.dumps([*inputs, policy.digest])
    stem = Path(sources[0].path).name.split(".")[0].strip("<>- ") or "users"
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem)[:60]
    return Path("runs") / f"{name}-{sha256(key.encode()).hexdigest()[:10]}"
