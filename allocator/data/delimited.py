"""CSV: every column as text, and the physical line on which each record starts."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv as arrow_csv

from allocator.data.buffers import array_of, native_buffer
from allocator.data.quotes import Misquoted, misquoted, quotes_fit
from allocator.data.table import Source, first_line, refuse_duplicate_names, wanted
from allocator.errors import DataError

__all__ = ["read_csv", "record_lines"]

GZIP_MAGIC = b"\x1f\x8b"
TORN = "has text after the closing quote of a field"
BLOCK = 1 << 22  # bytes parsed at a time; also the longest record that can be read
CHUNK = 1 << 20


def read_csv(
    path: str, held: bytes | None, columns: Collection[str] | None
) -> tuple[pa.Table, tuple[str, ...], dict[int, str]]:
    """Read one CSV file as text columns.

    Parameters
    ----------
    path : str
        Absolute path, or the name to use in messages when `held` is given.
    held : bytes or None
        The content itself, when it was not a regular file.
    columns : collection of str or None
        Those to read; None for all.

    Returns
    -------
    table : pyarrow.Table
        Rows without the right number of fields are all null.
    names : tuple of str
        The header.
    malformed : dict of int to str
        Those rows, and what is wrong with each.

    Raises
    ------
    DataError
        If the file is empty, is not UTF-8, repeats a column name or cannot be parsed.
    """
    names = _header(path, held)
    refuse_duplicate_names(names, path)
    strange: list[int] = []
    try:
        try:
            table = _parsed(path, held, names, columns)
        except pa.ArrowInvalid:  # perhaps only rows with a wrong number of fields
            table = _parsed(path, held, names, columns, strange)
    except (pa.ArrowException, OSError, UnicodeDecodeError, KeyError) as error:
        _refuse_not_utf8(path, held)
        raise DataError(
            f"{path} cannot be read as CSV: {first_line(error)}. If the file was cut "
            "off while it was copied, copy it again"
        ) from None
    torn = _misquoted(path, held)
    if not strange and not torn.rows:
        return table, names, {}
    malformed, records = _malformed(path, held, len(names))
    if records != table.num_rows + len(strange) or len(malformed) != len(strange):
        raise DataError(
            f"{path} cannot be read as CSV: {len(strange):,} rows do not have the header's "
            f"{len(names)} fields, and its quotation marks do not pair up; write a quotation mark "
            'inside a quoted field twice ("")'
        )
    table = _with_null_rows(table, malformed, records)
    if torn.rows:
        table = _blanked(table, torn.rows)
        malformed = {**dict.fromkeys(sorted(torn.rows), TORN), **malformed}
    return table, names, malformed


def _parsed(
    path: str,
    held: bytes | None,
    names: Collection[str],
    columns: Collection[str] | None,
    strange: list[int] | None = None,
) -> pa.Table:
    """Parse a CSV; with a list, rows without the right number of fields are left out and told."""

    def skip(row: arrow_csv.InvalidRow) -> str:
        assert strange is not None
        strange.append(row.actual_columns)
        return "skip"

    # A thread of Arrow's may be left holding the handler, and drop it after the read: it would
    # need Python's lock for that, and abort a process that ends just then (see `native_buffer`).
    # So there is a handler only where it is needed, and then no thread.
    serial = strange is not None
    return arrow_csv.read_csv(
        _arrow_stream(path, held),
        read_options=arrow_csv.ReadOptions(block_size=BLOCK, use_threads=not serial),
        parse_options=arrow_csv.ParseOptions(
            newlines_in_values=True, invalid_row_handler=skip if serial else None
        ),
        # Only an empty field is null: "NA" is a region, and "nan" in an amount is a mistake.
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=wanted(tuple(names), columns),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def record_lines(source: Source, records: int) -> NDArray[np.int64]:
    """Find the physical lines on which the first data records of a CSV start.

    Parameters
    ----------
    source : Source
        A text source.
    records : int
        How many records are asked for; the header is not one.

    Returns
    -------
    ndarray of int64, shape (records,)
        The first physical line is line 1; blank lines and newlines in quotes count. Records that
        cannot be located have line 0.
    """
    lines = np.zeros(records, dtype=np.int64)
    try:
        for i, (line, _) in zip(range(records), _records(source.path, source.held), strict=False):
            lines[i] = line
    except (csv.Error, OSError, UnicodeDecodeError):  # changed since it was read
        pass
    return lines


def _records(path: str, held: bytes | None) -> Iterator[tuple[int, int]]:
    """First line and number of fields of each data record; blank lines are not records."""
    with _text(path, held) as text:
        reader = csv.reader(text)
        line, header = 1, True
        for record in reader:
            if record:
                if not header:
                    yield line, len(record)
                header = False
            line = reader.line_num + 1


def _malformed(path: str, held: bytes | None, width: int) -> tuple[dict[int, str], int]:
    found, row = {}, -1
    try:
        for row, (_, fields) in enumerate(_records(path, held)):
            if fields != width:
                plural = "" if fields == 1 else "s"
                found[row] = f"has {fields} field{plural}, the header has {width}"
    except csv.Error as error:
        raise DataError(f"{path} cannot be read as CSV: {first_line(error)}") from None
    return found, row + 1


def _with_null_rows(table: pa.Table, rows: Collection[int], total: int) -> pa.Table:
    present = np.ones(total, dtype=bool)
    present[list(rows)] = False
    place = np.cumsum(present) - 1
    return table.take(array_of(place, missing=~present))


def _blanked(table: pa.Table, rows: Collection[int]) -> pa.Table:
    missing = np.zeros(table.num_rows, dtype=bool)
    missing[list(rows)] = True
    return table.take(array_of(np.arange(table.num_rows), missing=missing))


def _header(path: str, held: bytes | None) -> tuple[str, ...]:
    try:
        with _text(path, held) as text:
            for record in csv.reader(text):
                if _is_wide(",".join(record)):
                    raise DataError(_not_utf8(path, 1))
                if record:
                    return tuple(record)
    except UnicodeDecodeError:
        _refuse_not_utf8(path, held)
    except (csv.Error, OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read as CSV: {first_line(error)}") from None
    raise DataError(f"{path} is empty: it has no header line and no rows")


def _refuse_not_utf8(path: str, held: bytes | None) -> None:
    """Raise a DataError with the first line that is not UTF-8, if there is one."""
    line, rest = 1, b""
    try:
        with _binary(path, held) as stream:
            while chunk := stream.read(CHUNK):
                block = rest + chunk
                try:
                    block.decode("utf-8")
                    rest = b""
                except UnicodeDecodeError as error:
                    if error.end < len(block) or error.reason != "unexpected end of data":
                        line += block.count(b"\n", 0, error.start)
                        raise DataError(_not_utf8(path, line)) from None
                    rest = block[error.start :]  # a character cut in two by the block
                line += block.count(b"\n", 0, len(block) - len(rest))
    except (OSError, EOFError):
        return
    if rest:
        raise DataError(_not_utf8(path, line))


def _misquoted(path: str, held: bytes | None) -> Misquoted:
    """Find rows whose quotation marks do not fit, which both parsers accept in silence.

    Raises
    ------
    DataError
        If a quoted field is open at the end, so that it has swallowed the rows after it, or the
        header's marks do not fit.
    """
    with _binary(path, held) as stream:
        if quotes_fit(stream):
            return Misquoted(frozenset(), 0, None)
    with _text(path, held) as text:
        found = misquoted(text)
    if found.open_line is not None:
        raise DataError(
            f"{path} ends inside a quoted field: the quotation mark opened in the record that "
            f"starts on line {found.open_line} is never closed; close it or remove it"
        )
    if -1 in found.rows:
        raise DataError(f"{path} cannot be read as CSV: the header {TORN}")
    return found


def _is_wide(line: str) -> bool:
    """Tell whether a line is UTF-16 without a mark at its start: every other byte is zero."""
    halves = line[::2], line[1::2]
    return any(
        set(zeros) == {"\0"} and text.isprintable() for zeros, text in (halves, halves[::-1])
    )


def _not_utf8(path: str, line: int) -> str:
    return f"{path} is not UTF-8 text (line {line}); save it as 'CSV UTF-8' and try again"


def _is_gzip(path: str, held: bytes | None) -> bool:
    if held is not None:
        return held[:2] == GZIP_MAGIC
    with open(path, "rb") as stream:
        return stream.read(2) == GZIP_MAGIC


def _binary(path: str, held: bytes | None) -> BinaryIO:
    if _is_gzip(path, held):
        return cast(BinaryIO, gzip.open(path if held is None else io.BytesIO(held)))
    return io.BytesIO(held) if held is not None else open(path, "rb")


@contextmanager
def _text(path: str, held: bytes | None) -> Iterator[io.TextIOWrapper]:
    # newline="" keeps line ends as they are, which is what the csv module counts lines by.
    with (
        _binary(path, held) as binary,
        io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text,
    ):
        yield text


def _arrow_stream(path: str, held: bytes | None) -> pa.NativeFile:
    compression = "gzip" if _is_gzip(path, held) else None
    return pa.input_stream(path if held is None else native_buffer(held), compression=compression)
