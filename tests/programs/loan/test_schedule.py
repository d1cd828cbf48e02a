"""Amortization: exact cents that add up to the principal, whatever the terms."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.programs.loan.program import run
from allocator.programs.loan.schedule import payments
from tests.programs.loan.funds import applicants, policy

LOANS = st.tuples(
    st.integers(1, 10**11),
    st.sampled_from([0, 1, 3_000_000, 4_125_000, 10**8]),
    st.integers(1, 60),
    st.booleans(),
    st.integers(0, 59),
)


@given(LOANS)
def test_principal_adds_up_and_balances_follow(loan):
    principal, rate, tenor, bullet, grace = loan
    grace = min(grace, tenor - 1)
    lines = list(payments(principal, rate, tenor, bullet=bullet, grace=grace))
    assert len(lines) == tenor
    assert sum(repaid for _, _, repaid, _ in lines) == principal
    balance = principal
    for month, (paid, interest, repaid, left) in enumerate(lines, start=1):
        due = Fraction(balance * rate, 12 * 10**8)
        assert abs(interest - due) <= Fraction(1, 2)
        assert (paid, left) == (interest + repaid, balance - repaid)
        assert repaid >= 0
        if month <= grace and month < tenor:
            assert repaid == 0
        balance = left
    assert balance == 0
    equal = {paid for paid, *_ in lines[grace:-1]}
    assert bullet or len(equal) <= 1 or principal < 10**4


def test_an_annuity_is_the_textbooks():
    """$100,000 at 6% over 12 months: 8,606.64 a month, and some cents in the last."""
    lines = list(payments(10_000_000, 6_000_000, 12))
    assert [paid for paid, *_ in lines[:-1]] == [860_664] * 11
    assert lines[0] == (860_664, 50_000, 810_664, 9_189_336)
    assert abs(lines[-1][0] - 860_664) < 12


def test_a_bullet_pays_interest_until_the_end():
    lines = list(payments(120_000, 10_000_000, 3, bullet=True))
    assert lines == [
        (1000, 1000, 0, 120_000),
        (1000, 1000, 0, 120_000),
        (121_000, 1000, 120_000, 0),
    ]


def test_grace_is_interest_only():
    lines = list(payments(120_000, 10_000_000, 4, grace=2))
    assert [repaid for _, _, repaid, _ in lines[:2]] == [0, 0]
    assert lines[2][2] > 0
    assert lines[-1][3] == 0


@pytest.mark.parametrize("repayment", ["annuity", "bullet"])
def test_the_schedule_of_a_run(repayment):
    table = applicants([(3000, 0), (1900, 1200), (2000, 0)])
    result = run(table, policy(repayment=repayment, grace_months=1))
    schedule = result.extra["schedule.parquet"]
    assert schedule.column_names == [
        "applicant_id",
        "month",
        "payment_cents",
        "interest_cents",
        "principal_cents",
        "balance_cents",
    ]
    assert schedule.column("applicant_id").to_pylist() == ["a1"] * 12 + ["a3"] * 12
    assert schedule.column("month").to_pylist() == [*range(1, 13)] * 2
    sums = schedule.group_by("applicant_id").aggregate([("principal_cents", "sum")])
    assert sums.to_pydict()["principal_cents_sum"] == [300_000, 200_000]
