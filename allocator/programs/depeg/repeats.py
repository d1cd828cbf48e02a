"""Positions that stand in a table twice: by their id, or by all of their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.buffers import array_of
from allocator.data.times import exact_microseconds
from allocator.data.unique import duplicates

__all__ = ["Repeats", "conflicts", "count_identical", "moments"]

Ints = NDArray[np.int64]
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, odd


@dataclass(frozen=True, eq=False)
class Repeats:
    """Rows that share an id.

    Attributes
    ----------
    repeats : ndarray of bool, shape (n,)
        Rows below the first of their id, where all rows of the id are alike.
    other : mapping of str to (rows, others)
        By the columns that differ: all rows of the ids in question, and for each another row of
        the same id that differs from it.
    """

    repeats: NDArray[np.bool_]
    other: Mapping[str, tuple[Ints, Ints]]


def conflicts(ids: pa.ChunkedArray, values: Mapping[str, Ints]) -> Repeats:
    """Compare the rows that share an id.

    Parameters
    ----------
    ids : pyarrow.ChunkedArray, length n
        Nulls are equal to nothing.
    values : mapping of str to ndarray of int64, shape (n,)

    Returns
    -------
    Repeats
        Whichever way the rows are ordered, an id is all alike or all in conflict.

    Examples
    --------
    >>> ids = pa.chunked_array([["a", "b", "a", "b", "b"]])
    >>> found = conflicts(ids, {"quantity": np.array([1, 2, 1, 3, 2])})
    >>> found.repeats.tolist()
    [False, False, True, False, False]
    >>> [rows.tolist() for rows in found.other["quantity"]]
    [[1, 3, 4], [3, 1, 3]]
    """
    rows, others = duplicates(ids)
    first = np.minimum(rows, others)  # of the id; `others` of the first one is the second
    repeats = np.zeros(len(ids), bool)
    repeats[rows[first < rows]] = True
    found = {}
    for name, column in values.items():
        differ = column[rows] != column[first]
        if differ.any():
            odd = np.full(len(ids), -1)  # the first row that differs from the first of its id
            odd[first[differ][::-1]] = rows[differ][::-1]
            told = odd[first] >= 0
            found[name] = (rows[told], np.where(differ, first, odd[first])[told])
            repeats[rows[told]] = False
    return Repeats(repeats, found)


def moments(times: pa.ChunkedArray, codes: Ints, ids: pa.ChunkedArray) -> Ints:
    """Tell the times of rows that share an id by the moment, however it is written.

    Parameters
    ----------
    times : pyarrow.ChunkedArray, length n
        Timestamps, or text that is a time.
    codes : ndarray of int64, shape (n,)
        Numbers that differ where the times are written differently.
    ids : pyarrow.ChunkedArray, length n

    Returns
    -------
    ndarray of int64, shape (n,)
        Equal for rows of one id where the moments are.

    Examples
    --------
    >>> times = pa.chunked_array([["2025-10-10T22:00Z", "2025-10-11T00:00:00+02:00"]])
    >>> moments(times, np.array([0, 1]), pa.chunked_array([["a", "a"]])).tolist()
    [0, 0]
    """
    if pa.types.is_timestamp(times.type):
        return codes
    rows, _ = duplicates(ids)
    texts = times.take(array_of(rows)).cast(pa.string()).to_pylist()
    known: dict[Fraction | None, int] = {}
    found = codes.copy()
    for row, text in zip(rows.tolist(), texts, strict=True):
        found[row] = known.setdefault(exact_microseconds(text), len(known))
    return found


def count_identical(columns: Sequence[Ints]) -> int:
    """Count the rows that are like an earlier one in every column.

    Parameters
    ----------
    columns : sequence of ndarray of int64, shape (n,)

    Returns
    -------
    int

    Examples
    --------
    >>> count_identical([np.array([1, 1, 2, 1]), np.array([5, 5, 5, 6])])
    1
    """
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        hashes = (hashes ^ column.view(np.uint64)) * MULTIPLIER
        hashes ^= hashes >> np.uint64(29)
    ordered = np.sort(hashes)
    suspects = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    rows = np.flatnonzero(np.isin(hashes, suspects))
    # Equal hashes are confirmed on the values.
    values = list(zip(*(column[rows].tolist() for column in columns), strict=True))
    return len(values) - len(set(values))
