"""Weighted versions of rules by claims, and the two-stage rule, from a policy."""

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation.recheck import recheck
from allocator.data.buffers import numbers_of
from allocator.errors import DataError, InfeasibleError, PolicyError, UnsupportedError
from allocator.policy.advice import advice
from allocator.policy.rules import STAGES, WEIGHTED
from allocator.policy.words import sentences
from allocator.scenarios.same_knob import formula_key

BUDGET = "60000.00"


def weighted(rule, **changes):
    changes = {"rule": rule, "weighted": True, "budget": BUDGET, "name": rule} | changes
    return al.Policy.default().replace(changes)


def two_stage(rule, **changes):
    changes = {"rule": "two_stage", "by": "region", "budget": BUDGET, "name": "Two"} | changes
    return al.Policy.default().replace(changes, **({"stage_rule": rule} if rule else {}))


def eligible(result):
    table = result.to_arrow()
    return table.filter(table.column("eligible"))


@pytest.mark.parametrize("rule", WEIGHTED)
def test_weighted_awards_are_those_of_divide(rule, users):
    policy = weighted(rule)
    result = al.allocate(users, policy)
    table = eligible(result)
    floor, cap = (numbers_of(table.column(name)) for name in ("lower_cents", "upper_cents"))
    due = al.divide(
        int(float(BUDGET) * 100),
        claims=[Fraction(str(each)) * 100 for each in table.column("loss").to_pylist()],
        weights=numbers_of(table.column("weight")),
        lower=floor,
        upper=cap,
        rule=rule,
        unit=1,
        ids=[f"{each}" for each in table.column("user_id").to_pylist()],
    )
    cents = numbers_of(table.column("award_cents"))
    assert abs(cents - due).max() <= 1, "the key of ties is the policy's own"
    assert result.certificate.ok
    assert "loss × √ratio (at most 1)" in result.formula
    for row in table.to_pylist()[:60]:
        said = result.explain(row["user_id"])
        clipped = min(max(100 * said.fractional_award, row["lower_cents"]), row["upper_cents"])
        assert clipped == pytest.approx(row["award_cents"], abs=1.0)


def test_weighted_equal_awards_are_alpha_1_but_for_odd_cents(users):
    one = al.allocate(users, weighted("constrained_equal_awards")).to_arrow()
    other = al.allocate(users, al.Policy.default().replace(budget=BUDGET)).to_arrow()
    apart = numbers_of(one.column("award_cents")) - numbers_of(other.column("award_cents"))
    assert abs(apart).max() <= 1


@pytest.mark.parametrize("rule", WEIGHTED)
def test_a_weighted_run_is_verified_from_its_folder(rule, users, tmp_path):
    result = al.allocate(users, weighted(rule))
    result.save(tmp_path / "run")
    assert recheck(tmp_path / "run", users=users).faults == ()
    assert al.load_allocation(tmp_path / "run").formula == result.formula


def test_weights_of_factors_and_exponents_count_where_a_rule_is_weighted(users):
    factors = {"weights.factors.vip_tier": {"vip1": 3.0, "*": 1.0}}
    plain = weighted("max_min", loss_exponent=0.0, ratio_exponent=0.0, weighted=None)
    same = plain.replace(weighted=True)
    assert (
        al.allocate(users, plain).formula == al.allocate(users, same).formula.replace("= 2", "= $2")
        or "for everyone" in al.allocate(users, plain).formula
    )
    first, second = (al.allocate(users, each).to_arrow() for each in (plain, same))
    assert first.column("award_cents") == second.column("award_cents")
    changed = al.allocate(users, same.replace(factors))
    assert "vip_tier factor" in changed.formula
    assert changed.to_arrow().column("award_cents") != second.column("award_cents")
    assert formula_key(same) != formula_key(same.replace(factors))
    assert formula_key(plain) != formula_key(same)


def test_sensitivities_of_weighted_rules_are_those_of_their_awards(users):
    policy = weighted("constrained_equal_losses", loss_exponent=0.5)
    result = al.allocate(users, policy)
    more = al.allocate(users, policy.replace(budget="60010.00"))
    moved = numbers_of(more.to_arrow().column("award_cents")) - numbers_of(
        result.to_arrow().column("award_cents")
    )
    table = result.sensitivity()
    assert table.loc["budget", "gainers"] == pytest.approx(np.count_nonzero(moved), abs=2)


def test_a_sweep_of_weighted_rules_gives_what_allocate_gives(users):
    policy = weighted("constrained_equal_awards")
    found = al.sweep(users, policy, {"award.budget": [BUDGET]})
    assert found.table["gini"].iloc[0] == pytest.approx(
        al.allocate(users, policy).metrics().gini, abs=1e-6
    )


def test_what_weighted_rules_say_and_refuse(users):
    policy = weighted("constrained_equal_losses", alpha=2)
    told = {each.key: str(each) for each in advice(policy)}
    assert "which has weights but no alpha" in told["objective.alpha"]
    assert not [key for key in told if key.startswith("weights.")]
    assert any("in proportion to loss × √ratio" in each.text for each in sentences(policy))
    with pytest.raises(UnsupportedError, match="what others would get is not computed for weight"):
        al.health(users, policy)
    with pytest.raises(PolicyError, match='rule = "talmud" has no weighted version; constrained_e'):
        weighted("talmud")
    with pytest.raises(PolicyError, match='rule = "alpha_fair" always has weights; leave it out'):
        weighted("alpha_fair")
    zero = policy.replace({"weights.factors.vip_tier": {"*": 0.0}})
    with pytest.raises(DataError, match="constrained_equal_losses needs positive weights"):
        al.allocate(users, zero)


@pytest.mark.parametrize("rule", [None, *STAGES])
def test_two_stages_are_two_divisions(rule, users):
    policy = two_stage(rule, minimum="0.00", maximum=BUDGET)
    result = al.allocate(users, policy)
    table = eligible(result)
    read = al.read_users(users).table
    regions = dict(
        zip(read.column("user_id").to_pylist(), read.column("region").to_pylist(), strict=True)
    )
    labels = [regions[each] for each in table.column("user_id").to_pylist()]
    claims = table.column("claim").to_pylist()
    shares = al.TwoStage(labels, rule or "proportional")
    due = al.divide(float(BUDGET), claims, rule=shares, unit="0.01")
    cents = numbers_of(table.column("award_cents"))
    assert abs(cents - 100 * due).max() <= 1.001
    for region in set(labels):
        mine = np.array(labels) == region
        assert cents[mine].sum() == pytest.approx(100 * due[mine].sum(), abs=0.01)
    assert result.certificate.ok
    assert result.certificate.level is None
    assert result.formula.startswith("voucher in two stages: first groups by region, each with ")


def test_floors_and_caps_are_those_of_users(users):
    result = al.allocate(users, two_stage("constrained_equal_awards", maximum="300.00"))
    table = eligible(result)
    awards = numbers_of(table.column("award_cents"))
    assert awards.min() >= 400
    assert awards.max() <= 30_000
    assert awards.sum() == min(6_000_000, numbers_of(table.column("upper_cents")).sum())


def test_stages_that_cannot_be(users):
    with pytest.raises(InfeasibleError, match=r"the minimum of \$4\.00 for each of"):
        al.allocate(users, two_stage(None, budget="400.00"))
    rich = pa.table(
        {
            "user_id": ["a", "b"],
            "liquidation_loss": ["45000000000.00"] * 2,
            "net_assets": ["45000000000.00"] * 2,
            "region": ["x", "x"],
        }
    )
    with pytest.raises(UnsupportedError, match=r"claims \$90,000,000,000 is beyond \$46 billion"):
        al.allocate(rich, two_stage(None))


def test_a_run_in_two_stages_is_verified_and_explained(users, tmp_path):
    result = al.allocate(users, two_stage("talmud"))
    result.save(tmp_path / "run")
    assert recheck(tmp_path / "run", users=users).faults == ()
    row = next(each for each in eligible(result).to_pylist() if each["binding"] == "group")
    said = result.explain(row["user_id"])
    assert "The budget was divided among groups first, by their losses." in said.customer
    assert "for region " in said.analyst
    al.report([result], tmp_path / "report.html")
    text = " ".join(each.text for each in sentences(result.policy))
    assert "Vouchers are divided in two stages: first groups by region" in text


def test_two_stages_need_a_group_for_everybody(users):
    table = al.read_users(users).table
    place = table.column_names.index("region")
    gone = table.column("region").to_pylist()
    gone[3] = None
    holed = table.set_column(place, "region", [gone])
    with pytest.raises(DataError, match=r"is missing, and objective\.by needs a group for everyb"):
        al.allocate(holed, two_stage("talmud"))
    with pytest.raises(DataError, match="no column 'region'"):
        al.allocate(table.drop_columns(["region"]), two_stage("talmud"))


def test_what_two_stages_refuse(users):
    with pytest.raises(PolicyError, match=r"objective\.by: must name the column whose groups com"):
        al.Policy.default().replace(rule="two_stage")
    with pytest.raises(
        PolicyError, match="must be an attribute such as region or vip_tier; net_as"
    ):
        two_stage(None, by="net_assets")
    with pytest.raises(PolicyError, match='did you mean "talmud"'):
        two_stage("talmut")
    with pytest.raises(PolicyError, match='belongs to rule = "two_stage"; leave it out with rule'):
        al.Policy.default().replace(stage_rule="talmud")
    with pytest.raises(PolicyError, match="constraints: must be left out with rule"):
        two_stage(None, constraints=[{"name": "a", "each": "region", "max_total": "10.00"}])
    result = al.allocate(users, two_stage("talmud"))
    for ask, why in (
        (result.sensitivity, "groups move, too"),
        (result.people_like_me, "what others would get depends on their group"),
        (lambda: al.sweep(users, result.policy, {"award.budget": [BUDGET]}), "do not take"),
    ):
        with pytest.raises(UnsupportedError, match=why):
            ask()
