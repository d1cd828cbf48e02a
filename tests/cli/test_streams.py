"""Streams that the caller closed, and errors for programs that read JSON."""

import json
import os
import sys

import pytest

from allocator.allocation import pipeline
from allocator.cli import main

ARGS = ["run", "users.parquet", "--policy", "policy.toml", "--out", "out"]


@pytest.mark.parametrize("closed", ["1", "2", "012"])
@pytest.mark.parametrize("more", [["--json"], []])
def test_a_stream_that_is_closed_is_discarded(process, cli, closed, more):
    close = "import os\n" + "".join(f"os.close({each})\n" for each in closed)
    # The streams are set up before any of our code runs, so the process starts itself again.
    code = f"{close}os.execv(sys.executable, [sys.executable, '-m', 'allocator', *sys.argv[1:]])"
    done = process(*ARGS, *more, before=f"import sys\n{code}")
    assert done.returncode == 0
    assert b"Traceback" not in done.stdout + done.stderr
    if "1" not in closed:
        assert b"verified" in done.stdout or json.loads(done.stdout)["directory"] == "out"
    assert cli("verify", "out").code == 0
    done = process("explain", "out", "nobody", *more, before=f"import sys\n{code}")
    assert done.returncode == 3
    assert b"Traceback" not in done.stdout + done.stderr


def test_standard_input_that_is_closed_is_empty(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", None)
    monkeypatch.setattr(sys, "argv", ["allocator", "check", "-"])
    with pytest.raises(SystemExit) as ended:
        main()
    sys.stdin.close()
    assert ended.value.code == 3
    assert "is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["run", "none.csv"], 3, "none.csv does not exist"),
        (["run", "users.csv", "--policy", "none.toml"], 4, "none.toml"),
        (["run", "users.csv", "--out", "run"], 2, "holds a run of other inputs"),
        (["run", "users.csv", "--max-bad", "1"], 2, "go together"),
        (["explain", "run", "nobody"], 3, "there is no user nobody"),
        (["explain", "nowhere", "u1"], 2, "there is no run nowhere"),
        (["verify", "run", "--users", "none.csv"], 3, "none.csv does not exist"),
        (["compare", "none.csv", "--policy", "policy.toml"], 3, "none.csv does not exist"),
        (["lab", "health", "none.csv"], 3, "none.csv does not exist"),
        (["nonsense"], 2, "There is no command"),
        (["explain", "run"], 2, "Missing argument"),
    ],
)
def test_an_error_is_one_json_object_too(cli, args, code, words):
    said = cli(*args, "--json")
    assert said.code == code
    told = json.loads(said.out)
    assert told["exit"] == code
    assert words in told["error"]
    assert words in said.err
    assert not cli(*args).out.startswith("{")


def test_a_missing_input_is_one_json_object_too(cli, home):
    assert cli(*ARGS).code == 0
    os.remove(home / "users.parquet")
    said = cli("verify", "out", "--json")
    assert said.code == json.loads(said.out)["exit"] == 3
    assert "cannot be found" in json.loads(said.out)["error"]


def test_a_run_that_does_not_verify_is_told_once(cli, home):
    os.remove(home / "run" / "summary.json")
    said = cli("verify", "run", "--json")
    assert said.code == 6
    told = json.loads(said.out)
    assert told["ok"] is False
    assert "summary.json is missing" in said.err


def test_an_interrupt_is_one_json_object_too(cli, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "load", interrupted)
    monkeypatch.setattr("signal.signal", lambda *_: None)  # the tests go on
    said = cli(*ARGS, "--json")
    assert (said.code, json.loads(said.out)["exit"]) == (130, 130)


def test_a_user_who_is_called_json_is_no_option(cli):
    said = cli("explain", "run", "--", "--json")
    assert (said.code, said.out) == (3, "")
