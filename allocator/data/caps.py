"""The users' own caps: a column of the users table that says the most that each may get."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.amounts import read_amounts
from allocator.data.columns import AWARD_CAP
from allocator.data.faults import RULES, Fault
from allocator.data.findings import Findings
from allocator.errors import DataError

__all__ = ["NO_CAP", "column_of_caps"]

NO_CAP = 2**63 - 1  # parts of 1e-8 dollars: more than any amount


def column_of_caps(
    table: pa.Table, columns: Mapping[str, str], findings: Findings
) -> NDArray[np.int64] | None:
    """Read the column that says how much everybody may get at the most.

    Parameters
    ----------
    table : pyarrow.Table
        n rows.
    columns : mapping of str to str
        Our names to the file's; without ``award_cap`` among them nothing is read.
    findings : Findings
        Bad rows are added to it.

    Returns
    -------
    ndarray of int64, shape (n,), or None
        Counts of 1e-8 dollars; `NO_CAP` where the column is null, and in bad rows.

    Raises
    ------
    DataError
        If there is no such column, or it holds no amounts.

    Examples
    --------
    >>> table = pa.table({"user_id": ["a", "b"], "left": ["12.50", None]})
    >>> caps = column_of_caps(table, {"award_cap": "left"}, Findings())
    >>> int(caps[0]), bool(caps[1] == NO_CAP)
    (1250000000, True)
    """
    if AWARD_CAP not in columns:
        return None
    name = columns[AWARD_CAP]
    if name not in table.column_names:
        raise DataError(
            f"the table has no column {name!r}, which columns.award_cap names; it has "
            + ", ".join(map(repr, table.column_names))
        )
    amounts = read_amounts(table.column(name), name)
    for fault, rule in RULES.items():
        if fault is not Fault.MISSING:  # nothing is said, and so there is no such cap
            findings.add(rule, name, np.flatnonzero(amounts.faults == fault))
    negative = amounts.parts < 0
    findings.add("is negative", name, np.flatnonzero(negative))
    return np.where((amounts.faults != 0) | negative, NO_CAP, amounts.parts)
