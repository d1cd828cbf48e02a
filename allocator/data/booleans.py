"""A column of yes and no."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.buffers import booleans_of, nulls_of, numbers_of
from allocator.errors import DataError

__all__ = ["read_booleans"]

TRUE = frozenset({"true", "t", "yes", "y", "1"})
FALSE = frozenset({"false", "f", "no", "n", "0"})


def read_booleans(
    column: pa.ChunkedArray, name: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Read a column of booleans, zeros and ones, or text such as yes and no.

    Parameters
    ----------
    column : pyarrow.ChunkedArray, length n
    name : str
        The column's name, for the message.

    Returns
    -------
    values : ndarray of bool, shape (n,)
        False where there is none.
    missing : ndarray of bool, shape (n,)
        Nulls and empty texts.
    bad : ndarray of bool, shape (n,)
        Neither true nor false.

    Raises
    ------
    DataError
        If the column is of a type that holds no booleans.

    Examples
    --------
    >>> values, missing, bad = read_booleans(pa.chunked_array([["Yes", "n", "", "?"]]), "paid")
    >>> values.tolist(), missing.tolist(), bad.tolist()
    ([True, False, False, False], [False, False, True, False], [False, False, False, True])
    """
    missing = nulls_of(column)
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_null(kind):
        return np.zeros(len(column), bool), missing, np.zeros(len(column), bool)
    if pa.types.is_boolean(kind):
        return booleans_of(column), missing, np.zeros(len(column), bool)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = numbers_of(column)
        values = (numbers == 1) & ~missing
        return values, missing, ~(values | (numbers == 0) | missing)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise DataError(f"column {name!r} holds {kind} values; it must hold true or false")
    # A handful of distinct texts at most, unless the column is the wrong one.
    encoded = column.combine_chunks().dictionary_encode()
    texts = [*(text.strip().lower() for text in encoded.dictionary.to_pylist()), ""]
    places = np.where(missing, len(texts) - 1, numbers_of(encoded.indices))
    is_true = np.array([text in TRUE for text in texts], bool)[places]
    is_false = np.array([text in FALSE for text in texts], bool)[places]
    missing = np.array([not text for text in texts], bool)[places]
    return is_true, missing, ~(is_true | is_false | missing)
