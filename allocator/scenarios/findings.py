"""What the tables say, in sentences with numbers."""

from __future__ import annotations

from collections.abc import Sequence

from allocator.money import format_cents
from allocator.scenarios.bands import Band, band_at
from allocator.scenarios.out import Out
from allocator.scenarios.rows import PaidRow
from allocator.scenarios.summary import Summary, percent

__all__ = ["awards_finding", "half_finding", "money_finding", "out_finding", "top_share"]

TENTHS = "10"  # label of the decile of the largest
EXAMPLES = (1_000.0, 100_000.0)  # losses by which awards are told, in dollars


def half_finding(summary: Summary) -> str:
    """Say how much half of the recipients get.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str
    """
    if not summary.eligible:
        return "Nobody is eligible, so that nothing is handed out."
    median = format_cents(summary.outcomes[0].median_cents)
    share = summary.outcomes[0].floor_share
    who = "recipients" if summary.paid == summary.eligible else "eligible users"
    if share >= 0.5:
        smallest = f"the minimum of {summary.minimum}"
        return f"{percent(share, 0)} of the {summary.eligible:,} {who} get {smallest}."
    return f"Half of the {summary.eligible:,} {who} get {median} or less."


def top_share(rows: Sequence[PaidRow]) -> tuple[float, float] | None:
    """Return the share of people and of money in the highest decile that has anybody.

    Parameters
    ----------
    rows : sequence of PaidRow
        By loss; the last row is of everybody.

    Returns
    -------
    (float, float) or None
        None when there is no money.
    """
    *deciles, everybody = [row for row in rows if row.label.isdigit() or row is rows[-1]]
    top = next((row for row in reversed(deciles) if row.users), None)
    if top is None or not everybody.total_cents:
        return None
    return top.users / everybody.users, top.total_cents / everybody.total_cents


def money_finding(paid: dict[str, list[PaidRow]]) -> str:
    """Say how much of the money goes to those who lost most.

    Parameters
    ----------
    paid : dict of str to list of PaidRow
        By scenario, by loss; the last row is of everybody.

    Returns
    -------
    str
    """
    (_, first), *others = paid.items()
    found = top_share(first)
    if found is None:
        return "No money is handed out."
    people, money = found
    if people == 1:
        return "Everybody lost the same."
    who = "tenth" if 0.095 <= people <= 0.105 else percent(people, 0)
    text = f"The {who} who lost most get {percent(money, 0)} of the money"
    shares = [(name, top_share(rows)) for name, rows in others]
    told = [f"{percent(share[1], 0)} under {name}" for name, share in shares if share]
    return "; ".join([text, *told]) + "."


def awards_finding(bands: list[Band]) -> str:
    """Say what typical losses get.

    Parameters
    ----------
    bands : list of Band

    Returns
    -------
    str
    """
    told = [
        f"a loss of about ${loss:,.0f} gets {format_cents(band.median_cents)}"
        for loss in EXAMPLES
        if (band := band_at(bands, loss))
    ]
    if told:
        text = f"Typically, {' and '.join(told)}."
    elif bands:
        text = f"Typical vouchers rise from {format_cents(bands[0].median_cents)} for the smallest "
        text += f"losses to {format_cents(bands[-1].median_cents)} for the largest."
    else:
        text = "Too few users to show awards by loss."
    return text


def out_finding(users: int, eligible: int, out: Sequence[Out]) -> str:
    """Say how many are in, and why most of the others are not.

    Examples
    --------
    >>> out_finding(10, 6, [Out("loss_below_minimum", "lost under $50", 4, 0, "announced")])
    '60% of 10 users are in; the largest group of those who are not: lost under $50 (4).'
    """
    if not out:
        return f"All {users:,} users are in."
    largest = max(out, key=lambda each: each.users)
    return (
        f"{percent(eligible / users, 0)} of {users:,} users are in; the largest group of those who "
        f"are not: {largest.text} ({largest.users:,})."
    )
