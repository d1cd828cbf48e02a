"""Checking: every rule, on text and on typed columns, and what a missing column is told."""

import datetime
import tomllib
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.data.booleans import read_booleans
from allocator.data.check import check_users
from allocator.data.columns import nearest_name, needed_columns
from allocator.data.table import read_users
from allocator.errors import DataError
from allocator.money import FINE

GOOD = {
    "user_id": ["a", "b", "c"],
    "liquidation_loss": ["50", "$1,000.00", "0"],
    "net_assets": ["100", "-5", "0"],
}


def check(columns=None, /, net_assets=True, attributes=(), mapping=None, **changed):
    table = pa.table({**GOOD, **(columns or {}), **changed})
    return check_users(
        read_users(table), columns=mapping, attributes=attributes, net_assets=net_assets
    )


def rules(findings, columns=None, **changed):
    users = read_users(pa.table({**GOOD, **(columns or {}), **changed}))
    if not findings.count:
        return []
    return [(row["line"], row["column"], row["rule"]) for row in findings.error(users).rows]


SET_FLAG = "if the snapshot has none, set the column no_snapshot to true for this user"


def test_a_good_table():
    users, findings = check(region=["EU", None, "NA"], attributes=["region"])
    assert findings.count == 0
    assert len(users) == 3
    assert users.ids.to_pylist() == ["a", "b", "c"]
    assert users.loss.tolist() == [50 * FINE, 1000 * FINE, 0]
    assert users.net_assets.tolist() == [100 * FINE, -5 * FINE, 0]
    assert users.no_snapshot is None
    assert users.already_compensated is None
    assert users.attributes["region"].to_pylist() == ["EU", None, "NA"]
    assert users.rounded == 0


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"user_id": ["a", None, ""]},
            [(3, "user_id", "is missing"), (4, "user_id", "is missing")],
        ),
        (
            {"user_id": ["a", "b", "a"]},
            [(2, "user_id", "same user_id as line 4"), (4, "user_id", "same user_id as line 2")],
        ),
        (
            {"user_id": [7, 7, None]},
            [
                (2, "user_id", "same user_id as line 3"),
                (3, "user_id", "same user_id as line 2"),
                (4, "user_id", "is missing"),
            ],
        ),
        (
            {"liquidation_loss": ["", "-1", "x"]},
            [
                (2, "liquidation_loss", "is missing"),
                (3, "liquidation_loss", "is negative"),
                (4, "liquidation_loss", "is not an amount such as 1234.50, 1,234.50 or $1,234.50"),
            ],
        ),
        (
            {"liquidation_loss": [float("inf"), 9e10, -0.01]},
            [
                (2, "liquidation_loss", "is not finite"),
                (3, "liquidation_loss", "is not below $90 billion in size"),
                (4, "liquidation_loss", "is negative"),
            ],
        ),
        (
            {"liquidation_loss": ["0.000000001", "1.123456780", "-0.00"]},
            [(2, "liquidation_loss", "has more than 8 decimals")],
        ),
        (
            {"net_assets": [None, "?", "-9e10"]},
            [
                (2, "net_assets", f"is missing; {SET_FLAG}"),
                (3, "net_assets", "is not an amount such as 1234.50, 1,234.50 or $1,234.50"),
                (4, "net_assets", "is not below $90 billion in size"),
            ],
        ),
        (
            {"net_assets": [None, None, "x"], "no_snapshot": [True, None, True]},
            [
                (3, "net_assets", f"is missing; {SET_FLAG}"),
                (4, "net_assets", "is not an amount such as 1234.50, 1,234.50 or $1,234.50"),
            ],
        ),
        (
            {"already_compensated": ["yes", "", "maybe"]},
            [
                (3, "already_compensated", "is missing; write true or false"),
                (4, "already_compensated", "is neither true nor false"),
            ],
        ),
    ],
)
def test_every_rule(changed, expected):
    users, findings = check(changed)
    assert rules(findings, changed) == expected
    assert (users.loss >= 0).all()


def test_losses_that_are_all_negative_are_told_how_to_be_written():
    _, findings = check(liquidation_loss=["-60", "-1", "-70.5"])
    text = str(findings.error(read_users(pa.table({"user_id": ["a", "b", "c"]}))))
    assert (
        "  all 3 rows: liquidation_loss is negative; losses are positive numbers: drop the minus "
        "signs\n"
    ) in text
    assert "Row by row" not in text


def test_the_flag_of_a_missing_snapshot_is_told_by_its_own_name():
    changed = {"net_assets": [None, "1", "2"], "unseen": [False, True, True]}
    _, findings = check(changed, mapping={"no_snapshot": "unseen"})
    assert "set the column unseen to true" in rules(findings, changed)[0][2]


def test_quarantine_keeps_the_others():
    changed = {
        "liquidation_loss": ["x", "60", "70"],
        "region": ["EU", "NA", "EU"],
        "no_snapshot": [False, True, False],
        "already_compensated": [True, True, False],
    }
    users, findings = check(changed, attributes=["region"])
    kept = users.take(~findings.mask(3))
    assert kept.ids.to_pylist() == ["b", "c"]
    assert kept.loss.tolist() == [60 * FINE, 70 * FINE]
    assert kept.net_assets.tolist() == [-5 * FINE, 0]
    assert kept.no_snapshot.tolist() == [True, False]
    assert kept.already_compensated.tolist() == [True, False]
    assert kept.attributes["region"].to_pylist() == ["NA", "EU"]
    assert kept.table.num_rows == len(kept) == 2
    bare, _ = check(net_assets=False)
    kept = bare.take(np.array([True, False, False]))
    assert kept.net_assets is None
    assert kept.no_snapshot is None
    assert kept.already_compensated is None


def test_rounded_floats_are_counted():
    users, findings = check(
        {"liquidation_loss": [1e-9, 0.5, 1.0], "net_assets": [1e-9, 0.123456789, 1]}
    )
    assert findings.count == 0
    assert users.rounded == 2
    assert users.take(np.array([False, True, True])).rounded == 1


def test_malformed_rows_are_reported_once(tmp_path):
    path = tmp_path / "u.csv"
    path.write_text("user_id,liquidation_loss,net_assets\na,1,2\nb,1\na,x,2\n")
    table = read_users(path)
    _, findings = check_users(table)
    assert [(row["line"], row["rule"]) for row in findings.error(table).rows] == [
        (2, "same user_id as line 4"),
        (3, "has 2 fields, the header has 3"),
        (4, "same user_id as line 2"),
        (4, "is not an amount such as 1234.50, 1,234.50 or $1,234.50"),
    ]


def test_mapped_columns():
    table = pa.table({"uid": ["a"], "pnl": [5], "tier": ["vip1"], "paid": ["t"]})
    mapping = {
        "user_id": "uid",
        "liquidation_loss": "pnl",
        "vip_tier": "tier",
        "already_compensated": "paid",
    }
    users, findings = check_users(
        read_users(table), columns=mapping, attributes=["vip_tier"], net_assets=False
    )
    assert findings.count == 0
    assert users.attributes["vip_tier"].to_pylist() == ["vip1"]
    assert users.already_compensated.tolist() == [True]
    assert needed_columns(mapping, ["vip_tier"]) == (
        "uid",
        "pnl",
        "net_assets",
        "no_snapshot",
        "paid",
        "tier",
    )


def test_missing_columns_are_all_named():
    users = read_users(pa.table({"UserID": ["a"], "Liquidation Loss": [1], "x": [2]}))
    with pytest.raises(DataError) as caught:
        check_users(
            users, attributes=["region"], columns={"net_assets": "equity", "no_snapshot": "absent"}
        )
    assert str(caught.value) == (
        "<data frame> has no columns 'user_id', 'liquidation_loss', 'equity' (for net_assets), "
        "'region', 'absent' (for no_snapshot); it has 'UserID', 'Liquidation Loss', 'x'\n"
        "If they are there under other names, say so in the policy:\n"
        "  [columns]\n"
        '  user_id = "UserID"\n'
        '  liquidation_loss = "Liquidation Loss"\n'
        '  net_assets = "..."\n'
        '  region = "..."\n'
        '  no_snapshot = "..."'
    )


def test_what_to_put_into_the_policy_can_be_put_there():
    users = read_users(pa.table({'user\n"id': ["a"], "liquidation_loss": [1], "net_assets": [1]}))
    with pytest.raises(DataError) as caught:
        check_users(users)
    suggested = str(caught.value).split("policy:\n")[1]
    assert tomllib.loads(suggested) == {"columns": {"user_id": 'user\n"id'}}


def test_missing_columns_of_a_pruned_table_name_what_the_file_has(tmp_path):
    (tmp_path / "u.csv").write_text("user_id,loss_usd,net_assets\na,1,2\n")
    users = read_users(tmp_path / "u.csv", columns=needed_columns({}))
    with pytest.raises(DataError, match="it has 'user_id', 'loss_usd', 'net_assets'"):
        check_users(users)


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_separators_are_recognized(tmp_path, mark, name):
    (tmp_path / "u.csv").write_text(f"user_id{mark}liquidation_loss\na{mark}1\n")
    with pytest.raises(DataError, match=f"separated by {name}; save it with commas instead."):
        check_users(read_users(tmp_path / "u.csv"))


def test_several_files_without_a_column(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("user_id\na\n")
    with pytest.raises(DataError, match=r"2 files have no columns .*; they have 'user_id'"):
        check_users(read_users(tmp_path))


def test_nearest_name():
    assert nearest_name("net_assets", ["Net-Assets", "other"]) == "Net-Assets"
    assert nearest_name("net_assets", ["zzz"]) is None


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (pa.array([7, 8, 9], pa.uint16()), [7, 8, 9]),
        (pa.array(["x", "y", "z"]).dictionary_encode(), ["x", "y", "z"]),
        (pa.array([7, 8, 9]).dictionary_encode(), [7, 8, 9]),
        (pa.array([Decimal(7), Decimal(8), None], pa.decimal128(38, 0)), ["7", "8", None]),
        (pa.nulls(3), [None] * 3),
        (pa.array(["007", "7", "é"], pa.large_string()), ["007", "7", "é"]),
    ],
)
def test_types_of_ids(ids, expected):
    users, findings = check(user_id=ids)
    assert users.ids.to_pylist() == expected
    assert findings.count == expected.count(None)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        (
            "user_id",
            [1.0, 2.0, 3.0],
            "column 'user_id' holds double values; .* pandas makes floats",
        ),
        ("user_id", [True, False, None], "ids must be text or whole numbers$"),
        ("liquidation_loss", [datetime.date(2025, 10, 10)] * 3, "'liquidation_loss' holds date32"),
        ("already_compensated", [[1]] * 3, "'already_compensated' holds list.* true or false"),
    ],
)
def test_types_that_cannot_be(name, values, message):
    with pytest.raises(DataError, match=message):
        check({name: values})


BOOLEAN_COLUMNS = [
    (pa.array([True, False, None]), [True, False, False], [2], []),
    (pa.array([1, 0, 2, None]), [True, False, False, False], [3], [2]),
    (pa.array([1.0, 0.0, 0.5]), [True, False, False], [], [2]),
    (
        pa.array(["TRUE", " No ", "y", "F", "0", "1", "on", "", None]),
        [1, 0, 1, 0, 0, 1, 0, 0, 0],
        [7, 8],
        [6],
    ),
    (pa.array(["yes", "no", None]).dictionary_encode(), [True, False, False], [2], []),
    (pa.nulls(2), [False, False], [0, 1], []),
    (pa.array([], pa.string()), [], [], []),
]


@pytest.mark.parametrize(("column", "values", "missing", "bad"), BOOLEAN_COLUMNS)
def test_booleans(column, values, missing, bad):
    found = read_booleans(pa.chunked_array([column]), "paid")
    assert found[0].tolist() == [bool(value) for value in values]
    assert np.flatnonzero(found[1]).tolist() == missing
    assert np.flatnonzero(found[2]).tolist() == bad


def test_pandas_frames_with_missing_values():
    frame = pd.DataFrame({**GOOD, "liquidation_loss": [1.5, None, 2.0]})
    _, findings = check_users(read_users(frame))
    assert findings.count == 1


amounts = st.one_of(
    st.none(),
    st.decimals(-100, 100, places=2).map(str),
    st.sampled_from(["", "x", "1e5", "$5", "9e99", "0.123456789"]),
)


@given(
    st.lists(
        st.tuples(st.none() | st.sampled_from(["", "a", "b", "c"]), amounts, amounts),
        min_size=1,
        max_size=12,
    )
)
def test_no_input_raises_and_good_rows_are_good(rows):
    names = ["user_id", "liquidation_loss", "net_assets"]
    table = pa.table(
        {
            name: pa.array(column, pa.string())
            for name, column in zip(names, zip(*rows, strict=True), strict=True)
        }
    )
    source = read_users(table)
    users, findings = check_users(source)
    bad = findings.mask(len(rows))
    assert bad.sum() == findings.count
    for row, is_bad, loss, net in zip(rows, bad, users.loss, users.net_assets, strict=True):
        if not is_bad:
            assert row[0]
            assert [other[0] for other in rows].count(row[0]) == 1
            assert Decimal(int(loss)) / FINE == Decimal(row[1].replace("$", ""))
            assert Decimal(int(net)) / FINE == Decimal(row[2].replace("$", ""))
            assert loss >= 0
    if findings.count:
        error = findings.error(source)
        assert {row["line"] - 2 for row in error.rows} == set(np.flatnonzero(bad).tolist())
        assert findings.quarantine_table(source).num_rows == findings.count
