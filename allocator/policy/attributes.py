"""Attribute columns: each distinct value is looked at once, never each row."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.amounts import read_amounts
from allocator.data.buffers import nulls_of, numbers_of
from allocator.data.faults import Fault
from allocator.errors import DataError, PolicyError, nearest
from allocator.money import exact, parse_fine
from allocator.policy.sections import Range

if TYPE_CHECKING:
    from allocator.data.check import Users

__all__ = [
    "Column",
    "attribute",
    "distinct_of",
    "factor_codes",
    "in_range",
    "is_any_of",
    "key_of",
    "numbered",
    "within",
]

Column: TypeAlias = "pa.Array | pa.ChunkedArray"
Key = str | bool | Fraction | None


def attribute(users: Users, name: str, key: str) -> Column:
    """Return an attribute column.

    Parameters
    ----------
    users : Users
    name : str
        The column.
    key : str
        The policy key that refers to it, for the message.

    Raises
    ------
    PolicyError
        If the table has no such column; it names the nearest one.
    DataError
        If the column holds no single values, as one of lists does.
    """
    if name in users.attributes:
        column = users.attributes[name]
        _check_kind(column.type, name, key)
        return column
    present = [*users.attributes, *users.table.column_names]
    close = nearest(name, present)
    raise PolicyError(
        f"{key}: the users table has no column {name!r}; "
        + (f"did you mean {close!r}? " if close else "")
        + "Its columns: "
        + ", ".join(users.table.column_names)
    )


def key_of(value: object, *, numeric: bool, boolean: bool) -> Key:
    """Return what a value is compared by, for a column of numbers, of booleans, or of text.

    Parameters
    ----------
    value : object
        A value of the column, or one from the policy.
    numeric, boolean : bool
        What the column holds.

    Returns
    -------
    str, bool, Fraction or None
        Equal for equal values; None for what the column cannot hold.

    Examples
    --------
    >>> key_of("7.0", numeric=True, boolean=False) == key_of(7, numeric=True, boolean=False)
    True
    >>> key_of(True, numeric=False, boolean=False), key_of("TRUE", numeric=False, boolean=False)
    ('true', 'true')
    """
    text = str(value)
    if text.lower() in ("true", "false"):
        text = text.lower()
    if boolean:
        return {"true": True, "false": False, "1": True, "0": False}.get(text)
    if numeric:
        try:
            return exact(value)
        except ValueError:
            return None
    return text


def is_any_of(column: Column, values: tuple[bool | int | str, ...]) -> NDArray[np.bool_]:
    """Tell which rows hold one of the values; nulls do not.

    Parameters
    ----------
    column : Array or ChunkedArray, length n
    values : tuple of bool, int or str

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> is_any_of(pa.array(["EU", None, "NA"]), ("NA", "LATAM")).tolist()
    [False, False, True]
    """
    codes, distinct = distinct_of(column)
    wanted = {_key(column.type, value) for value in values} - {None}
    return _spread(codes, [_key(column.type, value) in wanted for value in distinct])


def in_range(
    column: Column, limits: Range, name: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which rows hold a number within the limits, both inclusive, and which hold none.

    Parameters
    ----------
    column : Array or ChunkedArray, length n
        Numbers, or text that reads as numbers; at most 8 decimals count.
    limits : Range
    name : str
        The column's name, for the message.

    Returns
    -------
    inside : ndarray of bool, shape (n,)
        False for nulls.
    strange : ndarray of bool, shape (n,)
        Where there is something, but not a number below 90 billion.

    Raises
    ------
    DataError
        If the column's type holds no numbers.

    Examples
    --------
    >>> inside, strange = in_range(pa.array(["7", "7.01", None, "x"]), Range(max="7"), "level")
    >>> inside.tolist(), strange.tolist()
    ([True, False, False, False], [False, False, False, True])
    """
    amounts = read_amounts(column, name)
    inside = within(amounts.parts, limits) & (amounts.faults == Fault.NONE)
    return inside, (amounts.faults != Fault.NONE) & (amounts.faults != Fault.MISSING)


def within(parts: NDArray[np.int64], limits: Range) -> NDArray[np.bool_]:
    """Tell which amounts lie within the limits, both inclusive.

    Parameters
    ----------
    parts : ndarray of int64, shape (n,)
        Counts of 1e-8.
    limits : Range

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> within(np.array([7, 8]) * 10**8, Range(min="7.00000001")).tolist()
    [False, True]
    """
    inside = np.ones(len(parts), dtype=bool)
    if limits.min is not None:
        inside &= parts >= parse_fine(limits.min)
    if limits.max is not None:
        inside &= parts <= parse_fine(limits.max)
    return inside


def factor_codes(
    users: Users, name: str, table: dict[str, float]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return each row's distinct value by number, and the factor of each distinct value.

    Parameters
    ----------
    users : Users
        n rows.
    name : str
        The column.
    table : dict of str to float
        Factors by value; "*" for those not listed, and for nulls.

    Returns
    -------
    codes : ndarray of intp, shape (n,)
        Into `factors`; the last entry, -1, is that of nulls.
    factors : ndarray of float64
        NaN for a value that is not listed, when there is no "*".
    """
    column = attribute(users, name, f"weights.factors.{name}")
    codes, distinct = distinct_of(column)
    rest = table.get("*", np.nan)
    listed = {_key(column.type, value): factor for value, factor in table.items() if value != "*"}
    factors = [listed.get(_key(column.type, value), rest) for value in distinct]
    return codes, np.array([*factors, rest], dtype=np.float64)


def numbered(
    users: Users, name: str, key: str, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[str]]:
    """Return the values of a column that occur on some rows, by number.

    Parameters
    ----------
    users : Users
    name : str
        The column.
    key : str
        The policy key that refers to it, for messages.
    rows : ndarray of int64, shape (m,)

    Returns
    -------
    codes : ndarray of int64, shape (m,)
        -1 for nulls.
    values : list of str
        As text.
    """
    codes, distinct = distinct_of(attribute(users, name, key))
    first: dict[object, int] = {}
    same = [first.setdefault(value, i) for i, value in enumerate(distinct)]
    if len(first) < len(distinct):  # a dictionary may list a value twice
        codes = np.array([*same, -1])[codes]
    found = codes[rows]
    used = np.zeros(len(distinct) + 1, dtype=bool)
    used[found] = True
    used[-1] = False
    number = np.cumsum(used) - 1
    number[-1] = -1
    return number[found].astype(np.int64), [
        str(value).lower() if isinstance(value, bool) else str(value)
        for value, is_used in zip(distinct, used[:-1].tolist(), strict=True)
        if is_used
    ]


def _check_kind(kind: pa.DataType, name: str, key: str) -> None:
    values = kind.value_type if pa.types.is_dictionary(kind) else kind
    try:
        pc.dictionary_encode(pa.nulls(0, values))
    except pa.ArrowNotImplementedError:
        raise DataError(
            f"column {name!r} holds {kind} values, which {key} cannot compare; attributes must be "
            "text, numbers, or true and false"
        ) from None


def distinct_of(column: Column) -> tuple[NDArray[np.intp], list[object]]:
    """Return each row's distinct value by number (-1 for null), and the distinct values.

    Examples
    --------
    >>> codes, values = distinct_of(pa.array(["EU", None, "EU"]))
    >>> codes.tolist(), values
    ([0, -1, 0], ['EU'])
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    # A dictionary may itself list a value as null, or twice: both are handled by the values.
    codes = np.where(nulls_of(column.indices), -1, numbers_of(column.indices)).astype(np.intp)
    values = column.dictionary.to_pylist()
    if pa.types.is_float16(column.dictionary.type) or pa.types.is_float32(column.dictionary.type):
        # A narrow float means its own shortest decimal, 0.1 and not 0.10000000149.
        narrow = numbers_of(column.dictionary)
        values = [None if v is None else narrow[i] for i, v in enumerate(values)]
    if None in values:
        codes = np.array([-1 if v is None else i for i, v in enumerate(values)] + [-1])[codes]
    return codes, values


def _spread(codes: NDArray[np.intp], by_value: list[bool]) -> NDArray[np.bool_]:
    return np.array([*by_value, False], dtype=bool)[codes]  # code -1, null, is the last


def _key(kind: pa.DataType, value: object) -> Key:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    types = pa.types
    numeric = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    return key_of(value, numeric=numeric, boolean=types.is_boolean(kind))
