"""Simulated positions: seeded, heavy-tailed, and of the simulated users."""

import numpy as np
import pytest

import allocator as al
from allocator.errors import DataError
from allocator.programs.depeg.columns import COLUMNS


def test_the_same_seed_gives_the_same_table():
    one, other = (al.simulate_positions(500, seed=3) for _ in range(2))
    assert one.table.equals(other.table)
    assert not one.table.equals(al.simulate_positions(500, seed=4).table)
    assert set(one.table.column_names) == set(COLUMNS) - {"award_cap"}
    assert one.simulated == "500 positions, seed 3"


def test_what_is_assumed_holds():
    positions = al.simulate_positions(20_000, seed=1)
    result = al.run_program(positions, al.DepegPolicy.example())
    figures = result.certificate.figures
    assert 0.85 < figures["covered_positions"] / figures["positions"] < 0.95
    claims = np.sort(result.table.column("claim_cents").to_numpy())[::-1]
    assert claims[: len(claims) // 100].sum() > 0.25 * claims.sum()  # heavy-tailed
    assert 500 < figures["claims_cents"] / 100 / 20_000 < 2_000  # dollars a position
    reasons = set(result.table.column("reason").to_pylist())
    assert {"outside_window", "asset_not_listed", "account_type_not_covered", "no_loss"} < reasons
    assert "SIMULATED" in str(result.summary())


def test_positions_belong_to_the_users_that_are_asked_for():
    ids = set(al.simulate_positions(300, seed=1, users=50).table.column("user_id").to_pylist())
    assert ids <= set(al.simulate_users(50, seed=1).table.column("user_id").to_pylist())
    assert len(ids) > 40


@pytest.mark.parametrize(("n", "how"), [(0, {}), (5, {"seed": -1}), (5, {"users": 0})])
def test_nothing_to_simulate(n, how):
    with pytest.raises(DataError, match="give at least 1 position and user, and a seed of 0 or"):
        al.simulate_positions(n, **how)
