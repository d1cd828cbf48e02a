"""The manifest: what a run was made of and what it wrote, written last."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from allocator.allocation.stored import is_manifest
from allocator.data.table import Source
from allocator.errors import DataError
from allocator.policy.base import ProgramPolicy

__all__ = [
    "MANIFEST",
    "Run",
    "damaged",
    "file_digest",
    "in_memory",
    "kind_of",
    "made_of",
    "manifest_of",
    "policy_entry",
    "read_json",
    "read_manifest",
    "refuse_newer",
    "refuse_run",
    "versions",
]

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1


class _Told(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


class Run(Protocol):
    """What every kind of program has to show once it was run, and keeps in a directory."""

    @property
    def policy(self) -> ProgramPolicy:
        """The policy as run."""

    @property
    def certificate(self) -> _Told:
        """What was checked."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files of its table."""

    @property
    def paid_sources(self) -> tuple[Source, ...]:
        """The files of a table of what was already paid."""

    @property
    def simulated(self) -> str | None:
        """What its table says about having been simulated."""

    @property
    def quarantined(self) -> pa.Table | None:
        """Bad rows that were set aside."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What its reader should know."""

    def summary(self) -> _Told:
        """Return the figures of the run."""


def manifest_of(folder: Path, run: Run, outputs: Mapping[str, tuple[str, int]]) -> dict[str, Any]:
    """Return the manifest of a run whose outputs, by name, have these digests and sizes."""
    quarantined = run.quarantined
    return {
        "schema_version": SCHEMA_VERSION,
        "inputs": _entries(run.sources),
        **({"paid": _entries(run.paid_sources)} if run.paid_sources else {}),
        "simulated": run.simulated,
        "quarantined": 0 if quarantined is None else quarantined.num_rows,
        "warnings": list(run.warnings),
        "policy": policy_entry(run.policy),
        "outputs": {
            name: {"path": os.path.abspath(folder / name), "sha256": sha256, "size": size}
            for name, (sha256, size) in outputs.items()
        },
        "versions": versions(),
    }


def _entries(sources: tuple[Source, ...]) -> list[dict[str, Any]]:
    return [
        {"path": each.path, "sha256": each.sha256, "size": each.size, "rows": each.rows}
        for each in sources
    ]


def policy_entry(policy: ProgramPolicy) -> dict[str, Any]:
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


def versions() -> dict[str, str]:
    """Return the versions of what awards may depend on."""
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
    manifest: Any = None
    with suppress(DataError):
        manifest = read_json(path)
    refuse_newer(manifest, path)
    if is_manifest(manifest):
        return dict(manifest)
    if isinstance(manifest, dict) and manifest.get("kind") == "initiative":
        raise DataError(
            f"{directory} is the run of an initiative: `allocator initiative verify` checks it; "
            f"its programs, in {Path(directory) / 'programs'}, are runs of their own"
        )
    raise DataError(f"{path} is damaged: it is not the manifest of a run")


def refuse_newer(manifest: Any, path: Path) -> None:
    """Raise a DataError if a manifest is of a version that is not known here."""
    version = manifest.get("schema_version") if isinstance(manifest, dict) else None
    if type(version) is int and version > SCHEMA_VERSION:
        raise DataError(
            f"{path} was written by a newer version of allocator: its schema_version is {version}, "
            f"this one knows {SCHEMA_VERSION}; update allocator to read it"
        )


def refuse_run(users: object) -> None:
    """Raise a DataError if what is to be a users table is the directory of a run.

    Parameters
    ----------
    users : object
        What `read_users` is about to read; a directory is looked into.

    Raises
    ------
    DataError
        It names the table that the run was made of, and its policy.
    """
    if not isinstance(users, str | os.PathLike) or not (Path(users) / MANIFEST).is_file():
        return
    try:
        manifest = read_manifest(users)
    except DataError:
        return  # a folder of tables may well have a manifest of its own
    made_of = ", ".join(str(entry["path"]) for entry in manifest["inputs"])
    raise DataError(
        f"{users} is the directory of a run, not a table of users: the run was made of {made_of}, "
        f"by the policy {Path(users) / 'policy.toml'}"
    )


def kind_of(manifest: Mapping[str, Any]) -> str:
    """Return the kind of program that a run is of.

    Examples
    --------
    >>> kind_of({"policy": {"canonical": {"kind": "depeg"}}})
    'depeg'
    """
    canonical = manifest["policy"].get("canonical")
    return str(canonical.get("kind", "voucher")) if isinstance(canonical, dict) else "voucher"


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


def made_of(
    manifest: Mapping[str, Any],
    sources: tuple[Source, ...],
    policy: ProgramPolicy,
    paid: tuple[Source, ...] = (),
) -> bool:
    """Tell whether a run was made of these inputs, this policy, and this table of payments."""
    digests = [source.sha256 for source in sources]
    payments = [source.sha256 for source in paid]
    if None in digests or None in payments:  # data frames in memory have no bytes to compare
        return False
    return (
        digests == [each["sha256"] for each in manifest["inputs"]]
        and payments == [each["sha256"] for each in manifest.get("paid", [])]
        and policy.digest == manifest["policy"]["sha256"]
    )


def in_memory(manifest: Mapping[str, Any], run: Run) -> bool:
    """Tell whether both were made of tables in memory, by the same policy."""
    entries = [*manifest["inputs"], *manifest.get("paid", [])]
    sources = (*run.sources, *run.paid_sources)
    return (
        run.policy.digest == manifest["policy"]["sha256"]
        and len(entries) == len(sources)
        and all(
            entry["sha256"] == source.sha256 for entry, source in zip(entries, sources, strict=True)
        )
        and any(source.sha256 is None for source in sources)
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
