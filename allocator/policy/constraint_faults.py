"""Constraints that cannot be met, told in dollars and in the policy's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.errors import InfeasibleError
from allocator.money import CENTS, exact, exact_sum
from allocator.policy.constraint_bounds import bounds_of, find_constraint
from allocator.policy.constraint_words import sentence
from allocator.policy.values import show_dollars
from allocator.policy.waves import spendable_words

if TYPE_CHECKING:
    from allocator.core.problem import Problem
    from allocator.policy.constraint_rows import Bound
    from allocator.policy.schema import Policy
    from allocator.policy.sections import Constraint

__all__ = ["check_spend", "in_dollars", "in_policy_words"]

TOTALS = ("min_total", "min_share", "max_total", "max_share")


def check_spend(policy: Policy, spend: int, budget: int) -> None:
    """Refuse a budget that users and constraints at their caps cannot take, if the policy does.

    Parameters
    ----------
    policy : Policy
    spend, budget : int
        Whole units that can be spent, and that should be.

    Raises
    ------
    InfeasibleError
        If less can be spent and `if_budget_exceeds_caps` is "error".
    """
    if spend == budget or policy.award.if_budget_exceeds_caps != "error":
        return
    unit = exact(policy.award.unit)
    most, due = spend * unit, budget * unit
    raise InfeasibleError(
        f"with all users and constraints at their caps, {show_dollars(most)} can be spent, which "
        f"is {show_dollars(due - most)} less than the budget of {show_dollars(due)}: lower "
        f"award.budget to {show_dollars(most)}, raise max_total or max_share of constraints, or "
        'set award.if_budget_exceeds_caps = "spend_less"',
        {
            "budget_cents": int(due * CENTS),
            "sum_of_caps_cents": int(most * CENTS),
            "unspendable_cents": int((due - most) * CENTS),
        },
    )


def in_policy_words(
    error: InfeasibleError, policy: Policy, problem: Problem, bounds: Sequence[Bound]
) -> InfeasibleError:
    """Tell which constraints, overlapping or on recoveries, cannot be met.

    Parameters
    ----------
    error : InfeasibleError
        Of a problem in whole units, whose rows are numbered as `bounds` are.
    policy : Policy
    problem : Problem
    bounds : sequence of Bound

    Returns
    -------
    InfeasibleError
        With a smallest set that conflicts: without any one of them, the others can be met.
    """
    if "conflict" not in error.details:
        unit = show_dollars(exact(policy.award.unit))
        names = list(dict.fromkeys(bound.constraint.name for bound in bounds))
        return InfeasibleError(
            f"the constraints can be met in fractions of {unit} but not in whole multiples of "
            f"it, which awards are: set a smaller award.unit, or give one of them {unit} more "
            f"room: {', '.join(map(repr, names))}",
            {"constraints": names, "unit": policy.award.unit, "met_in_fractions": True},
        )
    told: list[object] = list(error.details["conflict"])  # type: ignore[call-overload]
    found = [bounds[int(str(i))] for i in told if i != "budget"]
    numbers = [_numbers(bound, problem) for bound in found]
    lines = [
        f"  {said['constraint']}: {_asked(bound, policy)}; {_able(said)}"
        for bound, said in zip(found, numbers, strict=True)
    ]
    details: dict[str, object] = {"constraints": numbers}
    budget = Fraction(problem.budget) * exact(policy.award.unit)
    if "budget" in told:
        lines.append(f"  {spendable_words(policy)}: all awards are at most {show_dollars(budget)}")
        details["budget_cents"] = int(budget * CENTS)
    if len(found) == 2 and (both := int(np.count_nonzero(found[0].members & found[1].members))):
        lines.append(f"  ({both:,} users are in both)")
        details["in_both"] = both
    one = len(lines) == 1
    head = "this constraint cannot be met" if one else "these cannot all be met together"
    end = "Change it" if one else "Without any one of them the others can be met: change one"
    return InfeasibleError(
        f"{head}, given everybody's own minimum and cap:\n" + "\n".join(lines) + f"\n{end}.",
        details,
    )


def _numbers(bound: Bound, problem: Problem) -> dict[str, Any]:
    def cents(units: NDArray[np.int64] | int) -> int:
        total = units if isinstance(units, int) else exact_sum(units[bound.members])
        return int(total * problem.unit * CENTS)  # type: ignore[operator]

    said: dict[str, Any] = {
        "constraint": bound.name,
        "users": int(np.count_nonzero(bound.members)),
        "least_cents": cents(problem.lower),
        "most_cents": cents(problem.upper),
    }
    if bound.ratio is not None:
        return {**said, "min_recovery_of_overall": str(float(bound.ratio))}
    if bound.lower:
        said["floor_cents"] = cents(bound.lower)
    if bound.upper is not None:
        said["cap_cents"] = cents(bound.upper)
    return said


def _asked(bound: Bound, policy: Policy) -> str:
    """Say what a constraint asks for, without its name."""
    constraint = bound.constraint
    totals, recovery = TOTALS, ("min_recovery_of_overall",)
    only = constraint.model_copy(update=dict.fromkeys(recovery if bound.ratio is None else totals))
    return sentence(only, policy).removeprefix(f"{constraint.name}: ").removesuffix(".")


def _able(said: Mapping[str, Any]) -> str:
    least, most = (show_dollars(Fraction(said[f"{w}_cents"], CENTS)) for w in ("least", "most"))
    return f"its {said['users']:,} eligible users can have {least} to {most}"


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
