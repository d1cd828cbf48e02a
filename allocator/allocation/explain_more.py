"""What is told beside the award itself: the person's other accounts, and what was already paid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from allocator.allocation.explanation import Explanation, in_dollars
from allocator.allocation.person_table import PERSON, person_table
from allocator.money import exact, format_cents

__all__ = ["explain_row"]


def explain_row(
    table: pa.Table,
    row: pa.Table,
    phrases: Mapping[str, str],
    explain: Callable[[pa.Table], Explanation],
) -> Explanation:
    """Explain a row of an awards table.

    Parameters
    ----------
    table, row : pyarrow.Table
        The awards table, and one row of it.
    phrases : mapping of str to str
        Templates of what a customer is told.
    explain : callable
        Explains the award of one claimant, an account or a person, given as a row.

    Returns
    -------
    Explanation
        For an account of a person: the person's numbers, and how the award is split.
    """
    if PERSON not in row.column_names:
        return _with_paid(explain(row), row, phrases)
    person = row.column(PERSON)[0]
    accounts = table.filter(pc.equal(table.column(PERSON), person))
    whole = person_table(accounts)
    found = _with_paid(explain(whole), row, phrases, len(accounts))
    own = {name: row.column(name)[0].as_py() for name in row.column_names}
    if len(accounts) == 1:
        return replace(found, user_id=own["user_id"])
    total, award = found.award_cents, own["award_cents"]
    loss = in_dollars(exact(own["loss"]))
    names = {
        "accounts": f"{len(accounts):,}",
        "total": format_cents(total),
        "award": format_cents(award),
    }
    key = "account" if total else "together"
    lines = [
        found.analyst,
        f"account {own['user_id']}: {format_cents(award)}, its part of {format_cents(total)} by "
        f"loss ({loss}) among {len(accounts):,} accounts of {own[PERSON]}",
    ]
    if own["per_account_cents"] is not None:
        alone = sum(accounts.column("per_account_cents").to_pylist())
        lines.append(
            f"  if every account were a claimant: {format_cents(own['per_account_cents'])}, and "
            f"{format_cents(alone)} for all {len(accounts):,}"
        )
    return replace(
        found,
        user_id=own["user_id"],
        award_cents=award,
        customer=f"{found.customer} {phrases[key].format(**names)}",
        analyst="\n".join(lines),
    )


def _with_paid(
    found: Explanation, row: pa.Table, phrases: Mapping[str, str], accounts: int = 1
) -> Explanation:
    if "paid_cents" not in row.column_names:
        return found
    paid, due, over = (
        row.column(name)[0].as_py() for name in ("paid_cents", "due_cents", "overpaid_cents")
    )
    line = f"  already paid {format_cents(paid)}, due now {format_cents(due)}"
    if over:
        line += f"; overpaid by {format_cents(over)}, which is kept"
    customer = found.customer
    told = {"paid": format_cents(paid), "due": format_cents(due)}
    if paid and found.binding == "paid" and accounts == 1:
        customer = phrases["kept"].format(**told)
    elif paid:
        customer = f"{customer} {phrases['paid'].format(**told)}"
    return replace(found, customer=customer, analyst=f"{found.analyst}\n{line}")
