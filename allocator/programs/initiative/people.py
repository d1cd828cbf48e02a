"""Who the rows of several tables are: one person may have other ids, and several, in each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of, nulls_of, numbers_of
from allocator.data.findings import Findings
from allocator.data.table import UsersTable
from allocator.errors import DataError

__all__ = ["Owners", "owners_of", "texts_of"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Owners:
    """Whose every id of a program's table is.

    Attributes
    ----------
    rows : pyarrow.Array of text, length n
        The person of every row of the table.
    ids : pyarrow.Array of text, length m
        Distinct.
    persons : pyarrow.Array of text, length m
        Theirs.
    """

    rows: pa.Array
    ids: pa.Array
    persons: pa.Array

    def of(self, ids: pa.Array) -> pa.Array:
        """Return the persons of some ids, given as text."""
        return self.persons.take(pc.index_in(ids, self.ids))

    @property
    def several(self) -> int:
        """How many persons have more than one id."""
        return int(np.count_nonzero(np.bincount(_codes(self.persons)[1]) > 1))


def texts_of(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array of text: 7 and "7" are the same id."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    found = column.cast(pa.string()).combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) else found


def owners_of(table: UsersTable, id_name: str, person_name: str, program: str) -> Owners:
    """Tell whose the rows of a program's table are.

    Parameters
    ----------
    table : UsersTable
    id_name : str
        The column of ids.
    person_name : str
        The column that says who somebody is.
    program : str
        Its name, for messages.

    Returns
    -------
    Owners

    Raises
    ------
    DataError
        If a column is not there, nobody is named on a row, or one id is that of two persons.

    Examples
    --------
    >>> from allocator.data.table import read_users
    >>> table = read_users(pa.table({"applicant_id": ["a", "b"], "user_id": ["u", "u"]}))
    >>> owners = owners_of(table, "applicant_id", "user_id", "loans")
    >>> owners.of(pa.array(["b"])).to_pylist(), owners.several
    (['u'], 1)
    """
    names = table.table.column_names
    for name, what in ((id_name, "the ids of its awards"), (person_name, "who somebody is")):
        if name not in names:
            raise DataError(
                f"{program}: {table.sources[0].path} has no column {name!r}, which says {what}; it "
                f"has {', '.join(map(repr, names))}. Name another one as the program's person"
                + (", or in the policy's [columns]" if name == id_name else "")
            )
    ids, persons = texts_of(table.table.column(id_name)), texts_of(table.table.column(person_name))
    findings = Findings(table.malformed)
    for name, column in {id_name: ids, person_name: persons}.items():
        findings.add("is missing", name, np.flatnonzero(nulls_of(column)))
    if findings.count:
        raise findings.error(table)
    distinct, codes = _codes(ids)
    first = np.zeros(len(distinct), np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    if id_name == person_name:
        return Owners(persons, distinct, distinct)
    _, who = _codes(persons)
    other = np.flatnonzero(who != who[first[codes]])
    if len(other):
        findings.add(
            f"differs from that of the same {id_name} on", person_name, other, first[codes[other]]
        )
        raise findings.error(table)
    return Owners(persons, distinct, persons.take(array_of(first)))


def _codes(texts: pa.Array) -> tuple[pa.Array, Ints]:
    encoded = texts.dictionary_encode()
    return encoded.dictionary, numbers_of(encoded.indices).astype(np.int64)
