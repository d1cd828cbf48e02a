"""From a finished run to vouchers, in the order in which they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.data.amounts import read_amounts
from allocator.data.buffers import array_of, nulls_of, numbers_of, texts_array
from allocator.errors import DataError, UnsupportedError, VerificationError
from allocator.money import CENTS, exact_sum
from allocator.programs.delivery.keys import Key
from allocator.programs.delivery.schedule import show_time

__all__ = ["Order", "Terms", "make_vouchers"]

Order = Literal["hardship", "hash"]


@dataclass(frozen=True)
class Terms:
    """What all vouchers of a round have in common.

    Attributes
    ----------
    program, round : str
        With the user, what a voucher is for: nobody has two vouchers for the same three.
    currency : str
    issued, expires : datetime
        With a time zone.
    """

    program: str
    round: str
    currency: str
    issued: datetime
    expires: datetime


def make_vouchers(
    run: Allocation, key: Key, terms: Terms, *, order: Order, batch_size: int
) -> pa.Table:
    """Make a voucher of every award above zero.

    Parameters
    ----------
    run : Allocation
        With money already paid, a voucher is of what is due now.
    key : Key
    terms : Terms
    order : "hardship" or "hash"
        Largest loss ratio first, then largest loss; or by voucher id, which nobody can foresee.
        Equals are ordered by voucher id.
    batch_size : int

    Returns
    -------
    pyarrow.Table
        voucher_id, user_id, amount (dollars, as text), amount_cents, currency, issued_at,
        expires_at (text), batch (from 1).

    Raises
    ------
    UnsupportedError
        If the run is of another kind of program.
    VerificationError
        If the certificate of the run says that it is not in order.
    DataError
        If two rows have the same user, or the terms make no sense.
    """
    if run.policy.kind != "voucher":
        raise UnsupportedError(f"a {run.policy.kind} program has no vouchers to deliver")
    if not run.certificate.ok:
        raise VerificationError("the certificate of this run failed: nothing of it is delivered")
    if terms.expires <= terms.issued:
        raise DataError(
            f"vouchers expire at {show_time(terms.expires)}, which is not after they are issued, "
            f"{show_time(terms.issued)}"
        )
    due = "due_cents" if "due_cents" in run.table.column_names else "award_cents"
    all_cents = numbers_of(run.table.column(due))
    rows = run.table.filter(array_of(all_cents > 0))
    cents = all_cents[all_cents > 0]
    users = rows.column("user_id").cast(pa.string()).to_pylist()
    ids = np.array(key.voucher_ids(terms.program, terms.round, users), dtype="S40")
    by_id = np.argsort(ids, kind="stable")
    if np.any(ids[by_id[1:]] == ids[by_id[:-1]]):
        raise DataError("two awards are of the same user: a user has one voucher in a round")
    sequence = by_id if order == "hash" else _hardest_first(rows, by_id)
    n = len(users)
    table = {
        "voucher_id": texts_array([text.decode() for text in ids[sequence].tolist()]),
        "user_id": texts_array([users[row] for row in sequence.tolist()]),
        "amount": texts_array([_dollars(each) for each in cents[sequence].tolist()]),
        "amount_cents": array_of(cents[sequence]),
        "currency": texts_array([terms.currency] * n),
        "issued_at": texts_array([show_time(terms.issued)] * n),
        "expires_at": texts_array([show_time(terms.expires)] * n),
        "batch": array_of(np.arange(n, dtype=np.int64) // batch_size + 1),
    }
    if exact_sum(cents) != exact_sum(all_cents):
        raise DataError("the run has awards below zero")
    return pa.table(table)


def _hardest_first(rows: pa.Table, by_id: NDArray[np.intp]) -> NDArray[np.intp]:
    column = rows.column("loss_ratio")
    ratio = np.where(nulls_of(column), -np.inf, numbers_of(column))  # no ratio in the policy
    loss = read_amounts(rows.column("loss"), "loss").parts
    rank = np.empty(len(by_id), dtype=np.int64)
    rank[by_id] = np.arange(len(by_id))
    return np.lexsort((rank, -loss, -ratio))


def _dollars(cents: int) -> str:
    return f"{cents // CENTS}.{cents % CENTS:02d}"
