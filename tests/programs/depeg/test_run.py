"""`allocator run`, `verify` and `explain` of a depeg policy, as processes and in this one."""

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest

import allocator as al
from allocator.cli import main
from allocator.data.write import write_csv, write_parquet
from allocator.errors import DataError, OccupiedError
from allocator.programs.verify import verify_directory

POLICY = """\
schema_version = 1
kind = "depeg"
name = "Compensation"
[claims.reference_price]
USDE = "0.9999"
WBETH = "4100.00"
BNSOL = "200.00"
[award]
budget = "100000.00"
minimum = "1.00"
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    home = tmp_path_factory.mktemp("depeg")
    table = al.simulate_positions(400, seed=5).table
    write_csv(home / "positions.csv", table)
    write_parquet(home / "positions.parquet", table)
    (home / "depeg.toml").write_text(POLICY)
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


def process(*args, cwd):
    command = [sys.executable, "-m", "allocator", *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def run(home, cli):
    assert cli("run", "positions.csv", "--policy", "depeg.toml", "--out", "out").code == 0
    return home / "out"


def test_run_and_verify_as_processes_with_tampering(home):
    done = process("run", "positions.csv", "--policy", "depeg.toml", "--out", "out", cwd=home)
    assert (done.returncode, "verified: users, claims" in done.stdout) == (0, True), done.stderr
    assert sorted(path.name for path in (home / "out").iterdir()) == [
        "awards.parquet",
        "certificate.json",
        "manifest.json",
        "policy.toml",
        "summary.json",
    ]
    again = process("run", "positions.csv", "--policy", "depeg.toml", "--out", "out", cwd=home)
    assert (again.returncode, "unchanged: out holds" in again.stderr) == (0, True)
    good = process("verify", "out", cwd=home)
    assert good.returncode == 0, good.stderr
    assert "  claims: yes" in good.stdout
    assert "That the reference prices are the right ones" in good.stdout
    path = home / "positions.csv"
    path.write_text(path.read_text().replace("USDE", "WBETH", 1))
    bad = process("verify", "out", cwd=home)
    assert bad.returncode == 6
    assert "positions.csv was changed since the run" in bad.stderr
    other = process("run", "positions.csv", "--policy", "depeg.toml", "--out", "out", cwd=home)
    assert other.returncode == 2
    assert "out holds a run of other inputs or of another policy" in other.stderr


def test_awards_have_the_four_columns_and_money_adds_up(run):
    result = al.load_program(run)
    assert result.table.column_names == ["user_id", "claim_cents", "award_cents", "reason"]
    assert result.awards["award_cents"].sum() == 10_000_000
    certificate = json.loads((run / "certificate.json").read_text())
    assert (certificate["status"], certificate["spent_cents"]) == ("divided", 10_000_000)
    assert certificate["claims_cents"] == result.awards["claim_cents"].sum()
    assert certificate["checks"] and all(certificate["checks"].values())  # noqa: PT018
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["policy"]["canonical"]["kind"] == "depeg"
    assert manifest["policy"]["values"]["award.budget"]["source"] == "set"
    assert repr(result) == f"Result('Compensation', {len(result)} rows, divided)"
    assert result.to_arrow() is result.table


def test_explain_and_json(run, cli):
    first = al.load_program(run).table.column(0)[0].as_py()
    said = cli("explain", "out", first)
    assert said.code == 0
    assert said.out.startswith(f"{first}: $")
    told = json.loads(cli("explain", "out", first, "--json").out)
    assert told["explanation"] in said.out
    assert cli("explain", "out", "nobody").code == 3
    assert "there is no user_id 'nobody' in this run" in cli("explain", "out", "nobody").err
    assert "--versus is for runs of vouchers" in cli("explain", "out", first, "--versus", "x").err
    content = json.loads(
        cli("run", "positions.csv", "--policy", "depeg.toml", "--json", "--out", "out").out
    )
    assert content["summary"]["spent_cents"] == 10_000_000
    assert json.loads(cli("verify", "out", "--json").out)["ok"]


def test_csv_and_the_default_directory(home, cli):
    said = cli("run", "positions.parquet", "--policy", "depeg.toml", "--format", "csv")
    assert said.code == 0
    (directory,) = (home / "runs").iterdir()
    assert directory.name.startswith("positions-")
    head, first = (directory / "awards.csv").read_text().splitlines()[:2]
    assert head == "user_id,claim_cents,award_cents,reason,claim,award"
    cents, dollars = first.split(",")[1], first.split(",")[4]
    assert f"{int(cents) / 100:.2f}" == dollars
    assert cli("verify", directory).code == 0
    assert al.load_program(directory).explain(first.split(",")[0])
    text = (directory / "awards.csv").read_text()
    for old, new, told in (
        (f"{cents},", "x,", "claim_cents are no whole cents"),
        (f",{dollars}", ",0.00", "the column claim of the awards table is not what follows"),
    ):
        (directory / "awards.csv").write_text(text.replace(old, new, 1))
        said = cli("verify", directory)
        assert (said.code, told in said.err) == (6, True), said.err
        assert "awards.csv was" in said.err


def forge(run, name, change):
    """Change a file and the manifest's word about it, as somebody would who hides the change."""
    from allocator.data.write import write_file

    content = change((run / name).read_bytes())
    sha256, size = write_file(run / name, content)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["outputs"][name] |= {"sha256": sha256, "size": size}
    (run / "manifest.json").write_text(json.dumps(manifest))


def change_json(**changes):
    return lambda content: json.dumps({**json.loads(content), **changes}).encode()


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("certificate.json", change_json(spent_cents=1), "certificate.json does not say what foll"),
        ("summary.json", change_json(users=1), "summary.json does not say what follows: users"),
        ("certificate.json", lambda content: content[:-5], "certificate.json is damaged"),
        (
            "policy.toml",
            lambda content: content.replace(b'"1.00"', b'"2.00"'),
            "the policy was changed: its sha256 is not the manifest's",
        ),
        ("awards.parquet", lambda content: content[:100], "awards.parquet is damaged"),
    ],
)
def test_forged_files_are_told(run, cli, name, change, told):
    forge(run, name, change)
    said = cli("verify", "out")
    assert (said.code, told in said.err) == (6, True), said.err


def rewrite(run, table):
    from allocator.data.write import write_parquet

    sha256, size = write_parquet(run / "awards.parquet", table)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["outputs"]["awards.parquet"] |= {"sha256": sha256, "size": size}
    (run / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("column", ["claim_cents", "award_cents"])
def test_a_forged_cent_is_told(run, cli, column):
    import pyarrow as pa

    table = al.load_program(run).table
    cents = table.column(column).to_pylist()
    cents[3] += 1
    cents[4] -= 1
    place = table.column_names.index(column)
    rewrite(run, table.set_column(place, column, pa.array(cents)))
    said = cli("verify", "out")
    assert said.code == 6
    assert (
        "has a cent coming before one that row 4 holds"
        if column == "award_cents"
        else "the column claim_cents of the awards table is not what follows, first on row 4"
    ) in said.err


def test_tables_that_no_run_writes_are_told(run, cli):
    import pyarrow as pa

    table = al.load_program(run).table
    for forged, told in (
        (table.slice(1), "the awards table has"),
        (table.rename_columns(["user", *table.column_names[1:]]), "have no column user_id"),
        (table.append_column("more", table.column(0)), "reason, more, not those of a run"),
        (
            table.set_column(1, "claim_cents", table.column(1).cast(pa.int32())),
            "the column claim_cents of the awards table is of another type",
        ),
        (table.take(list(range(len(table)))[::-1]), "the column user_id of the awards table is"),
    ):
        rewrite(run, forged)
        said = cli("verify", "out")
        assert (said.code, told in said.err) == (6, True), said.err


def edit_manifest(run, change):
    manifest = json.loads((run / "manifest.json").read_text())
    change(manifest)
    (run / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda m: m["warnings"].append("x"), "manifest.json does not have the warnings that foll"),
        (lambda m: m.update(simulated="x"), "does not say what the table says of being simulated"),
        (lambda m: m.update(quarantined=3), "says that 3 bad rows were set aside, the table has 0"),
        (
            lambda m: m["policy"]["values"]["award.budget"].update(source="announced"),
            "manifest.json does not say what follows of the policy and its sources",
        ),
        (lambda m: m["inputs"][0].update(rows=5), "manifest.json does not say what follows of "),
    ],
)
def test_a_forged_manifest_is_told(run, cli, change, told):
    edit_manifest(run, change)
    said = cli("verify", "out")
    assert (said.code, told in said.err) == (6, True), said.err


def test_tables_of_other_programs_are_told(run, cli):
    digest = write_parquet(run / "schedule.parquet", al.load_program(run).table)
    entry = dict(zip(("sha256", "size"), digest, strict=True))
    edit_manifest(run, lambda m: m["outputs"].update({"schedule.parquet": entry}))
    said = cli("verify", "out")
    assert (said.code, "schedule.parquet is not of this run, or is missing" in said.err) == (
        6,
        True,
    )
    assert list(al.load_program(run).extra) == ["schedule.parquet"]


def test_rows_set_aside_are_told(home, cli):
    path = home / "positions.csv"
    path.write_text(path.read_text().replace("2025-10-10 ", "someday ", 1))
    command = ("run", "positions.csv", "--policy", "depeg.toml", "--out", "out")
    assert cli(*command, "--on-bad-rows", "quarantine", "--max-bad", "1").code == 0
    run = home / "out"
    forge(run, "quarantined.csv", lambda content: content.replace(b"reasons", b"words"))
    assert "quarantined.csv has other columns than the table" in cli("verify", "out").err
    edit_manifest(run, lambda m: m["outputs"].pop("quarantined.csv"))
    assert "quarantined.csv is not of this run, or is missing" in cli("verify", "out").err
    (run / "awards.parquet").unlink()
    said = cli("verify", "out")
    assert (said.code, "awards.parquet is missing" in said.err) == (6, True)


def test_missing_inputs_and_files(run, cli, home):
    (home / "positions.csv").rename(home / "moved.csv")
    said = cli("verify", "out")
    assert (said.code, "positions.csv cannot be found" in said.err) == (3, True)
    assert cli("verify", "out", "--users", "moved.csv").code == 0
    assert cli("verify", "out", "--users", "moved.csv", "--policy", "depeg.toml").code == 0
    assert cli("verify", "out", "--users", "nowhere.csv").code == 3
    said = cli("verify", "out", "--users", "positions.parquet")
    assert (said.code, "the rows given are not the ones of the run" in said.err) == (6, True)
    (home / "other.toml").write_text(POLICY.replace("100000.00", "100000.01"))
    said = cli("verify", "out", "--users", "moved.csv", "--policy", "other.toml")
    assert (said.code, "total: $100,000.00 is spent, not $100,000.01" in said.err) == (6, True)
    assert cli("verify", "out", "--paid", "moved.csv").code == 2
    (run / "summary.json").unlink()
    said = cli("verify", "out")
    assert said.code == 6
    assert "summary.json is missing" in said.err
    assert "cannot be found" in said.err
    with pytest.raises(DataError, match=r"summary\.json is missing"):
        al.load_program(run)
    (run / "manifest.json").unlink()
    assert "is not a finished run" in cli("verify", "out").err


def test_bad_rows_are_told_or_set_aside(home, cli):
    path = home / "positions.csv"
    lines = path.read_text().splitlines()
    lines[3] = lines[3].replace("2025-10-10 ", "someday ")
    lines[5] += ",surplus"
    path.write_text("\n".join(lines) + "\n")
    command = ("run", "positions.csv", "--policy", "depeg.toml", "--out", "out")
    said = cli(*command)
    assert said.code == 3
    assert "2 bad rows" in said.err
    assert "Or set them aside: --on-bad-rows quarantine --max-bad 2" in said.err
    said = cli(*command, "--on-bad-rows", "quarantine", "--max-bad", "2")
    assert said.code == 0
    assert "2 bad rows set aside in out/quarantined.csv" in said.err
    assert "2 rows were set aside as bad: quarantined.csv" in said.out
    assert cli("verify", "out").code == 0
    forge(home / "out", "quarantined.csv", lambda content: content.replace(b"someday", b"sameday"))
    said = cli("verify", "out")
    assert (said.code, "quarantined.csv: time is not what follows" in said.err) == (6, True)


def test_options_of_vouchers_are_refused(cli):
    command = ("run", "positions.csv", "--policy", "depeg.toml")
    for more in (("--report",), ("--paid", "positions.csv")):
        said = cli(*command, *more)
        assert said.code == 2
        assert f"{more[0]} is for voucher policies; depeg.toml is of kind depeg" in said.err


def test_an_infeasible_policy_exits_with_5(home, cli):
    (home / "depeg.toml").write_text(POLICY.replace('"1.00"', '"5000.00"'))
    said = cli("run", "positions.csv", "--policy", "depeg.toml")
    assert said.code == 5
    assert "lower award.minimum to $" in said.err
    assert not (home / "runs").exists()


def test_policy_commands(home, cli):
    said = cli("policy", "show", "depeg")
    assert said.code == 0
    (home / "shown.toml").write_text(said.out)
    assert al.DepegPolicy.load(home / "shown.toml") == al.DepegPolicy.example()
    said = cli("policy", "check", "depeg.toml")
    assert "  award.budget: $100,000.00 (set)" in said.out
    assert '"depeg"' in cli("policy", "schema", "depeg").out
    assert "award.budget: $283,000,000.00 (announced) -> $100,000.00 (set)" in (
        cli("policy", "diff", "shown.toml", "depeg.toml").out
    )
    (home / "typo.toml").write_text(POLICY.replace("minimum", "minimun"))
    said = cli("policy", "check", "typo.toml")
    assert (said.code, "line 10: award.minimun: unknown key; did you mean" in said.err) == (4, True)


def test_save_and_load_in_python(run, tmp_path, home):
    result = al.run_program(home / "positions.csv", home / "depeg.toml")
    result.save(tmp_path / "mine")
    assert (tmp_path / "mine" / "awards.parquet").read_bytes() == (
        run / "awards.parquet"
    ).read_bytes()
    loaded = al.load_program(tmp_path / "mine")
    assert loaded.summary() == result.summary()
    assert loaded.certificate == result.certificate
    other = al.run_program(home / "positions.csv", loaded.policy.replace(budget="5000.00"))
    with pytest.raises(OccupiedError):
        other.save(tmp_path / "mine")
    other.save(tmp_path / "mine", force=True)
    (tmp_path / "mine" / "certificate.json").write_text("{}")
    with pytest.raises(DataError, match=r"certificate\.json was"):
        al.load_program(tmp_path / "mine")
    forge(tmp_path / "mine", "certificate.json", lambda content: content)
    with pytest.raises(DataError, match="it is not the certificate of a program"):
        al.load_program(tmp_path / "mine")


def test_nothing_heavy_is_imported(home):
    code = (
        "import sys, allocator as al\n"
        "result = al.run_program('positions.parquet', 'depeg.toml')\n"
        "result.save('light'); result.explain('u1')\n"
        "al.load_program('light').summary()\n"
        "heavy = {'pandas', 'matplotlib', 'cvxpy', 'scipy', 'highspy', 'polars'}\n"
        "print(*heavy & set(sys.modules))\n"
    )
    table = al.simulate_positions(300, seed=1, users=2).table
    write_parquet(home / "positions.parquet", table)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")


def test_simulated_positions_say_so_everywhere(home):
    positions = al.simulate_positions(300, seed=1)
    write_parquet(home / "simulated.parquet", positions.table)
    result = al.run_program(home / "simulated.parquet", home / "depeg.toml")
    result.save(home / "simulated")
    manifest = json.loads((home / "simulated" / "manifest.json").read_text())
    assert manifest["simulated"] == "300 positions, seed 1"
    assert json.loads((home / "simulated" / "summary.json").read_text())["simulated"]


def test_nobody_gets_more_than_their_own_cap(table, policy, tmp_path):
    rows = (("a", "100", "0.5"), ("a", "100", "0.5"), ("b", "100", "0.5"), ("c", "100", "0.5"))
    positions = table(*rows, most=["30", "20.009", None, "0"])
    capped = policy(columns={"award_cap": "most"})
    result = al.run_program(positions, capped)
    assert result.table.column("award_cents").to_pylist() == [2_000, 4_999, 0]
    assert result.table.column("award_cap_cents").to_pylist() == [2_000, None, 0]
    assert result.certificate.ok
    assert "may get no more than $20.00 (columns.award_cap)" in result.explain("a")
    assert "paid in full, up to each user's own cap" in str(result.summary())
    write_csv(tmp_path / "positions.csv", positions)
    al.run_program(tmp_path / "positions.csv", capped).save(tmp_path / "run")
    assert verify_directory(tmp_path / "run").ok
    few = al.run_program(positions, capped.replace(budget="60.00", minimum="30.00"))
    assert few.table.column("award_cents").to_pylist() == [2_000, 4_000, 0]
