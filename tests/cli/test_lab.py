"""``allocator lab``: sweep and goal-seek, and that each is loaded when it is run."""

import json

import pytest

import allocator as al

GRID = ["--vary", "alpha=0.5,1,2", "--vary", "award.minimum=0,4"]


def test_lab_lists_its_commands(cli):
    said = cli("lab", "--help")
    assert said.code == 0
    assert all(
        f"\n  {name} " in said.out for name in ("sweep", "goal-seek", "fit", "health", "plot")
    )


@pytest.mark.parametrize("command", ["sweep", "goal-seek"])
def test_each_has_help(cli, command):
    said = cli("lab", command, "--help")
    assert said.code == 0
    assert said.out.startswith(f"Usage: allocator lab {command}")


def test_an_unknown_command_is_usage(cli):
    said = cli("lab", "sweeep")
    assert said.code == 2
    assert "No such command 'sweeep'" in said.err


def test_sweep_prints_a_table(cli):
    said = cli("lab", "sweep", "users.parquet", "--policy", "policy.toml", *GRID)
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].split()[:3] == ["scenario", "alpha", "minimum"]
    assert len([line for line in lines if line[:1].isdigit()]) == 6
    assert lines[-1] == "verified: bounds and total only"


def test_sweep_writes_csv_and_json(cli, home):
    args = ["lab", "sweep", "users.parquet", "--policy", "policy.toml", *GRID, "--verify"]
    said = cli(*args, "--out", "table.csv", "--json")
    assert said.code == 0
    assert said.err == "wrote table.csv\n"
    told = json.loads(said.out)
    assert told["certified"]
    assert [each["award.minimum"] for each in told["scenarios"]] == [0, 4] * 3
    assert len((home / "table.csv").read_text().splitlines()) == 7


@pytest.mark.parametrize(
    ("vary", "key", "values"),
    [
        ("alpha=1,inf", "objective.alpha", [1.0, "inf"]),
        ("cap_at_loss=true,false", "award.cap_at_loss", [True, False]),
        ("of=amount,recovery", "objective.of", ["amount", "recovery"]),
        ("min_loss_ratio=30%, 0.5", "eligibility.min_loss_ratio", [0.3, 0.5]),
    ],
)
def test_values_are_read_as_their_keys_take_them(cli, vary, key, values):
    said = cli("lab", "sweep", "users.parquet", "--policy", "policy.toml", "--vary", vary, "--json")
    assert said.code == 0, said.err
    assert [each[key] for each in json.loads(said.out)["scenarios"]] == values


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        ([], 2, "Missing option '--vary'"),
        (["--vary", "alpha"], 2, "write KEY=V1,V2,..., such as alpha=0.5,1,2"),
        (["--vary", "alpha=1", "--vary", "alpha=2"], 2, "--vary alpha is given twice"),
        (["--vary", "alhpa=1"], 4, "did you mean alpha?"),
        (["--vary", "alpha=x"], 4, "with alpha=x"),
        (["--vary", "cap_at_loss=maybe"], 4, "with cap_at_loss=maybe"),
    ],
)
def test_what_does_not_fit_is_told(cli, args, code, said):
    told = cli("lab", "sweep", "users.parquet", *args)
    assert told.code == code
    assert told.out == ""
    assert said in told.err


def test_goal_seek_says_what_it_found(cli):
    args = ["lab", "goal-seek", "users.parquet", "--policy", "policy.toml", "--vary", "budget"]
    args += ["--target", "lowest_award", "--value", "10"]
    said = cli(*args)
    assert said.code == 0
    assert said.out.startswith("award.budget = ")
    told = json.loads(cli(*args, "--between", "1000", "9000000", "--json").out)
    assert told["reached"]
    assert told["achieved"] == 10


def test_goal_seek_writes_the_policy_it_finds(cli):
    args = ["lab", "goal-seek", "users.parquet", "--policy", "policy.toml", "--vary", "budget"]
    args += ["--target", "lowest_award", "--value", "10"]
    said = cli(*args, "--out", "found.toml")
    assert said.code == 0
    found = al.Policy.load("found.toml")
    assert said.err.endswith(f"the policy {found.name!r} is in found.toml\n")
    assert f"award.budget = {found.award.budget} " in said.out
    refused = cli(*args, "--out", "found.json")
    assert refused.code == 2
    assert "--out must end in .toml, not '.json'" in refused.err


@pytest.mark.parametrize(
    ("command", "out"),
    [
        (["sweep", "users.csv", "--vary", "alpha=1,2"], "users.csv"),
        (
            ["goal-seek", "users.csv", *["--vary", "alpha", "--target", "gini", "--value", "1"]],
            "policy.toml",
        ),
        (["fit", "users.csv"], "policy.toml"),
    ],
)
def test_what_is_read_is_not_written_over(cli, home, command, out):
    (home / "users.csv").write_text("user_id,liquidation_loss,net_assets\nu1,60,100\n")
    before = (home / out).read_bytes()
    said = cli("lab", *command, "--policy", "policy.toml", "--out", out)
    assert said.code == 2
    assert f"Error: --out {out} is what this reads: choose another name\n" in said.err
    assert (home / out).read_bytes() == before


def test_a_table_that_cannot_be_written_is_told(cli):
    said = cli("lab", "sweep", "users.parquet", *GRID, "--out", "no/table.csv")
    assert said.code == 1
    assert "no/table.csv cannot be written: No such file or directory" in said.err


def test_scenarios_are_told_apart_by_every_digit(cli, home):
    args = ["--vary", "eligibility.min_loss_ratio=0.3,0.30000001", "--out", "table.csv"]
    said = cli("lab", "sweep", "users.parquet", "--policy", "policy.toml", *args)
    assert said.code == 0
    assert " 0.30000001 " in said.out
    rows = (home / "table.csv").read_text().splitlines()
    assert [row.split(",")[1] for row in rows[1:]] == ["0.3", "0.30000001"]


def test_goal_seek_says_that_the_budget_does_not_bind(cli):
    args = ["lab", "goal-seek", "users.parquet", "--vary", "alpha"]
    said = cli(*args, "--target", "mean_award", "--value", "1")
    assert (
        "note: objective.alpha does not change mean_award; at this award.budget everybody has "
        "their cap and money is left\n"
    ) in said.out


def test_goal_seek_of_a_decile(cli):
    args = ["lab", "goal-seek", "users.parquet", "--policy", "policy.toml", "--vary", "minimum"]
    said = cli(*args, "--target", "median_recovery", "--value", "0.3", "--decile", "1")
    assert said.code == 0
    assert "median_recovery of decile 1" in said.out


def test_commands_are_loaded_only_when_they_are_run(process):
    before = "import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    done = process("lab", "--help", before=before)
    loaded = set(done.stderr.decode().split())
    assert "allocator.cli.lab" in loaded
    assert not {name for name in loaded if name.startswith("allocator.cli.lab_")}
    grid = ["lab", "sweep", "users.parquet", "--policy", "policy.toml", "--vary", "alpha=1,2"]
    loaded = set(process(*grid, before=before).stderr.decode().split())
    assert "allocator.cli.lab_sweep" in loaded
    assert not loaded & {"pandas", "matplotlib", "scipy", "allocator.cli.lab_goal_seek"}
