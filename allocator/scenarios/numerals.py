"""Shares and large amounts, written to be read."""

from __future__ import annotations

from fractions import Fraction

from allocator.money import CENTS

__all__ = ["big_dollars", "percent"]


def percent(share: float, digits: int = 1) -> str:
    """Write a share in percent; one that is neither nothing nor all never looks as if it were.

    Examples
    --------
    >>> percent(0.8704), percent(0.0002), percent(0.999, 0), percent(1.0)
    ('87.0%', '<0.1%', '>99%', '100.0%')
    """
    step = 10.0**-digits
    if 0 < share * 100 < step / 2:
        return f"<{step:.{digits}f}%"
    if 100 - step / 2 < share * 100 < 100:
        return f">{100 - step:.{digits}f}%"
    return f"{share:.{digits}%}"


def big_dollars(cents: int) -> str:
    """Write an amount of money in two or three digits, for reading and not for adding up.

    Examples
    --------
    >>> big_dollars(220_000_000_000), big_dollars(31_234_500), big_dollars(99_950)
    ('$2.2bn', '$312,000', '$1,000')
    """
    dollars = Fraction(cents, CENTS)
    for size, name in ((10**9, "bn"), (10**6, "m")):
        if dollars >= size * Fraction(9995, 10000):
            return f"${float(dollars / size):.1f}{name}"
    return f"${int(round(dollars, -3 if dollars >= 10**4 else 0)):,}"
