"""Every command but `run` and `verify`: what it prints, where, and its exit code."""

import json
import re

import jsonschema
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

import allocator as al

COMMANDS = [
    *("demo", "run", "check", "verify", "explain", "compare", "report", "policy", "data"),
    *("rules", "completion"),
]


def test_help_names_every_command_and_exit_code(cli):
    for flag in ("--help", "-h"):
        said = cli(flag)
        assert said.code == 0
        assert all(f"\n  {name} " in said.out for name in COMMANDS)
        assert "3 bad data, 4 bad policy, 5" in said.out
        assert "130 interrupted" in said.out


@pytest.mark.parametrize(
    "command",
    [[name] for name in COMMANDS]
    + [["policy", name] for name in ("show", "check", "schema", "diff")]
    + [["data", name] for name in ("simulate", "prepare")],
    ids=" ".join,
)
def test_every_command_has_help(cli, command):
    said = cli(*command, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: allocator {' '.join(command)}")
    assert said.err == ""


def test_the_version(cli):
    assert cli("--version").out == f"allocator, version {al.__version__}\n"


def test_no_command_is_usage(cli):
    said = cli()
    assert said.code == 2
    assert "Usage: allocator" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("given", "hint"), [("rum", "run"), ("explian", "explain"), ("simulate", None), ("", None)]
)
def test_an_unknown_command_suggests(cli, given, hint):
    said = cli(given)
    assert said.code == 2
    assert said.out == ""
    assert f"There is no command {given!r}." in said.err
    assert ("Did you mean" in said.err) == bool(hint)
    if hint:
        assert f"Did you mean {hint!r}?" in said.err


@pytest.mark.parametrize(
    "args",
    [
        ["run"],
        ["run", "users.parquet", "--nonsense"],
        ["run", "users.parquet", "--format", "xlsx"],
        ["run", "users.parquet", "--max-bad", "-1", "--on-bad-rows", "quarantine"],
        ["run", "users.parquet", "--max-bad", "3"],
        ["run", "users.parquet", "--on-bad-rows", "quarantine"],
        ["explain", "run"],
        ["explain", "run", "u1", "--for", "lawyer"],
        ["compare", "run"],
        ["compare", "run", "run", "--policy", "broad"],
        ["data", "simulate", "--users", "0", "--out", "x.csv"],
        ["data", "simulate", "--users", "5", "--seed", "-1", "--out", "x.csv"],
        ["data", "simulate", "--users", "5", "--out", "x.xlsx"],
        ["data", "simulate", "--users", "5"],
        ["data", "prepare", "--policy", "announced"],
        ["policy", "nonsense"],
        ["completion", "tcsh"],
        ["demo", "--users", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(cli, args):
    said = cli(*args)
    assert said.code == 2
    assert said.out == ""
    assert "Error: " in said.err


def test_quarantine_and_its_limit_go_together(cli):
    said = cli("run", "users.parquet", "--max-bad", "3")
    assert "--on-bad-rows quarantine and --max-bad N go together" in said.err


# check


def test_check_says_who_would_be_in_and_writes_nothing(cli, home):
    before = sorted(home.iterdir())
    said = cli("check", "users.csv", "--policy", "policy.toml")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "600 users read, no bad rows. By policy 'Small':"
    summary = json.loads((home / "run" / "summary.json").read_text())
    assert len(lines) == len(summary["out"]) + 2
    for line, out in zip(lines[1:-1], summary["out"], strict=True):
        assert out["users"]
        assert re.match(rf"- +{out['users']:,} {re.escape(out['text'])} ", line)
        assert line.endswith("losses: decide" if out["source"] == "assumed" else out["source"])
    assert any("ASSUMED, $" in line for line in lines)
    assert lines[-1] == "298 of 600 are eligible"
    assert said.err == ""
    assert sorted(home.iterdir()) == before


def test_check_in_json(cli):
    said = cli("check", "users.parquet", "--policy", "policy.toml", "--json")
    counts = json.loads(said.out)
    assert counts["users"] == 600
    assert counts.pop("warnings") == []
    assert sum(counts.values()) == 1200
    assert said.err == ""


# explain


def test_explain_for_each_reader(cli):
    analyst = cli("explain", "run", "u2")
    customer = cli("explain", "run", "u2", "--for", "customer")
    assert analyst.code == customer.code == 0
    assert analyst.out.startswith("u2: $")
    assert customer.out.startswith("You lost $")
    assert len(customer.out.split()) <= 60
    both = cli("explain", "run", "u2", "--versus", "u3")
    assert "u2 against u3:" in both.out


def test_explain_in_json(cli):
    told = json.loads(cli("explain", "run", "u2", "--json").out)
    assert told["user_id"] == "u2"
    assert set(told) >= {"reason", "parts", "weight", "level", "award_cents", "customer", "analyst"}


def test_explain_of_nobody_and_nowhere(cli):
    said = cli("explain", "run", "zoe")
    assert (said.code, said.out) == (3, "")
    assert said.err == "Error: there is no user zoe among the 600 of this run\n"
    said = cli("explain", "nowhere", "u1")
    assert (said.code, said.out) == (2, "")
    assert "there is no run nowhere: name a directory that `allocator run` wrote" in said.err
    assert cli("explain", ".", "u1").code == 3


def test_explain_finds_numbers(cli, home):
    header = "user_id,liquidation_loss,net_assets\n"
    (home / "p.toml").write_text('schema_version = 1\nname = "x"\n[award]\nbudget = "50.00"\n')
    table = pa.table({"user_id": [7, -8], "liquidation_loss": [90, 80], "net_assets": [90, 90]})
    parquet.write_table(table, home / "u.parquet")
    (home / "u.csv").write_text(f"{header}007,90,90\n-8,80,90\n")
    for users, known, unknown in (("u.parquet", "7", "8"), ("u.csv", "007", "7")):
        assert cli("run", users, "--policy", "p.toml", "--out", f"of-{users}").code == 0
        assert cli("explain", f"of-{users}", known).code == 0
        assert cli("explain", f"of-{users}", "--", "-8").code == 0
        assert cli("explain", f"of-{users}", unknown).code == 3


# policy


def test_policy_show_prints_a_policy_with_its_sources(cli, home):
    for name in ("announced", "pro-rata", "broad", "small-first"):
        said = cli("policy", "show", name)
        assert said.code == 0
        (home / "shown.toml").write_text(said.out)
        assert al.Policy.load(home / "shown.toml") == al.Policy.preset(name)
        assert "announced" in said.out
        assert "assumed" in said.out
    assert cli("policy", "show").out == cli("policy", "show", "announced").out
    assert 'budget = "100000.00"' in cli("policy", "show", "policy.toml").out


def test_a_folder_called_like_a_preset_does_not_hide_it(cli, home):
    (home / "broad").mkdir()
    assert 'name = "Broad"' in cli("policy", "show", "broad").out


def test_an_unknown_preset_suggests(cli):
    said = cli("policy", "show", "anounced")
    assert (said.code, said.out) == (4, "")
    assert "there is no preset 'anounced'; did you mean 'announced'?" in said.err


def test_policy_check(cli, home):
    said = cli("policy", "check", "policy.toml")
    assert said.code == 0
    assert said.out.startswith("policy.toml is a policy: Small\n")
    (home / "odd.toml").write_text('schema_version = 1\nname = "x"\n[award]\nbudget = "100.00"\n')
    said = cli("policy", "check", "odd.toml")
    assert said.code == 0
    assert "warning: award.maximum: $6,000.00 has no effect" in said.err
    assert "warning" not in said.out
    (home / "short.toml").write_text('schema_version = 1\nname = "Mine"\n')
    said = cli("policy", "check", "short.toml")
    assert said.err == (
        "warning: award.budget: is not set: it is the announced $300,000,000.00; set it, even to "
        "that\n"
    )
    assert cli("policy", "check", "announced").err == ""


def test_a_policy_with_a_typo_exits_with_4(cli, home):
    (home / "typo.toml").write_text('schema_version = 1\nname = "x"\n[award]\nmaximun = "5.00"\n')
    for args in (
        ["policy", "check", "typo.toml"],
        ["run", "users.parquet", "--policy", "typo.toml"],
        ["check", "users.parquet", "--policy", "typo.toml"],
        ["verify", "run", "--policy", "typo.toml"],
    ):
        said = cli(*args)
        assert (said.code, said.out) == (4, "")
        assert "typo.toml" in said.err
        assert "line 4" in said.err
        assert "award.maximun: unknown key; did you mean maximum?" in said.err
    assert not (home / "runs").exists()


def test_a_policy_that_is_not_there_or_not_supported_exits_with_4(cli, home):
    assert "no.toml: cannot be read" in cli("policy", "check", "no.toml").err
    (home / "grant.toml").write_text('schema_version = 1\nname = "x"\nkind = "grant"\n')
    said = cli("run", "users.parquet", "--policy", "grant.toml")
    assert (said.code, said.out) == (4, "")
    assert "line 3: kind = \"grant\": must be 'voucher'" in said.err


def test_policy_schema_accepts_the_policies(cli, home):
    schema = json.loads(cli("policy", "schema").out)
    policy = json.loads(al.Policy.load(home / "policy.toml").canonical_json())
    jsonschema.validate(policy, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**policy, "nonsense": 1}, schema)


def test_policy_diff(cli):
    assert "objective.alpha: 1 (assumed) -> 2 (set)" in (
        cli("policy", "diff", "policy.toml", "other.toml").out
    )
    assert cli("policy", "diff", "announced", "announced").out == "no difference\n"


# data


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_data_simulate_is_seeded(cli, home, form):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        said = cli("data", "simulate", "--users", 50, "--seed", seed, "--out", f"{name}.{form}")
        assert (said.code, said.out) == (0, "")
        assert said.err == f"50 simulated users in {name}.{form}\n" + (form == "csv") * (
            f"{name}.csv cannot say that it is simulated, and runs of it will not: .parquet can\n"
        )
    a, b, c = ((home / f"{name}.{form}").read_bytes() for name in "abc")
    assert a == b != c


def test_data_simulate_into_no_folder(cli):
    said = cli("data", "simulate", "--users", 5, "--out", "no/x.csv")
    assert said.code == 1
    assert "cannot write no/x.csv: there is no folder no" in said.err


def test_data_prepare_then_run(cli, home):
    arrow_csv.write_csv(
        pa.table(
            {
                "user_id": ["a", "a", "b", "c", "d"],
                "time": ["2025-10-10T00:00:00Z", "2025-10-11T23:59:59Z"] * 2
                + ["2025-10-12T00:00:00Z"],
                "product": ["futures", "margin", "futures", "spot", "margin"],
                "loss": ["60.10", "0.20", "77", "500", "9"],
            }
        ),
        home / "events.csv",
    )
    arrow_csv.write_csv(
        pa.table({"user_id": ["a", "c", "z"], "net_assets": ["100", "100", "5"]}),
        home / "snapshot.csv",
    )
    (home / "attributes.csv").write_text("user_id,region\na,EU\nb,NA\nc,EU\nd,EU\n")
    (home / "p.toml").write_text('schema_version = 1\nname = "x"\n[award]\nbudget = "50.00"\n')
    common = ["--liquidations", "events.csv", "--snapshot", "snapshot.csv", "--policy", "p.toml"]
    for form in ("parquet", "csv"):
        said = cli(
            *("data", "prepare", *common, "--attributes", "attributes.csv"),
            *("--out", f"u.{form}"),
        )
        assert said.code == 0
        assert said.err == f"4 users in u.{form}\n"
        said = cli("run", f"u.{form}", "--policy", "p.toml", "--out", f"prepared-{form}")
        assert said.code == 0
        rows = al.load_allocation(home / f"prepared-{form}").to_arrow().to_pylist()
        assert [row["reason"] for row in rows] == [
            *("eligible", "no_snapshot"),
            *("loss_below_minimum", "loss_below_minimum"),
        ]
        assert rows[0]["award_cents"] == 5000
        assert cli("verify", f"prepared-{form}").code == 0
        assert "no record of your net assets" in (
            cli("explain", f"prepared-{form}", "b", "--for", "customer").out
        )
        assert cli("explain", f"prepared-{form}", "d", "--for", "customer").code == 0
    assert parquet.read_table(home / "u.parquet")["region"].to_pylist() == ["EU", "NA", "EU", "EU"]


def test_data_prepare_counts_on_standard_output(cli, home):
    (home / "e.csv").write_text("user_id,time,product,loss\na,2025-10-10T00:00:00Z,margin,60\n")
    (home / "s.csv").write_text("user_id,net_assets\nz,5\n")
    args = ["--liquidations", "e.csv", "--snapshot", "s.csv", "--policy", "announced"]
    said = cli("data", "prepare", *args, "--out", "u.csv")
    assert said.code == 0
    assert said.out.splitlines() == [
        f"{1:>12} events",
        f"{0:>12} outside window",
        f"{0:>12} other products",
        f"{1:>12} users",
        f"{0:>12} without loss",
        f"{1:>12} without snapshot",
        f"{1:>12} without events",
    ]


# the others


def test_rules_lists_each_rule_once(cli):
    said = cli("rules")
    assert said.code == 0
    assert {"alpha_fair", "proportional", "talmud"} <= {x.split()[0] for x in said.out.splitlines()}
    assert "leximin" in said.out
    lines = said.out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("talmud  "))
    assert lines[at + 1].startswith("    has consistency, self duality, truncation invariance")
    assert all(line.startswith("    has ") for line in lines[1:-2:3])
    assert all(line.startswith("    policy: ") for line in lines[2:-2:3])
    assert "    policy: up to 14 eligible users, no floors, no caps but the loss" in lines
    assert "    policy: exactly 2 eligible users, no floors, no caps but the loss" in lines
    assert lines[-2].startswith("two_stage  Divide among groups by their total claims")
    assert lines[-1].startswith("    policy: objective.by names the column of groups")


def test_rules_tells_one_rule_in_full(cli):
    said = cli("rules", "random_arrival")
    assert said.code == 0
    assert "O'Neill" in said.out
    assert "Its own dual" in said.out
    lines = said.out.splitlines()
    at = lines.index("consistency: no")
    assert lines[at + 1].strip().startswith("When some leave with their awards")
    assert lines[at + 2].strip().startswith("fails for claims ")
    unsaid = cli("rules", "concede_and_divide").out
    assert "consistency: does not apply" in unsaid


def test_rules_as_json(cli):
    every = json.loads(cli("rules", "--json").out)
    one = json.loads(cli("rules", "alpha_min", "--json").out)
    assert one in every
    assert len(every) >= 18
    assert not one["has_level"]
    assert one["max_users"] == 10_000
    two = json.loads(cli("rules", "two_stage", "--json").out)
    assert (two["properties"], two["max_users"]) == ({}, None)
    assert "In a policy: objective.by" in cli("rules", "two_stage").out
    weighted = json.loads(cli("rules", "max_min", "--json").out)
    assert weighted["policy"].endswith("objective.weighted = true for weights")
    assert one["properties"]["composition_up"]["holds"]
    assert one["properties"]["consistency"]["evidence"] == "counterexample"


def test_rules_that_are_not_there(cli):
    said = cli("rules", "talmut")
    assert said.code == 2
    assert "There is no rule 'talmut'. Did you mean 'talmud'?" in said.err
    assert "The rules are alpha_fair, max_min" in cli("rules", "zzz").err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(cli, shell):
    said = cli("completion", shell)
    assert said.code == 0
    assert "_ALLOCATOR_COMPLETE" in said.out
    assert "allocator" in said.out


def test_completion_completes(process):
    env = {"_ALLOCATOR_COMPLETE": "bash_complete", "COMP_WORDS": "allocator ex", "COMP_CWORD": "1"}
    before = "import sys; sys.argv[0] = 'allocator'"
    done = process(before=before, env=env)
    assert done.stdout.decode().split() == ["plain,explain"]


def test_compare_policies_and_runs(cli):
    said = cli("compare", "users.parquet", "--policy", "policy.toml", "--policy", "other.toml")
    assert said.code == 0
    assert said.out
    cli("run", "users.parquet", "--policy", "other.toml", "--out", "run2")
    said = cli("compare", "run", "run2", "--json")
    assert said.code == 0
    json.loads(said.out)


def test_report_and_demo(cli, home):
    said = cli("report", "run")
    assert said.code == 0
    assert said.err.endswith("open run/report.html\n")
    assert (home / "run" / "report.html").read_text().lstrip().startswith("<!doctype html>")
    assert cli("verify", "run").code == 0
    said = cli("demo", "--users", 300, "--out", "d/demo")
    assert said.code == 0
    assert "SIMULATED users" in said.out
    assert "budget: $52,941.17, in proportion to the number of users" in said.err
    assert (home / "d" / "demo" / "report.html").exists()
    assert cli("verify", "d/demo").code == 0
    assert cli("demo", "--users", 300, "--out", "d/demo").code == 0


@pytest.mark.parametrize(("length", "shown"), [(80, "a" * 80), (81, "USER_ID"), (10**6, "USER_ID")])
def test_a_very_long_id_is_not_printed(cli, home, length, shown):
    text = f"user_id,liquidation_loss,net_assets\n{'a' * length},90,100\n"
    (home / "long.csv").write_text(text)
    said = cli("run", "long.csv", "--policy", "policy.toml", "--out", "out")
    assert said.code == 0
    assert f"allocator explain out {shown}\n" in said.out
