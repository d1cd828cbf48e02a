"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["text_table"]


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Align columns, the first to the left and the others to the right.

    Examples
    --------
    >>> text_table(("", "n"), [("a", "10"), ("bcd", "5")])
    ['      n', 'a    10', 'bcd   5']
    """
    lines = [head, *rows]
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if k else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
