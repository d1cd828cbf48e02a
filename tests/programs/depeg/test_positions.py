"""Positions as people have them: every bad row told at once, and rows that stand there twice."""

from itertools import permutations

import pyarrow as pa
import pytest

import allocator as al
from allocator.errors import DataError
from allocator.programs.depeg.positions import read_positions

HEAD = "user_id,asset,quantity,liquidation_price,time,account_type"
GOOD = "ann,USDE,1,0.5,2025-10-10T21:50:00Z,margin"


def text(tmp_path, *lines, head=HEAD):
    path = tmp_path / "positions.csv"
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


def test_every_bad_row_is_told_with_line_column_and_rule(tmp_path, policy):
    path = text(
        tmp_path,
        GOOD,
        ",USDE,1,0.5,2025-10-10T21:50:00Z,margin",
        "bob,,-1,x,yesterday,margin",
        "bob,USDE,1.123456789,-0.5,,",
        "bob,USDE,$1,100000000000,2025-10-10T21:50:00Z,margin",
        "bob,USDE",
    )
    with pytest.raises(DataError) as caught:
        al.run_program(path, policy())
    found = {(row["line"], row["column"], row["rule"]) for row in caught.value.rows}
    assert found == {
        (3, "user_id", "is missing"),
        (4, "asset", "is missing"),
        (4, "quantity", "is negative"),
        (4, "liquidation_price", "is not an amount such as 1234.50, 1,234.50 or $1,234.50"),
        (4, "time", "is not a time such as 2025-10-10T21:45:00Z"),
        (5, "quantity", "has more than 8 decimals"),
        (5, "liquidation_price", "is negative"),
        (5, "time", "is missing"),
        (5, "account_type", "is missing"),
        (6, "liquidation_price", "is not below $90 billion in size"),
        (7, "", "has 2 fields, the header has 6"),
    }
    assert "5 bad rows among the 6" in str(caught.value)


def test_bad_rows_are_set_aside_up_to_a_limit(tmp_path, policy):
    path = text(tmp_path, GOOD, "bob,USDE,x,0.5,2025-10-10T21:50:00Z,margin", GOOD)
    result = al.run_program(path, policy(), max_bad=1)
    assert result.table.column("user_id").to_pylist() == ["ann"]
    assert result.quarantined.column("line").to_pylist() == [3]
    with pytest.raises(DataError, match="1 bad row"):
        al.run_program(path, policy())
    only = text(tmp_path, "bob,USDE,x,0.5,2025-10-10T21:50:00Z,margin")
    with pytest.raises(DataError, match="1 bad row"):
        al.run_program(only, policy(), max_bad=5)


def test_missing_columns_name_what_is_there(tmp_path, policy):
    path = text(tmp_path, GOOD, head=HEAD.replace("quantity", "Qty"))
    with pytest.raises(
        DataError, match=r"has no column 'quantity'; it has 'user_id', 'asset', 'Qty"
    ):
        al.run_program(path, policy())
    mine = policy(columns={"quantity": "Qty", "position_id": "pid"})
    with pytest.raises(DataError, match=r"has no column 'pid' \(for position_id\)"):
        al.run_program(path, mine)
    named = policy(columns={"quantity": "Qty"})
    assert al.run_program(path, named).table.column("claim_cents").to_pylist() == [50]


def test_columns_of_other_types(table, policy):
    rows = [("ann", 1, 0.5), ("ann", 2, 0.1234567891)]
    positions = table(*rows, asset=pa.array(["USDE", "USDE"]).dictionary_encode())
    result = al.run_program(positions, policy())
    assert "1 position with floats of more than 8 decimals" in " ".join(result.warnings)
    with pytest.raises(DataError, match="column 'asset' holds int64 values; it must be text"):
        al.run_program(table(*rows, asset=[1, 2]), policy())
    with pytest.raises(DataError, match="2 rows: account_type is missing"):
        al.run_program(table(*rows, account_type=pa.nulls(2)), policy())
    with pytest.raises(DataError, match="verified_extra_loss is negative"):
        al.run_program(table(*rows, verified_extra_loss=[-1, None]), policy())


def test_the_window_includes_both_ends_and_is_the_policys(table, policy):
    times = [
        "2025-10-10T21:35:59.999999Z",
        "2025-10-10T21:36:00Z",
        "2025-10-10T22:16:00Z",
        "2025-10-10T22:16:00.000001Z",
        "2025-10-10T23:40:00+02:00",
    ]
    rows = [(name, "1", "0.5") for name in "abcde"]
    result = al.run_program(table(*rows, time=times), policy())
    assert result.table.column("claim_cents").to_pylist() == [0, 50, 50, 0, 50]
    wide = policy(window_start="2025-10-10T21:00:00Z", window_end="2025-10-10T23:00:00Z")
    result = al.run_program(table(*rows, time=times), wide)
    assert result.table.column("claim_cents").to_pylist() == [50] * 5


def test_an_id_with_other_values_is_a_conflict_by_line(tmp_path, policy):
    path = text(
        tmp_path,
        f"{GOOD},p1",
        f"{GOOD},p2",
        f"{GOOD.replace(',1,', ',2,')},p1",
        f"{GOOD.replace('margin', 'loan')},p2",
        f"{GOOD},",
        head=f"{HEAD},position_id",
    )
    with pytest.raises(DataError) as caught:
        al.run_program(path, policy())
    told = str(caught.value)
    assert "positions.csv:2: same position_id, but another quantity, as line 4" in told
    assert "positions.csv:4: same position_id, but another quantity, as line 2" in told
    assert "positions.csv:5: same position_id, but another account_type, as line 3" in told
    assert "positions.csv:6: position_id is missing" in told


def test_an_id_with_the_same_values_counts_once(table, policy):
    rows = [("ann", "1", "0.5"), ("ann", "1", "0.5"), ("ann", "1.0", "0.50"), ("bob", "1", "0.5")]
    result = al.run_program(table(*rows, position_id=["p1", "p2", "p1", "p3"]), policy())
    assert result.table.column("claim_cents").to_pylist() == [100, 50]
    assert "1 row with the position_id and the values of an earlier one: each position counts " in (
        " ".join(result.warnings)
    )
    assert result.certificate.figures["positions"] == 3


def test_a_moment_written_twice_is_the_same_moment(table, policy):
    times = ["2025-10-10T21:50:00Z", "2025-10-11 03:20:00+05:30", "2025-10-10T21:50:00.000001Z"]
    rows = [("ann", "1", "0.5")] * 2
    same = table(*rows, position_id=["p", "p"], time=times[:2])
    assert al.run_program(same, policy()).table.column("claim_cents").to_pylist() == [50]
    other = table(*rows, rows[0], position_id=["p", "p", "q"], time=[*times[::2], times[0]])
    with pytest.raises(DataError, match="same position_id, but another time, as line 3"):
        al.run_program(other, policy())


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_rows_in_conflict_are_set_aside_in_any_order(table, policy, order):
    rows = [("ann", "1", "0.5"), ("ann", "1", "0.5"), ("ann", "2", "0.5")]
    positions = table(*(rows[i] for i in order), ("bob", "1", "0.5"), position_id=[*"pppq"])
    with pytest.raises(DataError, match="3 bad rows"):
        al.run_program(positions, policy())
    result = al.run_program(positions, policy(), max_bad=3)
    assert result.table.column("user_id").to_pylist() == ["bob"]
    assert result.quarantined.num_rows == 3


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_bad_row_says_nothing_of_a_position(table, policy, order):
    rows = [("ann", "1", "x"), ("ann", "1", "0")]
    positions = table(*(rows[i] for i in order), position_id=["p", "p"])
    result = al.run_program(positions, policy(), max_bad=1)
    assert result.table.column("claim_cents").to_pylist() == [100]


def test_identical_rows_without_ids_are_counted_in_a_warning(table, policy):
    rows = [("ann", "1", "0.5")] * 3 + [("bob", "1", "0.5")]
    result = al.run_program(table(*rows), policy())
    assert result.table.column("claim_cents").to_pylist() == [150, 50]
    assert "2 rows the same as an earlier one in every column" in " ".join(result.warnings)
    assert "the same as an earlier" not in " ".join(
        al.run_program(table(rows[0]), policy()).warnings
    )


def test_warnings_name_what_is_not_covered(table, policy):
    rows = [("ann", "1", "0.5")] * 3
    odd = table(*rows, asset=["usde", "usde", "BTC"], account_type=["Margin"] * 3)
    told = " ".join(al.run_program(odd, policy()).warnings)
    assert "3 positions in the window in an asset without a price: 'usde' (2), 'BTC' (1)" in told
    assert "3 positions in the window in an account of a type that is not covered: 'Margin'" in told
    assert "the policy has a price for USDE, WBETH, and no position has it" in told
    assert "no position is covered, so that nothing is paid" in told


def test_many_unlisted_assets_are_not_all_named(table, policy):
    rows = [("ann", "1", "0.5")] * 9
    told = " ".join(al.run_program(table(*rows, asset=list("abcdefghi")), policy()).warnings)
    assert "'e' (1) and 4 more" in told


def test_a_claim_of_ninety_billion_is_a_bad_row(table, policy):
    rows = [("ann", "89999999999", "0"), ("ann", "89999999999", "0"), ("bob", "1", "0.5")]
    with pytest.raises(DataError, match=r"2 bad rows[\s\S]*makes a claim of \$90,000,000,000 or "):
        al.run_program(table(*rows), policy())


def test_users_are_in_order_of_appearance_and_ids_stay_what_they_are(table, policy):
    positions, _, _ = read_positions(
        table((7, "1", "0.5"), (3, "1", "0.5"), (7, "2", "0.5")), policy()
    )
    assert positions.ids.to_pylist() == [7, 3]
    assert positions.user.tolist() == [0, 1, 0]
    assert len(positions) == 3
