"""What is said of one user: facts, and sentences made of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

from allocator.money import format_dollars
from allocator.policy.missed import Missed

__all__ = ["Explanation", "Part", "in_cents", "in_dollars"]


@dataclass(frozen=True)
class Part:
    """One factor of the product: what it is of, the user's value, and the value to its power.

    Attributes
    ----------
    name : str
        As in the formula: ``√ratio``.
    value, part : float
    """

    name: str
    value: float
    part: float


@dataclass(frozen=True)
class Explanation:
    """Why a user gets what they get.

    Attributes
    ----------
    user_id : str or int
    reason : str
        ``eligible``, the code of the rule that failed, or ``set_aside`` for a user whose row was
        bad.
    loss, net_assets : str or None
        Dollars, in full; None where they are not known.
    missed : Missed or None
        The rule that failed, its numbers, and by how much.
    parts : tuple of Part
        Whose product, times the level, is the fractional award.
    weight, level : float or None
    fractional_award : float or None
        Dollars, before floor and cap; None at alpha = 0, where users are ranked.
    lower_cents, upper_cents, award_cents : int
    binding : str
        ``none``, ``floor``, ``cap``, ``loss``, ``group`` or ``paid``.
    customer : str
        For the user: at most 60 words, arithmetic that can be repeated on a phone.
    analyst : str
    set_aside : tuple of str
        Where the user's bad rows stand, and what is wrong with each.
    group : str
        The group whose floor or cap decides, and its bound; "" where none does.
    versus : Explanation or None
        Of the user to compare with.
    difference : tuple of str
        How the two differ.
    """

    user_id: object
    reason: str
    loss: str | None
    net_assets: str | None
    missed: Missed | None
    parts: tuple[Part, ...]
    weight: float | None
    level: float | None
    fractional_award: float | None
    lower_cents: int
    upper_cents: int
    award_cents: int
    binding: str
    customer: str
    analyst: str
    set_aside: tuple[str, ...] = ()
    group: str = ""
    versus: Explanation | None = None
    difference: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.versus is None:
            return self.analyst
        lines = [f"{self.user_id} against {self.versus.user_id}:", *self.difference]
        return "\n\n".join([self.analyst, self.versus.analyst, "\n  ".join(lines)])

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON; ``versus`` and ``difference`` are there when two are compared."""
        data = asdict(replace(self, versus=None))
        if self.missed is not None:
            for name in ("actual", "required", "short"):
                value = getattr(self.missed, name)
                data["missed"][name] = None if value is None else in_dollars(value)
        if self.versus is None:
            del data["versus"], data["difference"]
        else:
            data["versus"] = self.versus.to_dict()
        return data


def in_cents(value: Fraction) -> str:
    """Write dollars in whole cents, or in full where they would round to nothing.

    Examples
    --------
    >>> in_cents(Fraction("4802.69299")), in_cents(Fraction("0.001"))
    ('$4,802.69', '$0.001')
    """
    return format_dollars(value) if round(value * 100) or not value else in_dollars(value)


def in_dollars(value: Fraction) -> str:
    """Write dollars with 2 decimals, or as many as the amount has, but at most 8.

    Examples
    --------
    >>> in_dollars(Fraction(4)), in_dollars(Fraction("49.99999999"))
    ('$4.00', '$49.99999999')
    """
    digits = (n for n in range(2, 8) if (value * 10**n).denominator == 1)
    return format_dollars(value, next(digits, 8))
