"""Columns of numbers that are no money, such as probabilities and scores, read exactly."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.findings import Findings
from allocator.errors import DataError
from allocator.money import exact

__all__ = ["floats_of", "read_numbers"]

LONGEST = 40  # characters of a number that anybody meant
FINEST = 10**60  # and decimals: products of two are still ordinary floats


def read_numbers(
    table: pa.Table,
    name: str,
    findings: Findings,
    *,
    least: Fraction | None = None,
    most: Fraction | None = None,
    like: str = "0.0125",
) -> list[Fraction]:
    """Read a column of numbers exactly; a float is its shortest decimal.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
    findings : Findings
        Bad rows are added to it: missing, unreadable, not finite, or outside the bounds.
    least, most : Fraction, optional
        Bounds, both inclusive.
    like : str
        An example of what is meant, for messages.

    Returns
    -------
    list of Fraction
        0 in bad rows.

    Raises
    ------
    DataError
        If the column holds neither numbers nor text.

    Examples
    --------
    >>> findings = Findings()
    >>> read_numbers(pa.table({"pd": [0.1, None]}), "pd", findings)
    [Fraction(1, 10), Fraction(0, 1)]
    >>> findings.count
    1
    """
    column, types = table.column(name), pa.types
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    plain = types.is_integer(kind) or types.is_float32(kind) or types.is_float64(kind)
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind)
    if not (plain or text or types.is_decimal(kind)):
        raise DataError(f"column {name!r} holds {kind} values; it must hold numbers")
    numbers, missing, odd, fine, low, high = [], [], [], [], [], []
    texts = pc.cast(column, pa.string()).to_pylist()
    for row, each in enumerate(texts):
        numbers.append(Fraction(0))
        if each is None or not each.strip():
            missing.append(row)
            continue
        try:
            value = exact(each) if len(each) <= LONGEST else None
        except ValueError:
            value = None
        if value is None or "$" in each:
            odd.append(row)
        elif value.denominator > FINEST:
            fine.append(row)
        elif least is not None and value < least:
            low.append(row)
        elif most is not None and value > most:
            high.append(row)
        else:
            numbers[row] = value
    for rule, rows in (
        ("is missing", missing),
        (f"is not a number such as {like}", odd),
        ("has more than 60 decimals", fine),
        (f"is below {least}", low),
        (f"is above {most}", high),
    ):
        findings.add(rule, name, np.array(rows, dtype=np.int64))
    return numbers


def floats_of(numbers: list[Fraction]) -> NDArray[np.float64]:
    """Return the nearest floats.

    Examples
    --------
    >>> floats_of([Fraction(1, 4)])
    array([0.25])
    """
    return np.array([float(each) for each in numbers], dtype=np.float64)
