"""`verify DIR`: 0 when everything fits, else 6 and what does not."""

import json
import shutil

import pytest


def test_a_run_that_fits(cli):
    said = cli("verify", "run")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "verified: run"
    for name in ("eligibility", "bounds", "total", "optimal", "canonical"):
        assert f"  {name}: yes" in lines
    assert "It proves:" in lines
    assert "It does not prove:" in lines


def test_json_is_one_object_and_nothing_else(cli, home):
    said = cli("verify", "run", "--json")
    told = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert told["ok"]
    assert told["faults"] == []
    assert told["certificate"]["checks"]["canonical"]
    (home / "run" / "awards.parquet").unlink()
    said = cli("verify", "run", "--json")
    told = json.loads(said.out)
    assert said.code == 6
    assert not told["ok"]
    assert "awards.parquet is missing" in told["faults"]
    assert said.err.startswith("Error: run does not verify:\n  awards.parquet is missing")


def test_inputs_and_policies_can_be_named(cli, home):
    (home / "users.parquet").rename(home / "moved.parquet")
    assert cli("verify", "run", "--users", "moved.parquet", "--policy", "policy.toml").code == 0
    said = cli("verify", "run", "--policy", "other.toml")
    assert said.code == 6
    assert "the policy was changed" in said.err
    said = cli("verify", "run", "--users", "users.csv")
    assert said.code == 6
    assert "the users given are not the ones of the run" in said.err


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda run: (run / "manifest.json").unlink(), "is not a finished run"),
        (lambda run: (run / "manifest.json").write_text("{"), "is damaged"),
        (lambda run: (run / "policy.toml").write_text("x"), "policy.toml was truncated"),
        (lambda run: (run / "summary.json").unlink(), "summary.json is missing"),
    ],
)
def test_what_does_not_fit_exits_with_6(cli, home, damage, words):
    damage(home / "run")
    said = cli("verify", "run")
    assert (said.code, said.out) == (6, "")
    assert words in said.err


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_a_run_that_is_not_there_exits_with_2(cli, home, how):
    shutil.rmtree(home / "run")
    said = cli("verify", "run", *how)
    assert (said.code, bool(said.out)) == (2, bool(how))
    assert "there is no run run: name a directory that `allocator run` wrote" in said.err


def test_inputs_that_are_not_there_exit_with_3(cli, home):
    cli("run", "users.csv", "--policy", "policy.toml", "--out", "out")
    (home / "users.csv").unlink()
    said = cli("verify", "out")
    assert (said.code, said.out) == (3, "")
    assert "users.csv cannot be found: name the users with --users" in said.err
    assert cli("verify", "out", "--users", "none.csv").code == 3
    (home / "out" / "summary.json").unlink()
    said = cli("verify", "out")
    assert said.code == 6
    assert "summary.json is missing" in said.err
    assert "users.csv cannot be found" in said.err


@pytest.mark.parametrize("content", ["null", "5", "[]", "[" * 100_000])
def test_a_certificate_of_something_else_exits_with_6(cli, home, content):
    (home / "run" / "certificate.json").write_text(content)
    said = cli("verify", "run")
    assert (said.code, said.out) == (6, "")
    assert "certificate.json" in said.err


def test_changed_inputs_exit_with_6(cli, home):
    cli("run", "users.csv", "--policy", "policy.toml", "--out", "out")
    text = (home / "users.csv").read_text()
    (home / "users.csv").write_text(text.replace("u599", "u999", 1))
    said = cli("verify", "out")
    assert said.code == 6
    assert "users.csv was changed since the run" in said.err
    assert "the column user_id of the awards table is not what follows" in said.err
