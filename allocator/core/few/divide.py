"""`divide` among few claimants: exact fractions, and their whole units by largest remainder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.amounts import shown
from allocator.core.few.rule import FewRule, claims_problem
from allocator.core.problem import Problem
from allocator.errors import DataError, InfeasibleError

__all__ = ["TieKeys", "divide_among_few", "largest_remainders"]

TieKeys = Callable[[NDArray[np.int64]], Sequence[Any]]


def divide_among_few(
    budget: Any, claims: Any, rule: FewRule, unit: Fraction | None, ids: Any, **refused: Any
) -> NDArray[Any]:
    """Divide what callers of `divide` write by a rule for few claimants.

    Parameters
    ----------
    budget, claims, ids
        As in `divide`.
    rule : FewRule
    unit : Fraction or None
    **refused
        What `divide` takes, but no such rule: weights, lower, upper, constraints.

    Returns
    -------
    ndarray, shape (n,)
        Fraction without a unit, otherwise int64 counts of it.

    Raises
    ------
    DataError
        If an amount is no number, claims are missing, or something that no such rule takes
        is given.
    InfeasibleError
        If the budget is more than the claims, or in whole units than the claims rounded
        down.
    UnsupportedError
        If there are more claimants than the rule takes.

    Examples
    --------
    >>> from allocator.core.few.closed import MinimalOverlap
    >>> divide_among_few("1.00", [1, 1, 1], MinimalOverlap(), Fraction(1, 100), None).tolist()
    [33, 33, 34]
    """
    for name, value in refused.items():
        if value is not None and not (name == "constraints" and not len(value)):
            raise DataError(
                f"{rule.name} takes no {name}: it knows claims and a budget; the rules that do are "
                "those with a level, such as proportional or talmud"
            )
    if claims is None:
        raise DataError(f"{rule.name} needs claims")
    problem = claims_problem(budget, claims)
    awards = rule.awards(problem)
    if unit is not None:
        none = np.zeros(len(awards), dtype=np.int64)
        keys = Problem(0, none, none, ids=ids).tie_keys
        return largest_remainders(awards, problem.claims, problem.budget, unit, keys)
    exact = np.empty(len(awards), dtype=object)
    exact[:] = awards
    return exact


def largest_remainders(
    awards: list[Fraction], claims: Any, budget: Fraction, unit: Fraction, tie_keys: TieKeys
) -> NDArray[np.int64]:
    """Round awards down to whole units, then up by one where the most was lost (Hamilton, 1792).

    Ties go to the smaller award, then to the larger claim, then by tie key, so that the order of
    awards and of losses is kept; nobody gets more than the claim, rounded down.

    Parameters
    ----------
    awards : list of Fraction, length n
    claims : sequence of Fraction, shape (n,)
    budget : Fraction
        What the awards add up to.
    unit : Fraction
    tie_keys : callable
        Positions to sort keys, as `Problem.tie_keys`.

    Returns
    -------
    ndarray of int64, shape (n,)
        Counts of units.

    Raises
    ------
    DataError
        If the budget is no multiple of the unit.
    InfeasibleError
        If claims, rounded down, do not take it.

    Examples
    --------
    >>> awards = [Fraction(1, 2), Fraction(1, 2), Fraction(2)]
    >>> largest_remainders(awards, [1, 2, 3], Fraction(3), Fraction(1), list).tolist()
    [0, 1, 2]
    """
    if budget % unit:
        raise DataError(f"the budget must be a multiple of the unit, {shown(1, unit)}")
    quotas = [award / unit for award in awards]
    caps = [int(claim // unit) for claim in claims]
    counts = [int(quota) for quota in quotas]
    missing = int(budget / unit) - sum(counts)
    if sum(caps) < sum(counts) + missing:
        raise InfeasibleError(
            f"the claims, rounded down, add up to {shown(sum(caps), unit)}, below the budget of "
            f"{shown(sum(counts) + missing, unit)}: choose a smaller unit",
            {"budget": budget, "sum_of_caps": sum(caps) * unit},
        )
    keys = tie_keys(np.arange(len(awards)))
    order = sorted(
        range(len(awards)), key=lambda i: (counts[i] - quotas[i], counts[i], -claims[i], keys[i])
    )
    while missing:  # once around, but for remainders above a cap
        for i in [i for i in order if counts[i] < caps[i]][:missing]:
            counts[i] += 1
            missing -= 1
    return np.array(counts, dtype=np.int64)
