"""The cliff between two programs: a cent of depeg pay forfeits a voucher, whatever it is worth."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.data.buffers import array_of, booleans_of, nulls_of, numbers_of, texts_array
from allocator.data.table import Source, read_users
from allocator.errors import DataError
from allocator.money import format_cents
from allocator.programs.result import Result
from allocator.scenarios.health.finding import Example, Finding, severity, users

__all__ = ["depeg_health"]

KEY = "eligibility.exclude_already_compensated"


def depeg_health(result: Result, vouchers: object) -> Finding:
    """Say who loses a voucher to a smaller depeg pay, when whoever was compensated has none.

    Parameters
    ----------
    result : Result
        Of a depeg program.
    vouchers : Allocation, path, data frame or Arrow table
        Vouchers as they would be with nobody excluded: a run with
        ``eligibility.exclude_already_compensated = false``, or a table of user_id and award_cents.

    Returns
    -------
    Finding
        The number is how many users with depeg pay would have had a voucher worth more; the
        example is whoever loses most by it, by the line of the vouchers.

    Raises
    ------
    DataError
        If the result is of another kind of program, or the vouchers lack a column.

    Examples
    --------
    >>> import allocator as al
    >>> positions = al.simulate_positions(500, seed=1, users=500)
    >>> paid = al.run_program(positions, al.DepegPolicy.example())
    >>> policy = al.Policy.default().replace(
    ...     budget="100000.00", exclude_already_compensated=False)
    >>> finding = depeg_health(paid, al.allocate(al.simulate_users(500, seed=1), policy))
    >>> finding.sentence
    'Of 294 users with depeg pay, 49 would have had a voucher worth more: they forfeit $52,673.03
     for $8,263.59, and are $44,409.44 worse off than with nothing paid.'
    """
    if result.policy.kind != "depeg":
        raise DataError(f"this is the result of a {result.policy.kind} program, not of a depeg one")
    table, sources = _vouchers(vouchers)
    pay = numbers_of(result.table.column("award_cents"))
    paid = np.flatnonzero(pay > 0)
    ids = result.table.column(0).take(array_of(paid)).cast(pa.string()).combine_chunks()
    theirs = table.column("user_id").cast(pa.string()).combine_chunks()
    at = pc.index_in(ids, theirs)
    found = ~nulls_of(at)
    row = numbers_of(at)[found].astype(np.int64)
    pay = pay[paid][found]
    voucher = numbers_of(table.column("award_cents"))[row]
    more = voucher - pay
    worse = np.flatnonzero(more > 0)
    total, forfeited = int(more[worse].sum()), int(voucher[worse].sum())
    sentence = f"Of {users(len(paid))} with depeg pay, {len(worse):,} would have had a voucher "
    sentence += "worth more"
    if len(worse):
        sentence += (
            f": they forfeit {format_cents(forfeited)} for {format_cents(forfeited - total)}, and "
            f"are {format_cents(total)} worse off than with nothing paid"
        )
    sentence += "." + _unknown(table, row)
    example = None
    if len(worse):
        worst = int(worse[np.argmax(more[worse])])
        where, line = _place(int(row[worst]), sources)
        text = (
            f"depeg pay of {format_cents(pay[worst])} forfeits a voucher of "
            f"{format_cents(voucher[worst])}"
        )
        example = Example(int(row[worst]), text, where, line)
    return Finding(
        id="depeg.forfeit",
        severity=severity(len(worse), len(paid), total, int(pay.sum())),
        number=float(len(worse)),
        unit="users",
        sentence=sentence,
        example=example,
        keys=(KEY,),
        remedy=(
            f"{KEY} = false pays both; taking the depeg pay off the loss, or off the voucher, "
            "takes away the cliff"
        ),
    )


def _vouchers(vouchers: object) -> tuple[pa.Table, Sequence[Source]]:
    if isinstance(vouchers, Allocation):
        return vouchers.table, vouchers.sources
    read = read_users(vouchers)
    missing = [name for name in ("user_id", "award_cents") if name not in read.table.column_names]
    if missing:
        raise DataError(
            f"the vouchers have no column {' or '.join(missing)}: give the awards of a run"
        )
    table, place = read.table, read.table.column_names.index("award_cents")
    try:
        cents = table.column(place).cast(pa.int64())
    except pa.ArrowException:
        cents = None
    if cents is None or cents.null_count:
        raise DataError("the vouchers' award_cents are not whole cents")
    return table.set_column(place, "award_cents", cents), read.sources


def _unknown(table: pa.Table, rows: NDArray[np.int64]) -> str:
    """Say how many were left out of the vouchers as already compensated."""
    if "reason" not in table.column_names:
        return ""
    reason = table.column("reason").cast(pa.string())
    out = booleans_of(pc.is_in(reason, value_set=texts_array(["already_compensated"])))[rows]
    if not out.any():
        return ""
    return (
        f" {int(np.count_nonzero(out)):,} of them are out of these vouchers as already "
        f"compensated, so that theirs are not known: run with {KEY} = false."
    )


def _place(row: int, sources: Sequence[Source]) -> tuple[str, int]:
    """Return where a row stands: its line in a file, the header being line 1, or its row."""
    for source in sources:
        if row < source.rows and not source.path.startswith("<"):
            name = "standard input" if source.path == "-" else os.path.basename(source.path)
            return f"line {row + 2:,} of {name}", row + 2
        if source.path.startswith("<"):
            break
        row -= source.rows
    return f"row {row + 1:,}", row + 1
