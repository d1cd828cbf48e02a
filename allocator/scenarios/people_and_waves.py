"""What a summary says of people with several accounts, of money already paid, and of a reserve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from allocator.allocation.person_table import PERSON, person_rows
from allocator.money import exact_sum, format_cents
from allocator.scenarios.columns import numbers

if TYPE_CHECKING:
    from allocator.scenarios.summary import Summary

__all__ = ["lines", "paid_figures", "people_figures"]


def people_figures(table: pa.Table) -> Mapping[str, Any] | None:
    """Compare awards to people with awards to accounts.

    Parameters
    ----------
    table : pyarrow.Table
        An awards table of accounts.

    Returns
    -------
    mapping or None
        people, accounts, several (people with more than one account), gain and gain_cents: how many
        of these would get more if every account were a claimant, and how much; None for both
        where that cannot be paid. None where accounts are the claimants.
    """
    if PERSON not in table.column_names:
        return None
    rows = person_rows(table)
    several = rows.size > 1
    found: dict[str, Any] = {
        "people": len(rows.start),
        "accounts": table.num_rows,
        "several": int(np.count_nonzero(several)),
        "gain": None,
        "gain_cents": None,
    }
    if not table.column("per_account_cents").null_count:
        change = numbers(table, "per_account_cents") - numbers(table, "award_cents")
        gain = np.maximum(rows.sums(change), 0)[several]
        found |= {"gain": int(np.count_nonzero(gain)), "gain_cents": exact_sum(gain)}
    return found


def paid_figures(table: pa.Table) -> Mapping[str, Any] | None:
    """Add up what was already paid, what is due now, and what was overpaid.

    Parameters
    ----------
    table : pyarrow.Table
        An awards table.

    Returns
    -------
    mapping or None
        paid_cents, due_cents, due (users who are due something), overpaid_cents, overpaid (users),
        kept_cents (paid to users who are not eligible). None where nothing is said of payments.
    """
    if "paid_cents" not in table.column_names:
        return None
    paid, due, over = (numbers(table, f"{name}_cents") for name in ("paid", "due", "overpaid"))
    return {
        "paid_cents": exact_sum(paid),
        "due_cents": exact_sum(due),
        "due": int(np.count_nonzero(due)),
        "overpaid_cents": exact_sum(over),
        "overpaid": int(np.count_nonzero(over)),
        "kept_cents": exact_sum(paid[~numbers(table, "eligible")]),
    }


def lines(summary: Summary) -> Iterator[str]:
    """Say it.

    Parameters
    ----------
    summary : Summary

    Yields
    ------
    str
    """
    if summary.reserve_cents:
        yield f"{format_cents(summary.reserve_cents)} of the budget is held back as a reserve"
    paid = summary.already_paid
    if paid is not None:
        text = f"{format_cents(paid['paid_cents'])} was already paid; "
        text += f"{format_cents(paid['due_cents'])} is due now, to {paid['due']:,} users"
        if paid["overpaid"]:
            text += f"; {paid['overpaid']:,} users were paid {format_cents(paid['overpaid_cents'])}"
            text += " more than they would get, and keep it"
        yield text
    people = summary.people
    if people is not None:
        text = f"{people['several']:,} of {people['people']:,} people have several accounts"
        if people["gain"] is None:
            yield f"{text}; the budget would not do for the minimum to every account"
        elif people["several"]:
            yield (
                f"{text}; {people['gain']:,} of them would gain "
                f"{format_cents(people['gain_cents'])} if every account were a claimant"
            )
        else:
            yield text
