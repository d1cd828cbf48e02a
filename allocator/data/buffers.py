"""Arrow arrays as numpy arrays and back, over the same memory where that is possible.

pyarrow's own ways between the two (`pa.array`, `pa.scalar`, `np.asarray` of an Arrow array) import
pandas to see whether they were given something of its, which takes half a second. These do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.money import FINE_DIGITS

__all__ = [
    "array_of",
    "booleans_of",
    "decimals_of",
    "native_buffer",
    "nulls_of",
    "numbers_of",
    "text_of",
    "texts_array",
]


def numbers_of(array: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """Return the values of an integer, float or timestamp array, those of nulls being anything.

    Parameters
    ----------
    array : pyarrow.Array or pyarrow.ChunkedArray, length n

    Returns
    -------
    ndarray, shape (n,)
        A read-only view if the array is in one piece.

    Examples
    --------
    >>> numbers_of(pa.chunked_array([[1], [2, 3]]))
    array([1, 2, 3])
    """
    if isinstance(array, pa.ChunkedArray):
        if array.num_chunks != 1:
            chunks = [numbers_of(chunk) for chunk in array.chunks]
            return np.concatenate([np.zeros(0, array.type.to_pandas_dtype()), *chunks])
        array = array.chunk(0)
    dtype = np.dtype(array.type.to_pandas_dtype())
    if len(array) == 0:
        return np.zeros(0, dtype)
    return np.frombuffer(array.buffers()[1], dtype, len(array), array.offset * dtype.itemsize)


def booleans_of(array: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return the values of a boolean array, False for nulls.

    Parameters
    ----------
    array : pyarrow.BooleanArray or pyarrow.ChunkedArray, length n

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> booleans_of(pa.array([True, None, False]))
    array([ True, False, False])
    """
    if isinstance(array, pa.ChunkedArray):
        return np.concatenate([np.zeros(0, bool), *map(booleans_of, array.chunks)])
    if len(array) == 0:
        return np.zeros(0, bool)
    valid, values = (None if bits is None else _unpacked(bits, array) for bits in array.buffers())
    assert values is not None  # only the first buffer, of validity, may be absent
    return values if valid is None else values & valid


def nulls_of(array: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return where an array is null.

    Parameters
    ----------
    array : pyarrow.Array or pyarrow.ChunkedArray, length n

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> nulls_of(pa.array(["a", None]))
    array([False,  True])
    """
    return booleans_of(array.is_null()) if array.null_count else np.zeros(len(array), bool)


def array_of(values: NDArray[Any], *, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return numbers or booleans as an Arrow array.

    Parameters
    ----------
    values : ndarray of integers, floats or bool, shape (n,)
    missing : ndarray of bool, shape (n,), optional
        Where the result is null.

    Returns
    -------
    pyarrow.Array, length n

    Examples
    --------
    >>> array_of(np.array([1, 2]), missing=np.array([False, True])).to_pylist()
    [1, None]
    """
    kind = pa.from_numpy_dtype(values.dtype)
    data = _packed(values) if values.dtype == bool else pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [_validity(missing), data])


def texts_array(texts: Sequence[str]) -> pa.Array:
    """Return a few texts as an Arrow array.

    Parameters
    ----------
    texts : sequence of str, length n

    Returns
    -------
    pyarrow.StringArray, length n

    Examples
    --------
    >>> texts_array(["EU", "NA"]).to_pylist()
    ['EU', 'NA']
    """
    encoded = [text.encode("utf-8") for text in texts]
    offsets = np.fromiter(accumulate(map(len, encoded), initial=0), np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


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
    kind = pa.decimal128(precision, FINE_DIGITS)
    return pa.Array.from_buffers(kind, len(parts), [_validity(missing), pa.py_buffer(words)])


def _unpacked(bits: pa.Buffer, array: pa.Array) -> NDArray[np.bool_]:
    end = array.offset + len(array)
    ones = np.unpackbits(np.frombuffer(bits, np.uint8), count=end, bitorder="little")
    return ones[array.offset :].view(bool)


def _packed(values: NDArray[np.bool_]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(values, bitorder="little"))


def _validity(missing: NDArray[np.bool_] | None) -> pa.Buffer | None:
    return None if missing is None else _packed(~missing)


def native_buffer(content: bytes) -> pa.Buffer:
    """Copy bytes into memory of Arrow's own.

    Arrow's threads may drop what they read after the call that read it has returned. To drop a
    Python object they need the interpreter's lock, and a thread that asks for it while the
    interpreter shuts down aborts the process.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    pyarrow.Buffer

    Examples
    --------
    >>> native_buffer(b"abc").to_pybytes()
    b'abc'
    """
    sink = pa.BufferOutputStream()
    sink.write(content)
    return sink.getvalue()
