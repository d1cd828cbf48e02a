from decimal import Decimal
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.errors import PolicyError
from allocator.money import FINE
from allocator.policy.eligibility import at_least, decide, deciding_keys
from allocator.policy.missed import missed_by
from allocator.policy.schema import Policy

DEFAULT = Policy.default()
LARGE = 90_000_000_000 * FINE - 1


def reasons(users, policy=DEFAULT):
    decided = decide(users, policy)
    return [decided.reason(i) for i in range(len(users))]


def test_bounds_are_inclusive_to_the_last_digit(make_users):
    users = make_users(
        ["50", "49.99999999", "300.00", "299.99999999", "300.00000001", "60"],
        ["100", "100", "1000", "1000", "1000", "0.00000001"],
    )
    assert reasons(users) == [
        "eligible",
        "loss_below_minimum",
        "eligible",
        "loss_ratio_below_minimum",
        "eligible",
        "eligible",
    ]


def test_reasons_in_order_of_precedence(make_users):
    policy = DEFAULT.replace(
        exclude={"account_type": ["mm"], "region": ["EU"]}, minimum="60.00", min_loss="40.00"
    )
    users = make_users(
        [1, 1, 1, 1, 45, 45, 45, 45, 60],
        [0, 0, 0, 0, 0, 0, 1000, 100, 100],
        compensated=[True] + [False] * 8,
        no_snapshot=[True, True, True, True, True] + [False] * 4,
        account_type=["mm", "mm", "x"] + ["x"] * 6,
        region=["EU", "EU", "EU", None] + ["x"] * 5,
    )
    decided = decide(users, policy)
    assert [decided.reason(i) for i in range(9)] == [
        "already_compensated",
        "excluded:account_type",
        "excluded:region",
        "loss_below_minimum",
        "no_snapshot",
        "no_net_assets",
        "loss_ratio_below_minimum",
        "cap_below_minimum",
        "eligible",
    ]
    assert tuple(decided.labels[1:]) == tuple(decided.reason(i) for i in range(8))
    assert list(decided.counts().values()) == [1] * 9
    assert decided.eligible.tolist() == [False] * 8 + [True]
    assert not decided.codes.flags.writeable


def test_without_the_ratio_net_assets_are_not_looked_at(make_users):
    policy = DEFAULT.replace(min_loss_ratio="0", ratio_exponent=0)
    assert reasons(make_users([60]), policy) == ["eligible"]
    users = make_users([60, 60], [0, 5], no_snapshot=[True, False])
    assert reasons(users, policy) == ["eligible", "eligible"]


def test_nonpositive_net_assets_may_be_eligible(make_users):
    users = make_users([60, 60, 60, 60], [0, -5, 1000, 0], no_snapshot=[False] * 3 + [True])
    assert reasons(users)[:2] == ["no_net_assets"] * 2
    policy = DEFAULT.replace(nonpositive_net_assets="eligible")
    assert reasons(users, policy) == [
        "eligible",
        "eligible",
        "loss_ratio_below_minimum",
        "no_snapshot",
    ]


def test_compensated_users_may_be_let_in_and_the_column_is_optional(make_users):
    users = make_users([60], [60], compensated=[True])
    assert reasons(users) == ["already_compensated"]
    assert reasons(users, DEFAULT.replace(exclude_already_compensated=False)) == ["eligible"]
    assert reasons(make_users([60], [60])) == ["eligible"]


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (["true", "TRUE", "false", None, "x"], [True], [1, 1, 0, 0, 0]),
        ([True, False, None], ["true"], [1, 0, 0]),
        ([True, False, None], [0], [0, 1, 0]),
        (["7", "07", "7.0"], [7], [1, 0, 0]),
        ([7, 8, None], ["7"], [1, 0, 0]),
        ([7.0, 7.5, None], ["7.50", 7], [1, 1, 0]),
        ([7, 8], ["seven"], [0, 0]),
        (["EU", "eu"], ["EU"], [1, 0]),
        (pa.array(["a", "b", None]).dictionary_encode(), ["b"], [0, 1, 0]),
        (pa.chunked_array([["a"], ["b", "a"]]), ["a"], [1, 0, 1]),
        (pa.chunked_array([["a", "b", "a"]]).slice(1), ["a"], [0, 1]),
        (
            pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 2]), pa.array(["a", None, "b"])),
            ["b", "a"],
            [1, 0, 0, 1],
        ),
        (
            pa.chunked_array(
                [pa.array(["b"]).dictionary_encode(), pa.array(["a"]).dictionary_encode()]
            ),
            ["a"],
            [0, 1],
        ),
    ],
)
def test_exclusion_by_values_whatever_the_column_holds(make_users, column, values, expected):
    n = len(column)
    users = make_users([60] * n, [60] * n, attribute=column)
    policy = DEFAULT.replace(exclude={"attribute": values})
    got = [reason == "excluded:attribute" for reason in reasons(users, policy)]
    assert got == [bool(each) for each in expected]


@pytest.mark.parametrize(
    "column",
    [
        ["6.99", "7", "7.5", "$1,000", None],
        [6.99, 7.0, 7.5, 1000.0, None],
        pa.array([Decimal(x) if x else None for x in ("6.99", "7", "7.5", "1000", "")]),
    ],
)
def test_exclusion_by_range_is_inclusive_and_exact(make_users, column):
    users = make_users([60] * 5, [60] * 5, level=column)
    for limits, expected in [
        ({"min": "7"}, [0, 1, 1, 1, 0]),
        ({"max": "7"}, [1, 1, 0, 0, 0]),
        ({"min": "7", "max": "7.50"}, [0, 1, 1, 0, 0]),
    ]:
        got = [r != "eligible" for r in reasons(users, DEFAULT.replace(exclude={"level": limits}))]
        assert got == [bool(each) for each in expected]


def test_exclusion_by_amounts(make_users):
    users = make_users(
        ["60", "70", "100.00000001", "100"],
        ["60", "200.00000001", "200", "0"],
        no_snapshot=[False, False, False, True],
    )
    by_net = DEFAULT.replace(
        exclude={"net_assets": {"max": "60"}, "liquidation_loss": {"min": 100}}
    )
    assert reasons(users, by_net) == [
        "excluded:net_assets",
        "eligible",
        "excluded:liquidation_loss",
        "excluded:liquidation_loss",
    ]
    upper = DEFAULT.replace(exclude={"net_assets": {"min": "200.00000001"}})
    assert reasons(users, upper)[1:3] == ["excluded:net_assets", "eligible"]


def test_exclusion_by_user(make_users):
    policy = DEFAULT.replace(exclude={"user_id": ["u1", 7]})
    assert reasons(make_users([60, 60], [60, 60]), policy)[1] == "excluded:user_id"
    users = make_users([60, 60], [60, 60], ids=pa.array([6, 7]))
    assert reasons(users, policy)[1] == "excluded:user_id"


def test_a_missing_column_names_the_nearest(make_users):
    users = make_users([60], [60], account_type=["x"])
    with pytest.raises(PolicyError) as caught:
        decide(users, DEFAULT.replace(exclude={"acount_type": ["x"]}))
    assert str(caught.value) == (
        "eligibility.exclude.acount_type: the users table has no column 'acount_type'; did you "
        "mean 'account_type'? Its columns: user_id, account_type"
    )


def test_a_range_on_text_that_is_no_number_says_how_many_rows(make_users):
    users = make_users([60] * 3, [60] * 3, level=["x", "1", "x"])
    with pytest.raises(PolicyError, match=r"exclude\.level: is a range of numbers, but 2 rows"):
        decide(users, DEFAULT.replace(exclude={"level": {"min": 1}}))


def test_no_users_at_all(make_users):
    users = make_users([], [], region=pa.chunked_array([], pa.string()))
    decided = decide(users, DEFAULT.replace(exclude={"region": ["EU"]}))
    assert decided.counts()["eligible"] == 0


RATIOS = st.sampled_from(
    [Fraction(3, 10), Fraction(0), Fraction(1), Fraction(1, 3), Fraction(10**16 - 1, 10**16)]
) | st.builds(Fraction, st.integers(0, 10**25), st.integers(1, 10**16))


@given(RATIOS, st.lists(st.tuples(st.integers(1, LARGE), st.integers(-3, 3)), min_size=1))
def test_the_ratio_is_decided_exactly_near_the_line_at_every_size(ratio, nets):
    net = np.array([n for n, _ in nets], dtype=np.int64)
    near = [min(max(n * ratio.numerator // ratio.denominator + d, 0), LARGE) for n, d in nets]
    loss = np.array(near, dtype=np.int64)
    expected = [a >= ratio * n for a, (n, _) in zip(near, nets, strict=True)]
    assert at_least(loss, net, ratio).tolist() == expected


def test_products_at_the_end_of_int64_do_not_wrap():
    net = np.array([(2**63 - 1) // 3] * 2)
    loss = np.array([2**63 // 10 + 1, 2**63 // 10])
    assert at_least(loss, net, Fraction(3, 10)).tolist() == [True, False]


def test_a_null_is_not_the_text_none(make_users):
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["None", None]))
    users = make_users([60, 60], [60, 60], x=column)
    assert reasons(users, DEFAULT.replace(exclude={"x": ["None"]})) == ["excluded:x", "eligible"]


def test_exactly_thirty_percent_is_in_and_a_hair_less_is_out_in_bulk(make_users):
    rng = np.random.default_rng(1)
    tens = rng.integers(50 * FINE // 3 + 1, LARGE // 10, 20_000)
    for shift, expected in [(0, "eligible"), (-1, "loss_ratio_below_minimum"), (1, "eligible")]:
        users = make_users(tens * 3 + shift, tens * 10)
        assert set(reasons(users)) == {expected}


def test_missed_by_tells_the_numbers(make_users):
    policy = DEFAULT.replace(
        exclude={"account_type": ["mm"], "net_assets": {"min": "5000"}}, minimum="55.00"
    )
    users = make_users(
        ["60", "60", "60", "49.99999999", "60", "60", "299.5", "54.999", "60"],
        ["100", "100", "6000", "100", "0", "-3", "1000", "100", "100"],
        compensated=[True] + [False] * 8,
        no_snapshot=[False] * 4 + [True] + [False] * 4,
        account_type=["x", "mm"] + ["x"] * 7,
    )
    told = [missed_by(users, policy, i) for i in range(9)]
    assert [each and each.reason for each in told] == [
        "already_compensated",
        "excluded:account_type",
        "excluded:net_assets",
        "loss_below_minimum",
        "no_snapshot",
        "no_net_assets",
        "loss_ratio_below_minimum",
        "cap_below_minimum",
        None,
    ]
    assert [each.sentence for each in told if each] == [
        "has already been compensated",
        "account_type is mm, which is excluded",
        "net_assets is $6,000.00, excluded from $5,000.00",
        "lost $49.99999999, and at least $50.00 is needed: $0.00000001 short",
        "has no net assets in the snapshot, so that no loss ratio can be formed",
        "net assets were -$3.00, and they must be more than $0.00",
        "lost $299.50, which is 29.95% of net assets of $1,000.00, and at least 30%, $300.00, is "
        "needed: $0.50 short",
        "lost $54.999, no voucher is larger than the loss, and the smallest is $55.00: "
        "$0.001 short",
    ]
    assert told[3].short == Fraction(1, 10**8)
    assert told[3].key == "eligibility.min_loss"
    for each in told[:-1]:
        assert each.key == deciding_keys(each.reason)[0]
    assert told[2].key == "eligibility.exclude.net_assets"
    assert told[7].key == "award.minimum"
    assert told[0].short is None
    assert told[6].required == 300


def test_a_range_on_an_attribute_is_told_with_its_limits(make_users):
    policy = DEFAULT.replace(exclude={"level": {"min": "2", "max": "3"}})
    users = make_users([60], [60], level=["2.5"])
    assert missed_by(users, policy, 0).sentence == ("level is 2.5, excluded from 2 to 3")
