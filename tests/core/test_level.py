"""The search: it always ends, never fails on a feasible problem, and needs few evaluations."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from allocator.core.curves import Partitioned, Slopes, Steps
from allocator.core.level import find_level
from allocator.core.means import Rounding, Stolarsky

INF = math.inf
ENOUGH = 250  # evaluations; halving all floats twice, for a sample and for all, would take 2,200


class Counting:
    """A curve that counts its evaluations, also after it was narrowed."""

    def __init__(self, curve, count=None):
        self.curve, self.count = curve, [0] if count is None else count

    def __len__(self):
        return len(self.curve)

    @property
    def top(self):
        return self.curve.top

    def totals(self, levels):
        self.count[0] += len(levels)
        assert self.count[0] < 5_000, "the search does not end"
        return self.curve.totals(levels)

    def between(self, low, high):
        return Counting(self.curve.between(low, high), self.count)

    def thinned(self, step):
        return Counting(self.curve.thinned(step), self.count)


def total(curve, level):
    return float(curve.totals(np.array([level]))[0])


def searched(curve, budget, **options):
    counted = Counting(curve)
    low, high = find_level(counted, budget, **options)
    assert counted.count[0] <= ENOUGH
    if low > -INF:
        assert total(curve, low) <= budget * (1 + 1e-14)
    if high < INF:
        assert total(curve, high) >= budget * (1 - 1e-14)
    assert low < high
    if not options and low > -INF and high < INF:
        assert math.nextafter(low, INF) == high
    return low, high


SLOPES = st.sampled_from([1e-15, 1e-3, 0.1, 1.0, 1.0, 3.0, 7.0, 1e15]) | st.floats(1e-6, 1e6)


@st.composite
def curves(draw):
    n = draw(st.integers(1, 8))

    def column(values):
        return np.array(draw(st.lists(values, min_size=n, max_size=n)), dtype=float)

    lower = column(st.integers(0, 3))
    upper = lower + column(st.sampled_from([0, 1, 5, 1_000, 10**9]))
    baseline = column(st.sampled_from([0.0, 0.5, 3.0])) if draw(st.booleans()) else None
    rounding = draw(st.sampled_from([None, Stolarsky(1.0).early, Stolarsky(2.0).late]))
    return Slopes(column(SLOPES), baseline, lower, upper, rounding)


@settings(max_examples=300, deadline=None)
@given(curves(), st.sampled_from([0.0, 1e-9, 0.25, 0.5, 1 - 1e-9, 1.0]), st.booleans())
@example(Slopes(np.ones(1), None, np.zeros(1), np.zeros(1)), 0.0, False)
def test_every_feasible_budget_has_its_level(curve, share, whole):
    floors, caps = curve.lower.sum(), curve.upper.sum()
    budget = floors + share * (caps - floors)
    budget = float(np.floor(budget)) if whole else budget
    low, high = searched(curve, budget)
    if curve.rounding is None and low > -INF:
        awards = curve.awards(low)
        assert awards.sum() == pytest.approx(budget, rel=1e-12, abs=1e-9)
    if budget == caps and low > -INF and high == INF:
        assert curve.awards(low) == pytest.approx(curve.upper, rel=1e-15, abs=0)


@settings(max_examples=150, deadline=None)
@given(curves(), st.floats(0, 1), st.floats(1e-12, 1e12))
def test_a_guess_changes_nothing(curve, share, guess):
    budget = float(curve.lower.sum() + share * (curve.upper - curve.lower).sum())
    expected = find_level(curve, budget)
    counted = Counting(curve)
    low, high = find_level(counted, budget, guess)
    assert counted.count[0] <= ENOUGH
    if curve.rounding is not None:  # whole units: totals are exact, and so is the level
        assert (low, high) == expected or total(curve, low) == total(curve, expected[0])
    else:
        for ours, theirs in ((low, expected[0]), (high, expected[1])):
            a = total(curve, max(0.0, min(ours, curve.top)))
            b = total(curve, max(0.0, min(theirs, curve.top)))
            assert a == pytest.approx(b, rel=1e-11, abs=1e-9)


@pytest.mark.parametrize("rounding", [None, Stolarsky(1.0).early, Stolarsky(1.0).late])
@pytest.mark.parametrize("n", [1, 2, 50_000])
def test_all_tied(n, rounding):
    curve = Slopes(np.full(n, 0.1), None, np.zeros(n), np.full(n, 100.0), rounding)
    for budget in (0.0, 1.0, n / 3, n * 7.0, n * 7.0 + 1, n * 100.0 - 1, n * 100.0):
        low, high = searched(curve, budget)
        if low > -INF and high < INF and rounding is not None:
            assert total(curve, low) <= budget < total(curve, high)


def test_all_capped_and_all_at_the_floor():
    curve = Slopes(np.array([1.0, 5.0]), None, np.array([2.0, 3.0]), np.array([4.0, 9.0]))
    low, high = searched(curve, 13.0)
    assert (curve.awards(low) == [4.0, 9.0]).all()
    assert high == INF
    low, high = searched(curve, 5.0)
    assert curve.awards(low) == pytest.approx([2.0, 3.0], rel=1e-15)
    assert searched(curve, 4.0) == (-INF, 0.0)
    assert searched(curve, 14.0)[1] == INF


def test_thirty_orders_of_magnitude():
    slope = np.logspace(-15, 15, 3_000)
    for rounding in (None, Stolarsky(1.0).early):
        curve = Slopes(slope, None, np.zeros(3_000), np.full(3_000, 1e6), rounding)
        for budget in (1.0, 1e3, 1e6, 1e9, 2.9e9, 3e9 - 1):
            searched(curve, budget)


def test_steps_of_whole_units_and_plateaus():
    # One claimant earns at tiny levels, the other at huge ones: between them nothing moves.
    curve = Slopes(np.array([1e12, 1e-12]), None, np.zeros(2), np.full(2, 5.0), Rounding(0.5, 0.0))
    for budget in range(10):
        low, high = searched(curve, float(budget))
        assert total(curve, low) <= budget < total(curve, high)
    assert searched(curve, 10.0)[1] == INF


def test_tiers():
    tiers = np.array([1e-300, 1e-300, 1.0, np.nextafter(1.0, 2.0), 1e300, INF])
    steps = Steps(tiers, np.zeros(6), np.full(6, 10.0))
    for budget, value in ((0, 1e-300), (19, 1e-300), (20, 1.0), (30, tiers[3]), (45, 1e300)):
        assert searched(steps, float(budget))[1] == value
    assert searched(steps, 50.0)[1] == INF


def test_nobody():
    none = np.empty(0)
    assert searched(Slopes(none, None, none, none), 0.0)[1] == INF
    assert searched(Steps(none, none, none), 0.0)[1] == INF


@pytest.mark.parametrize("count", [2, 5])
def test_partitions_have_the_same_level(count):
    rng = np.random.default_rng(17)
    n = 3_000
    slope = rng.lognormal(5, 3, n)
    slope[::3] = 50.0
    lower = rng.integers(0, 4, n).astype(float)
    upper = lower + rng.integers(0, 6_000, n)
    for rounding in (Stolarsky(1.0).early, Stolarsky(1.0).late):
        whole = Slopes(slope, None, lower, upper, rounding)
        rows = np.array_split(np.arange(n), count)
        parts = Partitioned([Slopes(slope[r], None, lower[r], upper[r], rounding) for r in rows])
        for share in (0.0, 0.01, 0.5, 0.99):
            budget = float(np.floor(lower.sum() + share * (upper - lower).sum()))
            assert find_level(parts, budget) == find_level(whole, budget)


def test_many_claimants_are_guessed_from_a_sample():
    rng = np.random.default_rng(1)
    n = 100_000
    slope = rng.lognormal(0, 2, n)
    curve = Slopes(slope, None, np.zeros(n), np.full(n, 100.0))
    counted = Counting(curve)
    low, high = find_level(counted, 1e6)
    assert math.nextafter(low, INF) == high
    assert total(curve, low) == pytest.approx(1e6, rel=1e-12)
    assert counted.count[0] < 60


def test_within_stops_early_but_keeps_the_bracket():
    rng = np.random.default_rng(2)
    slope = rng.lognormal(0, 2, 5_000)
    curve = Slopes(slope, None, np.zeros(5_000), np.full(5_000, 100.0), Stolarsky(1.0).early)
    low, high = find_level(curve, 100_000.0, within=64.0)
    assert total(curve, low) <= 100_000 < total(curve, high)
    assert total(curve, high) - total(curve, low) <= 64


def test_budgets_beyond_every_cap_and_below_every_floor_end_at_once():
    curve = Slopes(np.ones(3), None, np.ones(3), np.full(3, 2.0))
    for budget, expected in ((2.999, (-INF, 0.0)), (1e300, None)):
        counted = Counting(curve)
        low, high = find_level(counted, budget)
        assert counted.count[0] <= 2
        assert (low, high) == expected or (expected is None and high == INF)
