"""Values kept as text: their exact meaning, and how people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from allocator.money import exact

__all__ = [
    "Reserve",
    "read_instant",
    "read_ratio",
    "read_reserve",
    "show_dollars",
    "show_number",
    "show_percent",
]


def read_ratio(text: str) -> Fraction:
    """Return the exact value of a ratio written as a decimal or in percent.

    Examples
    --------
    >>> read_ratio("30%") == read_ratio("0.30") == Fraction(3, 10)
    True
    """
    return exact(text[:-1]) / 100 if text.endswith("%") else exact(text)


@dataclass(frozen=True)
class Reserve:
    """What is held back: dollars, or a share of the budget.

    Attributes
    ----------
    amount : Fraction
    of_budget : bool
    """

    amount: Fraction
    of_budget: bool


def read_reserve(text: str) -> Reserve:
    """Return what "5%" or "1000.00" holds back; nothing is nothing, however it is written.

    Examples
    --------
    >>> read_reserve("5%"), read_reserve("0%") == read_reserve("0.00")
    (Reserve(amount=Fraction(1, 20), of_budget=True), True)
    """
    amount = read_ratio(text)
    return Reserve(amount, bool(amount) and text.endswith("%"))


def read_instant(text: str) -> datetime:
    """Return the moment that an ISO 8601 text names; without an offset it is UTC.

    Examples
    --------
    >>> read_instant("2025-10-10T02:00:00+02:00").isoformat()
    '2025-10-10T00:00:00+00:00'
    """
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def show_number(value: Fraction, least: int = 0) -> str:
    """Write a number in full, with thousands separators and at least `least` decimals.

    Decimals are as many as the value has, at most sixteen.

    Examples
    --------
    >>> show_number(Fraction(-12345, 2)), show_number(Fraction(4), least=2)
    ('-6,172.5', '4.00')
    """
    digits = f"{abs(round(value * 10**16)):017d}"
    decimals = digits[-16:].rstrip("0").ljust(least, "0")
    return ("-" if value < 0 else "") + f"{int(digits[:-16]):,}" + (decimals and "." + decimals)


def show_dollars(value: Fraction) -> str:
    """Write dollars in full: cents, and any decimals past them that are there.

    Examples
    --------
    >>> show_dollars(Fraction(6000)), show_dollars(exact("49.99999999"))
    ('$6,000.00', '$49.99999999')
    """
    return ("-$" if value < 0 else "$") + show_number(abs(value), least=2)


def show_percent(value: Fraction) -> str:
    """Write a ratio in percent, in full.

    Examples
    --------
    >>> show_percent(Fraction(3, 10))
    '30%'
    """
    return show_number(value * 100) + "%"
