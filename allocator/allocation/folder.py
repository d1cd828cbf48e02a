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
from allocator.allocation.stored import is_certificate, is_manifest, odd_column
from allocator.allocation.table import with_decimal_award
from allocator.data.table import Source, plain_text
from allocator.data.write import write_csv, write_file, write_json, write_parquet
from allocator.errors import AllocatorError, DataError, OccupiedError
from allocator.policy.schema import Policy

__all__ = [
    "MANIFEST",
    "attach_report",
    "default_directory",
    "holds",
    "load_allocation",
    "read_manifest",
    "save",
]

MANIFEST = "manifest.json"
MARKER = ".allocator-run"  # there while a run is being written
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
            try:
                _write(folder, allocation, csv=csv, html=html)
            finally:
                if not any((folder / name).exists() for name in FILES if name != MANIFEST):
                    (folder / MARKER).unlink(missing_ok=True)
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
    write_json(folder / MANIFEST, _manifest(folder, allocation, outputs))
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
    with _alone(folder):
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
    if os.path.exists(directory) and not os.path.isdir(directory):
        raise DataError(f"{directory} is not a directory: name the directory of a run")
    if not os.path.lexists(path):
        raise DataError(
            f"{directory} is not a finished run: it has no {MANIFEST}. A run writes it last; if it "
            "was interrupted, run it again"
        )
    with suppress(DataError):
        manifest = read_json(path)
        if is_manifest(manifest):
            return dict(manifest)
    raise DataError(f"{path} is damaged: it is not the manifest of a run")


def read_json(path: Path) -> Any:
    """Read a JSON file of a run; what we cannot have written is a DataError that names it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(content, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise DataError(f"{path} is damaged: it is not JSON that a run writes") from None
    return content


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
        certificate=_read_certificate(folder / "certificate.json"),
        sources=tuple(
            Source(each["path"], each["sha256"], each["size"], each["rows"], 0, False)
            for each in manifest["inputs"]
        ),
        simulated=manifest["simulated"],
        warnings=tuple(manifest["warnings"]),
    )


def _read_certificate(path: Path) -> Certificate:
    content = read_json(path)
    if not is_certificate(content):
        raise DataError(f"{path} is damaged: it is not the certificate of a run")
    return Certificate.from_dict(content)


def read_awards(folder: Path, manifest: Mapping[str, Any]) -> pa.Table:
    """Read the awards table of a run, from Parquet or CSV, with its types.

    Raises
    ------
    DataError
        If it is not a table that a run writes.
    """
    in_parquet = "awards.parquet" in manifest["outputs"]
    path = folder / ("awards.parquet" if in_parquet else "awards.csv")
    try:
        table = plain_text(_read_parquet(path) if in_parquet else _read_csv(path), str(path))
        if not in_parquet:
            table = _without_dollars(table, path)
        odd = odd_column(table)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or 'it is damaged'}") from None
    except (pa.ArrowException, ValueError):  # its words are about the library's insides
        kind = "Parquet" if in_parquet else "CSV"
        raise DataError(f"{path} is damaged: it is not {kind} that a run writes") from None
    if odd:
        raise DataError(f"{path} is damaged: {odd}")
    return table


def _read_parquet(path: Path) -> pa.Table:
    from pyarrow import parquet

    return parquet.read_table(path)


def _read_csv(path: Path) -> pa.Table:
    from pyarrow import csv

    labels = pa.dictionary(pa.int32(), pa.string())
    types = dict.fromkeys(("user_id", "loss", "net_assets", "award"), pa.string())
    types |= dict.fromkeys(("reason", "binding"), labels)
    types |= dict.fromkeys(("loss_ratio", "claim", "factor", "weight"), pa.float64())
    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        # Only an empty field is null: an id may be "NA".
        convert_options=csv.ConvertOptions(
            column_types=types, null_values=[""], strings_can_be_null=True
        ),
    )


def _without_dollars(table: pa.Table, path: Path) -> pa.Table:
    """Drop the awards in dollars, having compared them with the cents."""
    if table.column_names.count("award") != 1 or table.column_names.count("award_cents") != 1:
        raise DataError(f"{path} is damaged: it has not one column award and one award_cents")
    cents, award = table.column("award_cents"), table.column("award")
    plain = table.drop_columns(["award"])
    if pa.types.is_int64(cents.type) and not cents.null_count:
        due = with_decimal_award(plain.select(["award_cents"])).column("award")
        with suppress(pa.ArrowException):
            if due.equals(award.cast(due.type)):
                return plain
    raise DataError(f"{path} is damaged: the column award is not award_cents in dollars")


def _make_room(folder: Path, allocation: Allocation, *, force: bool) -> None:
    """Make the directory ready, or say what stands in the way.

    A directory without a manifest is an interrupted run only if our marker says so: files that
    happen to have our names are somebody's own.
    """
    names = {path.name for path in folder.iterdir()}
    own = {(folder / name).resolve() for name in FILES}
    mine = [each.path for each in allocation.sources if Path(each.path).resolve() in own]
    if mine:
        raise OccupiedError(
            f"the input {mine[0]} would be replaced by the run's own file of that name: choose "
            "another --out"
        )
    if MANIFEST in names and not force:
        manifest = read_manifest(folder)
        if not _same_inputs(manifest, allocation.sources, allocation.policy):
            raise OccupiedError(
                f"{folder} holds a run of other inputs or of another policy: choose another --out, "
                "or replace it with --force"
            )
    strange = sorted(name for name in names if not TEMPORARY.fullmatch(name))
    if strange and not names & {MANIFEST, MARKER} and not force:
        raise OccupiedError(
            f"{folder} is not empty and not a run (it has {strange[0]}): choose another --out, or "
            "write into it with --force"
        )
    replaced = _outputs_of(folder, names)
    (folder / MARKER).touch()
    (folder / MANIFEST).unlink(missing_ok=True)  # from here on it is not a finished run
    for name in replaced:
        (folder / name).unlink(missing_ok=True)
    for name in names:
        match = TEMPORARY.fullmatch(name)
        if match and not _alive(int(match["pid"])):
            (folder / name).unlink(missing_ok=True)


def _outputs_of(folder: Path, names: set[str]) -> set[str]:
    """Name the files of the run that is there, finished or interrupted."""
    if MARKER in names:
        return names & set(FILES)
    if MANIFEST not in names:
        return set()
    try:
        return set(read_manifest(folder)["outputs"]) & set(FILES)
    except DataError:  # damaged: --force replaces what it writes, and leaves the rest
        return set()


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


def policy_entry(policy: Policy) -> dict[str, Any]:
    """Return what the manifest says of a policy."""
    return {
        "sha256": policy.digest,
        "canonical": json.loads(policy.canonical_json()),
        "values": {
            each.key: {
                "value": each.value,
                "source": each.source,
                "citation": each.citation,
                "page": each.page,
            }
            for each in policy.sources()
        },
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
        "policy": policy_entry(allocation.policy),
        "outputs": {
            name: {"path": os.path.abspath(folder / name), "sha256": sha256, "size": size}
            for name, (sha256, size) in outputs.items()
        },
        "versions": _versions(),
    }
