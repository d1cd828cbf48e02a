"""From a table as read to checked, typed columns, with every bad row found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.amounts import Amounts, read_amounts
from allocator.data.booleans import read_booleans
from allocator.data.buffers import array_of
from allocator.data.columns import (
    ALREADY_COMPENSATED,
    LOSS,
    NET_ASSETS,
    NO_SNAPSHOT,
    OPTIONAL,
    USER_ID,
    needed_columns,
    refuse_missing,
)
from allocator.data.faults import RULES, Fault
from allocator.data.findings import Findings
from allocator.data.ids import check_ids
from allocator.data.table import UsersTable

__all__ = [
    "LOSS",
    "NET_ASSETS",
    "NO_SNAPSHOT",
    "POSITIVE",
    "USER_ID",
    "Users",
    "check_amounts",
    "check_users",
    "needed_columns",
    "refuse_missing",
]

POSITIVE = "losses are positive numbers: drop the minus signs"


@dataclass(frozen=True, eq=False)
class Users:
    """The checked columns of n users.

    Attributes
    ----------
    ids : pyarrow.ChunkedArray of text or integers, length n
    loss : ndarray of int64, shape (n,)
        Liquidation losses, counts of 1e-8 dollars; 0 in bad rows.
    net_assets : ndarray of int64, shape (n,), or None
        Counts of 1e-8 dollars; 0 in bad rows and without a snapshot. None when not asked for.
    no_snapshot : ndarray of bool, shape (n,), or None
        None when the table has no such column.
    already_compensated : ndarray of bool, shape (n,), or None
        None when the table has no such column.
    attributes : dict of str to pyarrow.ChunkedArray
        As read, by the names a policy uses.
    table : pyarrow.Table
        As read.
    rounded_rows : ndarray of bool, shape (n,)
        Rows with a float amount that was rounded to eight decimals.
    paid : ndarray of int64, shape (n,), or None
        Cents that were already paid; None where nothing is said of that.
    cap : ndarray of int64, shape (n,), or None
        The most that each may get, counts of 1e-8 dollars; None where the policy names no such
        column.
    """

    ids: pa.ChunkedArray
    loss: NDArray[np.int64]
    net_assets: NDArray[np.int64] | None
    no_snapshot: NDArray[np.bool_] | None
    already_compensated: NDArray[np.bool_] | None
    attributes: dict[str, pa.ChunkedArray]
    table: pa.Table
    rounded_rows: NDArray[np.bool_]
    paid: NDArray[np.int64] | None = None
    cap: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def rounded(self) -> int:
        """How many users have a float amount that was rounded to eight decimals."""
        return int(np.count_nonzero(self.rounded_rows))

    def take(self, keep: NDArray[np.bool_]) -> Users:
        """Keep some users, in their order.

        Parameters
        ----------
        keep : ndarray of bool, shape (n,)

        Returns
        -------
        Users
        """
        mask = array_of(keep)
        return Users(
            self.ids.filter(mask),
            self.loss[keep],
            None if self.net_assets is None else self.net_assets[keep],
            None if self.no_snapshot is None else self.no_snapshot[keep],
            None if self.already_compensated is None else self.already_compensated[keep],
            {name: column.filter(mask) for name, column in self.attributes.items()},
            self.table.filter(mask),
            self.rounded_rows[keep],
            None if self.paid is None else self.paid[keep],
            None if self.cap is None else self.cap[keep],
        )


def check_users(
    users: UsersTable,
    *,
    columns: Mapping[str, str] | None = None,
    attributes: Collection[str] = (),
    net_assets: bool = True,
    without_net_assets: str = "",
) -> tuple[Users, Findings]:
    """Check a users table and give its columns their types.

    Parameters
    ----------
    users : UsersTable
    columns : mapping of str to str, optional
        Our names to the file's, where they differ.
    attributes : collection of str, optional
        Further columns to keep, by the names a policy uses.
    net_assets : bool, optional
        Whether net assets are needed.
    without_net_assets : str, optional
        What to set to do without them, for the message where they are missing.

    Returns
    -------
    users : Users
    findings : Findings
        Every bad row: a missing or duplicate id; a loss that is missing, unreadable, negative,
        not finite, too large or too fine; net assets likewise, except that they may be negative,
        and missing where `no_snapshot` is true; a boolean that is neither true nor false.

    Raises
    ------
    DataError
        If columns are missing, or hold values of an unusable type.

    Examples
    --------
    >>> from allocator.data.table import read_users
    >>> table = pa.table({"user_id": ["a", "b"], "liquidation_loss": ["$60", "x"]})
    >>> users, findings = check_users(read_users(table), net_assets=False)
    >>> users.loss.tolist(), findings.count
    ([6000000000, 0], 1)
    """
    mapping = dict(columns or {})
    refuse_missing(
        users,
        [USER_ID, LOSS, *([NET_ASSETS] if net_assets else []), *attributes],
        mapping,
        optional=OPTIONAL,
        instead={NET_ASSETS: without_net_assets},
    )
    table = users.table
    findings = Findings(users.malformed)
    ids = check_ids(table, mapping.get(USER_ID, USER_ID), findings)

    name = mapping.get(LOSS, LOSS)
    loss = check_amounts(table, name, findings, signed=False, if_all_negative=POSITIVE)
    rounded = loss.rounded
    compensated = _check_booleans(table, mapping, ALREADY_COMPENSATED, findings, required=True)
    no_snapshot = _check_booleans(table, mapping, NO_SNAPSHOT, findings, required=False)
    net: Amounts | None = None
    if net_assets:
        name = mapping.get(NET_ASSETS, NET_ASSETS)
        flag = mapping.get(NO_SNAPSHOT, NO_SNAPSHOT)
        hint = f"; if the snapshot has none, set the column {flag} to true for this user"
        net = check_amounts(
            table, name, findings, signed=True, excused=no_snapshot, if_missing=hint
        )
        rounded = rounded | net.rounded
    checked = Users(
        ids,
        loss.parts,
        None if net is None else net.parts,
        no_snapshot,
        compensated,
        {name: table.column(mapping.get(name, name)) for name in attributes},
        table,
        rounded,
    )
    return checked, findings


def check_amounts(
    table: pa.Table,
    name: str,
    findings: Findings,
    *,
    signed: bool,
    excused: NDArray[np.bool_] | None = None,
    if_missing: str = "",
    if_all_negative: str = "",
) -> Amounts:
    """Read a column of dollars and record its bad rows.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        The column of amounts.
    findings : Findings
        Bad rows are added to it.
    signed : bool
        Whether amounts may be negative.
    excused : ndarray of bool, shape (n,), optional
        Rows whose amount may be missing.
    if_missing, if_all_negative : str, optional
        What to add to the rule that missing amounts break, or amounts that are all negative.

    Returns
    -------
    Amounts

    Raises
    ------
    DataError
        If the column is of a type that holds no amounts.
    """
    amounts = read_amounts(table.column(name), name)
    if amounts.faults.any():
        for fault, rule in RULES.items():
            broken = amounts.faults == fault
            if fault is Fault.MISSING and excused is not None:
                broken &= ~excused
            if fault is Fault.MISSING:
                rule += if_missing
            findings.add(rule, name, np.flatnonzero(broken))
    if not signed:
        negative = np.flatnonzero(amounts.parts < 0)
        every = len(negative) == np.count_nonzero(amounts.faults == Fault.NONE) > 1
        rule = "is negative; " + if_all_negative if every and if_all_negative else "is negative"
        findings.add(rule, name, negative)
        amounts.parts[negative] = 0
    return amounts


def _check_booleans(
    table: pa.Table, mapping: Mapping[str, str], ours: str, findings: Findings, *, required: bool
) -> NDArray[np.bool_] | None:
    name = mapping.get(ours, ours)
    if name not in table.column_names:
        return None
    values, missing, bad = read_booleans(table.column(name), name)
    if required:
        findings.add("is missing; write true or false", name, np.flatnonzero(missing))
    findings.add("is neither true nor false", name, np.flatnonzero(bad))
    return values
