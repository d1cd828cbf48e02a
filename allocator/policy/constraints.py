"""The constraints of a policy as groups of eligible users, and their faults in dollars."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.constraints import Group, Groups
from allocator.core.family import family_of
from allocator.errors import InfeasibleError, UnsupportedError
from allocator.money import CENTS, exact
from allocator.policy.attributes import numbered
from allocator.policy.constraint_bounds import bounds_of, find_constraint, label_of
from allocator.policy.eligibility import matches
from allocator.policy.values import show_dollars

if TYPE_CHECKING:
    from allocator.core.problem import Problem
    from allocator.data.check import Users
    from allocator.policy.schema import Policy
    from allocator.policy.sections import Constraint

__all__ = ["check_overlap", "check_spend", "groups_of", "in_dollars"]


def groups_of(users: Users, policy: Policy, rows: NDArray[np.int64]) -> tuple[Any, ...]:
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


def check_overlap(groups: tuple[Any, ...], policy: Policy, n: int) -> None:
    """Refuse constraints of which two overlap, and name the two.

    Parameters
    ----------
    groups : tuple of Group or Groups
        Of the constraints of the policy, in their order.
    policy : Policy
    n : int
        Eligible users.

    Raises
    ------
    UnsupportedError
    """
    for (i, one), (j, other) in combinations(enumerate(groups), 2):
        if family_of((one, other), n, 0, whole=True) is None:
            first, second = (policy.constraints[k].name for k in (i, j))
            raise UnsupportedError(
                f"the groups of the constraints {first!r} and {second!r} overlap: some users are "
                "in both, others in one of them only; any two groups must be nested or have nobody "
                "in common. Narrow one of them (with another column in its where), or leave one out"
            )


def check_spend(problem: Problem, unit: Fraction) -> None:
    """Refuse a budget that users and groups at their caps cannot take.

    Parameters
    ----------
    problem : Problem
    unit : Fraction
        Dollars that a unit is worth.

    Raises
    ------
    InfeasibleError
    """
    budget, spend = problem.budget * unit, problem.spend * unit
    if spend == budget:
        return
    raise InfeasibleError(
        f"with all users and constraints at their caps, {show_dollars(spend)} can be spent, which "
        f"is {show_dollars(budget - spend)} less than the budget of {show_dollars(budget)}: lower "
        f"award.budget to {show_dollars(spend)}, raise max_total or max_share of constraints, or "
        'set award.if_budget_exceeds_caps = "spend_less"',
        {
            "budget_cents": int(budget * 100),
            "sum_of_caps_cents": int(spend * 100),
            "unspendable_cents": int((budget - spend) * 100),
        },
    )


def in_dollars(error: InfeasibleError, policy: Policy) -> InfeasibleError:
    """Tell what the core says of units, and of groups, in the words of the policy.

    Parameters
    ----------
    error : InfeasibleError
        Of a problem whose unit is that of the policy.
    policy : Policy

    Returns
    -------
    InfeasibleError
    """
    details: dict[str, Any] = dict(error.details)
    if "group" not in details:
        over, least = (_money(details[key]) for key in ("shortfall", "budget_that_works"))
        return InfeasibleError(
            f"the minimum for everybody and the floors of constraints add up to "
            f"{show_dollars(least)}, which is {show_dollars(over)} more than the budget of "
            f"{show_dollars(_money(details['budget']))}: raise award.budget to "
            f"{show_dollars(least)}, or lower award.minimum or the min_total or min_share of "
            "constraints",
            _cents(details, "budget", "sum_of_floors", "shortfall", "budget_that_works"),
        )
    group = str(details["group"])
    constraint = find_constraint(policy, group)
    which = "floor" if "floor" in details else "cap"
    bound, limit = _money(details[which]), _money(details["limit"])
    many = f" (and of {details['groups'] - 1:,} more)" if details["groups"] > 1 else ""
    key = _key(constraint, which)
    if which == "cap":
        why = (
            f"is less than what its users must have by their minimum, and by floors inside it, "
            f"{show_dollars(limit)}: raise {key} to that, or lower award.minimum or those floors"
        )
    elif limit == _own_cap(constraint, policy):
        why = f"is above its cap of {show_dollars(limit)}: lower {key}, or raise the cap"
    else:
        why = (
            f"is more than its users can have by their caps, and by caps inside it, "
            f"{show_dollars(limit)}: lower {key} to that, or raise award.maximum or those caps"
        )
    return InfeasibleError(
        f"constraint {constraint.name!r}: the {which} of {show_dollars(bound)} of {group!r}{many} "
        f"{why}",
        {"constraint": constraint.name, "group": group, **_cents(details, which, "limit")},
    )


def _own_cap(constraint: Constraint, policy: Policy) -> Fraction | None:
    return bounds_of(constraint, policy)[1]


def _key(constraint: Constraint, which: str) -> str:
    side = "min" if which == "floor" else "max"
    return next(
        (f"{side}_{what}" for what in ("total", "share") if getattr(constraint, f"{side}_{what}")),
        f"{side}_total",
    )


def _money(value: object) -> Fraction:
    """Return dollars that a message's details have: of whole cents, so that floats are exact."""
    return Fraction(round(exact(value) * CENTS), CENTS)


def _cents(details: Any, *names: str) -> dict[str, int]:
    return {f"{name}_cents": int(_money(details[name]) * CENTS) for name in names}
