"""What can go wrong, as a small family of exceptions, and the name that was meant.

A message is public API: it says what is wrong, with the numbers, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Self, TypedDict

__all__ = [
    "AllocatorError",
    "BadRow",
    "DataError",
    "InfeasibleError",
    "MissingPackageError",
    "OccupiedError",
    "PolicyError",
    "UnsupportedError",
    "VerificationError",
    "install",
    "nearest",
]


class AllocatorError(Exception):
    """Base of every error that `allocator` raises on purpose.

    Attributes
    ----------
    shell : str
        The message as the command line tells it, where its remedy has another name there.
    """

    shell = ""

    def in_shell(self, message: str) -> Self:
        """Say what the command line tells instead.

        Examples
        --------
        >>> error = OccupiedError("it is there; force=True replaces it").in_shell("use --force")
        >>> str(error), error.shell
        ('it is there; force=True replaces it', 'use --force')
        """
        self.shell = message
        return self


class BadRow(TypedDict):
    """Where a bad row stands and which rule it breaks; the value itself is withheld.

    `line` is the physical line on which the record starts, the header being line 1; a table
    without physical lines (Parquet, Arrow, a data frame) counts as if it had a header line.
    """

    file: str
    line: int
    column: str
    rule: str


class DataError(AllocatorError):
    """The input table cannot be used as it is.

    Parameters
    ----------
    message : str
        The whole report, ready to print.
    rows : sequence of BadRow
        Every bad row found, one entry per broken rule; empty when the table as a whole is at fault.
    total : int
        How many rows the table has; 0 where the error is not about its rows.
    """

    def __init__(self, message: str, rows: Sequence[BadRow] = (), total: int = 0) -> None:
        super().__init__(message)
        self.rows: list[BadRow] = list(rows)
        self.total = total


class PolicyError(AllocatorError):
    """A policy breaks its schema, or asks for something its table does not have."""


class InfeasibleError(AllocatorError):
    """No awards satisfy the bounds and the budget together.

    Parameters
    ----------
    message : str
        What conflicts, with the numbers and the remedies.
    details : mapping
        The same numbers, by name.
    """

    def __init__(self, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.details: dict[str, object] = dict(details or {})


class OccupiedError(AllocatorError):
    """A directory or file holds something else, which is not replaced unasked."""


class UnsupportedError(AllocatorError):
    """The request is well formed, but outside what this version can do exactly."""


class MissingPackageError(UnsupportedError):
    """A package of an extra is not installed."""


class VerificationError(AllocatorError):
    """A stored result does not follow from its inputs."""


def nearest(name: str, known: Collection[str], *, sure: bool = False) -> str:
    """Return the known name most like `name`, or "" when none is.

    Parameters
    ----------
    name : str
    known : collection of str
    sure : bool
        Only when the likeness leaves little doubt.

    Examples
    --------
    >>> nearest("loss_exponant", ["loss_exponent", "ratio_exponent"])
    'loss_exponent'
    """
    from difflib import get_close_matches

    cutoff = 0.8 if sure else 0.5  # above 0.8 a name can only be a slip of the pen
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=cutoff)), "")


def install(extra: str) -> str:
    """Return the command that installs what an extra needs.

    Examples
    --------
    >>> install("report")
    "pip install 'fair-allocator[report]' (in a clone: pip install -e '.[report]')"
    """
    return f"pip install 'fair-allocator[{extra}]' (in a clone: pip install -e '.[{extra}]')"
