"""The batches as a directory: every chunk in three formats, a signed manifest written last."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from allocator.allocation.manifest import damaged, file_digest, read_json
from allocator.data.buffers import numbers_of
from allocator.data.write import write_csv, write_file, write_json, write_parquet
from allocator.errors import DataError, OccupiedError, VerificationError
from allocator.money import exact_sum
from allocator.programs.delivery.keys import Key
from allocator.programs.delivery.schedule import Schedule, show_time
from allocator.programs.delivery.vouchers import Order, Terms

__all__ = ["BATCHES", "Batches", "read_batches", "write_batches"]

BATCHES = "batches.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Batches:
    """A plan of vouchers, as its manifest tells it.

    Attributes
    ----------
    folder : Path
    content : mapping
        The signed part of the manifest.
    """

    folder: Path
    content: Mapping[str, Any]

    @property
    def plan(self) -> str:
        """What the plan is known by in the ledger: the hash of all that decides its records."""
        from hashlib import sha256

        return sha256(_signable(_header(self.content))).hexdigest()[:32]

    @property
    def count(self) -> int:
        """The number of vouchers."""
        return int(self.content["count"])

    @property
    def total_cents(self) -> int:
        """What they add up to."""
        return int(self.content["total_cents"])

    @property
    def schedule(self) -> Schedule:
        """When they are to be sent."""
        return Schedule.from_dict(self.content["schedule"])


def write_batches(
    folder: Path,
    table: pa.Table,
    key: Key,
    *,
    run: Path,
    terms: Terms,
    schedule: Schedule,
    order: Order,
    batch_size: int,
) -> Batches:
    """Write the chunks, and then the manifest that makes them a plan.

    Written again with the same run, key and terms it is the same, byte for byte, so that an
    interrupted plan is simply made again.

    Raises
    ------
    OccupiedError
        If the directory holds another plan, or something else.
    AllocatorError
        If it cannot be written.
    """
    header = {
        "schema_version": SCHEMA_VERSION,
        "program": terms.program,
        "round": terms.round,
        "currency": terms.currency,
        "issued_at": show_time(terms.issued),
        "expires_at": show_time(terms.expires),
        "order": order,
        "batch_size": batch_size,
        "run_manifest_sha256": file_digest(run / "manifest.json"),
        "key": key.fingerprint,
        "count": table.num_rows,
        "total_cents": exact_sum(numbers_of(table.column("amount_cents"))),
        "schedule": schedule.to_dict(),
    }
    _make_room(folder, header)
    chunks = []
    for first in range(0, table.num_rows, batch_size):
        chunk = table.slice(first, batch_size)
        number = first // batch_size + 1
        chunks.append(
            {
                "batch": number,
                "count": chunk.num_rows,
                "total_cents": exact_sum(numbers_of(chunk.column("amount_cents"))),
                "start": show_time(schedule.after(first)),
                "end": show_time(schedule.after(first + chunk.num_rows)),
                "files": _write_chunk(folder, f"batch-{number:05d}", chunk),
            }
        )
    content = {**header, "chunks": chunks}
    write_json(folder / BATCHES, {"plan": content, "hmac_sha256": key.sign(_signable(content))})
    return Batches(folder, content)


def read_batches(folder: str | os.PathLike[str], key: Key | None = None) -> Batches:
    """Read a plan; with the key, check that it and all its files are as they were signed.

    Raises
    ------
    DataError
        If it is not a plan.
    VerificationError
        If the signature does not fit, or a file was changed.
    """
    folder = Path(folder)
    path = folder / BATCHES
    if not path.is_file():
        raise DataError(
            f"{folder} has no {BATCHES}: name a directory that `allocator deliver plan` wrote. The "
            "manifest is written last; if the plan was interrupted, make it again"
        )
    stored = read_json(path)
    content = stored.get("plan") if isinstance(stored, dict) else None
    if not isinstance(content, dict) or not isinstance(stored.get("hmac_sha256"), str):
        raise DataError(f"{path} is damaged: it is not the manifest of a plan")
    found = Batches(folder, content)
    if key is not None:
        _check(found, key, stored["hmac_sha256"])
    return found


def _check(batches: Batches, key: Key, signature: str) -> None:
    path, content = batches.folder / BATCHES, batches.content
    if not key.signed(_signable(content), signature):
        known = content.get("key")
        why = (
            "it was changed after it was signed"
            if known == key.fingerprint
            else f"it is signed with the key {known}, and this is the key {key.fingerprint}"
        )
        raise VerificationError(f"{path} does not have the signature of this key: {why}")
    outputs = {name: file for each in content["chunks"] for name, file in each["files"].items()}
    if faults := damaged(batches.folder, {"outputs": outputs}):
        raise VerificationError(f"{batches.folder} is not as it was signed: {'; '.join(faults)}")


def _write_chunk(folder: Path, stem: str, chunk: pa.Table) -> dict[str, dict[str, Any]]:
    lines = "".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
        for row in chunk.to_pylist()
    )
    written = {
        f"{stem}.jsonl": write_file(folder / f"{stem}.jsonl", lines.encode()),
        f"{stem}.csv": write_csv(folder / f"{stem}.csv", chunk),
        f"{stem}.parquet": write_parquet(folder / f"{stem}.parquet", chunk),
    }
    return {name: {"sha256": sha256, "size": size} for name, (sha256, size) in written.items()}


def _make_room(folder: Path, header: Mapping[str, Any]) -> None:
    """Write only where nothing is, or where this plan was written or begun."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise OccupiedError(f"cannot write to {folder}: {error.strerror}") from None
    strange = sorted(name for name in names if not name.startswith((".", "batch", "ledger.")))
    if strange:
        raise OccupiedError(
            f"{folder} is not empty and not a plan (it has {strange[0]}): choose another --out"
        )
    if BATCHES in names and _header(read_batches(folder).content) != header:
        raise OccupiedError(f"{folder} holds another plan: choose another --out")


def _header(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != "chunks"}


def _signable(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
