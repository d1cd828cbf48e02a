"""Waves and people on the command line."""

import json

import pyarrow as pa
import pytest

from allocator.data.write import write_csv

USERS = pa.table(
    {
        "user_id": ["a1", "a2", "b1", "c1"],
        "person_id": ["ann", "ann", "bob", "cy"],
        "liquidation_loss": ["60.00", "30.00", "80.00", "20.00"],
        "net_assets": ["60.00", "30.00", "80.00", "20.00"],
    }
)
POLICY = """\
schema_version = 1
name = "Waves"
[award]
budget = "100.00"
reserve = "10%"
"""


@pytest.fixture
def wave(home):
    write_csv(home / "wave.csv", USERS)
    (home / "wave.toml").write_text(POLICY)
    paid = pa.table({"user_id": ["a1", "c1"], "already_paid": ["10.00", "2.50"]})
    write_csv(home / "paid.csv", paid)
    return ("run", "wave.csv", "--policy", "wave.toml", "--paid", "paid.csv", "--out", "out")


def test_a_wave_is_run_told_explained_and_verified(cli, wave, home):
    said = cli(*wave)
    assert said.code == 0, said.err
    assert "$10.00 of the budget is held back as a reserve" in said.out
    assert "$12.50 was already paid; $77.50 is due now, to 2 users" in said.out
    assert "1 users were paid $2.50 more than they would get, and keep it" in said.out
    manifest = json.loads((home / "out" / "manifest.json").read_text())
    assert [each["path"].rsplit("/")[-1] for each in manifest["paid"]] == ["paid.csv"]
    assert cli("verify", "out").code == 0
    assert "nothing more is due" in cli("explain", "out", "c1", "--for", "customer").out
    assert "already paid $10.00, due now" in cli("explain", "out", "a1").out
    again = cli(*wave)
    assert again.code == 0
    assert "unchanged" in again.err
    write_csv(home / "paid.csv", pa.table({"user_id": ["a1"], "already_paid": ["11.00"]}))
    assert "of other inputs" in cli(*wave).err
    changed = cli("verify", "out")
    assert changed.code == 6
    assert "paid.csv was changed since the run" in changed.err
    assert cli("verify", "out", "--paid", "paid.csv").code == 6
    default = cli(*wave[:-2])
    assert default.code == 0


def test_the_awards_of_one_wave_are_what_the_next_was_paid(cli, home, wave):
    assert cli(*wave).code == 0
    (home / "next.toml").write_text(POLICY.replace("10%", "0%"))
    said = cli(
        "run",
        "wave.csv",
        "--policy",
        "next.toml",
        "--paid",
        "out/awards.parquet",
        "--out",
        "two",
        "--json",
    )
    assert said.code == 0, said.err
    summary = json.loads(said.out)["summary"]
    assert summary["already_paid"]["paid_cents"] == 9000
    assert summary["already_paid"]["due_cents"] == 1000
    assert cli("verify", "two").code == 0


def test_more_paid_than_the_budget_exits_with_5(cli, home, wave):
    write_csv(home / "paid.csv", pa.table({"user_id": ["a1"], "already_paid": ["90.01"]}))
    said = cli(*wave)
    assert said.code == 5
    assert "$90.01 is already paid to 1 users, which is $0.01 more than the budget of" in said.err
    assert not (home / "out").exists()


def test_people_are_counted_and_checked(cli, home, wave):
    (home / "wave.toml").write_text(POLICY + 'per = "person_id"\n')
    said = cli("check", "wave.csv", "--policy", "wave.toml")
    assert "4 users read, accounts of 3 people, no bad rows" in said.out
    counts = json.loads(cli("check", "wave.csv", "--policy", "wave.toml", "--json").out)
    assert (counts["users"], counts["accounts"], counts["eligible"]) == (3, 4, 2)
    said = cli(*wave, "--report")
    assert said.code == 0, said.err
    assert "1 of 3 people have several accounts; 0 of them would gain $0.00" in said.out
    verified = cli("verify", "out")
    assert verified.code == 0
    assert "split: yes" in verified.out
    assert "Every person's award is split over the person's accounts" in verified.out
    assert "by loss ($30.00) among 2 accounts of ann" in cli("explain", "out", "a2").out
    shown = cli("policy", "check", "wave.toml").out
    assert "Of this, 10% is held back as a reserve. (set)" in shown
    assert "All accounts of one person_id count together" in shown
    assert cli("compare", "out", "out").code == 0
    sweep = cli("lab", "sweep", "wave.csv", "--policy", "wave.toml", "--vary", "alpha=1,2")
    assert sweep.code == 4
    assert (
        'has award.per = "person_id", which sweep, frontier and goal_seek do not take' in sweep.err
    )
    health = cli("lab", "health", "wave.csv", "--policy", "wave.toml")
    assert health.code == 4
    assert 'set award.per = "user_id", and leave columns.already_paid out' in health.err
