"""`allocator run`, `verify` and `explain` of a loan policy, as processes and in this one."""

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from pyarrow import parquet

import allocator as al
from allocator.cli import main
from allocator.data.write import write_csv, write_parquet

POLICY = """\
schema_version = 1
kind = "loan"
name = "Fund"
[fund]
budget = "2000000.00"
max_share_per_applicant = "5%"
expected_loss_budget = "24000.00"
min_score = "520"
[fund.segments.trader]
max_share = "35%"
min_share = "10%"
[fund.rate]
base = "0.02"
ceiling = "0.06"
spread = { A = "0.00", B = "0.01", C = "0.02", D = "0.03", E = "0.05" }
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    home = tmp_path_factory.mktemp("loan")
    table = al.simulate_applicants(120, seed=5).table
    write_csv(home / "applicants.csv", table)
    write_parquet(home / "applicants.parquet", table)
    (home / "loan.toml").write_text(POLICY)
    al.run_program(home / "applicants.parquet", home / "loan.toml").save(home / "run")
    return home


@pytest.fixture
def home(tmp_path, shared, monkeypatch):
    shutil.copytree(shared, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def cli(home, monkeypatch, capsys):  # noqa: ARG001
    def give(*args):
        monkeypatch.setattr(sys, "argv", ["allocator", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return SimpleNamespace(code=ended.value.code, out=said.out, err=said.err)

    return give


def test_a_process_runs_and_verifies(home):
    def process(*args):
        command = [sys.executable, "-m", "allocator", *args]
        return subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)

    run = process("run", "applicants.csv", "--policy", "loan.toml", "--out", "out")
    assert run.returncode == 0, run.stderr
    assert "of $2,000,000.00 lent to" in run.stdout
    assert "verified: applicants, refusals by rule" in run.stdout
    assert sorted(path.name for path in (home / "out").iterdir()) == [
        "awards.parquet",
        "certificate.json",
        "manifest.json",
        "policy.toml",
        "schedule.parquet",
        "summary.json",
    ]
    awards = parquet.read_table(home / "out" / "awards.parquet")
    assert awards.column_names[:5] == [
        "applicant_id",
        "approved",
        "granted_cents",
        "rate",
        "reason",
    ]
    certificate = json.loads((home / "out" / "certificate.json").read_text())
    assert certificate["gap"] <= 1e-3
    assert {"bound", "highs_bound", "price_bound", "value", "prices"} <= set(certificate)
    assert process("verify", "out").returncode == 0


def test_csv_verifies_too(cli):
    options = ("--policy", "loan.toml", "--out", "out", "--format", "csv")
    first = cli("run", "applicants.parquet", *options)
    assert first.code == 0
    assert cli("verify", "out").code == 0
    again = cli("run", "applicants.parquet", *options)
    assert again.out == first.out
    assert "unchanged" in again.err
    told = [cli("explain", each, "a2").out for each in ("out", "run")]
    assert told[0] == told[1]


@pytest.mark.parametrize("name", ["awards.parquet", "schedule.parquet"])
def test_changed_tables_are_found_out(cli, home, name):
    path = home / "run" / name
    table = parquet.read_table(path)
    column = "granted_cents" if name.startswith("awards") else "interest_cents"
    place = table.column_names.index(column)
    cents = table.column(column).to_pylist()
    first = next(i for i, each in enumerate(cents) if each)
    cents[first] += 100_000
    changed = table.set_column(place, table.schema.field(place), [cents])
    sha256, size = write_parquet(path, changed)
    manifest = json.loads((home / "run" / "manifest.json").read_text())
    manifest["outputs"][name] |= {"sha256": sha256, "size": size}
    (home / "run" / "manifest.json").write_text(json.dumps(manifest))
    ended = cli("verify", "run")
    assert ended.code == 6
    assert column in ended.err or "fund has" in ended.err


def test_a_changed_reason_is_found_out(cli, home):
    path = home / "run" / "awards.parquet"
    table = parquet.read_table(path)
    texts = ["because", *table.column("reason").to_pylist()[1:]]
    place = table.column_names.index("reason")
    write_parquet(path, table.set_column(place, "reason", [texts]))
    ended = cli("verify", "run")
    assert ended.code == 6
    assert "the column reason of the awards table is not what follows, first on row 1" in ended.err


def test_explain(cli, home):
    table = parquet.read_table(home / "run" / "awards.parquet").to_pylist()
    loan = next(each for each in table if each["approved"])
    refused = next(each for each in table if not each["approved"])
    assert " a year for " in cli("explain", "run", loan["applicant_id"]).out
    said = cli("explain", "run", refused["applicant_id"]).out
    assert f"{refused['applicant_id']}: refused, of $" in said
    assert refused["reason"] in said


def test_grace_is_part_of_an_explanation():
    applicants = al.simulate_applicants(5, seed=1)
    policy = al.LoanPolicy(schema_version=1, name="Grace", fund={"grace_months": 3})
    said = al.run_program(applicants, policy).explain("a1")
    assert "annuity, interest only for the first 3: " in said


def test_bad_rows_set_aside_are_in_the_summary(cli, home):
    text = (home / "applicants.csv").read_text().splitlines()
    text[5] = text[5].replace(",A,", ",Z,").replace(",B,", ",Z,").replace(",C,", ",Z,")
    text[5] = text[5].replace(",D,", ",Z,").replace(",E,", ",Z,")
    (home / "applicants.csv").write_text("\n".join(text) + "\n")
    options = ("--policy", "loan.toml", "--out", "out")
    ended = cli("run", "applicants.csv", *options)
    assert ended.code == 3
    assert "grade is not a grade of fund.rate.spread (A, B, C, D, E)" in ended.err
    aside = cli("run", "applicants.csv", *options, "--on-bad-rows", "quarantine", "--max-bad", "1")
    assert aside.code == 0
    assert "1 row was set aside as bad: quarantined.csv" in aside.out
    assert cli("verify", "out").code == 0


def test_infeasible_floors_end_with_5(cli, home):
    text = POLICY.replace('max_share = "35%"\nmin_share = "10%"', 'min_share = "1999000.00"')
    (home / "loan.toml").write_text(text)
    ended = cli("run", "applicants.csv", "--policy", "loan.toml", "--out", "out")
    assert ended.code == 5
    assert "need an expected loss of at least" in ended.err
    assert not (home / "out").exists()


def test_policy_show_is_a_policy(cli, home):
    shown = cli("policy", "show", "loan").out
    assert 'budget = "100000000.00"  # announced: $100 million for the loan fund' in shown
    assert '# max_share_per_applicant = "2%"  # none: no such limit was announced' in shown
    (home / "shown.toml").write_text(shown)
    lifted = [line.removeprefix("# ") for line in shown.splitlines() if "NAME" not in line]
    (home / "lifted.toml").write_text("\n".join(lifted[2:]))
    assert cli("policy", "check", "lifted.toml").code == 0
    assert cli("policy", "check", "shown.toml").code == 0


def test_a_failed_certificate_is_told(home):
    result = al.load_program(home / "run")
    awards = result.table
    place = awards.column_names.index("granted_cents")
    none = awards.set_column(place, "granted_cents", [[0] * len(awards)])
    from allocator.programs.loan.program import rederive

    again = rederive(home / "applicants.parquet", result.policy, none)
    assert "VERIFICATION FAILED: applicants, segments" in again.summary().page
    assert "how near this is to the best was not recorded" in again.summary().page
