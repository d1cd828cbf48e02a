"""Forged loans, prices and bounds are found out, each by its own check."""

import re
from importlib import import_module
from pathlib import Path

import pyarrow as pa
import pytest

import allocator as al
from allocator.programs.loan.program import rederive, run, verify
from tests.programs.loan.funds import applicants, policy

ROWS = [(5000, 2000), (5000, 2000), (5000, 2000), (1900, 1200)]
COLUMNS = {"segment": ["x", "x", "y", "y"], "pd": ["0.1"] * 4, "lgd": ["0.5"] * 4}
POLICY = policy(
    budget="9000.00",
    segments={"x": {"max_share": "6000.00", "min_share": "2000.00"}},
    expected_loss_budget="400.00",
)


@pytest.fixture(scope="module")
def honest():
    return run(applicants(ROWS, **COLUMNS), POLICY)


def test_nothing_that_searches_is_imported_to_check():
    loaded, pending = set(), ["allocator.programs.loan.evidence"]
    while pending:
        source = Path(import_module(pending.pop()).__file__).read_text()
        names = re.findall(r"^from (allocator\S*) import", source, re.MULTILINE)
        pending += set(names) - loaded
        loaded |= set(names)
    assert "allocator.core.lots" in loaded
    assert not {each for each in loaded if "backends" in each or each.endswith(".decide")}


def forged(dollars, **more):
    ids = [f"a{i}" for i in range(1, len(dollars) + 1)]
    return pa.table({"applicant_id": ids, "granted_cents": [100 * d for d in dollars], **more})


def check(awards, stored=None):
    return rederive(applicants(ROWS, **COLUMNS), POLICY, awards, stored).certificate


def test_an_honest_run_is_derived_again(honest):
    again = check(honest.table, honest.certificate.to_dict())
    assert again.ok
    assert again.to_dict() == honest.certificate.to_dict()
    assert al.verify_program(applicants(ROWS, **COLUMNS), POLICY, honest.table).ok


def test_without_prices_nothing_is_said_of_the_best(honest):
    certificate = verify(applicants(ROWS, **COLUMNS), POLICY, honest.table)
    assert certificate.ok
    assert certificate.status == "unbounded"
    assert certificate.figures["gap"] is None
    assert not any("price_bound" in each for each in certificate.proves)


@pytest.mark.parametrize(
    ("dollars", "failed", "words"),
    [
        ([2000, 2000, 5000, 1000], "refusals", "1 loans for those who are refused, the first 'a4'"),
        ([2000, 1000, 5000, 0], "amounts", "from the minimum to the most, the first 'a2'"),
        ([2000, 2500, 4000, 0], "amounts", "not whole units"),
        ([3000, 2000, 6000, 0], "amounts", "the first 'a3'"),
        ([-2000, 2000, 5000, 0], "amounts", "the first 'a1'"),
        ([3000, 2000, 5000, 0], "fund", "fund has $10,000.00, not from $0.00 to $9,000.00"),
        ([4000, 3000, 0, 0], "segments", "segment x has $7,000.00, not from $2,000.00 to"),
        ([0, 0, 5000, 0], "segments", "segment x has $0.00, not from $2,000.00"),
        ([3000, 2000, 4000, 0], "expected_loss", "has $450.00, not from $0.00 to $400.00"),
        ([2000, 2000, 3000, 0], "no_more", "3 applicants could have a unit more, the first"),
    ],
)
def test_every_limit_is_checked(dollars, failed, words):
    certificate = check(forged(dollars))
    assert not certificate.checks[failed]
    assert certificate.status == "failed"
    assert any(words in each for each in certificate.failures)


def test_the_expected_loss_budget_is_checked_to_the_last_part():
    table = applicants([(3, 0)], pd=["0.3333333333333333"], lgd=["1"])
    exact = policy(unit="1.00", expected_loss_budget="$1.00")
    awards = pa.table({"applicant_id": ["a1"], "granted_cents": [300]})
    assert verify(table, exact, awards).ok
    over = applicants([(3, 0)], pd=["0.3333333333333334"], lgd=["1"])
    certificate = verify(over, exact, awards)
    assert not certificate.checks["expected_loss"]


def test_a_bound_below_the_value_is_found_out(honest):
    stored = honest.certificate.to_dict()
    certificate = check(honest.table, stored | {"highs_bound": stored["value"] / 2})
    assert not certificate.checks["bound"]
    assert "more than a bound of" in certificate.failures[0]


def test_other_prices_give_another_bound_but_never_a_wrong_one(honest):
    stored = honest.certificate.to_dict()
    wrong = stored | {"prices": dict.fromkeys(stored["prices"], 0.0)}
    certificate = check(honest.table, wrong)
    assert certificate.ok
    assert certificate.figures["price_bound"] > stored["price_bound"]


@pytest.mark.parametrize(
    ("awards", "words"),
    [
        (pa.table({"applicant_id": ["a1"]}), "no column granted_cents"),
        (pa.table({"applicant_id": ["a1"], "granted_cents": ["7"]}), "not whole cents"),
        (forged([2000]), "3 applicants have no award"),
        (forged([2000, 2000, 4000, 0, 0]), "1 awards are for nobody"),
        (
            pa.table({"applicant_id": ["a1", "a1"], "granted_cents": [0, 0]}),
            "some applicants have more than one award",
        ),
        (
            forged([2000, 2000, 4000, 0], approved=[True, True, True, True]),
            "1 are approved without a loan",
        ),
    ],
)
def test_a_list_that_is_not_of_these_applicants(awards, words):
    certificate = check(awards)
    assert not certificate.checks["applicants"]
    assert any(words in each for each in certificate.failures)


def test_the_order_of_a_list_is_no_matter(honest):
    assert check(honest.table.take([3, 1, 0, 2])).ok


@pytest.mark.parametrize(
    "stored",
    [
        {},
        [1],
        {"prices": {"fund": "0"}, "highs_bound": 1.0},
        {"prices": {"fund": 0.0}},
        {"prices": {"fund": 0.0}, "highs_bound": 10**400},
        {"prices": {"fund": 0.0}, "highs_bound": float("nan")},
        {"prices": {"fund": float("inf")}, "highs_bound": 1.0},
        {"prices": {"fund": True}, "highs_bound": 1.0},
    ],
)
def test_a_certificate_without_sound_prices_says_nothing_of_the_best(honest, stored):
    assert check(honest.table, stored).status == "unbounded"


@pytest.mark.parametrize("price", [1e308, -1e308])
def test_prices_beyond_floats_bound_nothing(honest, price):
    stored = honest.certificate.to_dict()
    certificate = check(honest.table, stored | {"prices": dict.fromkeys(stored["prices"], price)})
    assert certificate.ok or not certificate.checks["bound"]
    assert certificate.figures["price_bound"] >= certificate.figures["value"] or price < 0


@pytest.mark.parametrize("rate", ["0", "0.03"])
@pytest.mark.parametrize("tenor", [5, 12])
def test_a_loan_within_grace_is_found_out(rate, tenor):
    table = applicants([(5000, 1000)] * 2, tenor_months=[tenor, 24])
    chosen = policy(grace_months=12, rate={"base": rate})
    awards = pa.table({"applicant_id": ["a1", "a2"], "granted_cents": [300_000, 500_000]})
    certificate = verify(table, chosen, awards)
    assert certificate.failures == ("refusals: 1 loans for those who are refused, the first 'a1'",)
