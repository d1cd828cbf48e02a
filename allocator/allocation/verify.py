"""`verify`: whether awards follow from users and a policy."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.allocation.claimants import claimants_of
from allocator.allocation.evidence import Certificate
from allocator.allocation.pipeline import derive, load
from allocator.allocation.stages import Stages
from allocator.data.buffers import numbers_of
from allocator.data.table import UsersTable, read_users
from allocator.errors import DataError
from allocator.money import exact
from allocator.policy.schema import Policy

__all__ = ["verify"]

PLAIN = re.compile("[0-9]{1,19}")


def verify(
    users: object,
    policy: Policy | str | os.PathLike[str] | None,
    awards: object,
    paid: object = None,
) -> Certificate:
    """Check awards against the users and the policy they are said to follow from.

    Eligibility, weights and bounds are derived afresh; nothing is solved.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
    policy : Policy, path, or None for the announced policy
    awards : path, data frame or Arrow table with user_id and award_cents; or int array, shape (n,)
        An array is in the order of the users.
    paid : path, data frame or Arrow table, optional
        What was already paid, as in `allocator.allocate`.

    Returns
    -------
    Certificate
        Nothing is raised for bad awards: the certificate says so.

    Raises
    ------
    DataError, PolicyError
        If the users or the policy cannot be read.

    Examples
    --------
    >>> import pyarrow as pa
    >>> users = pa.table({
    ...     "user_id": ["ann", "bob"],
    ...     "liquidation_loss": ["80.00", "60.00"],
    ...     "net_assets": ["100.00", "60.00"],
    ... })
    >>> policy = Policy.default().replace(budget="100.00")
    >>> verify(users, policy, [5439, 4561]).ok
    True
    >>> verify(users, policy, [5440, 4560]).failures
    ('optimal: moving 1 cent from row 1 to row 2 raises the objective',)
    """
    chosen = Policy.named(policy)
    stages = Stages()
    loaded = load(users, [chosen], stages, paid=paid)
    who = claimants_of(loaded.users, chosen)
    _, _, compiled = derive(who.users, chosen, stages)
    cents, faults = _aligned(loaded.users.ids, awards)
    certificate = who.certify(compiled, cents)
    checks = {"users": not faults, **certificate.checks}
    status = certificate.status if not faults else "failed"
    return replace(
        certificate,
        status=status,
        proves=certificate.proves if not faults else (),
        checks=MappingProxyType(checks),
        failures=(*faults, *certificate.failures),
    )


def _aligned(ids: pa.ChunkedArray, awards: object) -> tuple[NDArray[np.int64], list[str]]:
    """Return one award per user, in order, and what is wrong with the list."""
    n = len(ids)
    nothing = np.zeros(n, dtype=np.int64)
    try:
        table = _table(awards)
        if table is None:
            values = _array(awards)
            if values.shape != (n,):
                return nothing, [f"users: there are {values.size:,} awards for {n:,} users"]
            return _whole_cents(values)
        absent = {"user_id", "award_cents"} - set(table.column_names)
        if absent:
            return nothing, [f"users: the awards have no column {' or '.join(sorted(absent))}"]
        given = table.column("user_id").cast(pa.string())
    except (DataError, pa.ArrowException, ValueError) as error:
        return nothing, [f"users: the awards cannot be read: {error}"]
    cents, faults = _whole_cents(_values(table.column("award_cents")))
    names = ids.cast(pa.string())
    if names.equals(given):
        return cents, faults
    if len(given.unique()) < len(given):
        faults.append("users: some users have more than one award")
    unknown = pc.index_in(given, names.combine_chunks()).null_count
    if unknown:
        faults.append(f"users: {unknown:,} awards are for nobody in the users table")
    at = pc.index_in(names, given.combine_chunks())
    if at.null_count:
        faults.append(f"users: {at.null_count:,} users have no award")
    rows = numbers_of(at.fill_null(-1))
    return np.where(rows < 0, 0, np.append(cents, 0)[rows]), faults


def _table(awards: object) -> pa.Table | None:
    """Return awards that are a table; None for one number per user."""
    if isinstance(awards, pa.ChunkedArray):
        return None
    if isinstance(awards, (str, os.PathLike, UsersTable)):
        return read_users(awards, columns=("user_id", "award_cents")).table
    if not hasattr(awards, "__arrow_c_stream__"):
        return None
    try:
        return read_users(awards, columns=("user_id", "award_cents")).table
    except DataError:
        if np.ndim(np.asarray(awards)) == 1:  # a column of a pandas or polars frame
            return None
        raise


def _array(awards: object) -> NDArray[Any]:
    """Return one number per user; what a mask hides is missing, whatever lies under it."""
    values: NDArray[Any] = np.asarray(awards)
    if values.dtype.kind not in "Mm" and isinstance(awards, np.ma.MaskedArray):
        values = values.astype(object)
        values[np.ma.getmaskarray(awards)] = None
    return values


def _values(column: pa.ChunkedArray) -> NDArray[Any]:
    """Return a column as numbers where it is one of whole numbers, else as Python objects."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not column.null_count and _is_numeric(column):
        with suppress(pa.ArrowException):
            return numbers_of(column.cast(pa.int64()))
    return np.array([*column.to_pylist(), None], dtype=object)[:-1]


def _is_numeric(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        digits = pc.match_substring_regex(column, f"^{PLAIN.pattern}$")  # Arrow also reads 0x1F
        return bool(pc.all(digits).as_py())
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _whole_cents(values: NDArray[Any]) -> tuple[NDArray[np.int64], list[str]]:
    """Return awards as integers; what is none counts as 0 and is told."""
    if values.dtype.kind == "i":
        return values.astype(np.int64), []
    if values.dtype.kind == "f" and (np.rint(values) == values).all() and _fit(values):
        return values.astype(np.int64), []
    # As Python objects, nanoseconds since 1970 would be whole numbers.
    found = [None if values.dtype.kind in "Mm" else _whole(value) for value in values.tolist()]
    odd = found.count(None)
    faults = [f"users: {odd:,} awards are not whole numbers of cents"] if odd else []
    return np.array([value or 0 for value in found], dtype=np.int64), faults


def _fit(values: NDArray[Any]) -> bool:
    return bool((np.abs(values) < 2.0**53).all())  # where floats still tell cents apart


def _whole(value: object) -> int | None:
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return None
    if isinstance(value, str):  # of cents: "$5,439" would be read as dollars, by people
        value = int(value) if PLAIN.fullmatch(value) else None
    try:
        amount = exact(value)
    except ValueError:
        return None
    return int(amount) if amount.denominator == 1 and abs(amount) < 2**63 else None
