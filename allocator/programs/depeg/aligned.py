"""Awards given by somebody, in the order of the users they are for."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import nulls_of, numbers_of

__all__ = ["aligned"]

Ints = NDArray[np.int64]


def aligned(ids: pa.Array, awards: pa.Table) -> tuple[Ints, tuple[str, ...]]:
    """Return one award for every user, in their order, and what is wrong with the list.

    Parameters
    ----------
    ids : pyarrow.Array, length m
    awards : pyarrow.Table
        With user_id and award_cents.

    Returns
    -------
    cents : ndarray of int64, shape (m,)
    faults : tuple of str

    Examples
    --------
    >>> awards = pa.table({"user_id": ["b"], "award_cents": [5]})
    >>> aligned(pa.array(["a", "b"]), awards)
    (array([0, 5]), ('users: 1 users have no award',))
    """
    missing = {"user_id", "award_cents"} - set(awards.column_names)
    if missing:
        said = f"users: the awards have no column {' or '.join(sorted(missing))}"
        return np.zeros(len(ids), np.int64), (said,)
    column = awards.column("award_cents")
    if not pa.types.is_int64(column.type) or column.null_count:
        said = "users: the awards are not whole cents for every row"
        return np.zeros(len(ids), np.int64), (said,)
    names = ids.cast(pa.string())
    given = awards.column("user_id").cast(pa.string()).combine_chunks()
    faults = []
    if len(given.unique()) < len(given):
        faults.append("users: some users have more than one award")
    unknown = pc.index_in(given, names).null_count
    if unknown:
        faults.append(f"users: {unknown:,} awards are for nobody in the positions")
    at = pc.index_in(names, given)
    if at.null_count:
        faults.append(f"users: {at.null_count:,} users have no award")
    absent = nulls_of(at)
    cents = np.append(numbers_of(column), 0)  # the last is for whoever has none
    return cents[np.where(absent, -1, numbers_of(at))], tuple(faults)
