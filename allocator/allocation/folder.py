"""A run as a directory: every file whole or absent, the manifest last."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from allocator.allocation.evidence import Certificate
from allocator.allocation.result import Allocation
from allocator.allocation.table import with_decimal_award
from allocator.data.table import Source
from allocator.data.write import write_csv, write_file, write_json, write_parquet
from allocator.errors import AllocatorError, DataError
from allocator.policy.schema import Policy

__all__ = ["MANIFEST", "default_directory", "holds", "load_allocation", "read_manifest", "save"]

MANIFEST = "manifest.json"
FILES = (
    "awards.parquet",
    "awards.csv",
    "certificate.json",
    "summary.json",
    "policy.toml",
    "quarantined.csv",
    "report.html",
    MANIFEST,
)
PARTS = ("inputs", "simulated", "quarantined", "warnings", "policy", "outputs", "versions")
SCHEMA_VERSION = 1
TEMPORARY = re.compile(r"\..+\.(?P<pid>\d+)\.[0-9a-f]{8}\.tmp")


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
        with _alone(folder):
            _make_room(folder, allocation, force=force)
            _write(folder, allocation, csv=csv, html=html)
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
    for name in set(FILES) - set(outputs) - {MANIFEST}:  # of a run that is being replaced
        (folder / name).unlink(missing_ok=True)
    write_json(folder / MANIFEST, _manifest(folder, allocation, outputs))


def holds(
    directory: str | os.PathLike[str],
    sources: tuple[Source, ...],
    policy: Policy,
    names: set[str],
) -> bool:
    """Tell whether a directory holds the finished run of these inputs, whole.

    Parameters
    ----------
    directory : path
    sources : tuple of Source
    policy : Policy
    names : set of str
        Files that must be among its outputs.

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
        _same_inputs(manifest, sources, policy)
        and manifest["versions"] == _versions()
        and names <= set(manifest["outputs"])
        and not damaged(folder, manifest)
    )


def damaged(folder: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Say which outputs are missing, truncated or changed."""
    said = []
    for name, entry in manifest["outputs"].items():
        path = folder / name
        if not path.is_file():
            said.append(f"{name} is missing")
        elif (size := path.stat().st_size) != entry["size"]:
            what = "truncated" if size < entry["size"] else "changed"
            said.append(f"{name} was {what}: {size:,} bytes, the manifest says {entry['size']:,}")
        elif file_digest(path) != entry["sha256"]:
            said.append(f"{name} was changed: its sha256 is not the manifest's")
    return said


def file_digest(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    from hashlib import file_digest as digest

    with open(path, "rb") as file:
        return digest(file, "sha256").hexdigest()


def default_directory(sources: tuple[Source, ...], policy: Policy) -> Path:
    """Return ``runs/<name>-<hash>``, the hash being of the inputs and the policy."""
    from hashlib import sha256

    key = json.dumps([[source.sha256 for source in sources], policy.digest])
    stem = Path(sources[0].path).name.split(".")[0].strip("<>- ") or "users"
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem)[:60]
    return Path("runs") / f"{name}-{sha256(key.encode()).hexdigest()[:10]}"


def read_manifest(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a run's manifest.

    Parameters
    ----------
    directory : path

    Returns
    -------
    dict

    Raises
    ------
    DataError
        If this is not a finished run.
    """
    path = Path(directory) / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if _is_manifest(manifest):
            return dict(manifest)
    except FileNotFoundError:
        raise DataError(
            f"{directory} is not a finished run: it has no {MANIFEST}. A run writes it last; if it "
            "was interrupted, run it again"
        ) from None
    except (OSError, ValueError, TypeError):
        pass
    raise DataError(f"{path} is damaged: it is not the manifest of a run") from None


def _is_manifest(content: Any) -> bool:
    """Tell whether all is there that the manifest of a run is asked for later."""

    def has(value: Any, *names: str) -> bool:
        return isinstance(value, dict) and all(name in value for name in names)

    if not has(content, *PARTS) or not isinstance(content["inputs"], list):
        return False
    outputs = content["outputs"]
    return (
        bool(content["inputs"])
        and all(has(each, "path", "sha256", "size", "rows") for each in content["inputs"])
        and has(content["policy"], "sha256")
        and has(outputs, "certificate.json", "summary.json", "policy.toml")
        and (has(outputs, "awards.parquet") or has(outputs, "awards.csv"))
        and all(has(each, "sha256", "size") for each in outputs.values())
    )


def load_allocation(directory: str | os.PathLike[str]) -> Allocation:
    """Load a run from its directory.

    Parameters
    ----------
    directory : path

    Returns
    -------
    Allocation

    Raises
    ------
    DataError
        If this is not a finished run, or a file of it is missing or was changed.
    """
    folder = Path(directory)
    manifest = read_manifest(folder)
    if faults := damaged(folder, manifest):
        raise DataError(f"{folder} is not as it was written: {'; '.join(faults)}")
    return Allocation(
        table=read_awards(folder, manifest),
        policy=Policy.load(folder / "policy.toml"),
        certificate=Certificate.from_dict(json.loads((folder / "certificate.json").read_text())),
        sources=tuple(
            Source(each["path"], each["sha256"], each["size"], each["rows"], 0, False)
            for each in manifest["inputs"]
        ),
        simulated=manifest["simulated"],
        warnings=tuple(manifest["warnings"]),
    )


def read_awards(folder: Path, manifest: Mapping[str, Any]) -> pa.Table:
    """Read the awards table of a run, from Parquet or CSV, with its types."""
    if "awards.parquet" in manifest["outputs"]:
        from pyarrow import parquet

        return parquet.read_table(folder / "awards.parquet")
    from pyarrow import csv

    labels = pa.dictionary(pa.int32(), pa.string())
    types = dict.fromkeys(("user_id", "loss", "net_assets", "award"), pa.string())
    types |= dict.fromkeys(("reason", "binding"), labels)
    types |= dict.fromkeys(("loss_ratio", "claim", "factor", "weight"), pa.float64())
    table = csv.read_csv(
        folder / "awards.csv",
        parse_options=csv.ParseOptions(newlines_in_values=True),
        # Only an empty field is null: an id may be "NA".
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True
        ),
    )
    return table.drop_columns(["award"])


def _make_room(folder: Path, allocation: Allocation, *, force: bool) -> None:
    """Make the directory ready, or say what stands in the way."""
    names = [path.name for path in folder.iterdir()]
    if MANIFEST in names and not force:
        manifest = read_manifest(folder)
        if not _same_inputs(manifest, allocation.sources, allocation.policy):
            raise AllocatorError(
                f"{folder} holds a run of other inputs or of another policy: choose another --out, "
                "or replace it with --force"
            )
    strange = [name for name in names if name not in FILES and not TEMPORARY.fullmatch(name)]
    if strange and MANIFEST not in names and not force:
        raise AllocatorError(
            f"{folder} is not empty and not a run (it has {sorted(strange)[0]}): choose another "
            "--out, or write into it with --force"
        )
    (folder / MANIFEST).unlink(missing_ok=True)  # from here on it is not a finished run
    for name in names:
        match = TEMPORARY.fullmatch(name)
        if match and not _alive(int(match["pid"])):
            (folder / name).unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process writes a run here; one that was killed holds nobody up."""
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _same_inputs(manifest: Mapping[str, Any], sources: tuple[Source, ...], policy: Policy) -> bool:
    digests = [source.sha256 for source in sources]
    if None in digests:  # data frames in memory have no bytes to compare
        return False
    return (
        digests == [each["sha256"] for each in manifest["inputs"]]
        and policy.digest == manifest["policy"]["sha256"]
    )


def _versions() -> dict[str, str]:
    import platform

    import numpy
    import pydantic

    from allocator import __version__

    return {
        "allocator": __version__,
        "numpy": numpy.__version__,
        "pyarrow": pa.__version__,
        "pydantic": pydantic.VERSION,
        "python": platform.python_version(),
    }


def _manifest(
    folder: Path, allocation: Allocation, outputs: Mapping[str, tuple[str, int]]
) -> dict[str, Any]:
    quarantined = allocation.quarantined
    return {
        "schema_version": SCHEMA_VERSION,
        "inputs": [
            {
                "path": source.path,
                "sha256": source.sha256,
                "size": source.size,
                "rows": source.rows,
            }
            for source in allocation.sources
        ],
        "simulated": allocation.simulated,
        "quarantined": 0 if quarantined is None else quarantined.num_rows,
        "warnings": list(allocation.warnings),
        "policy": {
            "sha256": allocation.policy.digest,
            "canonical": json.loads(allocation.policy.canonical_json()),
            "values": {
                each.key: {
                    "value": each.value,
                    "source": each.source,
                    "citation": each.citation,
                    "page": each.page,
                }
                for each in allocation.policy.sources()
            },
        },
        "outputs": {
            name: {"path": os.path.abspath(folder / name), "sha256": sha256, "size": size}
            for name, (sha256, size) in outputs.items()
        },
        "versions": _versions(),
    }
