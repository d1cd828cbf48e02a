"""Claims rules: the tables of the literature, the definitions, and whole units."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.core.catalog import RULES
from allocator.core.certificate import verify
from allocator.core.claims import ConstrainedEqualAwards, ConstrainedEqualLosses
from allocator.core.divide import divide
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, LeastSquares, MaxMin
from allocator.core.solve import solve
from allocator.errors import DataError, InfeasibleError, UnsupportedError
from tests.core import claims_oracle as oracle

NAMES = sorted(oracle.RULES)
CLAIMS = st.lists(st.sampled_from([0, 1, 1, 2, 3, 5, 7, 10]), min_size=1, max_size=6)


@st.composite
def estates(draw):
    claims = draw(CLAIMS)
    return claims, draw(st.integers(0, sum(claims)))


# Mishnah, Ketubot 93a: the marriage contracts of three wives, 100, 200 and 300, as in Aumann &
# Maschler, Journal of Economic Theory 36 (1985), table I.
@pytest.mark.parametrize(
    ("estate", "awards"),
    [
        (100, [Fraction(100, 3)] * 3),
        (200, [50, 75, 75]),
        (300, [50, 100, 150]),
    ],
)
def test_the_three_wives(estate, awards):
    assert divide(Fraction(estate), claims=[100, 200, 300], rule="talmud").tolist() == awards


# O'Neill, "A problem of rights arbitration from the Talmud", Mathematical Social Sciences 2 (1982):
# a garment of 1, claimed whole by one and half by the other, is divided 3/4 and 1/4.
def test_the_contested_garment():
    awards = divide(Fraction(1), claims=[Fraction(1), Fraction(1, 2)], rule="talmud")
    assert awards.tolist() == [Fraction(3, 4), Fraction(1, 4)]


@given(estates(), st.sampled_from(NAMES))
@settings(max_examples=400, deadline=None)
def test_exact_fractions_are_the_definition(estate, name):
    claims, budget = estate
    awards = divide(Fraction(budget), claims=claims, rule=name)
    assert awards.tolist() == oracle.RULES[name](claims, budget)


@given(estates(), st.sampled_from(NAMES))
@settings(max_examples=300, deadline=None)
def test_floats_are_close_to_the_fractions(estate, name):
    claims, budget = estate
    awards = divide(float(budget), claims=np.array(claims, dtype=float), rule=name)
    expected = [float(x) for x in oracle.RULES[name](claims, budget)]
    assert awards == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(estates(), st.sampled_from(NAMES))
@settings(max_examples=400, deadline=None)
def test_whole_units_are_earned_where_the_ramp_reaches_their_middle(estate, name):
    claims, budget = estate
    expected = oracle.whole(name, claims, budget)
    assert divide(budget, claims=claims, rule=name, unit=1).tolist() == expected
    problem = Problem(budget, 0, claims, claims=claims)
    certificate = verify(problem, RULES[name](), expected)
    assert certificate.ok, certificate.failures
    assert certificate.transfer_gain is None


@given(estates(), st.sampled_from(NAMES), st.data())
@settings(max_examples=300, deadline=None)
def test_bounds_and_claims_in_fractions_of_a_unit(estate, name, data):
    halves, _ = estate
    claims = [Fraction(c, 2) for c in halves]
    upper = [data.draw(st.integers(0, int(c))) for c in claims]
    lower = [data.draw(st.integers(0, u)) for u in upper]
    budget = data.draw(st.integers(sum(lower), sum(upper)))
    given = [str(float(c)) for c in claims]
    awards = divide(budget, given, name, lower=lower, upper=upper, unit=1)
    assert awards.tolist() == oracle.whole(name, claims, budget, lower, upper)


@given(estates(), st.sampled_from(NAMES), st.data())
@settings(max_examples=300, deadline=None)
def test_moving_a_unit_breaks_the_certificate(estate, name, data):
    claims, budget = estate
    awards = oracle.whole(name, claims, budget)
    givers = [i for i, x in enumerate(awards) if x > 0]
    takers = [i for i, x in enumerate(awards) if x < claims[i]]
    pairs = [(i, j) for i in givers for j in takers if i != j]
    if not pairs:
        return
    i, j = data.draw(st.sampled_from(pairs))
    awards[i] -= 1
    awards[j] += 1
    assert not verify(Problem(budget, 0, claims, claims=claims), RULES[name](), awards).ok


@pytest.mark.parametrize("name", NAMES)
def test_a_budget_one_unit_larger_raises_one_award_by_one(name):
    claims = [3, 3, 5, 9, 14, 1]
    last = divide(0, claims=claims, rule=name, unit=1)
    for budget in range(1, sum(claims) + 1):
        awards = divide(budget, claims=claims, rule=name, unit=1)
        assert sorted(awards - last) == [0, 0, 0, 0, 0, 1]
        last = awards


@pytest.mark.parametrize("name", NAMES)
def test_large_claims_keep_their_cents(name):
    rng = np.random.default_rng(5)
    claims = np.append(rng.integers(1, 10**6, 300), [9 * 10**14, 9 * 10**14 - 1])
    for budget in (10**3, 10**15, int(claims.sum()) - 7):
        problem = Problem(budget, 0, claims, claims=claims)
        awards = solve(problem, RULES[name]()).awards
        assert int(awards.sum()) == budget
        assert verify(problem, RULES[name](), awards).ok
        order = np.argsort(claims, kind="stable")
        assert (np.diff(awards[order]) >= 0).all(), "order preservation of awards"
        assert (np.diff((claims - awards)[order]) >= 0).all(), "order preservation of losses"


def test_weights_make_awards_or_losses_proportional_to_them():
    claims, weights = [Fraction(30), Fraction(30)], [Fraction(1), Fraction(2)]
    awards = divide(Fraction(30), claims, ConstrainedEqualAwards(), weights=weights)
    assert awards.tolist() == [10, 20]
    awards = divide(Fraction(30), claims, ConstrainedEqualLosses(), weights=weights)
    assert awards.tolist() == [20, 10]
    assert divide(30, [30, 30], "constrained_equal_losses", weights=[1, 2], unit=1).tolist() == [
        20,
        10,
    ]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.sampled_from([1.0, 2.0, 0.1, 3.0])), min_size=1),
    st.data(),
)
@settings(max_examples=200, deadline=None)
def test_weighted_whole_units(pairs, data):
    claims, weights = [c for c, _ in pairs], [w for _, w in pairs]
    budget = data.draw(st.integers(0, sum(claims)))
    for rule, level in (
        (ConstrainedEqualAwards(), lambda _, w, k: (k - oracle.HALF) / w),
        (ConstrainedEqualLosses(), lambda c, w, k: (k - oracle.HALF - c) / w),
        (LeastSquares(), lambda c, w, k: (k - oracle.HALF - c) / w),
    ):
        problem = Problem(budget, 0, claims, weights, claims)
        awards = solve(problem, rule).awards
        assert verify(problem, rule, awards).ok
        held = [level(c, Fraction(w), x) for (c, w), x in zip(pairs, awards, strict=True) if x]
        refused = [
            level(c, Fraction(w), x + 1) for (c, w), x in zip(pairs, awards, strict=True) if x < c
        ]
        assert not (held and refused) or max(held) <= min(refused)


def test_least_squares_is_nearest_to_the_target():
    target = np.array([5, 1, 9])
    rule = LeastSquares(target=target)
    best = min(
        (sum((np.array([a, b, 9 - a - b]) - target) ** 2), a, b)
        for a in range(10)
        for b in range(10 - a)
    )
    awards = solve(Problem(9, 0, None, claims=[1, 1, 1]), rule).awards
    assert int(((awards - target) ** 2).sum()) == best[0]
    dollars = divide("9.00", rule=LeastSquares(target=[5.0, 1.0, 9.0]), unit="0.01", ids="abc")
    assert dollars == pytest.approx([3.0, 0.0, 6.0], abs=1.01)
    assert dollars.sum() == pytest.approx(9.0)


def test_max_min_gives_to_whoever_has_least():
    assert divide(7, rule=MaxMin(), upper=[1, 9, 9], unit=1).tolist() == [1, 3, 3]
    assert divide(6.0, rule="max_min", weights=[1, 2, 0]).tolist() == [2, 4, 0]
    full = divide(9, rule="max_min", weights=[1, 2, 0], upper=[2, 4, 5], unit=1)
    assert full.tolist() == [2, 4, 3]


def test_what_the_rules_need_is_told():
    with pytest.raises(DataError, match="talmud needs claims"):
        divide(1, rule="talmud", weights=[1, 2])
    with pytest.raises(DataError, match="talmud takes no weights: the rules that do are constr"):
        divide(1, [1, 2], "talmud", weights=[1, 2])
    with pytest.raises(DataError, match="constrained_equal_losses needs positive weights"):
        divide(1, [1, 2], "constrained_equal_losses", weights=[1, 0])
    with pytest.raises(DataError, match="least_squares needs positive weights"):
        divide(1, [1, 2], "least_squares", weights=[1, 0])
    with pytest.raises(DataError, match="least_squares needs a target, or claims in its place"):
        divide(1, rule="least_squares", weights=[1, 1])
    with pytest.raises(DataError, match="the target has 3 entries for 2 claimants"):
        divide(1, [1, 2], LeastSquares(target=[1, 2, 3]))
    with pytest.raises(DataError, match="the target must be nonnegative and finite"):
        LeastSquares(target="x")
    with pytest.raises(UnsupportedError, match="alpha_fair does not give rational awards"):
        divide(Fraction(1), [1, 2], AlphaFair(2))
    with pytest.raises(InfeasibleError, match="the budget of 7/2 is not from the sum of floors, 0"):
        divide(Fraction(7, 2), [1, 2], "talmud")
    with pytest.raises(UnsupportedError, match=r"above 2\*\*62: count claims in larger parts"):
        solve(Problem(1, 0, 5, claims=[2**62 + 1, 1]), RULES["talmud"]())
