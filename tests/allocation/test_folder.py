"""A run's directory: written whole or not at all, read back as it was, found out when changed."""

import hashlib
import json
import multiprocessing
import os
import re
import shutil
import threading

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

import allocator as al
from allocator.allocation import folder
from allocator.allocation.loading import read_awards
from allocator.allocation.manifest import damaged, read_manifest
from allocator.allocation.pipeline import load, run
from allocator.allocation.recheck import recheck
from allocator.allocation.stages import Stages
from allocator.data import disk
from allocator.data.write import write_csv
from allocator.errors import DataError, OccupiedError


@pytest.fixture(scope="module")
def files(tmp_path_factory, users, policy):
    home = tmp_path_factory.mktemp("inputs")
    parquet.write_table(users.table, home / "users.parquet")
    write_csv(home / "users.csv", users.table)
    (home / "policy.toml").write_text(policy.to_toml())
    return home


@pytest.fixture(scope="module")
def fresh(files, policy):
    return al.allocate(files / "users.parquet", policy)


@pytest.fixture(scope="module")
def fresh_csv(files, policy):
    return al.allocate(files / "users.csv", policy)


@pytest.fixture(params=["parquet", "csv", "csv of csv"])
def saved(request, tmp_path, fresh, fresh_csv):
    run = fresh_csv if request.param == "csv of csv" else fresh
    folder.save(run, tmp_path / "run", csv=request.param != "parquet")
    return tmp_path / "run"


def faults(directory, **how):
    found = recheck(directory, **how)
    assert found.ok == (not found.faults)
    return "\n".join(found.faults)


def forge(directory, name, content):
    """Replace a file and what the manifest says of it: somebody who knows how runs are kept."""
    (directory / name).write_bytes(content)
    manifest = json.loads((directory / "manifest.json").read_text())
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
    manifest["outputs"][name] = entry
    (directory / "manifest.json").write_text(json.dumps(manifest))


def forge_awards(directory, change):
    manifest = json.loads((directory / "manifest.json").read_text())
    table = change(read_awards(directory, manifest))
    if "awards.parquet" in manifest["outputs"]:
        sink = pa.BufferOutputStream()
        parquet.write_table(table, sink)
        forge(directory, "awards.parquet", sink.getvalue().to_pybytes())
        return
    table = table.append_column("award", pc.divide(table["award_cents"].cast(pa.float64()), 100.0))
    for name in ("reason", "binding"):
        at = table.column_names.index(name)
        table = table.set_column(at, name, table[name].cast(pa.string()))
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(table, sink)
    forge(directory, "awards.csv", sink.getvalue().to_pybytes())


def with_values(name, values):
    def change(table):
        column = pa.array(values(table), table[name].type)
        return table.set_column(table.column_names.index(name), name, column)

    return change


def test_a_run_verifies(saved):
    found = recheck(saved)
    assert found.faults == ()
    assert found.certificate.ok


def test_a_run_verifies_after_the_folder_was_moved(saved, tmp_path):
    shutil.move(saved, tmp_path / "elsewhere")
    assert faults(tmp_path / "elsewhere") == ""


def test_a_loaded_run_equals_the_fresh_one(saved, fresh):
    loaded = al.load_allocation(saved)
    mine, theirs = loaded.to_arrow(), fresh.to_arrow()
    assert mine.column_names == theirs.column_names
    exact = {"user_id", "eligible", "reason", "binding", "loss_ratio", "claim", "factor", "weight"}
    for name in exact | {"lower_cents", "upper_cents", "award_cents"}:
        assert mine[name].to_pylist() == theirs[name].to_pylist(), name
    assert loaded.policy == fresh.policy
    assert loaded.warnings == fresh.warnings
    assert loaded.certificate.to_dict() == fresh.certificate.to_dict()
    mine, theirs = (str(each.summary()).splitlines()[1:] for each in (loaded, fresh))
    assert mine == theirs
    for user in fresh.to_arrow()["user_id"].to_pylist()[:60]:
        assert loaded.explain(user).customer == fresh.explain(user).customer
        assert loaded.explain(user).award_cents == fresh.explain(user).award_cents


def test_the_same_run_gives_the_same_bytes(fresh, tmp_path):
    for name in ("a", "b"):
        for csv in (False, True):
            folder.save(fresh, tmp_path / f"{name}{csv}", csv=csv, html="<html></html>")
    for csv in (False, True):
        names = sorted(path.name for path in (tmp_path / f"a{csv}").iterdir())
        assert len(names) == 6
        for name in names:
            one, other = (
                (tmp_path / f"{each}{csv}" / name)
                .read_bytes()
                .replace(str(tmp_path / f"{each}{csv}").encode(), b"HERE")
                for each in "ab"
            )
            assert one == other, name


def test_saving_twice_is_saving_once(fresh, tmp_path):
    fresh.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    fresh.save(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_files_of_the_run_before_do_not_stay(fresh, tmp_path):
    folder.save(fresh, tmp_path, csv=True, html="x")
    folder.save(fresh, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "awards.parquet",
        "certificate.json",
        "manifest.json",
        "policy.toml",
        "summary.json",
    ]


def test_another_run_is_not_overwritten(fresh, policy, files, tmp_path):
    fresh.save(tmp_path)
    other = al.allocate(files / "users.parquet", policy.replace(alpha=2))
    with pytest.raises(al.AllocatorError, match="holds a run of other inputs or of another policy"):
        other.save(tmp_path)
    assert faults(tmp_path) == ""
    other.save(tmp_path, force=True)
    assert faults(tmp_path) == ""
    assert al.load_allocation(tmp_path).policy.objective.alpha == 2


def test_a_folder_of_something_else_is_not_written_into(fresh, tmp_path):
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(al.AllocatorError, match=r"not empty and not a run \(it has thesis.doc\)"):
        fresh.save(tmp_path)
    fresh.save(tmp_path, force=True)
    assert (tmp_path / "thesis.doc").read_text() == "x"
    fresh.save(tmp_path)


def test_a_place_that_cannot_be_written_is_told(fresh, tmp_path):
    (tmp_path / "file").write_text("x")
    for place in ("file", "file/run"):
        with pytest.raises(al.AllocatorError, match="cannot write to"):
            fresh.save(tmp_path / place)


def test_temporary_files_of_the_dead_are_cleared(fresh, tmp_path):
    dead = multiprocessing.get_context("spawn").Process(target=int)
    dead.start()
    dead.join()
    left = [
        f".awards.parquet.{dead.pid}.0123abcd.tmp",
        ".awards.parquet.99999999999999999999.0123abcd.tmp",
    ]
    alive = f".awards.parquet.{os.getpid()}.0123abcd.tmp"
    for name in [*left, alive]:
        (tmp_path / name).write_text("half")
    fresh.save(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert alive in names
    assert not names & set(left)


def test_a_failure_in_the_middle_leaves_the_run_before(fresh, policy, files, tmp_path, monkeypatch):
    fresh.save(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    other = al.allocate(files / "users.parquet", policy.replace(alpha=2))

    def full(*_, **__):
        raise al.AllocatorError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write_file", full)
        with pytest.raises(al.AllocatorError, match="the disk is full"):
            other.save(tmp_path, force=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    other.save(tmp_path, force=True)
    assert faults(tmp_path) == ""


def test_a_name_that_is_taken_by_a_directory_is_told_before_anything_goes(fresh, tmp_path):
    fresh.save(tmp_path)
    (tmp_path / "report.html").mkdir()
    with pytest.raises(al.AllocatorError, match=r"report\.html cannot be written: a directory has"):
        folder.save(fresh, tmp_path, html="x")
    assert faults(tmp_path) == ""
    assert len(list(tmp_path.iterdir())) == 6


def test_what_a_kill_left_beside_a_whole_run_is_cleared_away(fresh, tmp_path):
    fresh.save(tmp_path)
    left = (".allocator-run", ".awards.parquet.99999999999999999999.0123abcd.tmp")
    for name in left:
        (tmp_path / name).touch()
    assert faults(tmp_path) == ""
    assert folder.holds(tmp_path, fresh.sources, fresh.policy, {"awards.parquet"})
    assert not {path.name for path in tmp_path.iterdir()} & set(left)
    assert faults(tmp_path) == ""


def test_an_interrupt_while_files_get_their_names_ends_after_the_last(
    fresh, policy, files, tmp_path, monkeypatch
):
    fresh.save(tmp_path)
    other = al.allocate(files / "users.parquet", policy.replace(alpha=2))
    once = [KeyboardInterrupt]

    def place(self, path, real=disk.Stage.place):
        if path.endswith("summary.json") and once:
            raise once.pop()
        real(self, path)

    monkeypatch.setattr(disk.Stage, "place", place)
    with pytest.raises(KeyboardInterrupt):
        other.save(tmp_path, force=True)
    assert al.load_allocation(tmp_path).policy.objective.alpha == 2
    assert len(list(tmp_path.iterdir())) == 5
    assert faults(tmp_path) == ""


def test_a_report_that_cannot_be_attached_leaves_the_run_as_it_was(fresh, tmp_path, monkeypatch):
    folder.save(fresh, tmp_path, html="x")

    def full(*_, **__):
        raise al.AllocatorError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write_json", full)
        with pytest.raises(al.AllocatorError, match="the disk is full"):
            folder.attach_report(tmp_path, "y")
    assert faults(tmp_path) == ""
    folder.attach_report(tmp_path, "y")
    assert faults(tmp_path) == ""
    assert (tmp_path / "report.html").read_text() == "y"


def test_several_runs_at_once_into_one_directory(fresh, files, policy, tmp_path):
    runs = [fresh, al.allocate(files / "users.parquet", policy.replace(alpha=2))] * 4
    refused = []

    def save(run):
        try:
            run.save(tmp_path / "run")
        except al.AllocatorError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=save, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults(tmp_path / "run") == ""
    assert len(refused) == 4
    assert all("holds a run of other inputs" in words for words in refused)


@pytest.mark.parametrize("change", ["missing", "truncated", "longer", "changed"])
@pytest.mark.parametrize("which", ["awards", "certificate", "summary", "policy"])
def test_a_file_that_is_not_as_written_is_told(saved, change, which):
    (path,) = saved.glob(f"{which}.*")
    content = path.read_bytes()
    if change == "missing":
        path.unlink()
    else:
        path.write_bytes(
            {
                "truncated": content[:-1],
                "longer": content + b"\n",
                "changed": content[:40] + bytes([content[40] ^ 1]) + content[41:],
            }[change]
        )
    words = {
        "missing": f"{path.name} is missing",
        "truncated": f"{path.name} was truncated: {len(content) - 1:,} bytes",
        "longer": f"{path.name} was changed: {len(content) + 1:,} bytes",
        "changed": f"{path.name} was changed: its sha256 is not the manifest's",
    }[change]
    assert words in faults(saved)
    with pytest.raises(al.DataError, match="is not as it was written"):
        al.load_allocation(saved)


def one_cent_more(table):
    cents = table["award_cents"].to_pylist()
    cents[cents.index(max(cents))] += 1
    return cents


def one_cent_moved(table):
    cents = table["award_cents"].to_pylist()
    free = [i for i, kind in enumerate(table["binding"].to_pylist()) if kind == "none" and cents[i]]
    cents[free[0]] += 1
    cents[free[1]] -= 1
    return cents


def two_swapped(table):
    cents = table["award_cents"].to_pylist()
    free = [i for i, kind in enumerate(table["binding"].to_pylist()) if kind == "none" and cents[i]]
    cents[free[0]], cents[free[1]] = cents[free[1]], cents[free[0]]
    return cents


FORGED = {
    "one cent more": ("award_cents", one_cent_more, "total:"),
    "one cent moved": ("award_cents", one_cent_moved, "optimal:"),
    "two users swapped": ("award_cents", two_swapped, "optimal:"),
    "a reason": (
        "reason",
        lambda t: ["excluded:region", *t["reason"].to_pylist()[1:]],
        "the column reason of the awards table is not what follows",
    ),
    "a loss": (
        "loss",
        lambda t: [t["loss"][1].as_py(), *t["loss"].to_pylist()[1:]],
        "the column loss of the awards table is not what follows",
    ),
    "a weight": (
        "weight",
        lambda t: [t["weight"][0].as_py() * 1.0001, *t["weight"].to_pylist()[1:]],
        "the column weight of the awards table is not what follows",
    ),
    "an id": (
        "user_id",
        lambda t: ["mallory", *t["user_id"].to_pylist()[1:]],
        "the column user_id of the awards table is not what follows",
    ),
    "a cap": (
        "upper_cents",
        lambda t: [1, *t["upper_cents"].to_pylist()[1:]],
        "the column upper_cents of the awards table is not what follows",
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_forged_awards_are_told_even_with_a_forged_manifest(saved, what):
    name, values, words = FORGED[what]
    forge_awards(saved, lambda table: table)
    assert faults(saved) == ""
    forge_awards(saved, with_values(name, values))
    assert words in faults(saved)


def test_forged_rows_are_told(saved):
    forge_awards(saved, lambda table: table.slice(1))
    assert "the awards table has 599 rows, the users are 600" in faults(saved)


@pytest.mark.parametrize("name", ["factor", "eligible"])
def test_a_column_that_is_gone_is_told(saved, name):
    forge_awards(saved, lambda table: table.drop_columns([name]))
    assert f"the awards table has no column {name}" in faults(saved)


def test_a_forged_certificate_is_told(saved):
    content = json.loads((saved / "certificate.json").read_text())
    forge(saved, "certificate.json", json.dumps(content).encode())
    assert faults(saved) == ""
    content |= {"eligible": 599, "level": content["level"] * 1.01}
    del content["proves"]
    forge(saved, "certificate.json", json.dumps(content).encode())
    assert "certificate.json does not say what follows: proves, eligible, level" in faults(saved)
    forge(saved, "certificate.json", b"{")
    assert faults(saved) != ""


def test_a_forged_policy_is_told(saved, policy):
    forge(saved, "policy.toml", policy.replace(maximum="5000.00").to_toml().encode())
    assert "the policy was changed: its sha256 is not the manifest's" in faults(saved)
    forge(saved, "policy.toml", b"nonsense")
    assert "is not valid TOML" in faults(saved)


def test_another_policy_is_told(saved, policy):
    assert faults(saved, policy=policy) == ""
    assert "the policy was changed" in faults(saved, policy=policy.replace(alpha=2))


BROKEN = [
    "{",
    "[]",
    "null",
    '{"inputs": "x", "policy": [], "outputs": 3, "versions": {}}',
    '{"inputs": [], "policy": {}, "outputs": {}, "versions": {}}',
    "\x00",
]


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_manifest_is_told(fresh, tmp_path, content):
    fresh.save(tmp_path)
    (tmp_path / "manifest.json").write_text(content)
    assert "is damaged: it is not the manifest of a run" in faults(tmp_path)
    with pytest.raises(al.DataError, match="is damaged"):
        al.load_allocation(tmp_path)
    with pytest.raises(al.DataError, match="is damaged"):
        fresh.save(tmp_path)
    fresh.save(tmp_path, force=True)
    assert faults(tmp_path) == ""


@pytest.mark.parametrize("version", [99, 0, "1", None, True])
def test_a_manifest_of_an_unknown_version_is_told(fresh, tmp_path, version):
    fresh.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["schema_version"] = version
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    newer = (
        "was written by a newer version of allocator: its schema_version is 99, this one knows 1"
    )
    words = newer if version == 99 else "is damaged: it is not the manifest of a run"
    assert words in faults(tmp_path)
    with pytest.raises(al.DataError, match=words):
        al.load_allocation(tmp_path)


@pytest.mark.parametrize(
    "part", ["inputs", "simulated", "quarantined", "warnings", "policy", "outputs", "versions"]
)
def test_a_manifest_without_a_part_is_told(fresh, tmp_path, part):
    fresh.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest[part]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert "is damaged" in faults(tmp_path)


def test_changed_and_missing_inputs_are_told(files, policy, tmp_path):
    shutil.copy(files / "users.csv", tmp_path / "users.csv")
    al.allocate(tmp_path / "users.csv", policy).save(tmp_path / "run")
    text = (tmp_path / "users.csv").read_text()
    (tmp_path / "users.csv").write_text(text + "\n")
    assert f"the input {tmp_path}/users.csv was changed since the run" in faults(tmp_path / "run")
    (tmp_path / "users.csv").unlink()
    gone = f"the input {tmp_path}/users.csv cannot be found: name the users with --users"
    with pytest.raises(al.DataError, match=re.escape(gone)):
        recheck(tmp_path / "run")
    assert faults(tmp_path / "run", users=files / "users.csv") == ""
    other = faults(tmp_path / "run", users=files / "users.parquet")
    assert "the users given are not the ones of the run: their sha256 differs" in other
    with pytest.raises(al.DataError, match=r"none\.csv does not exist"):
        recheck(tmp_path / "run", users=tmp_path / "none.csv")
    (tmp_path / "run" / "summary.json").unlink()
    assert gone in faults(tmp_path / "run")  # beside what is known to be wrong
    assert "summary.json is missing" in faults(tmp_path / "run")


def test_a_run_of_several_files_verifies(users, policy, tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    write_csv(parts / "a.csv", users.table.slice(0, 200))
    write_csv(parts / "b.csv", users.table.slice(200, 0))
    write_csv(parts / "c [1].csv", users.table.slice(200))
    run = al.allocate(parts, policy)
    run.save(tmp_path / "run")
    assert len(run) == 600
    assert faults(tmp_path / "run") == ""
    assert faults(tmp_path / "run", users=str(parts / "*.csv")) == ""
    (parts / "a.csv").write_text((parts / "a.csv").read_text().replace("u1,", "v1,"))
    assert "a.csv was changed since the run" in faults(tmp_path / "run")


def test_a_run_of_a_frame_verifies_against_the_frame(three, policy, tmp_path):
    run = al.allocate(three, policy.replace(budget="100.00"))
    run.save(tmp_path / "run")
    with pytest.raises(al.DataError, match=r"^this run was made of a data frame, so that there is"):
        recheck(tmp_path / "run")
    assert faults(tmp_path / "run", users=three) == ""
    other = three.set_column(1, "liquidation_loss", pa.array(["80.00", "61.00", "20.00"]))
    told = "the column loss of the awards table is not what follows, first on row 2"
    assert told in faults(tmp_path / "run", users=other)


HOSTILE = ["NA", "null", "nan", "", " pad ", "=1+1", 'q"uo,te', "two\nlines", "\r", "<b>", "ünï"]


@pytest.mark.parametrize("csv", [False, True])
def test_hostile_ids_survive(policy, tmp_path, csv):
    ids = [name for name in HOSTILE if name] + ["1e5", "true", "007", "-x", "\t", "a'b;c|d\\"]
    n = len(ids)
    table = pa.table(
        {
            "user_id": ids,
            "liquidation_loss": [f"{60 + i}.00000001" for i in range(n)],
            "net_assets": ["0.00000001", *["100.10"] * (n - 1)],
        }
    )
    parquet.write_table(table, tmp_path / "u.parquet")
    name = "<script>'\" =1+1 \u202e ünï"
    run = al.allocate(tmp_path / "u.parquet", policy.replace(budget="900.00", name=name))
    folder.save(run, tmp_path / "run", csv=csv)
    assert faults(tmp_path / "run") == ""
    loaded = al.load_allocation(tmp_path / "run")
    assert loaded.to_arrow()["user_id"].to_pylist() == ids
    assert loaded.policy.name == name
    for user in ids:
        assert loaded.explain(user).customer == run.explain(user).customer


def test_newlines_in_ids_survive_wherever_a_csv_reader_cuts_its_blocks(policy, tmp_path):
    n = 6000
    ids = [f"{i}\n" + "line\n" * 90 for i in range(n)]
    table = pa.table(
        {"user_id": ids, "liquidation_loss": ["60"] * n, "net_assets": pa.array([100] * n)}
    )
    parquet.write_table(table, tmp_path / "u.parquet")
    run = al.allocate(tmp_path / "u.parquet", policy)
    folder.save(run, tmp_path / "run", csv=True)
    assert faults(tmp_path / "run") == ""


def test_decimals_of_any_scale_verify_in_csv(policy, tmp_path):
    table = pa.table(
        {
            "user_id": ["a", "b", "c"],
            "liquidation_loss": pa.array([60, 70, 80]).cast(pa.decimal128(38, 8)),
            "net_assets": pa.array(["0.00000001", "0.00000000", "-0.00000010"]).cast(
                pa.decimal128(19, 8)
            ),
        }
    )
    parquet.write_table(table, tmp_path / "u.parquet")
    run = al.allocate(tmp_path / "u.parquet", policy.replace(budget="9.00"))
    folder.save(run, tmp_path / "run", csv=True)
    assert faults(tmp_path / "run") == ""


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.float32(), pa.decimal128(25, 2)])
@pytest.mark.parametrize("csv", [False, True])
def test_amounts_of_any_type_verify(policy, tmp_path, kind, csv):
    table = pa.table(
        {
            "user_id": pa.array([1, 2, 3], pa.int32()),
            "liquidation_loss": pa.array([60, 70, 1000000]).cast(kind),
            "net_assets": pa.array([60, 70, -80]).cast(kind),
        }
    )
    parquet.write_table(table, tmp_path / "u.parquet")
    run = al.allocate(tmp_path / "u.parquet", policy.replace(budget="9.00"))
    folder.save(run, tmp_path / "run", csv=csv)
    assert faults(tmp_path / "run") == ""
    assert al.load_allocation(tmp_path / "run").explain(2).award_cents > 0


def test_files_that_only_have_our_names_are_somebodys_own(fresh, tmp_path):
    own = tmp_path / "policy.toml"
    own.write_text("# the board's\n")
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(OccupiedError, match="is not empty and not a run"):
        fresh.save(tmp_path)
    assert own.read_text() == "# the board's\n"
    assert (tmp_path / "report.html").read_text() == "mine"
    fresh.save(tmp_path, force=True)
    assert (tmp_path / "report.html").read_text() == "mine"


def test_an_input_is_never_replaced(users, policy, tmp_path):
    source = tmp_path / "awards.csv"
    write_csv(source, users.table)
    result = al.allocate(source, policy)
    before = source.read_bytes()
    for force in (False, True):
        with pytest.raises(OccupiedError, match=r"the input .*awards\.csv would be replaced"):
            result.save(tmp_path, force=force)
    assert source.read_bytes() == before


def test_an_attached_report_verifies(fresh, tmp_path):
    fresh.save(tmp_path)
    for page in ("<html>1</html>", "<html>2</html>"):
        folder.attach_report(tmp_path, page)
        assert damaged(tmp_path, read_manifest(tmp_path)) == []
    assert "report.html" in read_manifest(tmp_path)["outputs"]


BAD = pa.table(
    {
        "user_id": ["a", "b", "c", "b", None, "d"],
        "liquidation_loss": ["90", "80", "x", "70", "60", "60"],
        "net_assets": ["100", "90", "", "80", "70", "70"],
    }
)


@pytest.fixture
def aside(policy, tmp_path):
    """A run that set four rows aside, and its directory."""
    write_csv(tmp_path / "bad.csv", BAD)
    small = policy.replace(budget="50.00")
    loaded = load(tmp_path / "bad.csv", [small], Stages(), max_bad=4)
    made = run(loaded, small, Stages())
    made.save(tmp_path / "run")
    return made, tmp_path / "run"


def test_rows_that_were_set_aside_are_loaded(aside):
    made, directory = aside
    read = al.load_allocation(directory)
    assert read.quarantined.num_rows == made.quarantined.num_rows == 4
    assert read.quarantined.column_names == made.quarantined.column_names
    assert read.quarantined["reasons"].to_pylist() == made.quarantined["reasons"].to_pylist()
    assert recheck(directory).quarantined == 4
    assert faults(directory) == ""


def test_a_forged_quarantine_is_told(aside):
    directory = aside[1]
    text = (directory / "quarantined.csv").read_text()
    forge(directory, "quarantined.csv", text.replace("70", "71", 1).encode())
    told = "quarantined.csv: liquidation_loss is not what follows, first on row 3"
    assert faults(directory) == told
    forge(directory, "quarantined.csv", text.replace("reasons", "reason").encode())
    assert faults(directory) == "quarantined.csv has other columns than the users"
    forge(directory, "quarantined.csv", text.rsplit("\n", 2)[0].encode())
    assert "quarantined.csv is damaged: it is not the 4 rows set aside" in faults(directory)
    with pytest.raises(al.DataError, match="it is not the 4 rows set aside"):
        al.load_allocation(directory)
    manifest = json.loads((directory / "manifest.json").read_text())
    del manifest["outputs"]["quarantined.csv"]
    (directory / "manifest.json").write_text(json.dumps(manifest))
    assert faults(directory) == "quarantined.csv is not of this run, or is missing"


def test_users_who_were_set_aside_are_explained(aside):
    made, directory = aside
    for allocation in (made, al.load_allocation(directory)):
        told = allocation.explain("b")
        assert told.reason == "set_aside"
        assert str(told) == (
            "b: no award\n"
            "  was set aside: bad.csv line 3, same user_id as line 5\n"
            "  was set aside: bad.csv line 5, same user_id as line 3"
        )
        assert told.customer.startswith("The record of your account could not be used as it was")
        assert json.loads(json.dumps(told.to_dict()))["set_aside"] == list(told.set_aside)
        assert "line 4, liquidation_loss is not an amount" in str(allocation.explain("c"))
        both = str(allocation.explain("a", versus="c"))
        assert "\n  a is eligible and gets $" in both
        assert "\n  c was set aside: bad.csv line 4, liquidation_loss is not" in both
        with pytest.raises(al.DataError, match="there is no user None among the 2 of this run"):
            allocation.explain(None)


def test_a_run_is_not_a_users_table(fresh, files, policy, tmp_path):
    fresh.save(tmp_path)
    with pytest.raises(DataError) as caught:
        al.health(tmp_path, policy)
    assert str(caught.value) == (
        f"{tmp_path} is the directory of a run, not a table of users: the run was made of "
        f"{files / 'users.parquet'}, by the policy {tmp_path / 'policy.toml'}"
    )


def test_a_folder_of_tables_may_have_a_manifest_of_its_own(files, policy, tmp_path):
    shutil.copy(files / "users.parquet", tmp_path)
    (tmp_path / "manifest.json").write_text('{"files": ["users.parquet"]}')
    assert al.allocate(tmp_path, policy).certificate.ok
