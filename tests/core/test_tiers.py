"""Who is at the cap, who at the floor, and the tier the budget ends in."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.core.claims import Proportional
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from allocator.core.tiers import marginal_tier
from allocator.core.waterline import waterline

from .cases import INF, problems
from .test_cents import posed


def tier_of(weights, lower, upper, budget, scales=None):
    problem = Problem(budget, lower, upper, weights=weights, claims=scales)
    ramps = AlphaFair(0, "amount" if scales is None else "recovery").ramps(problem)
    return marginal_tier([ramps], budget)


def test_without_tiers_everybody_is_in():
    problem = Problem(5, [0, 0], [9, 9], weights=[1.0, 2.0])
    tier = marginal_tier([AlphaFair(1).ramps(problem)], 5)
    assert (tier.value, tier.budget) == (1.0, 5)
    assert tier.members is None
    assert tier.settled == ()


def test_highest_weights_first():
    first, others = [True, False, False], [False, True, True]
    for budget, members, left in (
        (2, first, 0),
        (3, first, 1),
        (6, first, 4),
        (7, others, 2),
        (9, others, 4),
        (12, others, 7),
        (13, others, 8),
    ):
        tier = tier_of([3.0, 1.0, 1.0], [0, 1, 1], [5, 4, 4], budget)
        assert tier.members[0].tolist() == members
        assert tier.budget == left


def test_zero_weights_are_the_last_tier():
    problem = Problem(9, [1, 0, 0], [4, 5, 5], weights=[0.0, 1.0, 2.0])
    for rule in (AlphaFair(0), AlphaFair(0.5), AlphaFair(3), AlphaFair(INF)):
        ramps = rule.ramps(problem)
        assert marginal_tier([ramps], 13).value == INF
        assert marginal_tier([ramps], 12).members[0].tolist() == [True, False, False]
        assert solve(problem, rule).awards[0] == 1


def test_float_tiers_that_agree_are_told_apart_exactly():
    # 0.1 + 0.2 exceeds 0.3 by one part in 1e16; so it comes first at alpha = 0.
    larger = 0.1 + 0.2
    for order in ([0.3, larger, 0.3], [larger, 0.3, 0.3]):
        x = solve(Problem(7, 0, 5, weights=order), AlphaFair(0)).awards
        assert x[order.index(larger)] == 5
        assert sorted(x) == [1, 1, 5]
    # w/d = 3 and 3 exactly, though in floats 0.3/0.1 is not 3: neither is exactly 3, either.
    weights, scales = [0.3, 3.0], [0.1, 1.0]
    exact = [Fraction(w) / Fraction(d) for w, d in zip(weights, scales, strict=True)]
    problem = Problem(5, 0, 5, weights=weights, claims=scales)
    x = solve(problem, AlphaFair(0, "recovery")).awards
    assert x[int(np.argmax(exact))] == 5
    assert exact[0] != exact[1]


def test_equal_tiers_of_different_scales_are_one_tier():
    weights, scales = [3.0, 6.0, 1.5], [1.0, 2.0, 0.5]
    tier = tier_of(weights, [0, 0, 0], [10, 10, 10], 7, scales)
    assert tier.members[0].all()
    x = solve(Problem(7, 0, 10, weights=weights, claims=scales), AlphaFair(0, "recovery")).awards
    # By place, (k - 1/2)/d: shares in proportion to d.
    assert x.tolist() == [2, 4, 1]


@settings(max_examples=200, deadline=None)
@given(problems(), st.sampled_from([0.0, 1.0, INF]), st.data())
def test_tiers_are_the_same_in_any_partition(case, alpha, data):
    problem, rule = posed(case, alpha)
    ramps = rule.ramps(problem)
    n = len(problem)
    whole = marginal_tier([ramps], problem.spend)
    cut = data.draw(st.integers(0, n))
    rows = [np.arange(cut), np.arange(cut, n)]
    parts = marginal_tier([ramps.take(r) for r in rows], problem.spend)
    assert parts.budget == whole.budget
    members = slice(None)
    if whole.members is None:
        assert parts.members is None
    else:
        members = whole.members[0]
        assert (np.concatenate(parts.members) == members).all()
        assert (np.concatenate(parts.settled) == whole.settled[0]).all()
    assert problem.lower[members].sum() <= whole.budget <= problem.upper[members].sum()
    line = waterline([ramps.take(r) for r in rows], problem.spend)
    awards, tier = line.awards(problem.tie_keys), line.tier.value
    solution = solve(problem, rule)
    assert (np.concatenate(awards) == solution.awards).all()
    assert tier == solution.tier


def test_partitions_of_which_only_some_have_a_tail():
    problem = Problem(9, 0, [3, 3, 9], weights=[1.0, 2.0, 0.0])
    parts = [
        Proportional().ramps(Problem(9, 0, [3, 3], claims=[1.0, 2.0])),
        Proportional().ramps(Problem(9, 0, [9], claims=[0.0])),
    ]
    assert parts[0].tiers is None
    line = waterline(parts, 9)
    awards, tier = line.awards(problem.tie_keys), line.tier.value
    assert np.concatenate(awards).tolist() == [3, 3, 3]
    assert tier == INF


def test_everybody_capped():
    for weights in ([1.0, 2.0], [0.0, 0.0], [1.0, 0.0]):
        for rule in (AlphaFair(0), AlphaFair(1), AlphaFair(INF)):
            problem = Problem(100, 0, [3, 4], weights=weights)
            assert solve(problem, rule).awards.tolist() == [3, 4]


def test_many_claimants_in_few_tiers():
    n = 200_000
    weights = np.resize([1.0, 2.0, 3.0], n)
    x = solve(Problem(n, 0, 2, weights=weights), AlphaFair(0)).awards
    assert (x[weights == 3.0] == 2).all()
    assert x.sum() == n
    assert not x[weights == 1.0].any()


@pytest.mark.parametrize("budget", [0.0, 1.0, 4.5, 7.0, 12.0])
def test_tiers_of_real_amounts(budget):
    x = solve(Problem(budget, 0.0, [5.0, 4.0, 3.0], weights=[2.0, 3.0, 2.0]), AlphaFair(0)).awards
    assert x.sum() == pytest.approx(budget)
    assert x[1] == min(budget, 4.0)
    assert x[0] == pytest.approx(max(x[2], budget - 4.0 - x[2]))
