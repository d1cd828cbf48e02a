"""A column of times, whatever its Arrow type, against a window."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of, booleans_of, nulls_of, numbers_of
from allocator.errors import DataError

__all__ = ["exact_microseconds", "microseconds", "within_window"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
DAY_AND_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?"
NAIVE = f"^{DAY_AND_TIME}$"
ZONED = rf"^{DAY_AND_TIME}(Z|[+-]\d\d(:?\d\d)?)$"
ANY_TIME = re.compile(
    r"\s*(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s?"
    r"(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?\s*",
    re.ASCII,
)

Mask = NDArray[np.bool_]


def within_window(
    column: pa.ChunkedArray, name: str, start: datetime, end: datetime
) -> tuple[Mask, Mask, Mask]:
    """Find the times in a window, both ends included, to the last digit given.

    Parameters
    ----------
    column : pyarrow.ChunkedArray, length n
        Timestamps of any unit, or ISO 8601 text. Without a zone they are UTC.
    name : str
        The column's name, for the message.
    start, end : datetime
        Without a zone they are UTC.

    Returns
    -------
    inside : ndarray of bool, shape (n,)
    missing : ndarray of bool, shape (n,)
    bad : ndarray of bool, shape (n,)
        Text that is not a time of day on a date.

    Raises
    ------
    DataError
        If the column is of a type that holds no times.

    Examples
    --------
    >>> day = datetime(2025, 10, 10)
    >>> times = pa.chunked_array([["2025-10-10T02:00:00+02:00", "2025-10-10T00:00:00.5Z", "x"]])
    >>> inside, missing, bad = within_window(times, "time", day, day)
    >>> inside.tolist(), bad.tolist()
    ([True, False, False], [False, False, True])
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    missing = nulls_of(column)
    none = np.zeros(len(column), bool)
    if pa.types.is_null(kind):
        return none, missing, none
    first, last = (microseconds(moment) for moment in (start, end))
    if pa.types.is_timestamp(kind):
        return _inside(column, first, last) & ~missing, missing, none
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _text_inside(column, first, last)
    raise DataError(
        f"column {name!r} holds {kind} values; times must be timestamps or ISO 8601 text such as "
        "2025-10-10T21:15:00Z"
    )


def microseconds(moment: datetime) -> int:
    """Count the microseconds from 1970 to a moment; without a zone it is UTC.

    Examples
    --------
    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1))
    1000000
    """
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)


def _inside(column: pa.ChunkedArray, first: int, last: int) -> Mask:
    """Compare timestamps in their own unit, as whole numbers."""
    units = PER_SECOND[column.type.unit]
    lowest, highest = -(-first * units // 10**6), last * units // 10**6
    ticks = numbers_of(column.cast(pa.int64()))
    inside: Mask = (ticks >= lowest) & (ticks <= highest)
    return inside


def _text_inside(column: pa.ChunkedArray, first: int, last: int) -> tuple[Mask, Mask, Mask]:
    missing = nulls_of(column) | (numbers_of(pc.binary_length(column)) == 0)
    inside, bad = np.zeros(len(column), bool), np.zeros(len(column), bool)
    odd = ~missing
    for pattern, kind in ((NAIVE, pa.timestamp("ns")), (ZONED, pa.timestamp("ns", "UTC"))):
        regular = booleans_of(pc.match_substring_regex(column, pattern))
        try:
            times = column.filter(array_of(regular)).cast(kind)
        except pa.ArrowInvalid:  # a 13th month somewhere, or a year that nanoseconds do not reach
            continue
        inside[regular] = _inside(times, first, last)
        odd &= ~regular
    rows = np.flatnonzero(odd)
    for row, text in zip(rows, column.take(array_of(rows)).to_pylist(), strict=True):
        moment = exact_microseconds(text)
        if moment is None:
            bad[row] = True
        else:
            inside[row] = first <= moment <= last
    return inside, missing, bad


def exact_microseconds(text: str) -> Fraction | None:
    """Count the microseconds from 1970 to a time in ISO 8601; None if it is not one.

    Examples
    --------
    >>> exact_microseconds("1970-01-01T01:00:01+01:00"), exact_microseconds("noon")
    (Fraction(1000000, 1), None)
    """
    match = ANY_TIME.fullmatch(text)
    if match is None:
        return None
    day, clock, seconds, digits, sign, hours, minutes = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}:{seconds or '00'}+00:00")
    except ValueError:
        return None
    if int(hours or 0) > 23 or int(minutes or 0) > 59:
        return None
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) // timedelta(microseconds=1)
    fraction = Fraction(int(digits or 0) * 10**6, 10 ** len(digits or ""))
    return microseconds(moment) + fraction - (-ahead if sign == "-" else ahead)
