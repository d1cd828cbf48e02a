"""The summary of a program's run: figures for files, and a page of text for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Summary"]

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Summary:
    """The figures of a run; printed, a page worth reading.

    Attributes
    ----------
    figures : mapping of str to object
        What goes into summary.json: plain JSON, money in whole cents.
    page : str
        The same for people.
    """

    figures: Mapping[str, Any]
    page: str

    def __str__(self) -> str:
        return self.page

    def to_dict(self) -> dict[str, Any]:
        """Return what goes into summary.json."""
        return {"schema_version": SCHEMA_VERSION, **self.figures}

    def text(self, next_line: str = "") -> str:
        """Return the page.

        Parameters
        ----------
        next_line : str
            What to do next, for the last line.

        Examples
        --------
        >>> print(Summary({}, "$5.00 to 1 user").text("allocator explain out u1"))
        $5.00 to 1 user
        <BLANKLINE>
        next: allocator explain out u1
        """
        return f"{self.page}\n\nnext: {next_line}" if next_line else self.page
