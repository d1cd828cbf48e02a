"""The directory of an initiative: whole or absent, unchanged, resumed, and verified again."""

import json
import os
import signal
import subprocess
import sys

import pyarrow as pa
import pytest

import allocator as al
from allocator.data.table import read_users
from allocator.data.write import write_csv, write_parquet
from allocator.errors import AllocatorError, DataError, OccupiedError
from allocator.programs.initiative import anykind
from allocator.programs.initiative.model import Initiative
from tests.programs.initiative.small import FILE, USERS, VOUCHERS

BETWEEN = '[between]\nmax_per_person = "260.00"\nleft_over = { depeg = "vouchers" }\n'


@pytest.fixture
def file(home):
    path = home / "initiative.toml"
    path.write_text(FILE + BETWEEN)
    return path


@pytest.fixture
def out(home, file):
    al.run_initiative(file, home / "out", report=True)
    return home / "out"


def files(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def test_what_is_written(out):
    assert {name for name in files(out) if not name.startswith("programs/")} == {
        *("manifest.json", "ledger.parquet", "certificate.json", "summary.json"),
        *("initiative.toml", "report.html", "inputs/vouchers.parquet", "inputs/depeg.parquet"),
        *("policies/depeg.toml", "policies/vouchers.toml", "policies/loans.toml"),
    }
    for name, kind in (("depeg", "depeg"), ("vouchers", "voucher"), ("loans", "loan")):
        assert not anykind.recheck(out / "programs" / name, kind, None)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["kind"] == "initiative"
    assert manifest["inputs"]["depeg"][0]["rows"] == 5
    assert not list(out.glob(".*"))


def test_it_is_as_in_memory_and_as_loaded(file, out):
    fresh, loaded = al.run_initiative(file), al.load_initiative(out)
    assert loaded.ledger == fresh.ledger
    assert loaded.certificate == fresh.certificate
    assert read_users(out / "ledger.parquet").table.to_pylist() == fresh.ledger.to_pylist()
    assert json.loads((out / "certificate.json").read_text()) == fresh.certificate.to_dict()


def test_it_verifies_and_so_does_the_kept_file(out, home):
    found = al.verify_initiative(out)
    assert found.ok, found.faults
    assert found.certificate.ok
    again = al.run_initiative(out / "initiative.toml", home / "again")
    assert again.ledger == al.load_initiative(out).ledger


def test_unchanged_is_left_as_it_is(file, out, monkeypatch):
    before = {name: (out / name).stat().st_mtime_ns for name in files(out)}
    monkeypatch.setattr(anykind, "run", None)
    al.run_initiative(file, out)
    assert before == {name: (out / name).stat().st_mtime_ns for name in files(out)}


def test_only_what_changed_is_run_again(file, out, home, monkeypatch):
    (home / "vouchers.toml").write_text(VOUCHERS.replace("600.00", "500.00"))
    with pytest.raises(OccupiedError, match="holds the run of another initiative"):
        al.run_initiative(file, out)
    ran = []
    real = anykind.run
    monkeypatch.setattr(anykind, "run", lambda t, p: ran.append(p.name) or real(t, p))
    al.run_initiative(file, out, force=True)
    assert ran == ["Vouchers"]
    assert al.verify_initiative(out).ok
    assert not (out / "report.html").exists()  # of the run before


KILL = """\
import os, signal, sys
from allocator.programs.initiative import anykind, finish, run, writing
at, seen = int(sys.argv[3]), [0]
def deadly(real):
    def call(*args, **more):
        seen[0] += 1
        if seen[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)
    return call
for module, names in ((anykind, ("run", "save")),
                      (writing, ("write_file", "write_parquet")),
                      (finish, ("write_file", "write_parquet", "write_json"))):
    for name in names:
        setattr(module, name, deadly(getattr(module, name)))
run.run_initiative(sys.argv[1], sys.argv[2])
print("done", seen[0])
"""


def test_killed_anywhere_it_goes_on_and_comes_out_the_same(file, home):
    def start(folder, at):
        command = [sys.executable, "-c", KILL, str(file), str(folder), str(at)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    whole = start(home / "whole", 0)
    assert whole.returncode == 0, whole.stderr
    points = int(whole.stdout.split()[1])
    folder = home / "killed"
    for at in (2, 4, 7, points):
        ended = start(folder, at)
        if ended.returncode == 0:  # less was left to do than that
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        assert not (folder / "manifest.json").exists()
        with pytest.raises(DataError, match="run it again, and it goes on where it was"):
            al.load_initiative(folder)
    kept = (folder / "programs" / "depeg" / "manifest.json").stat().st_mtime_ns
    al.run_initiative(file, folder)
    assert (folder / "programs" / "depeg" / "manifest.json").stat().st_mtime_ns == kept
    assert al.verify_initiative(folder).ok
    assert files(folder) == files(home / "whole")
    same = ("ledger.parquet", "certificate.json", "inputs/vouchers.parquet")
    assert all((folder / n).read_bytes() == (home / "whole" / n).read_bytes() for n in same)


def test_what_is_somebody_elses_is_left(file, home):
    other = home / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(OccupiedError, match=r"not empty and not a run \(it has thesis.txt\)"):
        al.run_initiative(file, other)
    assert files(other) == {"thesis.txt"}
    with pytest.raises(OccupiedError, match="lies in the directory that is written"):
        al.run_initiative(file, home, force=True)
    with pytest.raises(AllocatorError, match="it is not a directory"):
        al.run_initiative(file, home / "users.csv")
    al.allocate(home / "users.csv", home / "vouchers.toml").save(home / "run")
    with pytest.raises(DataError, match="is not the run of an initiative: `allocator verify`"):
        al.load_initiative(home / "run")


def tampered(out, words):
    found = al.verify_initiative(out)
    assert not found.ok
    assert any(words in fault for fault in found.faults), found.faults


def rewrite(path, **columns):
    table = read_users(path).table
    for name, change in columns.items():
        column = table.column(name)
        values = pa.array(change(column.to_pylist()), column.type)
        table = table.set_column(table.column_names.index(name), name, values)
    write_parquet(path, table)


def test_tampering_is_told(out):
    rewrite(out / "ledger.parquet", depeg_cents=lambda c: [c[0] + 1, *c[1:]])
    tampered(out, "ledger.parquet was changed")
    tampered(out, "the column depeg_cents of ledger.parquet is not what follows, first on row 1")


def test_a_changed_input_of_a_program_is_told(out):
    rewrite(out / "inputs/vouchers.parquet", already_compensated=lambda c: [False] * len(c))
    tampered(out, "vouchers: the column already_compensated of inputs/vouchers.parquet is not what")


def test_a_program_run_by_itself_on_something_else_is_told(out):
    policy = al.Policy.load(out / "programs/vouchers/policy.toml").replace(budget="50.00")
    al.allocate(out / "inputs/vouchers.parquet", policy).save(out / "programs/vouchers", force=True)
    tampered(out, "vouchers: its run is of another policy than follows of the initiative")
    tampered(out, "budgets: vouchers was run with $50.00")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("programs/vouchers/awards.parquet", "vouchers: awards.parquet was truncated"),
        ("initiative.toml", "initiative.toml was truncated"),
        ("policies/depeg.toml", "policies/depeg.toml was truncated"),
        ("ledger.parquet", "ledger.parquet was truncated"),
    ],
)
def test_what_is_truncated_is_told(out, name, words):
    path = out / name
    path.write_bytes(path.read_bytes()[:-7])
    tampered(out, words)


def test_what_is_missing_is_told(out):
    (out / "programs/loans/certificate.json").unlink()
    tampered(out, "loans: certificate.json is missing")
    (out / "summary.json").unlink()
    tampered(out, "summary.json is missing")


@pytest.mark.parametrize("name", ["certificate.json", "summary.json", "report.html"])
def test_a_file_of_the_totals_that_is_missing_is_told_and_not_raised(out, name):
    (out / name).unlink()
    found = al.verify_initiative(out)
    assert found.faults == (f"{name} is missing",)


def test_a_manifest_that_is_none_is_told(out):
    (out / "manifest.json").write_text('{"kind": "initiative"}')
    tampered(out, "is damaged: it is not the manifest of an initiative")
    (out / "manifest.json").unlink()
    tampered(out, "it has no manifest.json")


def test_without_its_tables_nothing_can_be_said(out, home):
    write_csv(home / "users.csv", pa.table({**USERS, "net_assets": ["500"] * 7}))
    tampered(out, f"vouchers: the table {home}/users.csv was changed since the run")
    with pytest.raises(DataError, match="were changed since the run"):
        al.load_initiative(out)
    (home / "users.csv").unlink()
    with pytest.raises(DataError, match=r"vouchers: the table .*users.csv, which the run was made"):
        al.verify_initiative(out)
    (out / "summary.json").unlink()
    tampered(out, "users.csv cannot be found")


def test_it_may_be_moved(out, home):
    os.rename(out, home / "moved")
    assert al.verify_initiative(home / "moved").ok


def test_a_name_for_the_directory(file):
    from allocator.programs.initiative.folder import default_directory
    from allocator.programs.initiative.steps import read

    chosen = Initiative.load(file)
    first = default_directory(chosen, *read(chosen))
    assert str(first).startswith("runs/initiative-")
    file.write_text(FILE)
    chosen = Initiative.load(file)
    assert default_directory(chosen, *read(chosen)) != first
