"""Constraints that overlap or bound recoveries: what they ask for, exactly, and who may ask."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.core.constraints import Group, Row
from allocator.errors import UnsupportedError
from allocator.money import FINE
from allocator.policy.advice import advice
from allocator.policy.constraint_rows import Bound, rows_for
from allocator.policy.constraints import FREE, constrain, groups_of
from allocator.policy.sections import Constraint
from allocator.policy.words import sentences
from tests.policy.test_constraints import EU, made

TIER = {"name": "VIPs", "where": {"tier": ["vip"]}, "max_total": "30.00"}
PARTS = (Fraction(82, 100), Fraction(82, 100), Fraction(-18, 100), Fraction(-18, 100))
SMALL = {"name": "small", "where": {"liquidation_loss": {"max": "50"}}}


@pytest.fixture
def users(make_users):
    return make_users(
        ["10", "30", "60", "100"],
        region=["EU", "EU", "NA", "NA"],
        tier=["vip", "x", "vip", "x"],
    )


def test_nested_groups_stay_groups_and_overlapping_ones_become_rows(users):
    rows = np.arange(4)
    assert constrain(users, made(), rows) is FREE
    assert constrain(users, made(EU), rows).bounds == ()
    found = constrain(users, made(EU, TIER), rows)
    assert [(each.name, each.lower, each.upper) for each in found.bounds] == [
        ("EU", 2000, None),
        ("VIPs", 0, 3000),
    ]
    assert [each.name for each in found.groups] == ["0", "1"]
    assert all(isinstance(each, Group) for each in found.groups)
    assert found.bounds[1].members.tolist() == [True, False, True, False]


def test_a_recovery_alone_makes_a_row_of_every_group(users):
    policy = made({"name": "r", "each": "region", "min_recovery_of_overall": "90%"}, EU)
    bounds = constrain(users, policy, np.arange(4)).bounds
    assert [each.name for each in bounds] == ["r: region EU", "r: region NA", "EU"]
    assert bounds[0].losses == (40 * FINE, 200 * FINE)
    assert bounds[0].part == Fraction(9, 10) * Fraction(40, 200)
    row = bounds[0].row("0")
    assert isinstance(row, Row)
    assert row.coefficients.tolist() == pytest.approx([0.82, 0.82, -0.18, -0.18])
    assert max(Fraction(c) - r for c, r in zip(row.coefficients.tolist(), PARTS, strict=True)) <= 0


def test_a_total_and_a_recovery_of_one_constraint_are_two_rows(users):
    both = EU | {"min_recovery_of_overall": "1.1", "max_share": "90%"}
    bounds = constrain(users, made(both, award={"budget": "100.00"}), np.arange(4)).bounds
    assert [(each.name, each.upper, each.ratio) for each in bounds] == [
        ("EU", 9000, None),
        ("EU", None, Fraction(11, 10)),
    ]


def test_what_asks_for_nothing_is_no_row(users):
    nobody = {"name": "nobody", "where": {"region": ["MARS"]}, "min_recovery_of_overall": "1"}
    zero = {"name": "zero", "where": {"region": ["EU"]}, "min_recovery_of_overall": "0"}
    assert constrain(users, made(nobody, TIER), np.arange(4)).bounds[0].name == "VIPs"
    assert constrain(users, made(zero), np.arange(4)).bounds == ()
    told = [each.key for each in advice(made(zero, nobody))]
    assert "constraints[0]" in told
    assert "constraints[1]" not in told


@given(
    st.lists(st.integers(0, 10**17), min_size=2, max_size=6),
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.fractions(0, 3, max_denominator=1000),
    st.lists(st.integers(0, 10**12), min_size=6, max_size=6),
)
def test_awards_that_meet_the_row_of_floats_meet_the_constraint(losses, inside, ratio, awards):
    members = np.array(inside[: len(losses)])
    units = np.array(awards[: len(losses)])
    group = sum(loss for loss, m in zip(losses, members, strict=True) if m)
    if not group:
        return
    constraint = Constraint(name="x", each="y", min_recovery_of_overall="1")
    bound = Bound("x", constraint, members, ratio=ratio, losses=(group, sum(losses)))
    row = bound.row("x")
    total = sum(
        (Fraction(c) * int(x) for c, x in zip(row.coefficients.tolist(), units, strict=True)),
        Fraction(0),
    )
    mine, every = int(units[members].sum()), int(units.sum())
    exactly = Fraction(mine, group) >= ratio * Fraction(every, sum(losses))
    assert bound.met(units) == exactly
    assert exactly or total < 0
    # Rounded down by no more than floats must be.
    assert abs(total - (mine - bound.part * every)) <= Fraction(every, 2**50)


def test_totals_are_compared_in_whole_units():
    constraint = Constraint(name="x", each="y", max_total="1")
    bound = Bound("x", constraint, np.array([True, True, False]), 3, 5)
    for units, met in (
        ([1, 1, 9], False),
        ([1, 2, 9], True),
        ([3, 2, 9], True),
        ([3, 3, 9], False),
    ):
        assert bound.met(np.array(units)) is met


@pytest.mark.parametrize("rule", ["talmud", "proportional"])
def test_a_claims_rule_says_why_not_and_what_instead(users, rule):
    policy = made(EU, {"name": "other", "each": "region", "max_share": "99%"}, TIER)
    policy = policy.replace(rule=rule)
    with pytest.raises(UnsupportedError) as caught:
        constrain(users, policy, np.arange(4))
    assert str(caught.value) == (
        f'objective.rule = "{rule}" divides by claims and maximizes nothing, so that it cannot '
        "trade one constraint against another, as constraints that overlap ('EU' and 'VIPs': some "
        "users are in both, others in one of them only) would ask of it: choose objective.rule = "
        '"alpha_fair" (with alpha = 1 and weights.ratio_exponent = 0 it is proportional between '
        "floors and caps), or give groups of which any two are nested or have nobody in common"
    )


def test_dropping_and_overlapping_do_not_go_together(users):
    policy = made(EU, TIER, award={"below_minimum": "drop_once"})
    with pytest.raises(UnsupportedError, match='"drop_once": not together with constraints that'):
        constrain(users, policy, np.arange(4))


def test_at_most_a_hundred_rows(make_users):
    users = make_users(["10"] * 204, k=[f"k{i // 2}" for i in range(204)], t=["a", "b"] * 102)
    policy = made(
        {"name": "pairs", "each": "k", "max_total": "9.00"},
        {"name": "t", "where": {"t": ["a"]}, "max_total": "9.00"},
    )
    with pytest.raises(UnsupportedError) as caught:
        constrain(users, policy, np.arange(204))
    assert str(caught.value).startswith(
        "the constraints bound 103 groups (102 of them are of 'pairs'), and at most 100 may where"
    )
    groups = groups_of(users, policy, np.arange(20))
    assert len(rows_for(policy, groups, users.loss[:20])) == 11


def test_a_recovery_in_words():
    told = EU | {"min_recovery_of_overall": "0.9"}
    said = [each.text for each in sentences(made(told, SMALL | {"min_recovery_of_overall": "1"}))]
    assert said[-2:] == [
        "EU: users with region EU get at least $20.00 together and recover together (award over "
        "loss) at least 90% of what all eligible users do.",
        "small: users with liquidation_loss up to 50 recover together (award over loss) at least "
        "100% of what all eligible users do.",
    ]
