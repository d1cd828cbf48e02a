"""Arrow arrays as numpy arrays over the same memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.money import FINE_DIGITS

__all__ = ["decimals_of", "numbers_of", "text_of"]


def numbers_of(array: pa.Array) -> NDArray[Any]:
    """Return the values of an integer or float array, those of nulls being anything.

    Parameters
    ----------
    array : pyarrow.Array, length n

    Returns
    -------
    ndarray, shape (n,)
        A view, read-only.
    """
    dtype = np.dtype(array.type.to_pandas_dtype())
    if len(array) == 0:
        return np.zeros(0, dtype)
    return np.frombuffer(array.buffers()[1], dtype, len(array), array.offset * dtype.itemsize)


def text_of(array: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes of a text array, and where each text starts and ends in them.

    Parameters
    ----------
    array : pyarrow.StringArray or pyarrow.LargeStringArray, length n

    Returns
    -------
    data : ndarray of uint8
        From the first text on; may be longer than the texts.
    offsets : ndarray of int64, shape (n + 1,)
        Text i is ``data[offsets[i]:offsets[i + 1]]``; nulls are usually empty.
    """
    if len(array) == 0:
        return np.zeros(0, np.uint8), np.zeros(1, np.int64)
    dtype = np.dtype(np.int32 if pa.types.is_string(array.type) else np.int64)
    _, offsets, data = array.buffers()
    places = np.frombuffer(offsets, dtype, len(array) + 1, array.offset * dtype.itemsize)
    start, end = int(places[0]), int(places[-1])
    return np.frombuffer(data, np.uint8)[start:end], places.astype(np.int64) - start


def decimals_of(
    parts: NDArray[np.int64], *, precision: int = 18, missing: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Return counts of 1e-8 dollars as an Arrow array of decimals with eight decimals.

    Parameters
    ----------
    parts : ndarray of int64, shape (n,)
    precision : int, optional
        Digits in all; 18 hold less than $10 billion, 19 every amount.
    missing : ndarray of bool, shape (n,), optional
        Where the result is null.

    Returns
    -------
    pyarrow.Decimal128Array, length n

    Examples
    --------
    >>> decimals_of(np.array([5_000_000_000]))[0]
    <pyarrow.Decimal128Scalar: Decimal('50.00000000')>
    """
    words = np.empty((len(parts), 2), np.int64)
    words[:, 0] = parts
    words[:, 1] = parts >> 63
    valid = None if missing is None else pa.array(~missing).buffers()[1]
    kind = pa.decimal128(precision, FINE_DIGITS)
    return pa.Array.from_buffers(kind, len(parts), [valid, pa.py_buffer(words)])
