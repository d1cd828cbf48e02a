"""The simulator: seeded, shaped like the crash, with every case that matters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.data.check import check_users
from allocator.data.simulate import simulate_users
from allocator.data.table import read_users
from allocator.data.write import write_parquet
from allocator.errors import DataError
from allocator.money import FINE

N = 200_000


@pytest.fixture(scope="module")
def users():
    users, findings = check_users(simulate_users(N, seed=7), attributes=["vip_tier", "region"])
    assert findings.count == 0
    return users


def test_same_seed_same_bytes(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_parquet(tmp_path / name, simulate_users(2000, seed=seed).table)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()
    assert read_users(tmp_path / "a").simulated == "2000 users, seed 3"


def test_losses_follow_the_published_quantiles(users):
    dollars = users.loss / FINE
    shares = [5, 25, 50, 75, 90]
    published = np.array([5.5, 44, 302, 2571, 19_597])
    assert np.allclose(np.percentile(dollars, shares), published, rtol=0.05)
    assert abs((dollars >= 50).mean() - 0.74) < 0.01
    assert 10_000 < dollars.mean() < 12_000
    assert dollars.max() <= 150e6


def test_shape_for_the_announced_policy(users):
    """Shares of an earlier simulation of 1.7 million users, give or take."""
    left = ~users.already_compensated
    net = np.maximum(users.net_assets, 0)
    reasons = {}
    for name, out in {
        "compensated": users.already_compensated,
        "small": users.loss < 50 * FINE,
        "no assets": net == 0,
        "ratio": users.loss * 10.0 < net * 3.0,
    }.items():
        reasons[name] = (left & out).mean() if name != "compensated" else out.mean()
        left &= ~out
    reasons["eligible"] = left.mean()
    expected = {"compensated": 33.8, "small": 436.7, "no assets": 37.1, "ratio": 298.4}
    expected["eligible"] = 894.0
    for name, thousands in expected.items():
        assert reasons[name] == pytest.approx(thousands / 1700, rel=0.08), name


def test_every_case_that_matters(users):
    loss, net = users.loss, users.net_assets
    for amount in ("50.00", "49.99", "49.99999999"):
        assert (loss == round(float(amount) * FINE)).sum() >= 300
    on_the_line = (loss * 10 == net * 3) & (loss > 50 * FINE)
    just_below = ((loss + 1) * 10 == net * 3) & (loss > 50 * FINE)
    assert on_the_line.sum() >= 300
    assert just_below.sum() >= 300
    assert (net == 0).sum() > 100
    assert (net < 0).sum() > 100
    assert 0.1 < ((net > 0) & (loss > net)).mean() < 0.2
    assert set(users.attributes["region"].to_pylist()) == {"APAC", "EU", "MEA", "LATAM", "NA"}
    assert len(set(users.attributes["vip_tier"].to_pylist())) == 6


@given(st.integers(1, 60), st.integers(0, 5))
def test_any_number_of_users(n, seed):
    users, findings = check_users(simulate_users(n, seed=seed))
    assert len(users) == n
    assert findings.count == 0


def test_small_tables_have_the_boundary_cases_too():
    users, _ = check_users(simulate_users(10))
    assert (users.loss == 50 * FINE).sum() == 1
    assert (users.loss == 50 * FINE - 1).sum() == 1
    assert ((users.loss * 10 == users.net_assets * 3) & (users.loss > 50 * FINE)).sum() == 1


@pytest.mark.parametrize(("n", "seed"), [(0, 0), (5, -1)])
def test_impossible_numbers(n, seed):
    with pytest.raises(DataError, match=f"cannot simulate {n} users with seed {seed}: give"):
        simulate_users(n, seed=seed)
