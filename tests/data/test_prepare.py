"""Events and a snapshot to a users table: filtered, summed exactly, every row accounted for."""

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.data.check import check_users
from allocator.data.prepare import prepare
from allocator.data.table import SIMULATED_KEY, read_users
from allocator.errors import DataError
from allocator.money import FINE

WINDOW = {
    "window_start": datetime(2025, 10, 10),
    "window_end": datetime(2025, 10, 11, 23, 59, 59),
    "products": ["futures", "margin"],
}
IN, OUT = "2025-10-10T21:15:00Z", "2025-10-12T00:00:00Z"


def events(*rows, names=("user_id", "time", "product", "loss")):
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def balances(**net_assets):
    return pa.table({"user_id": list(net_assets), "net_assets": list(net_assets.values())})


EVENTS = events(
    ("b", IN, "futures", "0.1"),
    ("a", IN, "futures", "60"),
    ("b", IN, "margin", "0.2"),
    ("c", OUT, "futures", "5"),
    ("a", IN, "options", "7"),
    ("d", OUT, "options", "8"),
)


def test_everything_is_accounted_for():
    attributes = pa.table({"user_id": ["b", "z"], "region": ["EU", "NA"]})
    users, report = prepare(EVENTS, balances(a=100, b=-1, e=5), attributes, **WINDOW)
    assert users.table.to_pydict() == {
        "user_id": ["b", "a", "c", "d"],
        "liquidation_loss": [Decimal("0.3"), 60, 0, 0],
        "net_assets": [-1, 100, None, None],
        "no_snapshot": [False, False, True, True],
        "region": ["EU", None, None, None],
    }
    assert report.events == 6
    assert report.outside_window == 2
    assert report.other_products == 1
    assert report.users == 4
    assert report.without_loss == 2
    assert report.without_snapshot == 2
    assert report.without_events == 1
    assert len(report.sources) == 3
    checked, findings = check_users(users, attributes=["region"])
    assert findings.count == 0
    assert checked.no_snapshot.tolist() == [False, False, True, True]
    assert checked.loss.tolist() == [30_000_000, 60 * FINE, 0, 0]


def test_text_and_integer_ids_are_the_same_users():
    table = events((7, IN, "futures", 5), (8, IN, "futures", 6))
    users, _ = prepare(table, balances(**{"7": 1, "8": 2}), **WINDOW)
    assert users.table.column("user_id").to_pylist() == ["7", "8"]
    assert users.table.column("net_assets").to_pylist() == [1, 2]
    whole = pa.table({"user_id": pa.array([8, 7], pa.int16()), "net_assets": [2, 1]})
    users, _ = prepare(table, whole, **WINDOW)
    assert users.table.column("user_id").to_pylist() == [7, 8]
    assert users.table.column("net_assets").to_pylist() == [1, 2]
    huge = pa.table({"user_id": pa.array([2**64 - 1, 7], pa.uint64()), "net_assets": [2, 1]})
    users, _ = prepare(table, huge, **WINDOW)
    assert users.table.column("user_id").to_pylist() == ["7", "8"]


def test_mapped_columns_come_out_under_the_names_the_policy_expects():
    table = events(("a", IN, "futures", 5), names=("uid", "at", "what", "pnl"))
    snapshot = pa.table({"uid": ["a"], "equity": [9]})
    mapping = {"user_id": "uid", "time": "at", "product": "what", "loss": "pnl"}
    mapping |= {"net_assets": "equity", "liquidation_loss": "lost"}
    users, _ = prepare(table, snapshot, columns=mapping, **WINDOW)
    assert users.table.column_names == ["uid", "lost", "equity", "no_snapshot"]
    checked, findings = check_users(users, columns=mapping)
    assert findings.count == 0
    assert checked.loss.tolist() == [5 * FINE]


def test_bad_rows_of_all_files_at_once(tmp_path):
    (tmp_path / "e.csv").write_text(
        f'user_id,time,product,loss\n"",{IN},futures,1\n\na,noon,,-5\na,,futures,x\na\n'
    )
    (tmp_path / "s.csv").write_text("user_id,net_assets\na,1\nb,?\na,3\n")
    (tmp_path / "t.csv").write_text("user_id,tier\nq,1\nq,2\n")
    with pytest.raises(DataError) as caught:
        prepare(tmp_path / "e.csv", tmp_path / "s.csv", tmp_path / "t.csv", **WINDOW)
    rows = [
        (row["file"][-5:], row["line"], row["column"], row["rule"]) for row in caught.value.rows
    ]
    assert "--" not in str(caught.value)  # nothing can be set aside here
    amount = "is not an amount such as 1234.50, 1,234.50 or $1,234.50"
    assert rows == [
        ("e.csv", 2, "user_id", "is missing"),
        ("e.csv", 4, "time", "is not a time such as 2025-10-10T21:15:00Z"),
        ("e.csv", 4, "product", "is missing"),
        ("e.csv", 4, "loss", "is negative"),
        ("e.csv", 5, "time", "is missing"),
        ("e.csv", 5, "loss", amount),
        ("e.csv", 6, "", "has 1 field, the header has 4"),
        ("s.csv", 2, "user_id", "same user_id as line 4"),
        ("s.csv", 3, "net_assets", amount),
        ("s.csv", 4, "user_id", "same user_id as line 2"),
        ("t.csv", 2, "user_id", "same user_id as line 3"),
        ("t.csv", 3, "user_id", "same user_id as line 2"),
    ]
    for name in ("e.csv", "s.csv", "t.csv"):
        assert f"{name}; nothing was written." in caught.value.shell
        assert "nothing was written" not in str(caught.value)


def test_sums_that_are_too_large():
    table = events(
        ("a", IN, "futures", "89999999999.99999999"),
        ("b", IN, "futures", "89999999999"),
        ("a", IN, "futures", "0.00000001"),
        ("b", IN, "futures", "0.99999999"),
        *[("c", IN, "futures", "89999999999")] * 3,
        ("a", OUT, "futures", "1"),
    )
    with pytest.raises(DataError) as caught:
        prepare(table, balances(a=1), **WINDOW)
    assert [row["line"] for row in caught.value.rows] == [2, 4, 6, 7, 8]
    rule = "adds up to $90,000,000,000 or more for this user"
    assert caught.value.rows[0]["rule"] == rule


def test_sums_just_below_the_limit():
    table = events(("a", IN, "futures", "89999999999"), ("a", IN, "futures", "0.99999999"))
    users, _ = prepare(table, balances(a=1), **WINDOW)
    assert users.table.column(1).to_pylist() == [Decimal("89999999999.99999999")]


def test_unusable_requests():
    with pytest.raises(DataError, match=r"the window ends .* before it starts"):
        prepare(EVENTS, balances(a=1), **{**WINDOW, "window_end": datetime(2025, 10, 9)})
    with pytest.raises(DataError, match="no column 'net_assets'"):
        prepare(EVENTS, EVENTS, **WINDOW)
    taken = pa.table({"user_id": ["a"], "net_assets": [1]})
    with pytest.raises(DataError, match=r"attributes named 'net_assets', as a column .* rename"):
        prepare(EVENTS, balances(a=1), taken, **WINDOW)
    for products, message in ((pa.array([1]), "holds int64"), (pa.nulls(1), "product is missing")):
        table = events(("a", IN, "", 5)).set_column(2, "product", products)
        with pytest.raises(DataError, match=message):
            prepare(table, balances(a=1), **WINDOW)


def test_simulated_inputs_are_remembered():
    table = EVENTS.replace_schema_metadata({SIMULATED_KEY: b"6 events, seed 1"})
    users, _ = prepare(table, balances(a=1), **WINDOW)
    assert users.simulated == "6 events, seed 1"
    assert read_users(users.table).simulated == "6 events, seed 1"


rows = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from([IN, OUT]),
        st.sampled_from(["futures", "margin", "options"]),
        st.decimals(0, 10**9, places=8),
    ),
    min_size=1,
)


@given(rows)
def test_sums_are_exact(drawn):
    table = events(*drawn).set_column(
        2, "product", pa.array([row[2] for row in drawn]).dictionary_encode()
    )
    users, report = prepare(table, balances(a=1), **WINDOW)
    expected = {user: Decimal(0) for user, *_ in drawn}
    for user, time, product, loss in drawn:
        if time == IN and product != "options":
            expected[user] += loss
    pairs = zip(users.table.column(0).to_pylist(), users.table.column(1).to_pylist(), strict=True)
    assert dict(pairs) == expected
    assert report.users == len(expected)
    assert report.events == len(drawn)
