"""Small awards that are dropped: who would get less than the minimum, and gets nothing instead.

``raise`` (the default) lifts small awards to the minimum. The two ways to drop them pay different
people:

* ``drop_once``: divide without the minimum; everybody who would get less than it is dropped, and
  the budget is divided among the others. One pass is all there can be, as the others' shares only
  grow; but some who are dropped would have reached the minimum, had only smaller ones been dropped.
* ``drop_until_stable``: drop only those with the smallest share, divide again, and so on until
  nobody left is below the minimum. Never pays fewer people than ``drop_once``.

Equals are dropped together: users of equal weight (and claim, and groups), even where only one of
them is a cent short. Shares rise as others are dropped, so that the last step is found by
bisection; that everybody left has the minimum, and that with the next larger circle somebody has
not, is then certified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.certificate import verify
from allocator.core.problem import Problem
from allocator.core.rules import Rule
from allocator.core.solve import solve
from allocator.errors import InfeasibleError, VerificationError
from allocator.money import exact
from allocator.policy.compile import Compiled, Ids, compile_problem, rule_of
from allocator.policy.eligibility import DROPPED, Eligibility
from allocator.policy.values import show_dollars

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.policy.schema import Policy
    from allocator.policy.weights import Weighing

__all__ = ["drop_small"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


def drop_small(
    users: Users, policy: Policy, eligibility: Eligibility, weighing: Weighing
) -> Eligibility:
    """Take out those who would get less than the minimum, where the policy says so.

    Parameters
    ----------
    users : Users
    policy : Policy
    eligibility : Eligibility
        By all other rules.
    weighing : Weighing

    Returns
    -------
    Eligibility
        With ``dropped_below_minimum`` for those who are dropped.

    Raises
    ------
    InfeasibleError
        If nobody would be left.
    """
    if policy.award.below_minimum == "raise":
        return eligibility
    award = policy.award.model_copy(update={"minimum": "0"})
    without = policy.model_copy(update={"award": award})
    compiled = compile_problem(users, without, eligibility, weighing)
    least = int(exact(policy.award.minimum) / exact(policy.award.unit))
    rule = rule_of(policy)
    if policy.award.below_minimum == "drop_once":
        dropped = _below(compiled.problem, _certified(compiled.problem, rule), least)
    else:
        dropped = _smallest(compiled, rule, policy, least)
    if len(dropped) and dropped.all():
        minimum = show_dollars(exact(policy.award.minimum))
        raise InfeasibleError(
            f'award.below_minimum = "{policy.award.below_minimum}" would drop all {len(dropped):,} '
            f"eligible users, as {show_dollars(exact(policy.award.budget))} is too little for "
            f"{minimum} each: lower award.minimum, raise award.budget, or let fewer users in",
            {
                "eligible": len(dropped),
                "budget_cents": compiled.problem.budget * compiled.unit_cents,
            },
        )
    codes = eligibility.codes.copy()
    codes[compiled.rows[dropped]] = len(eligibility.labels)
    codes.flags.writeable = False
    return Eligibility(codes, (*eligibility.labels, DROPPED))


def _certified(problem: Problem, rule: Rule) -> Ints:
    """Return awards in whole units that the core's certificate, too, takes for the rule's."""
    units: Ints = solve(problem, rule).awards
    certificate = verify(problem, rule, units)
    if not certificate.ok:
        raise VerificationError(
            "the shares by which small awards are dropped do not pass their own verification, "
            "which is a fault of this program; please report it: " + "; ".join(certificate.failures)
        )
    return units


def _below(problem: Problem, units: Ints, least: int) -> Mask:
    """Tell who is below the minimum, or equal to somebody who is but for an odd unit."""
    dropped: Mask = units < least
    doubtful = np.flatnonzero((units == least) | (units == least - 1))
    if not dropped[doubtful].any():
        return dropped
    layers = () if problem.family is None else problem.family.layers
    kinds = _classes([problem.weights, problem.claims, *layers], doubtful)
    short = np.zeros(len(doubtful), dtype=bool)
    short[kinds[dropped[doubtful]]] = True
    dropped[doubtful] = short[kinds]
    return dropped


def _smallest(compiled: Compiled, rule: Rule, policy: Policy, least: int) -> Mask:
    """Tell who is dropped when the smallest go first, until the others have the minimum."""
    problem = compiled.problem
    rank = _ranks(problem, rule, policy)

    def stable(first: int) -> bool:
        left = np.flatnonzero(rank >= first)
        if problem.budget < least * len(left):
            return False
        some = _some(problem, compiled, left)
        return bool((solve(some, rule).awards >= least).all())

    low, high = -1, int(rank.max(initial=-1)) + 1  # not stable, and stable: nobody is left
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if stable(middle) else (middle, high)
    for first, due in ((high, True), (low, False)):
        left = np.flatnonzero(rank >= first)
        if first >= 0 and len(left):
            units = _certified(_some(problem, compiled, left), rule)
            assert bool((units >= least).all()) == due
    return rank < high


def _ranks(problem: Problem, rule: Rule, policy: Policy) -> Ints:
    """Rank users by their share, the smallest first; equals share a rank."""
    if not policy.uses_weights:
        columns = [problem.claims]
    elif policy.objective.of == "amount":
        columns = [problem.weights]
    else:
        ramps = rule.ramps(problem)
        tiers = None if ramps.tiers is None else -ramps.tiers
        columns = [tiers, ramps.log_slopes, problem.weights, problem.claims]
    return _classes(columns, np.arange(len(problem)))


def _classes(columns: list[NDArray[Any] | None], rows: Ints) -> Ints:
    """Return the number of everybody's combination on some rows, in the order of the columns."""
    used = [column[rows] for column in columns if column is not None]
    order = np.lexsort(used[::-1])
    new = np.zeros(len(rows), dtype=bool)
    for column in used:
        new[1:] |= np.diff(column[order]) != 0
    classes = np.empty(len(rows), dtype=np.int64)
    classes[order] = np.cumsum(new)
    return classes


def _some(problem: Problem, compiled: Compiled, index: Ints) -> Problem:
    """Return the problem of some users alone."""
    ids = problem.ids
    return Problem(
        problem.budget,
        problem.lower[index],
        problem.upper[index],
        None if problem.weights is None else problem.weights[index],
        None if problem.claims is None else problem.claims[index],
        ids=Ids(ids.column, compiled.rows[index]) if isinstance(ids, Ids) else None,
        tie_break_key=problem.tie_break_key,
        claim_parts=problem.claim_parts,
        unit=problem.unit,
    )
