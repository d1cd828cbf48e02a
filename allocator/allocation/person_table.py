"""The awards table of accounts as one of people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.data.amounts import read_amounts
from allocator.data.buffers import array_of, numbers_of
from allocator.data.faults import Fault
from allocator.policy.persons import Sorted

__all__ = ["PERSON", "per_person", "person_rows", "person_table"]

PERSON = "person"
SUMS = ("award_cents", "paid_cents", "due_cents", "overpaid_cents", "per_account_cents")


def per_person(allocation: Allocation) -> Allocation:
    """Return an allocation whose table has a row a person; itself where accounts are claimants.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    Allocation
    """
    if PERSON not in allocation.table.column_names:
        return allocation
    return replace(allocation, table=person_table(allocation.table))


def person_rows(table: pa.Table) -> Sorted:
    """Bring the rows of every person together.

    Parameters
    ----------
    table : pyarrow.Table
        An awards table with a column person.

    Returns
    -------
    Sorted
    """
    column = table.column(PERSON).combine_chunks()
    column = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    codes = numbers_of(pc.dictionary_encode(column).indices)
    return Sorted.by(codes.astype(np.int64))


def person_table(table: pa.Table) -> pa.Table:
    """Return the awards table of people.

    Parameters
    ----------
    table : pyarrow.Table
        An awards table with a column person.

    Returns
    -------
    pyarrow.Table
        With the same columns, a row a person in the order in which they first appear: user_id is
        the person, loss and net_assets and all cents of awards are sums.

    Examples
    --------
    >>> table = pa.table({"user_id": ["a", "b"], "loss": ["1.5", "2"], "net_assets": [None, None],
    ...                   "award_cents": [1, 2], "person": ["p", "p"]})
    >>> person_table(table).select(["user_id", "loss", "award_cents"]).to_pylist()
    [{'user_id': 'p', 'loss': Decimal('3.50000000'), 'award_cents': 3}]
    """
    rows = person_rows(table)
    whole = table.take(array_of(rows.first))

    def put(name: str, values: pa.Array) -> None:
        nonlocal whole
        whole = whole.set_column(whole.schema.get_field_index(name), name, values)

    put("user_id", whole.column(PERSON))
    for name in ("loss", "net_assets"):
        amounts = read_amounts(table.column(name), name)
        unknown = rows.any(amounts.faults == Fault.MISSING)
        put(name, _decimals(rows.sums(amounts.parts), unknown))
    for name in SUMS:
        if name in table.column_names and not table.column(name).null_count:
            put(name, array_of(rows.sums(numbers_of(table.column(name)))))
    return whole


def _decimals(parts: NDArray[np.int64], unknown: NDArray[np.bool_]) -> pa.Array:
    """Return amounts of 1e-8 dollars as decimals, null where they are not known."""
    wide = np.empty((len(parts), 2), dtype=np.int64)
    wide[:, 0], wide[:, 1] = parts, parts >> 63
    buffers = [None, pa.py_buffer(wide)]
    found = pa.Array.from_buffers(pa.decimal128(20, 8), len(parts), buffers)
    if not unknown.any():
        return found
    return pc.if_else(array_of(unknown), pa.scalar(None, found.type), found)
