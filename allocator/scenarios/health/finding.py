"""`Finding`: what a health check found, in a number and a sentence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["SEVERITIES", "Example", "Finding", "Severity", "severity", "users"]

Severity = Literal["serious", "watch", "fine"]
SEVERITIES: tuple[Severity, ...] = ("serious", "watch", "fine")
MANY = 0.05  # of the eligible, or of the money: one in twenty is no odd case
DIGITS = 6  # significant digits of numbers in files


@dataclass(frozen=True)
class Example:
    """The user for whom a finding is worst.

    Attributes
    ----------
    row : int
        The user's position in the table, from 0.
    text : str
        What happens to the user, who is its subject; never an id.
    where : str
        ``line 14 of users.csv`` as a text editor counts, or ``row 5`` of a table in memory, whose
        first row is row 1.
    line : int or None
        That number.
    """

    row: int
    text: str
    where: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass(frozen=True)
class Finding:
    """What a health check found.

    Attributes
    ----------
    id : str
        Such as ``split.minimum``.
    severity : {"serious", "watch", "fine"}
    number : float
    unit : str
        What the number counts: ``dollars``, ``users``, ``percent``, ``dollars per dollar``,
        ``properties``.
    sentence : str
    example : Example or None
        The worst one; None where there is none, as when nobody is touched.
    keys : tuple of str
        The policy's keys that would change it.
    remedy : str
        How they would.
    moved : int or None
        Of an assumption: how many awards would change.
    """

    id: str
    severity: Severity
    number: float
    unit: str
    sentence: str
    example: Example | None
    keys: tuple[str, ...]
    remedy: str
    moved: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        data = asdict(self)
        data["number"] = float(f"{self.number:.{DIGITS}g}")
        data["keys"] = list(self.keys)
        if self.example is not None:
            del data["example"]["row"]
        return data


def severity(touched: int, of: int, cents: int = 0, spent: int = 0) -> Severity:
    """Judge a finding by the share of users it touches, and by the share of the money.

    Parameters
    ----------
    touched, of : int
        Users, and how many are eligible.
    cents, spent : int
        The money at stake if all of them did it, and what is handed out.

    Examples
    --------
    >>> severity(0, 100), severity(4, 100), severity(5, 100), severity(1, 100, 50, 900)
    ('fine', 'watch', 'serious', 'serious')
    """
    if not touched:
        return "fine"
    many = touched >= MANY * of or (spent > 0 and cents >= MANY * spent)
    return "serious" if many else "watch"


def users(n: int) -> str:
    """Count users in words.

    Examples
    --------
    >>> users(1), users(1200)
    ('1 user', '1,200 users')
    """
    return f"{n:,} user" + ("s" if n != 1 else "")
