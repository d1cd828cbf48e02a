"""Files that appear under their names only when they are whole, hashed while they are written."""

from __future__ import annotations

import csv as text_csv
import hashlib
import io
import json
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc

from allocator.data.buffers import array_of, booleans_of, texts_array
from allocator.data.disk import Stage, size_of, sync_folder, why_not
from allocator.errors import AllocatorError

__all__ = ["write_csv", "write_file", "write_json", "write_parquet"]

ROW_GROUP = 1 << 18  # rows; a few megabytes per column chunk, a partition for whoever streams
SAMPLE = 4096  # rows looked at to see whether a text column repeats itself
ZEROS = r"(\.\d\d\d*?)0+$"  # after the cents they say nothing
PLAIN_SCALE = 6  # Arrow writes decimals of a larger scale as 1E-8


class _Hashing(io.RawIOBase):
    """A file that is hashed and counted on its way to the disk."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._sha256 = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._sha256.update(view)
        self._file.write(view)
        self.size += len(view)
        return len(view)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()


def write_file(
    path: str | os.PathLike[str],
    content: bytes | Callable[[BinaryIO], object],
    *,
    space: int | None = None,
    stage: Stage | None = None,
) -> tuple[str, int]:
    """Write a file beside its place, sync it to the disk, and only then give it its name.

    Parameters
    ----------
    path : path
    content : bytes, or callable that takes a binary file and writes to it
    space : int, optional
        About how many bytes will be written, for the message about a full disk.
    stage : Stage, optional
        What gives the file its name, later; without, it has it at once.

    Returns
    -------
    sha256 : str
    size : int
        In bytes.

    Raises
    ------
    AllocatorError
        If the file cannot be written, for instance on a full disk. Nothing of it is then left,
        and an older file of that name is as it was; also after any other error.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sha256, size = write_file(os.path.join(folder, "hello.txt"), b"hello")
    >>> sha256[:8], size
    ('2cf24dba', 5)
    """
    path = os.path.abspath(path)
    folder, name = os.path.split(path)
    beside = os.path.join(folder, f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            sha256, size = _written(beside, content)
            if stage is None:
                os.replace(beside, path)
            else:
                stage.files[path] = beside
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise
        if stage is None:
            sync_folder(folder)
    except OSError as error:
        needed = f" about {size_of(space)}" if space is not None else ""
        if isinstance(content, bytes):
            needed = f" {size_of(len(content))}"
        raise AllocatorError(why_not(path, folder, error, needed)) from error
    return sha256, size


def write_parquet(
    path: str | os.PathLike[str], table: pa.Table, *, stage: Stage | None = None
) -> tuple[str, int]:
    """Write a table as Parquet: the same table, the same bytes.

    Parameters
    ----------
    path : path
    table : pyarrow.Table
    stage : Stage, optional
        As in `write_file`.

    Returns
    -------
    sha256 : str
    size : int
        In bytes.

    Raises
    ------
    AllocatorError
        If the file cannot be written.
    """
    from pyarrow import parquet

    def write(file: BinaryIO) -> None:
        # Not `parquet.write_table`, which imports pandas.
        with parquet.ParquetWriter(
            file,
            table.schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=_repetitive(table),
            store_decimal_as_integer=True,
        ) as writer:
            writer.write_table(table, row_group_size=ROW_GROUP)

    return write_file(path, write, space=table.nbytes, stage=stage)


def write_csv(
    path: str | os.PathLike[str], table: pa.Table, *, stage: Stage | None = None
) -> tuple[str, int]:
    """Write a table as CSV with a header, decimals in plain digits, quoted only if need be.

    Parameters
    ----------
    path : path
    table : pyarrow.Table
    stage : Stage, optional
        As in `write_file`.

    Returns
    -------
    sha256 : str
    size : int
        In bytes.

    Raises
    ------
    AllocatorError
        If the file cannot be written.
    """
    from pyarrow import csv

    plain = pa.table({name: _plain(table.column(name)) for name in table.column_names})

    def write(file: BinaryIO, quoting: str) -> None:
        file.write(_csv_header(table.column_names))  # Arrow would put it in quotes always
        csv.write_csv(plain, file, csv.WriteOptions(include_header=False, quoting_style=quoting))

    try:
        return write_file(path, lambda file: write(file, "none"), space=plain.nbytes, stage=stage)
    except pa.ArrowInvalid:  # a comma, a quotation mark or a line end in a text
        return write_file(path, lambda file: write(file, "needed"), space=plain.nbytes, stage=stage)


def write_json(
    path: str | os.PathLike[str], content: object, *, stage: Stage | None = None
) -> tuple[str, int]:
    """Write JSON for people to read: keys as given, indented, a newline at the end.

    Parameters
    ----------
    path : path
    content : object
        Of dictionaries, lists, texts, finite numbers, booleans and None.
    stage : Stage, optional
        As in `write_file`.

    Returns
    -------
    sha256 : str
    size : int
        In bytes.

    Raises
    ------
    AllocatorError
        If the file cannot be written.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return write_file(path, text.encode("utf-8"), stage=stage)


def _written(path: str, content: bytes | Callable[[BinaryIO], object]) -> tuple[str, int]:
    with open(path, "xb") as file:
        hashing = _Hashing(file)
        if isinstance(content, bytes):
            hashing.write(content)
        else:
            content(cast(BinaryIO, hashing))
        file.flush()
        os.fsync(file.fileno())
    return hashing.sha256, hashing.size


def _repetitive(table: pa.Table) -> list[str]:
    """Name the columns that a dictionary makes smaller: ids only waste time in one."""
    names = []
    for name in table.column_names:
        column = table.column(name)
        sample = column.slice(0, SAMPLE)
        if pa.types.is_dictionary(column.type) or (
            not pa.types.is_boolean(column.type)
            and pc.count_distinct(sample, mode="all").as_py() * 4 <= len(sample)
        ):
            names.append(name)
    return names


def _csv_header(names: Sequence[str]) -> bytes:
    line = io.StringIO()
    text_csv.writer(line, lineterminator="\n").writerow(names)
    return line.getvalue().encode("utf-8")


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if not pa.types.is_decimal(kind) or kind.scale <= PLAIN_SCALE:
        return column
    texts = column.cast(pa.string())
    short = array_of(booleans_of(pc.match_substring(texts, "E")))
    rewritten = [format(Decimal(text), "f") for text in texts.filter(short).to_pylist()]
    plain = pc.replace_with_mask(texts, short, texts_array(rewritten))
    return pc.replace_substring_regex(plain, ZEROS, r"\1")
