"""`run`: the directory it writes, what it prints, and when it leaves things as they are."""

import gzip
import hashlib
import io
import json
import re
import shutil
from decimal import Decimal

import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

import allocator as al
from allocator.data.write import write_csv

FILES = ["awards.parquet", "certificate.json", "manifest.json", "policy.toml", "summary.json"]
TYPES = {
    "user_id": pa.string(),
    "eligible": pa.bool_(),
    "reason": pa.dictionary(pa.int8(), pa.string()),
    "loss": pa.decimal128(18, 8),
    "net_assets": pa.decimal128(18, 8),
    "loss_ratio": pa.float64(),
    "claim": pa.float64(),
    "factor": pa.float64(),
    "weight": pa.float64(),
    "lower_cents": pa.int64(),
    "upper_cents": pa.int64(),
    "binding": pa.dictionary(pa.int8(), pa.string()),
    "award_cents": pa.int64(),
}


def names(directory):
    return sorted(path.name for path in directory.iterdir())


def contents(directory):
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in directory.iterdir()}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_files_of_a_run(cli, home):
    said = cli("run", "users.parquet", "--policy", "policy.toml", "--out", "out")
    assert said.code == 0
    assert names(home / "out") == FILES
    table = parquet.read_table(home / "out" / "awards.parquet")
    assert {field.name: field.type for field in table.schema} == TYPES
    assert table.num_rows == 600
    for name in ("lower_cents", "upper_cents", "award_cents", "user_id", "reason", "binding"):
        assert table[name].null_count == 0
    meta = parquet.read_metadata(home / "out" / "awards.parquet")
    assert {meta.row_group(0).column(i).compression for i in range(13)} == {"ZSTD"}
    policy = al.Policy.load(home / "out" / "policy.toml")
    assert policy == al.Policy.load(home / "policy.toml")
    assert "announced" in (home / "out" / "policy.toml").read_text()


def test_the_certificate_and_summary_files(cli, home):
    cli("run", "users.parquet", "--policy", "policy.toml", "--out", "out")
    certificate = json.loads((home / "out" / "certificate.json").read_text())
    assert set(certificate) >= {
        *("schema_version", "status", "rule", "alpha", "budget_cents", "spent_cents"),
        *("unspent_cents", "users", "eligible", "at_lower", "at_upper", "free", "level", "price"),
        *("transfer_gain", "formula", "checks", "proves", "does_not_prove"),
    }
    assert certificate["status"] == "optimal"
    assert certificate["spent_cents"] == certificate["budget_cents"] == 10_000_000
    assert all(certificate["checks"].values())
    summary = json.loads((home / "out" / "summary.json").read_text())
    assert summary["users"] == 600
    assert summary["simulated"] == "600 users, seed 7"


def test_the_manifest(cli, home):
    cli("run", "users.parquet", "--policy", "policy.toml", "--out", "out")
    manifest = json.loads((home / "out" / "manifest.json").read_text())
    (entry,) = manifest["inputs"]
    users = home / "users.parquet"
    assert entry == {
        "path": str(users),
        "sha256": sha256(users),
        "size": users.stat().st_size,
        "rows": 600,
    }
    assert set(manifest["outputs"]) == set(FILES) - {"manifest.json"}
    for name, output in manifest["outputs"].items():
        assert output["sha256"] == sha256(home / "out" / name)
        assert output["size"] == (home / "out" / name).stat().st_size
    policy = al.Policy.load(home / "policy.toml")
    assert manifest["policy"]["sha256"] == policy.digest
    assert manifest["policy"]["canonical"] == json.loads(policy.canonical_json())
    values = manifest["policy"]["values"]
    assert values["award.budget"]["source"] == "set"
    assert values["award.maximum"]["source"] == "announced"
    assert values["award.maximum"]["citation"]
    assert {each["source"] for each in values.values()} == {"announced", "assumed", "set"}
    assert set(manifest["versions"]) >= {"allocator", "numpy", "pyarrow", "python"}


def test_the_summary_is_printed_and_the_stages_go_to_standard_error(cli):
    said = cli("run", "users.parquet", "--policy", "policy.toml", "--out", "out")
    lines = said.out.splitlines()
    assert lines[0] == "Small policy on SIMULATED users"
    assert lines[1] == "$100,000.00 to 298 of 600 users, to the cent"
    assert lines[2].startswith("voucher = 0.027681 × loss × √ratio (at most 1), from $4")
    assert lines[-2].startswith("verified: total, bounds, eligibility")
    assert lines[-1] == "next: allocator explain out u1"
    stage = r"\w+ \d+\.\d\d"
    line = rf"\d+\.\d\d s, [\d,]+ MiB at the most; longest: {stage}, {stage}, {stage}\n"
    assert re.fullmatch(line, said.err)


def test_csv_has_a_decimal_award(cli, home):
    said = cli(
        *("run", "users.csv", "--policy", "policy.toml", "--out", "out", "--format", "csv"),
    )
    assert said.code == 0
    assert names(home / "out") == ["awards.csv", *FILES[1:]]
    header, *rows = (home / "out" / "awards.csv").read_text().splitlines()
    assert header.split(",") == [*TYPES, "award"]
    for row in rows:
        *_, cents, award = row.split(",")
        assert Decimal(award) * 100 == int(cents)
        assert award[-3] == "."
    again = cli("run", "users.parquet", "--policy", "policy.toml", "--out", "other")
    assert again.code == 0
    table = parquet.read_table(home / "other" / "awards.parquet")
    assert [int(row.split(",")[-2]) for row in rows] == table["award_cents"].to_pylist()


def test_json_is_one_object_and_nothing_else(cli):
    said = cli("run", "users.parquet", "--policy", "policy.toml", "--out", "out", "--json")
    assert said.code == 0
    assert said.err == ""
    told = json.loads(said.out)
    assert set(told) == {"directory", "summary", "certificate", "warnings", "stages"}
    assert told["directory"] == "out"
    assert told["certificate"]["status"] == "optimal"
    again = cli("run", "users.parquet", "--policy", "policy.toml", "--out", "out", "--json")
    unchanged = json.loads(again.out)
    assert unchanged["certificate"] == told["certificate"]
    assert unchanged["summary"] == told["summary"]


def test_the_default_policy_and_directory(cli, home):
    said = cli("run", "users.csv")
    assert said.code == 0
    assert said.out.startswith("Announced policy on users.csv\n")
    (directory,) = (home / "runs").iterdir()
    stem, _, key = directory.name.rpartition("-")
    assert stem == "users"
    assert len(key) == 10
    assert names(directory) == FILES
    cli("run", "users.csv", "--policy", "policy.toml")
    assert len(list((home / "runs").iterdir())) == 2
    again = cli("run", "users.csv")
    assert f"unchanged: runs/{directory.name} holds the run of these inputs" in again.err
    assert len(list((home / "runs").iterdir())) == 2


def test_an_odd_file_name_makes_a_plain_directory(cli, home):
    shutil.copy(home / "users.csv", home / "my users; $(x) ünï.v2.csv")
    said = cli("run", "my users; $(x) ünï.v2.csv", "--policy", "policy.toml")
    assert said.code == 0
    (directory,) = (home / "runs").iterdir()
    assert directory.name.startswith("my-users-x-n-")


def test_a_preset_is_a_policy(cli):
    said = cli("run", "users.parquet", "--policy", "broad", "--out", "out")
    assert said.out.startswith("Broad policy on SIMULATED users")


def test_the_same_again_is_unchanged_to_the_byte(cli, home):
    args = ["run", "users.parquet", "--policy", "policy.toml", "--out", "out"]
    first = cli(*args)
    before = contents(home / "out")
    again = cli(*args)
    assert again.code == 0
    assert "unchanged: out holds the run of these inputs and this policy" in again.err
    assert again.out == first.out
    assert contents(home / "out") == before
    forced = cli(*args, "--force")
    assert forced.code == 0
    assert {name: content for name, (content, _) in contents(home / "out").items()} == {
        name: content for name, (content, _) in before.items()
    }


def test_the_same_run_elsewhere_gives_the_same_bytes(cli, home):
    for name in ("a", "b"):
        for form in ("parquet", "csv"):
            out = f"{name}-{form}"
            cli("run", "users.csv", "--policy", "policy.toml", "--out", out, "--format", form)
    for form in ("parquet", "csv"):
        one, other = (
            {
                name: content.replace(str(home / f"{each}-{form}").encode(), b"HERE")
                for name, (content, _) in contents(home / f"{each}-{form}").items()
            }
            for each in "ab"
        )
        assert one == other


def test_a_run_that_was_damaged_is_made_again(cli, home):
    args = ["run", "users.parquet", "--policy", "policy.toml", "--out", "out"]
    cli(*args)
    before = {name: content for name, (content, _) in contents(home / "out").items()}
    (home / "out" / "awards.parquet").write_bytes(b"PAR1")
    again = cli(*args)
    assert again.code == 0
    assert "unchanged" not in again.err
    assert {name: content for name, (content, _) in contents(home / "out").items()} == before


def test_a_run_of_another_version_is_made_again(cli, home):
    args = ["run", "users.parquet", "--policy", "policy.toml", "--out", "out"]
    cli(*args)
    manifest = json.loads((home / "out" / "manifest.json").read_text())
    manifest["versions"]["allocator"] = "0.0.1"
    (home / "out" / "manifest.json").write_text(json.dumps(manifest))
    assert "unchanged" not in cli(*args).err
    assert "unchanged" in cli(*args).err


def test_another_format_or_a_report_is_not_unchanged(cli, home):
    args = ["run", "users.parquet", "--policy", "policy.toml", "--out", "out"]
    cli(*args)
    said = cli(*args, "--report")
    assert "unchanged" not in said.err
    assert "open out/report.html" in said.out
    assert names(home / "out") == [*FILES[:4], "report.html", FILES[4]]
    assert "unchanged" in cli(*args).err
    assert "unchanged" not in cli(*args, "--format", "csv").err
    assert names(home / "out") == ["awards.csv", *FILES[1:]]


def test_another_run_is_refused_without_force(cli, home):
    cli("run", "users.parquet", "--policy", "policy.toml", "--out", "out")
    before = contents(home / "out")
    args = ["run", "users.parquet", "--policy", "other.toml", "--out", "out"]
    said = cli(*args)
    assert said.code == 2
    assert said.out == ""
    assert "out holds a run of other inputs or of another policy" in said.err
    assert "--force" in said.err
    assert contents(home / "out") == before
    assert cli(*args, "--force").code == 0
    assert cli("verify", "out").code == 0


def test_a_damaged_manifest_needs_force(cli, home):
    args = ["run", "users.parquet", "--policy", "policy.toml", "--out", "out"]
    cli(*args)
    (home / "out" / "manifest.json").write_text("{")
    said = cli(*args)
    assert said.code == 3
    assert "is damaged" in said.err
    assert cli(*args, "--force").code == 0


@pytest.mark.parametrize("form", ["csv", "csv.gz", "stream", "file", "parquet"])
def test_standard_input(cli, home, form):
    table = parquet.read_table(home / "users.parquet")
    sink = io.BytesIO()
    if form.startswith("csv"):
        content = (home / "users.csv").read_bytes()
        sink.write(gzip.compress(content) if form == "csv.gz" else content)
    elif form == "parquet":
        sink.write((home / "users.parquet").read_bytes())
    else:
        make = pa.ipc.new_stream if form == "stream" else pa.ipc.new_file
        with make(sink, table.schema) as writer:
            writer.write_table(table)
    args = ["run", "-", "--policy", "policy.toml"]
    said = cli(*args, stdin=sink.getvalue())
    assert said.code == 0
    (directory,) = (home / "runs").iterdir()
    assert directory.name.startswith("users-")
    mine = parquet.read_table(directory / "awards.parquet")["award_cents"]
    theirs = parquet.read_table(home / "run" / "awards.parquet")["award_cents"]
    assert mine.to_pylist() == theirs.to_pylist()
    assert "unchanged" in cli(*args, stdin=sink.getvalue()).err
    said = cli("verify", directory)
    assert said.code == 3
    assert "made of standard input, so that there is no file" in said.err
    assert "name the users with --users" in said.err
    (home / "copy").write_bytes(sink.getvalue())
    assert cli("verify", directory, "--users", "copy").code == 0
    assert cli("explain", directory, "u2").code == 0


def test_compressed_csv(cli, home):
    (home / "users.csv.gz").write_bytes(gzip.compress((home / "users.csv").read_bytes()))
    said = cli("run", "users.csv.gz", "--policy", "policy.toml", "--out", "out")
    assert said.code == 0
    assert "Small policy on users.csv.gz" in said.out
    assert cli("verify", "out").code == 0


@pytest.mark.parametrize("pattern", ["parts", "parts/*.csv", "parts/**/*.csv"])
def test_folders_and_globs(cli, home, pattern):
    (home / "parts").mkdir()
    table = parquet.read_table(home / "users.parquet")
    for k, start in enumerate(range(0, 600, 150)):
        write_csv(home / "parts" / f"{k}.csv", table.slice(start, 150))
    said = cli("run", pattern, "--policy", "policy.toml", "--out", "out")
    assert said.code == 0
    assert "0.csv, 1.csv, 2.csv and 1 more files" in said.out
    manifest = json.loads((home / "out" / "manifest.json").read_text())
    assert [each["rows"] for each in manifest["inputs"]] == [150] * 4
    mine = parquet.read_table(home / "out" / "awards.parquet")["award_cents"]
    theirs = parquet.read_table(home / "run" / "awards.parquet")["award_cents"]
    assert mine.to_pylist() == theirs.to_pylist()
    assert cli("verify", "out").code == 0
    write_csv(home / "parts" / "9.csv", table.slice(0, 1))
    assert cli("verify", "out").code == 0  # of the files that were there
    assert cli("verify", "out", "--users", pattern).code in (3, 6)


BAD = "user_id,liquidation_loss,net_assets\na,90,100\n,60,1\nb,x,100\nb,70,1e999\nc,-5,\n"


def test_bad_rows_are_told_all_at_once(cli, home):
    (home / "bad.csv").write_text(BAD)
    for command in ("run", "check"):
        said = cli(command, "bad.csv", "--policy", "policy.toml")
        assert (said.code, said.out) == (3, "")
        assert "4 bad rows among the 5 of" in said.err
        for words in (
            "bad.csv:3: user_id is missing",
            "bad.csv:4: liquidation_loss is not an amount such as",
            "bad.csv:6: liquidation_loss is negative",
            "bad.csv:6: net_assets is missing",
            "same user_id as line 4",
        ):
            assert words in said.err
        aside = "Or set them aside: --on-bad-rows quarantine --max-bad 4\n"
        assert said.err.endswith(aside if command == "run" else "Correct them and try again.\n")
        assert "1e999" not in said.err
    assert not (home / "runs").exists()


def test_bad_rows_are_set_aside(cli, home):
    (home / "bad.csv").write_text(BAD + "d,80,100\n")
    (home / "p.toml").write_text('schema_version = 1\nname = "x"\n[award]\nbudget = "50.00"\n')
    args = ["run", "bad.csv", "--policy", "p.toml", "--out", "out", "--on-bad-rows", "quarantine"]
    said = cli(*args, "--max-bad", 3)
    assert said.code == 3
    assert not (home / "out").exists()
    said = cli(*args, "--max-bad", 4)
    assert said.code == 0
    assert "4 bad rows set aside in out/quarantined.csv" in said.err
    assert names(home / "out") == [*FILES[:4], "quarantined.csv", FILES[4]]
    aside = arrow_csv.read_csv(home / "out" / "quarantined.csv").to_pylist()
    assert [row["line"] for row in aside] == [3, 4, 5, 6]
    assert "liquidation_loss is negative; net_assets is missing" in aside[3]["reasons"]
    ids = parquet.read_table(home / "out" / "awards.parquet")["user_id"].to_pylist()
    assert ids == ["a", "d"]
    manifest = json.loads((home / "out" / "manifest.json").read_text())
    assert manifest["quarantined"] == 4
    assert "quarantined.csv" in manifest["outputs"]
    said = cli("verify", "out")
    assert (said.code, said.err) == (0, "")
    assert "  4 rows were set aside as bad, in quarantined.csv\n" in said.out
    assert json.loads(cli("verify", "out", "--json").out)["quarantined"] == 4
    said = cli("explain", "out", "c")
    assert said.code == 0
    assert "c: no award\n  was set aside: bad.csv line 6, " in said.out
    assert "unchanged" in cli(*args, "--max-bad", 9).err
    (home / "out" / "quarantined.csv").write_text("")
    assert "quarantined.csv was truncated" in cli("verify", "out").err


def test_when_every_row_is_bad_none_is_set_aside(cli, home):
    (home / "bad.csv").write_text("user_id,liquidation_loss,net_assets\na,x,1\nb,y,1\n")
    said = cli("run", "bad.csv", "--on-bad-rows", "quarantine", "--max-bad", 99)
    assert said.code == 3
    assert "2 bad rows among the 2" in said.err


def test_next_can_be_pasted_whatever_the_ids(cli, home):
    header = "user_id,liquidation_loss,net_assets\n"
    (home / "p.toml").write_text('schema_version = 1\nname = "x"\n[award]\nbudget = "50.00"\n')
    for user, shown in (
        ("$(reboot)", "'$(reboot)'"),
        ("a b", "'a b'"),
        ("-x", "-- -x"),
        ("\x1b[2J", "USER_ID"),
        ('"two\nlines"', "USER_ID"),
    ):
        (home / "u.csv").write_text(f"{header}{user},90,100\n")
        said = cli("run", "u.csv", "--policy", "p.toml", "--out", "my out", "--force")
        assert said.code == 0
        assert said.out.splitlines()[-1] == f"next: allocator explain 'my out' {shown}"
        assert "\x1b" not in said.out


def test_csv_as_spreadsheets_and_windows_write_it(cli, home):
    text = 'user_id,liquidation_loss,net_assets\n"a\nb","$1,234.50",2000\nNA,"90.00",100\nc,80,90\n'
    (home / "u.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    (home / "p.toml").write_text('schema_version = 1\nname = "x"\n[award]\nbudget = "50.00"\n')
    for form in ("parquet", "csv"):
        out = f"out-{form}"
        said = cli("run", "u.csv", "--policy", "p.toml", "--out", out, "--format", form)
        assert said.code == 0
        assert cli("verify", out).code == 0
        told = cli("explain", out, "NA", "--for", "customer")
        assert told.out.startswith("You lost $90.00, 90.0% of your net assets.")
        assert cli("explain", out, "a\r\nb").code == 0


def test_a_budget_of_one_cent_exits_with_5(cli, home):
    (home / "p.toml").write_text('schema_version = 1\nname = "x"\n[award]\nbudget = "0.01"\n')
    said = cli("run", "users.parquet", "--policy", "p.toml", "--out", "out")
    assert (said.code, said.out) == (5, "")
    for words in (
        "298 eligible users",
        "$1,192.00",
        "more than the budget of $0.01",
        "raise award",
    ):
        assert words in said.err
    assert not (home / "out").exists()


def test_one_user(cli, home):
    (home / "u.csv").write_text("user_id,liquidation_loss,net_assets\nonly,90,100\n")
    said = cli("run", "u.csv", "--out", "out")
    assert said.code == 0
    assert "$90.00 to 1 of 1 users, to the cent; $299,999,910.00 of the budget stays" in said.out
    assert cli("verify", "out").code == 0
    assert "enough for everybody" in cli("explain", "out", "only", "--for", "customer").out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty: it has no header line and no rows"),
        ("user_id,liquidation_loss,net_assets\n", "has a header but no rows"),
        ("user_id,liquidation_loss\na,60\n", "has no column 'net_assets'"),
        ("user_id,liquidation_loss,net_assets\na,lots,1\n", "is not an amount such as"),
        ("user_id,loss,net\na,1,1\n", "no columns 'liquidation_loss', 'net_assets'"),
        ("user_id;liquidation_loss;net_assets\na;1;1\n", "separated by semicolons"),
        ("user_id,liquidation_loss,net_assets\na,1\n", "the record has 2 fields, the header has 3"),
        ('user_id,liquidation_loss,net_assets\n"a,1,1\n', "ends inside a quoted field"),
        ("\x00\x01", "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_users_table_exits_with_3(cli, home, content, words):
    (home / "u.csv").write_text(content)
    for command in ("run", "check"):
        said = cli(command, "u.csv")
        assert (said.code, said.out) == (3, "")
        assert words in said.err


def test_a_file_that_is_not_there_exits_with_3(cli):
    said = cli("run", "user.parquet")
    assert said.code == 3
    assert "user.parquet does not exist; did you mean users.parquet?" in said.err


def test_a_truncated_parquet_file_exits_with_3(cli, home):
    content = (home / "users.parquet").read_bytes()
    (home / "users.parquet").write_bytes(content[: len(content) // 2])
    said = cli("run", "users.parquet")
    assert (said.code, said.out) == (3, "")
    assert "is not a whole Parquet file" in said.err


def test_thousands_of_bad_rows_are_summed_up(cli, home):
    rows = (f"u{i},{'x' if i % 3 else '90'},100" for i in range(3000))
    (home / "bad.csv").write_text("user_id,liquidation_loss,net_assets\n" + "\n".join(rows) + "\n")
    said = cli("run", "bad.csv")
    assert said.code == 3
    assert "2,000 bad rows among the 3,000 of" in said.err
    assert "  2,000 rows: liquidation_loss is not an amount" in said.err
    assert "(lines 3, 4, 6, " in said.err
    assert said.err.endswith("Or set them aside: --on-bad-rows quarantine --max-bad 2000\n")
    assert len(said.err.splitlines()) == 4


def test_when_all_rows_are_bad_one_line_says_so_and_none_are_set_aside(cli, home):
    rows = (f"u{i},-{i + 60},100" for i in range(30))
    (home / "bad.csv").write_text("user_id,liquidation_loss,net_assets\n" + "\n".join(rows) + "\n")
    said = cli("run", "bad.csv")
    assert said.code == 3
    assert said.err.splitlines()[1:] == [
        "  all 30 rows: liquidation_loss is negative; losses are positive numbers: drop the minus "
        "signs",
        "Correct them and try again.",
    ]
    assert said.err.splitlines()[0].endswith("bad.csv; nothing was written.")
