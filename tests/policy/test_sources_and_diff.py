import pytest

from allocator.policy.schema import Policy
from allocator.policy.sources import CITATIONS, PAGES
from allocator.policy.words import sentences

ANNOUNCED = {
    "kind",
    "currency",
    "eligibility.window_start",
    "eligibility.window_end",
    "eligibility.snapshot",
    "eligibility.products",
    "eligibility.min_loss",
    "eligibility.min_loss_ratio",
    "eligibility.exclude_already_compensated",
    "award.budget",
    "award.minimum",
    "award.maximum",
}


def test_every_default_has_a_source_and_announced_ones_a_page():
    by_key = {each.key: each for each in Policy.default().sources()}
    assert set(by_key) == set(CITATIONS) | {"schema_version", "name"}
    assert {key for key, each in by_key.items() if each.source == "announced"} == ANNOUNCED
    for key in ANNOUNCED:
        assert by_key[key].page in PAGES
    for key in set(by_key) - ANNOUNCED - {"schema_version", "name"}:
        assert by_key[key].source == "assumed"
        assert by_key[key].citation


def test_a_changed_value_is_set_and_names_what_it_replaces():
    policy = Policy.default().replace(maximum="5000.00", min_loss_ratio="30%")
    by_key = {each.key: each for each in policy.sources()}
    assert by_key["award.maximum"].comment == "set: instead of $6,000.00 (announced)"
    assert by_key["award.maximum"].value == "$5,000.00"
    assert by_key["eligibility.min_loss_ratio"].source == "announced"


def test_annotated_toml_says_so_on_each_line():
    text = Policy.default().replace(alpha=2).to_toml(annotated=True)
    assert "# CryptoPotato: October 14, 2025, https://" in text
    assert 'maximum = "6000.00"  # announced: vouchers between $4 and $6,000 (The Block)' in text
    assert "alpha = 2.0  # set: instead of 1 (assumed)" in text


def test_equal_meanings_make_no_difference():
    one = Policy.default().replace(
        min_loss_ratio="30%",
        budget="$300,000,000",
        products=["margin", "futures"],
        window_start="2025-10-10T02:00:00+02:00",
        ratio_cap="100%",
        name="Other name",
    )
    diff = Policy.default().diff(one)
    assert not diff
    assert len(diff) == 0
    assert str(diff) == ""


def test_differences_in_words_with_both_sources():
    one = Policy.default().replace(
        cap_at_loss=False, factors={"vip": {"a": 1.5, "*": 1}}, exclude={"region": ["EU", 7]}
    )
    two = one.replace(
        {
            "weights.factors.vip.a": 2,
            "eligibility.exclude.region": {"max": "3.50"},
            "min_loss": "49.99999999",
            "brackets": [{"up_to": "500", "rate": "1"}, {"rate": "20%"}],
        }
    )
    assert str(one.diff(two)).splitlines() == [
        "eligibility.min_loss: $50.00 (announced) -> $49.99999999 (set)",
        "eligibility.exclude.region: EU, 7 (set) -> max 3.50 (set)",
        "claim.brackets: none (assumed) -> up_to $500.00 rate 100%, rate 20% (set)",
        "weights.factors.vip.a: 1.5 (set) -> 2 (set)",
    ]
    assert "award.cap_at_loss: true (assumed) -> false (set)" in str(Policy.default().diff(one))
    assert "weights.factors.vip: a: 1.5; *: 1 (set) -> none" in str(one.diff(Policy.default()))


def test_the_order_of_exclusions_is_a_difference():
    one = Policy.default().replace(exclude={"a": ["1"], "b": ["1", "2"]})
    two = Policy.default().replace(exclude={"b": ["2", "1"], "a": ["1"]})
    assert str(one.diff(two)) == "eligibility.exclude (order): a, b (set) -> b, a (set)"


def test_alpha_inf_is_shown():
    assert "objective.alpha: 1 (assumed) -> inf (set)" in str(
        Policy.default().diff(Policy.default().replace(alpha="inf"))
    )


@pytest.mark.parametrize(
    ("changes", "last"),
    [
        ({}, "Between these bounds, vouchers are in proportion to loss × √ratio."),
        ({"alpha": 0}, "Those with the largest loss × √ratio come first."),
        ({"alpha": "inf"}, "Between these bounds, everyone gets the same."),
        (
            {"alpha": "inf", "of": "recovery"},
            "Between these bounds, everyone recovers the same share of the loss.",
        ),
        ({"rule": "proportional"}, "Between these bounds, vouchers are in proportion to loss."),
    ],
)
def test_sentences_end_with_the_rule(changes, last):
    assert sentences(Policy.default().replace(changes))[-1].text == last


def test_sentences_say_what_is_announced_assumed_and_set():
    policy = Policy.default().replace(
        exclude={"region": ["EU"]}, brackets=[{"rate": "0.5"}], exclude_already_compensated=False
    )
    told = {each.text: each.source for each in sentences(policy)}
    assert told["The loss must be at least 30% of net assets."] == "announced"
    assert told["Users whose net assets are zero or less are ineligible."] == "assumed"
    assert told["Some users are excluded by: region."] == "set"
    assert told["Losses count in brackets: rate 50%."] == "set"
    assert "Nobody who was already compensated gets one." not in told
    quiet = sentences(policy.replace(min_loss_ratio="0", ratio_exponent=0, cap_at_loss=False))
    assert not any("net assets" in each.text or "larger than" in each.text for each in quiet)
