"""Lots: bounds from prices hold for every division, whatever the prices."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.core.lots import Limit, Lots, last


def ones(n):
    return np.full(n, 1, dtype=object)


def lots(least, most, weight, limits):
    weight = np.array(weight, dtype=np.float64)
    return Lots(lambda u: weight * np.sqrt(u), np.array(least), np.array(most), limits)


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 3), st.sampled_from([0, 1, 1, 2])),
        min_size=1,
        max_size=3,
    ),
    st.tuples(st.integers(0, 3), st.integers(0, 6)),
    st.floats(-2, 2),
    st.floats(0, 2),
)
def test_no_division_is_worth_more_than_a_bound(claimants, bounds, first, second):
    n = len(claimants)
    least = [low for low, _, _ in claimants]
    most = [low + more for low, more, _ in claimants]
    limits = [
        Limit("some", np.array([0]), ones(1), min(bounds), max(bounds)),
        Limit("all", np.arange(n), np.array([2] * n, dtype=object), 0, 9),
    ]
    problem = lots(least, most, [w for _, _, w in claimants], limits)
    bound = problem.bound(np.array([first, second]))
    choices = [[0, *range(low, high + 1)] for low, high in zip(least, most, strict=True)]
    for units in map(np.array, product(*choices)):
        if problem.allow(units):
            assert problem.value(units) <= bound + 1e-9


def test_allow_is_exact():
    big = 10**30
    limit = Limit("risk", np.arange(2), np.array([big, big + 1], dtype=object), 1, 2 * big)
    problem = lots([1, 1], [2, 2], [1, 1], [limit])
    assert problem.allow(np.array([2, 0]))
    assert not problem.allow(np.array([1, 1]))
    assert not problem.allow(np.array([0, 0]))
    assert not problem.allow(np.array([3, 0]))


def test_a_limit_without_a_most_has_no_price():
    problem = lots([1], [2], [1], [Limit("any", np.arange(1), ones(1), 0, None)])
    assert problem.bound(np.array([0.1])) == np.inf
    assert problem.bound(np.array([0.0])) == pytest.approx(np.sqrt(2))


def test_last_of_a_wide_range():
    high = np.array([10**12, 5, 7])
    found = last(lambda u: u <= np.array([123_456_789_012, 9, -1]), np.zeros(3, np.int64), high)
    assert found.tolist() == [123_456_789_012, 5, 0]


def test_the_right_prices_of_a_floor_and_a_cap_give_the_best_itself():
    """The first, who is worth nothing, must have 2 of 3; the second gets what is left."""
    limits = [
        Limit("fund", np.arange(2), ones(2), 0, 3),
        Limit("first", np.array([0]), ones(1), 2, None),
    ]
    problem = Lots(lambda u: np.array([0.0, 1.0]) * u, np.ones(2, int), np.full(2, 3), limits)
    assert problem.value(np.array([2, 1])) == problem.bound(np.array([1.0, -1.0])) == 1.0
    assert problem.costs(np.array([1.0, -1.0])).tolist() == [0.0, 1.0]
