"""The ledger: a row a person, and what each program gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of, nulls_of, numbers_of

__all__ = ["column_of", "ledger_of", "looked_up", "per_person"]

Ints = NDArray[np.int64]


def column_of(program: str) -> str:
    """Name the column of a program."""
    return f"{program}_cents"


def per_person(persons: pa.Array, cents: Ints) -> tuple[pa.Array, Ints]:
    """Add up per person, in order of appearance.

    Examples
    --------
    >>> persons, cents = per_person(pa.array(["a", "b", "a"]), np.array([1, 2, 3]))
    >>> persons.to_pylist(), cents.tolist()
    (['a', 'b'], [4, 2])
    """
    encoded = persons.dictionary_encode()
    sums = np.zeros(len(encoded.dictionary), np.int64)
    np.add.at(sums, numbers_of(encoded.indices), cents)
    return encoded.dictionary, sums


def looked_up(persons: pa.Array, known: pa.Array, cents: Ints) -> Ints:
    """Return the cents of some persons; 0 for those not known."""
    at = pc.index_in(persons, known)
    return np.append(cents, 0)[np.where(nulls_of(at), len(cents), numbers_of(at))]


def ledger_of(parts: Mapping[str, tuple[pa.Array, Ints]], paying: Sequence[str]) -> pa.Table:
    """Put together what everybody gets.

    Parameters
    ----------
    parts : mapping of str to (pyarrow.Array, ndarray of int64)
        For every program, in order, the person and the cents of every row of its awards.
    paying : sequence of str
        The programs that pay; the others lend.

    Returns
    -------
    pyarrow.Table
        person, a column ``<program>_cents`` for each, paid_cents (what is not to be paid back), and
        total_cents; in order of appearance, with everybody who is in a table of the initiative.

    Examples
    --------
    >>> ledger_of({"a": (pa.array(["x"]), np.array([5])), "b": (pa.array(["y"]), np.array([7]))},
    ...           ["a"]).to_pylist()[1]
    {'person': 'y', 'a_cents': 0, 'b_cents': 7, 'paid_cents': 0, 'total_cents': 7}
    """
    everybody = pa.chunked_array([persons for persons, _ in parts.values()], pa.string()).unique()
    columns: dict[str, Ints] = {}
    for name, (persons, cents) in parts.items():
        columns[name] = looked_up(everybody, *per_person(persons, cents))
    none = np.zeros(len(everybody), np.int64)
    paid = sum((columns[name] for name in paying), none)
    total = sum(columns.values(), none)
    return pa.table(
        {
            "person": everybody,
            **{column_of(name): array_of(cents) for name, cents in columns.items()},
            "paid_cents": array_of(paid),
            "total_cents": array_of(total),
        }
    )
