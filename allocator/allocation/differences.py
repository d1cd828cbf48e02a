"""Where what is stored differs from what follows: JSON name by name, columns row by row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.manifest import read_json
from allocator.data.buffers import nulls_of

__all__ = ["agree", "first_difference", "otherwise", "plain_type", "same_order"]

ROUNDED = 1e-9  # a certificate has 12 digits, and powers may make the last few uncertain
NEAR_ZERO = 1e-12  # where a relative difference says nothing


def otherwise(path: Path, expected: dict[str, Any]) -> list[str]:
    """Say what a stored file says otherwise."""
    stored = read_json(path)
    if not isinstance(stored, dict):
        return [f"{path.name} does not say what follows: it is not an object with names"]
    names = [name for name in expected if name not in stored]
    names += [repr(name) for name in stored if name not in expected]
    names += [
        name for name in expected if name in stored and not agree(stored[name], expected[name])
    ]
    return [f"{path.name} does not say what follows: {', '.join(names)}"] if names else []


def agree(stored: object, value: object) -> bool:
    """Compare JSON with what would be written; to JSON, 1 is neither true nor 1.0."""
    if isinstance(value, (list, tuple)):
        return (
            isinstance(stored, list)
            and len(stored) == len(value)
            and all(map(agree, stored, value))
        )
    if isinstance(value, Mapping):
        return (
            isinstance(stored, dict)
            and stored.keys() == value.keys()
            and all(agree(stored[name], each) for name, each in value.items())
        )
    if isinstance(stored, float) and isinstance(value, float):
        return math.isclose(stored, value, rel_tol=ROUNDED, abs_tol=NEAR_ZERO)
    return type(stored) is type(value) and stored == value


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return a type whatever its dictionary and the width of its text."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return pa.string() if pa.types.is_large_string(kind) else kind


def first_difference(expected: pa.ChunkedArray, stored: pa.ChunkedArray) -> int | None:
    """Find the first row on which two columns differ, whatever the types they are written in.

    Parameters
    ----------
    expected, stored : pyarrow.ChunkedArray, length n

    Returns
    -------
    int or None
        Counted from 0; 0 also where the stored column cannot be read as the expected type. None
        when there is no such row.

    Examples
    --------
    >>> first_difference(pa.chunked_array([[1, 2, None]]), pa.chunked_array([["1", "2", "3"]]))
    2
    """
    if pa.types.is_null(expected.type):
        known = np.flatnonzero(~nulls_of(stored))
        return int(known[0]) if len(known) else None
    if pa.types.is_dictionary(expected.type):
        expected = expected.cast(expected.type.value_type)
    try:
        stored = stored.cast(expected.type)
    except pa.ArrowException:
        return 0
    if expected.equals(stored):
        return None
    start, stop = 0, len(expected)
    while stop - start > 1:
        middle = (start + stop) // 2
        if expected.slice(start, middle - start).equals(stored.slice(start, middle - start)):
            start = middle
        else:
            stop = middle
    return start


def same_order(derived: NDArray[np.float64], stored: NDArray[np.float64]) -> bool:
    """Tell whether equals stay equal and nobody overtakes or catches up with anybody."""
    order = np.argsort(derived, kind="stable")
    return bool(np.array_equal(np.diff(derived[order]) > 0, np.diff(stored[order]) > 0)) and bool(
        (np.diff(stored[order]) >= 0).all()
    )
