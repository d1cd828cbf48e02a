"""Sensitivities of a run against runs of policies that differ a little."""

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation.sensitivity import _eligible, _problem
from allocator.core.solve import solve
from allocator.policy.compile import rule_of

CHANGES = {
    "budget": ("budget", 1.0),
    "minimum": ("minimum", 0.01),
    "maximum": ("maximum", 0.01),
    "loss_exponent": ("loss_exponent", 1e-5),
    "ratio_exponent": ("ratio_exponent", 1e-5),
    "ratio_cap": ("ratio_cap", 1e-5),
    "alpha": ("alpha", 1e-5),
}


def fractional(users, policy):
    """The awards before rounding, in dollars."""
    run = al.allocate(users, policy)
    eligible = _eligible(run)
    return solve(_problem(run, eligible), rule_of(policy)).awards / 100, eligible.loss


def changed(policy, key, step):
    section = {"budget": "award", "minimum": "award", "maximum": "award", "alpha": "objective"}
    value = getattr(getattr(policy, section.get(key, "weights")), key)
    text = f"{float(value) + step:.2f}" if section.get(key) == "award" else float(value) + step
    return policy.replace(**{key: f"{text:.5f}" if key == "ratio_cap" else text})


def test_who_lost_nothing_moves_nothing():
    users = pa.table({"user_id": ["a", "b", "c"], "liquidation_loss": [0, 50, 80]})
    free = {"min_loss": "0", "min_loss_ratio": "0", "minimum": "0.00"}
    policy = al.Policy.default().replace(
        {"budget": "30.00", "ratio_exponent": 0, "loss_exponent": 0.5, **free}
    )
    table = al.allocate(users, policy).sensitivity()
    assert np.isfinite(table.drop(columns=["value", "unit"]).drop("own_loss")).all().all()
    assert np.isfinite(table.loc["own_loss", ["typical_award", "mean_award"]].astype(float)).all()


@pytest.mark.parametrize("of", ["amount", "recovery"])
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_the_table_is_what_small_changes_do(users, policy, alpha, of):
    chosen = policy.replace(
        alpha=alpha, of=of, loss_exponent=0.8, ratio_cap="0.9", maximum="900.00"
    )
    before, loss = fractional(users, chosen)
    typical = np.argsort(loss, kind="stable")[(len(loss) - 1) // 2]
    table = al.allocate(users, chosen).sensitivity()
    assert list(table.index) == [*CHANGES, "own_loss"]
    for name, (key, step) in CHANGES.items():
        after, _ = fractional(users, changed(chosen, key, step))
        change = (after - before) / step
        row = table.loc[name]
        scale = np.abs(change).max()
        assert row.typical_award == pytest.approx(change[typical], rel=1e-2, abs=2e-3 * scale)
        assert row.mean_award == pytest.approx(change.mean(), rel=1e-2, abs=2e-3 * scale)
        assert row.moved == pytest.approx(np.abs(change).sum() / 2, rel=1e-2)
        parts = row.at_floor + row.free + row.at_cap
        assert parts == pytest.approx(change.sum(), abs=1e-2 * np.abs(change).sum())
        assert row.gainers + row.losers <= len(loss)


def test_an_extra_dollar_is_shared_and_every_other_number_only_moves_money(result):
    for direction in ("up", "down"):
        table = result.sensitivity(direction)
        total = table[["at_floor", "free", "at_cap"]].sum(axis=1)
        assert total["budget"] == pytest.approx(1.0)
        assert table.loc["budget", "moved"] == pytest.approx(0.5)
        rest = total.drop(["budget", "own_loss"]).to_numpy()
        assert rest == pytest.approx(np.zeros(len(rest)), abs=1e-6)
        assert table.loc["minimum", "unit"] == "dollars per dollar"
        assert table.loc["alpha", "unit"] == "dollars per 1"


def three_users(bob):
    return pa.table(
        {
            "user_id": ["ann", "bob", "cy"],
            "liquidation_loss": ["80.00", bob, "400.00"],
            "net_assets": ["80.00", "200.00", "400.00"],
        }
    )


@pytest.mark.parametrize("of", ["amount", "recovery"])
@pytest.mark.parametrize("brackets", [[], [{"up_to": "60", "rate": "1"}, {"rate": "0.5"}]])
def test_by_own_loss(of, brackets):
    policy = al.Policy.default().replace(budget="100.00", alpha=2, of=of)
    policy = al.Policy.model_validate({**policy.model_dump(), "claim": {"brackets": brackets}})
    table = al.allocate(three_users("100.00"), policy).sensitivity()
    before, _ = fractional(three_users("100.00"), policy)
    after, _ = fractional(three_users("100.01"), policy)
    assert table.loc["own_loss", "typical_award"] == pytest.approx(
        (after - before)[1] / 0.01, rel=1e-3
    )


def test_who_is_held_by_the_loss_gets_every_dollar_more_of_it():
    policy = al.Policy.default().replace(budget="300.00", ratio_exponent=0, loss_exponent=0)
    table = al.allocate(three_users("100.00"), policy).sensitivity()
    assert table.loc["own_loss", "typical_award"] == pytest.approx(1.0)


@pytest.mark.parametrize("rule", ["proportional", "talmud", "constrained_equal_losses"])
def test_claims_rules_have_a_price_of_the_budget_only(users, policy, rule):
    chosen = policy.replace(rule=rule)
    table = al.allocate(users, chosen).sensitivity()
    assert list(table.index) == ["budget", "minimum", "maximum"]
    assert table.loc["budget", ["at_floor", "free", "at_cap"]].sum() == pytest.approx(1.0)


def test_max_min_and_the_utilitarian_rule(users, policy):
    leximin = al.allocate(users, policy.replace(alpha="inf")).sensitivity()
    assert "alpha" not in leximin.index
    assert leximin.loc["loss_exponent", "moved"] == 0
    utilitarian = al.allocate(users, policy.replace(alpha=0)).sensitivity()
    assert list(utilitarian.index) == ["budget", "minimum", "maximum", "own_loss"]


def test_when_caps_are_reached_more_budget_buys_nothing(users, policy):
    table = al.allocate(users, policy.replace(budget="900000000.00")).sensitivity()
    assert table.loc["budget", "typical_award"] == 0
    assert table.loc["maximum", "losers"] == 0


def test_without_net_assets(policy):
    users = pa.table({"user_id": ["a", "b"], "liquidation_loss": [80, 60], "net_assets": [80, 60]})
    chosen = policy.replace(budget="100.00", min_loss_ratio="0", ratio_exponent=0)
    table = al.allocate(users.drop(["net_assets"]), chosen).sensitivity()
    assert table.loc["ratio_exponent", "value"] == "0"
    assert table.loc["budget", "mean_award"] == pytest.approx(0.5)


def test_what_cannot_be_told_is_said(users, policy, result):
    with pytest.raises(al.DataError, match="direction must be"):
        result.sensitivity("sideways")
    with pytest.raises(al.DataError, match="nobody is eligible"):
        al.allocate(users, policy.replace(min_loss="99999999.00")).sensitivity()
    cap = {"name": "half", "where": {"region": ["EU"]}, "max_share": "50%"}
    grouped = al.Policy.model_validate({**policy.model_dump(), "constraints": [cap]})
    with pytest.raises(al.UnsupportedError, match="a policy with constraints need to know who"):
        al.allocate(users, grouped).sensitivity()
