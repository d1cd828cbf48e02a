"""Files, folders, globs and standard input: what to read, how, and its hash."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
import sys
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
from pyarrow import ipc

from allocator.data.buffers import native_buffer
from allocator.data.table import (
    Source,
    UsersTable,
    first_line,
    plain_text,
    refuse_duplicate_names,
    simulated_note,
    wanted,
)
from allocator.errors import DataError, nearest

__all__ = ["read_files"]

PARQUET = (".parquet", ".pq")
ARROW = (".arrow", ".feather", ".ipc")
ENDINGS = (*PARQUET, ".csv", ".csv.gz", *ARROW)
OTHERS = (".json", ".jsonl", ".xlsx", ".xls", ".ods")  # what people have, and this does not read
STANDARD_INPUT = "-"


@dataclass(frozen=True, eq=False)
class Part:
    """One file's table, all its column names, and its rows with a wrong number of fields."""

    table: pa.Table
    names: tuple[str, ...]
    malformed: Mapping[int, str]
    text: bool


def read_files(pattern: str | Sequence[str], columns: Collection[str] | None) -> UsersTable:
    """Read and join every file that `pattern` names.

    Parameters
    ----------
    pattern : str or sequence of str
        A file, a folder, a glob, or ``-``; or files, each by its path.
    columns : collection of str or None
        Those to read; None for all.

    Returns
    -------
    UsersTable

    Raises
    ------
    DataError
        If anything that is named cannot be read, or the files do not have the same columns.
    """
    parts: list[Part] = []
    sources: list[Source] = []
    first_row = 0
    with ThreadPoolExecutor(1) as hasher:
        for path in _data_files(pattern):
            held = _held(path)
            digest = hasher.submit(_sha256, path, held)
            part = _read(path, held, columns)
            parts.append(part)
            sources.append(_source(path, held, digest, part, first_row))
            first_row += part.table.num_rows
    if first_row == 0:
        whose = sources[0].path if len(sources) == 1 else f"{pattern} ({len(sources)} files)"
        raise DataError(f"{whose} has a header but no rows: there is nobody to allocate to")
    malformed = {
        source.first_row + row: rule
        for source, part in zip(sources, parts, strict=True)
        for row, rule in part.malformed.items()
    }
    simulated = next(filter(None, (simulated_note(part.table) for part in parts)), None)
    present = tuple(dict.fromkeys(name for part in parts for name in part.names))
    return UsersTable(_joined(sources, parts), tuple(sources), simulated, present, malformed)


def _data_files(pattern: str | Sequence[str]) -> list[str]:
    if not isinstance(pattern, str):
        return [os.path.abspath(path) for path in pattern]
    if pattern == STANDARD_INPUT:
        return [pattern]
    if os.path.isdir(pattern):
        try:
            names = sorted(os.listdir(pattern))
        except OSError as error:
            raise DataError(f"{pattern} cannot be read: {error.strerror}") from None
        paths = [os.path.join(pattern, name) for name in names if _is_data(name)]
        if not paths:
            raise DataError(
                f"the folder {pattern} has no data files: none of its {len(names)} entries ends "
                f"in {', '.join(ENDINGS)}"
            )
    elif os.path.exists(pattern):
        paths = [pattern]
    elif glob.has_magic(pattern):
        found = sorted(glob.glob(pattern, recursive=True))
        paths = [path for path in found if os.path.isfile(path) and _is_data(path)]
        if not paths:
            raise DataError(f"no data file matches {pattern} (one that ends in {_list(ENDINGS)})")
    else:
        raise DataError(f"{pattern} does not exist{_nearest_file(pattern)}")
    for path in paths:
        if path.lower().endswith(OTHERS):
            kind = os.path.splitext(path)[1][1:].upper()
            raise DataError(f"{path} is {kind}: save it as CSV or Parquet")
        if _is_not_utf8(path):
            raise DataError(f"the name of {path!a} is not UTF-8 text; rename the file")
    return [os.path.abspath(path) for path in paths]


def _is_not_utf8(path: str) -> bool:
    return any("\udc80" <= letter <= "\udcff" for letter in path)  # how Python reads such bytes


def _is_data(name: str) -> bool:
    base = os.path.basename(name)
    return base.lower().endswith(ENDINGS) and not base.startswith(".")


def _nearest_file(path: str) -> str:
    folder, name = os.path.split(path)
    try:
        close = nearest(name, os.listdir(folder or "."))
    except OSError:
        return f": there is no folder {folder}"
    return f"; did you mean {os.path.join(folder, close)}?" if close else ""


def _held(path: str) -> bytes | None:
    """Read at once what cannot be read twice: standard input, a pipe."""
    try:
        if path == STANDARD_INPUT:
            return sys.stdin.buffer.read()
        with open(path, "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                return stream.read()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    return None


def _sha256(path: str, held: bytes | None) -> tuple[str, int]:
    if held is not None:
        return hashlib.sha256(held).hexdigest(), len(held)
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), stream.tell()


def _source(
    path: str, held: bytes | None, digest: Future[tuple[str, int]], part: Part, first_row: int
) -> Source:
    sha256, size = digest.result()
    kept = held if part.text else None
    return Source(path, sha256, size, part.table.num_rows, first_row, part.text, kept)


def _read(path: str, held: bytes | None, columns: Collection[str] | None) -> Part:
    where = "standard input" if path == STANDARD_INPUT else path
    head = held[:8] if held is not None else _head(path)
    lower = path.lower()
    if not head:
        raise DataError(f"{where} is empty: it has no header line and no rows")
    if head.startswith(b"PK\x03\x04"):
        raise DataError(f"{where} is an Excel workbook or a zip archive; save it as CSV or Parquet")
    binary = None
    if head.startswith(b"PAR1") or lower.endswith(PARQUET):
        binary, kind = _read_parquet, "Parquet"
    elif head.startswith((b"ARROW1", b"\xff\xff\xff\xff")) or lower.endswith(ARROW):
        binary, kind = _read_arrow, "Arrow"
    if binary is None:
        # The csv module and its friends are not needed for the common case, a Parquet file.
        from allocator.data.delimited import read_csv

        table, names, malformed = read_csv(where, held, columns)
        return Part(table, names, malformed, True)
    try:
        file = pa.OSFile(path) if held is None else pa.BufferReader(native_buffer(held))
        with file:
            table, names = binary(file, head, where, columns)
    except (pa.ArrowException, OSError, EOFError) as error:
        raise DataError(
            f"{where} is not a whole {kind} file: {first_line(error)}. It may have been cut off "
            "while it was copied"
        ) from None
    return Part(plain_text(table, where), names, {}, False)


def _head(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(8)


def _read_parquet(
    file: pa.NativeFile, head: bytes, where: str, columns: Collection[str] | None
) -> tuple[pa.Table, tuple[str, ...]]:
    del head
    from pyarrow import parquet

    reader = parquet.ParquetFile(file)
    names = tuple(reader.schema_arrow.names)
    refuse_duplicate_names(names, where)
    return reader.read(columns=wanted(names, columns)), names


def _read_arrow(
    file: pa.NativeFile, head: bytes, where: str, columns: Collection[str] | None
) -> tuple[pa.Table, tuple[str, ...]]:
    whole = head.startswith(b"ARROW1")
    names = tuple((ipc.open_file(file) if whole else ipc.open_stream(file)).schema.names)
    refuse_duplicate_names(names, where)
    file.seek(0)
    fields = [names.index(name) for name in wanted(names, columns)]
    options = ipc.IpcReadOptions(included_fields=fields)
    reader = (
        ipc.open_file(file, options=options) if whole else ipc.open_stream(file, options=options)
    )
    return reader.read_all(), names


def _joined(sources: Sequence[Source], parts: Sequence[Part]) -> pa.Table:
    first = parts[0].table
    tables = [first]
    for source, part in zip(sources[1:], parts[1:], strict=True):
        differences = _differences(first.schema, part.table.schema)
        if differences:
            raise DataError(
                f"{sources[0].path} and {source.path} do not have the same columns: "
                f"{'; '.join(differences)}. Make them alike, or name the files you mean"
            )
        tables.append(part.table.select(first.column_names).replace_schema_metadata(None))
    tables[0] = first.replace_schema_metadata(None)
    return pa.concat_tables(tables)


def _differences(one: pa.Schema, other: pa.Schema) -> list[str]:
    lost = [f"{name!r} is missing from the second" for name in one.names if name not in other.names]
    new = [f"{name!r} is missing from the first" for name in other.names if name not in one.names]
    changed = [
        f"{name!r} is {one.field(name).type} in the first, {other.field(name).type} in the second"
        for name in one.names
        if name in other.names and one.field(name).type != other.field(name).type
    ]
    return lost + new + changed


def _list(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" or {names[-1]}"
