"""Money already paid, and money held back: what they do to the budget, the floors and the caps."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allocator.errors import InfeasibleError, UnsupportedError
from allocator.money import CENTS, exact, exact_sum
from allocator.policy.values import read_reserve, show_dollars

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.policy.schema import Policy

__all__ = [
    "Paid",
    "budget_for",
    "check_paid",
    "paid_of",
    "raised",
    "reserve_units",
    "spendable_units",
    "spendable_words",
]


@dataclass(frozen=True, eq=False)
class Paid:
    """What was already paid; nothing of it is taken back.

    Attributes
    ----------
    cents : ndarray of int64, shape (n,)
        To everybody in the table, eligible or not.
    units : ndarray of int64, shape (m,)
        To the eligible users, in whole units of the policy.
    kept : int
        Units that users who are not eligible were paid: they keep it, and it counts.
    users : int
        How many were paid something.
    """

    cents: NDArray[np.int64]
    units: NDArray[np.int64]
    kept: int
    users: int


def reserve_units(policy: Policy) -> int:
    """Return what is held back, in whole units: a share of the budget is raised to the next one.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> reserve_units(Policy.default().replace(budget="0.30", minimum="0.00", reserve="5%"))
    2
    """
    unit = exact(policy.award.unit)
    reserve = read_reserve(policy.award.reserve)
    if reserve.of_budget:
        return int(-(-reserve.amount * exact(policy.award.budget) // unit))
    return int(reserve.amount / unit)


def spendable_units(policy: Policy) -> int:
    """Return the budget without the reserve, in whole units.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> spendable_units(Policy.default().replace(budget="100.00", reserve="7.00"))
    9300
    """
    return int(exact(policy.award.budget) / exact(policy.award.unit)) - reserve_units(policy)


def spendable_words(policy: Policy) -> str:
    """Name the budget, and the reserve where there is one.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> spendable_words(Policy.default().replace(reserve="10%"))
    'the budget of $300,000,000.00 without the reserve of $30,000,000.00'
    """
    text = f"the budget of {show_dollars(exact(policy.award.budget))}"
    held = reserve_units(policy) * exact(policy.award.unit)
    return f"{text} without the reserve of {show_dollars(held)}" if held else text


def budget_for(policy: Policy, needed: Fraction) -> Fraction:
    """Return the smallest budget, in dollars, that leaves so much beside the reserve.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> budget_for(Policy.default().replace(reserve="10%"), Fraction(90))
    Fraction(100, 1)
    """
    unit, reserve = exact(policy.award.unit), read_reserve(policy.award.reserve)
    works = needed / (1 - reserve.amount) if reserve.of_budget else needed + reserve.amount
    return -(-works // unit) * unit


def raised(
    lower: NDArray[np.int64], upper: NDArray[np.int64], paid: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Raise floors to what is paid, and caps where more than the cap is: nothing is taken back.

    Parameters
    ----------
    lower, upper, paid : ndarray of int64, shape (n,)
        Of one unit.

    Returns
    -------
    lower, upper : ndarray of int64, shape (n,)

    Examples
    --------
    >>> lower, upper = raised(np.array([4, 4]), np.array([9, 9]), np.array([5, 12]))
    >>> lower.tolist(), upper.tolist()
    ([5, 12], [9, 12])
    """
    return np.maximum(lower, paid), np.maximum(upper, paid)


def paid_of(users: Users, policy: Policy, rows: NDArray[np.int64]) -> Paid | None:
    """Return what was already paid to the eligible users and to the others.

    Parameters
    ----------
    users : Users
    policy : Policy
    rows : ndarray of int64, shape (m,)
        Where the eligible users stand.

    Returns
    -------
    Paid or None
        None where nothing is said of that.

    Raises
    ------
    UnsupportedError
        If the policy drops small awards, which money that is paid cannot be.
    """
    if users.paid is None:
        return None
    if policy.award.below_minimum != "raise":
        raise UnsupportedError(
            f'award.below_minimum = "{policy.award.below_minimum}": small awards cannot be dropped '
            'once money is paid; set it to "raise"'
        )
    unit = policy.award.unit_cents
    units = users.paid[rows] // unit
    kept = exact_sum(users.paid) // unit - exact_sum(units)
    return Paid(users.paid, units, kept, int(np.count_nonzero(users.paid)))


def check_paid(policy: Policy, lower: NDArray[np.int64], paid: Paid) -> None:
    """Check that what is paid, and then the minimum for everybody else, can be afforded.

    Parameters
    ----------
    policy : Policy
    lower : ndarray of int64, shape (m,)
        Floors of the eligible in whole units, already raised to what is paid.
    paid : Paid

    Raises
    ------
    InfeasibleError
        With the numbers, and what would help.
    """
    unit = exact(policy.award.unit)
    spendable, held = spendable_units(policy) * unit, reserve_units(policy) * unit
    before = (exact_sum(paid.units) + paid.kept) * unit
    least = (exact_sum(lower) + paid.kept) * unit
    if least <= spendable:
        return
    told = f"{show_dollars(before)} is already paid to {paid.users:,} users, "
    needed, over = (before, True) if before > spendable else (least, False)
    if not over:
        minimum = show_dollars(exact(policy.award.minimum))
        told += (
            f"and with the minimum of {minimum} for everybody who is eligible "
            f"{show_dollars(least)} is needed, "
        )
    works = budget_for(policy, needed)
    knobs = ["award.reserve"] * bool(held) + ["award.minimum"] * (not over)
    helps = f"raise award.budget to {show_dollars(works)}"
    helps += f", or lower {' or '.join(knobs)}" if knobs else ""
    raise InfeasibleError(
        f"{told}which is {show_dollars(needed - spendable)} more than "
        f"{spendable_words(policy)}: {helps}",
        {
            "budget_cents": _cents(exact(policy.award.budget)),
            "reserve_cents": _cents(held),
            "already_paid_cents": _cents(before),
            "already_paid_users": paid.users,
            "sum_of_floors_cents": _cents(least),
            "shortfall_cents": _cents(needed - spendable),
            "budget_that_works_cents": _cents(works),
        },
    )


def _cents(dollars: Fraction) -> int:
    return int(dollars * CENTS)
