"""`divide`: any pot of money or of seats, whatever type the numbers come in."""

import re
from decimal import Decimal
from fractions import Fraction
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.core.amounts import baseline_units
from allocator.core.claims import Proportional
from allocator.core.divide import divide
from allocator.core.rules import AlphaFair
from allocator.core.two_stage import TwoStage
from allocator.errors import DataError, InfeasibleError, UnsupportedError

from .cases import INF

CLAIMS = [50, 100, 150]
NUMBERS = "must be nonnegative and finite; 1 entry is not"


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
    # The odd cent goes to the smaller hash of the position.
    assert divide("0.10", weights=[1, 1], rule=rule, unit="0.01").tolist() == [0.03, 0.07]
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
        (partial(divide, 10, [1, np.nan], unit=1), f"claims {NUMBERS}, at position 1"),
        (partial(divide, 4, [-1, 20]), f"claims {NUMBERS}, at position 0"),
        (partial(divide, 4, [-1, 20], unit=1), f"claims {NUMBERS}, at position 0"),
        (partial(divide, 4, ["-1", 20]), f"claims {NUMBERS}, at position 0"),
        (
            partial(divide, 4, weights=[1, 1], upper=[2, -INF], unit=1),
            f"upper {NUMBERS}, at position 1",
        ),
        (
            partial(divide, 4, weights=[1, 1], lower=-1, unit=1),
            "lower must be nonnegative and finite, not -1",
        ),
        (
            partial(divide, "-10.00", weights=[1, 1], unit="0.01"),
            "the budget must be nonnegative and finite, not -10.00",
        ),
        (
            partial(divide, "10.005", CLAIMS, unit="0.01"),
            "the budget must be a multiple of the unit, 0.01",
        ),
        (
            partial(divide, "1.5", CLAIMS, unit=Fraction(1, 3)),
            "the budget must be a multiple of the unit, 1/3",
        ),
        *(
            (
                partial(divide, 10, weights=nested),
                "weights must be one number or a sequence of numbers",
            )
            for nested in ([["1", "2"]], [[1, 2]], [["1"], ["2", "3"]])
        ),
        (
            partial(divide, 10, claims=[5, 6, 7], weights=[1, 1]),
            "claims and weights must have one entry for each claimant, but their lengths differ: "
            "claims 3, weights 2",
        ),
        (
            partial(divide, 10, [5, 6], lower=[0, 0], upper=[9], ids=iter("abc"), unit=1),
            "claims, lower, upper and ids must have one entry for each claimant, but their lengths "
            "differ: claims 2, lower 2, upper 1, ids 3",
        ),
        *(
            (
                partial(divide, 10, **{name: {"anna": 5, "bert": 9}}),
                f"{name} must be one number or a sequence of numbers, not a dict: for a dict d "
                "give list(d.values()), with ids=list(d)",
            )
            for name in ("claims", "weights")
        ),
        (
            partial(divide, 10, claims={5, 9}),
            "claims must be one number or a sequence of numbers, not a set: give a list",
        ),
        (
            partial(divide, 10, weights=(w for w in (5, 9))),
            "weights must be one number or a sequence of numbers, not a generator: give a list",
        ),
        (
            lambda: AlphaFair(10**400),
            "alpha must be a number up to 1.8e308, the largest float, or inf, the limit",
        ),
        (
            partial(divide, 3, weights=[1, 1], unit=1, ids={"a", "b"}),
            "ids must be a sequence, one for each claimant, in their order",
        ),
        (
            partial(divide, 3, weights=[1, 1], unit=1, ids=7),
            "ids must be a sequence, one for each claimant, in their order",
        ),
        (
            partial(divide, 10, [5, None, 9]),
            "claims: None is not an amount such as 1234.50, 1,234.50 or $1,234.50",
        ),
        (
            partial(divide, 10, weights=["1", "x"]),
            "weights: 'x' is not an amount such as 1234.50, 1,234.50 or $1,234.50",
        ),
        (
            partial(divide, 10, weights=[1, -2]),
            "weights must be nonnegative and finite; 1 entry is not, at position 1",
        ),
        (partial(divide, 10, upper=[6, 6]), "proportional needs claims, or weights in their place"),
        (
            partial(divide, 10),
            "at least one of claims, weights, lower, upper and ids must be a sequence",
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


@pytest.mark.parametrize(
    "budget", [6 * 10**15, 6e15, np.uint64(6 * 10**15), Decimal(6 * 10**15), "6000000000000000"]
)
def test_a_large_budget_that_is_no_multiple_of_the_unit(budget):
    with pytest.raises(DataError, match="the budget must be a multiple of the unit, 7"):
        divide(budget, weights=[1, 1], unit=7)
    assert divide(6 * 10**15 - 1, weights=[1, 1], unit=7).sum() == 6 * 10**15 - 1


@pytest.mark.parametrize("budget", [2**53 + 1, str(2**53 + 1), 10**20, 1e20, "1e99"])
def test_budgets_beyond_exact_floats_are_refused(budget):
    with pytest.raises(UnsupportedError) as raised:
        divide(budget, weights=[1, 1], unit=1)
    assert str(raised.value) == (
        "the budget is above 2**53 units of 1, beyond which whole units are not exact: choose a "
        "larger unit"
    )


def test_whole_units_up_to_what_floats_return_exactly():
    assert divide(2**53 - 1, weights=[3, 1], unit=1).sum() == 2**53 - 1
    awards = divide("45035996273704.96", weights=[1, 1], unit="0.01")
    assert sum(decimals(awards)) == Decimal("45035996273704.96")
    with pytest.raises(UnsupportedError, match=r"a budget of 45,035,996,273,704\.97 in units of 0"):
        divide("45035996273704.97", weights=[1, 1], unit="0.01")
    with pytest.raises(UnsupportedError, match="is above what floats can return exactly"):
        divide(10**16, weights=[1, 1], unit=1000)
    with pytest.raises(UnsupportedError, match="a unit of '1e-23' is no ratio of whole numbers"):
        divide(1, weights=[1, 1], unit="1e-23")
    with pytest.raises(UnsupportedError, match="largest remainders of 1,000,000,000,001 units are"):
        divide(10**12 + 1, weights=[1, 1], unit=1, rounding="largest_remainder")


def test_large_floats_are_their_shortest_decimals():
    for text in ("10000000000000.29", "20000000000000.07"):
        awards = divide(float(text), weights=[1, 2], unit="0.01")
        assert sum(decimals(awards)) == Decimal(text)
    assert divide(1e15, weights=[1, 1], upper=[5e14 + 0.5, 1e15], unit=0.5).sum() == 1e15
    by_claims = divide(7e12, claims=[7e12 + 0.25, 0.0], unit="0.5")
    assert by_claims.tolist() == [7e12, 0]
    with pytest.raises(DataError, match=r"the budget must be a multiple of the unit, 0\.5"):
        divide(7e12 + 0.25, weights=[1, 1], unit="0.5")


def test_sums_that_differ_by_float_noise_are_equal():
    assert divide(0.9, claims=[0.3] * 3).tolist() == [0.3] * 3
    for rule in ("proportional", *(AlphaFair(a) for a in (0, 0.5, 1, 2, INF))):
        for weights in ([1, 1, 1], [1, 0, 1], [0, 0, 0]):
            assert divide(0.3, weights=weights, lower=0.1, rule=rule).tolist() == [0.1] * 3
    assert divide(0.3, weights=[1], lower=0.1 + 0.2).tolist() == [0.3]
    assert divide(0.3, weights=[1, 1], lower=[0.1 + 0.2, 0], upper=0.3)[0] == 0.3
    for bad in (0.3 * (1 - 1e-11), 0.2999):
        with pytest.raises(
            InfeasibleError, match=r"the floors of 3 claimants add up to 0\.3, which"
        ):
            divide(bad, weights=[1, 1, 1], lower=0.1)
        with pytest.raises(InfeasibleError, match="the caps add up to"):
            divide(0.3, claims=[bad / 3] * 3)


def test_a_baseline_that_is_a_multiple_of_the_unit_is_whole():
    # 0.29 * 100 is 28.999999999999996 in floats: the tie at 29 would be lost, and the id with it.
    both = []
    for ids in (["a", "b"], ["b", "a"]):
        rule = AlphaFair(INF, baseline=[0.29, 0.28])
        whole = AlphaFair(INF, baseline=[29, 28])
        awards = divide("0.02", weights=[1, 1], rule=rule, unit="0.01", ids=ids).tolist()
        assert awards == [x / 100 for x in divide(2, weights=[1, 1], rule=whole, unit=1, ids=ids)]
        both.append(awards)
    assert sorted(both) == [[0.0, 0.02], [0.01, 0.01]]
    assert baseline_units(np.array([0.29, 0.57, 0.295]), Fraction(1, 100)).tolist() == [
        29.0,
        57.0,
        pytest.approx(29.5),
    ]
    assert baseline_units(np.array(0.29), Fraction(1, 100)).shape == ()


def test_caps_of_any_size_are_no_caps():
    for upper in (1e300, 10**30, "1e300", np.array([2**63 + 1, 2**64 - 1], np.uint64), 1e308):
        assert divide(10, weights=[1, 1], upper=upper, unit="0.01").tolist() == [5, 5]
    assert divide(10, weights=[1, 1], upper="1e900").tolist() == [5, 5]
    with pytest.raises(DataError, match="the budget must be a nonnegative finite number, not -inf"):
        divide("-1e900", weights=[1, 1])
    with pytest.raises(UnsupportedError, match=r"lower is above 2\*\*53 units of 1, beyond which"):
        divide(10, weights=[1, 1], lower=1e300, unit=1)


def test_text_weights_of_any_size():
    assert divide(10, weights=["1e-200", "1e200"]) == pytest.approx([0, 10])
    assert divide(10, weights=["1e-20", "4e-20"]).tolist() == [2, 8]
    for weights in (["1e-300", "1e300"], [1e-300, 1e300], ["1e-900", "1e900"]):
        with pytest.raises(UnsupportedError) as raised:
            divide(10, weights=weights)
        assert str(raised.value) == (
            "weights must be 0 or from 1e-290 to 1e+290; 2 entries are not, the first at position "
            "0 (a common factor for all changes nothing)"
        )


def test_ids_go_by_position():
    go = partial(divide, 4, weights=[1, 1, 1], unit=1)
    names = ["anna", "bert", "carl"]
    expected = go(ids=names).tolist()
    assert go(ids=pd.Series(names, index=[7, 8, 9])).tolist() == expected
    assert go(ids=pd.Series(names, index=[2, 1, 0])).tolist() == expected
    assert go(ids=(name for name in names)).tolist() == expected
    assert go(ids=np.array(names)).tolist() == expected
    assert go(ids=["\ud800", "bert", "carl"]).sum() == 4


@pytest.mark.parametrize("unit", [None, 1])
def test_awards_can_be_written_to(unit):
    awards = divide(3, weights=[1, 2], unit=unit)
    awards += 1
    assert awards.tolist() == [2, 3]


def test_weights_that_are_all_0_share_equally():
    for rule in ("proportional", "alpha_fair"):
        assert divide(3, weights=[0, 0, 0], rule=rule).tolist() == [1, 1, 1]


def test_unknown_rules_are_told_the_nearest():
    with pytest.raises(
        UnsupportedError, match="there is no rule 'proportionate'; did you mean 'pr"
    ):
        divide(1, CLAIMS, "proportionate")
    with pytest.raises(
        UnsupportedError,
        match=r"there is no rule 'zzz'.*alpha_fair, max_min, least",
    ):
        divide(1, CLAIMS, "zzz")
    with pytest.raises(UnsupportedError, match=r"there is no rule \[1\]; the rules are alpha_fair"):
        divide(1, CLAIMS, [1])


def test_caps_that_fall_short():
    with pytest.raises(InfeasibleError) as raised:
        divide(1_000, claims=[300, 300.5])
    assert str(raised.value) == (
        "the caps add up to 600.5, which is 399.5 less than the budget of 1,000: lower the budget "
        "or raise the caps (claims are caps, too; for mere shares give weights)"
    )
    assert raised.value.details["sum_of_caps"] == 600.5
    with pytest.raises(InfeasibleError, match=re.escape("the caps add up to 600, which is 400 le")):
        divide(1_000, claims=[300.004, 300.006], unit="0.01")


def test_what_is_infeasible_is_told_in_money():
    with pytest.raises(InfeasibleError) as raised:
        divide("10.00", lower="6.01", unit="0.01", weights=[1, 1])
    assert str(raised.value) == (
        "the floors of 2 claimants add up to 12.02, which is 2.02 more than the budget of 10: "
        "raise the budget to 12.02, or lower the floors (5 for everybody would fit)"
    )
    assert raised.value.details == {
        "budget": 10,
        "sum_of_floors": 12.02,
        "shortfall": 2.02,
        "claimants": 2,
        "budget_that_works": 12.02,
        "floor_that_works": 5,
    }
    with pytest.raises(InfeasibleError, match=r"at position 0: floor 6, cap 5\.5$"):
        divide("10.00", lower=["6.00", 0], upper="5.50", unit="0.01", weights=[1, 1])
    with pytest.raises(InfeasibleError) as raised:
        divide("123456789.12", upper="1.01", unit="0.01", weights=[1, 1])
    assert str(raised.value).startswith(
        "the caps add up to 2.02, which is 123,456,787.1 less than the budget of 123,456,789.12:"
    )
    assert raised.value.details == {
        "budget": 123_456_789.12,
        "sum_of_caps": 2.02,
        "excess": 123_456_787.1,
    }


def test_floors_that_exceed_the_budget():
    with pytest.raises(InfeasibleError, match="the floors of 3 claimants add up to 12"):
        divide(10, weights=[1, 2, 3], lower=4, unit=1)
    with pytest.raises(InfeasibleError, match="1 claimant has a floor above the cap, at posi"):
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


@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [
        ({"method": "nonsense"}, DataError, 'method must be "auto", "native", "highs" or "cvxpy:'),
        ({"method": None}, DataError, "method must be"),
        (
            {"rule": "random_arrival", "method": "highs"},
            UnsupportedError,
            "random_arrival is native: method='highs' is not for it",
        ),
        (
            {"rounding": "largest_remainder", "unit": 1, "method": "cvxpy:SCS"},
            UnsupportedError,
            "largest remainders are native",
        ),
        ({"rule": TwoStage([0, 1]), "method": "highs"}, UnsupportedError, "two-stage rule is nat"),
    ],
)
def test_a_method_is_never_ignored(how, kind, message):
    with pytest.raises(kind, match=message):
        divide(90, claims=[100, 200], **how)
