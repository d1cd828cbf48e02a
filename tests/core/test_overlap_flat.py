"""Alpha = 0 under constraints that overlap: against enumeration, HiGHS, and its own bound."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from allocator.backends import highs_
from allocator.backends.master import highs_master
from allocator.core.certificate import verify
from allocator.core.constraints import Group, Row
from allocator.core.divide import divide
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from allocator.errors import InfeasibleError, UnsupportedError

COEFFICIENTS = [0, 1, 2, -1, 0.5, -0.9, 0.333]


def small(seed):
    """A problem in whole units with sets and rows, and what a unit of each claimant is worth."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 6))
    upper = rng.integers(1, 8 if n < 5 else 6, n)
    lower = np.minimum(rng.integers(0, 2, n), upper)
    weights = [rng.choice([1.0, 1.0, 2.0, 3.5, 0.3], n), rng.lognormal(0, 1, n), np.ones(n)][
        int(rng.integers(3))
    ]
    claims = rng.choice([1.0, 2.0, 5.0], n)
    of = "recovery" if rng.random() < 0.3 else "amount"
    row = Row(rng.choice(COEFFICIENTS, n), upper=float(rng.integers(-3, 12)), name="row")
    constraints = [row]
    for j in range(int(rng.integers(0, 3))):
        floor = int(rng.integers(0, 4))
        members = rng.random(n) < 0.6
        constraints.append(Group(members, floor, floor + int(rng.integers(0, 9)), f"set {j}"))
    budget = int(rng.integers(lower.sum(), upper.sum() + 1))
    problem = Problem(budget, lower, upper, weights, claims, constraints=constraints)
    return problem, AlphaFair(0, of), weights / (claims if of == "recovery" else 1.0)


def allowed(problem):
    """Every whole division that meets all constraints, in rational arithmetic."""

    def meets(x, constraint):
        if isinstance(constraint, Row):
            pairs = zip(constraint.coefficients.tolist(), x, strict=True)
            return sum(Fraction(c) * v for c, v in pairs) <= constraint.upper
        return constraint.lower <= sum(np.array(x)[constraint.members]) <= constraint.upper

    bounds = zip(problem.lower.tolist(), problem.upper.tolist(), strict=True)
    found = product(*(range(low, high + 1) for low, high in bounds))
    return [
        x
        for x in found
        if sum(x) <= problem.budget and all(meets(x, c) for c in problem.constraints)
    ]


def real(problem):
    groups = [
        Group(c.members, float(c.lower), float(c.upper), c.name) if isinstance(c, Group) else c
        for c in problem.constraints
    ]
    return Problem(
        float(problem.budget),
        problem.lower * 1.0,
        problem.upper * 1.0,
        problem.weights,
        problem.claims,
        constraints=groups,
    )


@pytest.mark.parametrize("first", [0, 40, 80, 120])
def test_whole_units_are_the_best_of_all(first):
    solved = 0
    for seed in range(first, first + 40):
        problem, rule, worth = small(seed)
        choices = allowed(problem)
        try:
            awards = solve(problem, rule, highs_master).awards
        except InfeasibleError:
            assert not any(sum(x) == problem.budget for x in choices)
            continue
        most = max(map(sum, choices))
        best = max(float(worth @ x) for x in choices if sum(x) == most)
        assert tuple(awards.tolist()) in choices
        assert awards.sum() == most
        assert worth @ awards == pytest.approx(best, rel=1e-12)
        certificate = verify(problem, rule, awards)
        assert certificate.checks["bounds"]
        assert certificate.checks["optimal"], certificate.failures
        assert certificate.checks["canonical"]
        solved += 1
        for x in choices[:: max(1, len(choices) // 5)]:  # a bound is one, whatever the awards
            gap = verify(problem, rule, np.array(x)).gap
            if sum(x) == most and gap is not None:
                price = np.exp(-verify(problem, rule, np.array(x)).log_level)
                assert best - worth @ x <= gap * price * problem.budget + 1e-9
    assert solved > 10


@pytest.mark.parametrize("first", [0, 60])
def test_real_amounts_are_worth_as_much_as_those_of_a_general_solver(first):
    solved = 0
    for seed in range(first, first + 60):
        whole, rule, worth = small(seed)
        problem = real(whole)
        try:
            awards = solve(problem, rule, highs_master).awards
        except InfeasibleError:
            continue
        theirs = highs_.solve(problem, rule)
        assert awards.sum() == pytest.approx(theirs.sum(), rel=1e-9)
        assert worth @ awards >= worth @ theirs * (1 - 1e-9)
        assert worth @ awards <= worth @ theirs * (1 + 1e-8)
        for c in problem.constraints:
            if isinstance(c, Row):
                assert c.coefficients @ awards <= c.upper + 1e-8
            else:
                assert c.lower - 1e-8 <= awards[c.members].sum() <= c.upper + 1e-8
        solved += 1
    assert solved > 20


@pytest.mark.parametrize("spread", [0.5, 2.0, 6.0])
def test_many_pieces_of_worth_are_searched_not_walked(spread):
    rng = np.random.default_rng(8)
    n = 3_000
    weights = rng.lognormal(0, spread, n)
    kind, upper = rng.integers(0, 12, n), rng.uniform(4, 600, n)
    x = 4.0 + rng.random(n) * (upper - 4.0) * 0.3
    rows = []
    for j in range(6):
        members = (rng.random(12) < 0.4)[kind]
        total = float(x[members].sum())
        floor, cap = (total * 1.01, None) if j % 2 else (0.0, total * 0.99)
        rows.append(Group(members, floor, cap, str(j)))
    problem = Problem(float(x.sum()), 4.0, upper, weights, constraints=rows)
    programs = []

    def counted(*args, **options):
        programs.append(len(args[0]))
        return highs_master(*args, **options)

    awards = solve(problem, AlphaFair(0), counted).awards
    theirs = highs_.solve(problem, AlphaFair(0))
    assert weights @ awards >= weights @ theirs * (1 - 1e-9)
    assert len(programs) <= 15
    assert max(programs) < 12 * 40


def test_what_no_nearest_whole_totals_find():
    row = Row([2.0, 1.0, 2.0, -1.0], upper=2.5)
    for method in ("auto", "native"):
        awards = divide(
            3,
            weights=[4.5, 1.0, 2.0, 0.8],
            lower=0,
            upper=[3, 4, 3, 3],
            unit=1,
            rule=AlphaFair(0),
            constraints=[row],
            method=method,
        )
        assert awards.tolist() == [1, 1, 0, 1]


def test_many_claimants_and_twenty_rows():
    rng = np.random.default_rng(4)
    n = 100_000
    weights, kind = rng.lognormal(4, 2, n), rng.integers(0, 96, n)
    base = solve(Problem(10**9, 400, 600_000, weights), AlphaFair(1)).awards
    rows = []
    for j in range(20):
        members = (rng.random(96) < 1 / 3)[kind]
        total = int(base[members].sum())
        floor, cap = (int(total * 1.005), None) if j % 2 else (0, int(total * 0.995))
        rows.append(Group(members, floor, cap, str(j)))
    problem = Problem(10**9, 400, 600_000, weights, constraints=rows)
    solution = solve(problem, AlphaFair(0), highs_master)
    certificate = verify(problem, AlphaFair(0), solution.awards)
    assert certificate.ok, certificate.failures
    assert 0 <= certificate.gap <= 1e-4
    assert solution.prices is None
    assert np.isnan(solution.log_level)
    moved = solution.awards.copy()
    free = np.flatnonzero((kind == 5) & (moved > 400))
    free = free[np.argsort(weights[free])]
    moved[free[-1]] -= 1
    moved[np.flatnonzero((kind == 5) & (moved == 400))[0]] += 1
    assert not verify(problem, AlphaFair(0), moved).checks["optimal"]


def test_rows_are_met_exactly_when_it_is_asked_how_much_can_be_spent():
    # HiGHS allows 6, 1 and 5, whose sum breaks the floor of -1: -0.9 is no float.
    rows = [
        Group([0], 2, 8),
        Row([0.5, 0.5, -0.9], lower=-1),
        Group([1], 0, 2),
    ]
    problem = Problem(13, 0, [6, 1, 6], [0.127, 1.135, 0.614], constraints=rows)
    for alpha in (0, 1):
        assert solve(problem, AlphaFair(alpha), highs_master).awards.tolist() == [6, 1, 4]


def test_no_whole_units_at_all_is_told():
    rows = [
        Row([2.0, -1.0, 0.0, 1.0], lower=6),
        Group([1, 3], 3, 6),
        Row([0.5, 0.333, 0.5, -1.0], upper=2),
    ]
    problem = Problem(11, [0, 0, 1, 1], [4, 2, 3, 1], [1.0001, 1.0, 1e6, 1e6], constraints=rows)
    for alpha in (0, 1):
        with pytest.raises(InfeasibleError, match="in fractions of a unit but not in whole units"):
            solve(problem, AlphaFair(alpha), highs_master)


def test_where_nobody_has_room():
    rows = [Group([0, 1], upper=4), Group([1, 2], upper=4)]
    for budget, kind in ((6, np.int64), (6.0, np.float64)):
        bounds = np.array([2, 2, 2], dtype=kind)
        problem = Problem(budget, bounds, bounds, [1.0, 2.0, 3.0], constraints=rows)
        assert solve(problem, AlphaFair(0), highs_master).awards.tolist() == [2, 2, 2]


def test_the_order_of_claimants_does_not_matter():
    rng = np.random.default_rng(6)
    n = 500
    weights, upper = rng.choice([1.0, 2.0, 5.0], n), rng.integers(1, 90, n)
    inside = rng.random((3, n)) < 0.5
    names = [f"u{i}" for i in range(n)]

    def awards(order):
        rows = [Group(each[order], upper=4_000, name=str(j)) for j, each in enumerate(inside)]
        ids = [names[i] for i in order]
        problem = Problem(9_000, 0, upper[order], weights[order], ids=ids, constraints=rows)
        return dict(zip(ids, solve(problem, AlphaFair(0), highs_master).awards, strict=True))

    assert awards(np.arange(n)) == awards(rng.permutation(n))


def test_a_solver_that_finds_nothing_is_told():
    rows = [Group([0, 1], upper=4.0), Group([1, 2], upper=4.0)]
    problem = Problem(6.0, 0.0, 9.0, [1.0, 2.0, 3.0], constraints=rows)
    calls = []

    def deaf(*args, **options):
        calls.append(args)
        return highs_master(*args, **options) if len(calls) == 1 else None

    with pytest.raises(UnsupportedError, match="no totals were found that meet all constraints"):
        solve(problem, AlphaFair(0), deaf)
