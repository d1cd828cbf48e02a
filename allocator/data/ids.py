"""Ids of users: text or whole numbers, none missing and none twice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allocator.data.buffers import array_of, nulls_of, numbers_of
from allocator.data.findings import Findings
from allocator.data.unique import duplicates
from allocator.errors import DataError

__all__ = ["check_ids", "typed_ids"]


def check_ids(table: pa.Table, name: str, findings: Findings) -> pa.ChunkedArray:
    """Check that ids are text or whole numbers, none missing and none twice.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        The id column.
    findings : Findings
        Bad rows are added to it.

    Returns
    -------
    pyarrow.ChunkedArray
        Text (with empty texts null) or integers.

    Raises
    ------
    DataError
        If the column holds neither.
    """
    ids = typed_ids(table, name)
    if ids.null_count:
        findings.add("is missing", name, np.flatnonzero(nulls_of(ids)))
    rows, others = duplicates(ids)
    findings.add(f"same {name} as", name, rows, others)
    return ids


def typed_ids(table: pa.Table, name: str) -> pa.ChunkedArray:
    """Read a column of ids as text, with empty texts null, or as integers.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        The id column.

    Returns
    -------
    pyarrow.ChunkedArray

    Raises
    ------
    DataError
        If the column holds neither text nor whole numbers.
    """
    ids, types = table.column(name), pa.types
    if types.is_dictionary(ids.type):
        ids = ids.cast(ids.type.value_type)
    kind = ids.type
    if types.is_null(kind) or (types.is_decimal(kind) and kind.scale == 0):
        ids = ids.cast(pa.string())
    elif types.is_integer(kind):
        return ids
    elif not (types.is_string(kind) or types.is_large_string(kind)):
        hint = ""
        if types.is_floating(kind):
            hint = "; pandas makes floats of integers when one of them is missing"
        raise DataError(
            f"column {name!r} holds {kind} values; ids must be text or whole numbers{hint}"
        )
    empty = numbers_of(pc.binary_length(ids)) == 0
    if (empty & ~nulls_of(ids)).any():
        ids = pc.if_else(array_of(empty), pa.nulls(len(ids), ids.type), ids)
    return ids
