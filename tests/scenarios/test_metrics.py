"""Measures against published values, against scipy, and on degenerate amounts.

scipy is the maintained library here: Theil's T and L are its relative entropies, Atkinson's index
its power mean, Jain's its coefficient of variation. PySAL's `inequality` has the same measures, but
brings GDAL, PROJ and scikit-learn; what it says in its documentation is among the published values.
"""

import math
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cityblock, pdist
from scipy.stats import entropy, gmean, pmean, rankdata, variation

import allocator as al
from allocator.errors import DataError
from allocator.scenarios import metrics as module

# The incomes in the documentation of R's packages ineq, DescTools and others.
INEQ = [541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]
INEQUALITY = ("gini", "theil", "mean_log_deviation", "atkinson", "hoover")

FEW = st.lists(st.sampled_from([0, 0, 1, 1, 2, 600_000]), min_size=1, max_size=30)
POSITIVE = st.lists(st.integers(1, 10**9), min_size=2, max_size=30)
FLOATS = st.lists(st.floats(0, 1e300), min_size=1, max_size=20)


def test_the_module_is_an_attribute_of_the_package():
    assert al.metrics is module
    assert al.metrics.gini([1, 3]) == 0.25


def test_ineq():
    """R's ineq 0.2-13 (its test of ineq(x)) and the manuals of its reimplementations."""
    assert al.metrics.gini(INEQ) == pytest.approx(0.462091130267624, rel=1e-14)
    assert al.metrics.atkinson(INEQ) == pytest.approx(0.1796591, abs=5e-8)
    assert al.metrics.atkinson(INEQ, 1) == pytest.approx(0.3518251, abs=5e-8)
    assert al.metrics.atkinson(INEQ, 2) == pytest.approx(0.6290111, abs=5e-8)
    assert al.metrics.atkinson([0, 10, 20], 1) == 1


def test_pysal():
    """The documentation of PySAL's inequality 1.1.2."""
    incomes = [10, 20, 30, 40, 50]
    assert round(al.metrics.atkinson(incomes, 0.5), 5) == 0.06315
    assert round(al.metrics.atkinson(incomes, 1), 5) == 0.13161


def test_jain():
    """Jain, Chiu & Hawe 1984: favoring k of n equally has the index k/n."""
    for k in (1, 10, 20, 99, 100):
        assert al.metrics.jain([1] * k + [0] * (100 - k)) == pytest.approx(k / 100, rel=1e-15)


@given(POSITIVE)
def test_they_are_what_scipy_says(x):
    values, ones = np.array(x, dtype=float), np.ones(len(x))
    n, mean = len(x), np.mean(x)
    close = {"rel": 1e-9, "abs": 1e-12}
    assert al.metrics.theil(x) == pytest.approx(entropy(values, ones), **close)
    assert al.metrics.mean_log_deviation(x) == pytest.approx(entropy(ones, values), **close)
    gini = pdist(values[:, None], "cityblock").sum() / (n * n * mean)
    assert al.metrics.gini(x) == pytest.approx(gini, **close)
    hoover = cityblock(values / values.sum(), ones / n) / 2
    assert al.metrics.hoover(x) == pytest.approx(hoover, **close)
    assert al.metrics.jain(x) == pytest.approx(1 / (1 + variation(values) ** 2), **close)
    assert al.metrics.atkinson(x, 1) == pytest.approx(1 - gmean(values) / mean, **close)
    for epsilon in (0.25, 0.5, 0.999999, 1.000001, 2, 10):
        expected = 1 - pmean(values, 1 - epsilon) / mean
        # pmean itself loses digits as its power nears 0.
        tolerance = 1e-8 if abs(epsilon - 1) < 0.1 else 1e-12
        assert al.metrics.atkinson(x, epsilon) == pytest.approx(expected, rel=1e-9, abs=tolerance)


@given(FEW, st.integers(1, 4), st.randoms(use_true_random=False))
def test_what_all_measures_of_inequality_promise(x, copies, random):
    shuffled = list(x)
    random.shuffle(shuffled)
    for name in INEQUALITY:
        measure = getattr(al.metrics, name)
        value = measure(x)
        assert value >= 0
        assert (value == 0) == (min(x) == max(x)), name
        close = pytest.approx(value, rel=1e-9, abs=1e-12)
        assert measure(shuffled) == close
        assert measure([3 * each for each in x]) == close  # units
        assert measure(x * copies) == close  # population form


@given(FEW)
def test_ranges_end_where_the_docstrings_say(x):
    n = len(x)
    one_has_all = [0] * (n - 1) + [7]
    assert al.metrics.gini(x) <= al.metrics.gini(one_has_all) + 1e-12
    assert al.metrics.gini(one_has_all) == pytest.approx(1 - 1 / n)
    assert al.metrics.hoover(one_has_all) == pytest.approx(1 - 1 / n)
    assert al.metrics.theil(one_has_all) == pytest.approx(math.log(n))
    assert al.metrics.jain(one_has_all) == pytest.approx(1 / n)
    assert 1 / n <= al.metrics.jain(x) * (1 + 1e-12)
    for epsilon in (0.2, 0.5, 0.9):
        most = 1 - n ** (-epsilon / (1 - epsilon))
        assert al.metrics.atkinson(one_has_all, epsilon) == pytest.approx(most, abs=1e-12)
        assert al.metrics.atkinson(x, epsilon) <= most + 1e-12
    if 0 in x and any(x):
        assert al.metrics.mean_log_deviation(x) == math.inf
        assert al.metrics.atkinson(x, 1) == al.metrics.atkinson(x, 3) == 1
        assert al.metrics.atkinson(x, math.inf) == 1


@given(FEW)
def test_all_zero_counts_as_equal_and_one_is_equal_to_oneself(x):
    for values in ([0] * len(x), [x[0]]):
        assert [getattr(al.metrics, name)(values) for name in INEQUALITY] == [0.0] * 5
        assert al.metrics.jain(values) == 1
        assert al.metrics.concentration_index(values, values) == 0
        curve = al.metrics.lorenz(values)
        assert curve.share == pytest.approx(curve.people)


@given(POSITIVE)
def test_atkinson_rises_with_the_aversion_and_reaches_the_smallest(x):
    values = [al.metrics.atkinson(x, epsilon) for epsilon in (0, 0.3, 1, 1.5, 40, 4000, math.inf)]
    assert all(low <= high + 1e-12 for low, high in pairwise(values))
    assert values[0] == pytest.approx(0, abs=1e-12)
    assert values[-1] == pytest.approx(1 - min(x) / np.mean(x))


@given(FLOATS)
def test_no_amount_is_too_large_or_too_small(x):
    for name in (*INEQUALITY, "jain"):
        assert not math.isnan(getattr(al.metrics, name)(x)), name
    largest = sys.float_info.max
    assert al.metrics.gini([largest, largest]) == 0
    assert al.metrics.gini([0, largest]) == 0.5
    assert al.metrics.theil([5e-324, 5e-324]) == 0


@given(FEW)
def test_the_lorenz_curve(x):
    curve = al.metrics.lorenz(x)
    n = len(x)
    assert (curve.people[0], curve.share[0], curve.people[-1], curve.share[-1]) == (0, 0, 1, 1)
    assert (np.diff(curve.share, 2) >= -1e-12).all()  # convex
    assert (curve.share <= curve.people + 1e-12).all()
    area = float(np.sum(curve.share[1:] + curve.share[:-1])) / (2 * n)
    assert al.metrics.gini(x) == pytest.approx(1 - 2 * area, abs=1e-12)
    gap = float(np.max(curve.people - curve.share))
    assert al.metrics.hoover(x) == pytest.approx(gap, abs=1e-12)
    assert curve.at(curve.people) == pytest.approx(curve.share)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-2, 2)), min_size=1, max_size=30))
def test_concentration(pairs):
    x, by = map(list, zip(*pairs, strict=True))
    curve, n = al.metrics.concentration_curve(x, by), len(x)
    area = float(np.sum(curve.share[1:] + curve.share[:-1])) / (2 * n)
    index = al.metrics.concentration_index(x, by)
    assert index == pytest.approx(1 - 2 * area, abs=1e-12)
    assert abs(index) <= al.metrics.gini(x) + 1e-12
    assert al.metrics.concentration_index(x, [-b for b in by]) == pytest.approx(-index, abs=1e-12)
    assert al.metrics.concentration_index(x, x) == pytest.approx(al.metrics.gini(x), abs=1e-12)
    assert al.metrics.concentration_index(x, [1] * n) == pytest.approx(0, abs=1e-12)
    assert al.metrics.concentration_curve(x, x).share == pytest.approx(al.metrics.lorenz(x).share)
    if any(x):  # Kakwani, Wagstaff & van Doorslaer 1997: 2·cov(x, fractional rank) / μ
        ranks = (rankdata(by) - 0.5) / n
        covariance = np.mean(np.array(x) * ranks) - np.mean(x) * np.mean(ranks)
        assert index == pytest.approx(2 * covariance / np.mean(x), abs=1e-12)
    # The order of the tied does not matter.
    again = al.metrics.concentration_curve(x[::-1], by[::-1])
    assert again.share == pytest.approx(curve.share)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20))
def test_distance_from_pro_rata(pairs):
    awards, claims = map(list, zip(*pairs, strict=True))
    if any(awards) and not any(claims):
        with pytest.raises(DataError, match="all claims are 0, while something is awarded"):
            al.metrics.distance_from_pro_rata(awards, claims)
        return
    found = al.metrics.distance_from_pro_rata(awards, claims)
    assert 0 <= found <= 1
    assert al.metrics.distance_from_pro_rata(claims, claims) == 0
    if any(awards):
        # What would have to change hands, dollar by dollar.
        due = np.array(claims) * sum(awards) / sum(claims)
        moved = np.maximum(due - awards, 0).sum() / sum(awards)
        assert found == pytest.approx(moved, abs=1e-12)
    equal = [1] * len(awards)
    assert al.metrics.distance_from_pro_rata(awards, equal) == pytest.approx(
        al.metrics.hoover(awards), abs=1e-12
    )


def test_the_ends_of_the_distance_from_pro_rata():
    assert al.metrics.distance_from_pro_rata([0, 0], [1, 2]) == 0
    assert al.metrics.distance_from_pro_rata([0, 9], [1, 0]) == 1


def test_price_of_fairness():
    """Bertsimas et al. 2011: two players, the fair half of an efficient total of 1."""
    assert al.metrics.price_of_fairness([0.25, 0.25], [1.0, 0.0]) == 0.5
    assert al.metrics.price_of_fairness([1, 2], [2, 1]) == 0
    assert al.metrics.price_of_fairness([0, 0], [0, 0]) == 0
    assert al.metrics.price_of_fairness([0, 0], [0, 3]) == 1
    assert al.metrics.price_of_fairness([4], [2]) == -1  # told, not hidden
    with pytest.raises(DataError, match="efficient utilities are all 0"):
        al.metrics.price_of_fairness([1], [0])
    with pytest.raises(DataError, match="there are 1 efficient utilities for 2 people"):
        al.metrics.price_of_fairness([1, 2], [1])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_largest_envy_is_the_largest_over_all_pairs(pairs):
    awards, claims = map(list, zip(*pairs, strict=True))
    assert al.metrics.largest_envy(awards) == max(awards) - min(awards)
    envies = [c * y / d - x for x, c in pairs if c for y, d in pairs if d]
    expected = max(envies, default=0)
    assert al.metrics.largest_envy(awards, claims) == pytest.approx(expected, abs=1e-12)
    doubled = [2 * c for c in claims]
    assert al.metrics.largest_envy(doubled, claims) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([], "there are no amounts: a measure needs at least one"),
        ([1, -2, math.nan], "2 of 3 are not, the first, at position 1, is -2"),
        ([math.inf], "must be finite and not negative: 1 of 1 are not"),
        ([[1, 2]], r"must be a list of numbers, not of shape \(1, 2\)"),
        (["a"], "the amounts must be numbers"),
        ([object()], "the amounts must be numbers"),
    ],
)
def test_what_cannot_be_measured_is_told(x, message):
    for name in (*INEQUALITY, "jain", "lorenz", "largest_envy"):
        with pytest.raises(DataError, match=message.replace("amounts", "(amounts|awards)")):
            getattr(al.metrics, name)(x)


def test_what_does_not_fit_is_told():
    for wrong in ([1, 2], ["a"], [[1]]):
        with pytest.raises(DataError, match="by must be 1 numbers, one for each amount"):
            al.metrics.concentration_index([1], wrong)
    with pytest.raises(DataError, match="nobody can be ranked by nan or inf"):
        al.metrics.concentration_curve([1, 1], [1, math.nan])
    with pytest.raises(DataError, match="there are 3 claims for 2 people"):
        al.metrics.largest_envy([1, 2], [1, 2, 3])
    for epsilon in (-1, math.nan):
        with pytest.raises(DataError, match="epsilon must be a number from 0 to inf"):
            al.metrics.atkinson([1], epsilon)


def test_integers_and_frames_are_amounts_and_stay_as_they_are():
    cents = np.array([600_000, 400, 400], dtype=np.int64)
    cents.flags.writeable = False
    assert al.metrics.gini(cents) == al.metrics.gini([6000.0, 4.0, 4.0])
