"""Columns of an awards table as numpy arrays, whether the run is fresh or read from a folder."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.amounts import read_amounts
from allocator.data.buffers import numbers_of
from allocator.money import FINE
from allocator.policy.eligibility import ELIGIBLE, precedence
from allocator.policy.schema import Policy
from allocator.policy.wave_checks import ACCOUNT

__all__ = ["losses", "net_assets", "numbers", "reasons"]


def numbers(table: pa.Table, name: str) -> NDArray[Any]:
    """Return a column of numbers or booleans; nulls are nan.

    Parameters
    ----------
    table : pyarrow.Table
        n rows.
    name : str

    Returns
    -------
    ndarray, shape (n,)

    Examples
    --------
    >>> numbers(pa.table({"loss_ratio": [0.5, None]}), "loss_ratio").tolist()
    [0.5, nan]
    """
    column = table.column(name).combine_chunks()
    array = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
    # Over buffers, because Arrow's own conversion imports pandas, which takes half a second.
    if pa.types.is_boolean(array.type):
        return numbers_of(array.cast(pa.uint8())).view(np.bool_)
    values = numbers_of(array)
    if not array.null_count:
        return values
    return np.where(numbers_of(array.is_null().cast(pa.uint8())).view(np.bool_), np.nan, values)


def losses(table: pa.Table, policy: Policy) -> NDArray[np.int64]:
    """Return everybody's loss in 1e-8 dollars.

    Parameters
    ----------
    table : pyarrow.Table
        An awards table of n rows.
    policy : Policy

    Returns
    -------
    ndarray of int64, shape (n,)
        Exact; where the whole loss is recognized it is read from the claim, which beyond $22
        million per user may be a few 1e-8 dollars off.
    """
    if policy.claim.brackets or policy.award.per != ACCOUNT:  # there, claims are people's
        return read_amounts(table.column("loss"), "loss").parts
    # The claim is the loss as a float: reading it takes 5 ms, reading text of 1.7 million 400 ms.
    fine: NDArray[np.int64] = np.rint(numbers(table, "claim") * FINE).astype(np.int64)
    return fine


def net_assets(table: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return everybody's net assets in 1e-8 dollars, and where they are known.

    Parameters
    ----------
    table : pyarrow.Table
        An awards table of n rows.

    Returns
    -------
    parts : ndarray of int64, shape (n,)
        0 where they are not known.
    known : ndarray of bool, shape (n,)
    """
    amounts = read_amounts(table.column("net_assets"), "net_assets")
    return amounts.parts, amounts.faults == 0


def reasons(table: pa.Table, policy: Policy) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return the code of everybody's reason, and what the codes stand for.

    Parameters
    ----------
    table : pyarrow.Table
        An awards table of n rows.
    policy : Policy

    Returns
    -------
    codes : ndarray of int, shape (n,)
    labels : tuple of str
        ``eligible``, then the reasons in order of precedence, also those that nobody has.
    """
    column = table.column("reason")
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    merged = column.unify_dictionaries().combine_chunks()
    merged = merged.chunk(0) if isinstance(merged, pa.ChunkedArray) else merged
    found = merged.dictionary.to_pylist()
    # Files keep the labels in any order, and only those that occur.
    labels = tuple(dict.fromkeys([ELIGIBLE, *precedence(policy), *found]))
    places = np.array([labels.index(label) for label in found], dtype=np.int64)
    return places[numbers_of(merged.indices)], labels
