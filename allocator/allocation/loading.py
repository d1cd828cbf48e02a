"""A run read back from its directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa

from allocator.allocation.as_read import as_numbers
from allocator.allocation.evidence import Certificate
from allocator.allocation.manifest import damaged, kind_of, read_json, read_manifest
from allocator.allocation.result import Allocation
from allocator.allocation.stored import is_certificate, odd_column
from allocator.allocation.table import with_decimal_award
from allocator.data.table import Source, plain_text
from allocator.errors import DataError
from allocator.policy.schema import Policy

__all__ = ["load_allocation", "read_awards", "read_quarantined"]


QUARANTINED = "quarantined.csv"
ADDED = 3  # columns of it that are ours, and last: file, line, reasons


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

    Examples
    --------
    >>> import tempfile
    >>> import allocator as al
    >>> users = al.simulate_users(100, seed=7)
    >>> result = al.allocate(users, al.Policy.default().replace(budget="5000.00"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result.save(f"{folder}/run")
    ...     load_allocation(f"{folder}/run")
    Allocation('Announced', 52 of 100 users, optimal)
    """
    folder = Path(directory)
    manifest = read_manifest(folder)
    if (kind := kind_of(manifest)) != "voucher":
        raise DataError(
            f"{folder} is the run of a {kind} program, and this is for runs of voucher programs; "
            "allocator.load_program reads it"
        )
    if faults := damaged(folder, manifest):
        raise DataError(f"{folder} is not as it was written: {'; '.join(faults)}")
    table = read_awards(folder, manifest)
    if "awards.csv" in manifest["outputs"]:
        for name in ("loss", "net_assets"):
            place = table.column_names.index(name)
            table = table.set_column(place, name, as_numbers(table.column(name), name))
    return Allocation(
        table=table,
        policy=Policy.load(folder / "policy.toml"),
        certificate=_read_certificate(folder / "certificate.json"),
        sources=_sources(manifest["inputs"]),
        simulated=manifest["simulated"],
        warnings=tuple(manifest["warnings"]),
        quarantined=read_quarantined(folder, manifest),
        paid_sources=_sources(manifest.get("paid", [])),
    )


def _sources(entries: list[dict[str, Any]]) -> tuple[Source, ...]:
    return tuple(
        Source(each["path"], each["sha256"], each["size"], each["rows"], 0, False)
        for each in entries
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


def read_quarantined(folder: Path, manifest: Mapping[str, Any]) -> pa.Table | None:
    """Read the bad rows that a run set aside, every column as text; None when there are none.

    Raises
    ------
    DataError
        If it is not a table that a run writes.
    """
    if QUARANTINED not in manifest["outputs"]:
        return None
    from allocator.data.delimited import read_csv

    path = folder / QUARANTINED
    table, names, malformed = read_csv(str(path), None, None)
    if malformed or len(names) <= ADDED or table.num_rows != manifest["quarantined"]:
        raise DataError(
            f"{path} is damaged: it is not the {manifest['quarantined']:,} rows set aside"
        )
    return table


def _read_parquet(path: Path) -> pa.Table:
    from pyarrow import parquet

    return parquet.read_table(path)


def _read_csv(path: Path) -> pa.Table:
    from pyarrow import csv

    labels = pa.dictionary(pa.int32(), pa.string())
    types = dict.fromkeys(("user_id", "loss", "net_assets", "award", "person"), pa.string())
    types |= dict.fromkeys(("reason", "binding", "group"), labels)
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
