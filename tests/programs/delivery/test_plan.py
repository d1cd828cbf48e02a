import hashlib
import json
import pickle
from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

import allocator as al
from allocator.errors import (
    AllocatorError,
    DataError,
    InfeasibleError,
    OccupiedError,
    UnsupportedError,
    VerificationError,
)
from allocator.programs.delivery.batches import read_batches
from allocator.programs.delivery.keys import Key, read_key
from allocator.programs.delivery.plan import plan
from allocator.programs.delivery.schedule import Schedule, read_time, show_duration
from allocator.programs.delivery.vouchers import Terms, make_vouchers

from .conftest import FAST, NOW, SECRET

TERMS = Terms("Announced", "1", "USD", NOW, NOW + timedelta(days=1))


def test_ids_depend_on_key_program_round_and_user_and_on_nothing_between_them(key):
    other = Key(b"another key, of thirty-two bytes...")
    triples = [("p", "1", "u"), ("p1", "", "u"), ("p", "1u", ""), ("", "p1", "u"), ("p", "2", "u")]
    ids = [key.voucher_ids(p, r, [u])[0] for p, r, u in triples]
    ids += other.voucher_ids("p", "1", ["u"])
    assert len(set(ids)) == 6
    assert key.voucher_ids("p", "1", ["u"]) == ids[:1]


def test_a_key_is_never_shown(key, tmp_path, monkeypatch):
    assert repr(key) == str(key) == "Key(...)"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
    short = "hunter2hunter2"
    monkeypatch.setenv("ALLOCATOR_DELIVERY_KEY", short)
    with pytest.raises(AllocatorError, match="has 14 bytes and must have at least 32") as error:
        read_key()
    assert short not in str(error.value)
    monkeypatch.delenv("ALLOCATOR_DELIVERY_KEY")
    with pytest.raises(AllocatorError, match="set ALLOCATOR_DELIVERY_KEY, or name a file"):
        read_key()
    (tmp_path / "key").write_text(SECRET + "\n")
    assert read_key(tmp_path / "key").fingerprint == key.fingerprint
    with pytest.raises(AllocatorError, match="cannot be read: No such file"):
        read_key(tmp_path / "none")


def test_a_plan_pays_the_run_to_the_cent_and_says_so_in_three_formats(run, tmp_path, key):
    made, table = plan(run, tmp_path / "out", key, FAST, batch_size=50)
    awards = al.load_allocation(run).awards
    paid = awards[awards.award_cents > 0]
    assert table.num_rows == made.count == len(paid)
    assert made.total_cents == paid.award_cents.sum() == 2_000_000
    by_user = dict(zip(paid.user_id.astype(str), paid.award_cents, strict=True))
    users, cents = (table[name].to_pylist() for name in ("user_id", "amount_cents"))
    assert dict(zip(users, cents, strict=True)) == by_user
    chunks = made.content["chunks"]
    assert [each["count"] for each in chunks] == [50] * (len(paid) // 50) + [len(paid) % 50]
    assert sum(each["total_cents"] for each in chunks) == 2_000_000
    for each in chunks:
        part = table.filter(pa.array([b == each["batch"] for b in table["batch"].to_pylist()]))
        rows = part.to_pylist()
        for name, file in each["files"].items():
            path = tmp_path / "out" / name
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
            if path.suffix == ".jsonl":
                assert [json.loads(line) for line in path.read_text().splitlines()] == rows
            elif path.suffix == ".parquet":
                assert pq.read_table(path).to_pylist() == rows
            else:
                texts = dict.fromkeys(part.column_names, pa.string())
                read = csv.read_csv(
                    path, convert_options=csv.ConvertOptions(column_types=texts)
                ).to_pylist()
                assert read == [{name: str(value) for name, value in row.items()} for row in rows]


def test_the_largest_hardship_goes_first_or_nobody_knows_who(run, key):
    loaded = al.load_allocation(run)
    awards = loaded.awards.assign(user_id=loaded.awards.user_id.astype(str)).set_index("user_id")
    table = make_vouchers(loaded, key, TERMS, order="hardship", batch_size=9)
    order = awards.loc[table["user_id"].to_pylist()]
    hardship = list(zip(order.loss_ratio, order.loss.astype(float), strict=True))
    assert hardship == sorted(hardship, reverse=True)
    ids = make_vouchers(loaded, key, TERMS, order="hash", batch_size=9)["voucher_id"].to_pylist()
    assert ids == sorted(ids)
    assert set(ids) == set(table["voucher_id"].to_pylist())


def test_only_what_is_still_due_is_delivered(key):
    users = al.simulate_users(200, seed=1)
    first = al.allocate(users, al.Policy.default().replace(budget="5000.00"))
    second = al.allocate(users, al.Policy.default().replace(budget="8000.00"), paid=first.awards)
    table = make_vouchers(second, key, TERMS, order="hash", batch_size=9)
    assert sum(table["amount_cents"].to_pylist()) == 300_000


def test_terms_and_runs_that_make_no_vouchers(run, key):
    loaded = al.load_allocation(run)
    late = Terms("p", "1", "USD", NOW, NOW)
    with pytest.raises(DataError, match=r"expire at .* not after they are issued"):
        make_vouchers(loaded, key, late, order="hash", batch_size=1)
    failed = replace(loaded, certificate=replace(loaded.certificate, checks={"total": False}))
    with pytest.raises(VerificationError, match="certificate of this run failed"):
        make_vouchers(failed, key, TERMS, order="hash", batch_size=1)
    depeg = replace(loaded, policy=loaded.policy.model_copy(update={"kind": "depeg"}))
    with pytest.raises(UnsupportedError, match="a depeg program has no vouchers"):
        make_vouchers(depeg, key, TERMS, order="hash", batch_size=1)
    twice = replace(loaded, table=pa.concat_tables([loaded.table, loaded.table]))
    with pytest.raises(DataError, match="two awards are of the same user"):
        make_vouchers(twice, key, TERMS, order="hash", batch_size=1)


def test_planning_again_changes_nothing_and_planning_otherwise_is_refused(run, tmp_path, key):
    out = tmp_path / "out"
    first, _ = plan(run, out, key, FAST)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    again, _ = plan(run, out, key, FAST)
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}
    assert first.plan == again.plan
    with pytest.raises(OccupiedError, match="holds another plan"):
        plan(run, out, key, FAST, round_="2")
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(OccupiedError, match=r"not empty and not a plan \(it has letter.txt\)"):
        plan(run, tmp_path / "mine", key, FAST)
    with pytest.raises(OccupiedError, match="cannot write to"):
        plan(run, tmp_path / "mine" / "letter.txt", key, FAST)


def test_the_signature_covers_manifest_and_files(run, tmp_path, key):
    out = tmp_path / "out"
    plan(run, out, key, FAST)
    assert read_batches(out, key).count
    other = Key(b"another key, of thirty-two bytes...")
    with pytest.raises(VerificationError, match=f"signed with the key {key.fingerprint}, and"):
        read_batches(out, other)
    chunk = out / "batch-00001.jsonl"
    whole = chunk.read_bytes()
    chunk.write_bytes(whole[:-1] + b" ")
    with pytest.raises(VerificationError, match=r"batch-00001.jsonl was changed"):
        read_batches(out, key)
    chunk.write_bytes(whole)
    manifest = (out / "batches.json").read_text()
    (out / "batches.json").write_text(manifest.replace('"total_cents": 2', '"total_cents": 3'))
    with pytest.raises(VerificationError, match="changed after it was signed"):
        read_batches(out, key)
    (out / "batches.json").write_text("[]")
    with pytest.raises(DataError, match="not the manifest of a plan"):
        read_batches(out)
    with pytest.raises(DataError, match=r"has no batches\.json"):
        read_batches(tmp_path)


def test_a_schedule_that_misses_the_deadline_is_refused_with_what_is_needed(run, tmp_path, key):
    at = read_time("2025-10-14T08:00")
    Schedule(at, at, 100).check(9600)
    with pytest.raises(InfeasibleError, match="must take at least 101 an hour") as error:
        Schedule(at, at, 100).check(9601)
    assert error.value.details["rate_needed"] == 101
    late = at + timedelta(hours=24)
    Schedule(at, late, 100).check(7200)
    with pytest.raises(InfeasibleError, match="7,201 vouchers at 100 an hour"):
        Schedule(at, late, 100).check(7201)
    for start in (late + timedelta(seconds=1), at - timedelta(seconds=1)):
        with pytest.raises(InfeasibleError, match="must start within 24 h of the announcement"):
            Schedule(at, start, 100).check(1)
    with pytest.raises(InfeasibleError, match="2025-10-18T08:00:00Z"):
        plan(run, tmp_path / "out", key, Schedule(at, at, 1))
    assert not (tmp_path / "out").exists()
    assert Schedule.from_dict(FAST.to_dict()) == FAST
    assert show_duration(timedelta(seconds=1.5)) == "1.5 s"
