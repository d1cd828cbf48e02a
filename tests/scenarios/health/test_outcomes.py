"""Reversals, noise, assumptions and parity, against slow ways to the same numbers."""

import re
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.allocation.pipeline import load
from allocator.allocation.stages import Stages
from allocator.scenarios.health import assumed, noise, parity, reversals
from allocator.scenarios.health.dominance import largest_dominated
from allocator.scenarios.health.ground import Ground
from allocator.scenarios.health.other_values import other_values

LOSSES = ("49", "50", "60", "60", "99", "130", "200", "900", "5000")
NETS = ("-5", "0", "50", "100", "166.66666667", "400")
ROWS = st.lists(
    st.tuples(st.sampled_from(LOSSES), st.sampled_from(NETS), st.sampled_from("ab")),
    min_size=1,
    max_size=12,
)
POLICIES = (
    {},
    {"alpha": 0},
    {"alpha": "inf"},
    {"rule": "proportional"},
    {"alpha": 0.25, "of": "recovery", "loss_exponent": 0.0},
    {"factors": {"tier": {"a": 5.0, "b": 0.0}}},
    {"nonpositive_net_assets": "eligible", "exclude": {"tier": ["b"]}},
    {"cap_at_loss": False, "ratio_exponent": 0.0, "min_loss_ratio": "0"},
    {"brackets": [{"up_to": "100", "rate": "1"}, {"rate": "0.1"}]},
)
CASES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
BUDGETS = st.sampled_from(("60", "200", "20000"))


def ground_of(frame, policy, attributes=None):
    return Ground.of(load(frame, [policy], Stages()), policy, attributes or {})


def awards(frame, policy):
    return al.allocate(frame, policy).to_arrow()["award_cents"].to_pylist()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 9)), max_size=40))
def test_largest_dominated(rows):
    first, second, values = (np.array([r[i] for r in rows], dtype=np.int64) for i in range(3))
    expected = [
        max((v for a, b, v in rows if a < one and b < two), default=-1) for one, two, _ in rows
    ]
    assert largest_dominated(first, second, values).tolist() == expected


@CASES
@given(rows=ROWS, changes=st.sampled_from(POLICIES), budget=BUDGETS)
def test_reversals(table, policy, rows, changes, budget):
    ground = ground_of(table(rows), policy(budget, **changes))
    (found,) = reversals.check(ground)
    uses_net = ground.users.net_assets is not None

    def key(i):
        loss, net = (Fraction(each) for each in rows[i][:2])
        return loss, (loss / net if net > 0 else float("inf")) if uses_net else loss

    cents, who = ground.award_cents.tolist(), ground.rows.tolist()
    shorts = [
        max(
            (cents[j] - cents[i] for j in who if key(j)[0] < key(i)[0] and key(j)[1] < key(i)[1]),
            default=0,
        )
        for i in who
    ]
    assert found.number == sum(short > 1 for short in shorts)
    if found.number:
        assert max(shorts) == shorts[who.index(found.example.row)]


def test_a_factor_reverses_ranks(table, policy):
    rows = [("100", "200", "a"), ("150", "200", "b"), ("900", "900", "a")]
    ground = ground_of(table(rows), policy("120", factors={"tier": {"a": 5.0, "b": 1.0}}))
    (found,) = reversals.check(ground)
    assert (found.number, found.severity, found.example.row) == (1, "serious", 1)
    assert found.sentence.startswith(
        "1 user with a larger loss and loss ratio than somebody else gets less, $"
    )
    assert "somebody who lost $100.00, also a smaller part of net assets," in found.example.text


@settings(CASES, max_examples=25)
@given(rows=ROWS, changes=st.sampled_from(POLICIES), budget=BUDGETS)
def test_assumptions(table, policy, rows, changes, budget):
    frame, chosen = table(rows), policy(budget, **changes)
    ground = ground_of(frame, chosen)
    before = awards(frame, chosen)
    told = {each.id: each for each in assumed.check(ground)}
    asked = 0
    for other in other_values(chosen):
        if other.policy.needs_net_assets and not chosen.needs_net_assets:
            continue
        asked += 1
        found = told[f"assumed.{other.key}"]
        try:
            after = awards(frame, other.policy)
        except al.InfeasibleError:
            assert "the program cannot run" in found.sentence
            continue
        change = [b - a for a, b in zip(before, after, strict=True)]
        up, down = sum(max(c, 0) for c in change), -sum(min(c, 0) for c in change)
        assert round(found.number * 100) == max(up, down)
        if max(up, down):
            assert abs(change[found.example.row]) == max(map(abs, change))
            assert f"{sum(c > 0 for c in change):,} user" in found.sentence
    assert asked == len(told)


def test_every_number_that_was_set_is_told(policy):
    chosen = policy(
        minimum="5.00",
        alpha=2,
        ratio_exponent=0.0,
        exclude={"tier": ["b"], "net_assets": {"min": "1000000"}},
        factors={"tier": {"*": 1.0}},
        min_loss="40",
        brackets=[{"rate": "0.5"}],
    )
    found = {each.key: each for each in other_values(chosen)}
    assert {"award.minimum", "eligibility.min_loss", "claim.brackets"} <= set(found)
    assert {"eligibility.exclude.tier", "eligibility.exclude.net_assets"} <= set(found)
    assert found["weights.factors.tier"].words == "without the factors by tier"
    assert found["award.minimum"].words == "with the announced minimum of $4.00"
    assert found["award.minimum"].policy.award.minimum == "4.00"
    assert found["objective.alpha"].policy.objective.alpha == 1
    assert found["weights.ratio_exponent"].policy.weights.ratio_exponent == 0.5
    assert found["eligibility.exclude.tier"].policy.attributes == ("tier",)
    assert "award.budget" not in found  # what there is to share, not how
    assert "weights.ratio_cap" not in found  # without a ratio nothing is capped
    assert found["objective.rule"].policy.objective.rule == "proportional"
    rule = {each.key: each for each in other_values(policy(rule="proportional"))}
    assert rule["objective.rule"].policy.objective.rule == "alpha_fair"
    assert "weights.loss_exponent" not in rule


def test_a_value_that_the_rest_does_not_allow_is_not_asked_for(policy):
    found = [
        each.key for each in other_values(policy("100000", minimum="50", unit="50", maximum="7000"))
    ]
    assert "award.minimum" not in found  # $4 is no multiple of $50
    assert "award.unit" in found


def test_users_without_a_snapshot(policy):
    frame = pa.table(
        {
            "user_id": ["a", "b"],
            "liquidation_loss": ["100", "300"],
            "net_assets": ["100", None],
            "no_snapshot": [False, True],
        }
    )
    told = {each.id: each for each in assumed.check(ground_of(frame, policy("80.00")))}
    found = told["assumed.eligibility.snapshot"]
    assert (found.number, found.example.row) == (60.0, 0)  # of 80.00 the other gets three quarters
    assert "2 users" not in found.sentence
    assert found.sentence.endswith("1 user would get $60.00 more and 1 $60.00 less.")


def test_what_cannot_be_paid_is_told(table, policy):
    rows = [("100", "100", "a"), ("100", "-1", "a"), ("300", "100", "a")]
    told = {each.id: each for each in assumed.check(ground_of(table(rows), policy("8.00")))}
    found = told["assumed.eligibility.nonpositive_net_assets"]
    assert found.severity == "watch"
    assert "the program cannot run: the minimum of $4.00" in found.sentence


@CASES
@given(rows=ROWS, changes=st.sampled_from(POLICIES), budget=BUDGETS)
def test_noise(table, policy, rows, changes, budget):
    chosen = policy(budget, **changes)
    ground = ground_of(table(rows), chosen)
    times = np.random.default_rng(noise.SEED).uniform(0.95, 1.05, len(rows))
    noisy = np.rint(ground.users.loss * times).astype(np.int64)
    again = [
        (f"{loss // 10**8}.{loss % 10**8:08d}", *row[1:])
        for loss, row in zip(noisy.tolist(), rows, strict=True)
    ]
    (found,) = noise.check(ground)
    try:
        after = awards(table(again), chosen)
    except al.InfeasibleError:
        assert (found.number, found.severity) == (100, "serious")
        return
    before = ground.award_cents.tolist()
    both = [(a, b) for a, b in zip(before, after, strict=True) if a or b]
    moved = sum(10 * abs(b - a) > a for a, b in both)
    assert found.number == pytest.approx(100 * moved / len(both) if both else 0)


def test_noise_that_lets_too_many_in(table, policy):
    rows = [("49.90", "60", "a")] * 20 + [("60", "60", "b")]
    (found,) = noise.check(ground_of(table(rows), policy("4.00")))
    assert (found.number, found.severity, found.unit) == (100, "serious", "percent")
    assert "cannot be paid: the minimum of $4.00 for each of" in found.sentence


def groups(table, policy, rows, **changes):
    frame = table(rows)
    ground = ground_of(frame, policy("900", **changes), {"tier": frame.column("tier")})
    return ground, {each.id: each for each in parity.check(ground)}


def test_parity_by_hand(table, policy):
    rows = [("100", "100", "a")] * 10 + [("100", "100", "b")] * 10 + [("400", "400", "b")] * 10
    rows += [("5000", "5000", "few")] * 9
    ground, told = groups(table, policy, rows)
    cents = ground.award_cents.tolist()
    mean_a, mean_b = sum(cents[:10]) / 10, sum(cents[10:30]) / 20
    overall = sum(cents) / len(cents)
    found = told["parity.tier"]
    assert found.number == pytest.approx(100 * (mean_b - mean_a) / overall)
    assert "of tier b is" in found.sentence
    assert ", of a " in found.sentence
    given_loss = told["parity.tier.given_loss"]
    assert given_loss.number < 0.2  # but for odd cents
    assert given_loss.severity == "fine"


def test_a_factor_breaks_parity_given_the_loss(table, policy):
    rows = [(str(100 + i), "150", "ab"[i % 2]) for i in range(60)]
    _, told = groups(table, policy, rows, factors={"tier": {"a": 2.0, "b": 1.0}})
    found = told["parity.tier.given_loss"]
    assert found.severity == "serious"
    assert found.keys == ("weights.factors.tier",)
    assert "chance" not in found.sentence
    assert 55 < found.number < 75  # 4/3 against 2/3 of the mean
    high, low = (float(each) for each in re.findall(r"([0-9.]+)%", found.sentence))
    assert high == pytest.approx(133, abs=4)
    assert low == pytest.approx(67, abs=4)
    assert "is of b and gets" in found.example.text


def test_an_exclusion_breaks_parity(table, policy):
    rows = [(str(100 + i), "150", "ab"[i % 2]) for i in range(40)]
    _, told = groups(table, policy, rows, exclude={"tier": ["b"]})
    found = told["parity.tier.given_loss"]
    assert found.number == pytest.approx(200, abs=10)
    assert found.keys == ("weights.ratio_exponent", "eligibility.exclude.tier")
    assert "gets $0.00" in found.example.text


def test_small_differences_may_be_chance(table, policy):
    rng = np.random.default_rng(1)
    losses = np.exp(rng.normal(6, 1, 60)).round(2)
    rows = [(str(loss), "50", "ab"[i % 2]) for i, loss in enumerate(losses.tolist())]
    _, told = groups(table, policy, rows)
    assert told["parity.tier"].sentence.endswith("the difference may be chance.")
    assert told["parity.tier"].severity == "fine"


def test_one_group_is_no_comparison(table, policy):
    _, told = groups(table, policy, [("100", "100", "a")] * 12 + [("100", "100", "b")] * 9)
    (found,) = told.values()
    assert found.sentence == "There are no two groups of tier with 10 users each to compare."
