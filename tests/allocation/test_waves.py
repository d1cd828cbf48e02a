"""Money already paid is topped up and never taken back; waves end where one run would."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.allocation.recheck import recheck

RULES = [
    {},
    {"alpha": 2, "reserve": "7%"},
    {"alpha": "inf"},
    {"alpha": 0},
    {"rule": "proportional"},
    {"rule": "talmud", "minimum": "0.00"},
    {"unit": "0.10", "minimum": "1.00", "maximum": "100.00"},
    {"min_loss_ratio": "0.90"},
]
BASE = al.Policy.default().replace(
    {"award.budget": "300.00", "min_loss": "5.00", "maximum": "90.00", "minimum": "0.50"}
)


def table(losses, paid=None):
    columns = {
        "user_id": [f"u{i}" for i in range(len(losses))],
        "liquidation_loss": [f"{loss}.00" for loss in losses],
        "net_assets": [f"{loss + loss % 3}.00" for loss in losses],
    }
    if paid is not None:
        columns["wave_1"] = paid
    return pa.table(columns)


def ledger(cents):
    return pa.table({"user_id": [f"u{i}" for i in range(len(cents))], "award_cents": cents})


def column(result, name="award_cents"):
    return np.array(result.to_arrow()[name].to_pylist())


losses = st.lists(st.integers(0, 60), min_size=2, max_size=9)


@settings(max_examples=120, deadline=None)
@given(losses=losses, data=st.data(), rule=st.sampled_from(RULES), budget=st.integers(20, 300))
def test_waves_end_where_a_single_run_would(losses, data, rule, budget):
    policy = BASE.replace({**rule, "award.budget": f"{budget}.00"})
    single = column(al.allocate(table(losses), policy))
    unit = 10 if "unit" in rule else 1
    paid = [data.draw(st.integers(0, most // unit)) * unit for most in single.tolist()]
    result = al.allocate(table(losses), policy, paid=ledger(paid))
    assert column(result).tolist() == single.tolist()
    assert column(result, "due_cents").tolist() == (single - paid).tolist()
    assert not column(result, "overpaid_cents").any()
    assert al.verify(table(losses), policy, result.to_arrow(), paid=ledger(paid)).ok


@settings(max_examples=120, deadline=None)
@given(losses=losses, data=st.data(), rule=st.sampled_from(RULES))
def test_nothing_is_taken_back_and_the_total_is_exact(losses, data, rule):
    policy = BASE.replace(rule)
    unit = 10 if "unit" in rule else 1
    paid = np.array([data.draw(st.integers(0, 30)) * 100 for _ in losses])
    users = table(losses)
    single = column(al.allocate(users, policy))
    result = al.allocate(users, policy, paid=ledger(paid))
    award, rows = column(result), result.to_arrow()
    certificate = result.certificate
    assert (award >= paid).all()
    assert (column(result, "due_cents") == award - paid).all()
    assert (column(result, "overpaid_cents") == np.maximum(paid - single, 0)).all()
    out = ~column(result, "eligible")
    assert (award[out] == paid[out]).all()
    reserve = certificate.reserve_cents or 0
    assert award.sum() == certificate.spent_cents
    assert award.sum() + reserve + certificate.unspent_cents == certificate.budget_cents
    if certificate.unspent_cents:
        assert (award == column(result, "upper_cents")).all()
    assert (
        (column(result, "lower_cents") <= award) & (award <= column(result, "upper_cents"))
    ).all()
    assert (award % unit == 0).all()
    assert al.verify(users, policy, rows, paid=ledger(paid)).ok


def test_a_column_and_a_table_say_the_same():
    users, paid = table([60, 50, 3], ["10.00", None, "1.25"]), ledger([1000, 0, 125])
    by_column = al.allocate(users, BASE.replace(columns={"already_paid": "wave_1"}))
    by_table = al.allocate(users, BASE, paid=paid)
    assert by_column.to_arrow().equals(by_table.to_arrow())
    assert column(by_table)[2] == 125
    assert by_table.to_arrow()["reason"][2].as_py() == "loss_below_minimum"
    assert by_table.to_arrow()["binding"][2].as_py() == "paid"


def test_a_paid_table_wins_over_nothing_and_is_not_given_twice():
    users = table([60, 50], ["10.00", None])
    policy = BASE.replace(columns={"already_paid": "wave_1"})
    with pytest.raises(al.DataError, match="is given twice"):
        al.allocate(users, policy, paid=ledger([1000, 0]))
    with pytest.raises(al.DataError, match="no column 'wave_1', which columns"):
        al.allocate(table([60, 50]), policy)


def test_late_users_and_corrected_losses():
    held = BASE.replace({"award.budget": "60.00", "reserve": "10.00"})
    first = al.allocate(table([60, 40]), held)
    assert column(first).sum() == 5000
    # The second user's loss is corrected downwards, a third user comes late, and for them the
    # reserve is set free.
    policy = held.replace(reserve="0.00")
    second = al.allocate(table([60, 10, 40]), policy, paid=first.to_arrow())
    fresh = column(al.allocate(table([60, 10, 40]), policy))
    paid, award = column(second, "paid_cents"), column(second)
    assert paid.tolist() == [*column(first), 0]
    assert award[1] == paid[1] > fresh[1]
    assert second.to_arrow()["binding"].to_pylist() == ["paid", "paid", "none"]
    assert column(second, "overpaid_cents")[1] == paid[1] - fresh[1]
    assert award.sum() == 6000 == second.certificate.budget_cents
    assert column(second, "due_cents").tolist() == [0, 0, 1000]
    summary = str(second.summary())
    assert "$50.00 was already paid; $10.00 is due now, to 1 users" in summary
    assert second.summary().to_dict()["already_paid"]["due_cents"] == 1000
    assert "reserve" not in summary
    assert "$10.00 of the budget is held back as a reserve" in str(first.summary())
    told = second.explain("u1")
    assert told.customer == (
        f"You have already received ${paid[1] / 100:.2f}. You keep it; by the rules as they are "
        "now, nothing more is due."
    )
    assert "at what was already paid" in told.analyst
    assert "which is kept" in told.analyst
    assert "due now $10.00" in second.explain("u2").analyst
    assert al.verify(table([60, 10, 40]), policy, second.to_arrow(), paid=first.to_arrow()).ok
    assert second.people_like_me().people


def test_more_paid_than_there_is_says_so_with_the_numbers():
    policy = BASE.replace({"award.budget": "60.00", "reserve": "10%"})
    with pytest.raises(al.InfeasibleError) as error:
        al.allocate(table([60, 40]), policy, paid=ledger([3000, 2500]))
    assert str(error.value) == (
        "$55.00 is already paid to 2 users, which is $1.00 more than the budget of $60.00 without "
        "the reserve of $6.00: raise award.budget to $61.12, or lower award.reserve"
    )
    assert error.value.details["already_paid_cents"] == 5500
    assert error.value.details["shortfall_cents"] == 100
    assert al.allocate(
        table([60, 40]), policy.replace(budget="61.12"), paid=ledger([3000, 2500])
    ).certificate.ok


def test_the_minimum_for_the_rest_may_be_what_is_too_much():
    policy = BASE.replace({"award.budget": "60.00", "minimum": "5.00"})
    with pytest.raises(
        al.InfeasibleError,
        match=r"already paid to 1 users, and with the minimum of"
        r" \$5.00 for everybody who is eligible \$63.00 is needed, which is \$3.00",
    ):
        al.allocate(table([60, 40]), policy, paid=ledger([5800, 0]))


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        (
            pa.table({"user_id": ["u0", "x"], "already_paid": [1, 2]}),
            "1 users who were already paid \\$2.00 .* are not among the users",
        ),
        (pa.table({"user_id": ["u0", "u0"], "already_paid": [1, 2]}), "same user_id as"),
        (pa.table({"user_id": ["u0"], "already_paid": [-1]}), "already_paid is negative"),
        (pa.table({"user_id": ["u0"], "already_paid": ["1.001"]}), "whole multiple of award.unit"),
        (pa.table({"user_id": ["u0"], "already_paid": ["x"]}), "already_paid is not an amount"),
        (pa.table({"user_id": ["u0"], "paid": [1]}), "needs the columns user_id and already_paid"),
        (pa.table({"id": ["u0"], "already_paid": [1]}), "it has 'id', 'already_paid'"),
    ],
)
def test_what_cannot_have_been_paid(paid, said):
    with pytest.raises(al.DataError, match=said):
        al.allocate(table([60, 40]), BASE, paid=paid)


def test_bad_rows_of_who_was_paid_cannot_be_set_aside():
    from allocator.allocation.pipeline import load
    from allocator.allocation.stages import Stages

    users = table([60, 40]).set_column(1, "liquidation_loss", pa.array(["60", "x"]))
    assert load(users, [BASE], Stages(), max_bad=1, paid=ledger([100, 0])).quarantined.num_rows == 1
    with pytest.raises(
        al.DataError, match=r"1 of the bad rows are of users .* already paid \$1.00"
    ):
        load(users, [BASE], Stages(), max_bad=1, paid=ledger([0, 100]))


def test_small_awards_cannot_be_dropped_once_money_is_paid():
    with pytest.raises(al.UnsupportedError, match="small awards cannot be dropped once money"):
        al.allocate(table([60, 40]), BASE.replace(below_minimum="drop_once"), paid=ledger([1, 0]))


def test_a_forged_award_of_who_is_not_eligible_is_told():
    users, paid = table([60, 40, 3]), ledger([0, 0, 125])
    good = column(al.allocate(users, BASE, paid=paid))
    bad = np.add(good, [0, -1, 1])
    assert al.verify(users, BASE, good, paid=paid).ok
    certificate = al.verify(users, BASE, bad, paid=paid)
    assert not certificate.checks["eligibility"]
    assert "not eligible (other than what they were already paid), the first on row 3" in str(
        certificate.failures
    )
    assert not al.verify(users, BASE, good).ok


def test_a_run_is_kept_with_its_payments_and_verified(tmp_path):
    from pyarrow import parquet

    parquet.write_table(table([60, 40, 3]), tmp_path / "users.parquet")
    parquet.write_table(ledger([500, 0, 125]), tmp_path / "paid.parquet")
    policy = BASE.replace({"award.budget": "60.00", "reserve": "5%"})
    result = al.allocate(tmp_path / "users.parquet", policy, paid=tmp_path / "paid.parquet")
    result.save(tmp_path / "run")
    assert recheck(tmp_path / "run").faults == ()
    read = al.load_allocation(tmp_path / "run")
    assert read.to_arrow().equals(result.to_arrow())
    assert read.certificate.to_dict() == result.certificate.to_dict()
    assert read.certificate.reserve_cents == 300
    assert read.paid_sources[0].sha256 == result.paid_sources[0].sha256
    parquet.write_table(ledger([600, 0, 125]), tmp_path / "other.parquet")
    found = recheck(tmp_path / "run", paid=tmp_path / "other.parquet")
    assert "the payments given are not the ones of the run: their sha256 differs" in found.faults
    parquet.write_table(ledger([600, 0, 125]), tmp_path / "paid.parquet")
    assert "paid.parquet was changed since the run" in str(recheck(tmp_path / "run").faults)
    (tmp_path / "paid.parquet").unlink()
    with pytest.raises(al.DataError, match="name the money already paid with --paid"):
        recheck(tmp_path / "run")
