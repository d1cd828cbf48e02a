"""The certificate passes what the order allows, and nothing one unit away from it."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allocator.core import edge
from allocator.core.certificate import verify
from allocator.core.claims import Proportional
from allocator.core.edge import find_edge
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, MaxMin
from allocator.core.solve import solve

from .cases import ALPHAS, INF, problems
from .test_cents import posed

MODERATE = ALPHAS.filter(lambda alpha: alpha != 1e4)  # 12^-10000 is beyond the digits below


def objective(case, alpha, awards):
    """Sum of w phi(b + x) (of recovery: over d) to 200 digits; leximin as a sorted list."""
    _, _, _, weights, scales, baseline = case
    n = len(weights)
    scales, baseline = scales or [1.0] * n, baseline or [0.0] * n
    with mpmath.workdps(200):
        d = [mpmath.mpf(v) for v in scales]
        z = [(mpmath.mpf(b) + int(x)) / v for b, x, v in zip(baseline, awards, d, strict=True)]
        if alpha == INF:
            return sorted(v for v, w in zip(z, weights, strict=True) if w)
        a, total, nothing = mpmath.mpf(alpha), mpmath.mpf(0), []
        for i, (w, v) in enumerate(zip(weights, z, strict=True)):
            if w == 0:
                continue
            if v == 0 and a >= 1:
                nothing.append(i)
            elif a == 1:
                total += w * mpmath.log(v)
            else:
                total += w * v ** (1 - a) / (1 - a)
        return (-len(nothing), nothing, total)


def better(a, b):
    """Whether a beats b; who of several has nothing at all is all the same: minus infinity."""
    if isinstance(a, list):
        return a > b
    if a[:2] != b[:2]:
        return a[0] > b[0]
    with mpmath.workdps(200):
        return a[2] - b[2] > abs(a[2]) * mpmath.mpf("1e-150")


def every(case):
    budget, lower, upper, *_ = case
    ranges = [range(a, b + 1) for a, b in zip(lower, upper, strict=True)]
    return (x for x in itertools.product(*ranges) if sum(x) == budget)


@settings(max_examples=120, deadline=None)
@given(problems(), MODERATE)
def test_no_other_awards_are_better(case, alpha):
    assume(math.prod(b - a + 1 for a, b in zip(case[1], case[2], strict=True)) <= 3_000)
    problem, rule = posed(case, alpha)
    best = objective(case, alpha, solve(problem, rule).awards)
    for other in every(case):
        value = objective(case, alpha, other)
        assert not better(value, best)


@settings(max_examples=300, deadline=None)
@given(problems(), MODERATE, st.data())
def test_moving_a_unit_fails(case, alpha, data):
    problem, rule = posed(case, alpha)
    awards = solve(problem, rule).awards
    certificate = verify(problem, rule, awards)
    assert certificate.ok, certificate.failures
    assert certificate.failures == ()
    assert certificate.transfer_gain is None or certificate.transfer_gain <= 1e-12
    assert certificate.gap in (None, 0.0)
    n = len(awards)
    give, take = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))
    assume(give != take)
    moved = awards.copy()
    moved[give] -= 1
    moved[take] += 1
    after = verify(problem, rule, moved)
    assert not after.ok
    inside = moved[give] >= problem.lower[give] and moved[take] <= problem.upper[take]
    assert after.checks["bounds"] == inside
    assert not after.checks["canonical"]
    if inside:
        assert after.checks["total"]
        before, value = (objective(case, alpha, x) for x in (awards, moved))
        tied = not better(before, value)
        if after.checks["optimal"]:
            assert tied
        elif alpha != INF or problem.weights.all():
            assert not tied
            assert after.transfer_gain is None or after.transfer_gain > -1e-12


@settings(max_examples=100, deadline=None)
@given(problems(baselines=False, scaled=False), st.sampled_from([1, -1]), st.data())
def test_changing_one_award_by_one_unit_fails(case, change, data):
    budget, lower, upper, weights, _, _ = case
    problem = Problem(budget, lower, upper, claims=weights)
    awards = solve(problem, Proportional()).awards
    assert verify(problem, Proportional(), awards).ok
    changed = awards.copy()
    changed[data.draw(st.integers(0, len(awards) - 1))] += change
    after = verify(problem, Proportional(), changed)
    assert not after.ok
    assert not after.checks["total"]


def test_gap_is_the_distance_to_the_lagrangian_bound():
    # Weights 2 and 1, 9 units, log utility: the bound is at 6 and 3, the price 1/3.
    problem = Problem(9, 0, None, weights=[2.0, 1.0])
    certificate = verify(problem, AlphaFair(1), [5, 4])
    level = certificate.level
    bound = sum(max(w * math.log(k) - k / level for k in range(1, 10)) for w in (2.0, 1.0))
    value = 2 * math.log(5) + math.log(4) - 9 / level
    assert certificate.gap == pytest.approx((bound - value) / (9 / level))
    real = sum(w * math.log(w * level) - w for w in (2.0, 1.0))
    assert certificate.fractional_gap == pytest.approx((real - value) / (9 / level))


def test_fractional_gap_by_the_series_and_by_the_definition():
    rng = np.random.default_rng(5)
    weights = rng.uniform(1, 100, 300)
    for alpha in (0.5, 1.0, 2.0, 5.0):
        problem = Problem(100_000, 1, 2_000, weights=weights)
        x = solve(problem, AlphaFair(alpha)).awards
        certificate = verify(problem, AlphaFair(alpha), x)
        level, price = certificate.level, certificate.level**-alpha
        real = np.clip(weights ** (1 / alpha) * level, 1, 2_000)

        def utility(z, w=weights, a=alpha):
            return w * (np.log(z) if a == 1 else z ** (1 - a) / (1 - a))

        gains = (utility(real) - price * real) - (utility(x.astype(float)) - price * x)
        expected = gains.sum() / (price * 100_000)
        assert certificate.fractional_gap == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("awards", "why"),
    [
        ([1, 2], "there are 2 awards for 3 claimants"),
        ([1.5, 1, 1], "the awards are not whole units"),
        ([np.nan, 1, 1], "the awards are not whole units"),
        (["a", "b", "c"], "the awards are not whole units"),
        ([3, -1, 1], "bounds: 1 awards are outside their bounds; the first, at position 1, is -1, "
                     "not from 0 to 3"),
        ([1, 1, 0], "total: 2 units are spent, not 3"),
    ],
)  # fmt: skip
def test_bad_awards_are_told_and_nothing_is_raised(awards, why):
    certificate = verify(Problem(3, 0, 3, weights=[1.0, 1.0, 1.0]), AlphaFair(1), awards)
    assert not certificate.ok
    assert why in certificate.failures


def test_ties_are_told_from_losses():
    problem = Problem(1, 0, 1, weights=[1.0, 1.0], ids=["a", "b"])
    right = solve(problem, AlphaFair(1)).awards
    certificate = verify(problem, AlphaFair(1), right[::-1])
    assert certificate.checks["optimal"]
    assert not certificate.checks["canonical"]
    assert certificate.failures[0].startswith("canonical: of two units worth the same, position")


@settings(max_examples=200, deadline=None)
@given(problems(), ALPHAS, st.data())
def test_dropping_units_that_cannot_matter_changes_nothing(case, alpha, data):
    # The bound by which they are dropped is the one that the search brackets with: were it
    # wrong, both sides would agree on wrong awards.
    problem, rule = posed(case, alpha)
    awards = solve(problem, rule).awards.copy()
    n = len(awards)
    awards[data.draw(st.integers(0, n - 1))] -= 1
    awards[data.draw(st.integers(0, n - 1))] += 1
    awards = np.clip(awards, problem.lower, problem.upper)
    ramps = rule.ramps(problem)
    short = find_edge(ramps, awards, problem.tie_keys)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edge, "_contenders", lambda _r, _a, held, refused: (held, refused))
        assert find_edge(ramps, awards, problem.tie_keys) == short


def test_gap_is_a_number_whatever_the_numbers():
    everybody_capped = Problem(6, 0, 3, weights=[3.7, 2.1])
    rule = AlphaFair(1e4)
    certificate = verify(everybody_capped, rule, solve(everybody_capped, rule).awards)
    assert (certificate.gap, certificate.fractional_gap) == (0.0, 0.0)
    far = Problem(48, 0, [17, 13, 20], weights=[1e290, 1e290, 1e-290])
    assert verify(far, AlphaFair(0), solve(far, AlphaFair(0)).awards).gap == 0.0
    paid = Problem(2, 0, 8, weights=[2.0])
    rule = AlphaFair(0.5, baseline=[1e12])
    assert verify(paid, rule, solve(paid, rule).awards).gap == 0.0
    few = Problem(7, 0, 30, weights=[3.7, 2.1, 1.0])
    for alpha in (0.01, 0.5, 1.0, 5.0, 1e3, 1e4):
        rule = AlphaFair(alpha, baseline=0.5)
        certificate = verify(few, rule, solve(few, rule).awards)
        assert certificate.gap == 0.0
        assert not math.isnan(certificate.fractional_gap)


def test_of_two_units_at_one_level_max_min_prefers_the_one_that_leaves_most():
    problem = Problem(1, 0, [1, 1], weights=[1.0, 2.0])
    rule = MaxMin()
    assert solve(problem, rule).awards.tolist() == [1, 0]
    certificate = verify(problem, rule, [0, 1])
    assert not certificate.checks["optimal"]
    assert certificate.failures == (
        "optimal: moving one unit from position 1 to position 0 raises the objective",
    )
