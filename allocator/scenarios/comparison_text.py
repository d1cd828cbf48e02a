"""A comparison as a page of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from allocator.money import format_cents
from allocator.policy.diff import PolicyDiff
from allocator.scenarios.panel import Panel
from allocator.scenarios.rows import ChangeRow, GroupRow, PaidRow
from allocator.scenarios.summary import big_dollars, percent
from allocator.scenarios.tables import Tables
from allocator.scenarios.text_table import text_table

__all__ = ["comparison_text", "finding"]


def comparison_text(users: Panel, tables: Tables, diffs: Mapping[str, PolicyDiff]) -> str:
    """Write the page.

    Parameters
    ----------
    users : Panel
    tables : Tables
        By loss.
    diffs : mapping of str to PolicyDiff
        What each other policy has different from the first, by name.

    Returns
    -------
    str
    """
    return "\n\n".join("\n".join(block) for block in _blocks(users, tables, diffs))


def finding(name: str, base: str, row: ChangeRow) -> str:
    """Say in a sentence who gains and who loses.

    Examples
    --------
    >>> finding("Broad", "Announced", ChangeRow("ALL", 10, 9, 1, 0, 5_000_00, 5_000_00, 0, 0))
    'Broad against Announced: 90.0% gain, 10.0% lose; $5,000 go to gainers, $5,000 come from losers'
    """
    users = max(row.users, 1)
    return (
        f"{name} against {base}: {percent(row.gainers / users)} gain, "
        f"{percent(row.losers / users)} lose; {big_dollars(row.gain_cents)} go to gainers, "
        f"{big_dollars(row.loss_cents)} come from losers"
    )


def _blocks(users: Panel, tables: Tables, diffs: Mapping[str, PolicyDiff]) -> Iterator[list[str]]:
    base, *others = users.scenarios
    out = users.users - len(users)
    yield [
        f"{base.name} against {' and '.join(each.name for each in others)}",
        f"{len(users):,} of {users.users:,} users are eligible under at least one of them and are "
        f"compared; the other {out:,} get nothing under any",
        *(f"note: {note}" for note in users.notes),
    ]
    yield [f"{each.name}: {each.allocation.formula}" for each in users.scenarios]
    for each in others:
        yield _diff_lines(base.name, each.name, diffs[each.name])
    yield [f"By {tables.groups.basis}", "", *_users_lines(tables.users)]
    for each in users.scenarios:
        yield [each.name, *_paid_lines(tables.paid[each.name])]
    for each in others:
        rows = tables.changes[each.name]
        yield [finding(each.name, base.name, rows[-1]), *_change_lines(rows)]


def _diff_lines(base: str, name: str, diff: PolicyDiff) -> list[str]:
    if not diff:
        return [f"{name} has the same policy as {base}"]
    return [f"What {name} has different:", *(f"  {change}" for change in diff.changes)]


def _users_lines(rows: Sequence[GroupRow]) -> list[str]:
    head = ("decile", "users", "smallest loss", "largest loss", "losses")
    return text_table(
        head,
        [
            (
                row.label,
                f"{row.users:,}",
                _dollars(row.lowest),
                _dollars(row.highest),
                format_cents(row.loss_cents),
            )
            for row in rows
        ],
    )


def _paid_lines(rows: Sequence[PaidRow]) -> list[str]:
    head = ("decile", "eligible", "at floor", "at cap", "total", "mean", "median", "recovery")
    return text_table(
        head,
        [
            (
                row.label,
                f"{row.eligible:,}",
                f"{row.at_floor:,}",
                f"{row.at_cap:,}",
                format_cents(row.total_cents),
                _money(row.mean_cents),
                _money(row.median_cents),
                "-" if row.recovery is None else percent(row.recovery, 2),
            )
            for row in rows
        ],
    )


def _change_lines(rows: Sequence[ChangeRow]) -> list[str]:
    head = ("decile", "gain", "lose", "unchanged", "mean change", "total change")
    return text_table(
        head,
        [
            (
                row.label,
                f"{row.gainers:,}",
                f"{row.losers:,}",
                f"{row.unchanged:,}",
                _money(row.mean_change_cents),
                format_cents(row.change_cents),
            )
            for row in rows
        ],
    )


def _money(cents: int | None) -> str:
    return "-" if cents is None else format_cents(cents)


def _dollars(value: float | None) -> str:
    return "-" if value is None else f"${value:,.2f}"
