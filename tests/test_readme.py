"""The README's Python runs as written, its policy reads, and its commands exist."""

import doctest
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

import allocator as al
from allocator.cli import _COMMANDS, main
from allocator.data.write import write_csv
from allocator.policy.eligibility import REASONS
from allocator.policy.schema import Policy
from allocator.programs.kinds import load_policy

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")
_FOUND = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
BLOCKS = {tomllib.loads(block).get("kind", "voucher"): block for block in _FOUND}
POLICIES = {kind: tomllib.loads(block) for kind, block in BLOCKS.items()}


def test_python_runs_as_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.attempted > 10
    assert result.failed == 0


def test_policy_in_the_readme_is_the_announced_one():
    assert len(BLOCKS) == len(_FOUND)
    policy = Policy.model_validate(POLICIES["voucher"])
    assert policy.diff(Policy.default()).changes == ()


def test_commands_for_other_programs_run_as_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for kind in ("depeg", "loan"):
        (tmp_path / f"{kind}.toml").write_text(BLOCKS[kind], encoding="utf-8")
    write_csv(Path("applicants.csv"), al.simulate_applicants(100, seed=1).table)
    everybody = al.Policy.default().replace(exclude_already_compensated=False)
    al.allocate(al.simulate_users(2000, seed=1), everybody).save("runs/mine")
    section = TEXT.partition("\n## Other programs")[2].partition("\n## ")[0]
    commands = re.findall(r"^\$ (allocator .*?)\s*(?:#.*)?$", section, re.M)
    assert len(commands) == 5
    for command in commands:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert ended.value.code == 0, err
    assert "verified: " in out
    assert load_policy("depeg.toml").sources()
    assert Path("loans", "schedule.parquet").exists()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^\$ allocator (\w+)", TEXT, re.M))))
def test_commands_exist(command):
    assert command in _COMMANDS


def test_files_it_names_are_there():
    for name in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (README.parent / name).exists(), name


def test_reasons_are_those_of_the_code_in_order():
    table = TEXT.partition("| reason | because |")[2].partition("\n\n")[0]
    told = [name.partition(":")[0] for name in re.findall(r"^\| `([^`]+)`", table, re.M)]
    assert told == list(REASONS)


def test_extras_and_notebooks_are_all_there():
    project = tomllib.loads((README.parent / "pyproject.toml").read_text(encoding="utf-8"))
    extras = set(re.findall(r"'\.\[(\w+)\]'", TEXT))
    assert extras == {"report", "notebook", "delivery"}
    assert extras <= project["project"]["optional-dependencies"].keys()
    for each in (README.parent / "notebooks").glob("*.ipynb"):
        assert TEXT.count(f"](notebooks/{each.name}): ") == 1, each.name


def test_users_are_prepared_as_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    time = "2025-10-10T12:00:00Z"
    Path("events.csv").write_text(
        f"user_id,time,product,loss\na,{time},futures,400\nb,{time},margin,90\n", encoding="utf-8"
    )
    Path("snapshot.csv").write_text("user_id,net_assets\na,1000\n", encoding="utf-8")
    Path("policy.toml").write_text(BLOCKS["voucher"], encoding="utf-8")
    (command,) = re.findall(r"^\$ (allocator data prepare .*)$", TEXT, re.M)
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0, capsys.readouterr().err
    result = al.allocate("users.parquet", al.Policy.load("policy.toml"))
    assert result.awards.reason.tolist() == ["eligible", "no_snapshot"]
