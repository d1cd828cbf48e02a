"""The tables of a report as text, with nothing that could tell who somebody is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from allocator.money import format_cents
from allocator.report.disclosure import bound_cells, change_cells
from allocator.report.suppress import (
    WITHHELD,
    hidden,
    is_blurred,
    is_small,
    shown_count,
    shown_share,
)
from allocator.report.where_it_goes import loss_range
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.numerals import percent
from allocator.scenarios.out import Out, funnel
from allocator.scenarios.rows import ChangeRow, GroupRow, PaidRow
from allocator.scenarios.summary import Outcome, Summary

__all__ = [
    "SOURCES",
    "Table",
    "changes_table",
    "deciles_table",
    "gain_and_lose",
    "outcomes_table",
    "rules_table",
]

# What a board reads where the terminal says ASSUMED.
SOURCES = {
    "announced": "announced",
    "assumed": "assumed, to be decided",
    "set": "set by this policy",
}


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


def rules_table(users: int, out: Sequence[Out], *, hide_users: bool = False) -> Table:
    """Say who is out at each rule, and how many are left after it.

    Parameters
    ----------
    users : int
    out : sequence of Out
        Small ones merged.
    hide_users : bool
        Whether a small count would follow from how many users there are.

    Returns
    -------
    Table
    """
    rows = [["all users", "", "", shown_count(users, hide=hide_users), ""]]
    for each, (_, left) in zip(out, funnel(users, out)[1:], strict=True):
        small = is_small(each.users)
        rows.append(
            [
                each.text,
                shown_count(each.users),
                WITHHELD if small else format_cents(each.loss_cents),
                shown_count(left, hide=hide_users),
                SOURCES[each.source],
            ]
        )
    head = ("rule", "fall out", "their losses", "left", "source")
    return Table(head, rows, _any_hidden(*rows))


def outcomes_table(summary: Summary, hide: Mapping[str, Collection[str]]) -> Table:
    """Show this run beside other rules for the same users and bounds.

    Parameters
    ----------
    summary : Summary
        Of at least ten eligible users.
    hide : mapping of str to collection of {"floor", "gain", "lose"}
        By outcome: counts from which a small one would follow, because a table by decile of the
        same awards is on the page.

    Returns
    -------
    Table
    """
    rows = []
    n = summary.eligible
    few_on_top = n < FEWEST * 10
    for each in summary.outcomes:
        gone = () if is_blurred(n, 1) else hide.get(each.name, ())
        shares = {"floor": shown_share(round(each.floor_share * n), n)}
        shares |= dict(zip(("gain", "lose"), gain_and_lose(each, n) or ("", ""), strict=True))
        rows.append(
            [
                each.name,
                format_cents(each.median_cents),
                WITHHELD if few_on_top else percent(each.top_share),
                *(WITHHELD if name in gone else share for name, share in shares.items()),
            ]
        )
    top = "to the tenth who lost most"
    if summary.top_loss_share is not None and not few_on_top:
        top += f" ({percent(summary.top_loss_share)} of losses)"
    at_floor = f"get the minimum of {summary.minimum}"
    head = ("policy", "median", top, at_floor, "would gain", "would lose")
    return Table(head, rows, _any_hidden(*rows))


def gain_and_lose(outcome: Outcome, users: int, digits: int = 1) -> tuple[str, str] | None:
    """Write the shares of those who would gain and lose, unless few people follow from them.

    Parameters
    ----------
    outcome : Outcome
    users : int
        How many are eligible.
    digits : int
        Decimals of a percent.

    Returns
    -------
    (str, str) or None
        None for the run itself.
    """
    if outcome.gain_share is None or outcome.lose_share is None:
        return None
    gain, lose = (round(share * users) for share in (outcome.gain_share, outcome.lose_share))
    exact = not is_blurred(users, digits)
    gone = hidden((gain, lose, users - gain - lose)) if exact else ()
    told = (
        WITHHELD if k in gone else percent(n / users, digits) for k, n in enumerate((gain, lose))
    )
    first, second = told
    return first, second


def deciles_table(users: Sequence[GroupRow], paid: Sequence[PaidRow], gone: set[int]) -> Table:
    """Show who gets how much, by decile of loss.

    Parameters
    ----------
    users, paid : sequence of GroupRow, of PaidRow
        The last row is of everybody.
    gone : set of int
        Rows of too few people.

    Returns
    -------
    Table
    """
    rows = []
    cells = bound_cells(paid, gone)
    few = hidden([row.users for row in users[:-1]])
    for k, (group, row) in enumerate(zip(users, paid, strict=True)):
        if k in gone:
            count = "" if k in few else f"{row.users:,}"
            rows.append([row.label, WITHHELD, count, "", "", "", "", "", ""])
            continue
        rows.append(
            [
                row.label,
                loss_range(group),
                f"{row.users:,}",
                shown_count(row.at_floor, hide=(k, 0) in cells),
                shown_count(row.at_cap, hide=(k, 1) in cells),
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
    return Table(head, rows, _any_hidden(*rows))


def changes_table(changes: Sequence[ChangeRow], gone: set[int]) -> Table:
    """Show who gains and who loses, by decile of loss.

    Parameters
    ----------
    changes : sequence of ChangeRow
        The last row is of everybody.
    gone : set of int
        Rows of too few people.

    Returns
    -------
    Table
    """
    rows = []
    cells = change_cells(changes, gone)
    for k, row in enumerate(changes):
        if k in gone:
            rows.append([row.label, WITHHELD, "", "", "", ""])
            continue
        rows.append(
            [
                row.label,
                *(
                    shown_count(n, hide=(k, c) in cells)
                    for c, n in enumerate((row.gainers, row.losers, row.unchanged))
                ),
                _money(row.mean_change_cents),
                format_cents(row.change_cents),
            ]
        )
    head = ("decile", "gain", "lose", "unchanged", "mean change", "total change")
    return Table(head, rows, _any_hidden(*rows))


def _any_hidden(*rows: Sequence[str]) -> bool:
    return any(WITHHELD in row for row in rows)


def _money(cents: int | None) -> str:
    return "–" if cents is None else format_cents(cents)
