"""The five properties of section 3 of the design, on degenerate inputs and at real magnitudes."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allocator.core.certificate import verify
from allocator.core.claims import Proportional
from allocator.core.divide import divide
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from allocator.core.waterline import waterline

from .cases import ALPHAS, INF

TIED = st.sampled_from([0.0, 50.0, 50.0, 60.0, 1e-3, 1e12, np.nextafter(50.0, 51)])
SPREAD = st.floats(-3, 12).map(lambda exponent: 10.0**exponent)


def in_order(values, amounts):
    """Larger values have no smaller amounts; equal ones differ by one unit at most."""
    allowed = np.where(np.diff(values) > 0, 0, -1)
    return bool((np.diff(amounts) >= allowed).all())


@st.composite
def large(draw):
    """(problem fields, rule): few claimants, up to 10**13 units, weights over 15 magnitudes."""
    n = draw(st.integers(1, 12))

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    weights = column(draw(st.sampled_from([TIED, SPREAD])))
    lower = column(st.sampled_from([0, 0, 1, 400, 10**6]))
    room = column(st.sampled_from([0, 1, 600_000, 10**9, 10**13]))
    upper = [a + b for a, b in zip(lower, room, strict=True)]
    share = draw(st.sampled_from([0.0, 1e-9, 0.3, 0.5, 0.999, 1.0]))
    budget = sum(lower) + min(int(share * sum(room)), 10**13)
    fields = {"budget": budget, "lower": lower, "upper": upper, "weights": weights}
    if draw(st.booleans()):
        fields["claims"] = column(st.sampled_from([50.0, 60.0, 0.01, 1e9]))
    if "claims" in fields and draw(st.booleans()):
        return fields, Proportional()
    alpha = draw(ALPHAS)
    of = "recovery" if "claims" in fields else "amount"
    already = column(st.sampled_from([0.0, 0.0, 3.0, 0.25, 1e6])) if draw(st.booleans()) else None
    return fields, AlphaFair(alpha, of, already)


def with_rows(fields, rule, rows):
    """The same claimants in another order, called by the same names."""
    moved = {
        name: value if name == "budget" else [value[i] for i in rows]
        for name, value in fields.items()
    }
    if isinstance(rule, AlphaFair) and rule.baseline is not None:
        rule = AlphaFair(rule.alpha, rule.of, rule.baseline[rows])
    return Problem(**moved, ids=[f"u{i}" for i in rows]), rule


@settings(max_examples=100, deadline=None)
@given(large())
def test_1_and_2_exact_bounded_optimal_canonical(case):
    fields, rule = case
    problem = Problem(**fields)
    awards = solve(problem, rule).awards
    assert sum(awards.tolist()) == problem.spend
    assert (awards >= fields["lower"]).all()
    assert (awards <= fields["upper"]).all()
    certificate = verify(problem, rule, awards)
    assert certificate.ok, certificate.failures


@settings(max_examples=100, deadline=None)
@given(large())
def test_3_one_more_unit_raises_one_award_by_one(case):
    fields, rule = case
    assume(fields["budget"] < sum(fields["upper"]))
    before = solve(Problem(**fields), rule).awards
    # Caps above the budget are lowered to it, and nothing may follow from that.
    after = solve(Problem(**{**fields, "budget": fields["budget"] + 1}), rule).awards
    assert sorted((after - before).tolist()) == [0] * (len(before) - 1) + [1]


@settings(max_examples=80, deadline=None)
@given(large(), st.data())
def test_4_neither_order_nor_partition_matters(case, data):
    fields, rule = case
    n = len(fields["lower"])
    rows = data.draw(st.permutations(range(n)))
    problem, same_rule = with_rows(fields, rule, list(range(n)))
    awards = solve(problem, same_rule).awards
    shuffled, moved_rule = with_rows(fields, rule, rows)
    assert (solve(shuffled, moved_rule).awards == awards[rows]).all()
    cuts = sorted(data.draw(st.lists(st.integers(0, n), max_size=3)))
    ramps = rule.ramps(problem)
    parts = [ramps.take(r) for r in np.split(np.arange(n), cuts)]
    split = waterline(parts, problem.spend).awards(problem.tie_keys)
    assert (np.concatenate(split) == awards).all()


@settings(max_examples=80, deadline=None)
@given(large(), st.data())
def test_5_equals_differ_by_one_unit_at_most(case, data):
    fields, rule = case
    copies = data.draw(st.integers(2, 5))
    who = data.draw(st.integers(0, len(fields["lower"]) - 1))
    rows = [*range(len(fields["lower"])), *[who] * (copies - 1)]
    budget = fields["budget"] + (copies - 1) * fields["lower"][who]
    problem, same_rule = with_rows({**fields, "budget": budget}, rule, rows)
    problem = Problem(
        problem.budget, problem.lower, problem.upper, problem.weights, problem.claims
    )  # called by their positions
    awards = solve(problem, same_rule).awards
    assert np.ptp(awards[[who, *range(len(fields["lower"]), len(rows))]]) <= 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(SPREAD | TIED.filter(bool), min_size=2, max_size=12),
    ALPHAS.filter(lambda alpha: alpha > 0),
    st.integers(0, 10**13),
    st.sampled_from([0, 1, 400]),
)
def test_5_more_weight_is_never_less_money(weights, alpha, budget, floor):
    budget += floor * len(weights)
    upper = max(600_000, math.ceil(budget / len(weights)))
    weights = sorted(weights)
    problem = Problem(budget, floor, upper, weights=weights)
    rules = [AlphaFair(alpha), Proportional()] if alpha < INF else [Proportional()]
    for rule in rules:
        assert in_order(weights, solve(problem, rule).awards)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(1, 10**10), min_size=2, max_size=10), st.floats(0, 1), st.floats(0.01, 50)
)
def test_5_larger_claims_neither_get_nor_lose_less(claims, share, alpha):
    claims = sorted(claims)
    budget = int(share * sum(claims))
    problem = Problem(budget, 0, claims, claims=claims, weights=claims)
    for rule in (Proportional(), AlphaFair(alpha, "recovery")):
        awards = solve(problem, rule).awards
        assert in_order(claims, awards)
        assert in_order(claims, claims - awards)
    # Equal awards, capped at claims: between equal units neither claim has a claim to be first.
    awards = solve(Problem(budget, 0, claims), AlphaFair(alpha)).awards
    assert (np.diff(awards) >= -1).all()
    assert in_order(claims, claims - awards)


@settings(max_examples=80, deadline=None)
@given(large(), st.sampled_from(["0.05", "0.01", "25", "0.5"]))
def test_units_larger_than_a_cent_through_divide(case, unit):
    fields, rule = case
    step = Fraction(unit)
    problem = Problem(**fields)
    expected = solve(problem, rule).awards
    money = {
        name: [Fraction(k) * step for k in values]
        for name, values in fields.items()
        if name in ("lower", "upper")
    }
    if isinstance(rule, AlphaFair) and rule.baseline is not None:
        rule = AlphaFair(rule.alpha, rule.of, rule.baseline * float(step))
        assume((rule.baseline * step.denominator / step.numerator == case[1].baseline).all())
    awards = divide(
        problem.spend * step,
        fields.get("claims"),
        rule,
        weights=fields["weights"],
        unit=unit,
        **money,
    )
    units = [Fraction(str(x)) / step for x in awards.tolist()]
    assert units == expected.tolist()


@pytest.mark.parametrize("rule", [Proportional(), *(AlphaFair(a) for a in (0.3, 0.5, 1, 2, 3))])
@pytest.mark.parametrize("each", [1, 3, 1_000, 12_345_678, 10**10])
def test_weights_an_ulp_apart_are_told_apart(rule, each):
    n = 64
    weights = 100.0 + np.spacing(100.0) * np.random.default_rng(each).permutation(n)
    for more in (1, 20, 63):
        awards = solve(Problem(each * n + more, 0, None, weights=weights), rule).awards
        expected = np.full(n, each)
        expected[np.argsort(-weights)[:more]] += 1
        assert (awards == expected).all()


@pytest.mark.parametrize("each", [1, 7, 1_001])
def test_20_000_weights_an_ulp_apart(each):
    # So many are within the floats' error that the search stops inside a tie of thousands.
    n = 20_000
    weights = 100.0 + np.spacing(100.0) * np.random.default_rng(each).permutation(n)
    for more in (1, 3_333, 10_000, 19_999):
        awards = solve(Problem(each * n + more, 0, None, claims=weights), Proportional()).awards
        expected = np.full(n, each)
        expected[np.argsort(-weights)[:more]] += 1
        assert (awards == expected).all()


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.5, 1.0, 2.0, 40.0, INF])
def test_200_000_equal_claimants(alpha):
    n = 200_000
    problem = Problem(37 * n + 11, 4, 600_000, weights=np.full(n, 50.0))
    awards = solve(problem, AlphaFair(alpha)).awards
    assert np.bincount(awards)[[37, 38]].tolist() == [n - 11, 11]
    assert verify(problem, AlphaFair(alpha), awards).ok


@pytest.mark.parametrize("alpha", [0.0, 1.0, 2.0])
def test_a_third_of_200_000_at_exactly_50(alpha):
    n = 200_000
    rng = np.random.default_rng(9)
    weights = np.round(rng.lognormal(5, 2, n), 2) + 50.0
    weights[::3] = 50.0
    problem = Problem(10**9, 400, 600_000, weights=weights)
    awards = solve(problem, AlphaFair(alpha)).awards
    assert awards.sum() == 10**9
    assert np.ptp(awards[::3]) <= 1
    assert verify(problem, AlphaFair(alpha), awards).ok
