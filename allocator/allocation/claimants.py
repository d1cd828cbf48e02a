"""Who is one claimant: an account, or a person with all accounts; and the table of accounts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.as_read import as_read
from allocator.allocation.evidence import Certificate, certify
from allocator.allocation.split import split
from allocator.data.buffers import array_of
from allocator.data.check import LOSS, NET_ASSETS, Users
from allocator.policy.compile import Compiled
from allocator.policy.persons import Persons, persons_of
from allocator.policy.schema import Policy

__all__ = ["Claimants", "claimants_of"]

Ints = NDArray[np.int64]
SPLIT = "split: the awards of accounts are not their persons' awards in proportion to loss"
UNSEEN = "split: not looked at, because the awards of persons are wrong"
PROVEN = "Every person's award is split over the person's accounts in proportion to loss."


@dataclass(frozen=True, eq=False)
class Claimants:
    """The claimants of a table, and the way back to its rows.

    Attributes
    ----------
    users : Users
        A row a claimant: the table's own rows, or people.
    policy : Policy
    persons : Persons or None
        None where every row is a claimant.
    """

    users: Users
    policy: Policy
    persons: Persons | None

    def totals(self, cents: Ints) -> Ints:
        """Return every claimant's award from those of the rows."""
        if self.persons is None:
            return cents
        found: Ints = self.persons.rows.sums(cents)
        return found

    def first(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return every claimant's value from those of the rows, which agree."""
        return values if self.persons is None else values[self.persons.rows.first]

    def split(self, cents: Ints) -> Ints:
        """Return every row's award from those of the claimants."""
        return cents if self.persons is None else split(self.persons, self.policy, cents)

    def certify(self, compiled: Compiled, cents: Ints) -> Certificate:
        """Check the awards of all rows: those of the claimants, and how they are split.

        Parameters
        ----------
        compiled : Compiled
            The problem of the claimants.
        cents : ndarray of int64, shape (n,)
            Of the rows.

        Returns
        -------
        Certificate
            Of claimants: `users` and all other counts are people where the policy says so.
        """
        if self.persons is None:
            return certify(self.policy, compiled, cents)
        rows = self.persons.rows
        totals = self.totals(cents)
        found = certify(self.policy, compiled, totals, rows.first)
        right = found.ok and np.array_equal(self.split(totals), cents)
        failures = found.failures
        if not right:
            failures += (SPLIT if found.ok else UNSEEN,)
        return replace(
            found,
            status=found.status if right else "failed",
            checks=MappingProxyType({**found.checks, "split": right}),
            failures=failures,
            proves=(*found.proves, PROVEN) if right else (),
            accounts=len(cents),
        )

    def table(self, table: pa.Table, cents: Ints) -> pa.Table:
        """Return the awards table of all rows from that of the claimants.

        Parameters
        ----------
        table : pyarrow.Table
            A row a claimant.
        cents : ndarray of int64, shape (n,)
            Of the rows.

        Returns
        -------
        pyarrow.Table
            With people: id, loss, net_assets and award_cents are the account's; person is whose
            it is, and all other columns are the person's.
        """
        if self.persons is None:
            return table
        accounts = self.persons.accounts
        person = table.column("user_id")
        index = array_of(self.persons.rows.of)
        found = table.set_column(0, "user_id", person).take(index)
        own = {
            "user_id": accounts.ids,
            "loss": as_read(accounts, self.policy, LOSS),
            "award_cents": array_of(cents),
        }
        if self.policy.needs_net_assets:
            own["net_assets"] = as_read(accounts, self.policy, NET_ASSETS)
        for name, column in own.items():
            found = found.set_column(found.schema.get_field_index(name), name, column)
        return found.append_column("person", person.take(index))


def claimants_of(users: Users, policy: Policy) -> Claimants:
    """Tell who the claimants of a table are.

    Parameters
    ----------
    users : Users
        Checked for this policy.
    policy : Policy

    Returns
    -------
    Claimants

    Examples
    --------
    >>> from allocator.data.check import check_users
    >>> from allocator.data.table import read_users
    >>> table = pa.table({"user_id": ["a", "b", "c"], "liquidation_loss": [60, 30, 90],
    ...                   "net_assets": [60, 60, 90], "person_id": ["p", "q", "p"]})
    >>> users, _ = check_users(read_users(table), attributes=["person_id"])
    >>> who = claimants_of(users, Policy.default().replace(per="person_id"))
    >>> who.users.ids.to_pylist(), who.split(np.array([1001, 500])).tolist()
    (['p', 'q'], [400, 500, 601])
    """
    persons = persons_of(users, policy)
    return Claimants(users if persons is None else persons.users, policy, persons)
