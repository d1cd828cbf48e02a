"""Derivatives of awards against finite differences; one-sided ones at kinks."""

from dataclasses import replace

import numpy as np
import pytest

from allocator.core.claims import (
    ConstrainedEgalitarian,
    ConstrainedEqualAwards,
    ConstrainedEqualLosses,
    Piniles,
    Proportional,
    ReverseTalmud,
    Talmud,
)
from allocator.core.constraints import Group
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, LeastSquares, MaxMin
from allocator.core.sensitivity import margin
from allocator.core.solve import solve
from allocator.errors import UnsupportedError

STEP = 1e-6  # of the budget
ALPHAS = (0.3, 1.0, 2.0, 5.0)
CLAIMS_RULES = (
    Proportional(),
    ConstrainedEqualAwards(),
    ConstrainedEqualLosses(),
    Talmud(),
    ReverseTalmud(),
    Piniles(),
    ConstrainedEgalitarian(),
)


def drawn(seed, n=12):
    rng = np.random.default_rng(seed)
    lower = rng.uniform(0, 2, n)
    upper = lower + rng.uniform(1, 20, n)
    budget = float(lower.sum() + rng.uniform(0.2, 0.8) * (upper - lower).sum())
    groups = [
        Group(np.arange(4), upper=0.9 * upper[:4].sum(), name="all"),
        Group([1, 2], name="in"),
    ]
    groups.append(Group(np.arange(5, 9), upper=lower[5:9].sum() + 5.0, name="held"))
    groups.append(Group([9, 10], lower=0.9 * upper[9:11].sum(), name="helped"))
    given = {
        "budget": budget,
        "lower": lower,
        "upper": upper,
        "weights": rng.uniform(0.5, 9, n),
        "claims": rng.uniform(1, 30, n),
        "constraints": groups if seed % 2 else [],
    }
    most = Problem(**given).spend  # groups may take less
    return given | {"budget": most * 0.9 if most < budget else budget}


def awards(given, rule):
    return solve(Problem(**given), rule).awards


def difference(given, rule, key, change, sign):
    """Awards after a small step, less awards before, over the step."""
    step = sign * STEP * given["budget"]
    after = awards(given | {key: given[key] + step * change}, rule)
    return (after - awards(given, rule)) / step


@pytest.mark.parametrize("rule", [*map(AlphaFair, ALPHAS), MaxMin(), LeastSquares(target=5.0)])
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("sign", [1, -1])
def test_by_budget_floors_and_caps(rule, seed, sign):
    given = drawn(seed)
    found = margin(Problem(**given), rule)
    assert found.awards == pytest.approx(awards(given, rule), rel=1e-12)
    near = {"rel": 1e-4, "abs": 1e-6}
    assert found.budget(sign) == pytest.approx(difference(given, rule, "budget", 1.0, sign), **near)
    assert found.budget(sign).sum() == pytest.approx(1.0)
    ones = np.ones(len(given["lower"]))
    by_floor = found.respond(lower=ones, sign=sign)
    assert by_floor == pytest.approx(difference(given, rule, "lower", ones, sign), **near)
    by_cap = found.respond(upper=ones, sign=sign)
    assert by_cap == pytest.approx(difference(given, rule, "upper", ones, sign), **near)


@pytest.mark.parametrize("alpha", ALPHAS)
@pytest.mark.parametrize("of", ["amount", "recovery"])
@pytest.mark.parametrize("seed", range(4))
def test_by_weights_exponents_alpha_and_baseline(alpha, of, seed):
    given = drawn(seed)
    rule = AlphaFair(alpha, of)
    found = margin(Problem(**given), rule)
    logs = np.log(given["claims"])
    h = 1e-6

    def moved(changed, other=rule):
        return (awards(changed, other) - awards(given, rule)) / h

    by_exponent = found.respond(found.stand / alpha * logs)
    weights = given["weights"] * given["claims"] ** h
    assert by_exponent == pytest.approx(moved(given | {"weights": weights}), rel=1e-3, abs=1e-5)
    scales = logs if of == "recovery" else 0.0
    by_alpha = found.respond(-found.stand / alpha**2 * (np.log(given["weights"]) - scales))
    assert by_alpha == pytest.approx(moved(given, AlphaFair(alpha + h, of)), rel=1e-3, abs=1e-5)
    paid = np.linspace(0.0, 1.0, len(logs))
    by_paid = found.respond(-paid)
    assert by_paid == pytest.approx(
        moved(given, replace(rule, baseline=h * paid)), rel=1e-3, abs=1e-5
    )


@pytest.mark.parametrize("rule", CLAIMS_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("share", [0.2, 0.45, 0.55, 0.9])
@pytest.mark.parametrize("sign", [1, -1])
def test_claims_rules_by_budget(rule, share, sign):
    claims = np.array([3.0, 10.0, 11.0, 25.0, 40.0])
    given = {"budget": share * claims.sum(), "lower": 0.0, "upper": claims, "claims": claims}
    found = margin(Problem(**given), rule).budget(sign)
    assert found == pytest.approx(difference(given, rule, "budget", 1.0, sign), abs=1e-6)


def test_by_an_own_number_the_others_share_the_rest():
    given = drawn(0)
    rule = AlphaFair(2)
    found = margin(Problem(**given), rule)
    own = found.own(found.stand / 2.0, upper=np.ones(12))
    h = 1e-6
    for i in range(12):
        one = np.eye(12)[i]
        changed = given | {"weights": given["weights"] * np.exp(h * one)}
        if found.at_upper[i]:
            changed = given | {"upper": given["upper"] + h * one}
        assert own[i] == pytest.approx((awards(changed, rule)[i] - found.awards[i]) / h, abs=1e-5)


def test_at_a_kink_the_two_sides_differ():
    # At a level of 2, the first just reaches the cap and the second just leaves the floor.
    given = {
        "budget": 8.0,
        "lower": [0.0, 2.0, 0.0],
        "upper": [2.0, 9.0, 9.0],
        "weights": [1.0, 1.0, 2.0],
    }
    found = margin(Problem(**given), AlphaFair(1))
    assert found.awards == pytest.approx([2.0, 2.0, 4.0])
    assert found.budget() == pytest.approx([0.0, 1 / 3, 2 / 3])
    assert found.budget(-1) == pytest.approx([1 / 3, 0.0, 2 / 3])
    raised = np.array([0.0, 1.0, 0.0])
    assert found.respond(lower=raised) == pytest.approx([-1 / 3, 1.0, -2 / 3])
    # A lower floor does nothing: the level is just there.
    assert found.respond(lower=raised, sign=-1) == pytest.approx([0.0, 0.0, 0.0])


def test_where_the_level_jumps():
    # Everybody at a bound: more goes to those who leave their floor first, less from the caps.
    given = {"budget": 7.0, "lower": [0.0, 0.0, 5.0], "upper": [1.0, 1.0, 9.0]}
    found = margin(Problem(**given), MaxMin())
    assert found.awards == pytest.approx([1.0, 1.0, 5.0])
    assert found.budget() == pytest.approx([0.0, 0.0, 1.0])
    assert found.budget(-1) == pytest.approx([0.5, 0.5, 0.0])
    first = np.array([1.0, 0.0, 0.0])
    assert found.respond(upper=first) == pytest.approx([0.0, 0.0, 0.0])
    assert found.respond(lower=np.array([0.0, 0.0, 1.0])) == pytest.approx([-0.5, -0.5, 1.0])


def test_tiers_and_the_tail():
    weights = [3.0, 2.0, 2.0, 0.0]
    upper = [4.0, 4.0, 4.0, 4.0]
    utilitarian = margin(Problem(6.0, 0.0, upper, weights), AlphaFair(0))
    assert utilitarian.budget() == pytest.approx([0.0, 0.5, 0.5, 0.0])
    edge = margin(Problem(4.0, 0.0, upper, weights), AlphaFair(0))
    assert edge.budget() == pytest.approx([0.0, 0.5, 0.5, 0.0])
    assert edge.budget(-1) == pytest.approx([1.0, 0.0, 0.0, 0.0])
    tail = margin(Problem(13.0, 0.0, upper, weights), AlphaFair(2))
    assert tail.budget() == pytest.approx([0.0, 0.0, 0.0, 1.0])


def test_when_all_have_their_caps_more_buys_nothing():
    spare = margin(Problem(20.0, 0.0, [4.0, 4.0], [1.0, 2.0]), AlphaFair(1))
    assert spare.slack
    assert spare.budget().tolist() == spare.budget(-1).tolist() == [0.0, 0.0]
    assert spare.respond(upper=np.ones(2)).tolist() == [1.0, 1.0]
    exact = margin(Problem(8.0, 0.0, [4.0, 4.0], [1.0, 2.0]), AlphaFair(1))
    assert exact.budget().tolist() == [0.0, 0.0]
    assert exact.budget(-1) == pytest.approx([1.0, 0.0])


def test_a_group_at_its_cap_shares_it_even_when_the_budget_is_not_spent():
    group = [Group([0, 1], upper=3.0)]
    found = margin(
        Problem(20.0, 0.0, [2.5, 9.0, 4.0], [2.0, 1.0, 1.0], constraints=group), AlphaFair(1)
    )
    assert found.awards == pytest.approx([2.0, 1.0, 4.0])
    by_weight = found.respond(found.stand * np.array([1.0, 0.0, 1.0]))
    assert by_weight == pytest.approx([2 / 3, -2 / 3, 0.0])
    assert found.respond(upper=np.array([0.0, 0.0, 1.0])) == pytest.approx([0.0, 0.0, 1.0])


def test_whole_units_count_as_real_ones():
    found = margin(Problem(10, 0, [2, 9, 9], weights=[9.0, 3.0, 1.0]), AlphaFair(1))
    assert found.awards == pytest.approx([2.0, 6.0, 2.0])


def test_whose_floor_is_the_cap():
    problem = Problem(10.0, [1.0, 0.0, 5.0], [1.0, 9.0, 5.0], weights=[9.0, 1.0, 1.0])
    found = margin(problem, AlphaFair(1))
    one = np.array([1.0, 0.0, 1.0])
    assert found.respond(upper=one) == pytest.approx([1.0, -1.0, 0.0])
    assert found.respond(lower=one) == pytest.approx([0.0, -1.0, 1.0])


def test_constraints_that_overlap_have_prices_instead():
    rows = [Group([0, 1], upper=3), Group([1, 2], upper=3)]
    with pytest.raises(UnsupportedError, match="sensitivities need groups that are nested"):
        margin(Problem(4.0, 0.0, [3.0, 3.0, 3.0], constraints=rows), AlphaFair(1))
