"""A person's award over the person's accounts, in proportion to loss, exact to the unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocator.core.batch import Segments, award_groups
from allocator.core.claims import Proportional
from allocator.core.problem import Problem
from allocator.policy.compile import Ids
from allocator.policy.persons import Persons
from allocator.policy.schema import Policy

__all__ = ["split"]

Ints = NDArray[np.int64]


def split(persons: Persons, policy: Policy, award_cents: Ints) -> Ints:
    """Split the awards of persons over their accounts.

    The rule is the core's proportional one in whole units: unit k of an account is earned where
    level × loss reaches k − 1/2, and ties go by the keyed hash of the user id. No account gets less
    than it was paid; one without a loss gets just that, unless none of the person's has any: they
    then share equally.

    Parameters
    ----------
    persons : Persons
        p people with n accounts.
    policy : Policy
    award_cents : ndarray of int64, shape (p,)
        Whole multiples of ``award.unit``, and no less than was paid to the person.

    Returns
    -------
    ndarray of int64, shape (n,)
        Cents of every account, which add up to each person's award.

    References
    ----------
    Balinski & Young, "Fair Representation", 1982: Webster's method.
    """
    rows, accounts = persons.rows, persons.accounts
    out = award_cents[rows.of]
    paid = np.zeros_like(out) if accounts.paid is None else accounts.paid
    loss, share = accounts.loss, persons.users.loss
    # Who has one account, or gets nothing beyond what was paid, needs no rule.
    above = award_cents > rows.sums(paid)
    several = rows.size > 1
    open_ = (several & above)[rows.of]
    out[several[rows.of] & ~open_] = paid[several[rows.of] & ~open_]
    fixed = open_ & (loss == 0) & (share > 0)[rows.of]
    out[fixed] = paid[fixed]
    taking = (open_ & ~fixed)[rows.order]
    index = rows.order[taking]
    if not len(index):
        return out
    unit = policy.award.unit_cents
    size = np.bincount(rows.of[index], minlength=len(award_cents))
    who = np.flatnonzero(size)
    left = award_cents - rows.sums(np.where(fixed, paid, 0))
    budgets = left[who] // unit
    segments = Segments.of(size[who])
    problem = Problem(
        budget=int(budgets.sum()),
        lower=paid[index] // unit,
        upper=np.repeat(budgets, size[who]),
        claims=np.where((share == 0)[rows.of[index]], 1, loss[index]),
        ids=Ids(accounts.ids, index),
        tie_break_key=policy.tie_break_key,
    )
    units = award_groups(Proportional().ramps(problem), segments, budgets, problem.tie_keys)
    out[index] = units * unit
    return out
