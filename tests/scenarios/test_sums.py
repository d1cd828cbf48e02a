from fractions import Fraction
from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from allocator.money import exact_sum
from allocator.scenarios.deciles import deciles
from allocator.scenarios.sums import group_totals, median, rounded, share_of_top

FEW = st.lists(st.integers(0, 3), min_size=1, max_size=40)
WIDE = st.integers(-(2**62), 2**62)


@given(st.lists(WIDE, min_size=0, max_size=50))
def test_totals_are_exact_however_large(values):
    assert exact_sum(np.array(values, dtype=np.int64)) == sum(values)


@given(st.lists(st.tuples(st.integers(0, 4), WIDE), max_size=50))
def test_group_totals_are_exact_and_add_up(pairs):
    groups = np.array([g for g, _ in pairs], dtype=np.int64)
    values = np.array([v for _, v in pairs], dtype=np.int64)
    expected = [sum(v for g, v in pairs if g == k) for k in range(5)]
    assert group_totals(groups, 5, values) == expected


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**20))
def test_rounding_is_half_even(amount, parts):
    assert rounded(amount, parts) == round(Fraction(amount, parts))


@given(FEW)
def test_at_least_half_get_the_median_or_less_and_nobody_smaller_does(values):
    middle = median(np.array(values))
    assert middle in values
    assert 2 * sum(v <= middle for v in values) >= len(values)
    assert 2 * sum(v < middle for v in values) < len(values)


def test_median_of_nobody_is_nothing():
    assert median(np.zeros(0, dtype=np.int64)) == 0


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=6),
    st.fractions(Fraction(1, 20), 1),
)
def test_top_share_is_the_mean_over_all_orders_of_tied_people(people, fraction):
    ranks, money = (np.array(each) for each in zip(*people, strict=True))
    shares = []
    for order in permutations(range(len(people))):
        best = sorted(order, key=lambda i: -ranks[i])
        left, got = fraction * len(people), Fraction(0)
        for i in best:
            got += min(left, 1) * int(money[i])
            left -= min(left, 1)
        shares.append(got)
    if not money.sum():
        assert share_of_top(money, ranks, fraction) is None
        return
    # Permutations put tied people in every order equally often, so the mean shares the cut.
    expected = sum(shares) / len(shares) / int(money.sum())
    assert share_of_top(money, ranks, fraction) == expected


def test_top_share_by_hand():
    money = np.array([100, 10, 10, 10, 10, 10, 10, 10, 10, 20])
    assert share_of_top(money, np.array([9, 1, 1, 1, 1, 1, 1, 1, 1, 9])) == Fraction(60, 200)


@given(FEW)
def test_deciles_put_the_middle_of_equal_ranks_in_its_tenth(values):
    n = len(values)
    found = deciles(np.array(values))
    for value, decile in zip(values, found.tolist(), strict=True):
        below, equal = sum(v < value for v in values), values.count(value)
        assert decile == int(10 * (below + Fraction(equal, 2)) / n)
        assert 0 <= decile <= 9


@given(st.integers(1, 300), st.randoms(use_true_random=False))
def test_deciles_without_ties_are_ten_equal_parts(n, random):
    values = list(range(n))
    random.shuffle(values)
    found = deciles(np.array(values))
    sizes = np.bincount(found, minlength=10)
    assert sizes.max() - sizes.min() <= 1
    assert (np.diff(found[np.argsort(values)]) >= 0).all()


def test_everybody_tied_is_one_decile_of_ten_and_nobody_none():
    assert set(deciles(np.full(1000, 50)).tolist()) == {5}
    assert deciles(np.zeros(0)).tolist() == []
