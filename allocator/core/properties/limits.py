"""Claims rules with what a program puts around them: a floor, a cap, a line, whole cents."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.divide import divide as divide_money
from allocator.core.exact import ExactProblem, solve_exactly
from allocator.core.properties.case import Awards, Divide
from allocator.core.properties.table import PROPERTIES, verdict
from allocator.core.rules import AlphaFair, Rule

__all__ = ["LIMITS", "limited", "plain_properties"]

# What bounds a rule, in the order in which a program applies it.
LIMITS = ("line", "minimum", "maximum", "unit")

# What awards min(claim, level·claim^p) have: for p > 0, for p <= 1, and for p >= 1.
POWERS = (
    "equal_treatment",
    "anonymity",
    "homogeneity",
    "continuity",
    "order_of_awards",
    "endowment_monotonicity",
    "claim_monotonicity",
    "population_monotonicity",
    "linked_population_monotonicity",
    "consistency",
    "null_claims_consistency",
)
SMALL_POWERS = (
    "order_of_losses",
    "order_of_endowment_gains",
    "linked_claim_monotonicity",
    "regressive",
    "no_advantageous_merging",
)
LARGE_POWERS = ("progressive", "no_advantageous_splitting")


def plain_properties(plain: str | float) -> frozenset[str]:
    """Return the properties of a rule without limits.

    Parameters
    ----------
    plain : str or float
        A rule with a level, by name; or a power p of the claim, at least 0, that awards are in
        proportion to, up to the claim. At p = 0 that is constrained_equal_awards, at p = 1
        proportional. For other powers: the award rises with the claim, by no more than the claim
        and falling as a share of it where p < 1, rising as a share where p > 1; and whoever stays
        keeps the level.

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> "regressive" in plain_properties(0.5), "composition_up" in plain_properties(0.5)
    (True, False)
    """
    if not isinstance(plain, str) and plain in (0.0, 1.0):
        plain = "proportional" if plain else "constrained_equal_awards"
    if isinstance(plain, str):
        return frozenset(name for name in PROPERTIES if verdict(plain, name).holds)
    return frozenset([*POWERS, *(SMALL_POWERS if plain < 1 else LARGE_POWERS)])


def limited(rule: Rule | float, limit: str = "", amount: Fraction | int = 0) -> Divide:
    """Return a rule with one limit around it, as a function of claims and a budget.

    Parameters
    ----------
    rule : Rule or float
        A claims rule; or a power p, for awards in proportion to claim^p, up to the claim.
    limit : {"", "line", "minimum", "maximum", "unit"}
        ``line``: smaller claims are out, and get nothing. ``minimum``: everybody gets so much,
        and smaller claims are out. ``maximum``: nobody gets more. ``unit``: awards are whole
        multiples, as claims are; ties go by position.
    amount : Fraction or int
        Of the limit.

    Returns
    -------
    callable
        divide(claims, budget), which raises InfeasibleError where the budget is below the minimum
        for all who are in, or above what they can get, and DataError where it is no multiple of
        the unit.

    Examples
    --------
    >>> from allocator.core.claims import Proportional
    >>> [str(award) for award in limited(Proportional(), "minimum", 2)([1, 3, 6], 6)]
    ['0', '2', '4']
    """
    if limit == "unit":
        return lambda claims, budget: _whole(rule, claims, Fraction(budget), Fraction(amount))
    line = Fraction(amount if limit in ("line", "minimum") else 0)
    floor = Fraction(amount if limit == "minimum" else 0)
    cap = Fraction(amount) if limit == "maximum" else None

    def divide(claims: Sequence[Fraction | int], budget: Fraction | int) -> Awards:
        inside = [i for i, claim in enumerate(claims) if claim >= line]
        owed = _array([Fraction(claims[i]) for i in inside])
        upper = owed if cap is None else _array([min(claim, cap) for claim in owed])
        lower = _array([floor] * len(inside))
        spent = Fraction(budget)
        if isinstance(rule, Rule):
            found = solve_exactly(ExactProblem(spent, lower, upper, claims=owed), rule)
        else:
            weights = _array(_powers(list(owed), rule))
            found = solve_exactly(ExactProblem(spent, lower, upper, weights), AlphaFair(1))
        awards = [Fraction(0)] * len(claims)
        for i, award in zip(inside, found, strict=True):
            awards[i] = award
        return awards

    return divide


def _whole(
    rule: Rule | float, claims: Sequence[Fraction | int], budget: Fraction, unit: Fraction
) -> Awards:
    owed = _array([Fraction(claim) for claim in claims])
    if isinstance(rule, Rule):
        awards = divide_money(budget, owed, rule, unit=unit)
    else:
        weights = [float(weight) for weight in _powers(list(owed), rule)]
        fair = AlphaFair(1)
        awards = divide_money(budget, rule=fair, weights=weights, upper=owed, unit=unit)
    return [round(Fraction(award) / unit) * unit for award in awards.tolist()]


def _powers(claims: Sequence[Fraction], power: float) -> Awards:
    return [Fraction(float(claim) ** power) for claim in claims]


def _array(values: Sequence[Fraction]) -> NDArray[Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
