"""A finished run that is replaced: whole until the new one is, whatever happens meanwhile."""

import shutil
import subprocess
import sys

import pytest

import allocator as al
from allocator.errors import AllocatorError, DataError, OccupiedError
from tests.programs.initiative.small import DEPEG, FILE, VOUCHERS

BETWEEN = '[between]\nmax_per_person = "260.00"\n'
TWO = FILE[: FILE.index('[[programs]]\nname = "loans"')]


@pytest.fixture
def old(home):
    """The run of all three programs, with a report."""
    (home / "initiative.toml").write_text(FILE + BETWEEN)
    al.run_initiative(home / "initiative.toml", home / "old", report=True)
    return home / "old"


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_run_that_fails_leaves_the_old_one_as_it_was(home, old):
    before = contents(old)
    (home / "depeg.toml").write_text(DEPEG.replace("1000.00", "900.00"))
    (home / "vouchers.toml").write_text(VOUCHERS.replace("600.00", "5.00"))
    with pytest.raises(AllocatorError, match=r"^vouchers: "):
        al.run_initiative(home / "initiative.toml", old, force=True)
    assert contents(old) == before


def test_what_the_new_run_has_not_is_gone(home, old):
    (home / "initiative.toml").write_text(TWO)
    al.run_initiative(home / "initiative.toml", old, force=True)
    al.run_initiative(home / "initiative.toml", home / "fresh")
    assert contents(old).keys() == contents(home / "fresh").keys()
    assert not (old / "programs" / "loans").exists()
    assert al.verify_initiative(old).ok


def test_a_program_of_another_kind_takes_the_place_of_its_name(home, old):
    (home / "initiative.toml").write_text(
        TWO.replace("depeg.toml", "loans.toml")
        .replace("positions", "applicants")
        .replace('compensated_by = ["depeg"]\n', "")
    )
    al.run_initiative(home / "initiative.toml", old, force=True)
    al.run_initiative(home / "initiative.toml", home / "fresh")
    assert contents(old).keys() == contents(home / "fresh").keys()
    assert al.verify_initiative(old).ok


def test_files_of_somebody_else_stay_even_under_force(home):
    other = home / "other"
    (other / "policies").mkdir(parents=True)
    mine = ("report.html", "policies/mine.toml", "policies/loans.txt")
    for name in mine:
        (other / name).write_text("mine")
    al.run_initiative(home / "initiative.toml", other, force=True)
    assert all((other / name).read_text() == "mine" for name in mine)


def test_a_damaged_manifest_names_nothing_to_remove(home, old):
    (home / "initiative.toml").write_text(TWO)
    (old / "manifest.json").write_text('{"outputs": 7}')
    al.run_initiative(home / "initiative.toml", old, force=True)
    assert (old / "policies/loans.toml").exists()
    assert al.verify_initiative(old).ok


def test_in_python_one_is_told_of_force_and_in_the_shell_of_its_option(home, old):
    (home / "initiative.toml").write_text(TWO)
    with pytest.raises(OccupiedError) as caught:
        al.run_initiative(home / "initiative.toml", old)
    assert str(caught.value).endswith("choose another directory; force=True replaces it")
    assert caught.value.shell.endswith("choose another --out, or replace it with --force")
    (home / "thesis").mkdir()
    (home / "thesis" / "a.txt").write_text("mine")
    with pytest.raises(OccupiedError) as caught:
        al.run_initiative(home / "initiative.toml", home / "thesis")
    assert str(caught.value).endswith("choose another directory; force=True writes into it")
    assert caught.value.shell.endswith("choose another --out, or write into it with --force")
    with pytest.raises(OccupiedError) as caught:
        al.run_initiative(home / "initiative.toml", home)
    assert str(caught.value).endswith(
        "lies in the directory that is written: choose another directory"
    )
    assert caught.value.shell.endswith("choose another --out")


# One process that starts no threads forks for every operation, and each child is killed at its own.
AT_EVERY_OPERATION = """
import logging, os, shutil, signal, sys
logging.disable()
import allocator as al
import pyarrow.csv, pyarrow.parquet
file, mode, step = sys.argv[1], sys.argv[2], int(sys.argv[3])
EVENTS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.listdir", "os.scandir"}
def count(event, given):
    if event in EVENTS and out in " ".join(map(str, given)):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
out, n, status = "nowhere", 1, 1
while status:
    left = [1 << 30]
    out = os.path.join(os.path.dirname(file), f"{mode}-{n}")
    if mode == "force":
        shutil.copytree(os.path.join(os.path.dirname(file), "old"), out)
    child = os.fork()
    if not child:
        left = [n]
        al.run_initiative(file, out, force=mode == "force")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, int(signal.SIGKILL)), status
    n += step
"""


@pytest.mark.parametrize(("mode", "step"), [("fresh", 31), ("force", 13)])
def test_killed_at_any_file_operation(home, old, mode, step):
    (home / "vouchers.toml").write_text(VOUCHERS.replace("600.00", "500.00"))
    (home / "initiative.toml").write_text(TWO + BETWEEN)
    file = home / "initiative.toml"
    command = [sys.executable, "-c", AT_EVERY_OPERATION, str(file), mode, str(step)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    al.run_initiative(file, home / "whole")
    new, before = contents(home / "whole").keys(), contents(old)
    seen = set()
    for out in home.glob(f"{mode}-*"):
        if (out / "manifest.json").exists():
            found = al.verify_initiative(out)
            assert found.ok, (out.name, found.faults)
            kept = {name: data for name, data in contents(out).items() if name in before}
            seen.add("old" if kept == before else "new")
        else:
            with pytest.raises(DataError, match=r"it has no manifest\.json"):
                al.load_initiative(out)
            seen.add("unfinished")
        al.run_initiative(file, out, force=True)
        assert contents(out).keys() == new, out.name
        assert al.verify_initiative(out).ok
        shutil.rmtree(out)
    assert seen == ({"old", "new", "unfinished"} if mode == "force" else {"new", "unfinished"})
