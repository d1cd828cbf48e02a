"""Which solver solves a problem: the core's own, or one of others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.backends.master import highs_master
from allocator.backends.whole import whole_awards
from allocator.core.problem import Problem
from allocator.core.rules import Rule
from allocator.core.solve import solve as solve_natively
from allocator.errors import DataError, UnsupportedError

__all__ = ["solve"]

CVXPY_DEFAULT = "CLARABEL"


def solve(problem: Problem, rule: Rule, method: str = "auto") -> NDArray[Any]:
    """Divide a budget by a rule, by the solver that is asked for.

    Parameters
    ----------
    problem : Problem
    rule : Rule
    method : str
        "native": the core's search. "highs", "cvxpy" (by CLARABEL) or "cvxpy:SOLVER": general
        solvers, for alpha_fair, max_min and least_squares with at most 100 constraints of any kind.
        "auto": native where it can, else HiGHS.

    Returns
    -------
    ndarray of int64 (whole units) or float64, shape (n,)
        Whole units without constraints that overlap are always the native ones, which are exact
        and do not depend on a solver. Where constraints overlap, native ones are exact at alpha =
        0, too; of other solvers the fractional awards say what each kind of claimants gets
        together, and nearest whole totals that meet every constraint are divided natively inside.

    Raises
    ------
    BackendError
        If a solver gives up, or calls optimal what is not.
    DataError
        If there is no such method.
    InfeasibleError
        If nothing meets all constraints.
    UnsupportedError
        If what the method needs is not installed, or the rule maximizes nothing.

    Examples
    --------
    >>> from allocator.core.constraints import Row
    >>> from allocator.core.rules import MaxMin
    >>> double = Row([1.0, -2.0, 0.0], lower=0, upper=0)
    >>> problem = Problem(12, 0, 9, weights=[1.0, 1.0, 1.0], constraints=[double])
    >>> solve(problem, MaxMin()).tolist()
    [6, 3, 3]
    """
    name, _, solver = method.partition(":") if isinstance(method, str) else (method, "", "")
    if name not in ("auto", "native", "highs", "cvxpy") or (solver and name != "cvxpy"):
        raise DataError(
            f'method must be "auto", "native", "highs" or "cvxpy:SOLVER" (such as '
            f'"cvxpy:{CVXPY_DEFAULT}"), not {method!r}'
        )
    if name == "native" or (problem.whole and not problem.overlapping):
        return _native(problem, rule)
    if name == "auto":
        try:
            return _native(problem, rule)
        except UnsupportedError:
            if not (problem.overlapping and rule.objective):
                raise
    # Each is imported when asked for, as the packages they need are.
    if name == "cvxpy":
        from allocator.backends import cvxpy_

        awards = cvxpy_.solve(problem, rule, solver or CVXPY_DEFAULT)
    else:
        from allocator.backends import highs_

        awards = highs_.solve(problem, rule)
    if not problem.whole:
        return awards
    return whole_awards(problem, rule, awards)


def _native(problem: Problem, rule: Rule) -> NDArray[np.generic]:
    return solve_natively(problem, rule, highs_master).awards
