import json

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.errors import DataError, PolicyError
from allocator.scenarios.frontier import ALPHAS, frontier
from allocator.scenarios.inequality import gini


@pytest.fixture(scope="module")
def users():
    return al.simulate_users(2000, seed=5)


@pytest.fixture(scope="module")
def base():
    return al.Policy.default().replace(budget="400000.00")


@pytest.fixture(scope="module")
def curve(users, base):
    return frontier(users, base)


def test_the_price_is_what_the_awards_say(users, base, curve):
    """Recomputed from full allocations: the weighted dollars of each against those of alpha 0."""
    best = al.allocate(users, base.replace(alpha=0)).awards
    weight = al.allocate(users, base).awards.weight
    most = float((weight * best.award_cents)[best.eligible].sum())
    for alpha, point in zip(ALPHAS, curve.points, strict=True):
        awards = al.allocate(users, base.replace(alpha=alpha)).awards
        mine = awards[awards.eligible]
        reached = float((weight * awards.award_cents)[awards.eligible].sum())
        assert point.efficiency == pytest.approx(reached / most)
        assert point.price_of_fairness == pytest.approx(1 - reached / most)
        assert point.equality == pytest.approx(1 - gini(mine.award_cents))
        recovery = mine.award_cents / mine["loss"].astype(float)
        assert point.equality_of_recovery == pytest.approx(1 - gini(recovery))


def test_raising_alpha_costs_efficiency_and_brings_equality(curve):
    prices = [point.price_of_fairness for point in curve.points]
    assert prices == sorted(prices)
    assert prices[0] == 0
    assert prices[-1] > 0.5
    equality = [point.equality for point in curve.points]
    assert equality == sorted(equality)
    assert not curve.table.dominated.any()


def test_it_shows_itself(curve):
    assert list(curve.table.columns[:3]) == ["objective.alpha", "efficiency", "price_of_fairness"]
    assert str(curve).splitlines()[0].startswith("objective.alpha  efficiency  price of fairness")
    assert "none is lost" in str(curve)
    assert repr(curve) == "Frontier(10 points over objective.alpha)"
    assert "<li>Every point spends the same dollars" in curve._repr_html_()
    plain = json.loads(json.dumps(curve.to_dict(), allow_nan=False))
    assert plain["points"][-1]["objective.alpha"] == "inf"
    assert curve[4].certificate.alpha == 1.0
    assert len(curve) == 10


def test_other_knobs_are_measured_within_their_own_bounds(users, base):
    curve = frontier(users, base, "award.maximum", [100, 6000, 50000])
    assert all(0 <= point.price_of_fairness <= 1 for point in curve.points)
    prices = [point.price_of_fairness for point in curve.points]
    assert prices[0] < prices[1]  # where everybody is near the cap, there is little to give up


def test_points_that_are_worse_in_both_are_dominated(users, base):
    same = frontier(users, base, "min_loss_ratio", ["0.30", "0.30"])
    assert [point.dominated for point in same.points] == [False, False]
    # Weights turned from losses to ratios: less efficient, and less equal.
    odd = frontier(users, base.replace(alpha=2), "ratio_exponent", [0.0, 10.0])
    assert [point.dominated for point in odd.points] == [False, True]


def test_recovery_and_pro_rata_have_their_own_yardstick(users, base):
    recovery = frontier(users, base.replace(of="recovery"), values=[0, 2])
    assert recovery.points[0].price_of_fairness == pytest.approx(0, abs=1e-12)
    assert recovery.points[1].price_of_fairness > 0
    pro_rata = frontier(users, base.replace(rule="proportional"), "maximum", [6000])
    assert 0 < pro_rata.points[0].price_of_fairness < 1


def test_what_cannot_be_paid_has_no_point(users, base):
    curve = frontier(users, base, "minimum", [4, 2000])
    assert curve.points[1].efficiency is None
    assert not curve.points[1].dominated
    assert curve.notes[1].startswith("award.minimum = 2000.0 cannot be paid: the minimum of")
    assert curve.table.median_cents.isna().tolist() == [False, True]
    assert "-" in str(curve)


def test_points_of_different_dollars_are_told(users, base):
    said = frontier(users, base, vary="budget", values=["90000.00", "95000.00"]).notes[0]
    assert said.startswith("Points spend different dollars: each is measured against the most that")


def test_who_lost_nothing_has_no_recovery():
    table = {"user_id": ["a", "b", "c"], "liquidation_loss": [0, 100, 100]}
    free = {"min_loss": "0", "min_loss_ratio": "0", "minimum": "0.00", "ratio_exponent": 0}
    policy = al.Policy.default().replace({"budget": "100.00", **free})
    (point,) = frontier(pa.table(table), policy, values=[1]).points
    assert point.equality_of_recovery == pytest.approx(1.0)


def test_nobody_is_no_error(users, base):
    point = frontier(users, base, "min_loss", ["80000000000"]).points[0]
    assert point.efficiency is point.price_of_fairness is point.equality is None


def test_what_does_not_fit_is_told(users, base):
    with pytest.raises(DataError, match=r"award.maximum: give the values to try"):
        frontier(users, base, "maximum")
    with pytest.raises(PolicyError, match="did you mean alpha"):
        frontier(users, base, "alfa")


def test_progress_counts_points(users, base):
    told = []
    frontier(users, base, values=np.array([1.0, 2.0]), progress=lambda *what: told.append(what))
    assert told[-2:] == [("point", 0, 2), ("point", 1, 2)]
