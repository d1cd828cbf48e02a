"""Whole units against the definition, on problems that are degenerate on purpose."""

import sys
from pathlib import Path

import mpmath
import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, Proportional
from allocator.core.solve import solve, solve_parts

sys.path.insert(0, str(Path(__file__).parent))
import oracle

ALPHAS = st.sampled_from([0.0, 0.01, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 40.0, 1e4, float("inf")])
FEW = st.sampled_from([0.0, 1.0, 1.0, 2.0, 3.0, 4.0, 9.0, 0.1, 1e-15, 1e15, 1.0000000000000002])
MANY = st.floats(1e-6, 1e6)


@st.composite
def problems(draw, *, baselines=True):
    n = draw(st.integers(1, 6))
    values = draw(st.sampled_from([FEW, MANY]))
    weights = draw(st.lists(values, min_size=n, max_size=n))
    lower = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    room = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n))
    upper = [a + b for a, b in zip(lower, room)]
    budget = draw(st.integers(sum(lower), sum(upper)))
    scales = draw(st.none() | st.lists(st.sampled_from([1.0, 2.0, 3.0, 0.1]), min_size=n, max_size=n))
    grid = st.sampled_from([0.0, 0.0, 1.0, 2.0, 0.5, 1e-3])
    baseline = draw(st.none() | st.lists(grid, min_size=n, max_size=n)) if baselines else None
    return budget, lower, upper, weights, scales, baseline


def ours(case, alpha):
    budget, lower, upper, weights, scales, baseline = case
    problem = Problem(budget, lower, upper, weights=weights, claims=scales)
    rule = AlphaFair(alpha, "amount" if scales is None else "recovery", baseline)
    return solve(problem, rule).awards.tolist()


@settings(max_examples=600, deadline=None)
@given(problems(), ALPHAS)
@example((1, [0, 0], [1, 1], [0.0, 0.0], None, None), 1.0)
@example((3, [0, 0, 0], [3, 3, 3], [1.0, 1.0, 1.0], None, None), float("inf"))
def test_alpha_fair_is_the_greedy_order(case, alpha):
    budget, lower, upper, weights, scales, baseline = case
    expected = oracle.awards(
        budget, lower, upper, weights, rule="alpha_fair",
        alpha=mpmath.inf if alpha == float("inf") else alpha, scales=scales, baseline=baseline,
    )  # fmt: skip
    assert ours(case, alpha) == expected


@settings(max_examples=300, deadline=None)
@given(problems(baselines=False))
def test_proportional_is_the_greedy_order(case):
    budget, lower, upper, weights, _, _ = case
    expected = oracle.awards(budget, lower, upper, weights, rule="proportional")
    problem = Problem(budget, lower, upper, claims=weights)
    assert solve(problem, Proportional()).awards.tolist() == expected
