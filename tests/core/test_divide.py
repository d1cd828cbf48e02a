"""`divide`: any pot of money or of seats, whatever type the numbers come in."""

import re
from decimal import Decimal
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.core.divide import divide
from allocator.core.rules import AlphaFair, Proportional
from allocator.errors import DataError, InfeasibleError, UnsupportedError

from .cases import INF

CLAIMS = [50, 100, 150]


def decimals(awards):
    """The awards as they print, exactly."""
    return [Decimal(str(x)) for x in awards.tolist()]


def test_an_estate_in_proportion_to_claims():
    assert divide(120, claims=CLAIMS).tolist() == [20, 40, 60]
    assert divide(120, CLAIMS, "proportional").tolist() == [20, 40, 60]
    assert divide(120, CLAIMS, Proportional()).tolist() == [20, 40, 60]


def test_proportional_without_claims_uses_weights():
    assert divide(120, weights=[1, 2, 3]).tolist() == [20, 40, 60]
    assert divide(120, claims=CLAIMS, weights=[9, 1, 1]).tolist() == [20, 40, 60]


def test_claims_are_caps_and_without_claims_there_are_none():
    assert divide(300, claims=CLAIMS).tolist() == [50, 100, 150]
    assert divide(270, claims=[10, 100, 200], rule="alpha_fair") == pytest.approx([10, 100, 160])
    assert divide(900, weights=[1, 2]).tolist() == [300, 600]
    assert divide(900, claims=[10, 20], upper=900).tolist() == [300, 600]


def test_names_of_rules():
    equal = divide(30, weights=[1, 2, 3], rule="alpha_fair")
    assert (equal == divide(30, weights=[1, 2, 3], rule=AlphaFair(1))).all()
    assert divide(30, ids=["a", "b", "c"], rule="alpha_fair").tolist() == [10, 10, 10]


def test_a_scalar_bound_is_for_everybody():
    assert divide(60, weights=[1, 1, 8], lower=10, upper=30) == pytest.approx([15, 15, 30])
    awards = divide(60, weights=[1, 1, 8], lower=[0, 20, 0])
    assert awards == pytest.approx([40 / 9, 20, 320 / 9])
    assert divide(9, weights=[1, 2], upper=INF).tolist() == [3, 6]
    assert divide(9, weights=[1, 2], upper=[INF, 4], unit=1).tolist() == [5, 4]


def test_a_baseline_is_money_too():
    rule = AlphaFair(1, baseline=[0.05, 0.0])
    assert divide("0.10", weights=[1, 1], rule=rule, unit="0.01").tolist() == [0.02, 0.08] or (
        divide("0.10", weights=[1, 1], rule=rule, unit="0.01").tolist() == [0.03, 0.07]
    )
    assert divide(10, weights=[1, 1], rule=AlphaFair(2, baseline=[4, 0])).tolist() == [3, 7]


@pytest.mark.parametrize("budget", ["100.00", "$100", Decimal(100), Fraction(100), 100, 100.0])
@pytest.mark.parametrize(
    "claims",
    [
        CLAIMS,
        [50.0, 100.0, 150.0],
        ["50", "$100.00", "1.5e2"],
        [Decimal(50), Decimal(100), Decimal(150)],
        [Fraction(50), 100, "150.0"],
        np.array(CLAIMS, dtype=np.uint16),
        (50, 100, 150),
    ],
)
def test_any_type_of_number(budget, claims):
    awards = divide(budget, claims=claims, unit="0.01")
    assert awards.tolist() == [16.67, 33.33, 50.0]
    assert awards.dtype == np.float64
    assert divide(budget, claims=claims) == pytest.approx([100 / 6, 100 / 3, 50])


@pytest.mark.parametrize(
    "unit", [1, 5, 0.01, "0.01", "0.05", 0.05, 0.1, "0.25", Decimal("0.001"), Fraction(1, 8), "25"]
)
@pytest.mark.parametrize("rounding", ["level", "largest_remainder"])
def test_whole_units_add_up_in_decimals(unit, rounding):
    step = Fraction(str(unit))
    rng = np.random.default_rng(4)
    for n in (1, 3, 17, 200):
        budget = step * int(rng.integers(1, 10**6))
        weights = rng.lognormal(0, 3, n)
        for rule in ("proportional", AlphaFair(2), AlphaFair(0.5)):
            awards = divide(budget, weights=weights, rule=rule, unit=unit, rounding=rounding)
            exact = [Fraction(d) for d in decimals(awards)]
            assert sum(exact) == budget
            assert all((d / step).denominator == 1 for d in exact)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 10**7), min_size=1, max_size=8),
    st.sampled_from(["0.01", "0.05", "0.5", "2"]),
    st.floats(0, 1),
    st.sampled_from(["level", "largest_remainder"]),
)
def test_claims_as_caps_are_rounded_down(cents, unit, share, rounding):
    claims = [Decimal(c).scaleb(-2) for c in cents]
    step = Decimal(unit)
    caps = [c // step * step for c in claims]
    budget = int(share * float(sum(caps) / step)) * step
    for given_claims in (claims, [float(c) for c in claims], [str(c) for c in claims]):
        awards = decimals(divide(budget, claims=given_claims, unit=unit, rounding=rounding))
        assert sum(awards) == budget
        assert all(0 <= a <= c for a, c in zip(awards, claims, strict=True))


def test_floats_that_are_multiples_of_the_unit_are_recognized():
    for cents in (29, 57, 113, 115, 123_456, 16_777_217, 30_000_000_001):
        awards = divide(cents / 100, weights=[1, 1], unit=0.01, upper=cents / 100)
        assert sum(decimals(awards)) == Decimal(cents) / 100
    assert divide(0.3, weights=[1, 1, 1], unit=0.1).tolist() == [0.1, 0.1, 0.1]


def test_seats():
    # Quotas 3.71, 1.68 and 1.61: all three would round up, and the largest remainders are not
    # the levels that come first.
    assert divide(7, weights=[53, 24, 23], unit=1).tolist() == [3, 2, 2]
    by_remainder = divide(7, weights=[53, 24, 23], unit=1, rounding="largest_remainder")
    assert by_remainder.tolist() == [4, 2, 1]
    assert divide(3, weights=[53, 24, 23], unit=1, lower=1).tolist() == [1, 1, 1]


@pytest.mark.parametrize("rounding", ["level", "largest_remainder"])
def test_ties_go_by_id_and_not_by_position(rounding):
    go = partial(divide, 4, weights=[1, 1, 1], unit=1, rounding=rounding)
    names = ["anna", "bert", "carl"]
    by_name = dict(zip(names, go(ids=names).tolist(), strict=True))
    assert sorted(by_name.values()) == [1, 1, 2]
    for order in (["carl", "anna", "bert"], ["bert", "carl", "anna"]):
        assert dict(zip(order, go(ids=order).tolist(), strict=True)) == by_name
    assert (go() == go(ids=[0, 1, 2])).all()
    assert (go(ids=[7, 8, 9]) == go(ids=["7", "8", "9"])).all()
    assert len({tuple(go(ids=[f"{p}{i}" for i in range(3)])) for p in "abcdefgh"}) == 3


def test_largest_remainder_keeps_bounds():
    awards = divide(
        10,
        weights=[1, 1, 7],
        lower=[2, 0, 0],
        upper=[9, 9, 5],
        unit=1,
        rounding="largest_remainder",
    )
    assert awards.sum() == 10
    assert awards[0] >= 2
    assert awards[2] == 5
    real = divide(7, weights=[1, 2], rounding="largest_remainder")  # without a unit: nothing to do
    assert real == pytest.approx([7 / 3, 14 / 3])


def test_inputs_are_never_changed():
    arguments = {
        "claims": np.array([30.005, 70.0, 10.0]),
        "weights": np.array([1.0, 2.0, 3.0]),
        "lower": np.array([1.0, 2.0, 0.0]),
        "upper": np.array([20.0, 50.0, 10.0]),
    }
    before = {name: array.copy() for name, array in arguments.items()}
    ids = ["a", "b", "c"]
    rule = AlphaFair(2, baseline=np.array([1.0, 0.0, 0.5]))
    for unit in (None, 1, "0.5"):
        for rounding in ("level", "largest_remainder"):
            divide(60, rule=rule, unit=unit, rounding=rounding, ids=ids, **arguments)
    for name, array in arguments.items():
        assert (array == before[name]).all()
        assert array.flags.writeable
    assert ids == ["a", "b", "c"]
    assert rule.baseline.tolist() == [1.0, 0.0, 0.5]


def test_nothing_to_divide_and_nobody():
    assert divide(0, claims=CLAIMS).tolist() == [0, 0, 0]
    assert divide("0.00", claims=CLAIMS, unit="0.01").tolist() == [0, 0, 0]
    for rounding in ("level", "largest_remainder"):
        assert divide(0, claims=[], unit=1, rounding=rounding).tolist() == []
    assert divide(5, weights=[0, 0], rule="alpha_fair").tolist() == [2.5, 2.5]
    assert divide(5, weights=[0, 1]).tolist() == [0, 5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            partial(divide, 1, CLAIMS, rounding="up"),
            'rounding must be "level" or "largest_remainder", not \'up\'',
        ),
        (partial(divide, 1, CLAIMS, unit=0), "the unit must be positive, not 0"),
        (partial(divide, 1, CLAIMS, unit="-0.01"), "the unit must be positive, not '-0.01'"),
        (
            partial(divide, 1, CLAIMS, unit="cent"),
            "the unit: 'cent' is not an amount such as 1234.50, 1,234.50 or $1,234.50",
        ),
        (partial(divide, 1, CLAIMS, unit=np.nan), "the unit: nan is not a finite number"),
        (
            partial(divide, "ten", CLAIMS),
            "the budget: 'ten' is not an amount such as 1234.50, 1,234.50 or $1,234.50",
        ),
        (
            partial(divide, None, CLAIMS),
            "the budget: None is not an amount such as 1234.50, 1,234.50 or $1,234.50",
        ),
        (partial(divide, True, CLAIMS), "the budget: True is not an amount"),
        (
            partial(divide, 10.005, CLAIMS, unit=0.01),
            "the budget must be a multiple of the unit, 0.01",
        ),
        (
            partial(divide, 10, CLAIMS, unit=0.01, lower=[0, 0, 0.001]),
            "lower must be a multiple of the unit, 0.01",
        ),
        (partial(divide, 10, CLAIMS, unit=3), "the budget must be a multiple of the unit, 3"),
        (partial(divide, 10, [1, np.nan], unit=1), "claims must be finite"),
        (
            partial(divide, 10, [5, None, 9]),
            "claims: None is not an amount such as 1234.50, 1,234.50 or $1,234.50",
        ),
        (
            partial(divide, 10, weights=["1", "x"]),
            "weights and claims: 'x' is not an amount such as 1234.50, 1,234.50 or $1,234.50",
        ),
        (
            partial(divide, 10, weights=[1, -2]),
            "weights must be nonnegative and finite; 1 entries are not, the first at position 1",
        ),
        (partial(divide, 10, upper=[6, 6]), "proportional needs claims, or weights in their place"),
        (
            partial(divide, 10),
            "at least one of lower, upper, weights, claims and ids must be a sequence",
        ),
        (
            partial(divide, 1, weights=[1, 1], ids=["a", "a"], unit=1),
            "two claimants who are tied share an id: ids must be unique",
        ),
    ],
)
def test_arguments_that_do_not_fit(call, message):
    with pytest.raises(DataError) as raised:
        call()
    assert str(raised.value) == message


def test_text_that_is_no_multiple_of_the_unit():
    for budget in ("10.005", Decimal("10.005"), Fraction(1, 3)):
        with pytest.raises(DataError, match="the budget must be a multiple of the unit"):
            divide(budget, claims=CLAIMS, unit="0.01")
    with pytest.raises(DataError, match="upper must be a multiple of the unit"):
        divide(10, weights=[1, 2], upper=["7.005", "9"], unit="0.01")


def test_unknown_rules_are_told_the_nearest():
    with pytest.raises(
        UnsupportedError, match="there is no rule 'proportionate'; did you mean 'pr"
    ):
        divide(1, CLAIMS, "proportionate")
    with pytest.raises(UnsupportedError, match=r"there is no rule 'zzz'.*alpha_fair, proportional"):
        divide(1, CLAIMS, "zzz")


def test_caps_that_fall_short():
    with pytest.raises(InfeasibleError) as raised:
        divide(1_000, claims=[300, 300.5])
    assert str(raised.value) == (
        "the caps add up to 600.5, which is 399.5 less than the budget of 1,000: lower the budget "
        "or raise the caps"
    )
    assert raised.value.details["sum_of_caps"] == 600.5
    with pytest.raises(InfeasibleError, match=re.escape("the caps add up to 600, which is 400 le")):
        divide(1_000, claims=[300.004, 300.006], unit="0.01")


def test_floors_that_exceed_the_budget():
    with pytest.raises(InfeasibleError, match="the floors of 3 claimants add up to 12"):
        divide(10, weights=[1, 2, 3], lower=4, unit=1)
    with pytest.raises(InfeasibleError, match="have a floor above their cap; the first is at posi"):
        divide(10, claims=[1, 20], lower=2)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0.01, 1e9), min_size=1, max_size=10),
    st.floats(0, 1),
    st.sampled_from(["proportional", *(AlphaFair(a) for a in (0, 0.01, 0.5, 1, 2, 7, INF))]),
)
def test_real_amounts_add_up_within_their_bounds(claims, share, rule):
    budget = share * sum(claims) * (1 - 1e-12)
    awards = divide(budget, claims=claims, rule=rule)
    assert awards.sum() == pytest.approx(budget, rel=1e-12, abs=1e-12)
    assert (awards >= 0).all()
    assert (awards <= claims).all()
