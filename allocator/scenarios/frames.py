"""Rows of tables as pandas frames and as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from allocator.scenarios.groups import Groups
from allocator.scenarios.rows import ChangeRow, GroupRow, PaidRow

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame_of", "plain_row"]

DIGITS = 6  # decimals of ratios in files


def frame_of(blocks: Mapping[str, Sequence[Any]], groups: Groups) -> pd.DataFrame:
    """Put blocks of rows side by side; means and medians of nobody are missing integers.

    Parameters
    ----------
    blocks : mapping of str to sequence of GroupRow, PaidRow or ChangeRow
        By what stands above their columns; all with the same labels.
    groups : Groups

    Returns
    -------
    pandas.DataFrame
        The index is named after what users are sorted by; ``attrs["basis"]`` says how.
    """
    import pandas as pd

    columns = {}
    for name, rows in blocks.items():
        for field in fields(rows[0]):
            if field.name == "label" or (isinstance(rows[0], PaidRow) and field.name == "users"):
                continue
            values = [getattr(row, field.name) for row in rows]
            whole = field.name.endswith("_cents")
            columns[name, field.name] = pd.array(values, dtype="Int64") if whole else values
    labels = [row.label for row in next(iter(blocks.values()))]
    frame = pd.DataFrame(columns, index=pd.Index(labels, name=groups.title))
    frame.attrs["basis"] = groups.basis
    return frame


def plain_row(row: GroupRow | PaidRow | ChangeRow) -> dict[str, Any]:
    """Return a row as plain JSON: ratios to six decimals.

    Examples
    --------
    >>> plain_row(GroupRow("1", 2, 0.1234567, 3.0, 400))["lowest"]
    0.123457
    """
    data = asdict(row)
    return {key: round(v, DIGITS) if isinstance(v, float) else v for key, v in data.items()}
