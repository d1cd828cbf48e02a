"""Rules for few claimants: the examples of the literature, definitions by brute force, limits."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.core.catalog import FEW_RULES
from allocator.core.certificate import verify
from allocator.core.divide import divide
from allocator.core.few.arrival import RandomArrival
from allocator.core.few.recheck import recheck
from allocator.core.few.rule import claims_problem
from allocator.core.few.whole import whole_awards
from allocator.core.problem import Problem
from allocator.core.properties.case import divider
from allocator.errors import DataError, InfeasibleError, UnsupportedError

NAMES = sorted(set(FEW_RULES) - {"concede_and_divide"})
F = Fraction


@st.composite
def estates(draw):
    claims = draw(st.lists(st.sampled_from([0, 1, 1, 2, 3, 5, 7]), min_size=1, max_size=5))
    return claims, draw(st.integers(0, sum(claims)))


def exactly(name, claims, budget):
    return divide(F(budget), claims, name).tolist()


# O'Neill, Mathematical Social Sciences 2 (1982): an estate of 120, and four sons who hold deeds of
# 120, 60, 40 and 30; Ibn Ezra's division, which minimal overlap continues.
def test_the_will_of_jacob():
    assert exactly("minimal_overlap", [30, 40, 60, 120], 120) == [
        F(15, 2),
        F(65, 6),
        F(125, 6),
        F(485, 6),
    ]


# Mishnah, Bava Metzia 2a, by way of Aumann & Maschler, Journal of Economic Theory 36 (1985).
@pytest.mark.parametrize(
    "name",
    [
        "concede_and_divide",
        "random_arrival",
        "minimal_overlap",
        "adjusted_proportional",
        "average_of_awards",
        "talmud",
    ],
)
@given(st.integers(0, 9), st.integers(0, 9), st.data())
@settings(max_examples=40, deadline=None)
def test_two_concede_and_divide(name, one, other, data):
    budget = data.draw(st.integers(0, one + other))
    rights = [max(0, budget - other), max(0, budget - one)]
    rest = F(budget - sum(rights), 2)
    assert exactly(name, [one, other], budget) == [rights[0] + rest, rights[1] + rest]


# The three wives, worked out by hand from the definitions.
@pytest.mark.parametrize(
    ("name", "estate", "awards"),
    [
        ("random_arrival", 100, [F(100, 3)] * 3),
        ("random_arrival", 200, [F(100, 3), F(250, 3), F(250, 3)]),
        ("random_arrival", 300, [50, 100, 150]),
        ("adjusted_proportional", 100, [F(100, 3)] * 3),
        ("adjusted_proportional", 200, [40, 80, 80]),
        ("adjusted_proportional", 300, [50, 100, 150]),
        ("minimal_overlap", 100, [F(100, 3)] * 3),
        ("minimal_overlap", 200, [F(100, 3), F(250, 3), F(250, 3)]),
        ("minimal_overlap", 300, [F(100, 3), F(250, 3), F(550, 3)]),
        ("average_of_awards", 300, [50, 100, 150]),
        ("dominguez_thomson", 100, [F(100, 3)] * 3),
        ("alpha_min", 200, [F(200, 3)] * 3),
        ("alpha_min", 360, [100, 120, 140]),
        ("average_of_equal_awards_and_losses", 200, [F(100, 3), F(175, 3), F(325, 3)]),
    ],
)
def test_the_three_wives(name, estate, awards):
    assert exactly(name, [100, 200, 300], estate) == awards


@given(estates(), st.sampled_from(NAMES))
@settings(max_examples=300, deadline=None)
def test_awards_are_within_claims_and_add_up(estate, name):
    claims, budget = estate
    awards = exactly(name, claims, budget)
    assert sum(awards) == budget
    assert all(0 <= award <= claim for award, claim in zip(awards, claims, strict=True))


@given(estates())
@settings(max_examples=100, deadline=None)
def test_random_arrival_is_the_average_over_all_orders(estate):
    claims, budget = estate
    sums = [0] * len(claims)
    for order in permutations(range(len(claims))):
        left = budget
        for i in order:
            sums[i] += min(claims[i], left)
            left -= min(claims[i], left)
    orders = factorial(len(claims))
    assert exactly("random_arrival", claims, budget) == [F(total, orders) for total in sums]


@given(estates())
@settings(max_examples=100, deadline=None)
def test_dominguez_thomson_is_its_recursion(estate):
    claims, budget = estate
    awards, owed, left = np.zeros(len(claims)), np.array(claims, float), float(budget)
    for _ in range(400):
        step = np.minimum(owed, left) / len(claims)
        awards, owed, left = awards + step, owed - step, max(0.0, left - step.sum())
    assert [float(x) for x in exactly("dominguez_thomson", claims, budget)] == pytest.approx(
        awards.tolist(), abs=1e-9
    )


@pytest.mark.parametrize(("claims", "budget"), [([4, 7, 9, 3], 11), ([1, 5, 5, 8], 6)])
def test_average_of_awards_is_near_the_average_of_samples(claims, budget):
    rng = np.random.default_rng(3)
    x = rng.uniform(0, claims[:-1], (400_000, len(claims) - 1))
    last = budget - x.sum(axis=1)
    inside = (last >= 0) & (last <= claims[-1])
    means = [*x[inside].mean(axis=0), last[inside].mean()]
    assert divide(budget, claims, "average_of_awards") == pytest.approx(means, abs=0.03)


def test_average_of_awards_of_three_equal_claims_and_a_small_one():
    # Claims 1, 1 and budget 1: a segment; with a third claim of 1 and budget 2, a triangle.
    assert exactly("average_of_awards", [1, 1, 1], 2) == [F(2, 3)] * 3
    # The trapezoid 0 <= x <= 1, 0 <= y <= 2 - x, whose centroid has x = 4/9.
    assert exactly("average_of_awards", [1, 2, 2], 2) == [F(4, 9), F(7, 9), F(7, 9)]


def test_minimal_overlap_where_nobody_claims_all():
    # t = 1/2: parts of 1/2, 3/2 and 3/2 for one person each, and 1/2 for all three.
    assert exactly("minimal_overlap", [1, 2, 2], 4) == [F(2, 3), F(5, 3), F(5, 3)]
    # t = 2: the part of 1 alone for the largest, and 2 nested for all three.
    assert exactly("minimal_overlap", [1, 2, 3], 3) == [F(1, 3), F(5, 6), F(11, 6)]


def test_dominguez_thomson_ends_where_claims_differ_by_far():
    budget, claims = 10**9, [1, 10**9]
    awards = exactly("dominguez_thomson", claims, budget)
    assert sum(awards) == budget
    assert 1 - awards[0] < F(1, 2**60)
    assert exactly("dominguez_thomson", [0, 1, 1], 1) == [0, F(1, 2), F(1, 2)]
    assert exactly("dominguez_thomson", [2, 3], 5) == [2, 3]


def test_random_arrival_is_sampled_where_sets_are_too_many():
    claims = [1.1**k for k in range(25)]
    rule = RandomArrival(samples=2_000, seed=4)
    estimate = rule.estimate("40", claims)
    assert not estimate.exact
    assert estimate.samples == 2_000
    assert sum(estimate.awards) == 40
    assert estimate.awards == rule.estimate(40, claims).awards, "the same seed, the same awards"
    assert estimate.awards != RandomArrival(2_000, seed=5).estimate(40, claims).awards
    assert divide(F(40), claims, rule).tolist() == estimate.awards
    assert divide("40", claims, rule, unit="0.01").sum() == pytest.approx(40)


def test_the_margin_of_random_arrival_covers_the_truth():
    claims = list(range(1, 13))
    exact = RandomArrival().estimate(30, claims)
    assert exact.exact
    assert exact.margin == [0.0] * 12
    misses = 0
    for seed in range(20):
        sampled = RandomArrival(400, seed)._sampled(claims, 30, 1)
        off = [abs(float(a - b)) for a, b in zip(sampled.awards, exact.awards, strict=True)]
        misses += sum(o > m for o, m in zip(off, sampled.margin, strict=True))
    assert 1 <= misses <= 30  # of 240, 12 are expected


def test_random_arrival_counts_many_claimants_with_few_sums():
    claims = [1, 2] * 20
    awards = RandomArrival().estimate(20, claims)
    assert awards.exact
    assert sum(awards.awards) == 20


@given(estates(), st.sampled_from(NAMES), st.sampled_from(["1", "0.5", "2"]))
@settings(max_examples=300, deadline=None)
def test_whole_units_are_largest_remainders(estate, name, unit):
    claims, budget = [4 * c for c in estate[0]], 4 * estate[1]
    quotas = exactly(name, claims, budget)
    awards = [F(x) for x in divide(budget, claims, name, unit=unit).tolist()]
    assert sum(awards) == budget
    assert all(abs(a - q) < F(unit) for a, q in zip(awards, quotas, strict=True))
    rows = sorted(zip(claims, awards, strict=True))
    equal = [(c, a, b) for (c, a), (d, b) in pairwise(rows) if c == d]
    assert all(abs(a - b) <= F(unit) for _, a, b in equal)
    unequal = [(c, a, d, b) for c, a in rows for d, b in rows if c < d]
    assert all(a <= b and c - a <= d - b for c, a, d, b in unequal), "orders are kept"


def test_largest_remainders_go_by_remainder_place_claim_and_key():
    assert divide(1, [1, 1, 1], "random_arrival", unit=1, ids=["a", "b", "c"]).sum() == 1
    tied = [divide(1, [1, 1], "alpha_min", unit=1, ids=ids).tolist() for ids in (["a", "b"], "ba")]
    assert tied[0] == tied[1][::-1], "ties follow ids, not positions"
    # 1.5 units of a claim of 1.6 cannot be rounded up: the second unit goes to the other claims.
    awards = divide(3, ["1.6", "1.6", 1], "average_of_awards", unit=1)
    assert awards.tolist() == [1, 1, 1]


def test_a_budget_larger_by_a_unit_can_take_one_away():
    falls = False
    for claims in ([6, 6, 2], [5, 5, 5, 1], [9, 7, 3, 1], [2, 5, 9, 4]):
        before = np.zeros(len(claims))
        for budget in range(sum(claims) + 1):
            awards = divide(budget, claims, "adjusted_proportional", unit=1)
            falls |= bool((awards < before).any())
            before = awards
    assert falls, "largest remainders are not monotone in the budget"


def test_what_rules_for_few_refuse():
    for option in ({"weights": [1, 1]}, {"lower": 0}, {"upper": [1, 1]}):
        with pytest.raises(DataError, match=f"random_arrival takes no {next(iter(option))}: it kn"):
            divide(1, [1, 2], "random_arrival", **option)
    with pytest.raises(DataError, match="alpha_min needs claims"):
        divide(1, rule="alpha_min")
    with pytest.raises(UnsupportedError, match="exactly two claimants, not 3: choose talmud, rand"):
        divide(1, [1, 2, 3], "concede_and_divide")
    with pytest.raises(UnsupportedError, match="average_of_awards takes up to 14 claimants, not 1"):
        divide(1, [1] * 15, "average_of_awards")
    with pytest.raises(UnsupportedError, match="dominguez_thomson takes up to 100 claimants"):
        divide(1, [1] * 101, "dominguez_thomson")
    with pytest.raises(UnsupportedError, match="alpha_min takes up to 10,000 claimants, not"):
        divide(1, np.ones(10_001), "alpha_min")
    with pytest.raises(InfeasibleError, match="the budget of 4 is above the sum of claims, 3"):
        divide(4, [1, 2], "minimal_overlap")
    with pytest.raises(InfeasibleError, match="the claims, rounded down, add up to 0, below the b"):
        divide(1, [0.5, 0.5], "alpha_min", unit=1)
    with pytest.raises(DataError, match="the budget must be a multiple of the unit, 1"):
        divide(0.5, [1, 2], "alpha_min", unit=1)
    with pytest.raises(DataError, match="samples must be at least 2, not 1"):
        RandomArrival(samples=1)
    with pytest.raises(DataError, match="seed must be 0 or more, not -1"):
        RandomArrival(seed=-1)


def test_problems_that_no_claims_rule_takes():
    problem = claims_problem(1, [1, 2])
    rule = FEW_RULES["alpha_min"]()
    with pytest.raises(DataError, match="alpha_min needs claims"):
        rule.awards(replace(problem, claims=None))
    with pytest.raises(DataError, match="alpha_min takes no weights"):
        rule.awards(replace(problem, weights=problem.claims))
    with pytest.raises(DataError, match="alpha_min takes no floors, and no caps but the claims"):
        rule.awards(replace(problem, upper=2 * problem.claims))


def test_nobody_is_given_nothing():
    for name in NAMES:
        assert divide(0, [], name).tolist() == []
        assert FEW_RULES[name]().estimate(0, []).awards == []
        assert divider(FEW_RULES[name]())([0, 0], 0) == [0, 0]


def test_rules_are_public():
    assert al.RandomArrival is RandomArrival
    assert {rule.__name__ for rule in FEW_RULES.values()} <= set(dir(al))


def test_awards_are_checked_by_computing_them_again():
    rule, claims = FEW_RULES["random_arrival"](), [100, 200, 300]
    problem = Problem(200, 0, claims, claims=claims)
    awards = divide(200, claims, rule, unit=1).astype(np.int64)
    checks, failures, expected, estimate = recheck(problem, rule, awards)
    assert checks == {"bounds": True, "total": True, "recomputed": True}
    assert not failures
    assert expected.tolist() == awards.tolist()
    assert estimate.exact
    assert recheck(problem, rule, awards + np.array([0, 1, -1]))[1] == [
        "recomputed: the award at position 1 is 84, not 83"
    ]
    assert recheck(problem, rule, np.array([-1, 83, 84]))[1] == [
        "bounds: the award at position 0 is -1, not from 0 to 100",
        "total: 166 units are spent, not 200",
        "recomputed: the award at position 0 is -1, not 34",
    ]


def test_whole_units_of_more_money_than_claims_take_are_the_claims():
    rule = FEW_RULES["average_of_awards"]()
    problem = Problem(9, 0, [1, 2], claims=[150, 250], claim_parts=100)
    assert whole_awards(problem, rule)[0].tolist() == [1, 2]
    assert recheck(problem, rule, np.array([1, 2]))[0]["total"]
    assert verify(problem, rule, [1, 2]).ok
    assert verify(problem, rule, [2, 1]).differs == (0, 1)
    with pytest.raises(DataError, match="average_of_awards needs claims"):
        whole_awards(Problem(1, 0, [1, 2]), rule)


@given(
    st.lists(st.sampled_from([0, 1, 2, 3, 40, 41, 60, 61]), min_size=3, max_size=9),
    st.integers(0, 9),
    st.randoms(use_true_random=False),
)
@settings(max_examples=60, deadline=None)
def test_an_estimate_keeps_what_concerns_one_problem(claims, seed, random):
    budget = sum(claims) // 2
    rule = RandomArrival(samples=5, seed=seed)
    found = rule._sampled(claims, budget, 1)
    assert sum(found.awards) == budget
    for i, j in permutations(range(len(claims)), 2):
        if claims[i] <= claims[j]:  # so that equal claims have equal awards
            assert found.awards[i] <= found.awards[j]
            assert claims[i] - found.awards[i] <= claims[j] - found.awards[j]
    assert all(0 <= a <= c for a, c in zip(found.awards, claims, strict=True))
    order = random.sample(range(len(claims)), len(claims))
    again = rule._sampled([claims[i] for i in order], budget, 1)
    assert again.awards == [found.awards[i] for i in order], "whoever comes on whatever row"
    assert again.margin == [found.margin[i] for i in order]


@pytest.mark.parametrize("name", sorted(FEW_RULES))
def test_the_certificate_computes_them_again(name):
    claims = [5, 9] if name == "concede_and_divide" else [5, 9, 14]
    rule = FEW_RULES[name]()
    awards = divide(11, claims, rule, unit=1)
    problem = Problem(11, 0, claims, claims=claims)
    certificate = verify(problem, rule, awards)
    assert certificate.ok
    assert set(certificate.checks) == {"bounds", "total", "recomputed"}
    awards[[0, 1]] += [1, -1]
    assert not verify(problem, rule, awards).ok
