"""One person with several accounts: what adds up, and what has to agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of, nulls_of, numbers_of
from allocator.data.ids import typed_ids
from allocator.money import FINE, MAX_DOLLARS
from allocator.policy.attributes import numbered
from allocator.policy.wave_checks import ACCOUNT

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.data.findings import Findings
    from allocator.policy.schema import Policy

__all__ = ["Persons", "Sorted", "check_persons", "persons_of"]

NEARLY = 1 - 1e-9  # floats of sums are surer than that


@dataclass(frozen=True, eq=False)
class Sorted:
    """Rows brought together by whose they are.

    Attributes
    ----------
    of : ndarray of int64, shape (n,)
        The person of every row, numbered from 0 in the order in which they first appear.
    order : ndarray of int64, shape (n,)
        Rows, those of person 0 first; each person's in their order.
    start : ndarray of int64, shape (p,)
        Where in `order` each person begins.
    """

    of: NDArray[np.int64]
    order: NDArray[np.int64]
    start: NDArray[np.int64]

    @classmethod
    def by(cls, of: NDArray[np.int64]) -> Sorted:
        """Bring rows together; everybody from 0 to the largest number has a row."""
        order = np.argsort(of, kind="stable")
        start = np.flatnonzero(np.diff(of[order], prepend=-1))
        return cls(of, order, start)

    @property
    def first(self) -> NDArray[np.int64]:
        """The first row of each person, shape (p,)."""
        return self.order[self.start]

    @property
    def size(self) -> NDArray[np.int64]:
        """How many rows each person has, shape (p,)."""
        return np.diff(self.start, append=len(self.order))

    def sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """Add up per person, shape (p,)."""
        return np.add.reduceat(values[self.order], self.start)

    def least(self, values: NDArray[Any]) -> NDArray[Any]:
        """Take each person's smallest, shape (p,)."""
        return np.minimum.reduceat(values[self.order], self.start)

    def any(self, values: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell who has a row where it is true, shape (p,)."""
        found: NDArray[np.bool_] = np.logical_or.reduceat(values[self.order], self.start)
        return found


@dataclass(frozen=True, eq=False)
class Persons:
    """A table of accounts as one of people.

    Attributes
    ----------
    users : Users
        A row a person, whose id is the person's: losses, net assets and what was paid are sums,
        and a cap of their own is the lowest; a person has no snapshot, or was compensated, when
        that is so of any account; attributes, which agree, are those of the first.
    accounts : Users
        As read.
    rows : Sorted
        The accounts by person.
    ids : pyarrow.Array of text or integers, length p
    """

    users: Users
    accounts: Users
    rows: Sorted
    ids: pa.Array


def persons_of(users: Users, policy: Policy) -> Persons | None:
    """Bring the accounts of every person together.

    Parameters
    ----------
    users : Users
        n accounts, in which `check_persons` has found nothing.
    policy : Policy

    Returns
    -------
    Persons or None
        None where every account counts by itself.
    """
    if policy.award.per == ACCOUNT:
        return None
    of, ids = _encoded(users, policy)
    rows = Sorted.by(of)
    index = array_of(rows.first)

    def whole(column: NDArray[np.int64] | None) -> Any:
        return None if column is None else rows.sums(column)

    def anywhere(column: NDArray[np.bool_] | None) -> Any:
        return None if column is None else rows.any(column)

    people = replace(
        users,
        ids=pa.chunked_array([ids]),
        loss=rows.sums(users.loss),
        net_assets=whole(users.net_assets),
        no_snapshot=anywhere(users.no_snapshot),
        already_compensated=anywhere(users.already_compensated),
        attributes={name: column.take(index) for name, column in users.attributes.items()},
        table=users.table.take(index),
        rounded_rows=anywhere(users.rounded_rows),
        paid=whole(users.paid),
        cap=None if users.cap is None else rows.least(users.cap),
    )
    return Persons(people, users, rows, ids)


def check_persons(users: Users, policy: Policy, findings: Findings) -> None:
    """Find the accounts that nobody's award can be made of.

    Parameters
    ----------
    users : Users
        n accounts.
    policy : Policy
    findings : Findings
        Bad rows are added to it: accounts without a person; accounts of one person that differ in
        an attribute the policy refers to; sums that are too large; and all accounts of a person
        of whom one is bad, because what they had together is then not known.

    Raises
    ------
    DataError
        If the column holds neither text nor whole numbers.
    """
    per = policy.award.per
    if per == ACCOUNT:
        return
    column = policy.columns.get(per, per)
    of, _ = _encoded(users, policy)
    findings.add(
        "is missing; an account that is nobody else's has an id of its own, such as its user_id",
        column,
        np.flatnonzero(of < 0),
    )
    known = np.flatnonzero(of >= 0)
    if not len(known):
        return
    _, of = np.unique(of[known], return_inverse=True)
    rows = Sorted.by(of)
    first = known[rows.first]
    for name, amounts in (("losses", users.loss), ("net assets", users.net_assets)):
        if amounts is not None:
            large = np.abs(rows.sums(amounts[known].astype(np.float64))) >= (
                MAX_DOLLARS * FINE * NEARLY
            )
            told = f"is that of accounts whose {name} add up to $90 billion or more"
            findings.add(told, column, known[large[of]])
    every = np.arange(len(users))
    for name in policy.attributes:
        if name != per:
            codes, _ = numbered(users, name, f"award.per: {name}", every)
            other = np.flatnonzero(codes[known] != codes[first][of])
            findings.add(
                f"differs from that of the same {column} on",
                policy.columns.get(name, name),
                known[other],
                first[of[other]],
            )
    bad = findings.mask(len(users))[known]
    if bad.any():
        whose = np.full(len(rows.start), -1)
        whose[of[bad][::-1]] = known[bad][::-1]
        rest = np.flatnonzero(~bad & (whose[of] >= 0))
        findings.add("is also that of the bad row on", column, known[rest], whose[of[rest]])


def _encoded(users: Users, policy: Policy) -> tuple[NDArray[np.int64], pa.Array]:
    """Return everybody's number, -1 for null, and the ids by number."""
    name = policy.award.per
    ids = typed_ids(pa.table({name: users.attributes[name]}), name).combine_chunks()
    ids = ids.chunk(0) if isinstance(ids, pa.ChunkedArray) else ids
    encoded = pc.dictionary_encode(ids)
    missing = nulls_of(encoded.indices)
    of = numbers_of(encoded.indices).astype(np.int64)
    of[missing] = -1
    return of, encoded.dictionary
