"""A comparison as a page of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from allocator.money import format_cents
from allocator.policy.diff import PolicyDiff
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.panel import Panel
from allocator.scenarios.rows import ChangeRow, GroupRow, PaidRow
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


def finding(name: str, base: str, rows: Sequence[ChangeRow]) -> str:
    """Say in a sentence who gains and who loses.

    Parameters
    ----------
    name, base : str
        Of the scenarios.
    rows : sequence of ChangeRow
        By decile of loss; the last row is of everybody.

    Returns
    -------
    str

    Examples
    --------
    >>> rows = [
    ...     ChangeRow("9", 5, 5, 0, 0, 9_000_00, 0, 9_000_00, 0),
    ...     ChangeRow("10", 5, 1, 4, 0, 0, 9_000_00, -9_000_00, 0),
    ...     ChangeRow("ALL", 10, 6, 4, 0, 9_000_00, 9_000_00, 0, 0),
    ... ]
    >>> finding("Broad", "Announced", rows)
    'Broad against Announced: 60.0% gain, 40.0% lose; decile 9 gains $9,000, decile 10 loses $9,000'
    """
    *groups, everybody = rows
    users = max(everybody.users, 1)
    if everybody.unchanged == everybody.users:
        return f"{name} against {base}: nobody gains or loses"
    shares = f"{percent(everybody.gainers / users)} gain, {percent(everybody.losers / users)} lose"
    up, down = ([row for row in groups if row.change_cents * sign > 0] for sign in (1, -1))
    told = [
        f"{_spans(some)} {verb}{'s' * (len(some) == 1)} "
        f"{big_dollars(abs(sum(row.change_cents for row in some)))}"
        for some, verb in ((up, "gain"), (down, "lose"))
        if some
    ]
    return f"{name} against {base}: {shares}; {', '.join(told) or 'no decile gains or loses'}"


def _spans(rows: Sequence[ChangeRow]) -> str:
    """Name groups of a table shortly: deciles 1 to 7 and 9."""
    spans: list[list[int]] = []
    for place in sorted(int(row.label) for row in rows if row.label.isdigit()):
        if spans and spans[-1][1] == place - 1:
            spans[-1][1] = place
        else:
            spans.append([place, place])
    told = [f"{low} to {high}" if low < high else f"{low}" for low, high in spans]
    many = sum(row.label.isdigit() for row in rows) > 1
    names = [f"decile{'s' * many} {' and '.join(told)}"] if told else []
    return " and ".join([*names, *(row.label for row in rows if not row.label.isdigit())])


def _blocks(users: Panel, tables: Tables, diffs: Mapping[str, PolicyDiff]) -> Iterator[list[str]]:
    base, *others = users.scenarios
    if all(tables.changes[each.name][-1].unchanged == len(users) for each in others):
        yield [_the_same(users), *(f"warning: {note}" for note in users.notes)]
        return
    out = users.users - len(users)
    # What somebody will do about it comes first, and what it rests on after.
    yield [
        *(finding(each.name, base.name, tables.changes[each.name]) for each in others),
        *(f"warning: {note}" for note in users.notes),
    ]
    yield [
        f"{len(users):,} of {users.users:,} users are eligible under at least one of them and are "
        f"compared; the other {out:,} get nothing under any",
    ]
    yield [f"{each.name}: {each.allocation.formula}" for each in users.scenarios]
    for each in others:
        yield _diff_lines(base.name, each.name, diffs[each.name])
    yield [f"By {tables.groups.basis}", "", *_users_lines(tables.users)]
    for each in users.scenarios:
        yield [each.name, *_paid_lines(tables.paid[each.name])]
    for each in others:
        yield [f"{each.name} against {base.name}", *_change_lines(tables.changes[each.name])]


def _the_same(users: Panel) -> str:
    """Say in a sentence that nothing differs, and why where that is plain."""
    under = "both" if len(users.scenarios) == 2 else f"all {len(users.scenarios)}"
    if not len(users):
        return f"nobody is eligible under {under}"
    certificates = [each.allocation.certificate for each in users.scenarios]
    budgets = {each.budget_cents for each in certificates}
    if any(each.status != "caps_reached" for each in certificates):
        return f"everyone has the same under {under}"
    said = f"everyone has their maximum under {under}"
    if len(budgets) > 1:
        return said
    caps = format_cents(certificates[0].spent_cents)
    budget = budgets.pop()
    than = "more than" if budget > certificates[0].spent_cents else "just"
    return f"{said}: the budget of {format_cents(budget)} is {than} all caps, {caps}"


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
    head = ("decile", "eligible", "at minimum", "at maximum", "total", "mean", "median", "recovery")
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
