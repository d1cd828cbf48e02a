"""Exact money: text, decimals and floats to integers and back.

This is the one module that converts. Money in a users table is an integer count of `FINE` parts
of a dollar (1e-8); awards are integer cents. Nothing is ever multiplied by 100 in floats:
``int(dollars * 100)`` is wrong for about 6% of the amounts between $4 and $6,000.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CENTS",
    "FINE",
    "FINE_DIGITS",
    "FINE_PER_CENT",
    "MAX_DOLLARS",
    "exact",
    "exact_sum",
    "fine_from_floats",
    "format_cents",
    "format_dollars",
    "parse_fine",
]

FINE_DIGITS = 8
FINE = 10**FINE_DIGITS  # parts of a dollar
CENTS = 100
FINE_PER_CENT = FINE // CENTS
MAX_DOLLARS = 90_000_000_000  # |money| stays below this, so that FINE parts fit in an int64

# Digits, or digits in groups of three; an optional sign before or after one optional $. Digits of
# other scripts than ours are refused: nobody can tell what a table meant by them.
_AMOUNT = re.compile(
    r"\s*(?P<sign>[+-]?)\s*\$?\s*(?P<inner>[+-]?)"
    r"(?P<number>(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
    r"(?P<exponent>[eE][+-]?[0-9]{1,3})?\s*"
)
_WIDE = Context(prec=400)
# How close to a half a product counts as unsure: well above the rounding of small ones, and two of
# the last places of large ones, each of which is above a thousandth from $88,000 (2**43 parts) on.
_NEAR, _NEAR_PLACES = 1e-3, 2


def exact(value: object) -> Fraction:
    """Return the exact rational value of a number or of an amount written as text.

    A float is its shortest decimal, so that ``0.1`` means one tenth.

    Parameters
    ----------
    value : int, float, str, Decimal, Fraction or a numpy number
        Text may carry a ``$`` sign and thousands separators.

    Returns
    -------
    Fraction

    Raises
    ------
    ValueError
        If the value is not finite, or is not a number.

    Examples
    --------
    >>> exact("$1,234.50")
    Fraction(2469, 2)
    >>> exact(0.1)
    Fraction(1, 10)
    >>> exact("12,34")
    Traceback (most recent call last):
    ...
    ValueError: '12,34' is not an amount such as 1234.50, 1,234.50 or $1,234.50
    """
    if isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{value!r} is not an amount")
    if isinstance(value, (int, np.integer)):
        return Fraction(int(value))
    if isinstance(value, Fraction):
        return value
    try:
        if isinstance(value, Decimal):
            return Fraction(value)
        if isinstance(value, (float, np.floating)):
            return Fraction(Decimal(str(value)))
    except (OverflowError, ValueError):
        raise ValueError(f"{value!r} is not a finite number") from None
    if isinstance(value, str) and (match := _AMOUNT.fullmatch(value)):
        if match["sign"] and match["inner"]:
            raise ValueError(f"{value!r} has two signs")
        digits = match["number"].replace(",", "") + (match["exponent"] or "")
        amount = Fraction(_WIDE.create_decimal(digits))
        return -amount if "-" in (match["sign"], match["inner"]) else amount
    raise ValueError(f"{value!r} is not an amount such as 1234.50, 1,234.50 or $1,234.50")


def exact_sum(values: NDArray[np.int64], largest: int | None = None) -> int:
    """Add up integers, whatever their size.

    Parameters
    ----------
    values : ndarray of int64
    largest : int, optional
        A bound on their sizes, where it is known: it is looked for otherwise.

    Examples
    --------
    >>> exact_sum(np.array([2**62, 2**62, 2**62]))
    13835058055282163712
    """
    if largest is None and len(values):
        largest = max(-int(values.min()), int(values.max()))
    if largest is None or largest < 2**62 // max(len(values), 1):
        return int(values.sum())
    high, low = values >> 32, values & (2**32 - 1)  # ten times as fast as a division
    return int(high.sum()) * 2**32 + int(low.sum())


def parse_fine(value: object) -> int:
    """Return an amount of dollars as an exact integer count of 1e-8 dollars.

    Parameters
    ----------
    value : int, float, str, Decimal, Fraction or a numpy number

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If the value is not a finite number, has nonzero digits past the eighth decimal, or is
        $90 billion or more in size.

    Examples
    --------
    >>> parse_fine("$50.00")
    5000000000
    """
    parts = exact(value) * FINE
    if parts.denominator != 1:
        raise ValueError(f"{value!r} has more than {FINE_DIGITS} decimals")
    if abs(parts) >= MAX_DOLLARS * FINE:
        raise ValueError(f"{value!r} is not below ${MAX_DOLLARS:,} in size")
    return int(parts)


def fine_from_floats(values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Float dollars as integer counts of 1e-8 dollars: the shortest decimal, rounded half-even.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
        Dollars; finite and below $90 billion in size.

    Returns
    -------
    parts : ndarray of int64, shape (n,)
    rounded : ndarray of bool, shape (n,)
        Where the shortest decimal has more than eight decimals, so that something was rounded.

    Examples
    --------
    >>> parts, rounded = fine_from_floats(np.array([0.1, 4.35, 1e-9]))
    >>> parts.tolist(), rounded.tolist()
    ([10000000, 435000000, 0], [False, False, True])
    """
    scaled = values * FINE
    nearest = np.rint(scaled)
    parts = nearest.astype(np.int64)
    rounded = nearest / FINE != values
    # Above 2**26 dollars several eighth decimals share one float; near a half the product's own
    # rounding could decide. Both are rare, and go through the decimal text instead.
    unsure = np.abs(values) >= 2.0**26
    near = _NEAR + _NEAR_PLACES * np.spacing(np.abs(scaled))
    unsure |= rounded & (np.abs(np.abs(scaled - nearest) - 0.5) < near)
    for i in np.flatnonzero(unsure):
        decimal = Decimal(repr(float(values[i]))).scaleb(FINE_DIGITS)
        whole = decimal.to_integral_value(ROUND_HALF_EVEN)
        parts[i] = int(whole)
        rounded[i] = whole != decimal
    return parts, rounded


def format_dollars(value: Fraction | Decimal | int, places: int = 2) -> str:
    """Dollars with thousands separators, rounded half-even to `places` decimals, for display.

    Examples
    --------
    >>> format_dollars(300_000_000)
    '$300,000,000.00'
    >>> format_dollars(Fraction(-5, 2))
    '-$2.50'
    """
    units = round(Fraction(value) * 10**places)
    whole, part = divmod(abs(units), 10**places)
    sign = "-" if units < 0 else ""
    return f"{sign}${whole:,}" + (f".{part:0{places}d}" if places else "")


def format_cents(cents: int) -> str:
    """Integer cents as dollars.

    Examples
    --------
    >>> format_cents(1215)
    '$12.15'
    """
    return format_dollars(Fraction(int(cents), CENTS))
