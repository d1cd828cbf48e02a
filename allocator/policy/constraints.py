"""The constraints of a policy, as the core takes them: nested groups, or rows that overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.constraints import Group, Groups
from allocator.core.family import family_of
from allocator.core.problem import Problem
from allocator.errors import InfeasibleError, UnsupportedError
from allocator.money import exact
from allocator.policy.attributes import numbered
from allocator.policy.constraint_bounds import bounds_of, label_of
from allocator.policy.constraint_checks import bounds_recovery, has_prices, no_prices
from allocator.policy.constraint_faults import check_spend, in_dollars
from allocator.policy.constraint_rows import Bound, rows_for
from allocator.policy.eligibility import matches

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.policy.schema import Policy

__all__ = ["FREE", "Constrained", "constrain", "groups_of", "state"]


@dataclass(frozen=True, eq=False)
class Constrained:
    """The constraints on m eligible users.

    Attributes
    ----------
    groups : tuple of Group, Groups or Row
        As the core takes them.
    bounds : tuple of Bound
        What each of them is, where they overlap or bound recoveries; else empty.
    """

    groups: tuple[Any, ...] = ()
    bounds: tuple[Bound, ...] = ()


FREE = Constrained()


def constrain(users: Users, policy: Policy, rows: NDArray[np.int64]) -> Constrained:
    """Return the constraints of a policy on the eligible users.

    Parameters
    ----------
    users : Users
    policy : Policy
    rows : ndarray of int64, shape (m,)
        The eligible users.

    Returns
    -------
    Constrained

    Raises
    ------
    PolicyError
        If a column is not there.
    UnsupportedError
        If groups overlap, or bound recoveries, and the rule maximizes nothing, or small awards are
        dropped, or the groups are more than 100.
    """
    if not policy.constraints:
        return FREE
    groups = groups_of(users, policy, rows)
    recovery = next((c.name for c in policy.constraints if bounds_recovery(c)), None)
    if recovery is None and _nested(groups, len(rows)):
        return Constrained(groups)
    _check_priced(policy, groups, len(rows), recovery)
    bounds = rows_for(policy, groups, users.loss[rows])
    return Constrained(tuple(bound.row(str(i)) for i, bound in enumerate(bounds)), bounds)


def groups_of(users: Users, policy: Policy, rows: NDArray[np.int64]) -> tuple[Group | Groups, ...]:
    """Return the groups that the policy's constraints make of the eligible users.

    Parameters
    ----------
    users : Users
    policy : Policy
    rows : ndarray of int64, shape (m,)
        The eligible users.

    Returns
    -------
    tuple of Group or Groups
        With bounds in whole units of the policy, in the order of the policy.

    Raises
    ------
    PolicyError
        If a column is not there.
    """
    unit = exact(policy.award.unit)
    groups: list[Group | Groups] = []
    for i, constraint in enumerate(policy.constraints):
        floor, cap = bounds_of(constraint, policy)
        lower, upper = int(floor / unit), None if cap is None else int(cap / unit)
        if constraint.each is not None:
            codes, values = numbered(users, constraint.each, f"constraints[{i}].each", rows)
            groups.append(Groups.numbered(codes, values, lower, upper, label_of(constraint)))
            continue
        inside = np.ones(len(rows), dtype=bool)
        for column, rule in (constraint.where or {}).items():
            inside &= matches(users, column, rule, f"constraints[{i}].where.{column}")[rows]
        groups.append(Group(inside, lower, upper, constraint.name))
    return tuple(groups)


def state(policy: Policy, unit: Fraction, **fields: Any) -> Problem:
    """State a problem, and tell what is infeasible in the words of the policy.

    Parameters
    ----------
    policy : Policy
    unit : Fraction
        Dollars that a unit is worth.
    **fields
        Of `Problem`.

    Returns
    -------
    Problem

    Raises
    ------
    InfeasibleError
        In the words of the policy, if no awards meet the bounds and the constraints.
    """
    try:
        problem = Problem(**fields, unit=unit)
    except InfeasibleError as error:  # the core speaks of groups, a policy's reader of constraints
        raise in_dollars(error, policy) from None
    if problem.family is not None:  # what rows that overlap let be spent is known when it is solved
        check_spend(policy, problem.spend, problem.budget)
    return problem


def _nested(groups: Sequence[Group | Groups], n: int) -> bool:
    return len(groups) < 2 or family_of(groups, n, 0, whole=True) is not None


def _check_priced(
    policy: Policy, groups: Sequence[Group | Groups], n: int, recovery: str | None
) -> None:
    """Refuse what has no prices for rows that overlap."""
    what = f"min_recovery_of_overall (constraint {recovery!r})"
    if recovery is None:
        one, other = next(
            (policy.constraints[i].name, policy.constraints[j].name)
            for (i, a), (j, b) in combinations(enumerate(groups), 2)
            if not _nested((a, b), n)
        )
        what = (
            f"constraints that overlap ({one!r} and {other!r}: some users are in both, others in "
            "one of them only)"
        )
    if not has_prices(policy.objective.rule):
        raise UnsupportedError(no_prices(policy.objective.rule, what))
    if policy.award.below_minimum != "raise":
        raise UnsupportedError(
            f'award.below_minimum = "{policy.award.below_minimum}": not together with {what}, '
            "which may hold equals apart, so that it is no fixed order who falls below the "
            'minimum; must be "raise"'
        )
