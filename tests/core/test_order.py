"""The order of units: level, place, larger weight, tie key; exact where floats cannot tell."""

from fractions import Fraction
from hashlib import blake2b

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.core.order import Units, tolerance
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.errors import DataError

from . import oracle
from .cases import ALPHAS, INF, mean_of

WEIGHTS = st.sampled_from([1.0, 1.0, 2.0, 3.0, np.nextafter(3.0, 4), 0.1, 1e-15, 1e15]) | st.floats(
    1e-6, 1e6
)
SCALES = st.sampled_from([1.0, 2.0, 0.1, 0.3, 1e6])
BASELINES = st.sampled_from([0.0, 0.0, 1.0, 0.5, 1e-3])


def units(weights, number, alpha, *, mean=None, scales=None, baseline=None):
    def column(values):
        return None if values is None else np.array(values, dtype=float)

    n = len(weights)
    none = np.zeros(n, dtype=np.int64)
    mean = alpha if mean is None else mean
    ramps = Ramps(
        column(weights), column(scales), none, none, 1 / alpha, mean_of(mean), column(baseline)
    )
    return Units(ramps, np.array(number, dtype=np.int64), np.arange(n))


def tie_keys(index):
    return [(blake2b(str(i).encode(), digest_size=8).digest(), str(i)) for i in index.tolist()]


@st.composite
def some_units(draw):
    n = draw(st.integers(1, 10))

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    alpha = draw(ALPHAS.filter(lambda a: a > 0))
    weights, number = column(WEIGHTS), column(st.integers(1, 6) | st.integers(1, 10**13))
    scales = column(SCALES) if draw(st.booleans()) else None
    baseline = column(BASELINES) if draw(st.booleans()) else None
    return alpha, weights, number, scales, baseline


def keys_of(case):
    """The definition: sort keys of the units, to 60 digits."""
    alpha, weights, number, scales, baseline = case
    keys = []
    for i, (w, k) in enumerate(zip(weights, number, strict=True)):
        d = 1.0 if scales is None else scales[i]
        b = 0.0 if baseline is None else baseline[i]
        if alpha == INF:
            level = (Fraction(b) + k - 1) / Fraction(d)
            place = -(Fraction(b) + k) / Fraction(d)
        else:
            level = mpmath.mpf(oracle._stolarsky_level(alpha, w, d, b + k - 1, b + k))
            place = (k - Fraction(1, 2)) / Fraction(d)
        keys.append((level, place, -w, tie_keys(np.array([i]))[0]))
    return keys


def exact_baselines(case):
    # The oracle adds b and k in floats; these sums are exact.
    alpha, weights, number, scales, baseline = case
    if baseline is not None:
        number = [min(k, 1_000) for k in number]
        baseline = [0.5 if b == 1e-3 else b for b in baseline]
    return alpha, weights, number, scales, baseline


@settings(max_examples=300, deadline=None)
@given(some_units(), st.data())
def test_the_first_units_are_those_of_the_definition(case, data):
    case = exact_baselines(case)
    alpha, weights, number, scales, baseline = case
    some = units(weights, number, alpha, scales=scales, baseline=baseline)
    count = data.draw(st.integers(0, len(weights)))
    with mpmath.workdps(60):
        keys = keys_of(case)
        expected = sorted(range(len(keys)), key=keys.__getitem__)[:count]
    assert np.flatnonzero(some.first(count, tie_keys)).tolist() == sorted(expected)


@settings(max_examples=150, deadline=None)
@given(some_units())
def test_levels_are_as_near_as_promised(case):
    case = exact_baselines(case)
    alpha, weights, number, scales, baseline = case
    some = units(weights, number, alpha, scales=scales, baseline=baseline)
    allowed = tolerance(some.ramps) / 4  # two floats of one level may differ by half of it
    with mpmath.workdps(60):
        for level, key in zip(some.levels(), keys_of(case), strict=True):
            exact = mpmath.mpf(key[0].numerator) / key[0].denominator if alpha == INF else key[0]
            if exact == 0:
                assert level == -INF
            else:
                assert abs(mpmath.log(exact) - mpmath.mpf(float(level))) < allowed


def test_levels_of_claims_are_rational():
    # 0.1 + 0.2 is not 0.3: unit 1 of the larger claim is earned earlier, by one part in 1e16.
    some = units([0.1 + 0.2, 0.3, 0.3], [1, 1, 1], 1.0, mean=-1.0)
    assert some.level_ranks().tolist() == [0, 1, 1]
    assert some.levels() == pytest.approx([np.log(0.5 / 0.3)] * 3, rel=1e-14)
    some = units([1.0, 3.0, 5.0, 7.0], [1, 2, 3, 4], 1.0, mean=-1.0)
    assert some.level_ranks().tolist() == [0, 0, 0, 0]
    assert some.place_ranks().tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 3.0])
def test_one_ulp_of_weight_decides_between_equal_units(alpha):
    up, down = np.nextafter(7.0, 8.0), np.nextafter(7.0, 6.0)
    some = units([7.0, down, 7.0, up], [5, 5, 5, 5], alpha)
    assert some.level_ranks().tolist() == [1, 2, 1, 0]
    assert some.first(1, tie_keys).tolist() == [False, False, False, True]
    assert some.first(3, tie_keys).tolist() == [True, False, True, True]


def test_exact_ties_of_irrational_levels_are_recognized():
    # sqrt(k(k-1)/w): 2/1 = 6/3 = 12/6 = 20/10; the smaller place first.
    some = units([10.0, 6.0, 3.0, 1.0], [5, 4, 3, 2], 2.0)
    assert some.level_ranks().tolist() == [0, 0, 0, 0]
    assert some.first(2, tie_keys).tolist() == [False, False, True, True]
    # alpha = 3: the mean is (2x²y²/(x+y))^(1/3), so 8/3 = 16/6.
    some = units([8.0 / 3.0, 8.0 / 3.0], [2, 2], 3.0)
    assert some.level_ranks().tolist() == [0, 0]


def test_place_then_weight_then_tie_key():
    # Max-min: level (b + k - 1)/d, place -(b + k)/d, so the smaller d first; weights only then.
    some = units([1.0, 1.0, 5.0], [1, 1, 1], INF, scales=[2.0, 1.0, 1.0])
    assert some.first(1, tie_keys).tolist() == [False, False, True]
    assert some.first(2, tie_keys).tolist() == [False, True, True]
    assert some.places().tolist() == [-0.5, -1.0, -1.0]
    first_units = units([1.0, 4.0, 9.0], [1, 1, 1], 2.0)  # all at level 0, place 1/2
    assert first_units.first(1, tie_keys).tolist() == [False, False, True]
    assert first_units.level_ranks().tolist() == [0, 0, 0]
    # sqrt(k(k-1)/(w·d)): 2/27 = 6/81, a tie; places 1.5/1 and 2.5/1.6875 = 1.48.
    tied = units([27.0, 48.0], [2, 3], 2.0, scales=[1.0, 1.6875])
    assert tied.level_ranks().tolist() == [0, 0]
    assert tied.first(1, tie_keys).tolist() == [False, True]
    equal = units([2.0] * 5, [3] * 5, 1.5)
    by_key = sorted(range(5), key=lambda i: tie_keys(np.array([i]))[0])
    for count in range(6):
        assert np.flatnonzero(equal.first(count, tie_keys)).tolist() == sorted(by_key[:count])


def test_tie_keys_are_only_asked_of_those_tied_at_the_margin():
    asked = []

    def keys(index):
        asked.extend(index.tolist())
        return tie_keys(index)

    some = units([5.0, 1.0, 1.0, 1.0, 0.1], [1, 1, 1, 1, 1], 1.0, mean=-1.0)
    some.first(2, keys)
    assert asked == [1, 2, 3]
    some.first(4, keys)
    assert asked == [1, 2, 3]  # the margin falls between kinds: nobody is asked


def test_tier_ranks_are_exact():
    some = units([0.3, 0.1 + 0.2, 1.0], [1, 1, 1], INF, scales=[1.0, 1.0, 1.0])
    assert some.tier_ranks().tolist() == [2, 1, 0]
    some = units([3.0, 1.0, 6.0], [1, 1, 1], INF, scales=[1.5, 0.5, 3.0])
    assert some.tier_ranks().tolist() == [0, 0, 0]


def test_many_equal_units_are_ranked_once():
    n = 200_000
    some = units(np.full(n, 0.7), np.full(n, 12), 1.7)
    assert not some.level_ranks().any()
    assert some.first(n, tie_keys).all()
    assert not some.first(0, tie_keys).any()


def test_units_taken_and_joined():
    a = units([1.0, 2.0], [3, 4], 2.0)
    b = a.take(np.array([False, True]))
    assert (len(b), b.number.tolist(), b.index.tolist()) == (1, [4], [1])
    both = Units.concatenated(a, b)
    assert both.number.tolist() == [3, 4, 4]
    assert both.ramps.weights.tolist() == [1.0, 2.0, 2.0]
    nobody = a.take(np.zeros(2, dtype=bool))
    assert nobody.first(0, tie_keys).tolist() == []


def test_tie_keys_are_keyed_hashes_of_the_text():
    problem = Problem(1, [0] * 4, None, ids=["7", 8, np.int64(9), "é"], tie_break_key="key")
    index = np.arange(4)
    expected = [
        (blake2b(t.encode(), digest_size=8, key=b"key").digest(), t) for t in ("7", "8", "9", "é")
    ]
    assert problem.tie_keys(index) == expected
    other = Problem(1, [0] * 4, None, ids=[7, "8", 9.0, "é"])
    assert [text for _, text in other.tie_keys(index)] == ["7", "8", "9.0", "é"]
    assert [text for _, text in Problem(1, [0, 0], None).tie_keys(np.array([1]))] == ["1"]
    # BLAKE2b-64 of "a", unkeyed, by the reference implementation's command line tool.
    a = Problem(1, [0], None, ids=["a"]).tie_keys(np.array([0]))[0][0]
    assert a.hex() == blake2b(b"a", digest_size=8).hexdigest()
    with pytest.raises(DataError, match="two claimants who are tied share an id: ids must be uni"):
        Problem(1, [0, 0], None, ids=["7", 7]).tie_keys(np.arange(2))
