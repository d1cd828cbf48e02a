"""The README's Python runs as written, its policy reads, and its commands exist."""

import doctest
import re
import tomllib
from pathlib import Path

import pytest

from allocator.cli import _COMMANDS
from allocator.policy.schema import Policy

README = Path(__file__).parents[1] / "README.md"
TEXT = README.read_text(encoding="utf-8")


def test_python_runs_as_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.attempted > 10
    assert result.failed == 0


def test_policy_in_the_readme_is_the_announced_one():
    (block,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    policy = Policy.model_validate(tomllib.loads(block))
    assert policy.diff(Policy.default()).changes == ()


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^\$ allocator (\w+)", TEXT, re.M))))
def test_commands_exist(command):
    assert command in _COMMANDS


def test_files_it_names_are_there():
    for name in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (README.parent / name).exists(), name
