"""From a table as read to checked, typed columns, with every bad row found."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.amounts import Amounts, read_amounts
from allocator.data.booleans import read_booleans
from allocator.data.buffers import array_of, nulls_of, numbers_of
from allocator.data.faults import RULES, Fault
from allocator.data.findings import Findings
from allocator.data.table import UsersTable
from allocator.data.unique import duplicates
from allocator.errors import DataError

__all__ = [
    "LOSS",
    "NET_ASSETS",
    "NO_SNAPSHOT",
    "USER_ID",
    "Users",
    "check_amounts",
    "check_ids",
    "check_users",
    "needed_columns",
    "refuse_missing",
    "typed_ids",
]

USER_ID = "user_id"
LOSS = "liquidation_loss"
NET_ASSETS = "net_assets"
NO_SNAPSHOT = "no_snapshot"
ALREADY_COMPENSATED = "already_compensated"
OPTIONAL = (NO_SNAPSHOT, ALREADY_COMPENSATED)
NET_ASSETS_HINT = f" (a user without a snapshot has {NO_SNAPSHOT} true)"
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


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
    """

    ids: pa.ChunkedArray
    loss: NDArray[np.int64]
    net_assets: NDArray[np.int64] | None
    no_snapshot: NDArray[np.bool_] | None
    already_compensated: NDArray[np.bool_] | None
    attributes: dict[str, pa.ChunkedArray]
    table: pa.Table
    rounded_rows: NDArray[np.bool_]

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
        )


def needed_columns(
    columns: Mapping[str, str], attributes: Collection[str] = (), *, net_assets: bool = True
) -> tuple[str, ...]:
    """Name the columns, as the file calls them, that `check_users` will look at.

    Parameters
    ----------
    columns : mapping of str to str
        Our names to the file's.
    attributes : collection of str, optional
        By the names a policy uses.
    net_assets : bool, optional
        Whether net assets are needed.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> needed_columns({"user_id": "claimant"}, ["region"], net_assets=False)
    ('claimant', 'liquidation_loss', 'no_snapshot', 'already_compensated', 'region')
    """
    ours = [USER_ID, LOSS, *([NET_ASSETS] if net_assets else []), *OPTIONAL, *attributes]
    return tuple(dict.fromkeys(columns.get(name, name) for name in ours))


def check_users(
    users: UsersTable,
    *,
    columns: Mapping[str, str] | None = None,
    attributes: Collection[str] = (),
    net_assets: bool = True,
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
    )
    table = users.table
    findings = Findings(users.malformed)
    ids = check_ids(table, mapping.get(USER_ID, USER_ID), findings)

    loss = check_amounts(table, mapping.get(LOSS, LOSS), findings, signed=False)
    rounded = loss.rounded
    compensated = _check_booleans(table, mapping, ALREADY_COMPENSATED, findings, required=True)
    no_snapshot = _check_booleans(table, mapping, NO_SNAPSHOT, findings, required=False)
    net: Amounts | None = None
    if net_assets:
        name = mapping.get(NET_ASSETS, NET_ASSETS)
        net = check_amounts(table, name, findings, signed=True, excused=no_snapshot)
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


def check_ids(table: pa.Table, name: str, findings: Findings) -> pa.ChunkedArray:
    """Check that ids are text or whole numbers, none missing and none twice.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        The id column.
    findings : Findings
        Bad rows are added to it.

    Returns
    -------
    pyarrow.ChunkedArray
        Text (with empty texts null) or integers.

    Raises
    ------
    DataError
        If the column holds neither.
    """
    ids = typed_ids(table, name)
    if ids.null_count:
        findings.add("is missing", name, np.flatnonzero(nulls_of(ids)))
    rows, others = duplicates(ids)
    findings.add(f"same {name} as", name, rows, others)
    return ids


def typed_ids(table: pa.Table, name: str) -> pa.ChunkedArray:
    """Read a column of ids as text, with empty texts null, or as integers.

    Parameters
    ----------
    table : pyarrow.Table
    name : str
        The id column.

    Returns
    -------
    pyarrow.ChunkedArray

    Raises
    ------
    DataError
        If the column holds neither text nor whole numbers.
    """
    ids, types = table.column(name), pa.types
    if types.is_dictionary(ids.type):
        ids = ids.cast(ids.type.value_type)
    kind = ids.type
    if types.is_null(kind) or (types.is_decimal(kind) and kind.scale == 0):
        ids = ids.cast(pa.string())
    elif types.is_integer(kind):
        return ids
    elif not (types.is_string(kind) or types.is_large_string(kind)):
        hint = ""
        if types.is_floating(kind):
            hint = "; pandas makes floats of integers when one of them is missing"
        raise DataError(
            f"column {name!r} holds {kind} values; ids must be text or whole numbers{hint}"
        )
    empty = numbers_of(pc.binary_length(ids)) == 0
    if (empty & ~nulls_of(ids)).any():
        ids = pc.if_else(array_of(empty), pa.nulls(len(ids), ids.type), ids)
    return ids


def check_amounts(
    table: pa.Table,
    name: str,
    findings: Findings,
    *,
    signed: bool,
    excused: NDArray[np.bool_] | None = None,
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
            if fault is Fault.MISSING and signed:
                rule += NET_ASSETS_HINT
            findings.add(rule, name, np.flatnonzero(broken))
    if not signed:
        negative = np.flatnonzero(amounts.parts < 0)
        findings.add("is negative", name, negative)
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


def refuse_missing(
    users: UsersTable,
    ours: Collection[str],
    mapping: Mapping[str, str],
    *,
    optional: Collection[str] = (),
) -> None:
    """Raise a DataError that names every column that is needed and not there.

    Parameters
    ----------
    users : UsersTable
    ours : collection of str
        The columns needed, by our names.
    mapping : mapping of str to str
        Our names to the file's.
    optional : collection of str, optional
        Columns needed only if the mapping names them.
    """
    wanted = [*ours, *(name for name in optional if name in mapping)]
    there = set(users.table.column_names)
    missing = [name for name in dict.fromkeys(wanted) if mapping.get(name, name) not in there]
    if not missing:
        return
    names = [
        repr(name) if mapping.get(name, name) == name else f"{mapping[name]!r} (for {name})"
        for name in missing
    ]
    several = len(users.sources) > 1
    whose = f"{len(users.sources)} files have" if several else f"{users.sources[0].path} has"
    present = users.present or tuple(users.table.column_names)
    lines = [
        f"{whose} no column{'s' if len(names) > 1 else ''} {', '.join(names)}; "
        f"{'they have' if several else 'it has'} {', '.join(map(repr, present))}"
    ]
    separator = next((mark for mark in SEPARATORS if mark in present[0]), None)
    if users.sources[0].text and len(present) == 1 and separator:
        lines.append(
            f"Its fields are separated by {SEPARATORS[separator]}; save it with commas instead."
        )
    else:
        guesses = {name: nearest_name(mapping.get(name, name), present) for name in missing}
        lines.append("If they are there under other names, say so in the policy:")
        lines.append("  [columns]")
        lines += [f'  {name} = "{guess or "..."}"' for name, guess in guesses.items()]
    raise DataError("\n".join(lines))


def nearest_name(name: str, present: Collection[str]) -> str | None:
    """Return the present name most like `name`, whatever the case, or None if none is.

    Examples
    --------
    >>> nearest_name("liquidation_loss", ["UID", "Liquidation Loss USD"])
    'Liquidation Loss USD'
    """
    by_plain = {other.lower().replace(" ", "_").replace("-", "_"): other for other in present}
    close = difflib.get_close_matches(name.lower(), by_plain, n=1)
    return by_plain[close[0]] if close else None
