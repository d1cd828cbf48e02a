"""The policy of a loan fund: its rules, in words that help."""

import json
import tomllib

import jsonschema
import pytest

import allocator as al
from allocator.programs.kinds import load_policy
from allocator.programs.loan.policy import LoanPolicy


def made(**sections):
    return LoanPolicy(schema_version=1, name="Test", **sections)


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"fund": {"units": "1"}}, "fund.units: unknown key; did you mean unit?"),
        ({"fund": {"unit": "0.001"}}, "must be a whole number of cents"),
        (
            {"fund": {"unit": "2000.00", "budget": "1000.00"}},
            'fund.unit = "2000.00": must not be above budget = "1000.00"',
        ),
        ({"fund": {"max_share_per_applicant": 0.02}}, 'such as "2%", "0.02" or "250000.00"'),
        ({"fund": {"max_share_per_applicant": "two"}}, 'such as "2%", "0.02" or "250000.00"'),
        ({"fund": {"max_share_per_applicant": "120%"}}, "must not be above 100% of the fund"),
        ({"fund": {"expected_loss_budget": "90000000000"}}, "must be below $90,000,000,000.00"),
        ({"fund": {"segments": {"x": {}}}}, "fund.segments.x: must have a max_share"),
        (
            {"fund": {"segments": {"x": {"min_share": "30%", "max_share": "0.2"}}}},
            'min_share = "30%": must not be above max_share = "0.2"',
        ),
        (
            {"fund": {"segments": {"x": {"min_share": "200000000.00"}}}},
            'must not be above budget = "100000000.00"',
        ),
        (
            {"fund": {"segments": {"x": {"min_share": "60%"}, "y": {"min_share": "50%"}}}},
            "what the min_share of all segments asks for, $110,000,000.00",
        ),
        ({"fund": {"rate": {"base": "7%"}}}, 'base = "7%": must not be above ceiling = "0.06"'),
        (
            {"fund": {"tenors": [6, 12], "grace_months": 6}},
            "must be below every tenor; the shortest is 6 months",
        ),
        ({"fund": {"tenors": [0]}}, "fund.tenors[0] = 0"),
        ({"fund": {"repayment": "anuity"}}, 'did you mean "annuity"?'),
        ({"objective": {"delta": "0.0001"}}, 'must be at least "0.001"'),
        ({"objective": {"alpha": -1}}, "must be a number of at least 0"),
        ({"objective": {"time_limit": 0}}, "objective.time_limit = 0"),
        ({"columns": {"requestd": "amount"}}, "did you mean requested?"),
        ({"columns": {"zzz": "amount"}}, "known keys: applicant_id, requested"),
        ({"columns": {"pd": "p", "lgd": "p"}}, "must be a column of its own; it is also that of"),
        ({"tie_break_key": "k" * 65}, "at most 64 bytes"),
    ],
)
def test_rules(sections, words):
    with pytest.raises(al.PolicyError) as error:
        made(**sections)
    assert words in str(error.value)


@pytest.mark.parametrize("alpha", ["inf", 51])
def test_what_a_loan_fund_cannot_do(alpha):
    with pytest.raises(al.UnsupportedError, match="a loan fund goes up to 50: a refusal counts"):
        made(objective={"alpha": alpha})


def test_everything_wrong_is_told_at_once():
    with pytest.raises(al.PolicyError) as error:
        made(fund={"unit": "0.001", "rate": {"base": "7%"}}, objective={"delta": "0"})
    assert "3 things to correct" in str(error.value)


def test_a_policy_reads_as_it_is_written(tmp_path):
    policy = made(
        fund={
            "expected_loss_budget": "2%",
            "min_score": "600",
            "tenors": [12, 24],
            "segments": {"retail": {"max_share": "40%"}, "a b": {"min_share": "1000.00"}},
            "rate": {"spread": {"A": "0.00", "B": "0.01"}},
        },
        objective={"alpha": 2},
    )
    path = tmp_path / "policy.toml"
    path.write_text(policy.to_toml(annotated=True))
    assert load_policy(path) == policy
    assert load_policy(path).digest == policy.digest
    jsonschema.validate(tomllib.loads(policy.to_toml()), LoanPolicy.model_json_schema())


def test_every_default_is_announced_or_assumed():
    sources = {each.key: each for each in load_policy("loan").sources()}
    assert sources["fund.budget"].source == "announced"
    assert sources["fund.budget"].citation == "$100 million for the loan fund"
    assert sources["fund.rate.base"].source == "assumed"
    assert {
        each.source for key, each in sources.items() if key not in ("schema_version", "name")
    } <= {
        "announced",
        "assumed",
    }
    mine = load_policy("loan").replace(budget="5000.00")
    assert [s.citation for s in mine.sources() if s.key == "fund.budget"] == [
        "instead of $100,000,000.00 (announced)"
    ]


def test_shares_and_money_that_mean_the_same():
    settings = [made(fund={"max_share_per_applicant": text}) for text in ("2%", "0.02")]
    values = {s.value for p in settings for s in p.sources() if "max_share" in s.key}
    assert values == {"2%"}
    assert json.loads(settings[0].canonical_json())["fund"]["max_share_per_applicant"] == "2%"
