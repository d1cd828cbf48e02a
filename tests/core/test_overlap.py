"""Side constraints that overlap: against enumeration, and at prices that mean something."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allocator.backends.highs_ import Program
from allocator.backends.master import highs_master
from allocator.core.certificate import verify
from allocator.core.constraints import Group, Groups, Row
from allocator.core.divide import divide
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from allocator.errors import DataError, InfeasibleError, UnsupportedError


@st.composite
def overlapping(draw):
    n = draw(st.integers(3, 4))
    upper = draw(st.lists(st.integers(2, 7), min_size=n, max_size=n))
    weights = draw(st.lists(st.sampled_from([1.0, 1.0, 2.0, 3.5, 0.3]), min_size=n, max_size=n))
    pairs = draw(
        st.lists(
            st.sampled_from([(0, 1), (1, 2), (0, 2), (1, n - 1)]),
            min_size=2,
            max_size=3,
            unique=True,
        )
    )
    groups = []
    for i, pair in enumerate(pairs):
        floor = draw(st.integers(0, 4))
        groups.append(Group(list(pair), floor, floor + draw(st.integers(0, 6)), f"g{i}"))
    members = [set(g.members.tolist()) for g in groups]
    assume(any(a & b and not (a <= b or b <= a) for a in members for b in members))
    return draw(st.integers(n, sum(upper))), upper, weights, groups


def utility(alpha, weights, x):
    if alpha == 1:
        return sum(w * math.log(v) for w, v in zip(weights, x, strict=True))
    return sum(w * v ** (1 - alpha) / (1 - alpha) for w, v in zip(weights, x, strict=True))


@given(overlapping(), st.sampled_from([0.5, 1.0, 2.0]))
@settings(max_examples=150, deadline=None)
def test_whole_units_are_as_good_as_the_best_of_all(case, alpha):
    budget, upper, weights, groups = case
    allowed = [
        x
        for x in product(*(range(1, u + 1) for u in upper))
        if sum(x) <= budget
        and all(g.lower <= sum(x[i] for i in g.members) <= g.upper for g in groups)
    ]
    problem = Problem(budget, 1, upper, weights, constraints=groups)
    if not allowed:
        with pytest.raises(InfeasibleError):
            solve(problem, AlphaFair(alpha), highs_master)
        return
    most = max(map(sum, allowed))
    best = max(utility(alpha, weights, x) for x in allowed if sum(x) == most)
    solution = solve(problem, AlphaFair(alpha), highs_master)
    awards = solution.awards
    assert awards.sum() == most
    assert tuple(awards.tolist()) in set(allowed)
    certificate = verify(problem, AlphaFair(alpha), awards)
    assert certificate.checks["bounds"]
    assert certificate.checks["optimal"], certificate.failures
    assert certificate.checks["canonical"]
    # The program may stop at a local optimum of single transfers; the gap then says how far off.
    off = best - utility(alpha, weights, awards)
    if certificate.gap is not None and certificate.checks["total"]:
        price = math.exp(-alpha * certificate.log_level)  # the mean price of a unit
        assert off <= certificate.gap * price * budget * (1 + 1e-6) + 1e-9


@given(overlapping(), st.sampled_from([0.5, 1.0, 2.0]))
@settings(max_examples=80, deadline=None)
def test_real_amounts_meet_rows_and_prices_explain_them(case, alpha):
    budget, upper, weights, groups = case
    real = [Group(g.members, float(g.lower), float(g.upper), g.name) for g in groups]
    problem = Problem(float(budget), 0.5, np.array(upper, float), weights, constraints=real)
    try:
        solution = solve(problem, AlphaFair(alpha), highs_master)
    except InfeasibleError:
        return
    x = solution.awards
    for g in groups:
        assert g.lower - 1e-6 <= x[g.members].sum() <= g.upper + 1e-6
    # Stationarity: whoever is between bounds has marginal utility = the sum of prices.
    prices = np.full(len(x), solution.prices.budget)
    for g, y in zip(groups, solution.prices.rows, strict=True):
        prices[g.members] += y
    inside = (x > 0.5 + 1e-6) & (x < np.array(upper) - 1e-6)
    unit = math.exp(-alpha * solution.log_level)
    marginal = np.array(weights) * x**-alpha / unit
    assert marginal[inside] == pytest.approx(prices[inside], rel=1e-5, abs=1e-6)


def test_a_cap_on_one_group_and_a_floor_on_another_that_overlap():
    groups = [Group([0, 1, 2], upper=9, name="a"), Group([2, 3], lower=40, name="b")]
    awards = divide(60, weights=[1, 2, 3, 4, 5], rule=AlphaFair(), unit=1, constraints=groups)
    assert awards.sum() == 60
    assert awards[:3].sum() <= 9
    assert awards[2:4].sum() >= 40


def test_many_claimants_reach_the_bound():
    rng = np.random.default_rng(4)
    n = 20_000
    weights = rng.lognormal(4, 2, n)
    region, tier = rng.integers(0, 4, n), rng.integers(0, 3, n)
    plain = Problem(10**8, 400, 600_000, weights)
    base = solve(plain, AlphaFair()).awards
    groups = [
        Group(region == 0, upper=int(base[region == 0].sum() * 0.9), name="region 0"),
        Group(tier == 1, lower=int(base[tier == 1].sum() * 1.1), name="tier 1"),
    ]
    problem = Problem(10**8, 400, 600_000, weights, constraints=groups)
    awards = solve(problem, AlphaFair(), highs_master).awards
    certificate = verify(problem, AlphaFair(), awards)
    assert certificate.ok, certificate.failures
    assert 0 <= certificate.gap <= 1e-9
    assert certificate.prices["region 0"] > 0 > certificate.prices["tier 1"]
    moved = awards.copy()
    moved[np.flatnonzero(awards > 400)[0]] -= 1
    moved[np.flatnonzero(awards > 400)[1]] += 1
    assert not verify(problem, AlphaFair(), moved).ok


def test_ratio_between_a_group_and_everybody():
    loss = np.array([100.0, 200.0, 300.0, 400.0])
    everybody = loss.sum()
    coefficients = np.where([True, True, False, False], 1 / 300.0, 0.0) - 0.9 / everybody
    row = Row(coefficients, lower=0.0, name="the small recover 0.9 of what all do")
    problem = Problem(1_000, 1, 1_000, loss**3, constraints=[row])
    awards = solve(problem, AlphaFair(), highs_master).awards
    assert awards.sum() == 1_000
    assert awards[:2].sum() / 300 >= 0.9 * awards.sum() / everybody
    assert verify(problem, AlphaFair(), awards).ok


def test_bounds_of_a_row_are_money():
    row = Row([1.0, 1.0, 0.0], upper=2, name="two dollars for two")
    group = Group([1, 2], upper="9.00")
    awards = divide(
        "10.00", weights=[1, 1, 1], rule=AlphaFair(), unit="0.01", constraints=[row, group]
    )
    assert awards[:2].sum() <= 2.0
    assert awards.sum() == pytest.approx(10.0)
    with pytest.raises(UnsupportedError, match="largest remainders know no constraints"):
        divide(3, [1, 2], unit=1, rounding="largest_remainder", constraints=[Group([0], upper=1)])


def test_conflicts_are_named_and_nothing_else_is():
    groups = [
        Group([0, 1], upper=5, name="at most five"),
        Group([1, 2], upper=50, name="harmless"),
        Group([0, 1], lower=9, name="at least nine"),
        Group([1], lower=7, name="seven for one"),
    ]
    with pytest.raises(InfeasibleError) as caught:
        divide(30, weights=[1, 1, 1], rule=AlphaFair(), unit=1, constraints=groups)
    said = str(caught.value)
    assert said.startswith("these constraints cannot be met together, given everybody's own floor")
    assert "'harmless'" not in said
    assert len(caught.value.details["conflict"]) == 2
    assert "at most five" in caught.value.details["conflict"]


def test_feasible_in_fractions_but_not_in_whole_units():
    groups = [
        Group([0, 1], 1, 1, "ab"),
        Group([1, 2], 1, 1, "bc"),
        Group([0, 2], 1, 1, "ac"),
    ]
    with pytest.raises(InfeasibleError, match="in fractions of a unit but not in whole units"):
        divide(3, weights=[1, 1, 1, 1], rule=AlphaFair(), unit=1, constraints=groups)


def test_what_overlapping_constraints_need_is_told():
    groups = [Group([0, 1], upper=2), Group([1, 2], upper=2)]
    with pytest.raises(UnsupportedError, match="proportional is a claims rule: it maximizes noth"):
        divide(3, [1, 2, 3], constraints=groups, unit=1)
    with pytest.raises(UnsupportedError, match="alpha_fair with alpha below inf"):
        solve(Problem(3, 0, 3, [1, 2, 3], constraints=groups), AlphaFair(np.inf), highs_master)
    for alpha in (0, 1):
        with pytest.raises(UnsupportedError, match="need positive weights"):
            solve(Problem(3, 0, 3, [0, 2, 3], constraints=groups), AlphaFair(alpha), highs_master)
    with pytest.raises(UnsupportedError, match="need a master solver"):
        solve(Problem(3, 0, 3, [1, 1, 1], constraints=groups), AlphaFair())
    many = [Group([i, i + 1], upper=2) for i in range(101)]
    with pytest.raises(UnsupportedError, match="101 constraints overlap, and at most 100 may"):
        divide(3, weights=np.ones(102), rule=AlphaFair(), unit=1, constraints=many)
    both = [Groups(np.arange(20_000) % 150), Groups(np.arange(20_000) % 140)]
    with pytest.raises(UnsupportedError, match="290 constraints overlap"):
        solve(Problem(9, 0, 9, np.ones(20_000), constraints=both), AlphaFair(), highs_master)
    rows = [Row(np.arange(20_000.0), upper=1.0), Group([0], upper=3)]
    with pytest.raises(UnsupportedError, match=r"tell .* kinds of claimants apart"):
        solve(Problem(9, 0, 9, np.ones(20_000), constraints=rows), AlphaFair(), highs_master)
    with pytest.raises(DataError, match="'row' has 2 coefficients for 3 claimants"):
        divide(3, weights=[1, 2, 3], rule=AlphaFair(), unit=1, constraints=[Row([1, 2], upper=2)])
    with pytest.raises(DataError, match="'row' has neither a lower nor an upper bound"):
        Row([1.0])
    with pytest.raises(DataError, match="the coefficients of 'row' must be finite numbers"):
        Row(["x"], upper=1)


def test_a_budget_that_overlapping_caps_cannot_take_is_refused():
    pairs = [Group(p, upper=u) for p, u in (([0, 1], 40), ([1, 2], 30), ([0, 2], 40))]
    message = "the constraints let 55 be spent, which is 45 less than the budget of 100"
    for unit in (1, None):
        with pytest.raises(InfeasibleError, match=message) as caught:
            divide(100, weights=[1] * 3, upper=90, rule=AlphaFair(), unit=unit, constraints=pairs)
    assert caught.value.details["most"] == pytest.approx(55)
    awards = divide(55, weights=[1] * 3, upper=90, rule=AlphaFair(), unit=1, constraints=pairs)
    assert awards.tolist() == [25, 15, 15]


def test_a_row_that_is_met_far_from_the_fractions_is_given_up_in_words():
    odd = Row([2.0, -2.0, 0.0], lower=1, upper=1, name="odd")
    problem = Problem(60_000, 0, 60_000, [1.0, 1.0, 1.0], constraints=[odd])
    with pytest.raises(UnsupportedError, match="no whole units within 4,096 of the fractional"):
        solve(problem, AlphaFair(), highs_master)
    with pytest.raises(InfeasibleError, match="but not in whole units"):
        divide(60, weights=[1, 1, 1], upper=60, rule=AlphaFair(), unit=1, constraints=[odd])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Groups([1, 2], lower=-1), "the floor of 'group' must be nonnegative and finite"),
        (lambda: Groups([1, 2], lower=math.inf), "the floor of 'group' must be nonnegative"),
        (lambda: Group([0], upper=Decimal(-1)), "the cap of 'group' must be nonnegative"),
        (lambda: Group([0], lower=Decimal("nan")), "the floor of 'group' must be nonnegative"),
        (lambda: Row([1, 2], upper="abc"), "the upper bound of 'row' must be a number, not 'abc'"),
        (lambda: Row([1, 2], lower=math.nan), "the lower bound of 'row' must be a number, not nan"),
        (lambda: Row([1, 2], 3, 2), "'row' has a lower bound of 3, above its upper bound of 2"),
    ],
)
def test_bounds_that_are_none(make, message):
    with pytest.raises(DataError, match=message):
        make()


def test_the_master_depends_on_no_clock(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "allocator.backends.master.Program",
        lambda *_, **options: seen.append(options) or Program(*_, **options),
    )
    rng = np.random.default_rng(5)
    groups = [Group(rng.random(300) < 0.4, upper=2_000, name=str(j)) for j in range(4)]
    problem = Problem(6_000, 1, 90, rng.random(300) + 0.1, constraints=groups)
    solve(problem, AlphaFair(), highs_master)
    assert any("mip_max_nodes" in options for options in seen)
    assert not any("time_limit" in options for options in seen)


@pytest.mark.parametrize("cap", [Decimal(30), Fraction(30), "30.00", 30])
def test_bounds_of_groups_are_money_of_any_type(cap):
    group = Group([0], upper=cap)
    for unit in ("0.01", None):
        assert divide(60, claims=[50, 40], unit=unit, constraints=[group]) == pytest.approx(
            [30, 30]
        )


def test_a_gap_beyond_floats_is_none():
    problem = Problem(60, 0, [30, 30, 40], [1.0] * 3, constraints=[Group([0], upper=5)])
    rule = AlphaFair(1e4)
    certificate = verify(problem, rule, solve(problem, rule).awards)
    assert certificate.ok
    assert certificate.gap is certificate.fractional_gap is None


def test_a_small_program_is_solved_to_the_optimum():
    # Several units have to move at once; the best of all, found by enumeration, is [2, 2, 1].
    row = Row([2.0, -0.9, 0.5], lower=2)
    problem = Problem(5, 1, [5, 5, 6], [1.0, 9.0, 2.0], constraints=[row])
    assert solve(problem, AlphaFair(), highs_master).awards.tolist() == [2, 2, 1]


def test_a_row_of_nobody_changes_nothing():
    groups = [Group([0, 1], upper=4), Group([1, 2], upper=5)]
    some = Problem(9, 0, 6, [1, 2, 3, 1], constraints=groups)
    none = Problem(9, 0, 6, [1, 2, 3, 1], constraints=[*groups, Group([], upper=3, name="nobody")])
    one, other = (solve(each, AlphaFair(), highs_master).awards.tolist() for each in (some, none))
    assert one == other


def test_money_that_must_be_spent_may_cost_some_of_the_objective():
    # The first is at the cap; a dollar more must go to the second, and so from the third to the
    # fourth, which is worth less: 1/9 - 4/10 + 2/30 < 0.
    groups = [Group([2, 3], upper=4_000, name="most"), Group([1, 2], upper=1_900, name="both")]
    problem = Problem(5_000, 1, [100, 5_000, 5_000, 5_000], [1, 1, 8, 2], constraints=groups)
    awards = solve(problem, AlphaFair(), highs_master).awards
    certificate = verify(problem, AlphaFair(), awards)
    assert awards.tolist() == [100, 900, 1_000, 3_000]
    assert certificate.ok
    assert certificate.budget_price < 0
    assert certificate.gap <= 1e-9


def test_prices_that_span_many_orders_settle():
    rng = np.random.default_rng(5)
    weights = rng.lognormal(0, 1, 200)
    kind = np.arange(200) % 4
    groups = [
        Group(kind < 2, upper=2_000, name="few"),
        Group((kind == 1) | (kind == 2), lower=90_000, name="many"),
    ]
    problem = Problem(100_000, 1, 50_000, weights, constraints=groups)
    awards = solve(problem, AlphaFair(4), highs_master).awards
    certificate = verify(problem, AlphaFair(4), awards)
    assert certificate.ok
    assert certificate.gap <= 1e-7
