"""Plan a delivery: a run becomes batches of vouchers with a schedule."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from allocator.allocation.loading import load_allocation
from allocator.programs.delivery.batches import Batches, write_batches
from allocator.programs.delivery.keys import Key
from allocator.programs.delivery.schedule import Schedule
from allocator.programs.delivery.vouchers import Order, Terms, make_vouchers

__all__ = ["plan"]


def plan(
    run: str | os.PathLike[str],
    out: str | os.PathLike[str],
    key: Key,
    schedule: Schedule,
    *,
    program: str | None = None,
    round_: str = "1",
    valid_days: int = 90,
    order: Order = "hardship",
    batch_size: int = 10_000,
) -> tuple[Batches, pa.Table]:
    """Write the vouchers of a run as signed batches.

    Parameters
    ----------
    run, out : path
        The directory of a finished run, and the one to write to.
    key : Key
    schedule : Schedule
    program : str, optional
        The name of the policy if not given.
    round_ : str
        A user has one voucher in a round of a program.
    valid_days : int
        From the announcement until vouchers expire; 90 is assumed, not announced.
    order : "hardship" or "hash"
    batch_size : int
        Vouchers in a chunk.

    Returns
    -------
    Batches
    pyarrow.Table
        The vouchers, for the ledger.

    Raises
    ------
    InfeasibleError
        If the schedule does not meet the deadline; nothing is written.
    DataError, VerificationError
        If the run is not finished, was changed, or its certificate failed.
    OccupiedError
        If `out` holds something else.
    """
    allocation = load_allocation(run)
    terms = Terms(
        program=allocation.policy.name if program is None else program,
        round=round_,
        currency=allocation.policy.currency,
        issued=schedule.announced,
        expires=schedule.announced + timedelta(days=valid_days),
    )
    table = make_vouchers(allocation, key, terms, order=order, batch_size=batch_size)
    schedule.check(table.num_rows)
    written = write_batches(
        Path(out),
        table,
        key,
        run=Path(run),
        terms=terms,
        schedule=schedule,
        order=order,
        batch_size=batch_size,
    )
    return written, table
