"""Reading: every kind of input, and one clear error for each way it can be unusable."""

import csv
import gzip
import hashlib
import io
import os
from types import SimpleNamespace

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather, ipc, parquet

from allocator.data import quotes
from allocator.data.delimited import record_lines
from allocator.data.table import SIMULATED_KEY, read_users
from allocator.errors import DataError

TABLE = pa.table({"user_id": ["a", "b"], "liquidation_loss": [60, 70], "region": ["EU", None]})


@pytest.fixture
def put(tmp_path):
    def put(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return str(path)

    return put


def ipc_bytes(table, new=ipc.new_file):
    sink = io.BytesIO()
    with new(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def parquet_bytes(table):
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


BINARY = {
    "users.parquet": parquet_bytes(TABLE),
    "users.arrow": ipc_bytes(TABLE),
    "stream.ipc": ipc_bytes(TABLE, ipc.new_stream),
    "no_ending": parquet_bytes(TABLE),
}


@pytest.mark.parametrize("name", BINARY)
def test_binary_files(put, name):
    path = put(name, BINARY[name])
    users = read_users(path)
    assert users.table.equals(TABLE)
    (source,) = users.sources
    assert source.path == path
    assert source.sha256 == hashlib.sha256(BINARY[name]).hexdigest()
    assert (source.size, source.rows, source.first_row) == (len(BINARY[name]), 2, 0)
    assert not source.text
    pruned = read_users(path, columns=["region", "not there"])
    assert pruned.table.column_names == ["region"]
    assert pruned.present == ("user_id", "liquidation_loss", "region")


def test_no_wanted_column_is_there(put):
    for name in BINARY:
        assert len(read_users(put(name, BINARY[name]), columns=["other"])) == 2
    assert len(read_users(put("a.csv", b"x,y\n1,2\n"), columns=["other"])) == 1


def test_compressed_feather(tmp_path):
    feather.write_feather(TABLE, tmp_path / "u.feather", compression="zstd")
    assert read_users(tmp_path / "u.feather").table.equals(TABLE)


def test_csv_is_text_and_only_empty_is_null(put):
    users = read_users(
        put("a.csv", b'\xef\xbb\xbfuser_id,region\r\n007,NA\r\n"a\nb",""\r\nnull,\r\n')
    )
    assert users.table.to_pydict() == {
        "user_id": ["007", "a\nb", "null"],
        "region": ["NA", None, None],
    }
    assert users.sources[0].text
    assert repr(users) == "UsersTable(3 rows, 2 columns, from a.csv)"
    assert users.to_pandas().shape == (3, 2)


def test_csv_lines_count_blank_lines_and_quoted_newlines(put):
    users = read_users(put("a.csv", b'a,b\n1,2\n\n"x\ny\nz",3\n4,5\n\n\n6,7'))
    assert record_lines(users.sources[0], 4).tolist() == [2, 4, 7, 10]


def test_lines_of_a_file_that_has_changed_are_zero(put):
    users = read_users(put("a.csv", b"a,b\n1,2\n3,4\n"))
    put("a.csv", b"a,b\n1,2\n")
    assert record_lines(users.sources[0], 2).tolist() == [2, 0]
    os.unlink(users.sources[0].path)
    assert record_lines(users.sources[0], 2).tolist() == [0, 0]


def test_gzip(put):
    content = gzip.compress(b"a,b\n1,2\n3\n5,6\n")
    users = read_users(put("a.csv.gz", content))
    assert users.table.to_pydict() == {"a": ["1", None, "5"], "b": ["2", None, "6"]}
    assert users.sources[0].sha256 == hashlib.sha256(content).hexdigest()
    assert record_lines(users.sources[0], 3).tolist() == [2, 3, 4]


def test_rows_with_a_wrong_number_of_fields_are_kept_as_null_rows(put):
    users = read_users(put("a.csv", b'a,b,c\n1,2,3\n1,2\n\n"x\ny",1,2,3\n4,5,6\n7\n'))
    assert users.malformed == {
        1: "has 2 fields, the header has 3",
        2: "has 4 fields, the header has 3",
        4: "has 1 field, the header has 3",
    }
    assert users.table.column("a").to_pylist() == ["1", None, None, "4", None]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty: it has no header line and no rows"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.parquet", b"", "is empty"),
        ("a.csv", b"a,b\n", "has a header but no rows"),
        ("a.parquet", parquet_bytes(TABLE.slice(0, 0)), "has a header but no rows"),
        ("a.csv", b"a,b\n1,2\n\xff,3\n", "is not UTF-8 text (line 3)"),
        ("a.csv", b"a,\xff\n1,2\n", "is not UTF-8 text (line 1)"),
        ("a.csv", b"a,b\n1,2\n3,\xc3", "is not UTF-8 text (line 3)"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), "is not UTF-8 text (line 1)"),
        ("a.csv", b"a,a\n1,2\n", "more than one column named 'a'; rename"),
        ("a.csv", b'a,b\n1,"2\n3,4\n5,6\n', "the record that starts on line 2 is never closed"),
        ("a.csv", b'a,b\n"x\ny",2\n\n"3,4\n5,6\n', "that starts on line 5 is never closed"),
        ("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 999, mtime=0)[:40], "If the file was cut off"),
        ("a.csv", b"PK\x03\x04 and more", "is an Excel workbook or a zip archive"),
        ("a.parquet", BINARY["users.parquet"][:-9], "is not a whole Parquet file"),
        ("a.parquet", b"a,b\n1,2\n", "is not a whole Parquet file"),
        ("a.arrow", BINARY["users.arrow"][:-40], "is not a whole Arrow file"),
        ("a.arrow", b"nonsense, at length", "is not a whole Arrow file"),
        ("a.csv", b"a\n" + b"x" * 200_000 + b'"\n', None),
    ],
)
def test_unusable_files(put, name, content, message):
    path = put(name, content)
    if message is None:
        assert len(read_users(path)) == 1
        return
    with pytest.raises(DataError) as caught:
        read_users(path)
    assert path in str(caught.value)
    assert message in str(caught.value)
    assert caught.value.rows == []


def test_enormous_header_field(put):
    with pytest.raises(DataError, match="cannot be read as CSV: field larger"):
        read_users(put("a.csv", b"x" * 200_000 + b",b\n1,2\n"))


def test_enormous_field_beside_a_malformed_row(put):
    with pytest.raises(DataError, match="cannot be read as CSV: field larger"):
        read_users(put("a.csv", b"a,b\n1\n" + b"x" * 200_000 + b",1\n"))


def test_quotes_that_the_parsers_read_differently(put, monkeypatch):
    monkeypatch.setattr("allocator.data.delimited._malformed", lambda *_: ({}, 9))
    with pytest.raises(DataError, match="quotation marks do not pair up"):
        read_users(put("a.csv", b"a,b\n1\n2,3\n"))


def test_odd_quotes_inside_plain_fields_are_harmless(put):
    users = read_users(put("a.csv", b'a,b\n5" disk,1\n2,3\n'))
    assert users.table.column("a").to_pylist() == ['5" disk', "2"]


@pytest.mark.parametrize("bad", ['"c"d,100', '"c""d"e,1', 'x,"1"0', '"c"  ,100', '"a,"b",1'])
def test_text_after_a_closing_quote_is_a_bad_row(put, bad):
    path = put("u.csv", f'a,b\n"x\ny",1\n{bad}\n\nz\n"w",2\n'.encode())
    table = read_users(path)
    torn = {1: "has text after the closing quote of a field"} if bad.count(",") == 1 else {}
    if not torn:
        assert table.malformed[1].startswith("has ")
        return
    assert dict(table.malformed) == torn | {2: "has 1 field, the header has 2"}
    assert table.table.column("a").to_pylist() == ["x\ny", None, None, "w"]


@pytest.mark.parametrize("good", ['"c""d",1', '"",1', '6" pipe,1', '"a,\n""b""","1"', '"""",2'])
def test_quotes_that_fit_are_no_bad_rows(put, good):
    table = read_users(put("u.csv", f"\ufeffa,b\r\n{good}\r\nz,1\r\n".encode()))
    assert not any(table.malformed)
    assert len(table.table) == 2


def test_text_after_a_closing_quote_in_the_header(put):
    with pytest.raises(DataError, match="the header has text after the closing quote of a field"):
        read_users(put("u.csv", b'"a"x,b\n1,2\n'))


@pytest.mark.parametrize("encoding", ["utf-16-be", "utf-16-le"])
def test_utf_16_without_a_mark_is_told(put, encoding):
    with pytest.raises(DataError, match=r"is not UTF-8 text \(line 1\); save it as 'CSV UTF-8'"):
        read_users(put("u.csv", "user_id,liquidation_loss\na,60\n".encode(encoding)))


@given(st.text('a",\n', max_size=14), st.integers(1, 5))
def test_quotes_fit_only_where_a_strict_parser_agrees(text, size):
    def strict():
        try:
            list(csv.reader(io.StringIO(text, newline=""), strict=True))
        except csv.Error:
            return False
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotes, "CHUNK", size)
        fit = quotes.quotes_fit(io.BytesIO(text.encode()))
    assert strict() or not fit
    found = quotes.misquoted(io.StringIO(text, newline=""))
    assert strict() == (not found.rows and found.open_line is None)


def test_a_character_cut_by_the_block_is_not_an_error(put, monkeypatch):
    monkeypatch.setattr("allocator.data.delimited.CHUNK", 1)
    with pytest.raises(DataError, match=r"not UTF-8 text \(line 3\)"):
        read_users(put("a.csv", "a,b\né€,2\n".encode() + b"\xe2\x28,1\n"))


def test_duplicate_names_in_binary_files(put):
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(DataError, match="more than one column named 'a'"):
        read_users(put("a.arrow", ipc_bytes(twice)))


def test_missing_and_unreadable_paths(tmp_path, put, monkeypatch):
    path = put("users.csv", b"a\n1\n")
    with pytest.raises(DataError, match=r"user.csv does not exist; did you mean .*users.csv?"):
        read_users(str(tmp_path / "user.csv"))
    with pytest.raises(DataError, match=r"zzz does not exist$"):
        read_users(str(tmp_path / "zzz"))
    with pytest.raises(DataError, match=r"there is no folder .*nowhere"):
        read_users(str(tmp_path / "nowhere" / "users.csv"))
    with pytest.raises(DataError, match=r"no data file matches .*or .ipc"):
        read_users(str(tmp_path / "*.parquet"))
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / ".hidden.csv").write_text("a\n1\n")
    (empty / "notes.txt").write_text("hello")
    with pytest.raises(
        DataError, match=r"has no data files: none of its 2 entries ends in .parquet"
    ):
        read_users(empty)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    # Root, who may run the tests, is refused nothing.
    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(DataError, match=r"users.csv cannot be read: Permission denied"):
        read_users(path)
    monkeypatch.setattr("os.listdir", refuse)
    with pytest.raises(DataError, match="empty cannot be read: Permission denied"):
        read_users(empty)


def test_folder_and_glob_in_order(tmp_path):
    for name, user in (("b.csv", "2"), ("a.csv", "1"), ("c.csv", "3"), (".x.csv", "4")):
        (tmp_path / name).write_text(f"user_id,loss\n{user},5\n")
    (tmp_path / "_SUCCESS").write_text("")
    for source in (tmp_path, str(tmp_path / "*.csv")):
        users = read_users(source)
        assert users.table.column("user_id").to_pylist() == ["1", "2", "3"]
        assert [source.first_row for source in users.sources] == [0, 1, 2]
    assert repr(users) == "UsersTable(3 rows, 2 columns, from a.csv, b.csv, c.csv)"


def test_files_may_order_columns_differently_and_one_may_have_no_rows(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text("b,a\n4,3\n5\n")
    (tmp_path / "c.csv").write_text("a,b\n")
    users = read_users(tmp_path)
    assert users.table.to_pydict() == {"a": ["1", "3", None], "b": ["2", "4", None]}
    assert users.malformed == {2: "has 1 field, the header has 2"}


def test_mixed_schemas(tmp_path):
    parquet.write_table(pa.table({"a": [1], "b": [1], "d": [1]}), tmp_path / "1.parquet")
    parquet.write_table(pa.table({"a": ["1"], "c": [1], "d": [1]}), tmp_path / "2.parquet")
    with pytest.raises(DataError) as caught:
        read_users(tmp_path)
    message = str(caught.value)
    assert "1.parquet and " in message
    assert "'b' is missing from the second; 'c' is missing from the first" in message
    assert "'a' is int64 in the first, string in the second" in message
    assert "'d'" not in message


def test_all_files_without_rows(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("x\n")
    with pytest.raises(DataError, match=r"\(2 files\) has a header but no rows"):
        read_users(tmp_path)


@pytest.mark.parametrize("content", [b"a,b\n1,2\n3\n", *BINARY.values()])
def test_standard_input(monkeypatch, content):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    users = read_users("-")
    assert len(users) == 2
    (source,) = users.sources
    assert (source.path, source.size) == ("-", len(content))
    assert source.sha256 == hashlib.sha256(content).hexdigest()
    if source.text:
        assert record_lines(source, 2).tolist() == [2, 3]
    else:
        assert source.held is None


def test_empty_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    with pytest.raises(DataError, match="standard input is empty"):
        read_users("-")


def test_pipe():
    reading, writing = os.pipe()
    os.write(writing, b"a,b\n1,2\n3\n")
    os.close(writing)
    users = read_users(f"/dev/fd/{reading}")
    os.close(reading)
    assert users.malformed == {1: "has 1 field, the header has 2"}
    assert record_lines(users.sources[0], 2).tolist() == [2, 3]


def test_frames():
    frame = pd.DataFrame({"loss": [1.5, 2.5]}, index=pd.Index(["x", "y"], name="user_id"))
    users = read_users(frame)
    assert users.table.column("user_id").to_pylist() == ["x", "y"]
    assert users.sources[0].path == "<data frame>"
    assert users.sources[0].sha256 is None
    polars = pl.DataFrame({"user_id": ["é"], "tier": pl.Series(["q"], dtype=pl.Categorical)})
    users = read_users(polars)
    assert users.table.schema.field("user_id").type == pa.large_string()
    assert users.table.schema.field("tier").type.value_type == pa.large_string()
    assert read_users(users) is users
    again = read_users(users, columns=["tier"])
    assert again.table.column_names == ["tier"]
    assert read_users(pa.table(users), columns=["user_id"]).table.num_columns == 1


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ([1], "cannot read a users table from a list"),
        (pd.DataFrame({"a": [1, "x"]}), "Give every column one type"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "a name of its own"),
        (pa.table({"a": []}), "has no rows"),
        (
            pa.Table.from_arrays([pa.array([1]), pa.array([1])], names=["a", "a"]),
            "this data frame has more than one column named 'a'",
        ),
        (
            pa.table({"a": pa.array([b"\xff"]).view(pa.string())}),
            "column 'a' of this data frame holds text that is not UTF-8",
        ),
        (
            pa.table({"a": pa.array([b"\xff"]).view(pa.string()).dictionary_encode()}),
            "column 'a' of this data frame holds text that is not UTF-8",
        ),
    ],
)
def test_unusable_frames(frame, message):
    with pytest.raises(DataError, match=message):
        read_users(frame)


def test_simulated_tables_say_so(put):
    table = TABLE.replace_schema_metadata({SIMULATED_KEY: b"2 users, seed 1"})
    assert read_users(table).simulated == "2 users, seed 1"
    assert read_users(put("a.parquet", parquet_bytes(table))).simulated == "2 users, seed 1"
    assert read_users(TABLE).simulated is None
