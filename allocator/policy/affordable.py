"""Whether floors fit into the budget, and the budget into caps, told in dollars."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allocator.errors import InfeasibleError
from allocator.money import exact
from allocator.policy.values import show_dollars
from allocator.policy.waves import budget_for, spendable_words

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["check_caps", "check_floors"]


def check_floors(lower: NDArray[np.int64], budget: int, unit: Fraction, policy: Policy) -> None:
    """Refuse floors that add up to more than the budget, in dollars: the core speaks of units.

    Parameters
    ----------
    lower : ndarray of int64, shape (m,)
        Of the eligible users, in whole units.
    budget : int
        Units that can be spent.
    unit : Fraction
        Dollars that a unit is worth.
    policy : Policy

    Raises
    ------
    InfeasibleError
        If the floors add up to more than the budget, with what would work.
    """
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


def check_caps(upper: NDArray[np.int64], budget: int, unit: Fraction, users: int) -> None:
    """Refuse caps that add up to less than the budget.

    Parameters
    ----------
    upper : ndarray of int64, shape (m,)
        Of the eligible users, in whole units.
    budget : int
    unit : Fraction
    users : int
        Everybody, eligible or not.

    Raises
    ------
    InfeasibleError
        If they do, with their sum and what may be changed.
    """
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
