"""Agreement with general solvers, to what those solvers claim.

A solver that gives up, or whose answer breaks the constraints by more than it claims, is the
solver's failure: it is told by that name, and never counts as agreement.
"""

import cvxpy as cp
import numpy as np
import pytest

from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve

GAP = 1e-6  # relative gap in the objective: CLARABEL stops at 1e-8, before it undoes its scaling
FEASIBLE = 1e-6  # relative to the budget


class SolverFailed(Exception):
    """The other solver's failure, not ours."""


def cases(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n = int(rng.integers(1, 12))
        weights = rng.choice([rng.uniform(0.1, 10, n), np.resize([1.0, 1.0, 2.0], n)])
        lower = rng.choice([np.zeros(n), rng.uniform(0.1, 2, n)])
        upper = lower + rng.uniform(0.5, 20, n)
        share = rng.choice([0.05, 0.3, 0.6, 0.95])
        budget = lower.sum() + share * (upper - lower).sum()
        scales = rng.uniform(0.5, 5, n) if rng.random() < 0.4 else None
        baseline = rng.uniform(0, 3, n) if rng.random() < 0.4 else None
        yield float(budget), lower, upper, weights, scales, baseline


def answer(maximand, x, case, solver):
    budget, lower, upper, *_ = case
    constraints = [cp.sum(x) == budget, x >= lower, x <= upper]
    problem = cp.Problem(cp.Maximize(maximand), constraints)
    try:
        problem.solve(solver=solver)
    except cp.SolverError as error:
        raise SolverFailed(f"{solver}: {error}") from error
    if problem.status != cp.OPTIMAL or x.value is None:
        raise SolverFailed(f"{solver}: status {problem.status}")
    broken = max((lower - x.value).max(), (x.value - upper).max(), abs(x.value.sum() - budget))
    if broken > FEASIBLE * budget:
        raise SolverFailed(f"{solver}: called optimal, but constraints are broken by {broken}")
    return x.value


def utility(alpha, amounts, weights):
    if alpha == 1:
        return weights @ np.log(amounts)
    return weights @ amounts ** (1 - alpha) / (1 - alpha)


def convex(alpha, z, weights):
    if alpha == 1:
        return weights @ cp.log(z)
    return weights @ cp.power(z, 1 - alpha) / (1 - alpha)


def ours(case, alpha):
    budget, lower, upper, weights, scales, baseline = case
    problem = Problem(budget, lower, upper, weights=weights, claims=scales)
    rule = AlphaFair(alpha, "amount" if scales is None else "recovery", baseline)
    awards = solve(problem, rule).awards
    assert awards.sum() == pytest.approx(budget, rel=1e-12)
    assert (awards >= lower).all()
    assert (awards <= upper).all()
    return awards


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 3.0])
def test_clarabel_agrees(alpha):
    failures, agreements = [], 0
    for case in cases(round(10 * alpha), 20):
        budget, lower, upper, weights, scales, baseline = case
        d = np.ones_like(lower) if scales is None else scales
        b = np.zeros_like(lower) if baseline is None else baseline
        x = cp.Variable(len(lower))
        mine = ours(case, alpha)
        try:
            theirs = answer(convex(alpha, (x + b) / d, weights), x, case, cp.CLARABEL)
        except SolverFailed as failure:
            failures.append(str(failure))
            continue
        agreements += 1
        value = utility(alpha, (mine + b) / d, weights)
        clipped = np.maximum(theirs, 1e-300 - b)
        other = utility(alpha, (clipped + b) / d, weights)
        # One unit of the objective is what the whole budget is worth at the margin.
        marginal = weights / d * ((mine + b) / d) ** -alpha
        inside = (mine > lower + 1e-9 * budget) & (mine < upper - 1e-9 * budget)
        price = marginal[inside].max() if inside.any() else marginal.min()
        assert abs(value - other) <= 10 * GAP * max(abs(value), price * budget)
        assert np.abs(mine - theirs).max() <= 1e-2 * budget  # awards: the square root of the gap
    assert agreements >= 18, failures


def test_highs_agrees_on_the_utilitarian_linear_program():
    failures, agreements = [], 0
    for case in cases(0, 40):
        budget, lower, _, weights, scales, _ = case
        d = np.ones_like(lower) if scales is None else scales
        x = cp.Variable(len(lower))
        mine = ours(case, 0.0)
        try:
            theirs = answer((weights / d) @ x, x, case, cp.HIGHS)
        except SolverFailed as failure:
            failures.append(str(failure))
            continue
        agreements += 1
        best = (weights / d) @ theirs
        assert (weights / d) @ mine == pytest.approx(best, rel=1e-9)
        if len(np.unique(weights / d)) == len(d):  # else ties are shared, and HiGHS picks one
            assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-6 * budget)
    assert agreements >= 38, failures


def test_highs_agrees_on_max_min_one_level_at_a_time():
    failures, agreements = [], 0
    for case in cases(77, 20):
        budget, lower, upper, _, scales, baseline = case
        d = np.ones_like(lower) if scales is None else scales
        b = np.zeros_like(lower) if baseline is None else baseline
        mine = ours(case, np.inf)
        x, least = cp.Variable(len(lower)), cp.Variable()
        constraints = [cp.sum(x) == budget, x >= lower, x <= upper, (x + b) / d >= least]
        problem = cp.Problem(cp.Maximize(least), constraints)
        problem.solve(solver=cp.HIGHS)
        if problem.status != cp.OPTIMAL:
            failures.append(problem.status)
            continue
        agreements += 1
        assert ((mine + b) / d).min() == pytest.approx(problem.value, rel=1e-6, abs=1e-6)
    assert agreements >= 18, failures


def test_a_solver_failure_is_told_as_one():
    case = (1.0, np.zeros(2), np.full(2, 0.25), np.ones(2), None, None)  # caps below the budget
    x = cp.Variable(2)
    with pytest.raises(SolverFailed, match="HIGHS: status infeasible"):
        answer(cp.sum(x), x, case, cp.HIGHS)
