"""Small awards: raised, dropped once, or dropped until those left are stable."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import allocator as al
from allocator.allocation.dropping import drop_small
from allocator.allocation.recheck import recheck
from allocator.errors import InfeasibleError, VerificationError

RULES = (
    "alpha_fair",
    "proportional",
    "constrained_equal_awards",
    "constrained_equal_losses",
    "talmud",
)


def people(losses, **more):
    n = len(losses)
    return pa.table(
        {
            "user_id": [f"u{i}" for i in range(n)],
            "liquidation_loss": [f"{each}.00" for each in losses],
            "net_assets": [f"{each}.00" for each in losses],
            **more,
        }
    )


def dropping(how, budget="12.00", **changes):
    data = {"budget": budget, "below_minimum": how, "name": how, "ratio_exponent": 0.0}
    return al.Policy.default().replace(data | {"min_loss": "1.00"} | changes)


def cents(result):
    return result.table.column("award_cents").to_pylist()


def test_the_three_ways_pay_different_people():
    # Shares of $12 in proportion: 2.00, 2.25, 3.75, 4.00, so that only the last has the minimum.
    losses = people([8, 9, 15, 16])
    assert cents(al.allocate(losses, dropping("drop_once"))) == [0, 0, 0, 1200]
    # Without the first: 2.70, 4.50, 4.80; without the second, too: 5.81, 6.19.
    stable = al.allocate(losses, dropping("drop_until_stable"))
    assert cents(stable) == [0, 0, 581, 619]
    raised = al.allocate(losses, dropping("raise", budget="17.00"))
    assert cents(raised) == [400, 400, 435, 465]
    with pytest.raises(InfeasibleError, match=r"the minimum of \$4\.00 for each of 4 eligible"):
        al.allocate(losses, dropping("raise"))
    reasons = stable.table.column("reason").to_pylist()
    assert reasons == ["dropped_below_minimum"] * 2 + ["eligible"] * 2
    assert stable.table.column("lower_cents").to_pylist() == [0, 0, 400, 400]
    assert stable.formula.endswith("; below $4 nothing is paid")


def test_who_is_dropped_is_told():
    result = al.allocate(people([8, 9, 15, 16]), dropping("drop_once"))
    said = result.explain("u0")
    assert said.customer == (
        "Your share would be less than $4.00. This program does not pay shares below that; the "
        "money goes to the others."
    )
    assert "[award.below_minimum]" in said.analyst
    assert said.missed.required == 4
    assert "a share under $4, dropped" in str(result.summary())
    assert "set by this policy" in str(result.summary())


def test_equals_are_dropped_together_even_for_a_cent():
    # $11.99 in three: 4.00, 4.00, 3.99; the one who is a cent short has two equals.
    with pytest.raises(InfeasibleError) as caught:
        al.allocate(people([10, 10, 10]), dropping("drop_once", budget="11.99"))
    assert str(caught.value).startswith(
        'award.below_minimum = "drop_once" would drop all 3 eligible users, as $11.99 is too little'
    )
    assert cents(al.allocate(people([10, 10, 10]), dropping("drop_once"))) == [400] * 3
    users = people([10, 10, 10, 90])
    for how in ("drop_once", "drop_until_stable"):
        result = al.allocate(users, dropping(how, budget="47.90"))
        assert cents(result) == [0, 0, 0, 4790]
        assert cents(al.allocate(users, dropping(how, budget="48.00"))) == [400, 400, 400, 3600]


def test_equals_are_told_apart_by_their_groups():
    users = people([10, 10, 10, 10], region=["EU", "EU", "NA", "NA"])
    cap = {"name": "EU", "where": {"region": ["EU"]}, "max_total": "7.99"}
    result = al.allocate(users, dropping("drop_once", budget="20.00", constraints=[cap]))
    assert cents(result) == [0, 0, 1000, 1000]


def by_loss(losses, awards, left):
    return {
        loss: sorted(award for each, award in zip(losses, awards, strict=True) if each == loss)
        for loss in left
    }


def brute(losses, policy, how):
    """Drop as the documentation says, one size after the other, with plain runs."""
    minimum = round(float(policy.award.minimum) * 100)
    free = policy.replace({"below_minimum": "raise", "award.minimum": "0.00"})
    left, passes = sorted(set(losses)), 0
    while left:
        mine = [loss for loss in losses if loss in left]
        found = by_loss(mine, cents(al.allocate(people(mine), free)), left)
        short = [loss for loss in left if found[loss][0] < minimum]
        if not short or (how == "drop_once" and passes):
            return found
        passes += 1
        left = [loss for loss in left if loss not in short] if how == "drop_once" else left[1:]
    return None


@pytest.mark.parametrize("how", ["drop_once", "drop_until_stable"])
@given(
    losses=st.lists(st.integers(4, 12), min_size=1, max_size=7),
    budget=st.integers(400, 4000),
    rule=st.sampled_from(RULES),
)
def test_dropping_is_what_it_says(how, losses, budget, rule):
    policy = dropping(how, budget=f"{budget / 100:.2f}", rule=rule)
    due = brute(losses, policy, how)
    if due is None:
        with pytest.raises(InfeasibleError):
            al.allocate(people(losses), policy)
        return
    result = al.allocate(people(losses), policy)
    assert result.certificate.ok
    assert by_loss(losses, cents(result), due) == due
    assert sum(cents(result)) == sum(map(sum, due.values()))


@pytest.mark.parametrize("changes", [{"alpha": "inf"}, {"alpha": 0}, {"alpha": 2}])
@pytest.mark.parametrize("of", ["amount", "recovery"])
@pytest.mark.parametrize("how", ["drop_once", "drop_until_stable"])
def test_every_alpha(changes, of, how, users):
    policy = dropping(how, budget="2000.00", of=of, minimum="6.00", min_loss="50.00", **changes)
    result = al.allocate(users, policy)
    assert result.certificate.ok
    paid = [c for c in cents(result) if c]
    assert min(paid) >= 600


def test_more_are_paid_when_the_smallest_go_first(users, tmp_path):
    results = [
        al.allocate(users, dropping(how, budget="2000.00", min_loss="50.00"))
        for how in ("drop_once", "drop_until_stable")
    ]
    once, stable = (result.certificate.eligible for result in results)
    assert 0 < once < stable
    for i, result in enumerate(results):
        result.save(tmp_path / str(i))
        assert recheck(tmp_path / str(i), users=users).faults == ()
        people = result.people_like_me().people
        assert {each.why for each in people} & {"a share under $4, dropped"}
        assert al.verify(users, result.policy, result.table).ok
    # Other people's awards are no proof of this policy.
    assert not al.verify(users, results[0].policy, results[1].table).ok


def test_a_minimum_of_nothing_drops_nobody():
    policy = dropping("drop_once", minimum="0.00")
    assert cents(al.allocate(people([8, 16]), policy)) == [400, 800]
    warnings = al.allocate(people([8, 16]), policy).warnings
    assert any("award.below_minimum: has no effect" in each for each in warnings)


def test_shares_that_do_not_verify_are_refused(monkeypatch):
    import allocator.allocation.dropping as module

    real = module.solve

    def wrong(problem, rule):
        solution = real(problem, rule)
        awards = solution.awards.copy()
        awards[0] += 1
        return type(solution)(awards, solution.tier, solution.log_level)

    monkeypatch.setattr(module, "solve", wrong)
    with pytest.raises(VerificationError, match="the shares by which small awards are dropped"):
        al.allocate(people([8, 16]), dropping("drop_once"))
    assert drop_small
