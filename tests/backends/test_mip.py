"""Loans of zero or at least a minimum, and utilities of any shape, against trying everything."""

from itertools import product

import numpy as np
import pytest

from allocator.backends import mip
from allocator.backends.failure import BackendError
from allocator.backends.mip import solve_mip
from allocator.backends.piecewise import Piecewise
from allocator.core.constraints import Group, Row
from allocator.core.problem import Problem
from allocator.errors import DataError, InfeasibleError

SHAPES = {
    "concave": ([0, 2, 5, 9], [0, 4, 7, 8]),
    "convex": ([0, 3, 9], [0, 1, 12]),
    "kinked": ([0, 2, 4, 9], [0, 4, 4.5, 14]),
}


def best(budget, cap, weights, shape, minimum, group):
    """Try all whole awards."""
    values = np.interp(np.arange(cap + 1), *shape)
    top = -np.inf
    for x in product(range(cap + 1), repeat=len(weights)):
        if sum(x) > budget or any(0 < a < minimum for a in x) or x[0] + x[1] > group:
            continue
        top = max(top, float(weights @ values[list(x)]))
    return top


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_whole_awards_are_the_best_there_are(shape, seed):
    rng = np.random.default_rng(seed)
    weights = rng.choice([1.0, 1.0, 1.5, 2.0], 3)
    budget, minimum = int(rng.integers(6, 18)), int(rng.integers(0, 6))
    rows = [Group([0, 1], upper=10, name="both")]
    problem = Problem(budget, 0, 9, weights=weights, constraints=rows)
    found = solve_mip(problem, Piecewise(*SHAPES[shape]), zero_or=minimum)
    right = best(budget, 9, weights, SHAPES[shape], minimum, 10)
    assert found.value == pytest.approx(right, abs=1e-9)
    assert found.gap <= 1e-9
    x = found.awards
    assert x.dtype == np.int64
    assert x.sum() <= budget
    assert x[:2].sum() <= 10
    assert ((x == 0) | (x >= minimum)).all()


def test_without_a_minimum_floors_hold():
    problem = Problem(10.0, [1.0, 1.0], 9.0, weights=[1.0, 2.0])
    found = solve_mip(problem, Piecewise([0, 9], [0, 9]))
    assert found.awards.tolist() == pytest.approx([1.0, 9.0])
    assert found.value == pytest.approx(19.0)


def test_points_may_differ_and_end_below_the_cap():
    utility = Piecewise([[0, 2, 4], [0, 1, 9]], [[0, 2, 3], [0, 0, 4]])
    found = solve_mip(Problem(20.0, 0.0, 20.0, weights=[1.0, 1.0]), utility)
    assert found.awards.tolist() == pytest.approx([4.0, 9.0])
    assert found.value == pytest.approx(7.0)


def test_rows_hold_in_a_mip():
    equal = Row([1.0, -1.0], lower=0, upper=0)
    found = solve_mip(
        Problem(9.0, 0.0, 9.0, weights=[1.0, 3.0], constraints=[equal]), Piecewise([0, 9], [0, 9])
    )
    assert found.awards.tolist() == pytest.approx([4.5, 4.5])


def test_a_cap_below_the_minimum_is_nothing():
    found = solve_mip(Problem(9, 0, [3, 9]), Piecewise([0, 9], [0, 9]), zero_or=4)
    assert found.awards.tolist() == [0, 9]


def test_what_is_infeasible_says_so():
    rows = [Group([0, 1], lower=6, name="more"), Row([1.0, 1.0], upper=5, name="less")]
    with pytest.raises(InfeasibleError, match="'more', 'less' together"):
        solve_mip(Problem(9, 0, [9, 9], constraints=rows), Piecewise([0, 9], [0, 9]))


def test_gaps():
    from allocator.backends.mip import Integral

    none = np.zeros(1)
    assert Integral(none, 10.0, 11.0).gap == pytest.approx(0.1)
    assert Integral(none, 0.0, 0.0).gap == 0
    assert Integral(none, 0.0, 1.0).gap == np.inf


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (([0], [0]), "as many values as awards"),
        (([0, 1], [0, 1, 2]), "as many values as awards"),
        (([[0, 1]] * 2, [[0, 1]] * 3), "as many values as awards"),
        (([0, 1, 1], [0, 1, 2]), "must rise"),
        (([0, np.inf], [0, 1]), "must be finite"),
    ],
)
def test_points_that_make_no_utility(points, message):
    with pytest.raises(DataError, match=message):
        Piecewise(*points)


def test_points_that_do_not_fit_the_problem():
    problem = Problem(9, 0, [9, 9, 9])
    with pytest.raises(DataError, match="points for 2 claimants, not for 3"):
        solve_mip(problem, Piecewise([[0, 9]] * 2, [0, 9]))
    with pytest.raises(DataError, match="must start at the least possible award, 0, not at 1"):
        solve_mip(problem, Piecewise([1, 9], [0, 9]))
    with pytest.raises(DataError, match="zero_or must be an amount, or one for each of 3"):
        solve_mip(problem, Piecewise([0, 9], [0, 9]), zero_or=[1, 2])


def test_a_wrong_answer_is_told_as_the_solvers(monkeypatch):
    real = mip.Program.run

    def generous(program):
        answer = real(program)
        answer.x[:2] = 9.0
        return answer

    monkeypatch.setattr(mip.Program, "run", generous)
    with pytest.raises(BackendError, match="HiGHS breaks a constraint by 9"):
        solve_mip(Problem(9, 0, [9, 9]), Piecewise([0, 9], [0, 9]))
