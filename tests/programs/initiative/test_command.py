"""`allocator initiative`, in this process and as a process of its own."""

import json
import subprocess
import sys

import pytest

from allocator.cli import main


@pytest.fixture
def command(home, capsys, monkeypatch):
    monkeypatch.chdir(home)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["allocator", "initiative", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


def test_run_verify_explain_compare(command, home):
    code, out, err = command("run", "initiative.toml", "--out", "out", "--report")
    assert code == 0
    assert out.startswith("Together: $705.01 paid and $20,000.00 lent to 8 of 9 persons\n")
    assert "verified: program:depeg, program:vouchers, program:loans, ledger, budgets" in out
    assert "next: allocator initiative verify out      open out/report.html" in out
    assert "[2/3] vouchers ..." in err
    assert (home / "out/report.html").is_file()
    code, again, err = command("run", "initiative.toml", "--out", "out")
    assert (code, again.splitlines()[0]) == (0, out.splitlines()[0])
    assert "unchanged: out holds the run of these inputs and this initiative" in err
    code, out, _ = command("verify", "out")
    assert code == 0
    assert out.startswith("verified: out\n  program:depeg: yes\n")
    code, out, _ = command("explain", "out", "ann")
    assert code == 0
    assert "vouchers: ann: $0.00, not eligible (already_compensated)" in out
    code, out, err = command("compare", "out", "out", "--report", "both.html")
    assert code == 0
    assert out.startswith("Together, then Together (2)\n")
    assert "0 persons are paid $0.00 more" in out
    assert "open both.html" in err
    code, out, _ = command("compare", "out", "out", "--json")
    assert json.loads(out)["same"] == 9
    code, out, _ = command("show", "initiative.toml")
    assert code == 0
    assert "# between.budget is not set (assumed: the budgets that were announced are sep" in out


def test_json_is_all_there_is(command):
    code, out, err = command("run", "initiative.toml", "--out", "out", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["directory"] == "out"
    assert told["summary"]["persons_with"] == {
        "depeg": 2,
        "vouchers": 3,
        "depeg + loans": 1,
        "loans": 1,
        "vouchers + loans": 1,
        "nothing": 1,
    }
    assert told["certificate"]["status"] == "complete"
    code, out, _ = command("verify", "out", "--json")
    assert (code, json.loads(out)["ok"]) == (0, True)


def test_without_out_it_has_a_name(command, home):
    code, _, _ = command("run", "initiative.toml")
    assert code == 0
    assert len(list((home / "runs").glob("initiative-*/manifest.json"))) == 1


def test_exit_codes(command, home):
    command("run", "initiative.toml", "--out", "out")
    (home / "out/ledger.parquet").write_bytes(b"")
    code, out, err = command("verify", "out")
    assert (code, out) == (6, "")
    assert "out does not verify:\n  ledger.parquet was truncated" in err
    assert command("verify", "nothing")[0] == 2
    assert command("run", "initiative.toml", "--out", "nobodys/../vouchers.toml")[0] == 1
    (home / "vouchers.toml").write_text('schema_version = 1\nname = "x"\naward.budget = "5.00"')
    assert command("run", "initiative.toml", "--out", "out")[0] == 2  # occupied
    assert command("run", "initiative.toml", "--out", "out", "--force")[0] == 5
    (home / "initiative.toml").write_text("name = 3")
    assert command("run", "initiative.toml")[0] == 4


def test_as_a_process_and_allocator_verify_checks_each_program(home):
    def run(*words):
        return subprocess.run(
            [sys.executable, "-m", "allocator", *words],
            cwd=home,
            capture_output=True,
            text=True,
            check=False,
        )

    assert run("initiative", "run", "initiative.toml", "--out", "out").returncode == 0
    for name in ("depeg", "vouchers", "loans"):
        assert run("verify", f"out/programs/{name}").returncode == 0
    wrong = run("verify", "out")
    assert wrong.returncode == 6
    assert "is the run of an initiative: `allocator initiative verify` checks it" in wrong.stderr
    assert run("initiative", "verify", "out").returncode == 0


def test_bad_rows_are_told_with_their_program_and_never_set_aside(command, home):
    text = (home / "users.csv").read_text()
    (home / "users.csv").write_text(text.replace("ann,400,400", ",400,400"))
    code, _, err = command("run", "initiative.toml", "--out", "out")
    assert code == 3
    assert "vouchers: 1 bad row among the 7 of" in err
    assert err.count("users.csv:2: user_id is missing") == 1
    assert "An initiative sets no bad rows aside, because whoever is on them" in err
    assert "nothing was written" not in err  # the run of depeg was
    (home / "users.csv").write_text(text.replace("ann,400,400", "ann,x,400"))
    code, _, err = command("run", "initiative.toml", "--out", "out")
    assert code == 3
    assert "vouchers: 1 bad row among the 7 of" in err
    assert "An initiative sets no bad rows aside" in err
    words = ("run", "initiative.toml", "--on-bad-rows", "quarantine")
    code, _, err = command(*words)
    assert code == 2
    assert "--on-bad-rows quarantine is for `allocator run`. An initiative sets no bad" in err
    (home / "users.csv").write_text(text)
    assert command("run", "initiative.toml", "--out", "out")[0] == 0


def test_a_shared_budget_that_is_too_small_is_named(command, home):
    file = home / "initiative.toml"
    file.write_text(file.read_text() + '[between]\nbudget = "265.02"\n')
    code, _, err = command("run", "initiative.toml", "--out", "out")
    assert code == 5
    assert "vouchers: the minimum of $4.00" in err
    assert "$0.01 is what is left of the shared budget for it: raise between.budget" in err


def test_occupied_names_the_options_of_the_command(command, home):
    (home / "mine").mkdir()
    (home / "mine" / "a.txt").write_text("mine")
    code, _, err = command("run", "initiative.toml", "--out", "mine")
    assert code == 2
    assert "choose another --out, or write into it with --force" in err
