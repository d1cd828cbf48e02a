"""Every rule that a policy may name: awards as by `divide`, a formula that gives them, words."""

import re
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation.recheck import recheck
from allocator.allocation.stages import Stages
from allocator.core.catalog import FEW_RULES, RULES
from allocator.errors import PolicyError
from allocator.policy.advice import advice
from allocator.policy.claims_formula import (
    ABOVE_CLAIM,
    FEW_IDEAS,
    IDEAS,
    WEIGHTED_IDEAS,
    given,
    idea_of,
)
from allocator.policy.rules import BY_CLAIM, FEW, LEVELS, STAGES, WEIGHTED
from allocator.policy.words import sentences
from allocator.scenarios.hypothetical import level_of
from allocator.scenarios.reading import load_for
from allocator.scenarios.same_knob import formula_key
from allocator.scenarios.scenario_figures import scenario_figures
from allocator.scenarios.shared import SharedUsers

LOSSES = ["100.00", "200.00", "300.00"]


def test_every_rule_of_the_catalog_is_in_words():
    assert set(LEVELS) == set(RULES)
    assert set(IDEAS) == set(BY_CLAIM) == set(LEVELS) - {"alpha_fair", "proportional"}
    assert set(FEW_IDEAS) == set(FEW) == set(FEW_RULES)
    assert set(WEIGHTED_IDEAS) == set(WEIGHTED)
    assert set(STAGES) == set(LEVELS) - {"alpha_fair", "max_min", "least_squares"}


@pytest.mark.parametrize("rule", BY_CLAIM)
def test_which_rules_take_weights_and_give_more_than_the_claim(rule):
    weighted = {"claims": [10.0, 20.0], "weights": [1.0, 2.0], "rule": rule}
    if rule in WEIGHTED:
        assert sum(al.divide(15, **weighted)) == pytest.approx(15)
    else:
        with pytest.raises(al.DataError, match="takes no weights"):
            al.divide(15, **weighted)
    assert (given(rule, 500.0, 300.0).amount(100.0) > 100.0) == (rule in ABOVE_CLAIM)


def three_users(losses=LOSSES, net="300.00"):
    return pa.table(
        {
            "user_id": [f"u{i}" for i in range(len(losses))],
            "liquidation_loss": losses,
            "net_assets": [net] * len(losses),
        }
    )


def by(rule, budget, **changes):
    return al.Policy.default().replace(
        {"minimum": "0.00", "rule": rule, "budget": budget, "name": rule} | changes
    )


@pytest.mark.parametrize("rule", [rule for rule in LEVELS if rule != "alpha_fair"])
@pytest.mark.parametrize("budget", ["50.00", "150.00", "200.00", "299.99", "300.00", "450.00"])
def test_awards_are_those_of_divide(rule, budget):
    result = al.allocate(three_users(), by(rule, budget))
    ids = result.table.column("user_id").to_pylist()
    claims = [Fraction(each) for each in LOSSES]
    shares = al.divide(budget, claims=claims, rule=rule, unit="0.01", ids=ids, upper=claims)
    cents = result.table.column("award_cents").to_pylist()
    assert sum(cents) == round(float(budget) * 100)
    # The key of ties is the policy's own, and only who gets an odd cent may differ.
    assert all(abs(cent - 100 * share) <= 1.001 for cent, share in zip(cents, shares, strict=True))
    assert result.certificate.ok
    assert result.certificate.rule == rule
    assert result.certificate.alpha is None
    assert result.certificate.price is None


@pytest.mark.parametrize("rule", BY_CLAIM)
@pytest.mark.parametrize("budget", ["120.00", "200.00", "320.00", "500.00", "590.00"])
def test_the_formula_gives_the_awards(rule, budget):
    result = al.allocate(three_users(), by(rule, budget))
    for row in range(3):
        said = result.explain(f"u{row}")
        clipped = min(max(said.fractional_award, 0), said.upper_cents / 100)
        assert clipped == pytest.approx(said.award_cents / 100, abs=0.0100001)
        assert len(said.customer.split()) <= 60
        assert f"fractional award ${said.fractional_award:,.6f}" in said.analyst


def test_the_three_wives():
    for budget, awards, formula in (
        ("100.00", [3333, 3333, 3334], "voucher = half of the loss, at most $33.34, from $0 to $6"),
        ("200.00", [5000, 7500, 7500], "voucher = half of the loss, at most $75.00, from $0 to $6"),
        ("300.00", [5000, 10000, 15000], "voucher = "),
        ("400.00", [5000, 12500, 22500], "voucher = the loss less half of it, but less at most $7"),
    ):
        result = al.allocate(three_users(), by("talmud", budget))
        assert sorted(result.table.column("award_cents").to_pylist()) == awards
        assert result.formula.startswith(formula)
    assert result.explain("u2").customer == (
        "You lost $300.00, 100.0% of your net assets. Every voucher is the loss less half of it, "
        "but less at most $75.00; for you, $225.00. No minimum or maximum applied."
    )


def test_floors_and_caps_hold_for_claims_rules():
    policy = by("constrained_equal_losses", "300.00", minimum="60.00", maximum="150.00")
    result = al.allocate(three_users(), policy)
    assert result.table.column("award_cents").to_pylist() == [6000, 9000, 15000]
    assert result.table.column("binding").to_pylist() == ["floor", "none", "cap"]
    assert "The minimum applied" in result.explain("u0").customer
    assert "The maximum applied" in result.explain("u2").customer


def test_units_of_a_dollar():
    result = al.allocate(three_users(), by("talmud", "100.00", unit="1.00"))
    assert sorted(result.table.column("award_cents").to_pylist()) == [3300, 3300, 3400]
    assert "Vouchers are multiples of $1.00" in result.explain("u0").customer


def test_max_min_is_capped_by_the_loss_and_says_so():
    users = three_users(["60.00", "100.00", "100.00"], "100.00")
    result = al.allocate(users, by("max_min", "200.00"))
    assert result.table.column("award_cents").to_pylist() == [6000, 7000, 7000]
    assert result.formula == (
        "voucher = $70.00 for everyone, from $0 to $6,000, never more than the loss"
    )


def test_caps_reached():
    result = al.allocate(three_users(), by("talmud", "700.00"))
    assert result.certificate.status == "caps_reached"
    assert result.certificate.unspent_cents == 10000
    assert result.certificate.level is None
    assert "There was enough" in result.explain("u0").customer


def test_brackets_make_the_claim():
    brackets = [{"up_to": "150", "rate": "1"}, {"rate": "0.5"}]
    result = al.allocate(
        three_users(), by("constrained_equal_losses", "250.00", **{"claim.brackets": brackets})
    )
    # Recognized losses: 100, 175, 225; each goes without 83.33.
    assert result.table.column("award_cents").to_pylist() == [1667, 9167, 14166]
    assert "the recognized loss less $83.3" in result.formula
    assert result.formula.endswith("recognized loss = 100% up to $150, 50% of the rest")
    assert not [each for each in advice(result.policy) if each.key == "claim.brackets"]


def test_one_rate_matters_to_rules_that_compare_amounts():
    rate = {"claim.brackets": [{"rate": "0.5"}]}
    assert "claim.brackets" not in {each.key for each in advice(by("talmud", "10.00", **rate))}
    assert "claim.brackets" in {each.key for each in advice(by("proportional", "10.00", **rate))}


def test_a_run_by_a_claims_rule_is_verified_and_explained_from_its_folder(tmp_path, users):
    policy = by("talmud", "100000.00", minimum="4.00")
    result = al.allocate(users, policy)
    result.save(tmp_path / "run")
    assert recheck(tmp_path / "run", users=users).faults == ()
    loaded = al.load_allocation(tmp_path / "run")
    paid = next(
        row for row in result.table.to_pylist() if row["binding"] == "none" and row["eligible"]
    )
    assert loaded.explain(paid["user_id"]).customer == result.explain(paid["user_id"]).customer
    assert loaded.certificate.to_dict() == result.certificate.to_dict()


def test_typical_people_get_what_users_get(users):
    for rule in ("talmud", "constrained_equal_losses", "max_min"):
        result = al.allocate(users, by(rule, "100000.00", minimum="4.00"))
        table = result.table.filter(result.table.column("eligible"))
        loss = [round(Fraction(claim) * 10**8) for claim in table.column("claim").to_pylist()]
        got = level_of(result).award_cents(np.array(loss), np.array(loss))
        assert abs(got - table.column("award_cents").to_numpy()).max() <= 1


@pytest.mark.parametrize("rule", BY_CLAIM)
def test_what_has_no_effect_is_told_and_the_idea_is_said(rule):
    policy = by(rule, "10.00", alpha=2, loss_exponent=2.0, **{"weights.factors.tier": {"*": 1.0}})
    keys = {each.key for each in advice(policy)}
    assert {"objective.alpha", "weights.loss_exponent", "weights.factors"} <= keys
    assert f"Between these bounds, {idea_of(rule)}." in [each.text for each in sentences(policy)]


def test_formula_of_every_regime():
    texts = {
        ("reverse_talmud", -5.0): ("half of the loss less $5.00", 45.0),
        ("reverse_talmud", 5.0): ("half of the loss plus $5.00, at most the loss", 55.0),
        ("piniles", 20.0): ("half of the loss, at most $20.00", 20.0),
        ("piniles", 170.0): ("half of the loss, and of the other half at most $20.00", 70.0),
        ("constrained_egalitarian", 210.0): (
            "the loss, at most $60.00, but at least half of the loss",
            60.0,
        ),
        ("constrained_egalitarian", 160.0): (
            "the loss, at most $10.00, but at least half of the loss",
            50.0,
        ),
        ("least_squares", 3.0): ("the loss plus $3.00", 103.0),
        ("constrained_equal_losses", -120.0): ("the loss less $120.00", 0.0),
    }
    for (rule, level), (text, amount) in texts.items():
        found = given(rule, level, 300.0)
        assert (found.text, found.amount(100.0)) == (text, amount)


def test_unknown_rules():
    with pytest.raises(PolicyError, match=re.escape('did you mean "talmud"?')):
        by("talmut", "10.00")


def test_a_sweep_over_rules_says_their_formulas(users):
    policies = [by(rule, "100000.00", minimum="4.00") for rule in ("talmud", "piniles")]
    shared = SharedUsers(load_for(users, policies, Stages()), policies)
    for policy in policies:
        figures = scenario_figures(shared.solve(policy, certify=True))
        assert figures.formula == al.allocate(users, policy).formula
    assert formula_key(policies[0]) != formula_key(policies[1])
