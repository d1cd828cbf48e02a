"""A policy and a table of users, as a problem that the core solves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from allocator.core.catalog import RULES
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, Rule
from allocator.errors import InfeasibleError
from allocator.money import FINE, exact, exact_sum
from allocator.policy.constraints import check_overlap, check_spend, groups_of, in_dollars
from allocator.policy.values import show_dollars
from allocator.policy.waves import (
    Paid,
    budget_for,
    check_paid,
    paid_of,
    raised,
    spendable_units,
    spendable_words,
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
    """

    problem: Problem
    rows: NDArray[np.int64]
    unit_cents: int
    caps: int
    paid: Paid | None = None


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


def rule_of(policy: Policy) -> Rule:
    """Return the rule that the policy names; all but alpha_fair divide by claims alone.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> rule_of(Policy.default().replace(rule="talmud"))
    Talmud()
    """
    if policy.uses_weights:
        return AlphaFair(policy.objective.alpha, of=policy.objective.of)
    return RULES[policy.objective.rule]()


def bounds(loss: NDArray[np.int64], policy: Policy) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return everyone's floor and cap, in whole units.

    Parameters
    ----------
    loss : ndarray of int64, shape (n,)
        In 1e-8 dollars.
    policy : Policy

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
    lower = np.full(len(loss), int(exact(award.minimum) / unit), dtype=np.int64)
    maximum = int(exact(award.maximum) / unit)
    if not award.cap_at_loss:
        return lower, np.full(len(loss), maximum, dtype=np.int64)
    return lower, np.minimum(loss // int(unit * FINE), maximum)


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
        If groups of constraints overlap.
    """
    rows = np.flatnonzero(eligibility.eligible)
    loss = users.loss[rows]
    paid = paid_of(users, policy, rows)
    problem = pose(
        policy,
        loss,
        None if policy.uses_weights else weighing.claim[rows],
        None if weighing.weight is None else weighing.weight[rows],
        Ids(users.ids, rows),
        len(eligibility.codes),
        groups_of(users, policy, rows),
        paid,
    )
    lower, upper = bounds(loss, policy)
    if paid is not None:
        lower, upper = raised(lower, upper, paid.units)
    return Compiled(problem, rows, int(exact(policy.award.unit) * 100), exact_sum(upper), paid)


def pose(
    policy: Policy,
    loss: NDArray[np.int64],
    claim: NDArray[np.int64] | None,
    weight: NDArray[np.float64] | None,
    ids: Sequence[object],
    users: int,
    groups: tuple[Any, ...] = (),
    paid: Paid | None = None,
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
    groups : tuple of Group or Groups
        From `groups_of`.
    paid : Paid, optional
        What was already paid.

    Returns
    -------
    Problem
        In whole units of the policy.

    Raises
    ------
    InfeasibleError, UnsupportedError
        As in `compile_problem`.
    """
    lower, upper = bounds(loss, policy)
    unit = exact(policy.award.unit)
    budget = spendable_units(policy)
    if paid is not None:
        lower, upper = raised(lower, upper, paid.units)
        check_paid(policy, lower, paid)
        budget -= paid.kept
    _check_floors(lower, budget, unit, policy)
    if policy.award.if_budget_exceeds_caps == "error":
        _check_caps(upper, budget, unit, users)
    claims = None
    if not policy.uses_weights:
        claims = claim
    elif policy.objective.of == "recovery":
        claims = loss  # recovery is award / loss, whatever part of the loss is recognized
    check_overlap(groups, policy, len(loss))
    try:
        problem = Problem(
            budget=budget,
            lower=lower,
            upper=upper,
            weights=weight,
            claims=claims,
            ids=ids,
            tie_break_key=policy.tie_break_key,
            claim_parts=int(unit * FINE),
            constraints=groups,
            unit=unit,
        )
    except InfeasibleError as error:  # the core speaks of groups, a policy's reader of constraints
        raise in_dollars(error, policy) from None
    if groups and policy.award.if_budget_exceeds_caps == "error":
        check_spend(problem, unit)
    return problem


def _check_floors(lower: NDArray[np.int64], budget: int, unit: Fraction, policy: Policy) -> None:
    """Check what the core checks, too: it speaks of units, a policy's reader of dollars."""
    n, total = len(lower), int(lower.sum())
    if total <= budget:
        return
    floor, works = budget // n, budget_for(policy, total * unit)
    raise InfeasibleError(
        f"the minimum of {show_dollars(int(lower[0]) * unit)} for each of {n:,} eligible users "
        f"adds up to {show_dollars(total * unit)}, which is "
        f"{show_dollars((total - budget) * unit)} more than {spendable_words(policy)}: raise "
        f"award.budget to {show_dollars(works)}, lower award.minimum to "
        f"{show_dollars(floor * unit)}, or let fewer users in (eligibility.min_loss, "
        "eligibility.min_loss_ratio)",
        {
            "budget_cents": int(exact(policy.award.budget) * 100),
            "sum_of_floors_cents": int(total * unit * 100),
            "shortfall_cents": int((total - budget) * unit * 100),
            "eligible": n,
            "budget_that_works_cents": int(works * 100),
            "minimum_that_works_cents": int(floor * unit * 100),
        },
    )


def _check_caps(upper: NDArray[np.int64], budget: int, unit: Fraction, users: int) -> None:
    n, total = len(upper), int(upper.sum())
    if total >= budget:
        return
    if n:
        what = (
            f"all {n:,} eligible users at their caps get {show_dollars(total * unit)}, which is "
            f"{show_dollars((budget - total) * unit)} less than the budget of "
            f"{show_dollars(budget * unit)}"
        )
    else:
        what = (
            f"none of {users:,} users is eligible, so that nothing of the budget "
            f"of {show_dollars(budget * unit)} can be spent"
        )
    lower_budget = f"lower award.budget to {show_dollars(total * unit)}, " if n else ""
    raise InfeasibleError(
        f"{what}: {lower_budget}raise award.maximum, let more users in, or set "
        'award.if_budget_exceeds_caps = "spend_less"',
        {
            "budget_cents": int(budget * unit * 100),
            "sum_of_caps_cents": int(total * unit * 100),
            "unspendable_cents": int((budget - total) * unit * 100),
            "eligible": n,
        },
    )
