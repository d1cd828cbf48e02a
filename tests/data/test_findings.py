"""The report of bad rows: its words, its lines, and that it withholds values."""

import numpy as np
import pyarrow as pa
import pytest

from allocator.data.findings import Findings
from allocator.data.table import read_users

SECRET = "secret-value"


@pytest.fixture
def users(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text(f'user_id,loss\na,1\n\n"b\nc",{SECRET}\na,3\nx\n')
    return read_users(path)


def test_report(users):
    findings = Findings(users.malformed)
    findings.add("is not an amount", "loss", np.array([1, 3]))
    findings.add("same user_id as", "user_id", np.array([0, 2]), np.array([2, 0]))
    findings.add("is negative", "loss", np.array([], np.int64))
    assert findings.count == 4
    assert findings.mask(4).all()
    error = findings.error(users)
    path = users.sources[0].path
    assert str(error) == (
        f"4 bad rows among the 4 of {path}.\n"
        "  1 row: the record has 1 field, the header has 2 (line 7)\n"
        "  1 row: loss is not an amount (line 4)\n"
        "  2 rows: same user_id as another row (lines 2, 6)\n"
        "Row by row:\n"
        "  users.csv:2: same user_id as line 6\n"
        "  users.csv:4: loss is not an amount\n"
        "  users.csv:6: same user_id as line 2\n"
        "  users.csv:7: the record has 1 field, the header has 2\n"
        "Correct them and try again."
    )
    assert error.shell == str(error).replace(f"{path}.", f"{path}; nothing was written.")
    assert error.total == 4
    assert error.rows[1] == {
        "file": path,
        "line": 4,
        "column": "loss",
        "rule": "is not an amount",
    }
    assert [row["line"] for row in error.rows] == [2, 4, 6, 7]


def test_nothing_found(users):
    findings = Findings()
    assert findings.count == 0
    assert not findings.mask(4).any()
    assert findings.quarantine_table(users).num_rows == 0


def test_quarantine_table(users):
    findings = Findings(users.malformed)
    findings.add("is not an amount", "loss", np.array([1]))
    findings.add("is missing", "user_id", np.array([1, 3]))
    table = findings.quarantine_table(users)
    assert table.to_pydict() == {
        "user_id": ["b\nc", None],
        "loss": [SECRET, None],
        "file": [users.sources[0].path] * 2,
        "line": [4, 7],
        "reasons": [
            "loss is not an amount; user_id is missing",
            "the record has 1 field, the header has 2",
        ],
    }


def test_quarantine_keeps_columns_of_the_same_names():
    users = read_users(pa.table({"user_id": ["a"], "file": ["mine"], "file_": ["too"]}))
    findings = Findings()
    findings.add("is bad", "user_id", np.array([0]))
    names = findings.quarantine_table(users).column_names
    assert names == ["user_id", "file", "file_", "file__", "line", "reasons"]


def test_many_rows_are_counted_and_twenty_shown():
    users = read_users(pa.table({"user_id": list(range(100))}))
    findings = Findings()
    for row in range(21):
        findings.add(f"is odd in way {row}", "user_id", np.array([row]))
    findings.add("is odd", "user_id", np.arange(21, 99)[::-1])
    error = findings.error(users)
    lines = str(error).splitlines()
    assert lines[0] == "99 bad rows among the 100 of <data frame>."
    shown = ", ".join(map(str, range(23, 43)))
    assert lines[22] == f"  78 rows: user_id is odd (lines {shown}, ...)"
    assert lines[23] == "The first 20:"
    assert lines[43] == "  <data frame>:21: user_id is odd in way 19"
    assert lines[44:] == [
        "A row's line is its position as if below a header: the first is line 2.",
        "Correct them and try again.",
    ]
    assert [row["line"] for row in error.rows] == list(range(2, 101))


def test_rows_of_a_frame_with_an_index_are_named_by_it():
    import pandas as pd

    frame = pd.DataFrame({"user_id": list("abcdefghijklm"), "loss": range(13)})
    plain = read_users(frame)
    assert plain.index is None
    assert read_users(frame.set_index(frame.index + 0)).index is None
    assert read_users(pa.table({"a": [1]})).index is None
    users = read_users(frame[frame.loss > 0])
    findings = Findings()
    findings.add("is odd", "loss", np.array([0, 10]))
    findings.add("same user_id as", "user_id", np.array([1, 2]), np.array([2, 1]))
    error = findings.error(users)
    assert str(error).splitlines()[1:] == [
        "  2 rows: loss is odd (index 1, 11)",
        "  2 rows: same user_id as another row (index 2, 3)",
        "Row by row:",
        "  row with index 1 (the 1st): loss is odd",
        "  row with index 2 (the 2nd): same user_id as the row with index 3",
        "  row with index 3 (the 3rd): same user_id as the row with index 2",
        "  row with index 11 (the 11th): loss is odd",
        "Correct them and try again.",
    ]
    assert [row["line"] for row in error.rows] == [2, 3, 4, 12]


def test_one_row():
    users = read_users(pa.table({"user_id": ["a"]}))
    findings = Findings()
    findings.add("is missing", "user_id", np.array([0]))
    text = str(findings.error(users))
    assert text.startswith("1 bad row among the 1 of ")
    assert text.endswith("Correct it and try again.")
    assert "--" not in text  # the options of a command: Python, `check` and `prepare` have none


def test_rows_of_several_files(tmp_path):
    for folder, content in (("x", "user_id\na\n\nb\n"), ("y", "user_id\nc\na\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "u.csv").write_text(content)
    (tmp_path / "y" / "v.csv").write_text("user_id\nb\n")
    users = read_users(str(tmp_path / "*" / "*.csv"))
    findings = Findings()
    findings.add("same user_id as", "user_id", np.array([0, 1, 3, 4]), np.array([3, 4, 0, 1]))
    text = str(findings.error(users))
    first = tmp_path / "x" / "u.csv"
    second = tmp_path / "y" / "u.csv"
    assert text.startswith(f"4 bad rows among the 5 of 3 files, {first} to ")
    assert f"(lines {first}:2, {first}:4, {second}:3, v.csv:2)" in text
    assert f"{first}:4: same user_id as line 2 of v.csv" in text
    assert f"v.csv:2: same user_id as line 4 of {first}" in text


def test_a_file_that_has_changed_since_still_gets_lines(users, tmp_path):
    (tmp_path / "users.csv").write_text("user_id,loss\n")
    findings = Findings()
    findings.add("is missing", "loss", np.array([2]))
    assert findings.error(users).rows[0]["line"] == 4
