"""What the database itself allows, and who gets which voucher, in SQLite and PostgreSQL."""

import builtins
import threading
from dataclasses import replace
from itertools import product

import pytest

from allocator.errors import (
    AllocatorError,
    DataError,
    MissingPackageError,
    OccupiedError,
    VerificationError,
)
from allocator.programs.delivery.ledger import Ledger
from allocator.programs.delivery.store import STATES, TRANSITIONS, open_engine, sa, vouchers

PATHS = {
    "planned": [],
    "sent": ["sent"],
    "acknowledged": ["sent", "acknowledged"],
    "failed": ["sent", "failed"],
    "retried": ["sent", "retried"],
    "voided": ["voided"],
}


def change(connection, voucher, **values):
    connection.execute(vouchers.update().where(vouchers.c.voucher_id == voucher).values(**values))


def test_the_database_refuses_every_transition_but_those_listed(planned):
    engine = planned.ledger._engine
    ids = iter(planned.table["voucher_id"].to_pylist())
    for old, new in product(STATES, STATES):
        voucher = next(ids)
        with engine.begin() as connection:
            for state in PATHS[old]:
                change(connection, voucher, state=state)
        if (old, new) in TRANSITIONS:
            with engine.begin() as connection:
                change(connection, voucher, state=new)
        else:
            with pytest.raises(sa.exc.DBAPIError, match="may not change"), engine.begin() as other:
                change(other, voucher, state=new)


@pytest.mark.parametrize(
    "values",
    [
        {"amount_cents": 1_000_000},
        {"user_id": "me"},
        {"voucher_id": "0" * 40},
        {"state": "sent", "amount_cents": 1_000_000},
        {"state": "sent", "expires_at": "9999"},
        {"state": "voided", "doubtful": True},
    ],
)
def test_the_database_keeps_what_must_not_change(planned, values):
    voucher = planned.table["voucher_id"][0].as_py()
    with pytest.raises(sa.exc.DBAPIError), planned.ledger._engine.begin() as connection:
        change(connection, voucher, **values)


def test_the_database_deletes_nothing_and_takes_nothing_finished(planned):
    engine = planned.ledger._engine
    with pytest.raises(sa.exc.DBAPIError, match="never deleted"), engine.begin() as connection:
        connection.execute(vouchers.delete())
    with engine.begin() as connection:
        row = dict(connection.execute(vouchers.select().limit(1)).mappings().one())
    row |= {"voucher_id": "f" * 40, "state": "acknowledged"}
    with pytest.raises(sa.exc.DBAPIError, match="starts planned"), engine.begin() as connection:
        connection.execute(vouchers.insert(), row)


def test_each_voucher_is_claimed_once_in_order(planned):
    ledger, got, ready = planned.ledger, {}, threading.Barrier(4)

    def take(name):
        mine = Ledger(planned.batches, planned.url)
        ready.wait()
        got[name] = []
        while rows := mine.claim(name, 7, 0, 10, attempts=5):
            got[name].append([row["place"] for row in rows])
        mine.close()

    threads = [threading.Thread(target=take, args=(f"s{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Who asks while all that is left is locked by others gets nothing and asks again later.
    rest = [[row["place"] for row in ledger.claim("last", 10**6, 0, 10, attempts=5)]]
    taken = [place for each in got.values() for claim in each for place in claim]
    assert sorted(taken + rest[0]) == list(range(planned.table.num_rows))
    assert all(claim == sorted(claim) for each in got.values() for claim in each)


def test_a_voucher_is_taken_over_when_its_time_is_up_and_only_then(planned):
    ledger = planned.ledger
    rows = ledger.claim("dead", 5, 0, 100, attempts=2)
    ids = [row["voucher_id"] for row in rows]
    rest = ledger.claim("other", 10**6, 0, 10**6, attempts=2)
    ledger.acknowledge([row["voucher_id"] for row in rest], 1)
    assert ledger.claim("alive", 10, 99, 200, attempts=2) == []
    assert ledger.next_due(2) == 100
    taken = ledger.claim("alive", 10, 100, 200, attempts=2)
    assert [row["voucher_id"] for row in taken] == ids
    assert {row["state"] for row in taken} == {"retried"}
    # The first holder comes back: it has no say in failures, but what it knows as paid is paid.
    assert ledger.doubt(ids, "dead", 101, 102, "late") == 0
    assert ledger.refuse(ids, "dead", 101, "late") == 0
    assert ledger.acknowledge(ids[:1], 101) == 1
    assert ledger.acknowledge(ids[:1], 101) == 0
    assert ledger.doubt(ids[1:3], "alive", 101, 150, "no answer") == 2
    assert ledger.claim("third", 9, 160, 300, attempts=2) == []  # two attempts were all
    assert ledger.next_due(2) == 200  # of what is still with a sender
    assert len(ledger.claim("third", 9, 160, 300, attempts=3)) == 2
    assert ledger.acknowledge([], 1) == 0


def test_only_what_is_certainly_not_paid_is_voided(planned):
    ledger = planned.ledger
    rows = [row["voucher_id"] for row in ledger.claim("s", 3, 0, 10, attempts=5)]
    fresh = planned.table["voucher_id"][10].as_py()
    ledger.refuse(rows[:1], "s", 1, "no account")
    ledger.doubt(rows[1:2], "s", 1, 2, "no answer")
    for doubtful in (rows[1], rows[2], "unknown"):
        with pytest.raises(DataError, match=f"1 of these vouchers cannot be voided.*{doubtful}"):
            ledger.void([fresh, doubtful], 3, "why")
    assert ledger.tallies()["voided"].count == 0
    ledger.void([fresh, rows[0]], 3, "an appeal")
    assert ledger.tallies()["voided"].count == 2


def test_what_never_left_is_planned_again_unless_it_left_before(planned):
    ledger = planned.ledger
    rows = [row["voucher_id"] for row in ledger.claim("s", 3, 0, 10, attempts=5)]
    assert ledger.release(rows, "another", 1, 2, "no way") == (0, 0)
    ledger.doubt(rows[:1], "s", 1, 2, "no answer")
    assert ledger.release(rows, "s", 3, 4, "refused") == (2, 0)
    assert ledger.scalar(sa.func.min(vouchers.c.first_sent_at), vouchers.c.state == "planned") is (
        None
    )
    n = planned.table.num_rows
    again = ledger.claim("s", n, 5, 10, attempts=5)
    assert [row["voucher_id"] for row in again[:2]] == rows[1:]  # in their old places
    assert {row["attempts"] for row in again} == {1}
    ledger.acknowledge([row["voucher_id"] for row in again], 6)
    (taken,) = ledger.claim("s", n, 7, 10, attempts=5)
    assert (taken["state"], taken["attempts"]) == ("retried", 2)
    assert ledger.release(rows, "s", 8, 20, "refused") == (0, 1)
    with pytest.raises(DataError, match="cannot be voided"):  # it may have arrived at first
        ledger.void(rows[:1], 9, "why")
    assert ledger.next_due(2) == 20  # and it was no attempt
    assert ledger.next_due(1) is None


def test_a_ledger_made_before_a_transition_was_allowed_learns_it(planned):
    engine = planned.ledger._engine
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "delete from delivery_transitions where state_before = 'sent' and "
            "state_after = 'planned'"
        )
    later = Ledger(planned.batches, planned.url)
    rows = [row["voucher_id"] for row in later.claim("s", 3, 0, 10, attempts=5)]
    assert later.release(rows, "s", 1, 2, "refused") == (3, 0)
    later.close()


def test_a_round_is_planned_once(planned, run, tmp_path, key):
    from allocator.programs.delivery.plan import plan

    from .conftest import FAST

    planned.ledger.load(planned.table)  # the same again: nothing happens
    planned.ledger.check()
    dearer, table = plan(run, tmp_path / "b", key, replace(FAST, rate=10**8))
    url = planned.url or str(planned.ledger._engine.url)
    other = Ledger(dearer, url)
    with pytest.raises(DataError, match="does not have this plan"):
        other.check()
    with pytest.raises(OccupiedError, match="round 1 of Announced is already in the ledger"):
        other.load(table)
    second, table = plan(run, tmp_path / "c", key, FAST, round_="2")
    both = Ledger(second, url)
    both.load(table)
    both.check()
    planned.ledger.check()
    for each in (other, both):
        each.close()


def test_a_ledger_of_other_totals_sends_nothing(planned, monkeypatch):
    monkeypatch.setattr(type(planned.batches), "total_cents", 5)
    with pytest.raises(VerificationError, match=r"the manifest .* of 5: nothing is sent"):
        planned.ledger.check()


def test_what_cannot_be_opened_is_told_without_passwords(planned, monkeypatch, tmp_path):
    with pytest.raises(AllocatorError, match="URL cannot be read"):
        open_engine("nonsense")
    with pytest.raises(AllocatorError, match="needs psycopg2, which is not installed: pip"):
        open_engine("postgresql+psycopg2://me:hunter2@host/db")
    monkeypatch.setattr("sqlalchemy.create_engine", lambda _: sa.create_mock_engine("mysql://", 0))
    with pytest.raises(AllocatorError, match=r"needs|mysql"):
        open_engine("mysql://me:hunter2@host/db")
    monkeypatch.undo()
    url = f"postgresql+psycopg://me:hunter2@/db?host={tmp_path}"
    with pytest.raises(AllocatorError, match=r"the ledger postgresql.*me:\*\*\*@") as error:
        Ledger(planned.batches, url)
    assert "hunter2" not in str(error.value)


def test_without_sqlalchemy_the_extra_is_named(monkeypatch):
    import runpy

    from allocator.programs.delivery import store

    real = builtins.__import__

    def missing(name, *args, **kw):
        if name.startswith("sqlalchemy"):
            raise ModuleNotFoundError("No module named 'sqlalchemy'", name="sqlalchemy")
        return real(name, *args, **kw)

    monkeypatch.setattr(builtins, "__import__", missing)
    told = r"needs SQLAlchemy, which is not installed: pip install 'fair-allocator\[delivery\]'"
    with pytest.raises(MissingPackageError, match=told):
        runpy.run_path(store.__file__)
