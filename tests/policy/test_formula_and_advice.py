import json
import math

import pytest

from allocator.policy.advice import advice
from allocator.policy.file_advice import file_advice
from allocator.policy.formula import Term, customer_terms, formula, significant
from allocator.policy.presets import PRESETS
from allocator.policy.schema import Policy

DEFAULT = Policy.default()
BRACKETS = [{"up_to": "500", "rate": "1.00"}, {"up_to": "900", "rate": "0.5"}, {"rate": "20%"}]


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({}, 0.0177992, "0.017799 × loss × √ratio (at most 1), from $4 to $6,000"),
        ({"alpha": 2}, 2.5, "2.5 × √loss × ∜ratio (at most 1), from $4 to $6,000"),
        ({"alpha": 3}, 2.5, "2.5 × ∛loss × ratio^0.1667 (at most 1), from $4 to $6,000"),
        (
            {"alpha": 0.5},
            1e-6,
            "0.000001 × loss^2 × ratio (at most 1), from $4 to $6,000",
        ),
        (
            {"alpha": 2},
            9.0,
            "9 × √loss × ∜ratio (at most 1), from $4 to $6,000, never more than the loss",
        ),
        (
            {"cap_at_loss": False, "minimum": "4.50"},
            9.0,
            "9 × loss × √ratio (at most 1), from $4.50 to $6,000",
        ),
        (
            {"ratio_cap": "150%"},
            0.9,
            "0.9 × loss × √ratio (at most 1.5), from $4 to $6,000, never more than the loss",
        ),
        (
            {"unit": "1.00"},
            0.01,
            "0.01 × loss × √ratio (at most 1), from $4 to $6,000; in multiples of $1",
        ),
        ({"rule": "proportional"}, 0.01, "0.01 × loss, from $4 to $6,000"),
        (
            {"rule": "proportional", "brackets": BRACKETS},
            0.01,
            "0.01 × recognized loss, from $4 to $6,000; recognized loss = 100% up to $500, 50% up "
            "to $900, 20% of the rest",
        ),
        (
            {"alpha": 2, "brackets": [{"rate": "0.5"}]},
            0.01,
            "0.01 × √(recognized loss) × ∜ratio (at most 1), from $4 to $6,000; recognized loss = "
            "50% of the loss",
        ),
        (
            {"alpha": "inf"},
            312.4,
            "$312.40 for everyone, from $4 to $6,000, never more than the loss",
        ),
        ({"alpha": "inf"}, 40.0, "$40 for everyone, from $4 to $6,000"),
        ({"alpha": "inf", "of": "recovery"}, 0.03, "0.03 × loss, from $4 to $6,000"),
        (
            {"alpha": 2, "of": "recovery"},
            0.03,
            "0.03 × loss × ∜ratio (at most 1), from $4 to $6,000",
        ),
        (
            {"alpha": 2, "of": "recovery", "brackets": [{"rate": "0.5"}]},
            0.03,
            "0.03 × √(recognized loss) × √loss × ∜ratio (at most 1), from $4 to $6,000; recognized "
            "loss = 50% of the loss",
        ),
        (
            {"alpha": 0},
            123.45,
            "$6,000 where loss × √ratio (at most 1) is above 123.45, $4 where it is below, never "
            "more than the loss",
        ),
        (
            {"alpha": 0, "of": "recovery"},
            0.5,
            "$6,000 where √ratio (at most 1) is above 0.5, $4 where it is below, never more than "
            "the loss",
        ),
        (
            {"alpha": 2, "factors": {"vip_tier": {"a": 4, "*": 1}}},
            0.5,
            "0.5 × √loss × ∜ratio (at most 1) × √(vip_tier factor), from $4 to $6,000",
        ),
        ({}, math.inf, "$6,000, the maximum, never more than the loss"),
        (
            {"min_loss": "0", "alpha": 2},
            0.1,
            "0.1 × √loss × ∜ratio (at most 1), from $4 to $6,000, never more than the loss",
        ),
        (
            {"min_loss": "0", "minimum": "0.00", "alpha": 2},
            0.1,
            "0.1 × √loss × ∜ratio (at most 1), from $0 to $6,000, never more than the loss",
        ),
        (
            {"min_loss": "3.99"},
            0.1,
            "0.1 × loss × √ratio (at most 1), from $4 to $6,000, never more than the loss",
        ),
    ],
)
def test_formula(changes, level, text):
    assert formula(DEFAULT.replace(changes), level) == "voucher = " + text


def test_terms_repeat_the_arithmetic():
    terms = customer_terms(DEFAULT.replace(alpha=2, factors={"tier": {"*": 1}}))
    assert [term.of for term in terms] == ["loss", "ratio", "tier factor"]
    assert [term.power for term in terms] == [0.5, 0.25, 0.5]
    assert [term.part(16.0) for term in terms] == [4.0, 2.0, 4.0]
    assert Term("loss", 1.0).part(7.0) == 7.0
    assert str(Term("loss", 1.7)) == "loss^1.7"


def test_significant_digits():
    assert significant(0) == "0"
    assert significant(123456.0) == "123,456"
    assert significant(9.99999999) == "10"
    assert significant(3.2e15) == "3.2 × 10^15"


@pytest.mark.parametrize("name", ["announced", "pro-rata", "small-first"])
def test_presets_need_no_advice_but_for_alpha(name):
    assert advice(Policy.preset(name), ready_table=True) == ()
    assert [each.key for each in advice(Policy.preset("broad"))] == ["objective.alpha"]


@pytest.mark.parametrize(
    ("changes", "key", "told"),
    [
        ({"alpha": 4}, "objective.alpha", "loss_exponent = 0.25 and ratio_exponent = 0.125 gives"),
        ({"alpha": 2, "factors": {"v": {"a": 2, "*": 1}}}, "objective.alpha", "to the power 0.5,"),
        (
            {"alpha": 2, "loss_exponent": 0, "ratio_exponent": 0},
            "objective.alpha",
            "2 has no effect, because all weights are equal",
        ),
        (
            {"of": "recovery", "ratio_exponent": 0, "alpha": 5},
            "objective.alpha",
            "proportional to losses whatever alpha is",
        ),
        ({"of": "recovery"}, "objective.of", "no effect at alpha = 1"),
        ({"rule": "proportional", "alpha": 2}, "objective.alpha", 'rule = "proportional"'),
        ({"rule": "proportional", "of": "recovery"}, "objective.of", "has no effect with rule"),
        ({"rule": "proportional", "loss_exponent": 2}, "weights.loss_exponent", "claim.brackets"),
        ({"alpha": "inf", "ratio_cap": "2"}, "weights.ratio_cap", "set a finite objective.alpha"),
        (
            {"ratio_cap": "0.25"},
            "weights.ratio_exponent",
            "at least 30% and counts as ratio_cap, 25%",
        ),
        ({"ratio_exponent": 0, "ratio_cap": "2"}, "weights.ratio_cap", "ratio_exponent is 0"),
        (
            {"ratio_exponent": 0, "min_loss_ratio": "0", "nonpositive_net_assets": "eligible"},
            "eligibility.nonpositive_net_assets",
            "nothing depends on the ratio",
        ),
        ({"brackets": [{"rate": "0.5"}]}, "claim.brackets", "one rate for every loss"),
        ({"brackets": BRACKETS, "loss_exponent": 0}, "claim.brackets", "loss_exponent is 0"),
        ({"minimum": "6000.00"}, "award.maximum", "equals the minimum, $6,000.00"),
        (
            {"budget": "6000.00"},
            "award.maximum",
            "$6,000.00 has no effect, because it is not below",
        ),
        (
            {"budget": "3.99"},
            "award.minimum",
            "$4.00 is more than the whole budget of $3.99: not even one award can be paid; lower",
        ),
        ({"minimum": "60.00"}, "eligibility.min_loss", "losses below the minimum of $60.00"),
        ({"factors": {"v": {"a": 2, "*": 2}}}, "weights.factors.v", "one factor for everybody"),
        ({"columns": {"zone": "region"}}, "columns.zone", "nothing in the policy refers to zone"),
    ],
)
def test_keys_without_effect_are_told_with_a_remedy(changes, key, told):
    found = {each.key: str(each) for each in advice(DEFAULT.replace(changes))}
    assert told in found[key]


def test_several_factors_and_columns_are_looked_at_one_by_one():
    policy = DEFAULT.replace(
        factors={"v": {"a": 2, "*": 1}, "w": {"*": 3}},
        columns={"v": "x", "user_id": "y", "q": "z"},
    )
    assert [each.key for each in advice(policy)] == ["weights.factors.w", "columns.q"]
    assert advice(DEFAULT.replace(of="recovery", alpha=2)) == ()


def test_a_budget_below_the_minimum_is_told_once():
    assert [each.key for each in advice(DEFAULT.replace(budget="3.99"))] == ["award.minimum"]
    assert [each.key for each in advice(DEFAULT.replace(budget="4.00"))] == ["award.maximum"]


@pytest.mark.parametrize("award", [{}, {"award": {"maximum": "5000.00"}}])
def test_a_budget_that_is_not_set_is_told(award):
    policy = Policy.model_validate({"schema_version": 1, "name": "Mine", **award})
    assert [str(each) for each in file_advice(policy)] == [
        "award.budget: is not set: it is the announced $300,000,000.00; set it, even to that"
    ]
    award = {"award": {"budget": "300000000.00"}}
    assert file_advice(Policy.model_validate({"schema_version": 1, "name": "Mine", **award})) == ()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_by_its_own_name_is_no_surprise(name):
    preset = Policy.preset(name)
    assert file_advice(preset) == ()
    assert file_advice(Policy.model_validate(json.loads(preset.canonical_json()))) == ()
    other = preset.replace(budget="5.00", minimum="0.00")
    assert [str(each) for each in file_advice(other)] == [
        f'name: "{preset.name}" is the name of the preset {name}, from which this policy differs '
        "(award.budget, award.minimum); give it a name of its own"
    ]
    assert file_advice(other.replace(name="Mine")) == ()


def test_a_preset_is_recognized_however_its_name_is_written():
    for name in ("PRO RATA", "pro-rata", "Small First"):
        policy = Policy.model_validate({"schema_version": 1, "name": name})
        assert [each.key for each in file_advice(policy)] == ["award.budget", "name"]


@pytest.mark.parametrize("alpha", [0.05, 0.09, 0.001])
def test_what_the_schema_forbids_is_not_recommended(alpha):
    policy = Policy.default().replace(alpha=alpha)
    (told,) = [each for each in advice(policy) if each.key == "objective.alpha"]
    assert "alpha = 1 with" not in told.message
    assert f"loss to the power {1 / alpha:.4g} and ratio to the power" in told.message
    assert "raise alpha" in told.message


def test_an_exponent_of_an_exponent_cannot_be_misread():
    text = formula(Policy.default().replace(alpha=1e308), 12.5)
    assert "loss^(10^-308) × ratio^(5 × 10^-309) (at most 1)" in text


def test_the_window_has_no_effect_on_a_ready_table_only_when_set():
    policy = DEFAULT.replace(window_start="2025-10-10T12:00:00Z", products=["futures"])
    keys = [each.key for each in advice(policy, ready_table=True)]
    assert keys == ["eligibility.window_start", "eligibility.products"]
    assert advice(policy) == ()


def test_all_presets_are_covered_here():
    assert set(PRESETS) == {"announced", "pro-rata", "broad", "small-first"}


@pytest.mark.parametrize("level", [0.0, 5e-324, 9e-301])
def test_a_level_that_floats_cannot_hold_is_no_coefficient_of_0(level):
    assert formula(DEFAULT.replace(alpha=0.02), level) == (
        "voucher = a level below 10^-300 × loss^50 × ratio^25 (at most 1), from $4 to $6,000, "
        "never more than the loss"
    )
