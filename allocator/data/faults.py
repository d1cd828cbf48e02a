"""What can be wrong with one amount."""

from __future__ import annotations

from enum import IntEnum

from allocator.money import FINE_DIGITS, MAX_DOLLARS

__all__ = ["RULES", "Fault"]


class Fault(IntEnum):
    """Why an amount has no exact value, as kept in an array of small integers."""

    NONE = 0
    MISSING = 1
    NOT_A_NUMBER = 2
    NOT_FINITE = 3
    TOO_LARGE = 4
    TOO_FINE = 5


RULES = {
    Fault.MISSING: "is missing",
    Fault.NOT_A_NUMBER: "is not an amount such as 1234.50, 1,234.50 or $1,234.50",
    Fault.NOT_FINITE: "is not finite",
    Fault.TOO_LARGE: f"is not below ${MAX_DOLLARS // 10**9} billion in size",
    Fault.TOO_FINE: f"has more than {FINE_DIGITS} decimals",
}
