import numpy as np
import pyarrow as pa
import pytest

from allocator.core.claims import Proportional
from allocator.core.rules import AlphaFair
from allocator.errors import InfeasibleError
from allocator.money import FINE
from allocator.policy.compile import bounds, compile_problem, rule_of
from allocator.policy.eligibility import decide
from allocator.policy.schema import Policy
from allocator.policy.weights import weigh

DEFAULT = Policy.default()


def compiled(users, policy=DEFAULT):
    return compile_problem(users, policy, decide(users, policy), weigh(users, policy))


def test_the_eligible_users_in_cents(make_users):
    users = make_users(
        ["49", "60.019", "7000"], ["100", "60", "100"], ids=pa.chunked_array([["a"], ["b", "c"]])
    )
    got = compiled(users)
    problem = got.problem
    assert got.rows.tolist() == [1, 2]
    assert got.unit_cents == 1
    assert problem.budget == 30_000_000_000
    assert problem.lower.tolist() == [400, 400]
    assert problem.upper.tolist() == [6001, 600_000]
    assert problem.weights.tolist() == [60.019, 7000.0]
    assert problem.claims is None
    assert problem.tie_break_key == "together-2025-10"
    assert [problem.ids[i] for i in range(2)] == ["b", "c"]
    assert list(problem.ids[1:]) == ["c"]
    assert len(problem.ids) == 2


def test_whole_units_and_caps_at_any_loss():
    policy = DEFAULT.replace(unit="0.50", budget="100.00", cap_at_loss=False)
    lower, upper = bounds(np.array([3 * FINE]), policy)
    assert (lower.tolist(), upper.tolist()) == ([8], [12_000])
    policy = policy.replace(cap_at_loss=True)
    assert bounds(np.array([4 * FINE + FINE // 2 - 1]), policy)[1].tolist() == [8]


def test_nobody_is_below_a_cap_that_is_not_the_loss(make_users):
    policy = DEFAULT.replace(cap_at_loss=False, minimum="100.00")
    assert compiled(make_users(["60"], ["60"]), policy).problem.lower.tolist() == [10_000]


def test_rules_and_their_claims(make_users):
    users = make_users(["1000"], ["1000"])
    brackets = [{"up_to": "500", "rate": "1"}, {"rate": "0"}]
    by_claim = DEFAULT.replace(rule="proportional", brackets=brackets)
    assert isinstance(rule_of(by_claim), Proportional)
    problem = compiled(users, by_claim).problem
    assert problem.claims.tolist() == [500 * FINE]
    assert problem.weights is None
    recovery = DEFAULT.replace(of="recovery", alpha="inf", brackets=brackets)
    rule = rule_of(recovery)
    assert isinstance(rule, AlphaFair)
    assert (rule.alpha, rule.of) == (np.inf, "recovery")
    assert compiled(users, recovery).problem.claims.tolist() == [1000 * FINE]


def test_a_budget_below_the_floors_is_told_in_dollars(make_users):
    users = make_users(["60"] * 3, ["60"] * 3)
    with pytest.raises(InfeasibleError) as caught:
        compiled(users, DEFAULT.replace(budget="10.00"))
    assert str(caught.value) == (
        "the minimum of $4.00 for each of 3 eligible users adds up to $12.00, which is $2.00 more "
        "than the budget of $10.00: raise award.budget to $12.00, lower award.minimum to $3.33, "
        "or let fewer users in (eligibility.min_loss, eligibility.min_loss_ratio)"
    )
    assert caught.value.details == {
        "budget_cents": 1000,
        "sum_of_floors_cents": 1200,
        "shortfall_cents": 200,
        "eligible": 3,
        "budget_that_works_cents": 1200,
        "minimum_that_works_cents": 333,
    }


def test_a_budget_above_the_caps_is_spent_in_part_or_an_error(make_users):
    users = make_users(["60"] * 3, ["60"] * 3)
    assert compiled(users, DEFAULT.replace(budget="200.00")).problem.spend == 18_000
    strict = DEFAULT.replace(budget="200.00", if_budget_exceeds_caps="error")
    with pytest.raises(InfeasibleError) as caught:
        compiled(users, strict)
    assert str(caught.value) == (
        "all 3 eligible users at their caps get $180.00, which is $20.00 less than the budget of "
        "$200.00: lower award.budget to $180.00, raise award.maximum, let more users in, or set "
        'award.if_budget_exceeds_caps = "spend_less"'
    )
    assert caught.value.details["unspendable_cents"] == 2000
    assert compiled(users, strict.replace(budget="180.00")).problem.spend == 18_000


def test_nobody_is_eligible(make_users):
    users = make_users(["1", "2"], ["60", "60"])
    assert len(compiled(users).problem) == 0
    with pytest.raises(InfeasibleError, match="none of 2 users is eligible, so that nothing of"):
        compiled(users, DEFAULT.replace(if_budget_exceeds_caps="error"))
