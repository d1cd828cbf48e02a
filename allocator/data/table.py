"""The table as read, and where each of its rows came from."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from allocator.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MEMORY",
    "SIMULATED_KEY",
    "Source",
    "UsersTable",
    "first_line",
    "plain_text",
    "read_users",
    "refuse_duplicate_names",
    "simulated_note",
    "wanted",
]

SIMULATED_KEY = b"allocator.simulated"
MEMORY = "<data frame>"
UNNAMED_INDEX = "__index_level_"


@dataclass(frozen=True)
class Source:
    """One file (or standard input, or a frame in memory) that rows were read from.

    Attributes
    ----------
    path : str
        Absolute path; ``-`` for standard input, ``<data frame>`` for a table in memory.
    sha256 : str or None
        Of the file as stored; None for a table in memory.
    size : int or None
        In bytes.
    rows : int
    first_row : int
        Index of its first row in the joined table.
    text : bool
        Whether it is CSV, so that physical line numbers can be recovered.
    held : bytes or None
        The content of an input that cannot be read twice, such as standard input, kept when it
        is CSV.
    """

    path: str
    sha256: str | None
    size: int | None
    rows: int
    first_row: int
    text: bool
    held: bytes | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, eq=False)
class UsersTable:
    """A table as read: untouched columns under their original names.

    Attributes
    ----------
    table : pyarrow.Table
        n rows; text from CSV stays text.
    sources : tuple of Source
        In row order.
    simulated : str or None
        ``"1700000 users, seed 7"`` when the table says that it was simulated.
    present : tuple of str
        Every column of the input, also those that were not asked for.
    malformed : mapping of int to str
        Rows whose record does not have the header's number of fields, all null in `table`, and
        what is wrong with them.
    index : sequence or None
        What a data frame calls its rows, where it does not count them from 0.
    """

    table: pa.Table
    sources: tuple[Source, ...]
    simulated: str | None = None
    present: tuple[str, ...] = ()
    malformed: Mapping[int, str] = field(default_factory=dict)
    index: Sequence[object] | None = None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        names = ", ".join(os.path.basename(source.path) for source in self.sources[:3])
        more = ", ..." if len(self.sources) > 3 else ""
        columns = self.table.num_columns
        return f"UsersTable({len(self):,} rows, {columns} columns, from {names}{more})"

    def to_pandas(self) -> pd.DataFrame:
        """Convert the table to a pandas frame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame


def read_users(source: object, *, columns: Collection[str] | None = None) -> UsersTable:
    """Read a users table (or any other table) exactly as it stands.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
        A file, a folder, a glob, or ``-`` for CSV or Arrow on standard input; Parquet, CSV (also
        ``.csv.gz``) and Arrow are read. Or any object with the Arrow PyCapsule interface, such
        as a pandas or polars frame.
    columns : collection of str, optional
        Read only those of these columns that exist; all columns when not given.

    Returns
    -------
    UsersTable
        Every CSV column is text, with empty fields null.

    Raises
    ------
    DataError
        If the input is missing, empty, unreadable, not what its name says, or its files do not
        have the same columns.

    Examples
    --------
    >>> users = read_users(pa.table({"user_id": ["a", "b"], "liquidation_loss": [60, 70]}))
    >>> users
    UsersTable(2 rows, 2 columns, from <data frame>)
    """
    if isinstance(source, (str, os.PathLike)):
        # Reading files needs more imports than a table already in memory does.
        from allocator.data.files import read_files

        return read_files(os.fspath(source), columns)
    if isinstance(source, UsersTable):
        return _pruned(source, columns)
    return _in_memory(source, columns)


def _pruned(users: UsersTable, columns: Collection[str] | None) -> UsersTable:
    if columns is None:
        return users
    table = users.table.select(wanted(users.table.column_names, columns))
    return replace(users, table=table)


def _in_memory(frame: object, columns: Collection[str] | None) -> UsersTable:
    # An attribute of the interface, not of a class: this is how the PyCapsule protocol is asked.
    if not hasattr(frame, "__arrow_c_stream__"):
        raise DataError(
            f"cannot read a users table from a {type(frame).__name__}: give a path, or a pandas, "
            "polars or pyarrow table"
        )
    try:
        table = pa.table(frame)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise DataError(
            f"this data frame does not convert to Arrow: {first_line(error)}. Give every column "
            "one type (a column of mixed Python objects has none) and a name of its own"
        ) from None
    # The index of a pandas frame that was filtered is no column of anybody's.
    table = table.drop_columns([n for n in table.column_names if n.startswith(UNNAMED_INDEX)])
    refuse_duplicate_names(table.column_names, "this data frame")
    if table.num_rows == 0:
        raise DataError("this data frame has no rows: there is nobody to allocate to")
    present = tuple(table.column_names)
    table = table.select(wanted(present, columns))
    source = Source(MEMORY, None, None, table.num_rows, 0, False)
    simulated = simulated_note(table)
    plain = plain_text(table, "this data frame")
    return UsersTable(plain, (source,), simulated, present, index=_index(frame))


def _index(frame: Any) -> Sequence[object] | None:
    """Return the index of a pandas frame; None for other tables, and where it counts from 0."""
    if not hasattr(frame, "iloc"):
        return None
    index: Sequence[object] = frame.index
    if type(index).__name__ == "RangeIndex":
        counts = frame.index.start == 0 and frame.index.step == 1
    else:
        counts = np.array_equal(frame.index.to_numpy(), np.arange(len(index)))
    return None if counts else index


def wanted(names: Sequence[str], columns: Collection[str] | None) -> list[str]:
    """Choose the columns to read; never none at all, which would lose the number of rows."""
    return [name for name in names if columns is None or name in columns] or list(names[:1])


def simulated_note(table: pa.Table) -> str | None:
    """Return what a table's metadata says about having been simulated, or None."""
    note: bytes | None = (table.schema.metadata or {}).get(SIMULATED_KEY)
    return None if note is None else note.decode("utf-8", "replace")


def refuse_duplicate_names(names: Collection[str], where: str) -> None:
    """Raise a DataError if two columns share a name."""
    seen: set[str] = set()
    twice = [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
    if twice:
        listed = ", ".join(repr(name) for name in dict.fromkeys(twice))
        raise DataError(f"{where} has more than one column named {listed}; rename all but one")


def plain_text(table: pa.Table, where: str) -> pa.Table:
    """Make sure that all text is UTF-8, in a layout with offsets.

    String views (polars) become large strings, also as the values of dictionaries.
    """
    for i, column in enumerate(table.itercolumns()):
        kind = column.type
        values = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_string_view(values):
            if kind is not values:
                kind = pa.dictionary(kind.index_type, pa.large_string(), kind.ordered)
            else:
                kind = pa.large_string()
            column = column.cast(kind)
            table = table.set_column(i, table.schema.field(i).with_type(kind), column)
        elif not (pa.types.is_string(values) or pa.types.is_large_string(values)):
            continue
        try:
            for chunk in column.chunks:
                chunk.validate(full=True)
                if pa.types.is_dictionary(kind):
                    chunk.dictionary.validate(full=True)
        except pa.ArrowInvalid:
            name = table.column_names[i]
            raise DataError(f"column {name!r} of {where} holds text that is not UTF-8") from None
    return table


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without a final period."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
