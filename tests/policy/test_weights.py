import re
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.errors import DataError, PolicyError
from allocator.money import FINE, exact
from allocator.policy.column_checks import check_attributes
from allocator.policy.schema import Policy
from allocator.policy.sections import Bracket
from allocator.policy.weights import power, recognized, weigh

DEFAULT = Policy.default()
LARGE = 90_000_000_000 * FINE - 1


def test_the_announced_weight(make_users):
    weighing = weigh(make_users(["100", "200", "50"], ["400", "100", "0"]), DEFAULT)
    assert weighing.weight.tolist() == [100 * 0.5, 200.0, 0.0]
    assert weighing.ratio[:2].tolist() == [0.25, 2.0]
    assert np.isnan(weighing.ratio[2])
    assert weighing.factor is None
    assert (weighing.claim / FINE).tolist() == [100, 200, 50]


def test_nonpositive_net_assets_count_as_the_cap_when_eligible(make_users):
    policy = DEFAULT.replace(nonpositive_net_assets="eligible", ratio_cap="4")
    users = make_users(["100"] * 4, ["-5", "0", "10", "0"], no_snapshot=[False] * 3 + [True])
    assert weigh(users, policy).weight.tolist() == [200.0, 200.0, 200.0, 0.0]
    users = make_users(["100"], ["-5"])
    assert weigh(users, policy).weight.tolist() == [200.0]


def test_without_the_ratio_no_net_assets_are_needed(make_users):
    weighing = weigh(make_users(["100"]), DEFAULT.replace(min_loss_ratio="0", ratio_exponent=0))
    assert weighing.weight.tolist() == [100.0]
    assert weighing.ratio is None


def test_claims_rules_have_no_weights(make_users):
    policy = Policy.preset("pro-rata").replace(factors={"nowhere": {"*": 2}})
    assert weigh(make_users(["100"], ["100"]), policy).weight is None


def test_factors_multiply_and_nulls_are_others(make_users, findings):
    policy = DEFAULT.replace(
        factors={"tier": {"1": 2.0, "*": 1.0}, "region": {"EU": 3.0, "NA": 0.0, "*": 0.5}}
    )
    users = make_users(
        ["100"] * 4, ["100"] * 4, tier=[1, 2, None, 1], region=["EU", "NA", "X", None]
    )
    weighing = weigh(users, policy)
    assert weighing.factor.tolist() == [6.0, 0.0, 0.5, 1.0]
    assert weighing.weight.tolist() == [600.0, 0.0, 50.0, 100.0]
    check_attributes(users, policy, findings)
    assert findings.found == []


def test_values_not_listed_are_bad_rows(make_users, findings):
    policy = DEFAULT.replace(factors={"vip_tier": {"a": 2.0, "b": 1.0}})
    column = pa.chunked_array([["a", "x"], [None, "b", "x"]])
    users = make_users(["100"] * 5, ["100"] * 5, vip_tier=column)
    check_attributes(users, policy, findings)
    rule = 'is not listed in [weights.factors.vip_tier] and there is no "*"'
    assert findings.found == [(rule, "vip_tier", [1, 2, 4])]


def test_ranges_need_numbers(make_users, findings):
    policy = DEFAULT.replace(exclude={"level": {"min": 1}}, columns={"level": "their level"})
    users = make_users(["100"] * 4, ["100"] * 4, level=["1", "x", None, "NaN"])
    check_attributes(users, policy, findings)
    rule = "is not a number, which eligibility.exclude.level needs"
    assert findings.found == [(rule, "their level", [1, 3])]


def test_bad_rows_are_reported_by_the_data_room():
    from allocator.data.check import check_users
    from allocator.data.table import read_users

    table = {"id": ["a", "b"], "liquidation_loss": ["100", "200"], "tier": ["x", "y"]}
    policy = DEFAULT.replace(
        factors={"vip_tier": {"x": 2}},
        columns={"user_id": "id", "vip_tier": "tier"},
        min_loss_ratio="0",
        ratio_exponent=0,
    )
    raw = read_users(pa.table(table))
    users, found = check_users(
        raw,
        columns=policy.columns,
        attributes=policy.attributes,
        net_assets=policy.needs_net_assets,
    )
    check_attributes(users, policy, found)
    assert [(row["line"], row["column"]) for row in found.error(raw).rows] == [(3, "tier")]


def test_claims_rules_do_not_mind_factors(make_users, findings):
    policy = DEFAULT.replace(factors={"vip_tier": {"a": 2.0}}, rule="proportional")
    check_attributes(make_users(["100"], vip_tier=["x"]), policy, findings)
    assert findings.found == []


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"factors": {"vip_teir": {"*": 1}}}, "weights.factors.vip_teir"),
        ({"exclude": {"vip_teir": ["x"]}}, "eligibility.exclude.vip_teir"),
    ],
)
def test_a_missing_column(make_users, findings, changes, key):
    users = make_users(["100"], ["100"], vip_tier=["x"])
    with pytest.raises(PolicyError, match=rf"^{key}: the users table has no column 'vip_teir'; di"):
        check_attributes(users, DEFAULT.replace(changes), findings)


def test_weights_beyond_floats_are_an_error(make_users):
    policy = DEFAULT.replace(loss_exponent=10, factors={"tier": {"*": 1e300}})
    users = make_users(["1000000"], ["100"], tier=["x"])
    with pytest.raises(PolicyError, match=r"too large, above 1e\+290; lower weights"):
        weigh(users, policy)


def test_brackets_count_each_part_at_its_rate():
    brackets = (
        Bracket(up_to="100", rate="1.00"),
        Bracket(up_to="1000", rate="33.333333%"),
        Bracket(rate="0"),
    )
    loss = np.array([50, 100, 1000, 5000], dtype=np.int64) * FINE
    claims = recognized(loss, brackets)
    assert claims.tolist() == [50 * FINE, 100 * FINE] + [39999999700] * 2


RATES = st.integers(0, 10**8).map(lambda n: f"{n / 10**8:.8f}")


@given(
    st.lists(st.tuples(st.integers(1, LARGE), RATES), max_size=4, unique_by=lambda each: each[0]),
    RATES,
    st.lists(st.integers(0, LARGE), max_size=5),
)
def test_claims_are_exact_and_rounded_down(limits, last, losses):
    ends = sorted(limits)
    texts = [f"{end // FINE}.{end % FINE:08d}" for end, _ in ends]
    brackets = tuple(Bracket(up_to=t, rate=r) for t, (_, r) in zip(texts, ends, strict=True))
    brackets += (Bracket(rate=last),)
    expected = []
    for loss in losses:
        total, low = Fraction(0), 0
        for end, rate in [*ends, (LARGE + 1, last)]:
            total += max(min(loss, end) - low, 0) * exact(rate)
            low = end
        expected.append(total // 1)
    before = np.array(losses, dtype=np.int64)
    assert recognized(before, brackets).tolist() == expected
    assert before.tolist() == losses


@given(
    st.lists(st.floats(0, 1e10), min_size=1, max_size=20),
    st.sampled_from([0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 1 / 3, 0.7, 2.2]),
)
def test_powers_are_close_and_the_same_at_every_position(values, exponent):
    base = np.array(values)
    result = power(base, exponent)
    np.testing.assert_allclose(result, base**exponent, rtol=1e-14)
    alone = [power(base[i : i + 1], exponent)[0] for i in range(len(base))]
    assert result.tolist() == alone
    assert power(np.repeat(base, 9), exponent)[::9].tolist() == alone


def test_common_powers():
    base = np.array([0.0, 2.0, 9.0])
    assert power(base, 0).tolist() == [1.0, 1.0, 1.0]
    assert power(base, 1) is base
    assert power(base, 0.5).tolist() == np.sqrt(base).tolist()
    assert power(base, 0.7).tolist() == np.power(base, 0.7).tolist()
    assert power(base, 2).tolist() == (base * base).tolist()


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_a_narrow_float_is_its_own_shortest_decimal(make_users, kind):
    column = pa.array(np.array([0.1, 2.5, 7], kind), mask=np.array([False, False, True]))
    users = make_users(["100"] * 3, ["100"] * 3, level=column)
    policy = DEFAULT.replace(factors={"level": {"0.1": 2, "2.50": 3, "*": 5}})
    assert weigh(users, policy).factor.tolist() == [2.0, 3.0, 5.0]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.struct([("a", pa.int64())]), [{"a": 1}]),
        (pa.list_(pa.int64()), [[1]]),
        (pa.dictionary(pa.int8(), pa.list_(pa.int64())), None),
    ],
)
@pytest.mark.parametrize("section", ["weights.factors", "eligibility.exclude"])
def test_columns_of_lists_and_structs_are_refused(make_users, findings, kind, values, section):
    column = pa.nulls(1, kind) if values is None else pa.array(values, kind)
    users = make_users(["100"], ["100"], a=column)
    policy = DEFAULT.replace(
        {section: {"a": {"*": 1}}} if section == "weights.factors" else {section: {"a": ["x"]}}
    )
    told = f"column 'a' holds {kind} values, which {section}.a cannot compare; attributes must be"
    with pytest.raises(DataError, match="^" + re.escape(told)):
        check_attributes(users, policy, findings)


@pytest.mark.parametrize(
    ("factors", "told"),
    [
        ({"a": {"*": 1e-320}}, "too small, below 1e-290; raise weights.factors, or lower weights"),
        ({"a": {"*": 1e-200}, "b": {"*": 1e-200}}, "too small, below 1e-290; raise weights.fac"),
        ({"a": {"*": 1e308}}, r"too large, above 1e\+290; lower weights.factors, weights.loss"),
        ({"a": {"*": 1e289}}, r"too large, above 1e\+290; lower weights.factors"),
        ({"a": {"*": 1e200}, "b": {"*": 1e200}}, "too large"),
    ],
)
def test_weights_beyond_the_reach_of_the_core_name_their_keys(make_users, factors, told):
    users = make_users(["100"], ["100"], a=["x"], b=["x"])
    with pytest.raises(PolicyError, match="^weights: some weights are " + told):
        weigh(users, DEFAULT.replace(factors=factors))


def test_weights_of_0_are_within_reach(make_users):
    users = make_users(["100", "100", "0"], ["100"] * 3, a=["x", "y", "y"])
    weighing = weigh(users, DEFAULT.replace(factors={"a": {"x": 0, "y": 1e-200}}))
    assert weighing.weight.tolist() == [0.0, 100 * 1e-200, 0.0]
