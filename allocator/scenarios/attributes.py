"""A column of the users table, for the users of a panel: runs keep only what they need."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of, nulls_of, numbers_of
from allocator.data.check import USER_ID
from allocator.data.table import UsersTable, read_users
from allocator.errors import DataError
from allocator.scenarios.panel import Panel

__all__ = ["MOST", "NOT_KNOWN", "Labeled", "attribute_of"]

MOST = 50  # rows of a table that anybody would read
NOT_KNOWN = "not known"
RESERVED = (NOT_KNOWN, "ALL")


@dataclass(frozen=True, eq=False)
class Labeled:
    """The values of a column.

    Attributes
    ----------
    labels : tuple of str
        In order, ``not known`` last.
    codes : ndarray of int8, shape (n,)
        Into `labels`.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.int8]


def attribute_of(
    users: Panel, name: str, others: Sequence[str], source: object = None
) -> Labeled | NDArray[np.float64]:
    """Return a column of the users table for the n users of a panel.

    Parameters
    ----------
    users : Panel
    name : str
        As the first scenario's policy calls it.
    others : sequence of str
        What else could have been asked for, to name in an error.
    source : path, UsersTable, data frame or Arrow table, optional
        The users table; when not given, the files that the first scenario was run on.

    Returns
    -------
    Labeled, or ndarray of float64 of shape (n,)
        Numbers when there are more than fifty different ones, nan where they are not known.

    Raises
    ------
    DataError
        If there is no such column, the table is not at hand or has changed since the run, or the
        column holds too many values that are not numbers.
    """
    scenario = users.scenarios[0]
    mapping = scenario.allocation.policy.columns
    columns = [mapping.get(USER_ID, USER_ID), mapping.get(name, name)]
    tables = _tables(users, name, others, columns, source)
    found = pa.chunked_array(
        [chunk for table in tables for chunk in _plain(table.table.column(columns[1])).chunks]
    )
    theirs = _joined([table.table.column(columns[0]) for table in tables])
    mine = _joined([scenario.allocation.table.column("user_id")])
    if not mine.equals(theirs):
        found = found.take(pc.index_in(mine, value_set=theirs))
    return _labeled(found.take(array_of(users.rows[0])), name)


def _tables(
    users: Panel, name: str, others: Sequence[str], columns: Sequence[str], source: object
) -> list[UsersTable]:
    """Read two columns of the users table, from wherever it is."""
    runs = users.scenarios[0].allocation.sources
    told = f"by must be one of {', '.join(others)}, or a column of the users table"
    if source is None and any(each.sha256 is None or each.path == "-" for each in runs):
        raise DataError(
            f"{told}; {name!r} may be one, but this table is not kept with an allocation: hand it "
            "in, as in compare(..., users=users)"
        )
    wanted = [source] if source is not None else [each.path for each in runs]
    tables = [read_users(each, columns=columns) for each in wanted]
    if source is None:
        for table, run in zip(tables, runs, strict=True):
            if run.sha256 != table.sources[0].sha256:
                raise DataError(
                    f"{os.path.basename(run.path)} has changed since the run: hand in the users "
                    "table that it was, as in compare(..., users=users)"
                )
    for table in tables:
        for column in columns:
            if column not in table.table.column_names:
                there = ", ".join(each for each in table.present if each != columns[0])
                raise DataError(f"{told}, which has no {column!r}; it has {there}")
    return tables


def _labeled(column: pa.ChunkedArray, name: str) -> Labeled | NDArray[np.float64]:
    """Give every value a row, or return the numbers that are too many for that."""
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    encoded = encoded.chunk(0) if isinstance(encoded, pa.ChunkedArray) else encoded
    values = encoded.dictionary
    missing = nulls_of(encoded.indices)
    codes = np.where(missing, len(values), numbers_of(encoded.indices).astype(np.int64))
    if len(values) > MOST:
        try:
            found = numbers_of(values.cast(pa.float64()))
        except pa.ArrowInvalid:
            raise DataError(
                f"{name} has {len(values):,} different values, more than the {MOST} rows that a "
                "table may have: make a column of fewer groups"
            ) from None
        finite = np.where(np.isfinite(found), found, np.nan)
        return np.append(finite, np.nan)[codes]
    texts = [_text(value) for value in values.to_pylist()]
    order = sorted(range(len(texts)), key=lambda k: (_number(texts[k]), texts[k]))
    places = np.empty(len(texts) + 1, dtype=np.int8)
    places[[*order, len(texts)]] = np.arange(len(texts) + 1)
    labels = [f'"{texts[k]}"' if texts[k] in RESERVED else texts[k] for k in order]
    return Labeled((*labels, *([NOT_KNOWN] if missing.any() else [])), places[codes])


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without dictionaries, empty texts and nan null, texts all of one type."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column.cast(pa.large_string()))
        return pc.if_else(pc.equal(column, pa.scalar("", pa.large_string())), None, column)
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_nan(column), None, column)
    return column


def _joined(columns: Sequence[pa.ChunkedArray]) -> pa.Array:
    chunks = [chunk for column in columns for chunk in column.cast(pa.large_string()).chunks]
    return pa.concat_arrays(chunks)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str) -> float:
    """Return what to sort by first: numbers by size, before all other texts."""
    try:
        return float(text) if math.isfinite(float(text)) else math.inf
    except ValueError:
        return math.inf
