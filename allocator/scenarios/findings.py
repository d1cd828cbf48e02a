"""What the tables say, in sentences with numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from allocator.money import format_cents
from allocator.scenarios.bands import FEWEST, Band, band_at
from allocator.scenarios.numerals import percent
from allocator.scenarios.out import Out
from allocator.scenarios.rows import GroupRow, PaidRow
from allocator.scenarios.summary import Summary

__all__ = ["Top", "awards_finding", "half_finding", "money_finding", "out_finding", "top_share"]

EXAMPLES = (1_000.0, 100_000.0)  # losses by which awards are told, in dollars


def half_finding(summary: Summary, *, exact: bool = True) -> str:
    """Say how much half of the recipients get; of fewer than ten nothing is said.

    Parameters
    ----------
    summary : Summary
    exact : bool
        Whether the share of those at the minimum may be told.

    Returns
    -------
    str
    """
    if not summary.eligible:
        return "Nobody is eligible, so that nothing is handed out."
    if summary.eligible < FEWEST:
        return f"Fewer than {FEWEST} users are eligible; what they get is not shown."
    median = format_cents(summary.outcomes[0].median_cents)
    share = summary.outcomes[0].floor_share
    who = "recipients" if summary.paid == summary.eligible else "eligible users"
    if share >= 0.5:
        others = round((1 - share) * summary.eligible)
        # In whole percents of a thousand people or more, nobody can count ten of them.
        exact = summary.eligible >= 100 * FEWEST or (exact and not 0 < others < FEWEST)
        part = f"{percent(share, 0)}" if exact else "More than half"
        return f"{part} of the {summary.eligible:,} {who} get the minimum of {summary.minimum}."
    return f"Half of the {summary.eligible:,} {who} get {median} or less."


@dataclass(frozen=True)
class Top:
    """What the highest decile that has anybody has of everything.

    Attributes
    ----------
    people, losses, money : float
        Shares; the money is 0 when there is none.
    shown : bool
        Whether it, and everybody else, is nobody or ten people at least.
    """

    people: float
    losses: float
    money: float
    shown: bool

    @property
    def who(self) -> str:
        """Who they are: a tenth, or as many as ties make it."""
        if self.people == 1:
            return "Everybody"
        part = "tenth" if 0.095 <= self.people <= 0.105 else percent(self.people, 0)
        return f"The {part} who lost most"


def top_share(users: Sequence[GroupRow], paid: Sequence[PaidRow]) -> Top | None:
    """Return the shares of people, losses and money in the highest decile that has anybody.

    Parameters
    ----------
    users, paid : sequence of GroupRow, of PaidRow
        By loss; the last row is of everybody.

    Returns
    -------
    Top or None
        None when there is no money.
    """
    *deciles, (whole, everybody) = [
        pair
        for pair in zip(users, paid, strict=True)
        if pair[0].label.isdigit() or pair[0] is users[-1]
    ]
    top = next((pair for pair in reversed(deciles) if pair[0].users), None)
    if top is None or not everybody.total_cents:
        return None
    group, row = top
    counts = (group.users, whole.users - group.users, row.eligible)
    return Top(
        people=group.users / whole.users,
        losses=group.loss_cents / whole.loss_cents,
        money=row.total_cents / everybody.total_cents,
        shown=not any(0 < n < FEWEST for n in counts),
    )


def money_finding(
    users: Sequence[GroupRow],
    paid: Mapping[str, Sequence[PaidRow]],
    withheld: Collection[str] = (),
) -> str:
    """Say how much of the money goes to those who lost most, and how much of the losses is theirs.

    Parameters
    ----------
    users : sequence of GroupRow
        By loss; the last row is of everybody.
    paid : mapping of str to sequence of PaidRow
        The same rows by scenario.
    withheld : collection of str
        Scenarios whose highest decile is not to be told.

    Returns
    -------
    str
    """
    first, *others = ((name, top_share(users, rows)) for name, rows in paid.items())
    top = first[1]
    if top is None:
        return "No money is handed out."
    if not top.shown or first[0] in withheld:
        return "Too few users to show where the money goes."
    if top.people == 1:
        return "Everybody lost the same."
    text = f"{top.who} have {percent(top.losses, 0)} of the losses and get "
    text += f"{percent(top.money, 0)} of the money"
    told = [
        f"{percent(each.money, 0)} under {name}"
        for name, each in others
        if each and each.shown and name not in withheld
    ]
    if told:
        text += f" under {first[0]}"
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
