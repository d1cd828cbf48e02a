"""Money already paid: a column of the users table, or a table of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.amounts import read_amounts
from allocator.data.buffers import numbers_of
from allocator.data.columns import ALREADY_PAID, USER_ID
from allocator.data.faults import RULES, Fault
from allocator.data.findings import Findings
from allocator.data.ids import check_ids
from allocator.data.table import UsersTable, read_users
from allocator.errors import DataError
from allocator.money import CENTS, FINE_PER_CENT, exact_sum, format_cents

__all__ = ["AWARD_CENTS", "column_of_paid", "read_paid", "refuse_set_aside"]

AWARD_CENTS = "award_cents"  # of an earlier run: its awards are what was paid


def column_of_paid(
    table: pa.Table, columns: Mapping[str, str], unit_cents: int, findings: Findings
) -> NDArray[np.int64] | None:
    """Read the column of a users table that says what everybody was already paid.

    Parameters
    ----------
    table : pyarrow.Table
        n rows.
    columns : mapping of str to str
        Our names to the file's; without ``already_paid`` among them nothing is read.
    unit_cents : int
        Awards are multiples of it, and so is what was paid.
    findings : Findings
        Bad rows are added to it.

    Returns
    -------
    ndarray of int64, shape (n,), or None
        Cents; 0 where the column is null, and in bad rows.

    Raises
    ------
    DataError
        If there is no such column, or it holds no amounts.

    Examples
    --------
    >>> table = pa.table({"user_id": ["a", "b"], "wave_1": ["12.50", None]})
    >>> column_of_paid(table, {"already_paid": "wave_1"}, 1, Findings()).tolist()
    [1250, 0]
    """
    if ALREADY_PAID not in columns:
        return None
    name = columns[ALREADY_PAID]
    if name not in table.column_names:
        raise DataError(
            f"the users table has no column {name!r}, which columns.already_paid names; it has "
            + ", ".join(map(repr, table.column_names))
        )
    return _cents(table, name, unit_cents, findings)


def read_paid(
    source: object, columns: Mapping[str, str], unit_cents: int, ids: pa.ChunkedArray
) -> tuple[NDArray[np.int64], UsersTable]:
    """Read a table of what was already paid, and put it in the order of the users.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
        ``user_id``, and ``already_paid`` in dollars or else ``award_cents``: the awards of an
        earlier run will do. A row a user; users who are not in it were paid nothing.
    columns : mapping of str to str
        Our names to the file's, where they differ and the file has theirs.
    unit_cents : int
    ids : pyarrow.ChunkedArray, length n
        Of the users.

    Returns
    -------
    cents : ndarray of int64, shape (n,)
    table : UsersTable
        As read.

    Raises
    ------
    DataError
        If columns are missing or rows are bad; or if somebody was paid who is not among the users:
        that money would not count.

    Examples
    --------
    >>> ids = pa.chunked_array([["a", "b"]])
    >>> read_paid(pa.table({"user_id": ["b"], "already_paid": ["7.00"]}), {}, 1, ids)[0].tolist()
    [0, 700]
    """
    read = read_users(source)
    table, findings = read.table, Findings(read.malformed)
    id_name = columns.get(USER_ID, USER_ID)
    id_name = id_name if id_name in table.column_names else USER_ID
    amounts = [n for n in (columns.get(ALREADY_PAID), ALREADY_PAID, AWARD_CENTS) if n is not None]
    name = next((n for n in amounts if n in table.column_names), None)
    if id_name not in table.column_names or name is None:
        raise DataError(
            f"{read.sources[0].path}: what was paid needs the columns user_id and already_paid (in "
            "dollars), or user_id and award_cents as the awards of a run have them; it has "
            + ", ".join(map(repr, table.column_names))
        )
    theirs = check_ids(table, id_name, findings)
    cents = _cents(table, name, unit_cents, findings, cents=name == AWARD_CENTS)
    if findings.count:
        raise findings.error(read)
    at = pc.index_in(theirs.cast(pa.string()), ids.cast(pa.string()).combine_chunks())
    place = numbers_of(at.fill_null(-1)).astype(np.int64)
    unknown = (place < 0) & (cents != 0)
    if unknown.any():
        raise DataError(
            f"{np.count_nonzero(unknown):,} users who were already paid "
            f"{format_cents(exact_sum(cents[unknown]))} ({read.sources[0].path}) are not among the "
            "users, so that this money would not count: add a row for each of them; whoever is not "
            "eligible keeps what was paid and gets no more"
        )
    aligned = np.zeros(len(ids), dtype=np.int64)
    aligned[place[place >= 0]] = cents[place >= 0]
    return aligned, read


def refuse_set_aside(paid: NDArray[np.int64] | None, bad: NDArray[np.bool_]) -> None:
    """Refuse to set rows aside whose users were already paid: that money has to count.

    Parameters
    ----------
    paid : ndarray of int64, shape (n,), or None
    bad : ndarray of bool, shape (n,)

    Raises
    ------
    DataError
        If one of the rows that are bad belongs to a user who was paid.

    Examples
    --------
    >>> refuse_set_aside(np.array([0, 700]), np.array([True, False]))
    """
    if paid is None or not paid[bad].any():
        return
    raise DataError(
        f"{np.count_nonzero(paid[bad]):,} of the bad rows are of users who were already paid "
        f"{format_cents(exact_sum(paid[bad]))}, and cannot be set aside: that money has to count; "
        "correct these rows"
    )


def _cents(
    table: pa.Table, name: str, unit_cents: int, findings: Findings, *, cents: bool = False
) -> NDArray[np.int64]:
    amounts = read_amounts(table.column(name), name)
    for fault, rule in RULES.items():
        if fault is not Fault.MISSING:  # nothing is known to be paid, and so nothing was
            findings.add(rule, name, np.flatnonzero(amounts.faults == fault))
    negative = np.flatnonzero(amounts.parts < 0)
    findings.add("is negative", name, negative)
    unit = unit_cents * FINE_PER_CENT * (CENTS if cents else 1)
    odd = np.flatnonzero(amounts.parts % unit)
    what = f"{unit_cents:,} cents" if unit_cents > 1 else "a cent"
    findings.add(f"is not a whole multiple of award.unit, {what}", name, odd)
    found: NDArray[np.int64] = amounts.parts // (FINE_PER_CENT * (CENTS if cents else 1))
    found[negative] = 0
    found[odd] = 0
    return found
