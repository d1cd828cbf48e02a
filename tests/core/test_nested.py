"""Nested budgets: against their definition, on trees that are degenerate on purpose."""

from fractions import Fraction
from hashlib import blake2b

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allocator.core.catalog import RULES
from allocator.core.certificate import verify
from allocator.core.claims import Proportional
from allocator.core.constraints import Group, Groups
from allocator.core.divide import divide
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from allocator.errors import DataError, InfeasibleError, UnsupportedError
from tests.core import claims_oracle, nested_oracle, oracle
from tests.core.cases import FEW, MANY

ALPHAS = st.sampled_from([0.0, 0.5, 1.0, 2.0, 5.0, float("inf")])


@st.composite
def trees(draw, n):
    """Groups of which any two are nested or disjoint: intervals of a shuffled order."""
    order = draw(st.permutations(range(n)))
    groups = []

    def split(start, stop):
        if stop - start < 1 or len(groups) > 6:
            return
        if draw(st.booleans()) and stop - start < n:
            members = [order[i] for i in range(start, stop)]
            floor = draw(st.integers(0, 6))
            groups.append((members, floor, floor + draw(st.integers(0, 12))))
        if stop - start > 1:
            middle = draw(st.integers(start + 1, stop - 1))
            split(start, middle)
            split(middle, stop)

    split(0, n)
    return groups


@st.composite
def nested(draw):
    n = draw(st.integers(1, 7))

    def column(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    lower = column(st.integers(0, 2))
    upper = [a + b for a, b in zip(lower, column(st.integers(0, 8)), strict=True)]
    groups = draw(trees(n))
    budgets = [
        b for b in range(sum(upper) + 1) if nested_oracle.feasible(b, n, lower, upper, groups)
    ]
    assume(budgets)
    return (
        draw(st.sampled_from(budgets)),
        lower,
        upper,
        column(draw(st.sampled_from([FEW, MANY]))),
        groups,
    )


def tie(i):
    return blake2b(str(i).encode(), digest_size=8).digest()


def posed(case, weights=None, claims=None):
    budget, lower, upper, _, groups = case
    constraints = [Group(m, floor, cap, f"g{i}") for i, (m, floor, cap) in enumerate(groups)]
    return Problem(budget, lower, upper, weights, claims, constraints=constraints)


@given(nested(), ALPHAS)
@settings(max_examples=400, deadline=None)
def test_alpha_fair_with_nested_budgets_is_the_greedy_order(case, alpha):
    budget, lower, upper, weights, groups = case

    def key(i, k):
        tier, level = oracle.unit_level("alpha_fair", alpha, weights[i], 1, 0, k)
        place = oracle.place("alpha_fair", alpha, 1, 0, k)
        return oracle.comparable(tier, level), place, -weights[i], tie(i)

    expected = nested_oracle.awards(budget, len(lower), key, lower, upper, groups)
    assert solve(posed(case, weights), AlphaFair(alpha)).awards.tolist() == expected


@given(nested(), st.sampled_from(sorted(claims_oracle.RULES)))
@settings(max_examples=400, deadline=None)
def test_claims_rules_with_nested_budgets_are_the_greedy_order(case, name):
    budget, lower, upper, _, groups = case
    claims = [u + 1 for u in upper]

    def key(i, k):
        y = k - claims_oracle.HALF
        return claims_oracle.level_of(name, claims, i, y), y, -claims[i], tie(i)

    expected = nested_oracle.awards(budget, len(lower), key, lower, upper, groups)
    assert solve(posed(case, claims=claims), RULES[name]()).awards.tolist() == expected


@given(nested(), ALPHAS)
@settings(max_examples=150, deadline=None)
def test_a_budget_one_unit_larger_raises_one_award(case, alpha):
    budget, lower, upper, weights, groups = case
    assume(nested_oracle.feasible(budget + 1, len(lower), lower, upper, groups))
    less = solve(posed(case, weights), AlphaFair(alpha)).awards
    more = solve(posed((budget + 1, *case[1:]), weights), AlphaFair(alpha)).awards
    assert sorted(more - less) == [0] * (len(lower) - 1) + [1]


@given(nested(), st.sampled_from([0.5, 1.0, 2.0, float("inf")]))
@settings(max_examples=150, deadline=None)
def test_real_amounts_meet_every_total(case, alpha):
    budget, lower, upper, weights, groups = case
    constraints = [Group(m, float(a), float(b)) for m, a, b in groups]
    problem = Problem(
        float(budget),
        np.array(lower, float),
        np.array(upper, float),
        weights,
        constraints=constraints,
    )
    x = solve(problem, AlphaFair(alpha)).awards
    assert x.sum() == pytest.approx(budget, rel=1e-9, abs=1e-9)
    assert (x >= np.array(lower) - 1e-9).all()
    assert (x <= np.array(upper) + 1e-9).all()
    for members, floor, cap in groups:
        assert floor - 1e-9 <= x[members].sum() <= cap + 1e-9


def test_many_small_groups_are_solved_as_one_by_one():
    rng = np.random.default_rng(3)
    person = rng.integers(0, 400, 1_000)
    weights = rng.lognormal(0, 3, 1_000)
    upper = rng.integers(50, 900, 1_000)
    caps = rng.integers(300, 800, 400)
    each = Groups(
        person, lower=0, upper={p: int(caps[p]) for p in np.unique(person).tolist()}, name="person"
    )
    for rule in (AlphaFair(1), AlphaFair(0), AlphaFair(float("inf")), AlphaFair(3)):
        got = solve(Problem(100_000, 3, upper, weights, constraints=[each]), rule).awards
        apart = [
            Group(np.flatnonzero(person == p), upper=int(caps[p]), name=str(p))
            for p in np.unique(person)
        ]
        other = solve(Problem(100_000, 3, upper, weights, constraints=apart), rule).awards
        assert (got == other).all()
        assert got.sum() == 100_000
        totals = np.bincount(person, weights=got, minlength=400)
        assert (totals <= caps).all()


def test_accounts_of_one_person_that_are_tied():
    person = np.repeat(np.arange(500), 2)
    ids = [f"account {i}" for i in range(1_000)]
    constraints = [Groups(person, upper=601, name="person")]
    problem = Problem(500 * 601, 0, 5_000, np.full(1_000, 7.0), ids=ids, constraints=constraints)
    awards = solve(problem, AlphaFair(1)).awards
    pairs = awards.reshape(-1, 2)
    assert (np.sort(pairs, axis=1) == [300, 301]).all()
    keys = problem.tie_keys(np.arange(1_000))
    first = np.array([keys[2 * p] < keys[2 * p + 1] for p in range(500)])
    assert ((pairs[:, 0] == 301) == first).all()
    order = np.random.default_rng(1).permutation(1_000)
    shuffled = Problem(
        500 * 601,
        0,
        5_000,
        np.full(1_000, 7.0),
        ids=[ids[i] for i in order],
        constraints=[Groups(person[order], upper=601, name="person")],
    )
    assert (solve(shuffled, AlphaFair(1)).awards == awards[order]).all()


def test_a_group_in_proportion_to_claims_and_no_group_in_fractions():
    claims = [10, 20, 30, 40]
    north = Group([0, 1], upper=12, name="north")
    awards = divide(50, claims, unit=1, constraints=[north])
    assert awards.tolist() == [4, 8, 16, 22]
    with pytest.raises(UnsupportedError, match="exact fractions know no constraints"):
        divide(Fraction(50), claims, constraints=[north])


def test_infeasible_groups_are_named_with_their_numbers():
    with pytest.raises(
        InfeasibleError,
        match="the floor of 9 for 'north' is more than its members can have, which is 5",
    ):
        divide(9, [2, 3, 9], unit=1, constraints=[Group([0, 1], lower=9, name="north")])
    with pytest.raises(
        InfeasibleError, match="the cap of 1 for 'north' is less than its members must have"
    ) as caught:
        Problem(9, 2, 9, [1, 1], constraints=[Group([0], upper=1, name="north")])
    assert caught.value.details == {"group": "north", "cap": 1, "limit": 2, "groups": 1}
    with pytest.raises(InfeasibleError, match="the floor of 3 for 'g' is above its cap of 2"):
        Problem(9, 0, 9, [1, 1], constraints=[Group([0], 3, 2, "g")])
    with pytest.raises(
        InfeasibleError, match="claimants and groups add up to 10, which is 1 more than the budget"
    ):
        Problem(9, 0, 9, [1, 1], constraints=[Group([0], 5), Group([1], 5)])
    with pytest.raises(InfeasibleError, match="the caps add up to 4, which is 2 less"):
        divide(6, weights=[1, 1], unit=1, constraints=[Group([0, 1], upper=4)])


def test_what_is_no_group_is_told():
    with pytest.raises(UnsupportedError, match="constraints that overlap need a master solver"):
        solve(Problem(3, 0, 3, [1, 1, 1], constraints=[Group([0, 1]), Group([1, 2])]), AlphaFair())
    with pytest.raises(DataError, match="positions from 0 to 1, not 5 to 5"):
        Problem(3, 0, 3, [1, 1], constraints=[Group([5])])
    with pytest.raises(DataError, match="a mask of 1 for 2 claimants"):
        Problem(3, 0, 3, [1, 1], constraints=[Group([True])])
    with pytest.raises(DataError, match="a position occurs twice among the members of 'north'"):
        Group([1, 1], name="north")
    with pytest.raises(DataError, match="must be a mask"):
        Group([0.5])
    with pytest.raises(DataError, match="'region' has 1 labels for 2 claimants"):
        Problem(3, 0, 3, [1, 1], constraints=[Groups(["a"], name="region")])
    with pytest.raises(DataError, match="'region' bounds 'z', which is nobody's label; the labels"):
        Problem(3, 0, 3, [1], constraints=[Groups(["a"], upper={"z": 1}, name="region")])
    with pytest.raises(DataError, match="the cap of 'g' must be nonnegative and finite, not -1"):
        Group([0], upper=-1, name="g")


def test_labels_may_be_missing():
    groups = Groups(["a", None, "a", float("nan")], upper=3, name="region")
    awards = divide(12, weights=[1, 1, 1, 1], unit=1, constraints=[groups])
    assert awards[[0, 2]].sum() == 3
    assert sorted(awards[[1, 3]]) == [4, 5]
    numbers = Groups([1.0, float("nan"), 1.0], upper={1.0: 2})
    assert len(numbers) == 1


def test_proportional_in_groups_with_text_money():
    awards = divide(
        "9.00",
        claims=["4.00", "8.00", "8.00"],
        rule=Proportional(),
        unit="0.01",
        constraints=[Group([1, 2], upper="5.00", name="late")],
    )
    assert awards.tolist() == [4.0, 2.5, 2.5]


@given(nested(), ALPHAS)
@settings(max_examples=300, deadline=None)
def test_the_certificate_accepts_the_awards_and_names_binding_groups(case, alpha):
    budget, _, _, weights, groups = case
    problem = posed(case, weights)
    awards = solve(problem, AlphaFair(alpha)).awards
    certificate = verify(problem, AlphaFair(alpha), awards)
    assert certificate.ok, certificate.failures
    assert certificate.spent == budget
    assert certificate.transfer_gain is None or certificate.transfer_gain <= 0
    assert certificate.gap is None or abs(certificate.gap) <= 1e-9
    assert (certificate.binding is None) == (not groups)
    for g in () if certificate.binding is None else certificate.binding.groups:
        members, floor, cap = groups[g]
        assert awards[members].sum() in (floor, min(cap, budget))


@given(nested(), ALPHAS, st.data())
@settings(max_examples=400, deadline=None)
def test_moving_a_unit_anywhere_breaks_the_certificate(case, alpha, data):
    _, lower, upper, weights, _ = case
    problem = posed(case, weights)
    awards = solve(problem, AlphaFair(alpha)).awards.copy()
    moved(awards, lower, upper, data)
    assert not verify(problem, AlphaFair(alpha), awards).ok


@given(nested(), st.sampled_from(sorted(claims_oracle.RULES)), st.data())
@settings(max_examples=300, deadline=None)
def test_the_certificate_of_claims_rules_in_groups(case, name, data):
    _, lower, upper, _, _ = case
    problem = posed(case, claims=[u + 1 for u in upper])
    awards = solve(problem, RULES[name]()).awards.copy()
    assert verify(problem, RULES[name](), awards).ok
    moved(awards, lower, upper, data)
    assert not verify(problem, RULES[name](), awards).ok


def moved(awards, lower, upper, data):
    """Move one unit between two claimants whose own bounds allow it."""
    givers = [i for i, x in enumerate(awards) if x > lower[i]]
    takers = [i for i, x in enumerate(awards) if x < upper[i]]
    pairs = [(i, j) for i in givers for j in takers if i != j]
    assume(pairs)
    i, j = data.draw(st.sampled_from(pairs))
    awards[i] -= 1
    awards[j] += 1


def test_a_group_outside_its_bounds_is_named():
    problem = Problem(6, 0, 6, [1.0, 1.0, 1.0], constraints=[Group([0, 1], upper=3, name="north")])
    assert solve(problem, AlphaFair()).awards.tolist() in ([2, 1, 3], [1, 2, 3])
    certificate = verify(problem, AlphaFair(), [2, 2, 2])
    assert not certificate.checks["bounds"]
    assert certificate.failures[0] == (
        "bounds: 1 groups are outside their bounds; the first, 'north', has 4, not from 0 to 3"
    )


def test_the_gap_with_groups_is_large_when_awards_are_not_optimal():
    problem = Problem(
        60, 0, 60, [1.0, 2.0, 3.0, 4.0], constraints=[Group([0, 1], upper=9, name="north")]
    )
    best = solve(problem, AlphaFair()).awards
    assert best.tolist() == [3, 6, 22, 29]
    assert verify(problem, AlphaFair(), best).gap == 0.0
    certificate = verify(problem, AlphaFair(), [6, 3, 22, 29])
    assert certificate.gap > 1e-2
    assert certificate.failures == (
        "optimal: moving one unit from position 0 to position 1 raises the objective",
    )


def test_bounds_by_label_look_every_label_up_once_or_twice():
    """Bounds of a million groups, each for a label of its own, are read in no time."""
    hashed = [0]

    class Label(str):
        __slots__ = ()

        def __hash__(self):
            hashed[0] += 1
            return super().__hash__()

    names = [Label(i) for i in range(1_000)]
    groups = Groups.numbered(np.arange(1_000), names, dict.fromkeys(names, 0), None, "person")
    hashed[0] = 0
    assert groups.bounds() == ([0] * 1_000, None)
    assert hashed[0] <= 5_000


def test_no_floor_is_a_floor_of_nothing():
    assert Group([0], lower=None).lower == 0
    for none in (None, {"a": None}, {"a": None, "b": 0}):
        each = Groups(["a", "a", "b"], lower=none, upper={"a": 3, "b": None})
        assert divide(9, weights=[1, 1, 1], unit=1, constraints=[each]).sum() == 9
        assert divide(9, weights=[1, 1, 1], unit=1, constraints=[each])[2] == 6
