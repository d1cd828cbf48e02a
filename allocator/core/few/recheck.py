"""Checks of awards of a rule for few claimants: they are computed again, and compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.few.rule import Estimate, FewRule
from allocator.core.few.whole import whole_awards
from allocator.core.problem import Problem
from allocator.money import exact_sum

__all__ = ["recheck"]


def recheck(
    problem: Problem, rule: FewRule, awards: NDArray[Any]
) -> tuple[dict[str, bool], list[str], NDArray[np.int64], Estimate | None]:
    """Check awards in whole units.

    There is no level that units could be earned at, and nothing is maximized: "optimal" and
    "canonical" do not apply, and are not among the checks.

    Parameters
    ----------
    problem : Problem
        In whole units, with claims.
    rule : FewRule
    awards : ndarray of int64, shape (n,)

    Returns
    -------
    checks : dict of str to bool
        "bounds", "total", and "recomputed": whether they are the rule's largest remainders.
    failures : list of str
        A sentence for each check that failed.
    expected : ndarray of int64, shape (n,)
        The rule's.
    estimate : Estimate or None
        Of the rule's awards before they were rounded; None where everybody gets the cap.

    Examples
    --------
    >>> from allocator.core.few.closed import MinimalOverlap
    >>> problem = Problem(budget=3, lower=0, upper=[1, 2, 3], claims=[1, 2, 3])
    >>> recheck(problem, MinimalOverlap(), np.array([0, 1, 2]))[0]
    {'bounds': True, 'total': True, 'recomputed': True}
    >>> recheck(problem, MinimalOverlap(), np.array([1, 1, 1]))[1]
    ['recomputed: the award at position 0 is 1, not 0']
    """
    expected, found = whole_awards(problem, rule)
    outside = np.flatnonzero((awards < problem.lower) | (awards > problem.upper))
    other = np.flatnonzero(awards != expected)
    spent = exact_sum(awards)
    checks = {
        "bounds": not len(outside),
        "total": spent == problem.spend,
        "recomputed": not len(other),
    }
    failures = []
    if len(outside):
        i = int(outside[0])
        failures.append(
            f"bounds: the award at position {i} is {awards[i]}, not from {problem.lower[i]} to "
            f"{problem.upper[i]}"
        )
    if not checks["total"]:
        failures.append(f"total: {spent:,} units are spent, not {problem.spend:,}")
    if len(other):
        i = int(other[0])
        failures.append(f"recomputed: the award at position {i} is {awards[i]}, not {expected[i]}")
    return checks, failures, expected, found
