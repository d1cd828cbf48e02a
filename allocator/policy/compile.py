"""A policy and a table of users, as a problem that the core solves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from allocator.core.problem import Problem
from allocator.errors import UnsupportedError
from allocator.money import FINE, exact, exact_sum
from allocator.policy.affordable import check_caps, check_floors
from allocator.policy.constraint_rows import Bound
from allocator.policy.constraints import constrain, state
from allocator.policy.rules import TWO_STAGE, check_size, check_unpaid, few_rule_of, rule_of
from allocator.policy.two_stage import stage_groups
from allocator.policy.waves import (
    Paid,
    check_paid,
    paid_of,
    raised,
    spendable_units,
)

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.policy.attributes import Column
    from allocator.policy.eligibility import Eligibility
    from allocator.policy.schema import Policy
    from allocator.policy.weights import Weighing

__all__ = ["Compiled", "Ids", "bounds", "compile_problem", "pose", "rule_of"]


@dataclass(frozen=True, eq=False)
class Compiled:
    """The problem of the eligible users.

    Attributes
    ----------
    problem : Problem
        Of m eligible users; amounts are whole units of the policy.
    rows : ndarray of int64, shape (m,)
        Where they stand in the table.
    unit_cents : int
        Cents per unit.
    caps : int
        Units: the sum of the caps that the policy sets, some of which the problem may have lowered
        to its budget.
    paid : Paid or None
        What was already paid; None where nothing is said of that.
    priced : tuple of Bound
        Constraints of the problem that overlap or bound recoveries; each has a price.
    """

    problem: Problem
    rows: NDArray[np.int64]
    unit_cents: int
    caps: int
    paid: Paid | None = None
    priced: tuple[Bound, ...] = ()


@dataclass(frozen=True, eq=False)
class Ids(Sequence[object]):
    """Ids of some rows, read one at a time: only users who are tied are ever asked for.

    Parameters
    ----------
    column : pyarrow.Array or pyarrow.ChunkedArray
    rows : ndarray of int64, shape (m,)
    """

    column: Column
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, i: int) -> object: ...
    @overload
    def __getitem__(self, i: slice) -> Sequence[object]: ...
    def __getitem__(self, i: int | slice) -> object:
        if isinstance(i, slice):
            return Ids(self.column, self.rows[i])
        return self.column[int(self.rows[i])].as_py()


def bounds(
    loss: NDArray[np.int64], policy: Policy, cap: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return everyone's floor and cap, in whole units.

    Parameters
    ----------
    loss : ndarray of int64, shape (n,)
        In 1e-8 dollars.
    policy : Policy
    cap : ndarray of int64, shape (n,), optional
        The users' own caps, in 1e-8 dollars.

    Returns
    -------
    lower, upper : ndarray of int64, shape (n,)
        Units of ``award.unit``.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> lower, upper = bounds(np.array([50 * FINE + 1, 9000 * FINE]), Policy.default())
    >>> lower.tolist(), upper.tolist()
    ([400, 400], [5000, 600000])
    """
    award = policy.award
    unit = exact(award.unit)
    lower = np.full(len(loss), award.minimum_units, dtype=np.int64)
    maximum = int(exact(award.maximum) / unit)
    limits = (loss if award.cap_at_loss else None, cap)
    caps = [limit // int(unit * FINE) for limit in limits if limit is not None]
    upper = np.full(len(loss), maximum) if not caps else reduce(np.minimum, caps[1:], caps[0])
    if caps:
        np.minimum(upper, maximum, out=upper)
    lower.flags.writeable = upper.flags.writeable = False  # so that a problem can share them
    return lower, upper


def compile_problem(
    users: Users, policy: Policy, eligibility: Eligibility, weighing: Weighing
) -> Compiled:
    """State the problem of the eligible users.

    Parameters
    ----------
    users : Users
    policy : Policy
    eligibility : Eligibility
    weighing : Weighing

    Returns
    -------
    Compiled

    Raises
    ------
    InfeasibleError
        If the floors add up to more than the budget; or, when the policy says so, the caps to
        less; or if a constraint cannot be met. With the numbers, and what would help.
    UnsupportedError
        As in `allocator.policy.constraints.constrain`.
    """
    rows = np.flatnonzero(eligibility.eligible)
    loss = users.loss[rows]
    own_cap = None if users.cap is None else users.cap[rows]
    paid = paid_of(users, policy, rows)
    constrained = constrain(users, policy, rows)
    lower, upper = bounds(loss, policy, own_cap)
    if paid is not None:
        lower, upper = raised(lower, upper, paid.units)
    groups = constrained.groups
    if policy.objective.rule == TWO_STAGE:
        left = spendable_units(policy) - (0 if paid is None else paid.kept)
        groups = stage_groups(users, policy, rows, weighing.claim[rows], (lower, upper), left)
    problem = pose(
        policy,
        loss,
        None if policy.uses_weights else weighing.claim[rows],
        None if weighing.weight is None else weighing.weight[rows],
        Ids(users.ids, rows),
        len(eligibility.codes),
        groups,
        paid,
        own_cap,
    )
    unit_cents = policy.award.unit_cents
    return Compiled(problem, rows, unit_cents, exact_sum(upper), paid, constrained.bounds)


def pose(
    policy: Policy,
    loss: NDArray[np.int64],
    claim: NDArray[np.int64] | None,
    weight: NDArray[np.float64] | None,
    ids: Sequence[object],
    users: int,
    groups: tuple[Any, ...] = (),
    paid: Paid | None = None,
    cap: NDArray[np.int64] | None = None,
) -> Problem:
    """State the problem of m eligible users whose columns are already chosen.

    Parameters
    ----------
    policy : Policy
    loss : ndarray of int64, shape (m,)
        In 1e-8 dollars.
    claim : ndarray of int64, shape (m,), or None
        Recognized losses, in 1e-8 dollars; only a claims rule needs them.
    weight : ndarray of float64, shape (m,), or None
        None for a claims rule.
    ids : sequence, length m
    users : int
        Everybody, eligible or not, for messages.
    groups : tuple of Group, Groups or Row
        From `constrain`.
    paid : Paid, optional
        What was already paid.
    cap : ndarray of int64, shape (m,), optional
        The users' own caps, in 1e-8 dollars.

    Returns
    -------
    Problem
        In whole units of the policy.

    Raises
    ------
    InfeasibleError
        As in `compile_problem`.
    """
    check_size(policy, len(loss))
    if policy.objective.weighted and weight is None:
        raise UnsupportedError(
            "objective.weighted = true: weights are not at hand here, as they are for alpha_fair; "
            "leave it out, or run allocate with this policy"
        )
    lower, upper = bounds(loss, policy, cap)
    unit = exact(policy.award.unit)
    budget = spendable_units(policy)
    if few_rule_of(policy) is not None and claim is not None:
        upper = np.minimum(upper, claim // int(unit * FINE))
        check_unpaid(policy, paid)
    if paid is not None:
        lower, upper = raised(lower, upper, paid.units)
        check_paid(policy, lower, paid)
        budget -= paid.kept
    check_floors(lower, budget, unit, policy)
    if policy.award.if_budget_exceeds_caps == "error":
        check_caps(upper, budget, unit, users)
    claims = None
    if not policy.uses_weights:
        claims = claim
    elif policy.objective.of == "recovery":
        claims = loss  # recovery is award / loss, whatever part of the loss is recognized
    return state(
        policy,
        unit,
        budget=budget,
        lower=lower,
        upper=upper,
        weights=weight,
        claims=claims,
        ids=ids,
        tie_break_key=policy.tie_break_key,
        claim_parts=int(unit * FINE),
        constraints=groups,
    )
