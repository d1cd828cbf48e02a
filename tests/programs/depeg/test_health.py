"""The cliff: a cent of depeg pay forfeits a voucher."""

import pyarrow as pa
import pytest

import allocator as al
from allocator.errors import DataError

ROWS = [
    ("ann", "0.02", "0.4999"),
    ("bob", "200", "0.4999"),
    ("cy", "2", "0.4999"),
    ("dan", "1", "2"),
]


@pytest.fixture
def paid(table, policy):
    return al.run_program(table(*ROWS), policy())  # 0.01, 100, 1, 0


def test_the_worst_is_told_by_line_with_the_numbers(paid, tmp_path):
    path = tmp_path / "vouchers.csv"
    path.write_text("user_id,award_cents\nzed,5\ncy,500\nann,600000\nbob,9999\ndan,5000\n")
    finding = al.depeg_health(paid, path)
    assert (finding.number, finding.unit, finding.severity) == (2.0, "users", "serious")
    assert finding.sentence == (
        "Of 3 users with depeg pay, 2 would have had a voucher worth more: they forfeit $6,005.00 "
        "for $1.01, and are $6,003.99 worse off than with nothing paid."
    )
    assert str(finding.example) == (
        "line 4 of vouchers.csv: depeg pay of $0.01 forfeits a voucher of $6,000.00"
    )
    assert finding.example.line == 4
    assert finding.keys == ("eligibility.exclude_already_compensated",)
    assert "pays both" in finding.remedy
    assert finding.to_dict()["id"] == "depeg.forfeit"


def test_nobody_loses(paid):
    table = pa.table({"user_id": ["bob", "dan"], "award_cents": [10_000, 400]})
    finding = al.depeg_health(paid, table)
    assert (finding.number, finding.severity, finding.example) == (0.0, "fine", None)
    assert finding.sentence == "Of 3 users with depeg pay, 0 would have had a voucher worth more."


def test_a_run_that_excludes_them_says_that_it_does_not_know(paid):
    users = pa.table(
        {
            "user_id": ["ann", "bob"],
            "liquidation_loss": [80, 80],
            "net_assets": [100, 100],
            "already_compensated": [True, False],
        }
    )
    policy = al.Policy.default().replace(budget="100.00")
    finding = al.depeg_health(paid, al.allocate(users, policy))
    assert finding.number == 0
    assert "1 of them are out of these vouchers as already compensated" in finding.sentence
    every = al.allocate(users, policy.replace(exclude_already_compensated=False))
    finding = al.depeg_health(paid, every)
    assert finding.number == 1
    assert "not known" not in finding.sentence
    assert finding.example.where == "row 1"


def test_lines_of_several_files(paid, tmp_path):
    (tmp_path / "a.csv").write_text("user_id,award_cents\nzed,5\n")
    (tmp_path / "b.csv").write_text("user_id,award_cents\nyen,5\nann,500\n")
    finding = al.depeg_health(paid, tmp_path)
    assert finding.example.where == "line 3 of b.csv"


def test_what_are_no_vouchers(paid):
    with pytest.raises(DataError, match="the vouchers have no column award_cents"):
        al.depeg_health(paid, pa.table({"user_id": ["a"]}))
    with pytest.raises(DataError, match="award_cents are not whole cents"):
        al.depeg_health(paid, pa.table({"user_id": ["a"], "award_cents": ["x"]}))
