"""Amounts as functions of the level: the kernel, its whole-unit bounds, and composition."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.core.claims import Proportional
from allocator.core.curves import Partitioned, Slopes, Steps, blocks
from allocator.core.means import Least, Midpoint, Rounding, Stolarsky, stolarsky
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.core.rules import AlphaFair

from .cases import ALPHAS, INF, mean_of, problems
from .test_cents import posed

FINITE = [0.01, 0.1, 0.3, 0.5, 0.9, 1.0, 1.5, 2.0, 3.0, 7.0, 40.0, 1e3, 1e4]
LEVELS = np.array([0.0, 1e-9, 0.3, 1.0, 2.5, 17.0, 1e6])


def units(rounding, amounts, baseline):
    y = np.array(amounts, dtype=float)
    rounding.units(y, baseline)
    return y


@pytest.mark.parametrize("alpha", [-1.0, *FINITE, INF])
@pytest.mark.parametrize("baseline", [0.0, 0.001, 0.5, 0.97, 3.25])
def test_rounding_brackets_what_is_earned(alpha, baseline):
    # Unit k is earned from the amount S(b + k - 1, b + k) on: late counts it there, and early
    # counts no unit before.
    number = np.unique(np.r_[np.arange(1, 400), np.geomspace(400, 1e9, 200).round()])
    x = number - 1.0 + baseline
    earned = np.exp(stolarsky(x, x + 1.0, alpha))
    b = np.full(len(x), baseline)
    late = units(mean_of(alpha).late, earned * (1 + 1e-12), b)
    early = units(mean_of(alpha).early, earned * (1 - 1e-12), b)
    assert (late >= number).all()
    assert (early < number)[earned > 0].all()  # what is earned at level 0 is always earned


def test_rounding_for_claims_is_exact():
    assert Midpoint().early == Midpoint().late == Rounding(0.5, 0.0)
    amounts = np.array([0.0, 0.49, 0.5, 1.4, 1.5, 2.5])
    assert units(Midpoint().early, amounts, None).tolist() == [0, 0, 1, 1, 2, 3]
    assert units(Least().early, np.array([0.0, 0.9, 1.0]), None).tolist() == [1, 1, 2]


def ramps_of(case, alpha):
    problem, rule = posed(case, alpha)
    return rule.ramps(problem)


@settings(max_examples=150, deadline=None)
@given(problems(), ALPHAS.filter(lambda a: a >= 1 or a == 0))
def test_amounts_are_clipped_ramps(case, alpha):
    ramps = ramps_of(case, alpha)
    ramps = ramps.tier(ramps.weights > 0, tail=False)
    slopes = Slopes.of(ramps, 0.0)
    with mpmath.workdps(40):
        for level in LEVELS:
            for i, amount in enumerate(slopes.awards(level)):
                d = mpmath.mpf(1 if ramps.scales is None else float(ramps.scales[i]))
                share = mpmath.mpf(ramps.power)
                v = d * (mpmath.mpf(float(ramps.weights[i])) / d) ** share
                b = 0.0 if ramps.baseline is None else float(ramps.baseline[i])
                exact = min(max(v * level - b, int(ramps.lower[i])), int(ramps.upper[i]))
                assert abs(exact - amount) <= 1e-11 * max(1, abs(exact))
    assert slopes.totals(LEVELS) == pytest.approx(
        [slopes.awards(level).sum() for level in LEVELS], rel=1e-14
    )
    top = slopes.top
    assert (slopes.awards(top * (1 + 1e-12)) == ramps.upper).all()


@settings(max_examples=150, deadline=None)
@given(problems(), ALPHAS, st.booleans(), st.data())
def test_between_keeps_totals_in_the_bracket(case, alpha, rounded, data):
    ramps = ramps_of(case, alpha)
    ramps = ramps.tier(ramps.weights > 0, tail=False)
    curve = Slopes.of(ramps, ramps.log_range[0])
    if rounded:
        curve = curve.rounded(ramps.mean.late)
    ends = [data.draw(st.floats(0, 30)) for _ in range(2)]
    low, high = min(ends), max(ends)
    inside = np.linspace(low, high, 9)
    narrowed = curve.between(low, high)
    assert len(narrowed) <= len(curve)
    assert narrowed.totals(inside) == pytest.approx(curve.totals(inside), rel=1e-12, abs=1e-12)
    again = narrowed.between(low, (low + high) / 2)
    inside = np.linspace(low, (low + high) / 2, 5)
    assert again.totals(inside) == pytest.approx(curve.totals(inside), rel=1e-12, abs=1e-12)


def test_steps():
    steps = Steps(np.array([1.0, 2.0, 2.0, np.inf]), np.zeros(4), np.array([3.0, 4.0, 5.0, 6.0]))
    assert len(steps) == 4
    assert steps.top == 2.0
    assert steps.totals(np.array([0.0, 1.0, 1.5, 2.0, 9.0])).tolist() == [0, 3, 3, 12, 12]
    narrowed = steps.between(1.0, 2.0)
    assert len(narrowed) == 2
    assert narrowed.totals(np.array([1.0, 1.5, 2.0])).tolist() == [3, 3, 12]
    assert len(steps.thinned(2)) == 2
    assert Steps(np.array([np.inf]), np.zeros(1), np.ones(1)).top == 0.0


def test_a_partitioned_curve_is_the_sum_of_its_parts():
    rng = np.random.default_rng(3)
    n = 1_000
    slope, baseline = rng.lognormal(0, 2, n), rng.uniform(0, 3, n)
    lower = rng.integers(0, 3, n).astype(float)
    upper = lower + rng.integers(0, 50, n)
    whole = Slopes(slope, baseline, lower, upper, Stolarsky(1.0).early)
    parts = Partitioned(
        [
            Slopes(slope[r], baseline[r], lower[r], upper[r], Stolarsky(1.0).early)
            for r in np.array_split(np.arange(n), 7)
        ]
    )
    assert len(parts) == n
    assert parts.top == whole.top
    assert (parts.totals(LEVELS) == whole.totals(LEVELS)).all()
    inside = np.linspace(0.5, 3.0, 7)
    assert (parts.between(0.5, 3.0).totals(inside) == whole.totals(inside)).all()
    assert 0 < len(parts.thinned(10)) <= n // 10 + 7


def test_totals_over_many_blocks():
    n = 40_000
    assert [b.stop - b.start for b in blocks(n)] == [16_384, 16_384, 7_232]
    assert blocks(0) == []
    curve = Slopes(np.full(n, 2.0), None, np.zeros(n), np.full(n, 9.0))
    assert curve.totals(np.array([0.0, 1.0, 4.5, 5.0])).tolist() == [0, 2 * n, 9 * n, 9 * n]
    assert curve.awards(1.0).tolist() == [2.0] * n


def test_ramps_taken_and_joined():
    problem = Problem(9, [0, 1, 2], [5, 6, 7], weights=[1.0, 4.0, 0.0], claims=[2.0, 3.0, 4.0])
    ramps = AlphaFair(2, "recovery", [0.0, 1.0, 2.0]).ramps(problem)
    parts = [ramps.take(np.array([i])) for i in range(3)]
    joined = Ramps.concatenated(parts)
    for name in ("weights", "scales", "lower", "upper", "baseline", "tiers"):
        assert (getattr(joined, name) == getattr(ramps, name)).all()
    assert joined.tiers.tolist() == [1.0, 1.0, np.inf]
    tail = ramps.tier(np.isinf(ramps.tiers), tail=True)
    assert (len(tail), tail.power, tail.mean, tail.flat) == (1, 0.0, Midpoint(), True)
    assert tail.baseline is None
    plain = Ramps.concatenated([Proportional().ramps(problem)] * 2)
    assert plain.scales is None
    assert len(plain) == 6


def test_the_range_of_slopes_holds_them_all():
    rng = np.random.default_rng(8)
    for alpha in (0.01, 0.5, 1.0, 2.0, 100.0, INF):
        for scales in (None, rng.lognormal(0, 5, 200)):
            weights = rng.lognormal(0, 9, 200)
            none = np.zeros(200)
            ramps = Ramps(weights, scales, none, none + 1, 1 / alpha, mean_of(alpha))
            low, high = ramps.log_range
            slack = 1e-12 * (1 + abs(low) + abs(high))
            assert low - slack <= ramps.log_slopes.min()
            assert ramps.log_slopes.max() <= high + slack


@pytest.mark.parametrize("alpha", [1.0, 2.0])
def test_the_short_way_to_slopes_agrees_with_the_long_one(alpha):
    weights = np.geomspace(1e-100, 1e100, 101)
    none = np.zeros(101)
    ramps = Ramps(weights, None, none, none + 1, 1 / alpha, mean_of(alpha))
    long = np.exp(ramps.log_slopes)
    assert ramps.slopes(0.0) == pytest.approx(long, rel=1e-12)
