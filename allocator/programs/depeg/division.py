"""The awards: claims paid in full when the budget covers them, else divided by a claims rule."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.core.catalog import RULES
from allocator.core.problem import Problem
from allocator.core.rules import Rule
from allocator.core.solve import solve
from allocator.errors import InfeasibleError
from allocator.money import CENTS, exact, exact_sum, format_cents
from allocator.policy.compile import Ids

if TYPE_CHECKING:
    from allocator.programs.depeg.policy import DepegPolicy

__all__ = ["awards_of", "problem_of", "rule_of"]

Ints = NDArray[np.int64]


def rule_of(policy: DepegPolicy) -> Rule:
    """Return the rule that the policy names."""
    return RULES[policy.objective.rule]()


def problem_of(
    policy: DepegPolicy, claims: Ints, ids: pa.Array, rows: Ints, cap: Ints | None = None
) -> Problem:
    """State the problem of the eligible users, in whole cents.

    Parameters
    ----------
    policy : DepegPolicy
    claims : ndarray of int64, shape (m,)
        Cents, of every user.
    ids : pyarrow.Array, length m
    rows : ndarray of int64, shape (k,)
        The eligible ones.
    cap : ndarray of int64, shape (m,), optional
        The most that each user may get, in cents.

    Returns
    -------
    Problem
        Of k claimants: the floor is ``award.minimum``, but at most the claim; the cap is the
        claim, but at most ``award.maximum`` and the user's own cap; no floor is above it.

    Raises
    ------
    InfeasibleError
        If the floors add up to more than the budget.
    """
    award = policy.award
    owed = claims[rows]
    upper = owed if award.maximum is None else np.minimum(_cents(award.maximum), owed)
    if cap is not None:
        upper = np.minimum(upper, cap[rows])
    lower = np.minimum(_cents(award.minimum), upper)
    budget, floors = _cents(award.budget), exact_sum(lower)
    if floors > budget:
        works = _floor_that_fits(owed, budget)
        raise InfeasibleError(
            f"the minimum of {format_cents(_cents(award.minimum))}, or the claim if that is less, "
            f"for each of {len(rows):,} eligible users adds up to {format_cents(floors)}, which "
            f"is {format_cents(floors - budget)} more than the budget of {format_cents(budget)}: "
            f"raise award.budget to {format_cents(floors)}, or lower award.minimum to "
            f"{format_cents(works)}",
            {
                "budget_cents": budget,
                "sum_of_floors_cents": floors,
                "shortfall_cents": floors - budget,
                "eligible": len(rows),
                "budget_that_works_cents": floors,
                "minimum_that_works_cents": works,
            },
        )
    return Problem(
        budget=budget,
        lower=lower,
        upper=upper,
        claims=owed,
        ids=Ids(ids, rows),
        tie_break_key=policy.tie_break_key,
        unit=Fraction(1, CENTS),
    )


def awards_of(problem: Problem, rule: Rule) -> Ints:
    """Return awards in cents, of the eligible users.

    Parameters
    ----------
    problem : Problem
    rule : Rule

    Returns
    -------
    ndarray of int64, shape (k,)

    Examples
    --------
    >>> from allocator.core.claims import Proportional
    >>> awards_of(Problem(budget=100, lower=0, upper=[80, 120], claims=[80, 120]), Proportional())
    array([40, 60])
    """
    if problem.caps <= problem.budget:
        return np.array(problem.upper)
    return np.array(solve(problem, rule).awards)


def _cents(text: str) -> int:
    return int(exact(text) * CENTS)


def _floor_that_fits(claims: Ints, budget: int) -> int:
    """Return the largest floor, in cents, that the budget can pay to everybody."""
    fits, too_much = 0, budget + 1
    while too_much - fits > 1:
        middle = (fits + too_much) // 2
        if exact_sum(np.minimum(claims, middle)) <= budget:
            fits = middle
        else:
            too_much = middle
    return fits
