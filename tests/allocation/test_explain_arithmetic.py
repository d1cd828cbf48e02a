"""What a customer reads can be repeated on a phone, to the cent, under any policy."""

import re
from decimal import ROUND_HALF_UP, Decimal

import pyarrow as pa
import pytest

import allocator as al

MONEY = r"\$([\d,]+\.\d\d)"
PRODUCT = re.compile(rf": ([\d.,]+(?: × [\d.,]+)*) = {MONEY}\.(.*)$")

POLICIES = {
    "announced": {},
    "broad": {"alpha": 2},
    "pro rata": {"rule": "proportional"},
    "alpha a half": {"alpha": 0.5},
    "alpha 5": {"alpha": 5},
    "alpha near 0": {"alpha": 0.05},
    "alpha nearer 0": {"alpha": 0.01},
    "alpha 0": {"alpha": 0},
    "leximin": {"alpha": "inf"},
    "recovery": {"alpha": 2, "of": "recovery"},
    "recovery, leximin": {"alpha": "inf", "of": "recovery"},
    "recovery, alpha 0": {"alpha": 0, "of": "recovery"},
    "brackets": {
        "claim.brackets": [{"up_to": "500", "rate": "1.00"}, {"rate": "0.20"}],
    },
    "one factor": {"weights.factors": {"vip_tier": {"regular": 1.2, "*": 1.0}}},
    "two factors and brackets": {
        "claim.brackets": [{"up_to": "500", "rate": "90%"}, {"rate": "0.07"}],
        "weights.factors": {
            "vip_tier": {"regular": 1.25, "*": 0.9},
            "region": {"EU": 1.1, "*": 0.33},
        },
        "alpha": 3,
    },
    "a factor of zero": {"weights.factors": {"region": {"EU": 0.0, "*": 1.0}}},
    "a tiny level": {"loss_exponent": 3, "ratio_exponent": 2},
    "a huge level": {"loss_exponent": 0, "ratio_exponent": 3, "maximum": "100000.00"},
    "whole dollars": {"unit": "1.00"},
    "no floor": {"minimum": "0.00", "min_loss": "0.00", "min_loss_ratio": "0"},
    "without net assets": {"nonpositive_net_assets": "eligible"},
    "not capped at the loss": {"cap_at_loss": False},
    "everybody at the cap": {"budget": "90000000.00"},
    "everybody at the floor": {"minimum": "50.00", "maximum": "50.00"},
}


@pytest.fixture(scope="module", params=POLICIES)
def run(request, users, policy):
    return al.allocate(users, policy.replace(POLICIES[request.param]))


def repeated(numbers: str) -> Decimal:
    product = Decimal(1)
    for number in numbers.split(" × "):
        product *= Decimal(number.replace(",", ""))
    return product.quantize(Decimal("0.01"), ROUND_HALF_UP)


def dollars(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def check(explanation) -> None:
    text, award = explanation.customer, Decimal(explanation.award_cents) / 100
    assert len(text.split()) <= 60, text
    assert "None" not in text
    assert "nan" not in text
    assert "{" not in text
    if explanation.reason != "eligible":
        assert award == 0
        return
    last = dollars(re.findall(MONEY, text)[-1])
    assert last == award, text
    if match := PRODUCT.search(text):
        assert repeated(match[1]) == dollars(match[2]), text
        if "No minimum or maximum applied" in match[3]:
            assert dollars(match[2]) == award
        if "rounded" in match[3]:
            assert abs(dollars(match[2]) - award) == Decimal("0.01")


def test_the_arithmetic_repeats_to_the_cent(run):
    for user in run.to_arrow()["user_id"].to_pylist()[:120]:
        check(run.explain(user))


def test_nearly_everybody_reads_the_award_itself(users, policy):
    run = al.allocate(users, policy.replace(alpha=2))
    free = [
        run.explain(row["user_id"]).customer
        for row in run.to_arrow().to_pylist()
        if row["eligible"] and row["binding"] == "none"
    ]
    assert len(free) > 200
    assert sum("rounded" in text for text in free) <= len(free) // 50


def test_the_parts_and_the_level_are_the_award(run):
    for user in run.to_arrow()["user_id"].to_pylist()[:120]:
        told = run.explain(user)
        if told.fractional_award is None or told.binding != "none":
            continue
        product = told.level
        for part in told.parts:
            product *= part.part
        unit = float(run.policy.award.unit)
        assert product == pytest.approx(told.fractional_award, rel=1e-12)
        assert abs(told.award_cents / 100 - product) <= unit + 1e-9


@pytest.mark.parametrize("alpha", [0, 0.5, 1, 2, "inf"])
def test_the_arithmetic_repeats_for_equals_who_differ_by_a_cent(policy, alpha):
    n = 31
    table = pa.table(
        {
            "user_id": [f"u{i}" for i in range(n)],
            "liquidation_loss": ["80.00"] * n,
            "net_assets": ["100.00"] * n,
        }
    )
    run = al.allocate(table, policy.replace(budget="1000.01", alpha=alpha))
    awards = set(run.to_arrow()["award_cents"].to_pylist())
    assert len(awards) == 2
    if alpha != 0:
        assert max(awards) - min(awards) == 1
    texts = [run.explain(f"u{i}") for i in range(n)]
    for each in texts:
        check(each)
    products = {each.customer.partition(" = ")[0] for each in texts if alpha not in (0, "inf")}
    assert len(products) <= 1  # equals read the same product
