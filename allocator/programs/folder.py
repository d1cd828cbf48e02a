"""The run of a program as a directory: written like that of vouchers, and read back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from allocator.allocation.folder import default_directory, holds, write_run
from allocator.allocation.loading import read_quarantined
from allocator.allocation.manifest import damaged, kind_of, read_json, read_manifest
from allocator.allocation.stored import AWARDS, EXTRAS
from allocator.data.buffers import numbers_of
from allocator.data.table import Source, plain_text
from allocator.errors import DataError
from allocator.programs.certificate import Certificate
from allocator.programs.kinds import KINDS, program_of
from allocator.programs.result import Result

__all__ = [
    "default_directory",
    "holds",
    "load_program",
    "read_certificate",
    "read_extra",
    "read_table",
    "save",
    "with_dollars",
]

CENTS = "_cents"


def save(
    result: Result,
    directory: str | os.PathLike[str],
    *,
    force: bool = False,
    csv: bool = False,
) -> None:
    """Write a run to a directory: every file whole or absent, the manifest last.

    Parameters
    ----------
    result : Result
    directory : path
    force : bool
        Replace what another run, or somebody else, left there under these names.
    csv : bool
        Awards as CSV, with money in dollars, too, instead of Parquet.

    Raises
    ------
    AllocatorError
        If the directory holds something else, or cannot be written; what was there is then as it
        was, or without its manifest.
    """
    table = with_dollars(result.table) if csv else result.table
    write_run(result, table, directory, force=force, csv=csv, extra=result.extra)


def with_dollars(table: pa.Table) -> pa.Table:
    """Add each column of cents in dollars, as a decimal, for people who read CSV.

    Examples
    --------
    >>> with_dollars(pa.table({"award_cents": [1215]})).column("award")[0].as_py()
    Decimal('12.15')
    """
    for name in table.column_names:
        if name.endswith(CENTS):
            wide = np.zeros((table.num_rows, 2), dtype=np.int64)
            wide[:, 0] = numbers_of(table.column(name))
            wide[:, 1] = wide[:, 0] >> 63  # the sign
            buffers = [None, pa.py_buffer(wide)]
            dollars = pa.Array.from_buffers(pa.decimal128(18, 2), table.num_rows, buffers)
            table = table.append_column(name.removesuffix(CENTS), dollars)
    return table


def load_program(directory: str | os.PathLike[str]) -> Result:
    """Load the run of a program of another kind than vouchers from its directory.

    Parameters
    ----------
    directory : path

    Returns
    -------
    Result

    Raises
    ------
    DataError
        If this is not a finished run of such a program, or a file of it is missing or was changed.
    """
    folder = Path(directory)
    manifest = read_manifest(folder)
    kind = kind_of(manifest)
    if kind not in KINDS:
        raise DataError(
            f"{folder} is the run of a {kind} program: allocator.load_allocation reads those of "
            "vouchers"
        )
    if faults := damaged(folder, manifest):
        raise DataError(f"{folder} is not as it was written: {'; '.join(faults)}")
    return Result(
        policy=program_of(kind).POLICY.load(folder / "policy.toml"),
        table=read_table(folder, manifest),
        certificate=read_certificate(folder),
        sources=tuple(
            Source(each["path"], each["sha256"], each["size"], each["rows"], 0, False)
            for each in manifest["inputs"]
        ),
        simulated=manifest["simulated"],
        warnings=tuple(manifest["warnings"]),
        quarantined=read_quarantined(folder, manifest),
        extra=MappingProxyType(read_extra(folder, manifest)),
    )


def read_certificate(folder: Path) -> Certificate:
    """Read the certificate of a run."""
    path = folder / "certificate.json"
    try:
        return Certificate.from_dict(read_json(path))
    except DataError as error:
        raise DataError(f"{path} is damaged: {error}") from None


def read_table(folder: Path, manifest: Mapping[str, Any]) -> pa.Table:
    """Read the awards of a run; from CSV, cents and numbers become such again.

    Raises
    ------
    DataError
        If it is not a table that a run writes.
    """
    name = next(name for name in AWARDS if name in manifest["outputs"])
    return _read_parquet(folder / name) if name.endswith(".parquet") else _read_csv(folder / name)


def read_extra(folder: Path, manifest: Mapping[str, Any]) -> dict[str, pa.Table]:
    """Read the further tables of a run."""
    names = [name for name in EXTRAS if name.endswith(".parquet") and name in manifest["outputs"]]
    return {name: _read_parquet(folder / name) for name in names}


def _read_parquet(path: Path) -> pa.Table:
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:  # not `read_table`, which imports pandas
            return plain_text(file.read(), str(path))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or 'it is damaged'}") from None
    except (pa.ArrowException, ValueError):  # its words are about the library's insides
        raise DataError(f"{path} is damaged: it is not Parquet that a run writes") from None


def _read_csv(path: Path) -> pa.Table:
    from allocator.data.delimited import read_csv

    table, names, malformed = read_csv(str(path), None, None)
    if malformed:
        raise DataError(f"{path} is damaged: it is not CSV that a run writes")
    for name in names:
        if name.endswith(CENTS):
            try:
                cents = table.column(name).cast(pa.int64())
            except pa.ArrowException:
                raise DataError(f"{path} is damaged: {name} are no whole cents") from None
            table = table.set_column(table.column_names.index(name), name, cents)
    return table
