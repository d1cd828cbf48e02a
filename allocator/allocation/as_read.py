"""Amounts of the users table as a run repeats them: numbers, whatever text they came as."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.amounts import read_amounts
from allocator.data.buffers import array_of, decimals_of, nulls_of
from allocator.data.check import LOSS, Users
from allocator.data.faults import Fault
from allocator.policy.schema import Policy

__all__ = ["as_numbers", "as_read"]

PRECISION = 19  # digits of a decimal that holds every amount below $90 billion


def as_read(users: Users, policy: Policy, name: str) -> pa.ChunkedArray | pa.Array:
    """Return a column of amounts as it was read, text as decimals.

    Parameters
    ----------
    users : Users
        n rows.
    policy : Policy
    name : {"liquidation_loss", "net_assets"}

    Returns
    -------
    pyarrow.ChunkedArray or pyarrow.Array, length n
        Of the type that the table has, or else of decimals with eight decimals; null where net
        assets are not known.

    Examples
    --------
    >>> from allocator.data.check import check_users
    >>> from allocator.data.table import read_users
    >>> table = pa.table({"user_id": ["a"], "liquidation_loss": ["$1,234.5"], "net_assets": [9]})
    >>> users, _ = check_users(read_users(table))
    >>> as_read(users, Policy.default(), "liquidation_loss")[0].as_py()
    Decimal('1234.50000000')
    """
    column = users.table.column(policy.columns.get(name, name))
    parts = users.loss if name == LOSS else users.net_assets
    if parts is None or not _is_text(column.type):
        return column
    missing = nulls_of(column)
    if name != LOSS and users.no_snapshot is not None:  # a field of spaces is missing, too
        zero = np.flatnonzero((parts == 0) & users.no_snapshot)
        missing[zero] = read_amounts(column.take(array_of(zero)), name).faults == Fault.MISSING
    return _decimals(parts, missing)


def as_numbers(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray | pa.Array:
    """Return a column of a CSV of awards as numbers: decimals, or floats where they were floats.

    Examples
    --------
    >>> as_numbers(pa.chunked_array([["0.50", None]]), "loss").to_pylist()
    [Decimal('0.50000000'), None]
    """
    amounts = read_amounts(column, name)
    missing = amounts.faults == Fault.MISSING
    if (amounts.faults[~missing] != Fault.NONE).any():
        return pc.cast(column, pa.float64())
    return _decimals(amounts.parts, missing)


def _decimals(parts: NDArray[np.int64], missing: NDArray[np.bool_]) -> pa.Array:
    return decimals_of(parts, precision=PRECISION, missing=missing if missing.any() else None)


def _is_text(kind: pa.DataType) -> bool:
    values = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(values) or pa.types.is_large_string(values))
