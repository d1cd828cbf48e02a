"""The whole units that a rule for few claimants gives a problem."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocator.core.few.divide import largest_remainders
from allocator.core.few.rule import Estimate, FewRule
from allocator.core.problem import Problem
from allocator.errors import DataError

__all__ = ["whole_awards"]


def whole_awards(problem: Problem, rule: FewRule) -> tuple[NDArray[np.int64], Estimate | None]:
    """Divide in whole units, by largest remainders.

    Parameters
    ----------
    problem : Problem
        In whole units, with claims, which are the only caps: rounded down to units.
    rule : FewRule

    Returns
    -------
    units : ndarray of int64, shape (n,)
    estimate : Estimate or None
        Of the awards before they were rounded, in units. None where the budget is enough for
        everybody's cap, which is then the award.

    Raises
    ------
    DataError
        If there are no claims.
    UnsupportedError
        If there are more claimants than the rule can do.

    Examples
    --------
    >>> from allocator.core.few.closed import MinimalOverlap
    >>> problem = Problem(budget=3, lower=0, upper=[1, 2, 3], claims=[1, 2, 3])
    >>> whole_awards(problem, MinimalOverlap())[0].tolist()
    [0, 1, 2]
    """
    if problem.claims is None:
        raise DataError(f"{rule.name} needs claims")
    if problem.spend == problem.caps:
        return np.array(problem.upper, dtype=np.int64), None
    claims = [Fraction(int(claim), problem.claim_parts) for claim in problem.claims]
    budget = Fraction(problem.spend)
    found = rule.estimate(budget, claims)
    units = largest_remainders(found.awards, claims, budget, Fraction(1), problem.tie_keys)
    return units, found
