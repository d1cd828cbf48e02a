"""What the text of the notebooks claims, checked where a change of the code could make it false."""

import pandas as pd
import pytest

import allocator as al

USERS = al.simulate_users(20_000, seed=7)
POLICY = al.Policy.default().replace(budget="3500000.00")


@pytest.fixture(scope="module")
def base():
    return al.allocate(USERS, POLICY)


def awards(**changes):
    return al.allocate(USERS, POLICY.replace(**changes)).awards.award_cents


def test_02_exponents():
    runs = [al.allocate(USERS, POLICY.replace(loss_exponent=e)) for e in (1.0, 0.0)]
    whole, none = (run.people_like_me().frame.droplevel(0, axis=1).award_cents for run in runs)
    assert whole[10_000, 60] / whole[1_000, 60] == pytest.approx(10, abs=0.01)
    assert none[10_000, 60] == none[1_000, 60]
    assert none[100, 60] == 10_000


def test_02_what_changes_nothing(base):
    same = base.awards.award_cents
    assert awards(alpha=2, loss_exponent=2.0, ratio_exponent=1.0).equals(same)
    assert awards(of="recovery").equals(same)
    factors = {"weights.factors": {"region": {"*": 3.0}}}
    assert al.allocate(USERS, POLICY.replace(factors)).awards.award_cents.equals(same)
    assert awards(alpha=2).equals(awards(loss_exponent=0.5, ratio_exponent=0.25))
    recovery = [awards(of="recovery", ratio_exponent=0.0, alpha=a) for a in (0.5, 1, 5)]
    assert all((other - recovery[0]).abs().max() <= 1 for other in recovery[1:])


def test_02_two_ideas_of_equal():
    table = al.frontier(USERS, POLICY).table
    assert table.equality.is_monotonic_increasing
    assert table["objective.alpha"][table.equality_of_recovery.idxmax()] == 1.0


def test_03_who_gains_and_who_pays():
    budget = {"budget": "3500000.00"}
    comparison = al.compare(
        USERS,
        POLICY,
        al.Policy.preset("pro-rata").replace(**budget),
        al.Policy.preset("broad").replace(**budget),
    )
    overview = comparison.overview()
    announced, pro_rata, broad = overview.itertuples()
    assert 1.0 < pro_rata.gainers / pro_rata.losers < 1.3
    assert 100 <= pro_rata.median_cents - announced.median_cents < 150
    assert 0.90 < broad.gainers / broad.users < 0.92
    assert 5.9 < broad.median_cents / announced.median_cents < 6.3
    losers = comparison.difference()["Broad"].losers
    assert list(losers[losers > 0].index) == ["9", "10", "ALL", "90-95%", "95-99%", "top 1%"]
    assert losers["9"] < 0.05 * losers["10"]


def test_03_twice_as_much():
    goal = {"target": "mean_award", "decile": 1, "value": 8.00}
    assert (al.allocate(USERS, POLICY).deciles()["Announced"].mean_cents["1"]) == 400
    found = {knob: al.goal_seek(USERS, POLICY, vary=knob, **goal) for knob in ("minimum", "alpha")}
    both = al.compare(USERS, {"base": POLICY, **{k: each.policy for k, each in found.items()}})
    moved = both.overview().gain_cents
    assert 35 < moved.alpha / moved.minimum < 40
    change = both.difference()
    deciles = [str(k) for k in range(1, 10)]
    assert (change["alpha"].losers[deciles] == 0).all()
    assert (change["alpha"].change_cents[deciles] > 0).all()
    assert change["minimum"].losers["ALL"] > change["minimum"].users["ALL"] / 2


def test_04_splitting_and_lines():
    health = al.health(USERS, POLICY)
    assert health["split.minimum"].severity == health["split.maximum"].severity == "serious"
    assert health["split.maximum"].number == 6000
    assert health["split.line"].severity == health["split.median"].severity == "fine"
    assert health["line.min_loss"].number == 4
    assert "$6,000.00 at most" in health["line.net_assets"].sentence
    flat = {"award.minimum": "0.00", "award.maximum": "3500000.00", "ratio_exponent": 0.0}
    even = al.health(USERS, POLICY.replace(flat))
    names = ("split.minimum", "split.maximum", "split.line", "split.median")
    assert {even[name].severity for name in names} == {"fine"}


def test_05_spoiled_examples_are_named(base):
    sample = base.awards[base.awards.eligible].sample(60, random_state=1)
    posts = pd.DataFrame(
        {
            "liquidation_loss": sample.loss.map("{:.2f}".format),
            "net_assets": sample.net_assets.map("{:.2f}".format),
            "award": sample.award_cents / 100,
        }
    ).reset_index(drop=True)
    spoiled = posts.index[(posts.award > 10) & (posts.award < 500)][:3]
    posts.loc[spoiled, "award"] *= 10
    found = al.fit(posts, users=USERS)
    assert [each.line for each in found.examples if each.outlier] == (spoiled + 2).tolist()
    assert found.formula == base.formula
