"""Users and policies as files; the command line in this process, and as a process of its own."""

import io
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import allocator as al
from allocator.cli import main
from allocator.data.write import write_csv, write_parquet

POLICY = """\
schema_version = 1
name = "Small"
[award]
budget = "100000.00"
"""


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    """Inputs, and one run of them; nobody writes here."""
    home = tmp_path_factory.mktemp("shared")
    table = al.simulate_users(600, seed=7).table
    write_parquet(home / "users.parquet", table)
    write_csv(home / "users.csv", table)
    (home / "policy.toml").write_text(POLICY)
    (home / "other.toml").write_text(POLICY + "[objective]\nalpha = 2\n")
    al.allocate(home / "users.parquet", home / "policy.toml").save(home / "run")
    return home


@pytest.fixture
def home(tmp_path, shared, monkeypatch) -> Path:
    """An own copy of the inputs and of the run, which is where commands are given."""
    shutil.copytree(shared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(home, monkeypatch, capsys):  # noqa: ARG001
    """Give a command in this process."""

    def give(*args: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "argv", ["allocator", *map(str, args)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Outcome(ended.value.code, out, err)

    return give


@pytest.fixture
def process(home):
    """Give a command in a process of its own."""

    def give(*args: object, before: str = "", **how: object) -> subprocess.CompletedProcess:
        env = {**os.environ, **how.pop("env", {})}
        command = [sys.executable, "-m", "allocator", *map(str, args)]
        if before:  # what happens in the process first
            code = f"{before}\nfrom allocator.cli import main\nmain()"
            command = [sys.executable, "-c", code, *map(str, args)]
        how = {"capture_output": True, "cwd": home, "env": env, "timeout": 60, **how}
        return subprocess.run(command, check=False, **how)

    return give
