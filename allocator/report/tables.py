"""The tables of a report as text, with nothing that could tell who somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from allocator.money import format_cents
from allocator.report.style import about
from allocator.report.suppress import hidden, shown_counts
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.groups import ALL
from allocator.scenarios.out import Out, funnel
from allocator.scenarios.rows import ChangeRow, GroupRow, PaidRow
from allocator.scenarios.summary import SOURCES, Summary, percent

__all__ = ["Table", "changes_table", "deciles_table", "outcomes_table", "rules_table"]

WITHHELD = "withheld"


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes
    ----------
    head : tuple of str
    rows : list of list of str
        The first cell names the row.
    withheld : bool
        Whether something is not shown.
    """

    head: tuple[str, ...]
    rows: list[list[str]]
    withheld: bool


def rules_table(users: int, out: Sequence[Out]) -> Table:
    """Say who is out at each rule, and how many are left after it."""
    steps = funnel(users, out)
    rows = [["all users", "", "", f"{users:,}", ""]]
    for each, (_, left) in zip(out, steps[1:], strict=True):
        rows.append(
            [
                each.text,
                f"{each.users:,}" if each.users >= FEWEST else f"<{FEWEST}",
                format_cents(each.loss_cents) if each.users >= FEWEST else WITHHELD,
                f"{left:,}" if each.users >= FEWEST else WITHHELD,
                SOURCES[each.source],
            ]
        )
    small = any(each.users < FEWEST for each in out)
    return Table(("rule", "fall out", "their losses", "left", "source"), rows, small)


def outcomes_table(summary: Summary) -> Table:
    """Show this run beside other rules for the same users and bounds."""
    rows = []
    for each in summary.outcomes:
        changes = [
            "" if share is None else percent(share) for share in (each.gain_share, each.lose_share)
        ]
        shares = [percent(each.top_share), percent(each.floor_share)]
        rows.append([each.name, format_cents(each.median_cents), *shares, *changes])
    at_floor = f"get the minimum of {summary.minimum}"
    head = ("", "median", "to the tenth who lost most", at_floor, "would gain", "would lose")
    return Table(head, rows, False)


def deciles_table(users: Sequence[GroupRow], paid: Sequence[PaidRow]) -> Table:
    """Show who gets how much, by decile of loss."""
    rows = []
    gone = hidden([row.users for row in users[:-1]])
    floors, caps = ([*shown_counts(c[:-1]), f"{c[-1]:,}"] for c in _bound_counts(paid))
    for k, (group, row, floor, cap) in enumerate(zip(users, paid, floors, caps, strict=True)):
        if k in gone:
            rows.append([row.label, WITHHELD, "", "", "", "", "", "", ""])
            continue
        rows.append(
            [
                row.label,
                _range(group),
                f"{row.users:,}",
                floor,
                cap,
                format_cents(row.total_cents),
                _money(row.mean_cents),
                _money(row.median_cents),
                "–" if row.recovery is None else percent(row.recovery, 2),
            ]
        )
    head = (
        "decile",
        "losses",
        "users",
        "at minimum",
        "at maximum",
        "total",
        "mean",
        "median",
        "of losses",
    )
    return Table(head, rows, bool(gone) or _any_hidden(floors, caps))


def changes_table(changes: Sequence[ChangeRow]) -> Table:
    """Show who gains and who loses, by decile of loss."""
    rows = []
    gone = hidden([row.users for row in changes[:-1]])
    for k, row in enumerate(changes):
        if k in gone:
            rows.append([row.label, WITHHELD, "", "", "", ""])
            continue
        counts = [row.gainers, row.losers, row.unchanged]
        rows.append(
            [
                row.label,
                *(shown_counts(counts) if row is not changes[-1] else [f"{n:,}" for n in counts]),
                _money(row.mean_change_cents),
                format_cents(row.change_cents),
            ]
        )
    head = ("decile", "gain", "lose", "unchanged", "mean change", "total change")
    return Table(head, rows, bool(gone) or _any_hidden(*rows))


def _bound_counts(paid: Sequence[PaidRow]) -> tuple[list[int], list[int]]:
    return [row.at_floor for row in paid], [row.at_cap for row in paid]


def _any_hidden(*columns: Sequence[str]) -> bool:
    return any(text in (WITHHELD, f"<{FEWEST}") for column in columns for text in column)


def _range(row: GroupRow) -> str:
    if row.lowest is None or row.highest is None:
        return "–"
    if row.label in ("10", ALL):  # the largest loss is somebody's
        return f"from {about(row.lowest)}"
    low, high = about(row.lowest), about(row.highest)
    return low if low == high else f"{low} to {high}"


def _money(cents: int | None) -> str:
    return "–" if cents is None else format_cents(cents)
