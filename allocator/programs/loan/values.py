"""Amounts that a loan policy states as a share of the fund or as money."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from allocator.money import MAX_DOLLARS, exact
from allocator.policy.values import Written, read_ratio, show_dollars, show_percent

__all__ = ["PART", "Part", "ShareOrMoney", "read_part"]

TEXT = (  # money, or a ratio
    r"^(\$?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,11})(\.[0-9]{1,8})?|[0-9]{1,9}(\.[0-9]{1,16})?%?)$"
)


@dataclass(frozen=True)
class Part:
    """A part of the fund.

    Attributes
    ----------
    amount : Fraction
        A share, or dollars.
    is_share : bool
    """

    amount: Fraction
    is_share: bool

    def dollars(self, budget: Fraction) -> Fraction:
        """Return what it is of a fund of so many dollars."""
        return self.amount * budget if self.is_share else self.amount


def read_part(text: str) -> Part:
    """Return the part of a fund that "2%", "0.02" (the same) or "250000.00" (dollars) means.

    What is not above 1 is a share: nobody means a limit of less than a dollar.

    Examples
    --------
    >>> read_part("2%") == read_part("0.02"), read_part("250000.00").is_share
    (True, False)
    """
    amount = read_ratio(text)
    return Part(amount, "$" not in text and (text.endswith("%") or amount <= 1))


def _check(value: object) -> str:
    rule = 'must be a share or money in quotes, such as "2%", "0.02" or "250000.00"'
    if not isinstance(value, str) or not re.fullmatch(TEXT, value):
        raise ValueError(rule)
    part = read_part(value)
    if part.is_share and part.amount > 1:
        raise ValueError("must not be above 100% of the fund")
    if not part.is_share and part.amount >= MAX_DOLLARS:
        raise ValueError(f"must be below {show_dollars(Fraction(MAX_DOLLARS))}")
    return value


def _show(text: str) -> str:
    part = read_part(text)
    return show_percent(part.amount) if part.is_share else show_dollars(exact(text))


ShareOrMoney = Annotated[
    str,
    BeforeValidator(_check),
    WithJsonSchema({"type": "string", "pattern": TEXT}),
]
PART = Written(read_part, _show)
