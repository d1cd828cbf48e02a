"""A run's directory that somebody edited, who knows how runs are kept: all of it is told."""

import hashlib
import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

import allocator as al
from allocator.allocation import folder
from allocator.allocation.differences import first_difference
from allocator.allocation.loading import read_awards
from allocator.allocation.recheck import recheck
from allocator.data.write import write_csv


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


def recast(name, kind):
    def change(table):
        at = table.column_names.index(name)
        return table.set_column(at, name, table[name].cast(kind))

    return change


OTHER_COLUMNS = {
    "gone": (lambda t: t.drop_columns(["factor"]), "the awards table has no column factor"),
    "renamed": (
        lambda t: t.rename_columns({"eligible": "in"}),
        "the awards table has no column eligible",
    ),
    "one more": (
        lambda t: t.append_column("note", t["factor"]),
        "the awards table has a column 'note' that no run writes",
    ),
    "out of order": (
        lambda t: t.select([*t.column_names[::-1]]),
        "the awards table has columns out of order",
    ),
    "a null": (
        with_values("reason", lambda t: [None, *t["reason"].to_pylist()[1:]]),
        "the column reason of the awards table has 1 nulls",
    ),
}


@pytest.mark.parametrize("what", OTHER_COLUMNS)
def test_other_columns_are_told(saved, what):
    change, words = OTHER_COLUMNS[what]
    forge_awards(saved, change)
    assert words in faults(saved)
    with pytest.raises(al.DataError, match=r"run/awards\.(csv|parquet) is damaged"):
        al.load_allocation(saved)


@pytest.mark.parametrize("kind", [pa.float64(), pa.string(), pa.int32()])
def test_awards_of_another_type_are_told(fresh, tmp_path, kind):
    fresh.save(tmp_path)
    forge_awards(tmp_path, recast("award_cents", kind))
    words = f"the column award_cents of the awards table is {kind}, which no run writes"
    assert words in faults(tmp_path)
    with pytest.raises(al.DataError, match="award_cents of the awards table is"):
        al.load_allocation(tmp_path)


def test_losses_of_another_type_are_told(fresh, tmp_path):
    fresh.save(tmp_path)
    kind = fresh.to_arrow()["loss"].type
    other = pa.float64() if not pa.types.is_floating(kind) else pa.string()
    forge_awards(tmp_path, recast("loss", other))
    assert faults(tmp_path) == "the column loss of the awards table is of another type"


def test_awards_in_dollars_that_are_not_the_cents_are_told(fresh, tmp_path):
    folder.save(fresh, tmp_path, csv=True)
    lines = (tmp_path / "awards.csv").read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].rsplit(b",", 1)[0] + b",6000.00\n"
    forge(tmp_path, "awards.csv", b"".join(lines))
    assert "the column award is not award_cents in dollars" in faults(tmp_path)


@pytest.mark.parametrize("name", ["awards.parquet", "awards.csv"])
@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"PAR1PAR1", b"a,a\n1,2\n", b"\xff,\n\xff,1\n", b"\xff\n1\n"]
)
def test_awards_that_are_no_table_are_told_by_name(fresh, tmp_path, name, content):
    folder.save(fresh, tmp_path, csv=name == "awards.csv")
    forge(tmp_path, name, content)
    assert faults(tmp_path).startswith(f"{tmp_path / name} is damaged: ")
    with pytest.raises(al.DataError, match=f"{name} is damaged"):
        al.load_allocation(tmp_path)


NO_CERTIFICATE = ["null", "5", "[]", '["status"]', "[" * 100_000, "{}", '"\\ud800"', "{", "\x00"]


@pytest.mark.parametrize("content", NO_CERTIFICATE)
@pytest.mark.parametrize("name", ["certificate.json", "summary.json"])
def test_json_of_something_else_is_told_by_name(fresh, tmp_path, name, content):
    fresh.save(tmp_path)
    forge(tmp_path, name, content.encode())
    assert name in faults(tmp_path)
    if name == "certificate.json":
        with pytest.raises(al.DataError, match=r"certificate\.json is damaged"):
            al.load_allocation(tmp_path)


def test_a_name_or_a_type_that_no_certificate_has_is_told(fresh, tmp_path):
    fresh.save(tmp_path)
    content = json.loads((tmp_path / "certificate.json").read_text())
    for change in (
        {"audited_by": "somebody"},
        {"level": "x"},
        {"users": True},
        {"checks": []},
        {"failures": "x"},
        {"status": 5},
    ):
        forge(tmp_path, "certificate.json", json.dumps(content | change).encode())
        (name,) = change
        assert name in faults(tmp_path)
        with pytest.raises(al.DataError, match="is not the certificate of a run"):
            al.load_allocation(tmp_path)


def test_a_forged_summary_is_told(saved):
    content = json.loads((saved / "summary.json").read_text())
    forge(saved, "summary.json", json.dumps(content).encode())
    assert faults(saved) == ""
    content["outcomes"][0]["median_cents"] += 1
    forge(saved, "summary.json", json.dumps(content | {"paid": 1, "more": 2}).encode())
    assert faults(saved) == "summary.json does not say what follows: 'more', paid, outcomes"


WRONG_MANIFESTS = {
    "canonical": lambda m: m["policy"].update(canonical={}),
    "values": lambda m: m["policy"]["values"].popitem(),
    "simulated": lambda m: m.update(simulated="5 users, seed 1"),
    "rows": lambda m: m["inputs"][0].update(rows=599),
    "input size": lambda m: m["inputs"][0].update(size=1),
    "quarantined": lambda m: m.update(quarantined=1),
}
BROKEN_MANIFESTS = {
    "size of text": lambda m: m["outputs"]["policy.toml"].update(size="12"),
    "no size": lambda m: m["outputs"]["policy.toml"].update(size=None),
    "a size that is true": lambda m: m["outputs"]["policy.toml"].update(size=True),
    "a strange output": lambda m: m["outputs"].update({"/etc/hosts": {"sha256": "", "size": 1}}),
    "an output path": lambda m: m["outputs"]["policy.toml"].update(path=5),
    "two tables": lambda m: m["outputs"].update(
        {name: {"sha256": "", "size": 1} for name in ("awards.csv", "awards.parquet")}
    ),
    "a list of paths": lambda m: m["inputs"][0].update(path=["a"]),
    "an input of a digest only": lambda m: m["inputs"][0].update(size=None),
    "an input without a part": lambda m: m["inputs"][0].pop("rows"),
    "half a pair": lambda m: m["inputs"][0].update(path="\ud800"),
    "a list of digests": lambda m: m["inputs"][0].update(sha256=[1]),
    "negative rows": lambda m: m["inputs"][0].update(rows=-1),
    "simulated": lambda m: m.update(simulated=True),
    "quarantined": lambda m: m.update(quarantined="x"),
    "warnings": lambda m: m.update(warnings=5),
    "a warning": lambda m: m.update(warnings=[5]),
}


@pytest.mark.parametrize("what", WRONG_MANIFESTS)
def test_a_manifest_that_does_not_follow_is_told(saved, what):
    manifest = json.loads((saved / "manifest.json").read_text())
    WRONG_MANIFESTS[what](manifest)
    (saved / "manifest.json").write_text(json.dumps(manifest))
    assert "manifest.json " in faults(saved)


@pytest.mark.parametrize("what", BROKEN_MANIFESTS)
def test_a_manifest_of_other_types_is_told(fresh, tmp_path, what):
    fresh.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    BROKEN_MANIFESTS[what](manifest)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert "manifest.json is damaged" in faults(tmp_path)
    with pytest.raises(al.DataError, match="is damaged"):
        al.load_allocation(tmp_path)
    assert not folder.holds(tmp_path, fresh.sources, fresh.policy, set())


def test_a_file_or_a_dangling_link_is_no_directory(fresh, tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    for place in ("file", "link", "file/run"):
        with pytest.raises(al.AllocatorError, match=f"{place}: it is not a directory"):
            fresh.save(tmp_path / place)
    assert faults(tmp_path / "file") == (
        f"{tmp_path / 'file'} is not a directory: name the directory of a run"
    )


@pytest.fixture
def tied(policy, tmp_path):
    n = 40
    table = pa.table(
        {
            "user_id": [f"u{i}" for i in range(n)],
            "liquidation_loss": ["100.00"] * (n - 1) + ["90.00"],
            "net_assets": ["200.00"] * n,
        }
    )
    parquet.write_table(table, tmp_path / "u.parquet")
    run = al.allocate(tmp_path / "u.parquet", policy.replace(budget="1000.03"))
    run.save(tmp_path / "run")
    return tmp_path / "run"


def scaled(name, by):
    return with_values(
        name, lambda t: [v * f for v, f in zip(t[name].to_pylist(), by(t), strict=True)]
    )


def test_a_cent_moved_between_equals_is_told_whatever_the_stored_weights(tied):
    (awards,) = tied.glob("awards.*")
    honest, table = awards.read_bytes(), parquet.read_table(awards)
    cents, n = table["award_cents"].to_pylist(), table.num_rows
    poor = cents.index(min(cents[:-1]))
    heavier = scaled("weight", lambda _: [1 + 5e-13 * (i == poor) for i in range(n)])
    for rich in (i for i in range(n) if cents[i] == max(cents)):  # one of them is the last in line
        moved = [cents[i] + (i == poor) - (i == rich) for i in range(n)]
        forge(tied, awards.name, honest)
        forge_awards(tied, heavier)
        forge_awards(tied, lambda t, moved=moved: with_values("award_cents", lambda _: moved)(t))
        assert "canonical: of two cents worth the same" in faults(tied)


def test_weights_that_another_machine_rounded_are_noted(tied):
    forge_awards(tied, scaled("weight", lambda t: [1 + 4e-13] * t.num_rows))
    found = recheck(tied)
    assert found.faults == ()
    assert [note.split(",")[0] for note in found.notes] == [
        "the stored weights differ from the derived ones"
    ]


def test_awards_by_weights_that_another_machine_rounded_are_noted(tied, monkeypatch):
    from allocator.allocation import claimants as room

    certify = room.certify
    failing = iter([True, False])

    def strict(*args):
        made = certify(*args)
        return replace(made, checks={"canonical": False}) if next(failing) else made

    monkeypatch.setattr(room, "certify", strict)
    forge_awards(tied, scaled("weight", lambda t: [1 + 4e-13] * t.num_rows))
    found = recheck(tied)
    assert found.faults == ()
    assert "the awards follow from the stored weights" in found.notes[1]


@pytest.mark.parametrize(
    ("expected", "stored", "row"),
    [
        (pa.nulls(3), pa.nulls(3), None),
        (pa.nulls(3), pa.array([None, "1", "2"]), 1),
        (pa.array([1, 2, 3]), pa.array(["1", "2", "x"]), 0),
        (pa.array([1, 2, 3]), pa.array(["1", "2", "3"]), None),
        (pa.array([1, 2, 3]), pa.array([1, 2]), 2),
        (pa.array([1, None, 3]), pa.array([1, 2, 3]), 1),
        (pa.array(["a", "b"]).dictionary_encode(), pa.array(["a", "c"]), 1),
    ],
)
def test_the_first_row_that_differs_is_found(expected, stored, row):
    columns = (pa.chunked_array([each]) for each in (expected, stored))
    assert first_difference(*columns) == row
