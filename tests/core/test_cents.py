"""Whole units against the definition, on problems that are degenerate on purpose."""

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings

from allocator.core.claims import Proportional
from allocator.core.edge import find_edge, middle
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from allocator.core.waterline import waterline

from . import oracle
from .cases import ALPHAS, INF, problems


def posed(case, alpha, budget=None):
    total, lower, upper, weights, scales, baseline = case
    problem = Problem(
        total if budget is None else budget, lower, upper, weights=weights, claims=scales
    )
    return problem, AlphaFair(alpha, "amount" if scales is None else "recovery", baseline)


def awards(case, alpha, budget=None):
    return solve(*posed(case, alpha, budget)).awards


@settings(max_examples=500, deadline=None)
@given(problems(), ALPHAS)
@example((1, [0, 0], [1, 1], [0.0, 0.0], None, None), 1.0)
@example((7, [0, 0], [5, 2], [1.0, 3.0], [1.0, 0.1], None), 3.0)
@example((6, [0, 0], [5, 2], [1.0, 3.0], [1.0, 0.1], None), 3.0)
@example((3, [0, 0, 0], [3, 3, 3], [1.0, 1.0, 1.0], None, None), INF)
def test_alpha_fair_is_the_greedy_order(case, alpha):
    budget, lower, upper, weights, scales, baseline = case
    expected = oracle.awards(
        budget,
        lower,
        upper,
        weights,
        rule="alpha_fair",
        alpha=mpmath.inf if alpha == INF else alpha,
        scales=scales,
        baseline=baseline,
    )
    assert awards(case, alpha).tolist() == expected


@settings(max_examples=300, deadline=None)
@given(problems(baselines=False, scaled=False))
def test_proportional_is_the_greedy_order(case):
    budget, lower, upper, weights, _, _ = case
    expected = oracle.awards(budget, lower, upper, weights, rule="proportional")
    problem = Problem(budget, lower, upper, claims=weights)
    assert solve(problem, Proportional()).awards.tolist() == expected


@settings(max_examples=200, deadline=None)
@given(problems(), ALPHAS)
@example((4, [0, 0, 0, 0, 1, 2], [0, 0, 0, 1, 1, 4], [1.0] * 5 + [2.0], None, None), 0.01)
def test_whole_units_are_the_same_from_near_the_level_and_their_end_is_known(case, alpha):
    problem, rule = posed(case, alpha)
    ramps = rule.ramps(problem)
    line = waterline([ramps], problem.spend, near=True)
    found = line.units(problem.tie_keys)
    assert found.awards[0].tolist() == solve(problem, rule).awards.tolist()
    ends = None if found.last is None else found.last.ends()
    if ends is not None and ramps.tiers is None:
        edge = find_edge(ramps, found.awards[0], lambda at: [(b"", str(i)) for i in at])
        assert (1.0, middle(*ends)) == (edge.tier, edge.log_level)


@settings(max_examples=150, deadline=None)
@given(problems(), ALPHAS)
def test_a_budget_one_unit_larger_raises_exactly_one_award_by_one(case, alpha):
    _, lower, upper, *_ = case
    previous = awards(case, alpha, sum(lower))
    assert previous.tolist() == lower
    for budget in range(sum(lower) + 1, sum(upper) + 1):
        current = awards(case, alpha, budget)
        assert sorted(current - previous)[-1] == 1
        assert (current - previous).sum() == 1
        assert (current >= previous).all()
        previous = current
    assert previous.tolist() == upper


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 2.0, 7.0, INF])
def test_row_order_and_partitions_do_not_change_a_cent(alpha):
    rng = np.random.default_rng(11)
    n = 4_000
    weights = rng.choice([0.0, 50.0, 50.0, 100.0, 313.0, 1e9, 1e-9], n)
    weights[: n // 2] = rng.lognormal(5, 3, n // 2)
    lower = rng.integers(0, 5, n)
    upper = lower + rng.integers(0, 3_000, n)
    ids = rng.permutation(n)
    budget = int(lower.sum() + 0.37 * (upper - lower).sum())
    problem = Problem(budget, lower, upper, weights=weights, ids=ids)
    whole = solve(problem, AlphaFair(alpha)).awards
    assert whole.sum() == budget

    order = rng.permutation(n)
    shuffled = Problem(budget, lower[order], upper[order], weights=weights[order], ids=ids[order])
    assert (solve(shuffled, AlphaFair(alpha)).awards == whole[order]).all()

    ramps = AlphaFair(alpha).ramps(problem)
    for count in (2, 7):
        parts = [ramps.take(rows) for rows in np.array_split(np.arange(n), count)]
        split = waterline(parts, budget).awards(problem.tie_keys)
        assert (np.concatenate(split) == whole).all()


@pytest.mark.parametrize("alpha", [0.0, 0.01, 1.0, 2.0, INF])
def test_hard_cases_for_the_search(alpha):
    rule = AlphaFair(alpha)
    n = 50_000
    equal = Problem(123_457, 0, None, weights=np.full(n, 0.1))
    x = solve(equal, rule).awards
    assert x.sum() == 123_457
    assert set(x.tolist()) == {2, 3}

    seven = Problem(10**7, 4, 600, weights=np.resize([50, 60, 70, 80, 90, 100, 1e6], n))
    x = solve(seven, rule).awards
    assert x.sum() == 10**7
    for loss in np.unique(seven.weights):
        assert np.ptp(x[seven.weights == loss]) <= 1

    spread = Problem(10**9, 0, 10**6, weights=np.logspace(-15, 15, n))
    x = solve(spread, rule).awards
    assert x.sum() == 10**9
    assert (np.diff(x) >= 0).all() or alpha == INF

    one = Problem(5, 0, 10, weights=[3.0])
    assert solve(one, rule).awards.tolist() == [5]


def test_users_of_weight_0_have_their_floor_until_everybody_else_is_capped():
    lower, upper, weights = [2, 2, 2], [5, 5, 9], [1.0, 0.0, 0.0]
    for alpha in (0.0, 0.5, 1.0, 2.0, INF):
        for budget, expected in ((8, [4, 2, 2]), (9, [5, 2, 2]), (15, [5, 5, 5]), (17, [5, 5, 7])):
            problem = Problem(budget, lower, upper, weights=weights)
            assert solve(problem, AlphaFair(alpha)).awards.tolist() == expected, (alpha, budget)


def test_order_is_decided_beyond_the_reach_of_floats():
    # alpha = 2: the second unit of weight 1 is earned at sqrt(2), the third of weight w at
    # sqrt(6/w). At w = 3 they tie and the smaller place comes first; one ulp more decides.
    for weight, expected in ((3.0, [2, 2]), (np.nextafter(3.0, 4.0), [1, 3])):
        problem = Problem(4, [1, 2], [2, 3], weights=[1.0, weight])
        assert solve(problem, AlphaFair(2)).awards.tolist() == expected
