"""A run as a directory: every file whole or absent, the manifest last."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from allocator.allocation.manifest import (
    MANIFEST,
    damaged,
    made_of,
    manifest_of,
    read_manifest,
    versions,
)
from allocator.allocation.place import MARKER, alone, leave, make_room
from allocator.allocation.result import Allocation
from allocator.allocation.table import with_decimal_award
from allocator.data.table import Source
from allocator.data.write import write_csv, write_file, write_json, write_parquet
from allocator.errors import AllocatorError, DataError, OccupiedError
from allocator.policy.schema import Policy

__all__ = ["attach_report", "default_directory", "holds", "save"]


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
        was, or without its manifest.
    """
    folder = Path(directory)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder):
            make_room(folder, allocation, force=force)
            try:
                _write(folder, allocation, csv=csv, html=html)
            finally:
                leave(folder)
    except (FileExistsError, NotADirectoryError):
        raise AllocatorError(f"cannot write to {folder}: it is not a directory") from None
    except OSError as error:
        raise AllocatorError(f"cannot write to {folder}: {error.strerror}") from error


def _write(folder: Path, allocation: Allocation, *, csv: bool, html: str | None) -> None:
    outputs: dict[str, tuple[str, int]] = {}
    with ThreadPoolExecutor(1) as pool:  # most of a run is writing, which leaves a core to spare
        if csv:
            table = with_decimal_award(allocation.table)
            awards = pool.submit(write_csv, folder / "awards.csv", table)
        else:
            awards = pool.submit(write_parquet, folder / "awards.parquet", allocation.table)
        contents = {
            "certificate.json": allocation.certificate.to_dict(),
            "summary.json": allocation.summary().to_dict(),
        }
        outputs["awards.csv" if csv else "awards.parquet"] = awards.result()
    if allocation.quarantined is not None:
        path = folder / "quarantined.csv"
        outputs["quarantined.csv"] = write_csv(path, allocation.quarantined)
    for name, content in contents.items():
        outputs[name] = write_json(folder / name, content)
    policy = allocation.policy.to_toml(annotated=True).encode()
    outputs["policy.toml"] = write_file(folder / "policy.toml", policy)
    if html is not None:
        outputs["report.html"] = write_file(folder / "report.html", html.encode())
    write_json(folder / MANIFEST, manifest_of(folder, allocation, outputs))
    (folder / MARKER).unlink(missing_ok=True)


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
            raise OccupiedError(f"{path} is not of this run: name another file with --out")
        sha256, size = write_file(path, html.encode())
        entry = {"path": os.path.abspath(path), "sha256": sha256, "size": size}
        manifest["outputs"][path.name] = entry
        write_json(folder / MANIFEST, manifest)
    return path


def holds(
    directory: str | os.PathLike[str],
    sources: tuple[Source, ...],
    policy: Policy,
    names: set[str],
    paid: tuple[Source, ...] = (),
) -> bool:
    """Tell whether a directory holds the finished run of these inputs, whole.

    Parameters
    ----------
    directory : path
    sources : tuple of Source
    policy : Policy
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
    return (
        made_of(manifest, sources, policy, paid)
        and manifest["versions"] == versions()
        and names <= set(manifest["outputs"])
        and not damaged(folder, manifest)
    )


def default_directory(
    sources: tuple[Source, ...], policy: Policy, paid: tuple[Source, ...] = ()
) -> Path:
    """Return ``runs/<name>-<hash>``, the hash being of the inputs and the policy."""
    from hashlib import sha256

    inputs = [[source.sha256 for source in each] for each in (sources, paid) if each]
    key = json.dumps([*inputs, policy.digest])
    stem = Path(sources[0].path).name.split(".")[0].strip("<>- ") or "users"
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem)[:60]
    return Path("runs") / f"{name}-{sha256(key.encode()).hexdigest()[:10]}"
