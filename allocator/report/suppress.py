"""Counts that could tell who somebody is are not shown, nor what would give them away."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from allocator.policy.sources import Source
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.out import Out
from allocator.scenarios.summary import percent

__all__ = [
    "WITHHELD",
    "hidden",
    "hidden_cells",
    "is_blurred",
    "is_small",
    "merge_small",
    "shown_count",
    "shown_share",
    "without_small_counts",
]

WITHHELD = "withheld"
Cell = tuple[int, int]


def is_small(count: int) -> bool:
    """Whether a count is of somebody, and of fewer than ten.

    Examples
    --------
    >>> is_small(0), is_small(9), is_small(10)
    (False, True, False)
    """
    return 0 < count < FEWEST


def hidden(counts: Sequence[int]) -> set[int]:
    """Return which counts to hide: the small ones, and others that keep these from following.

    What is hidden follows in sum from what is shown, so that it is never one count alone, and
    never a sum under ten unless everything is hidden; then the sum is to be hidden, too.

    Parameters
    ----------
    counts : sequence of int
        Of groups whose sum is shown.

    Returns
    -------
    set of int
        Places.

    Examples
    --------
    >>> sorted(hidden([120, 3, 40, 0])), sorted(hidden([1, 1, 80])), hidden([120, 40, 0])
    ([1, 2], [0, 1, 2], set())
    """
    found = {k for k, count in enumerate(counts) if is_small(count)}
    others = sorted(
        (k for k, count in enumerate(counts) if count >= FEWEST), key=counts.__getitem__
    )
    if found:
        while others and (len(found) < 2 or sum(counts[k] for k in found) < FEWEST):
            found.add(others.pop(0))
    return found


def hidden_cells(
    rows: Sequence[Sequence[int]], gone: Collection[int] = (), unseen: Collection[int] = ()
) -> set[Cell]:
    """Return which cells of a table to hide, so that no small one follows from what is shown.

    Parameters
    ----------
    rows : sequence of sequence of int
        Counts; the last row is the sum of the others. The sum of every row is known to readers,
        and of every column that its cell in the last row says.
    gone : collection of int
        Rows that are hidden as a whole.
    unseen : collection of int
        Columns that the table does not have, and that follow by subtraction.

    Returns
    -------
    set of (int, int)
        Row and column.

    Notes
    -----
    Of the hidden cells of a table with sums, exactly those follow that are bridges of the graph
    with rows and columns as nodes and hidden cells as edges (Gusfield, "A graph theoretic approach
    to statistical data security", SIAM J. Comput. 17, 1988).

    Examples
    --------
    >>> sorted(hidden_cells([[50, 3], [40, 20], [30, 0], [120, 23]]))
    [(0, 0), (0, 1), (1, 0), (1, 1)]
    """
    counts = {(r, c): n for r, row in enumerate(rows) for c, n in enumerate(row) if n}
    last = len(rows) - 1
    found = {(r, c) for (r, c), n in counts.items() if is_small(n) or r in gone or c in unseen}
    while lines := next(_exposed(counts, found, last), None):
        others = [cell for cell in counts if cell not in found]
        near = [cell for cell in others if cell[0] in lines[0] or cell[1] in lines[1]]
        if not others:
            break
        found.add(min(near or others, key=lambda cell: _worth(cell, counts, found, last)))
    return found


def _worth(
    cell: Cell, counts: dict[Cell, int], found: set[Cell], last: int
) -> tuple[bool, bool, int, Cell]:
    """Rank what to hide next: sums late, early what closes a cycle, and small counts."""
    row, column = cell
    closes = any(r == row for r, _ in found) and any(c == column for _, c in found)
    return row == last, not closes, counts[cell], cell


def _exposed(
    counts: dict[Cell, int], found: set[Cell], last: int
) -> Iterator[tuple[set[int], set[int]]]:
    """Rows and columns in which more must be hidden."""
    follow = {cell for cell in found if _is_bridge(cell, found)}
    unknown = found - follow  # sums of what follows and of what is shown are known
    for row in {r for r, _ in unknown}:
        if is_small(sum(counts[cell] for cell in unknown if cell[0] == row)):
            yield {row}, set()
    for column in {c for _, c in unknown}:
        inside = [cell for cell in unknown if cell[1] == column]
        if (last, column) not in unknown and is_small(sum(counts[cell] for cell in inside)):
            yield set(), {column}
    if any(is_small(counts[cell]) for cell in follow):
        yield {r for r, _ in found}, {c for _, c in found}  # to close a cycle


def _is_bridge(cell: Cell, found: set[Cell]) -> bool:
    rows, columns = {cell[0]}, set[int]()
    others = found - {cell}
    while True:
        new_columns = {c for r, c in others if r in rows} - columns
        columns |= new_columns
        new_rows = {r for r, c in others if c in columns} - rows
        rows |= new_rows
        if cell[1] in columns:
            return False
        if not new_rows and not new_columns:
            return True


def shown_count(count: int, *, hide: bool = False) -> str:
    """Write a count, unless it is small or to be hidden.

    Examples
    --------
    >>> shown_count(12_000), shown_count(3), shown_count(40, hide=True)
    ('12,000', 'withheld', 'withheld')
    """
    return WITHHELD if hide or is_small(count) else f"{count:,}"


def is_blurred(whole: int, digits: int) -> bool:
    """Whether half of the last digit of a share in percent stands for ten people at least.

    A share that is rounded to so little says nothing of nine people: "<0.1%" might be ten.

    Examples
    --------
    >>> is_blurred(20_000, 1), is_blurred(19_999, 1), is_blurred(2_000, 0)
    (True, False, True)
    """
    least: int = 2 * FEWEST * 10 ** (digits + 2)
    return whole >= least


def shown_share(count: int, whole: int, digits: int = 1) -> str:
    """Write a share of people in percent, unless it is of few people or of all but few.

    Examples
    --------
    >>> shown_share(50, 100), shown_share(95, 100), shown_share(100, 100)
    ('50.0%', 'withheld', '100.0%')
    """
    few = is_small(count) or is_small(whole - count) or is_small(whole)
    if few and not is_blurred(whole, digits):
        return WITHHELD
    return percent(count / whole if whole else 0.0, digits)


def without_small_counts(text: str) -> str:
    """Say "fewer than 10" in a sentence that counts up to nine users or rows.

    Examples
    --------
    >>> without_small_counts("7 users have another loss"), without_small_counts("1,007 users")
    ('fewer than 10 users have another loss', '1,007 users')
    """
    return re.sub(r"(?<![\w.,])[1-9] (user|row)s?\b", rf"fewer than {FEWEST} \1s", text)


def merge_small(out: Sequence[Out]) -> tuple[Out, ...]:
    """Put reasons that fewer than ten users have together, with the next larger if need be.

    Parameters
    ----------
    out : sequence of Out

    Returns
    -------
    tuple of Out
        The merged reason last. It is of fewer than ten users only when all reasons together are.
    """
    gone = hidden([each.users for each in out])
    if len(gone) < 2:
        return tuple(out)
    merged = [out[k] for k in sorted(gone)]
    rank: dict[Source, int] = {"announced": 0, "set": 1, "assumed": 2}
    together = replace(
        merged[0],
        reason="other",
        text="other reasons: " + "; ".join(each.text for each in merged),
        users=sum(each.users for each in merged),
        loss_cents=sum(each.loss_cents for each in merged),
        source=max((each.source for each in merged), key=rank.__getitem__),
    )
    return (*(each for k, each in enumerate(out) if k not in gone), together)
