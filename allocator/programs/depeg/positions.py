"""A table of positions, read and checked: exact columns, and every bad row told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.amounts import read_amounts
from allocator.data.buffers import array_of, nulls_of, numbers_of
from allocator.data.caps import NO_CAP, column_of_caps
from allocator.data.check import check_amounts
from allocator.data.columns import refuse_missing
from allocator.data.faults import Fault
from allocator.data.findings import Findings
from allocator.data.ids import typed_ids
from allocator.data.table import UsersTable, read_users
from allocator.data.times import within_window
from allocator.errors import DataError
from allocator.money import FINE_PER_CENT
from allocator.policy.values import read_instant
from allocator.programs.depeg.columns import (
    ACCOUNT_TYPE,
    ASSET,
    COLUMNS,
    EXTRA_LOSS,
    OPTIONAL,
    POSITION_ID,
    PRICE,
    QUANTITY,
    REQUIRED,
    TIME,
    USER_ID,
)
from allocator.programs.depeg.policy import DepegPolicy
from allocator.programs.depeg.repeats import conflicts, count_identical, moments

__all__ = ["Positions", "read_positions"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
QUANTITIES = {
    Fault.MISSING: "is missing",
    Fault.NOT_A_NUMBER: "is not a quantity such as 1234.5 or 0.00012345",
    Fault.NOT_FINITE: "is not finite",
    Fault.TOO_LARGE: "is not below 90 billion in size",
    Fault.TOO_FINE: "has more than 8 decimals",
}


@dataclass(frozen=True, eq=False)
class Positions:
    """The checked columns of n positions of m users.

    Attributes
    ----------
    ids : pyarrow.Array of text or integers, length m
        The users, in order of appearance.
    user : ndarray of int64, shape (n,)
        Whose each position is, as a place in `ids`.
    assets : tuple of str
        Every asset that occurs.
    asset : ndarray of int64, shape (n,)
        Places in `assets`.
    quantity : ndarray of int64, shape (n,)
        Counts of 1e-8 units of the asset.
    price : ndarray of int64, shape (n,)
        At liquidation: counts of 1e-8 dollars a unit.
    inside : ndarray of bool, shape (n,)
        In the window, both ends included.
    account_types : tuple of str
        Every account type that occurs.
    account_type : ndarray of int64, shape (n,)
        Places in `account_types`.
    extra : ndarray of int64, shape (n,)
        Verified extra losses, counts of 1e-8 dollars.
    rows : ndarray of int64, shape (n,)
        Where each stands in the table as read.
    cap : ndarray of int64, shape (m,), or None
        The most that each user may get, in cents, rounded down: the least that a position of
        theirs says. None where the policy names no such column.
    rounded : int
        Positions with a float that was rounded to eight decimals.
    repeated : int
        Rows left out because they repeat a position_id with all that belongs to it.
    identical : int
        Rows that are like an earlier one, where no position_id says whether they are one position.
    """

    ids: pa.Array
    user: Ints
    assets: tuple[str, ...]
    asset: Ints
    quantity: Ints
    price: Ints
    inside: Mask
    account_types: tuple[str, ...]
    account_type: Ints
    extra: Ints
    rows: Ints
    cap: Ints | None
    rounded: int
    repeated: int
    identical: int

    def __len__(self) -> int:
        return len(self.user)


def read_positions(
    source: object, policy: DepegPolicy, *, max_bad: int = 0
) -> tuple[Positions, UsersTable, pa.Table | None]:
    """Read and check a table of positions.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
        A row a position: user_id, asset, quantity, liquidation_price, time, account_type, and, if
        there, verified_extra_loss (none where it is null) and position_id; under other names if
        the policy's ``[columns]`` says so.
    policy : DepegPolicy
    max_bad : int
        Up to so many bad rows are set aside; more are an error.

    Returns
    -------
    positions : Positions
    table : UsersTable
        As read.
    quarantined : pyarrow.Table or None
        Bad rows that were set aside.

    Raises
    ------
    DataError
        With every bad row: a missing id, asset, account type or time, a time that is none; a
        quantity, price or loss that is missing, unreadable, negative, too large or too fine; a
        position_id that stands in another row with other values.
    """
    mapping = policy.columns
    wanted = [mapping.get(name, name) for name in COLUMNS]
    table = read_users(source, columns=wanted)
    refuse_missing(table, REQUIRED, mapping, optional=OPTIONAL)
    findings = Findings(table.malformed)
    name = {ours: mapping.get(ours, ours) for ours in COLUMNS}
    data = table.table

    ids = typed_ids(data, name[USER_ID])
    findings.add("is missing", name[USER_ID], np.flatnonzero(nulls_of(ids)))
    users, user = _codes(ids)
    assets, asset = _labels(data, name[ASSET], findings)
    account_types, account_type = _labels(data, name[ACCOUNT_TYPE], findings)
    quantity, rounded = _quantities(data, name[QUANTITY], findings)
    prices = check_amounts(data, name[PRICE], findings, signed=False)
    inside, times = _times(data, name[TIME], policy, findings)
    extra, rounded_extra = _extra(data, name[EXTRA_LOSS], findings)
    caps = column_of_caps(data, mapping, findings)

    values = {
        USER_ID: user,
        ASSET: asset,
        QUANTITY: quantity,
        PRICE: prices.parts,
        TIME: times,
        ACCOUNT_TYPE: account_type,
        EXTRA_LOSS: extra,
    }
    repeats = np.zeros(len(table), bool)
    named = name[POSITION_ID] in data.column_names
    if named:
        repeats = _repeats(data, name, values, findings)
    bad = findings.mask(len(table))
    count = findings.count
    if count > max_bad or (count and count == len(table)):
        raise findings.error(table)
    rows = np.flatnonzero(~bad & ~repeats)
    kept = {ours: column[rows] for ours, column in values.items()}
    seen = np.zeros(len(users), bool)
    seen[kept[USER_ID]] = True
    place = np.cumsum(seen) - 1
    float_rows = rounded | prices.rounded | rounded_extra
    positions = Positions(
        ids=users.filter(array_of(seen)),
        user=place[kept[USER_ID]],
        assets=assets,
        asset=kept[ASSET],
        quantity=kept[QUANTITY],
        price=kept[PRICE],
        inside=inside[rows],
        account_types=account_types,
        account_type=kept[ACCOUNT_TYPE],
        extra=kept[EXTRA_LOSS],
        rows=rows,
        cap=_least(caps, place[kept[USER_ID]], rows, int(np.count_nonzero(seen))),
        rounded=int(np.count_nonzero(float_rows[rows])),
        repeated=int(np.count_nonzero(repeats & ~bad)),
        identical=0 if named else count_identical(list(kept.values())),
    )
    return positions, table, findings.quarantine_table(table) if count else None


def _least(caps: Ints | None, user: Ints, rows: Ints, users: int) -> Ints | None:
    """Return every user's least cap in whole cents, rounded down."""
    if caps is None:
        return None
    found: Ints = np.full(users, NO_CAP)
    np.minimum.at(found, user, caps[rows])
    found //= FINE_PER_CENT
    return found


def _codes(column: pa.ChunkedArray) -> tuple[pa.Array, Ints]:
    """Return the distinct values in order of appearance, and the place of each; -1 for nulls."""
    encoded = column.combine_chunks().dictionary_encode()
    codes = numbers_of(encoded.indices).astype(np.int64)
    return encoded.dictionary, np.where(nulls_of(encoded), -1, codes)


def _labels(table: pa.Table, name: str, findings: Findings) -> tuple[tuple[str, ...], Ints]:
    column, types = table.column(name), pa.types
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if types.is_null(column.type):
        column = column.cast(pa.string())
    if not (types.is_string(column.type) or types.is_large_string(column.type)):
        raise DataError(f"column {name!r} holds {column.type} values; it must be text")
    labels, codes = _codes(column)
    texts = tuple(labels.to_pylist())
    empty = np.array([not text for text in (*texts, "")])[codes]  # a null is the last
    findings.add("is missing", name, np.flatnonzero(empty))
    return texts, codes


def _quantities(table: pa.Table, name: str, findings: Findings) -> tuple[Ints, Mask]:
    amounts = read_amounts(table.column(name), name)
    for fault, rule in QUANTITIES.items():
        findings.add(rule, name, np.flatnonzero(amounts.faults == fault))
    negative = np.flatnonzero(amounts.parts < 0)
    findings.add("is negative", name, negative)
    amounts.parts[negative] = 0
    return amounts.parts, amounts.rounded


def _times(
    table: pa.Table, name: str, policy: DepegPolicy, findings: Findings
) -> tuple[Mask, Ints]:
    """Return which times are in the window, and a number for each way a time is written."""
    column = table.column(name)
    window = (read_instant(policy.claims.window_start), read_instant(policy.claims.window_end))
    inside, missing, bad = within_window(column, name, *window)
    findings.add("is missing", name, np.flatnonzero(missing))
    findings.add("is not a time such as 2025-10-10T21:45:00Z", name, np.flatnonzero(bad))
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return inside, _codes(column)[1]


def _extra(table: pa.Table, name: str, findings: Findings) -> tuple[Ints, Mask]:
    if name not in table.column_names:
        return np.zeros(table.num_rows, np.int64), np.zeros(table.num_rows, bool)
    optional = np.ones(table.num_rows, bool)
    amounts = check_amounts(table, name, findings, signed=False, excused=optional)
    return amounts.parts, amounts.rounded


def _repeats(
    table: pa.Table, name: Mapping[str, str], values: Mapping[str, Ints], findings: Findings
) -> Mask:
    """Find rows that repeat a position, and tell those that only share its id.

    Rows that are bad in themselves are left out: what they say of a position is not known.
    """
    ids = typed_ids(table, name[POSITION_ID])
    findings.add("is missing", name[POSITION_ID], np.flatnonzero(nulls_of(ids)))
    sound = np.flatnonzero(~findings.mask(table.num_rows))
    ids = ids.take(array_of(sound))
    compared = {ours: column[sound] for ours, column in values.items()}
    found = conflicts(ids, compared)
    if TIME in found.other:
        times = table.column(name[TIME]).take(array_of(sound))
        found = conflicts(ids, {**compared, TIME: moments(times, compared[TIME], ids)})
    for ours, (rows, others) in found.other.items():
        rule = f"same {name[POSITION_ID]}, but another {name[ours]}, as"
        findings.add(rule, name[POSITION_ID], sound[rows], sound[others])
    repeats = np.zeros(table.num_rows, bool)
    repeats[sound[found.repeats]] = True
    return repeats
