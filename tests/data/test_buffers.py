"""Arrow to numpy and back, in every layout, and without pandas."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from allocator.data.buffers import array_of, booleans_of, nulls_of, numbers_of, texts_array

cuts = st.integers(0, 20)


def layouts(values, kind, cut):
    yield pa.array(values, kind)
    yield pa.array([None, *values], kind)[1:]
    yield pa.chunked_array([pa.array(values[:cut], kind), pa.array(values[cut:], kind)])


@given(st.lists(st.none() | st.booleans(), max_size=20), cuts)
def test_booleans_and_nulls(values, cut):
    for array in layouts(values, pa.bool_(), cut):
        assert booleans_of(array).tolist() == [bool(value) for value in values]
        assert nulls_of(array).tolist() == [value is None for value in values]


@given(st.lists(st.integers(-128, 127), max_size=20), cuts)
def test_numbers(values, cut):
    for kind in (pa.int8(), pa.int64(), pa.float64()):
        for array in layouts(values, kind, cut):
            assert numbers_of(array).tolist() == values
    assert numbers_of(pa.chunked_array([], pa.int8())).dtype == np.int8


@given(st.lists(st.tuples(st.integers(0, 1), st.booleans()), max_size=20))
def test_there_and_back(pairs):
    values = np.array([pair[0] for pair in pairs], np.int16)
    missing = np.array([pair[1] for pair in pairs], bool)
    for column in (values, values.astype(bool), values.astype(float), values[::-1]):
        assert array_of(column).to_pylist() == column.tolist()
        expected = [None if gone else value for value, gone in zip(column, missing, strict=True)]
        assert array_of(column, missing=missing).to_pylist() == expected


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts(texts):
    array = texts_array(texts)
    array.validate(full=True)
    assert array.to_pylist() == texts


RUN = """
import sys
from datetime import datetime
from allocator.data.check import check_users
from allocator.data.prepare import prepare
from allocator.data.simulate import simulate_users
from allocator.data.table import read_users
from allocator.data.write import write_csv, write_parquet

folder = sys.argv[1]
table = simulate_users(500).table
write_parquet(folder + "/users.parquet", table)
write_csv(folder + "/users.csv", table)
with open(folder + "/users.csv", "a") as file:
    file.write("u1\\n,x,y,z,,,,\\n")
with open(folder + "/events.csv", "w") as file:
    file.write("user_id,time,product,loss\\nu1,2025-10-10T00:00:00Z,futures,5\\n")
for name in ("users.parquet", "users.csv"):
    users, findings = check_users(read_users(folder + "/" + name), attributes=["region"])
    users.take(~findings.mask(len(users)))
read = read_users(folder + "/users.csv")
findings.error(read), findings.quarantine_table(read)
day = datetime(2025, 10, 10)
prepare(
    folder + "/events.csv",
    folder + "/users.parquet",
    window_start=day,
    window_end=day,
    products=["futures"],
)
print(findings.count, sorted({"pandas", "matplotlib", "cvxpy", "scipy"} & set(sys.modules)))
"""


def test_pandas_is_never_imported(tmp_path):
    command = [sys.executable, "-c", RUN, str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert run.stdout == "2 []\n"
