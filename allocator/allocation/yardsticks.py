"""What a run is measured by: nothing paid before, and every account for itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.claimants import Claimants, claimants_of
from allocator.allocation.solving import awarded
from allocator.allocation.stages import Stages
from allocator.data.buffers import array_of
from allocator.data.check import Users
from allocator.errors import InfeasibleError, UnsupportedError
from allocator.policy.schema import Policy
from allocator.policy.wave_checks import ACCOUNT

__all__ = ["with_yardsticks"]

Ints = NDArray[np.int64]


def with_yardsticks(table: pa.Table, users: Users, policy: Policy, cents: Ints) -> pa.Table:
    """Add what the awards of accounts are to be compared with.

    Parameters
    ----------
    table : pyarrow.Table
        The awards table, n rows.
    users : Users
        The same rows.
    policy : Policy
    cents : ndarray of int64, shape (n,)
        The awards.

    Returns
    -------
    pyarrow.Table
        With people: per_account_cents, what the account would get if every account were a
        claimant; null throughout where that cannot be done. With money already paid: paid_cents;
        due_cents, the award less what was paid; overpaid_cents, by how much what was paid is more
        than the policy would give if nothing had been paid before.
    """
    if policy.award.per != ACCOUNT:
        table = table.append_column("per_account_cents", _per_account(users, policy))
    if users.paid is not None:
        fresh = _awards(claimants_of(replace(users, paid=None), policy))
        table = table.append_column("paid_cents", array_of(users.paid))
        table = table.append_column("due_cents", array_of(cents - users.paid))
        over = np.maximum(users.paid - fresh, 0)
        table = table.append_column("overpaid_cents", array_of(over))
    return table


def _per_account(users: Users, policy: Policy) -> pa.Array:
    award = policy.award.model_copy(update={"per": ACCOUNT})
    each = policy.model_copy(update={"award": award})
    try:
        return array_of(_awards(claimants_of(users, each)))
    except (InfeasibleError, UnsupportedError):  # floors above the budget; too many for the rule
        return pa.nulls(len(users), pa.int64())


def _awards(who: Claimants) -> Ints:
    return who.split(awarded(who.users, who.policy, Stages())[3])
