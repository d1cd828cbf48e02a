"""What is said of bad rows: where they stand and which rule they break."""

from __future__ import annotations

import os

from allocator.data.table import Source
from allocator.errors import BadRow

__all__ = ["ordinal", "phrase", "sentence", "short_names", "whole"]


def ordinal(n: int) -> str:
    """Write 1st, 2nd, 3rd, 11th."""
    ending = "th" if n // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n:,}{ending}"


def sentence(report: BadRow) -> str:
    """Say what is wrong with a bad row."""
    return phrase(report["column"], report["rule"])


def phrase(column: str, rule: str) -> str:
    """Put a column before the rule that it breaks.

    Examples
    --------
    >>> phrase("loss", "is negative"), phrase("", "has 1 field")
    ('loss is negative', 'the record has 1 field')
    """
    if column and rule.startswith(f"same {column}"):
        return rule
    return f"{column or 'the record'} {rule}"


def short_names(sources: tuple[Source, ...]) -> dict[str, str]:
    """Show a file by its name alone, unless two files share it."""
    names = [os.path.basename(source.path) for source in sources]
    return {
        source.path: source.path if names.count(name) > 1 else name
        for source, name in zip(sources, names, strict=True)
    }


def whole(sources: tuple[Source, ...]) -> str:
    """Name all files of a table."""
    if len(sources) == 1:
        return sources[0].path
    return f"{len(sources)} files, {sources[0].path} to {sources[-1].path}"
