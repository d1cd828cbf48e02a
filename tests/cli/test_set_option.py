"""``--set KEY=VALUE``, and warnings that every command carries."""

import json

import pytest

UNSET = "award.budget: is not set: it is the announced $300,000,000.00; set it, even to that"


def test_a_run_takes_settings(cli):
    done = cli(
        "run", "users.csv", "--policy", "policy.toml", "--set", "award.budget=50000",
        "--set", "rule=proportional", "--set", 'exclude={account_type = ["x"]}',
        "--set", "exclude={}", "--set", "tie_break_key=2025", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    certificate = json.loads(done.out)["certificate"]
    assert (certificate["budget_cents"], certificate["rule"]) == (5_000_000, "proportional")


def test_a_comparison_sets_the_key_in_every_policy(cli):
    done = cli(
        "compare", "users.csv", "--policy", "policy.toml", "--policy", "broad",
        "--set", "award.budget=25000.00", "--json",
    )  # fmt: skip
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["notes"] == []
    assert [row["total_cents"] for row in told["overview"]] == [2_500_000] * 2


def test_check_takes_settings(cli):
    done = cli("check", "users.csv", "--set", "min_loss=1000000")
    assert done.out.splitlines()[-1] == "0 of 600 are eligible"


@pytest.mark.parametrize(
    ("setting", "code", "said"),
    [
        ("award.budget", 2, "--set award.budget: say KEY=VALUE, such as award.budget=250000"),
        ("=5", 2, "say KEY=VALUE"),
        ("award.budgt=5", 4, "award.budgt: unknown key; did you mean award.budget?"),
        ("award.budget=x", 4, 'award.budget = "x": must be a decimal'),
        ("alpha=x", 4, "objective.alpha"),
    ],
)
def test_what_cannot_be_set_is_told(cli, setting, code, said):
    done = cli("run", "users.csv", "--set", setting)
    assert done.code == code
    assert said in done.err


@pytest.mark.parametrize("settings", [(), ("--set", "alpha=2")])
def test_a_budget_that_nobody_set_is_a_warning_of_every_command(cli, home, settings):
    (home / "mine.toml").write_text('schema_version = 1\nname = "Mine"\n')
    assert UNSET in cli("policy", "check", "mine.toml").err
    done = cli("run", "users.csv", "--policy", "mine.toml", "--out", "mine", *settings)
    assert f"warning: {UNSET}" in done.out
    assert UNSET in json.loads((home / "mine" / "summary.json").read_text())["warnings"]
    assert cli("verify", "mine").code == 0
    assert f"warning: {UNSET}" in cli("check", "users.csv", "--policy", "mine.toml", *settings).out
    told = cli("check", "users.csv", "--policy", "mine.toml", "--json", *settings).out
    assert UNSET in json.loads(told)["warnings"]
    assert cli("report", "mine").code == 0
    assert "is not set: it is the announced" in (home / "mine" / "report.html").read_text()


def test_no_such_warning_for_presets_nor_where_it_is_set(cli):
    for named in ((), ("--policy", "broad"), ("--policy", "policy.toml")):
        assert "is not set" not in cli("check", "users.csv", *named).out
    assert "is not set" not in cli("check", "users.csv", "--set", "alpha=2").out


def test_a_ratio_that_was_meant_in_percent_is_doubted(cli, home):
    doubt = 'eligibility.min_loss_ratio: "30" means 3,000% of net assets; did you mean "30%"?'
    done = cli(
        "run", "users.csv", "--set", "min_loss_ratio=30", "--set", "ratio_cap=100", "--out", "o"
    )
    assert f"warning: {doubt}" in done.out
    assert 'weights.ratio_cap: "100" means 10,000% of net assets; did you mean "100%"?' in done.out
    assert "nobody is eligible: " in done.out
    assert " fell at min_loss" in done.out
    assert "raise weights.ratio_cap" not in done.out
    (home / "p.toml").write_text(
        'schema_version = 1\nname = "P"\naward.budget = 5\neligibility.min_loss_ratio = 30\n'
    )
    assert doubt in cli("policy", "check", "p.toml").err


def test_another_kind_of_file_is_told_by_name(cli, home):
    (home / "users.json").write_text("[]")
    done = cli("run", "users.json")
    assert done.code == 3
    assert done.err.endswith("users.json is JSON: save it as CSV or Parquet\n")


def test_remedies_are_options_on_the_command_line(cli, home):
    (home / "page.html").write_text("mine")
    done = cli("report", "run", "--out", "page.html")
    assert done.err.endswith("page.html exists and is not a report: choose another --out\n")
    done = cli("run", "users.csv", "--policy", "other.toml", "--out", "run")
    assert done.code == 2
    assert done.err.endswith("choose another --out, or replace it with --force\n")
