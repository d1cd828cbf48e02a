import json
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.errors import DataError
from allocator.programs.delivery.receipts import Receipt, read_receipts
from allocator.programs.delivery.reconcile import reconcile
from allocator.programs.delivery.sender import ATTEMPTS
from allocator.programs.delivery.status import status_of

from .conftest import FAST, NOW

LEDGER = {
    "a": (500, "USD", "acknowledged"),
    "b": (700, "USD", "acknowledged"),
    "c": (900, "USD", "sent"),
    "d": (1100, "USD", "voided"),
    "e": (1300, "USD", "planned"),
}
STATES = st.sampled_from(["planned", "sent", "acknowledged", "voided"])
IDS = st.sampled_from("abcdef")
CENTS = st.integers(1, 3)
RECEIPTS = st.builds(
    Receipt, IDS, CENTS, st.sampled_from([None, "USD", "EUR"]), st.sampled_from([None, "1", "2"])
)


def test_each_kind_is_told_with_its_cents():
    receipts = [
        Receipt("a", 500, "USD", "1"),
        Receipt("a", 500, "USD", "1"),  # the same receipt again
        Receipt("a", 500, "USD", "2"),  # paid again
        Receipt("b", 701),
        Receipt("d", 1100),
        Receipt("x", 5),
    ]
    found = reconcile(LEDGER, receipts)
    kinds = {name: (each.ids, each.cents) for name, each in found.findings.items()}
    assert kinds == {
        "matched": (["a"], 500),
        "missing": ([], 0),
        "outstanding": (["c", "e"], 2200),
        "duplicated": (["a"], 500),
        "differing": (["b"], 701),
        "voided": (["d"], 1100),
        "unknown": (["x"], 5),
    }
    assert (found.copies, found.received_cents, found.expected_of_differing_cents) == (1, 2806, 700)
    assert not found.ok
    text = str(found)
    assert "differing            1              $7.01" in text
    assert "received in all: $28.06, 1 copies of receipts apart" in text
    assert "the ledger has $7.00 for the differing" in text
    assert found.to_dict()["differing"] == {"count": 1, "cents": 701, "voucher_ids": ["b"]}
    assert reconcile(LEDGER, [Receipt("a", 500)]).findings["missing"].ids == ["b"]
    assert not reconcile(LEDGER, [Receipt("a", 500, "EUR"), Receipt("b", 700)]).ok
    assert reconcile(LEDGER, [Receipt("a", 500), Receipt("b", 700)]).ok


@given(
    st.dictionaries(IDS, st.tuples(CENTS, st.just("USD"), STATES)),
    st.lists(RECEIPTS, max_size=12),
    st.randoms(use_true_random=False),
)
def test_nothing_is_counted_twice_or_not_at_all_in_any_order(ledger, receipts, chance):
    found = reconcile(ledger, receipts)
    one = found.findings
    kinds = ("matched", "duplicated", "differing", "voided", "unknown")
    assert sum(one[name].cents for name in kinds) == found.received_cents
    assert sum(len(one[name].ids) for name in kinds) + found.copies == len(receipts)
    judged = ("matched", "missing", "outstanding", "differing")
    due = {voucher: each for voucher, each in ledger.items() if each[2] != "voided"}
    assert sorted(v for name in judged for v in one[name].ids) == sorted(due)
    expected = sum(one[n].cents for n in judged[:3]) + found.expected_of_differing_cents
    assert expected == sum(each[0] for each in due.values())
    shuffled = list(receipts)
    chance.shuffle(shuffled)
    assert reconcile(dict(reversed(ledger.items())), shuffled).to_dict() == found.to_dict()


def test_receipts_are_read_from_three_formats(tmp_path):
    rows = [{"voucher_id": "a", "amount": "5.00", "currency": "USD"}, {"voucher_id": "b"}]
    rows[1] |= {"amount": "1,234.50", "currency": "USD"}
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    (tmp_path / "r.csv").write_text('voucher_id,amount,currency\na,5,USD\nb,"1,234.50",USD\n')
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "r.parquet")
    due = [Receipt("a", 500, "USD"), Receipt("b", 123450, "USD")]
    for kind in ("jsonl", "csv", "parquet"):
        assert read_receipts([tmp_path / f"r.{kind}"]) == due
    assert read_receipts([tmp_path / "r.csv", tmp_path / "r.jsonl"]) == due * 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("r.jsonl", '{"amount": 5}', "row 1: a receipt has a voucher_id"),
        ("r.jsonl", '{"voucher_id": "a", "amount_cents": 5}\n7', "row 2: a receipt has"),
        ("r.jsonl", '{"voucher_id": "a"}', "row 1: there must be one amount, in whole cents"),
        ("r.jsonl", '{"voucher_id": "a", "amount": "0.005"}', "one amount, in whole cents"),
        ("r.jsonl", '{"voucher_id": "a", "amount": 5, "amount_cents": 5}', "one amount"),
        ("r.jsonl", '{"voucher_id": "a", "amount": "five"}', "'five' is not an amount"),
        ("r.jsonl", "{", "cannot be read"),
        ("r.parquet", "{", "cannot be read"),
        ("r.txt", "", "is not a .jsonl, .csv or .parquet file"),
    ],
)
def test_bad_receipts_are_told_by_their_row(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=message):
        read_receipts([tmp_path / name])
    with pytest.raises(DataError, match=r"none\.csv cannot be read: .*No such file"):
        read_receipts([tmp_path / "none.csv"])


def test_status_tells_whether_it_can_be_in_time(planned):
    ledger, n = planned.ledger, planned.table.num_rows

    def at(**after):
        return status_of(ledger, NOW + timedelta(**after), ATTEMPTS)

    assert at(hours=23).in_time
    assert "73 h left" in str(at(hours=23))
    assert "not started; must start by" in str(at(hours=23))
    assert not at(hours=25).in_time
    assert "NOT IN TIME" in str(at(hours=25))
    began = int(NOW.timestamp() * 1000)
    rows = ledger.claim("s", n, began, began + 1, attempts=9)
    ids = [row["voucher_id"] for row in rows]
    ledger.acknowledge(ids[2:], began + 1000)
    ledger.refuse(ids[:1], "s", began, "no account")
    assert (at(hours=95).remaining, at(hours=95).stuck) == (2, 1)
    assert at(hours=95).in_time
    assert "1 failed and are not tried again" in str(at(hours=95))
    assert not at(hours=96).in_time  # the last two need a moment
    assert "1 h ago" in str(at(hours=97))
    assert at(hours=97).to_dict()["rate_needed"] is None
    ledger.void(ids[:1], began, "closed")
    ledger.acknowledge(ids[1:2], began + 3_600_000)
    assert at(hours=500).in_time
    assert "complete since" in str(at(hours=500))
    assert at(hours=500).end == NOW + timedelta(hours=1)
    assert FAST.rate_needed(96, NOW) == 1
