"""The page of results: sections of prose, tables and requirements, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Requirement", "Section", "Table", "duration", "mebibytes", "render"]


@dataclass(frozen=True)
class Table:
    """Rows of text under a header."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table in Markdown; all columns but the first are aligned to the right."""
        rule = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [self.header, rule, *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


@dataclass(frozen=True)
class Requirement:
    """What was asked for, what was seen, and whether it is met."""

    asked: str
    seen: str
    met: bool


@dataclass(frozen=True)
class Section:
    """One part of the page.

    Attributes
    ----------
    title : str
    body : sequence of str or Table
        Paragraphs and tables, in order.
    requirements : sequence of Requirement
    """

    title: str
    body: Sequence[str | Table]
    requirements: Sequence[Requirement] = ()

    def markdown(self) -> str:
        """Return the section in Markdown."""
        parts = [part if isinstance(part, str) else part.markdown() for part in self.body]
        return "\n\n".join([f"## {self.title}", *parts])


def render(introduction: Sequence[str | Table], sections: Sequence[Section]) -> str:
    """Return the whole page: the requirements first, then what they rest on.

    Examples
    --------
    >>> section = Section("Speed", ["Fast."], [Requirement("at most 60 S", "40 S", True)])
    >>> print(render(["Once."], [section]))
    # Benchmarks
    <BLANKLINE>
    Once.
    <BLANKLINE>
    | required | seen |  |
    | --- | ---: | ---: |
    | at most 60 S | 40 S | pass |
    <BLANKLINE>
    ## Speed
    <BLANKLINE>
    Fast.
    <BLANKLINE>
    """
    rows = [
        (r.asked, r.seen, "pass" if r.met else "**FAIL**") for s in sections for r in s.requirements
    ]
    verdict = [Table(("required", "seen", ""), rows)] if rows else []
    first = [p if isinstance(p, str) else p.markdown() for p in [*introduction, *verdict]]
    return "\n\n".join(["# Benchmarks", *first, *(s.markdown() for s in sections)]) + "\n"


def duration(seconds: float) -> str:
    """Seconds or milliseconds, to three digits.

    Examples
    --------
    >>> duration(0.0123), duration(75.0)
    ('12.3 ms', '75.0 s')
    """
    if seconds < 1.0:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds:.2f} s"


def mebibytes(size: float) -> str:
    """Memory, for display.

    Examples
    --------
    >>> mebibytes(3 * 2**20)
    '3 MiB'
    """
    return f"{size / 2**20:,.0f} MiB"
