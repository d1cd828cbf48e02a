"""Rules for few claimants in a policy: awards as by `divide`, limits, evidence, words."""

import json
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation.recheck import recheck
from allocator.core.few.arrival import RandomArrival
from allocator.errors import PolicyError, UnsupportedError
from allocator.policy.advice import advice
from allocator.policy.claims_formula import FEW_IDEAS
from allocator.policy.rules import FEW
from allocator.policy.words import sentences

PAIR = "concede_and_divide"


def by(rule, budget, **changes):
    few = {"minimum": "0.00", "maximum": budget, "budget": budget, "name": rule, "rule": rule}
    return al.Policy.default().replace(few | changes)


def users_of(losses):
    return pa.table(
        {
            "user_id": [f"u{i}" for i in range(len(losses))],
            "liquidation_loss": losses,
            "net_assets": losses,
        }
    )


def losses_for(rule):
    return ["100.00", "200.00"] if rule == PAIR else ["100.00", "200.00", "300.00", "77.77"]


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(5)
    return users_of([f"{50 + 1000 * x:.2f}" for x in rng.random(40)])


@pytest.mark.parametrize("rule", FEW)
@pytest.mark.parametrize("budget", ["60.00", "150.01", "299.99"])
def test_awards_are_those_of_divide(rule, budget):
    losses = losses_for(rule)
    result = al.allocate(users_of(losses), by(rule, budget))
    table = result.to_arrow()
    due = al.divide(Fraction(budget), [Fraction(each) for each in losses], rule)
    cents = table.column("award_cents").to_pylist()
    assert sum(cents) == round(100 * float(budget))
    assert all(abs(cent - 100 * award) < 1 for cent, award in zip(cents, due, strict=True))
    certificate = result.certificate
    assert dict(certificate.checks) == dict.fromkeys(
        ("eligibility", "bounds", "total", "recomputed"), True
    )
    assert (certificate.level, certificate.price, certificate.alpha) == (None, None, None)
    assert (certificate.status, certificate.rule) == ("optimal", rule)
    assert not certificate.unlimited
    assert certificate.estimate is None
    assert "computed again from losses and budget" in " ".join(certificate.proves)
    assert "keep neither monotonicity nor consistency" in " ".join(certificate.does_not_prove)
    assert result.formula.startswith(f"voucher by {rule.replace('_', ' ')}: ")


@pytest.mark.parametrize("rule", FEW)
def test_a_run_is_verified_explained_and_reported_from_its_folder(rule, tmp_path):
    users, policy = users_of(losses_for(rule)), by(rule, "150.00")
    result = al.allocate(users, policy)
    result.save(tmp_path / "run")
    assert recheck(tmp_path / "run", users=users).faults == ()
    loaded = al.load_allocation(tmp_path / "run")
    assert loaded.certificate.to_dict() == result.certificate.to_dict()
    assert "rule computed again" in loaded.summary().text()
    said = loaded.explain("u0")
    assert said.customer.startswith("You lost $100.00, 100.0% of your net assets. The rule: ")
    assert said.customer.endswith(f"Your voucher is ${said.award_cents / 100:.2f}.")
    assert len(said.customer.split()) <= 60
    assert f"  by {rule}, which has no level: computed from all losses" in said.analyst
    al.report([result], tmp_path / "report.html")
    assert "computed again, gives the same awards" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("rule", FEW)
def test_a_cent_moved_is_found(rule):
    users, policy = users_of(losses_for(rule)), by(rule, "150.00")
    cents = np.array(al.allocate(users, policy).to_arrow().column("award_cents").to_pylist())
    assert al.verify(users, policy, cents).ok
    cents[:2] += (1, -1)
    found = al.verify(users, policy, cents)
    assert not found.checks["recomputed"]
    assert found.failures == (
        f"recomputed: the award on row 1 is ${cents[0] / 100:.2f}, the rule's is "
        f"${(cents[0] - 1) / 100:.2f}",
    )


def test_whoever_is_out_is_no_claimant():
    users = users_of(["100.00", "200.00", "300.00", "20.00"])
    result = al.allocate(users, by("random_arrival", "200.00"))
    assert result.to_arrow().column("award_cents").to_pylist() == [3334, 8333, 8333, 0]
    assert al.allocate(users, by(PAIR, "200.00", min_loss="150.00")).certificate.eligible == 2


def test_brackets_make_the_claim_and_the_cap():
    brackets = [{"up_to": "100", "rate": "1"}, {"rate": "0.5"}]
    users, policy = users_of(["100.00", "200.00"]), by("minimal_overlap", "300.00")
    chosen = policy.replace({"claim.brackets": brackets})
    result = al.allocate(users, chosen)
    assert result.to_arrow().column("award_cents").to_pylist() == [10000, 15000]
    assert result.certificate.status == "caps_reached"
    assert result.certificate.unspent_cents == 5000
    assert "recognized loss" in result.formula
    part = al.allocate(users, chosen.replace(budget="200.00"))
    due = al.divide(200, [100, 150], "minimal_overlap", unit="0.01")
    assert part.to_arrow().column("award_cents").to_pylist() == [round(100 * x) for x in due]


def test_persons_count_once():
    users = pa.table(
        {
            "user_id": ["a", "b", "c"],
            "liquidation_loss": ["50.00", "50.00", "200.00"],
            "net_assets": ["50.00", "50.00", "200.00"],
            "person_id": ["p", "p", "q"],
        }
    )
    result = al.allocate(users, by(PAIR, "150.00", per="person_id"))
    assert result.to_arrow().column("award_cents").to_pylist() == [2500, 2500, 10000]
    assert result.to_arrow().column("per_account_cents").null_count == 3, "three are too many"


def test_nobody_and_nothing():
    result = al.allocate(users_of(["20.00"]), by("alpha_min", "10.00"))
    assert result.certificate.spent_cents == 0
    assert al.allocate(users_of(["20.00"]), by(PAIR, "10.00")).certificate.ok


@pytest.mark.parametrize("rule", FEW)
def test_size_limits_are_told_with_the_count_and_what_to_choose(rule):
    most = 2 if rule == PAIR else 14
    if rule not in (PAIR, "average_of_awards"):
        return
    with pytest.raises(UnsupportedError) as error:
        al.allocate(users_of(["60.00"] * 15), by(rule, "60.00"))
    takes = "exactly 2" if rule == PAIR else f"up to {most}"
    assert str(error.value).startswith(
        f'objective.rule = "{rule}": takes {takes} eligible users, and there are 15; choose '
    )
    assert "talmud" in str(error.value)
    assert "or let others in (eligibility.min_loss" in str(error.value)


def test_what_a_rule_without_a_level_does_not_know():
    with pytest.raises(PolicyError) as error:
        al.Policy.default().replace(
            {"rule": "alpha_min", "cap_at_loss": False, "columns": {"already_paid": "paid"}},
            constraints=[{"name": "a", "each": "region", "max_total": "10.00"}],
        )
    said = str(error.value)
    why = 'with rule = "alpha_min", which knows losses and a budget only'
    for text in (
        f'award.minimum = "4.00": must be "0.00" {why}',
        f'award.maximum = "6000.00": must be at least the budget, "300000000.00", {why}',
        f"award.cap_at_loss = false: must be true {why}",
        f"constraints: must be left out {why}",
        f"columns.already_paid: must be left out {why}",
    ):
        assert text in said
    paid = pa.table({"user_id": ["u0"], "already_paid": ["1.00"]})
    with pytest.raises(UnsupportedError, match="cannot count what was already paid, because it"):
        al.allocate(users_of(["60.00"]), by("alpha_min", "60.00"), paid=paid)


def test_what_needs_a_level_says_so(many):
    policy = by("minimal_overlap", "500.00")
    result = al.allocate(many, policy)
    none = "minimal_overlap has none; choose a rule with a level, such as proportional or talmud"
    for ask in (result.sensitivity, result.people_like_me, lambda: al.health(many, policy)):
        with pytest.raises(UnsupportedError, match=none):
            ask()
    with pytest.raises(UnsupportedError, match=r'has objective\.rule = "minimal_overlap", which'):
        al.sweep(many, policy, {"award.budget": ["500.00"]})
    assert "gain" in str(al.compare(many, policy, by("talmud", "500.00")))


def test_estimates_say_how_far_off_they_may_be(many, tmp_path):
    policy = by("random_arrival", "9000.00", seed=7)
    result = al.allocate(many, policy)
    estimate = result.certificate.estimate
    assert (estimate["samples"], estimate["seed"], estimate["confidence"]) == (10_000, 7, 0.95)
    claims = [Fraction(str(each)) for each in many.column("liquidation_loss").to_pylist()]
    found = RandomArrival(seed=7).estimate(9000, claims)
    cents = result.to_arrow().column("award_cents").to_pylist()
    assert all(abs(c - 100 * a) < 1 for c, a in zip(cents, found.awards, strict=True))
    assert estimate["margin_cents"] == pytest.approx(100 * max(found.margin), abs=1e-4)
    assert "; estimated from 10,000 orders drawn with seed 7, with 95% confidence within $" in (
        result.formula
    )
    assert "the awards are an average over orders" in " ".join(result.certificate.does_not_prove)
    assert al.allocate(many, policy.replace(seed=8)).to_arrow() != result.to_arrow()
    result.save(tmp_path / "run")
    stored = json.loads((tmp_path / "run" / "certificate.json").read_text())
    assert stored["estimate"]["samples"] == 10_000
    assert recheck(tmp_path / "run", users=many).faults == ()
    assert "estimate" not in al.allocate(many, by("talmud", "9000.00")).certificate.to_dict()


def test_the_order_of_rows_does_not_matter(many):
    policy = by("random_arrival", "9000.00")
    order = np.random.default_rng(1).permutation(many.num_rows)
    first, again = (al.allocate(each, policy).to_arrow() for each in (many, many.take(order)))
    assert first.take(order).column("award_cents") == again.column("award_cents")


def test_a_seed_is_for_what_is_drawn():
    with pytest.raises(PolicyError, match=r'objective\.seed = 3: only rule = "random_arrival" d'):
        al.Policy.default().replace(seed=3)
    policy = by("random_arrival", "10.00", seed=3)
    assert "seed = 3  # set" in policy.to_toml(annotated=True)
    assert "seed" not in al.Policy.default().to_toml()
    assert "seed" not in al.Policy.default().canonical_json()
    assert "objective.seed: none (set) -> 3 (set)" in str(al.Policy.default().diff(policy))


@pytest.mark.parametrize("rule", FEW)
def test_the_idea_is_said_and_nothing_is_advised(rule):
    policy = by(rule, "10.00")
    idea = FEW_IDEAS[rule].format(loss="loss")
    texts = [each.text for each in sentences(policy)]
    assert f"The rule is {rule.replace('_', ' ')}: {idea}." in texts
    assert not any("at least $0.00 and at most" in text for text in texts)
    assert not advice(policy)
