"""Policies by which every user has weight 0: they share as if all counted alike."""

import pytest

import allocator as al
from allocator.allocation.recheck import recheck
from allocator.data.write import write_parquet

NO_FACTOR = {"weights.factors": {"region": {"*": 0.0}}}
NO_CLAIM = {"claim.brackets": [{"rate": "0"}]}


@pytest.mark.parametrize("changes", [NO_FACTOR, NO_CLAIM])
@pytest.mark.parametrize("alpha", [0, 0.5, 1, 2])
def test_the_amount_that_all_get_is_told(users, policy, changes, alpha):
    run = al.allocate(users, policy.replace({**changes, "alpha": alpha, "budget": "5000.00"}))
    paid = [row for row in run.to_arrow().to_pylist() if row["eligible"]]
    free = {row["award_cents"] for row in paid if row["binding"] == "none"}
    assert len(free) <= 2  # but for the odd cent
    assert max(free) - min(free) <= 1
    level = run.certificate.level
    assert min(free) / 100 - 0.01 <= level <= max(free) / 100 + 0.01
    start = run.formula.partition(", from $4 to $6,000")[0]
    amount = float(start.removeprefix("voucher = $").removesuffix(" for everyone"))
    assert amount == pytest.approx(level, abs=0.0051)
    assert "every weight is 0, so that all count alike" in run.formula
    assert "users of weight 0" not in run.formula
    assert run.certificate.price == 0
    assert run.certificate.status == "optimal"
    for row in paid[:20]:
        told = run.explain(row["user_id"])
        assert "every weight is 0, so that all count alike" in told.analyst
        assert "at their caps" not in told.analyst
        assert told.fractional_award == pytest.approx(level)
        assert "Every voucher is $" in told.customer
        assert "what the budget leaves" not in told.customer


def test_by_recovery_they_share_by_loss(users, policy):
    run = al.allocate(
        users, policy.replace({**NO_FACTOR, "of": "recovery", "alpha": 2, "budget": "5000.00"})
    )
    assert run.formula.startswith("voucher = 0.00")
    assert " × loss, from $4 to $6,000" in run.formula
    for row in run.to_arrow().to_pylist():
        if row["eligible"] and row["binding"] == "none":
            told = run.explain(row["user_id"])
            assert abs(told.fractional_award * 100 - row["award_cents"]) <= 1
            assert "× loss: " in told.customer


def test_such_a_run_verifies_and_reads_back(policy, tmp_path):
    users = tmp_path / "u.parquet"
    write_parquet(users, al.simulate_users(300, seed=3).table)
    run = al.allocate(users, policy.replace({**NO_FACTOR, "budget": "3000.00"}))
    run.save(tmp_path / "run")
    assert recheck(tmp_path / "run").faults == ()
    loaded = al.load_allocation(tmp_path / "run")
    assert loaded.certificate.weightless
    user = run.to_arrow()["user_id"][0].as_py()
    assert loaded.explain(user).customer == run.explain(user).customer


def test_where_some_have_a_weight_the_others_get_what_is_left(users, policy):
    factors = {"weights.factors": {"region": {"EU": 1.0, "*": 0.0}}}
    run = al.allocate(users, policy.replace({**factors, "maximum": "60.00", "budget": "9000.00"}))
    assert not run.certificate.weightless
    assert "what is left goes to users of weight 0" in run.formula or run.certificate.level


def test_where_everybody_has_their_cap_nothing_is_said_of_weights(users, policy):
    run = al.allocate(users, policy.replace({**NO_FACTOR, "maximum": "5.00"}))
    assert run.certificate.status == "caps_reached"
    assert not run.certificate.weightless
    assert "weight" not in run.formula
