"""The two-stage rule of a policy: groups by their users' losses first, then users in each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allocator.core.constraints import Groups
from allocator.core.problem import Problem
from allocator.core.solve import solve
from allocator.errors import UnsupportedError
from allocator.money import FINE, exact, exact_sum
from allocator.policy.attributes import numbered
from allocator.policy.rules import rule_of

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.policy.schema import Policy

__all__ = ["BY", "stage_groups"]

Ints = NDArray[np.int64]

BY = "objective.by"  # the key of the column that says who belongs together
MAX_PARTS = 2**62  # 1e-8 dollars that a group may claim: twice as much is an int64


def stage_groups(
    users: Users, policy: Policy, rows: Ints, claim: Ints, bounds: tuple[Ints, Ints], budget: int
) -> tuple[Groups, ...]:
    """Divide the budget among groups, and bind each to its share.

    Parameters
    ----------
    users : Users
    policy : Policy
        With rule two_stage.
    rows : ndarray of int64, shape (m,)
        The eligible users.
    claim : ndarray of int64, shape (m,)
        Recognized losses, in 1e-8 dollars: what a group's users claim adds up.
    bounds : (lower, upper), ndarrays of int64, shape (m,)
        Of users, in whole units; those of a group are their sums.
    budget : int
        Whole units.

    Returns
    -------
    tuple of Groups
        One, whose floors and caps are the shares; none where floors exceed the budget.

    Raises
    ------
    PolicyError
        If the column is not there.
    UnsupportedError
        If a group claims more than integers hold.
    """
    lower, upper = bounds
    if exact_sum(lower) > budget:
        return ()
    by = str(policy.objective.by)
    codes, values = numbered(users, by, BY, rows)

    def sums(amounts: Ints) -> Ints:
        total = np.zeros(len(values), dtype=np.int64)
        np.add.at(total, codes, amounts)
        return total

    largest = np.bincount(codes, claim, len(values)).max(initial=0.0)
    if largest > MAX_PARTS:
        raise UnsupportedError(
            f'objective.by = "{by}": a group that claims ${largest / FINE:,.0f} is beyond $46 '
            "billion, up to which groups are divided exactly; choose a finer column"
        )
    problem = Problem(
        budget,
        sums(lower),
        sums(upper),
        claims=sums(claim),
        ids=values,
        tie_break_key=policy.tie_break_key,
        claim_parts=int(exact(policy.award.unit) * FINE),
    )
    shares = dict(zip(values, solve(problem, rule_of(policy)).awards.tolist(), strict=True))
    return (Groups.numbered(codes, values, shares, shares, by),)
