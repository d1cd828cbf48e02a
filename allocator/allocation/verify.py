"""`verify`: whether awards follow from users and a policy."""

from __future__ import annotations

import os
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.allocation.evidence import Certificate, certify
from allocator.allocation.pipeline import as_policy, derive, load
from allocator.allocation.stages import Stages
from allocator.data.table import UsersTable, read_users
from allocator.policy.schema import Policy

__all__ = ["verify"]


def verify(
    users: object, policy: Policy | str | os.PathLike[str] | None, awards: object
) -> Certificate:
    """Check awards against the users and the policy they are said to follow from.

    Eligibility, weights and bounds are derived afresh; nothing is solved.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
    policy : Policy, path, or None for the announced policy
    awards : path, data frame or Arrow table with user_id and award_cents; or int array, shape (n,)
        An array is in the order of the users.

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
    >>> verify(users, policy, [5440, 4560]).ok
    True
    >>> verify(users, policy, [5439, 4561]).failures
    ('optimal: moving one unit from position 1 to position 0 raises the objective',)
    """
    chosen = as_policy(policy)
    stages = Stages()
    loaded = load(users, [chosen], stages)
    _, _, compiled = derive(loaded.users, chosen, stages)
    cents, faults = _aligned(loaded.users.ids, awards)
    certificate = certify(chosen, compiled, cents)
    checks = {"users": not faults, **certificate.checks}
    status = certificate.status if not faults else "failed"
    return replace(
        certificate,
        status=status,
        checks=MappingProxyType(checks),
        failures=(*faults, *certificate.failures),
    )


def _aligned(ids: pa.ChunkedArray, awards: object) -> tuple[NDArray[np.int64], list[str]]:
    """Return one award per user, in order, and what is wrong with the list."""
    n = len(ids)
    faults: list[str] = []
    if not _is_table(awards):
        values = np.asarray(awards)
        if values.shape != (n,):
            faults.append(f"users: there are {values.size:,} awards for {n:,} users")
            return np.zeros(n, dtype=np.int64), faults
        return _whole_cents(pa.array(values.tolist()), faults), faults
    table = read_users(awards, columns=("user_id", "award_cents")).table
    absent = {"user_id", "award_cents"} - set(table.column_names)
    if absent:
        faults.append(f"users: the awards have no column {' or '.join(sorted(absent))}")
        return np.zeros(n, dtype=np.int64), faults
    names, given = ids.cast(pa.string()), table.column("user_id").cast(pa.string())
    cents = _whole_cents(table.column("award_cents"), faults)
    if names.equals(given):
        return cents, faults
    if len(given.unique()) < len(given):
        faults.append("users: some users have more than one award")
    unknown = int(pc.sum(pc.is_null(pc.index_in(given, names.combine_chunks()))).as_py() or 0)
    if unknown:
        faults.append(f"users: {unknown:,} awards are for nobody in the users table")
    at = pc.index_in(names, given.combine_chunks())
    missing = at.null_count
    if missing:
        faults.append(f"users: {missing:,} users have no award")
    rows = np.asarray(pc.fill_null(at, -1))
    return np.where(rows < 0, 0, np.append(cents, 0)[rows]), faults


def _is_table(awards: object) -> bool:
    return isinstance(awards, (str, os.PathLike, UsersTable)) or hasattr(
        awards, "__arrow_c_stream__"
    )


def _whole_cents(column: pa.Array | pa.ChunkedArray, faults: list[str]) -> NDArray[np.int64]:
    """Return awards as integers; what is none counts as 0 and is told."""
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    kind = column.type
    if pa.types.is_integer(kind) and not column.null_count:
        return np.asarray(column.cast(pa.int64()))
    if pa.types.is_floating(kind) or pa.types.is_string(kind):
        values = np.asarray(pc.cast(column, pa.float64(), safe=False).fill_null(np.nan))
        good = np.isfinite(values) & (np.abs(values) < 2.0**53)
        good &= np.where(good, values, 0.5) == np.rint(np.where(good, values, 0.0))
    else:
        values = np.zeros(len(column))
        good = np.zeros(len(column), dtype=bool)
    if not good.all():
        faults.append(f"users: {int((~good).sum()):,} awards are not whole numbers of cents")
    return np.where(good, values, 0.0).astype(np.int64)
