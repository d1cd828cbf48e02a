"""A column of amounts, whatever its Arrow type, as exact integer counts of 1e-8 dollars."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import nulls_of, numbers_of, text_of
from allocator.data.digits import parse_text
from allocator.data.faults import Fault
from allocator.errors import DataError
from allocator.money import FINE, FINE_DIGITS, MAX_DOLLARS, fine_from_floats

__all__ = ["Amounts", "read_amounts"]

LIMIT = MAX_DOLLARS * FINE
DIVISOR_DIGITS = 9  # 10**9 is the largest power of ten by which 32-bit limbs divide in a uint64
LIMB_BITS = 32


@dataclass(frozen=True, eq=False)
class Amounts:
    """Amounts of n rows.

    Attributes
    ----------
    parts : ndarray of int64, shape (n,)
        Counts of 1e-8 dollars; 0 where there is a fault.
    faults : ndarray of uint8, shape (n,)
        Members of `Fault`, 0 where the amount is exact.
    rounded : ndarray of bool, shape (n,)
        Floats whose shortest decimal has more than eight decimals, and was rounded half-even.
    """

    parts: NDArray[np.int64]
    faults: NDArray[np.uint8]
    rounded: NDArray[np.bool_]


def read_amounts(column: pa.ChunkedArray | pa.Array, name: str) -> Amounts:
    """Read a column of dollars exactly.

    Parameters
    ----------
    column : pyarrow.ChunkedArray or pyarrow.Array, length n
        Decimals of any width and scale, integers, floats, text, dictionaries of these, or all
        null.
    name : str
        The column's name, for the message.

    Returns
    -------
    Amounts

    Raises
    ------
    DataError
        If the column is of a type that holds no amounts.

    Examples
    --------
    >>> amounts = read_amounts(pa.array(["$1,234.50", "x", None]), "loss")
    >>> amounts.parts.tolist(), amounts.faults.tolist()
    ([123450000000, 0, 0], [0, 2, 1])
    """
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    n = len(column)
    amounts = Amounts(np.zeros(n, np.int64), np.zeros(n, np.uint8), np.zeros(n, bool))
    read = _reader(column.type, name)
    first = 0
    for chunk in chunks:
        rows = slice(first, first + len(chunk))
        part = read(chunk)
        amounts.parts[rows] = part.parts
        amounts.faults[rows] = part.faults
        amounts.rounded[rows] = part.rounded
        if chunk.null_count:
            missing = nulls_of(chunk)
            amounts.parts[rows][missing] = 0
            amounts.faults[rows][missing] = Fault.MISSING
            amounts.rounded[rows][missing] = False
        first += len(chunk)
    return amounts


def _reader(kind: pa.DataType, name: str) -> Callable[[pa.Array], Amounts]:
    """Choose the function that reads the values of a chunk; those of nulls do not matter."""
    types = pa.types
    if types.is_dictionary(kind):
        of_values = _reader(kind.value_type, name)
        return lambda chunk: _from_dictionary(chunk, of_values)
    for holds, read in (
        (types.is_decimal, _from_decimals),
        (types.is_integer, _from_integers),
        # A half float has three digits, so that it holds no amount anybody meant.
        (lambda kind: types.is_float32(kind) or types.is_float64(kind), _from_floats),
        (lambda kind: types.is_string(kind) or types.is_large_string(kind), _from_text),
        (types.is_null, _nothing),
    ):
        if holds(kind):
            return read
    raise DataError(
        f"column {name!r} holds {kind} values; amounts must be decimals, integers, floats of "
        "32 or 64 bits, or text such as 1,234.50"
    )


def _nothing(chunk: pa.Array) -> Amounts:
    n = len(chunk)
    return Amounts(np.zeros(n, np.int64), np.zeros(n, np.uint8), np.zeros(n, bool))


def _from_dictionary(
    chunk: pa.DictionaryArray, of_values: Callable[[pa.Array], Amounts]
) -> Amounts:
    if len(chunk.dictionary) == 0:  # every row is null
        return _nothing(chunk)
    values = _dictionary_values(chunk.dictionary, of_values)
    places = np.where(nulls_of(chunk), 0, numbers_of(chunk.indices))
    return Amounts(values.parts[places], values.faults[places], values.rounded[places])


def _dictionary_values(dictionary: pa.Array, of_values: Callable[[pa.Array], Amounts]) -> Amounts:
    """Read a dictionary's values, which may hold a null of their own."""
    values = of_values(dictionary)
    missing = nulls_of(dictionary)
    return Amounts(
        np.where(missing, 0, values.parts),
        np.where(missing, np.uint8(Fault.MISSING), values.faults),
        values.rounded & ~missing,
    )


def _from_text(chunk: pa.Array) -> Amounts:
    data, offsets = text_of(chunk)
    parts, faults = parse_text(data, offsets[:-1], offsets[1:])
    return Amounts(parts, faults, np.zeros(len(chunk), bool))


def _from_integers(chunk: pa.Array) -> Amounts:
    return _scaled_up(numbers_of(chunk), FINE)


def _from_floats(chunk: pa.Array) -> Amounts:
    if not pa.types.is_float64(chunk.type):
        # A narrow float means its own shortest decimal, 0.1 and not 0.10000000149; at most nine
        # digits, so that the nearest double has the same shortest decimal.
        chunk = pc.cast(pc.cast(chunk, pa.string()), pa.float64())
    values = numbers_of(chunk)
    if chunk.null_count:
        values = np.where(nulls_of(chunk), 0.0, values)
    finite = np.isfinite(values)
    large = finite & (np.abs(values) >= MAX_DOLLARS)
    faults = np.where(finite, np.uint8(Fault.NONE), np.uint8(Fault.NOT_FINITE))
    faults[large] = Fault.TOO_LARGE
    usable = faults == Fault.NONE
    parts, rounded = fine_from_floats(values if usable.all() else np.where(usable, values, 0.0))
    return Amounts(parts, faults, rounded)


def _from_decimals(chunk: pa.Array) -> Amounts:
    if chunk.type.bit_width < 128:
        chunk = chunk.cast(pa.decimal128(chunk.type.precision, chunk.type.scale))
    width, scale, n = chunk.type.bit_width, chunk.type.scale, len(chunk)
    words = np.frombuffer(chunk.buffers()[1], np.int64) if n else np.zeros(0, np.int64)
    per_value = width // 64
    words = words[chunk.offset * per_value : (chunk.offset + n) * per_value].reshape(n, per_value)
    if chunk.null_count:  # what stands under a null is anything
        words = np.where(nulls_of(chunk)[:, None], 0, words)
    low, sign = words[:, 0], words[:, 0] >> 63
    shift = FINE_DIGITS - scale
    if 0 <= shift <= 18 and all(np.array_equal(words[:, k], sign) for k in range(1, per_value)):
        return _scaled_up(low, 10**shift)
    return _from_limbs(words, shift)


def _scaled_up(units: NDArray[np.integer[Any]], factor: int) -> Amounts:
    limit = -(-LIMIT // factor)
    # Two comparisons instead of abs, which has no answer for the smallest int64.
    large = (units >= limit) | (units <= -limit)
    parts = np.where(large, 0, units).astype(np.int64, copy=False) * factor
    faults = np.where(large, np.uint8(Fault.TOO_LARGE), np.uint8(Fault.NONE))
    return Amounts(parts, faults, np.zeros(len(units), bool))


def _from_limbs(words: NDArray[np.int64], shift: int) -> Amounts:
    """Decimals of two or four 64-bit words, least significant first, times 10**shift.

    The size is divided by 10**-shift in 32-bit limbs, as on paper; anything left over is a
    nonzero digit after the eighth decimal.
    """
    negative = words[:, -1] < 0
    limbs = np.ascontiguousarray(np.where(negative[:, None], ~words, words)).view(np.uint32)
    wide = np.ascontiguousarray(limbs.T).astype(np.uint64)
    carry = negative.astype(np.uint64)  # the size of a negative number is its complement plus one
    for limb in wide:
        limb += carry
        carry = limb >> LIMB_BITS
        limb &= 0xFFFFFFFF
    left_over = np.zeros(len(words), bool)
    digits = -shift
    while digits > 0:
        divisor = 10 ** min(digits, DIVISOR_DIGITS)
        rest = np.zeros(len(words), np.uint64)
        for limb in wide[::-1]:
            quotient, rest = np.divmod((rest << LIMB_BITS) | limb, divisor)
            limb[:] = quotient
        left_over |= rest != 0
        digits -= DIVISOR_DIGITS
    size = wide[0] | (wide[1] << LIMB_BITS)
    factor = 10 ** max(shift, 0)
    large = (size >= -(-LIMIT // factor)) | wide[2:].any(axis=0)
    faults = np.where(large, np.uint8(Fault.TOO_LARGE), np.uint8(Fault.NONE))
    faults[left_over & ~large] = Fault.TOO_FINE
    # A scale of less than -10 leaves only zero below the limit, whatever the factor.
    size = np.where(faults != Fault.NONE, 0, size) * np.uint64(min(factor, LIMIT))
    parts = size.astype(np.int64)
    return Amounts(np.where(negative, -parts, parts), faults, np.zeros(len(words), bool))
