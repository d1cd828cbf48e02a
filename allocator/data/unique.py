"""Duplicate ids: a 64-bit hash of every id, a sort, and equal hashes confirmed on the ids."""

from __future__ import annotations

import sys

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.buffers import array_of, nulls_of, numbers_of, text_of

__all__ = ["duplicates", "hashes_of"]

WORD = 8  # bytes hashed at a time
BLOCK = 1 << 16  # rows hashed at a time, so that the working arrays stay in cache
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio, odd
MASKS = np.array([(1 << (8 * k)) - 1 for k in range(WORD)] + [2**64 - 1], dtype=np.uint64)


def duplicates(
    ids: pa.ChunkedArray | pa.Array,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find every row whose id stands in another row too.

    Parameters
    ----------
    ids : pyarrow.ChunkedArray or pyarrow.Array, length n
        Text, integers, or a dictionary of these; nulls are equal to nothing.

    Returns
    -------
    rows : ndarray of int64, ascending
        All rows of every group of equal ids.
    others : ndarray of int64, of the same length
        Another row of the same group: the first one; for the first one itself, the second.

    Examples
    --------
    >>> rows, others = duplicates(pa.array(["a", "b", "a", None, None, "a"]))
    >>> rows.tolist(), others.tolist()
    ([0, 2, 5], [2, 0, 0])
    """
    chunks = ids.chunks if isinstance(ids, pa.ChunkedArray) else [ids]
    if pa.types.is_dictionary(ids.type):
        chunks = [chunk.dictionary_decode() for chunk in chunks]
    hashes = np.concatenate([np.zeros(0, np.uint64), *map(hashes_of, chunks)])
    known = ~nulls_of(ids)
    ordered = np.sort(hashes[known])
    suspects = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    none = np.zeros(0, np.int64)
    if len(suspects) == 0:
        return none, none
    # Sorted search instead of np.isin, which would sort all hashes once more.
    nearest = suspects.take(np.searchsorted(suspects, hashes), mode="clip")
    rows = np.flatnonzero(known & (nearest == hashes))
    values = pa.chunked_array(chunks).take(array_of(rows))
    codes = numbers_of(values.combine_chunks().dictionary_encode().indices)
    counts = np.bincount(codes)
    repeated = counts[codes] > 1
    rows, codes = rows[repeated], codes[repeated]
    if len(rows) == 0:
        return none, none
    order = np.argsort(codes, kind="stable")
    begins = np.flatnonzero(np.diff(codes[order], prepend=-1))
    sizes = np.diff(begins, append=len(order))
    others = np.empty(len(rows), np.int64)
    others[order] = np.repeat(rows[order[begins]], sizes)
    others[order[begins]] = rows[order[begins + 1]]
    return rows, others


def hashes_of(ids: pa.Array) -> NDArray[np.uint64]:
    """Hash every id of one array; equal ids have equal hashes, and others rarely do.

    Parameters
    ----------
    ids : pyarrow.Array, length n
        Text or integers.

    Returns
    -------
    ndarray of uint64, shape (n,)
        An integer is its own hash.
    """
    if not (pa.types.is_string(ids.type) or pa.types.is_large_string(ids.type)):
        return numbers_of(ids).astype(np.int64, copy=False).view(np.uint64)
    data, offsets = text_of(ids)
    # Padded, so that eight bytes can be read from wherever a text has one.
    padded = np.zeros(len(data) + WORD, np.uint8)
    padded[: len(data)] = data
    words = np.ndarray((len(data) + 1,), np.uint64, padded.data, strides=(1,))
    result = np.empty(len(ids), np.uint64)
    for first in range(0, len(ids), BLOCK):
        starts = offsets[first : min(first + BLOCK, len(ids))]
        ends = offsets[first + 1 : first + 1 + len(starts)]
        result[first : first + len(starts)] = _hashes(words, starts, ends - starts)
    return result


def _hashes(
    words: NDArray[np.uint64], starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> NDArray[np.uint64]:
    hashes = lengths.astype(np.uint64) * MULTIPLIER
    longer = np.arange(len(starts))
    done = 0
    while len(longer):
        rest = lengths[longer] - done
        word = words[starts[longer] + done]
        if sys.byteorder == "big":
            word = word.byteswap()
        mixed = (hashes[longer] ^ (word & MASKS[np.minimum(rest, WORD)])) * MULTIPLIER
        hashes[longer] = mixed ^ (mixed >> np.uint64(29))
        longer = longer[rest > WORD]
        done += WORD
    return hashes
