"""Writing: whole files or none, the same bytes for the same table, and full disks explained."""

import errno
import hashlib
import json
import os
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from allocator.data.buffers import decimals_of
from allocator.data.table import read_users
from allocator.data.write import write_csv, write_file, write_json, write_parquet
from allocator.errors import AllocatorError

TABLE = pa.table(
    {
        "user_id": [f"u{i}" for i in range(6000)],
        "region": pa.array(["EU", None] * 3000).dictionary_encode(),
        "loss": decimals_of(np.arange(6000) * 10**6),
        "paid": [True, False] * 3000,
    }
)


def on_disk(path):
    content = path.read_bytes()
    return hashlib.sha256(content).hexdigest(), len(content)


def test_bytes_and_callables(tmp_path):
    path = tmp_path / "a.txt"
    assert write_file(path, b"hello") == on_disk(path)
    assert path.read_bytes() == b"hello"
    assert write_file(path, lambda file: [file.write(b"x"), file.write(b"yz")]) == on_disk(path)
    assert path.read_bytes() == b"xyz"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_parquet_round_trip_and_same_bytes(tmp_path):
    one, other = tmp_path / "1.parquet", tmp_path / "2.parquet"
    assert write_parquet(one, TABLE) == on_disk(one)
    chunked = pa.concat_tables([TABLE.slice(0, 10), TABLE.slice(10)]).unify_dictionaries()
    write_parquet(other, chunked)
    assert one.read_bytes() == other.read_bytes()
    assert read_users(one).table.equals(TABLE)
    column = parquet.ParquetFile(one).metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert not column.has_dictionary_page  # ids do not repeat


@pytest.mark.parametrize("comma", [False, True])
def test_csv_keeps_ids_that_a_spreadsheet_would_run(tmp_path, comma):
    ids = ["=1+1", "+49 30", "-7", "@sum", "007", "'=1", *(['=cmd("a,b")'] if comma else [])]
    write_csv(tmp_path / "a.csv", pa.table({"user_id": ids}))
    assert read_users(tmp_path / "a.csv").table["user_id"].to_pylist() == ids


def test_csv(tmp_path):
    path = tmp_path / "a.csv"
    table = pa.table(
        {
            "user_id": ["a", "b", None, "d"],
            "loss": pa.array(
                [Decimal("0E-8"), Decimal("1E-8"), None, Decimal(50)], pa.decimal128(19, 8)
            ),
            "small": pa.array(
                [Decimal("0"), None, Decimal("1.5"), Decimal("2")], pa.decimal128(9, 2)
            ),
            "region": pa.array(["EU", "NA", None, "EU"]).dictionary_encode(),
        }
    )
    assert write_csv(path, table) == on_disk(path)
    assert path.read_text() == (
        "user_id,loss,small,region\na,0.00,0.00,EU\nb,0.00000001,,NA\n,,1.50,\nd,50.00,2.00,EU\n"
    )


def test_csv_with_texts_that_need_quotes(tmp_path):
    path = tmp_path / "a.csv"
    names = ['b"c', "d,e", "f\ng", "h"]
    assert write_csv(path, pa.table({"user_id": names, "n, m": [1, 2, 3, 4]})) == on_disk(path)
    assert path.read_text() == 'user_id,"n, m"\n"b""c",1\n"d,e",2\n"f\ng",3\n"h",4\n'
    assert read_users(path).table.column("user_id").to_pylist() == names


def test_json(tmp_path):
    path = tmp_path / "a.json"
    assert write_json(path, {"b": 1, "a": ["é", None]}) == on_disk(path)
    assert path.read_text(encoding="utf-8").startswith('{\n  "b": 1,\n  "a": [\n    "é",')
    assert path.read_bytes().endswith(b"}\n")
    assert json.loads(path.read_text(encoding="utf-8")) == {"b": 1, "a": ["é", None]}
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, float("nan"))


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    write_file(path, b"old")

    def fail(file):
        file.write(b"new, but not wh")
        raise error

    with pytest.raises(type(error)):
        write_file(path, fail)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.txt"]


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_explained(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    with pytest.raises(AllocatorError) as caught:
        write_file(path, full, space=2_000_000)
    assert str(caught.value).startswith(
        f"{path} cannot be written: the disk is full; it needs about 2.0 MB, and "
    )
    assert str(caught.value).endswith("make room or write elsewhere")
    with pytest.raises(AllocatorError, match=r"the disk is full, and .* are free"):
        write_file(path, full)
    monkeypatch.setattr(os, "fsync", full)
    for size, shown in ((1_000_000, "1.0 MB"), (3_120, "3.1 KB"), (7, "7 bytes")):
        with pytest.raises(AllocatorError, match=f"it needs {shown}, and .* are free"):
            write_file(path, b"x" * size)
    with pytest.raises(AllocatorError, match=r"t.parquet cannot be written: the disk is full"):
        write_parquet(tmp_path / "t.parquet", TABLE)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EFBIG, "the file-size limit of this process is reached (see `ulimit -f`). No half"),
        (errno.EDQUOT, "the disk quota is used up; it needs 1 bytes, and "),
    ],
)
def test_what_is_no_full_disk_is_not_called_so(tmp_path, monkeypatch, number, words):
    def refuse(*_):
        raise OSError(number, "")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(AllocatorError) as caught:
        write_file(tmp_path / "a.txt", b"x")
    assert f"a.txt cannot be written: {words}" in str(caught.value)
    assert "disk is full" not in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_disk_that_fills_up_under_the_parquet_writer(tmp_path, monkeypatch):
    monkeypatch.setattr("allocator.data.write._Hashing.write", full)
    with pytest.raises(AllocatorError, match="the disk is full; it needs about"):
        write_parquet(tmp_path / "t.parquet", TABLE)
    with pytest.raises(AllocatorError, match="the disk is full; it needs about"):
        write_csv(tmp_path / "t.csv", TABLE)
    assert os.listdir(tmp_path) == []


def test_other_errors_of_the_system(tmp_path):
    path = tmp_path / "none" / "a.txt"
    with pytest.raises(AllocatorError, match=r"a.txt cannot be written: No such file or directory"):
        write_file(path, b"x")
    with pytest.raises(AllocatorError, match="cannot be written: Is a directory"):
        write_file(tmp_path, b"x")
