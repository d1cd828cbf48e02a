"""From liquidation events and a snapshot of balances to a users table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import (
    array_of,
    booleans_of,
    decimals_of,
    nulls_of,
    numbers_of,
    texts_array,
)
from allocator.data.check import POSITIVE, check_amounts
from allocator.data.columns import LOSS, NET_ASSETS, NO_SNAPSHOT, USER_ID, refuse_missing
from allocator.data.findings import Findings
from allocator.data.ids import check_ids, typed_ids
from allocator.data.table import SIMULATED_KEY, Source, UsersTable, read_users
from allocator.data.times import microseconds, within_window
from allocator.errors import BadRow, DataError
from allocator.money import FINE, MAX_DOLLARS

__all__ = ["Preparation", "prepare"]

TIME, PRODUCT, EVENT_LOSS = "time", "product", "loss"
LIMIT = MAX_DOLLARS * FINE
SURELY_BELOW = 0.999 * LIMIT  # a float sum of n amounts is off by less than n * 1e-16 of itself
PRECISION = 19  # digits of a decimal that holds every amount below $90 billion


@dataclass(frozen=True)
class Preparation:
    """What became of the events and of the snapshot.

    Attributes
    ----------
    events : int
        Events read.
    outside_window : int
        Events before or after the window, of any product.
    other_products : int
        Events in the window, of products that do not count.
    users : int
        Users with events of any kind: the rows of the result.
    without_loss : int
        Of these, users none of whose events counts: their loss is 0.
    without_snapshot : int
        Users with events who are missing from the snapshot.
    without_events : int
        Users of the snapshot who have no events, and are left out.
    sources : tuple of Source
        The files read: events, snapshot, attributes.
    """

    events: int
    outside_window: int
    other_products: int
    users: int
    without_loss: int
    without_snapshot: int
    without_events: int
    sources: tuple[Source, ...]


def prepare(
    liquidations: object,
    snapshot: object,
    attributes: object = None,
    *,
    window_start: datetime,
    window_end: datetime,
    products: Collection[str],
    columns: Mapping[str, str] | None = None,
) -> tuple[UsersTable, Preparation]:
    """Add up the events of each user and join them with the snapshot.

    Parameters
    ----------
    liquidations : path or table
        user_id, time, product, loss: one row per event; anything that `read_users` reads.
    snapshot : path or table
        user_id, net_assets: one row per user.
    attributes : path or table, optional
        user_id and any other columns: one row per user.
    window_start, window_end : datetime
        Both included; UTC when they have no zone.
    products : collection of str
        Events of other products do not count.
    columns : mapping of str to str, optional
        Our names to those in the files. The result has the files' names for user_id,
        liquidation_loss, net_assets and no_snapshot, so that the same policy reads it.

    Returns
    -------
    users : UsersTable
        One row per user with events, in the order of their first events: user_id,
        liquidation_loss, net_assets (null without a snapshot), no_snapshot, attributes.
    preparation : Preparation

    Raises
    ------
    DataError
        If columns are missing, rows are bad, or a user's events add up to $90 billion or more.

    Examples
    --------
    >>> events = pa.table({
    ...     "user_id": ["a", "a", "b"],
    ...     "time": ["2025-10-10T21:15:00Z", "2025-10-10T21:16:00Z", "2025-10-12T00:00:00Z"],
    ...     "product": ["futures", "margin", "futures"],
    ...     "loss": ["60.10", "0.20", "7"],
    ... })
    >>> balances = pa.table({"user_id": ["a", "c"], "net_assets": [100, 200]})
    >>> users, preparation = prepare(
    ...     events, balances, products=["futures", "margin"],
    ...     window_start=datetime(2025, 10, 10), window_end=datetime(2025, 10, 11, 23, 59, 59),
    ... )
    >>> users.table.column("liquidation_loss").cast(pa.decimal128(19, 2)).to_pylist()
    [Decimal('60.30'), Decimal('0.00')]
    >>> preparation.outside_window, preparation.without_snapshot, preparation.without_events
    (1, 1, 1)
    """
    if microseconds(window_start) > microseconds(window_end):
        raise DataError(f"the window ends ({window_end}) before it starts ({window_start})")
    mapping = dict(columns or {})
    tables = [
        _read(liquidations, (USER_ID, TIME, PRODUCT, EVENT_LOSS), mapping),
        _read(snapshot, (USER_ID, NET_ASSETS), mapping),
    ]
    if attributes is not None:
        tables.append(_read(attributes, (USER_ID,), mapping, others=True))
        _refuse_taken_names(tables[2], mapping)
    found = [Findings(table.malformed) for table in tables]

    name = mapping.get(USER_ID, USER_ID)
    events = _events(tables[0], mapping, (window_start, window_end), products, found[0])
    net_assets = check_amounts(
        tables[1].table,
        mapping.get(NET_ASSETS, NET_ASSETS),
        found[1],
        signed=True,
        if_missing="; leave out users of whom there is no snapshot",
    )
    ids = [typed_ids(tables[0].table, name)]
    for table, findings in zip(tables[1:], found[1:], strict=True):
        ids.append(check_ids(table.table, name, findings))
    _refuse_bad_rows(tables, found)

    event_ids, *single_ids = _alike(ids)
    users, codes = _users(event_ids)
    loss = _sums(codes, events, len(users), tables[0], mapping.get(EVENT_LOSS, EVENT_LOSS))
    row = pc.index_in(users, value_set=single_ids[0])
    absent = nulls_of(row)
    balance = np.where(absent, 0, net_assets.parts[np.where(absent, 0, numbers_of(row))])
    result = {
        name: users,
        mapping.get(LOSS, LOSS): decimals_of(loss, precision=PRECISION),
        mapping.get(NET_ASSETS, NET_ASSETS): decimals_of(
            balance, precision=PRECISION, missing=absent
        ),
        mapping.get(NO_SNAPSHOT, NO_SNAPSHOT): array_of(absent),
    }
    if attributes is not None:
        extra = tables[2].table.take(pc.index_in(users, value_set=single_ids[1]))
        result |= {column: extra.column(column) for column in extra.column_names if column != name}
    with_loss = np.bincount(codes[events.counts], minlength=len(users)) > 0
    preparation = Preparation(
        events=len(events.counts),
        outside_window=int(np.count_nonzero(~events.inside)),
        other_products=int(np.count_nonzero(events.inside & ~events.counts)),
        users=len(users),
        without_loss=int(np.count_nonzero(~with_loss)),
        without_snapshot=int(np.count_nonzero(absent)),
        without_events=len(single_ids[0]) - int(np.count_nonzero(~absent)),
        sources=tuple(source for table in tables for source in table.sources),
    )
    simulated = next((table.simulated for table in tables if table.simulated), None)
    return _in_memory(pa.table(result), simulated), preparation


@dataclass(frozen=True, eq=False)
class _Events:
    inside: NDArray[np.bool_]  # the window
    counts: NDArray[np.bool_]  # inside, and of a product that counts
    loss: NDArray[np.int64]  # 1e-8 dollars


def _read(
    source: object, ours: Collection[str], mapping: Mapping[str, str], *, others: bool = False
) -> UsersTable:
    needed = [mapping.get(name, name) for name in ours]
    table = read_users(source, columns=None if others else needed)
    refuse_missing(table, ours, mapping)
    return table


def _refuse_taken_names(attributes: UsersTable, mapping: Mapping[str, str]) -> None:
    taken = [mapping.get(name, name) for name in (LOSS, NET_ASSETS, NO_SNAPSHOT)]
    clashes = [name for name in attributes.table.column_names if name in taken]
    if clashes:
        raise DataError(
            f"{attributes.sources[0].path} has attributes named {', '.join(map(repr, clashes))}, "
            "as a column of the result is; rename them"
        )


def _events(
    table: UsersTable,
    mapping: Mapping[str, str],
    window: tuple[datetime, datetime],
    products: Collection[str],
    findings: Findings,
) -> _Events:
    user, time, product, loss = (
        mapping.get(ours, ours) for ours in (USER_ID, TIME, PRODUCT, EVENT_LOSS)
    )
    missing_ids = nulls_of(typed_ids(table.table, user))
    findings.add("is missing", user, np.flatnonzero(missing_ids))
    inside, missing, bad = within_window(table.table.column(time), time, *window)
    findings.add("is missing", time, np.flatnonzero(missing))
    findings.add("is not a time such as 2025-10-10T21:15:00Z", time, np.flatnonzero(bad))
    names = _product_names(table.table.column(product), product)
    findings.add("is missing", product, np.flatnonzero(nulls_of(names)))
    wanted = booleans_of(pc.is_in(names, value_set=texts_array(list(products)).cast(names.type)))
    amounts = check_amounts(table.table, loss, findings, signed=False, if_all_negative=POSITIVE)
    return _Events(inside, inside & wanted, amounts.parts)


def _product_names(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    types = pa.types
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if types.is_null(column.type):
        return column.cast(pa.string())
    if not (types.is_string(column.type) or types.is_large_string(column.type)):
        raise DataError(f"column {name!r} holds {column.type} values; products must be text")
    return column


def _refuse_bad_rows(tables: Collection[UsersTable], found: Collection[Findings]) -> None:
    errors = [
        findings.error(table)
        for table, findings in zip(tables, found, strict=True)
        if findings.count
    ]
    if errors:
        rows: list[BadRow] = [row for error in errors for row in error.rows]
        told = "\n\n".join(error.shell for error in errors)
        raise DataError("\n\n".join(map(str, errors)), rows).in_shell(told)


def _alike(columns: Collection[pa.ChunkedArray]) -> list[pa.ChunkedArray]:
    """Give ids of several tables one type: 7 in one and "7" in another are the same user."""
    if all(pa.types.is_integer(column.type) for column in columns):
        try:
            return [column.cast(pa.int64()) for column in columns]
        except pa.ArrowInvalid:  # an unsigned id of 2**63 or more
            pass
    return [column.cast(pa.string()) for column in columns]


def _users(ids: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """Find the distinct ids in order of appearance, and the place of each row's id among them."""
    encoded = ids.combine_chunks().dictionary_encode()
    return encoded.dictionary, numbers_of(encoded.indices).astype(np.int64)


def _sums(
    codes: NDArray[np.int64], events: _Events, users: int, table: UsersTable, name: str
) -> NDArray[np.int64]:
    """Add up the losses of each user exactly."""
    codes_in, loss_in = codes[events.counts], events.loss[events.counts]
    rough = np.bincount(codes_in, weights=loss_in.astype(np.float64), minlength=users)
    sums = np.zeros(users, np.int64)
    np.add.at(sums, codes_in, loss_in)  # wraps around only for the few looked at next
    large = [
        user
        for user in np.flatnonzero(rough >= SURELY_BELOW)
        if sum(loss_in[codes_in == user].tolist()) >= LIMIT
    ]
    if large:
        findings = Findings(table.malformed)
        rows = np.flatnonzero(events.counts & np.isin(codes, large))
        findings.add(f"adds up to ${MAX_DOLLARS:,} or more for this user", name, rows)
        raise findings.error(table)
    return sums


def _in_memory(table: pa.Table, simulated: str | None) -> UsersTable:
    note = {} if simulated is None else {SIMULATED_KEY: simulated.encode()}
    table = table.replace_schema_metadata(note)
    source = Source("<prepared>", None, None, table.num_rows, 0, False)
    return UsersTable(table, (source,), simulated, tuple(table.column_names))
