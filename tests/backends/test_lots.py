"""The solver of lots, part by part: lines, boxes, rounding, and what it does when stuck."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocator.backends.failure import BackendError, NothingYetError
from allocator.backends.highs_ import Program
from allocator.backends.lots import solve
from allocator.backends.lots.box import box_at
from allocator.backends.lots.fill import rounded, shaved
from allocator.backends.lots.lines import first_anchors, pieces_of
from allocator.backends.lots.relaxation import relaxed
from allocator.backends.lots.solve import Divided, solve_lots
from allocator.core.lots import Limit, Lots
from allocator.errors import InfeasibleError


def limit(name, members, least, most, each=1):
    members = np.array(members)
    return Limit(name, members, np.full(len(members), each, dtype=object), least, most)


def lots(least, most, weight, limits, power=0.5):
    weight = np.array(weight, dtype=np.float64)
    return Lots(lambda u: weight * u**power, np.array(least), np.array(most), limits)


def best(problem):
    choices = [
        [0, *range(low, high + 1)] for low, high in zip(problem.least, problem.most, strict=True)
    ]
    values = [problem.value(u) for u in map(np.array, product(*choices)) if problem.allow(u)]
    return max(values, default=None)


@st.composite
def problems(draw):
    n = draw(st.integers(1, 4))
    least = draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    most = [low + draw(st.integers(0, 3)) for low in least]
    weight = draw(st.lists(st.sampled_from([0, 1, 1, 1, 3]), min_size=n, max_size=n))
    some = draw(st.lists(st.integers(0, n - 1), min_size=1, unique=True))
    low, high = sorted(draw(st.tuples(st.integers(0, 6), st.integers(0, 9))))
    limits = [limit("all", range(n), 0, draw(st.integers(0, 14))), limit("some", some, low, high)]
    return lots(least, most, weight, limits, draw(st.sampled_from([0.5, 1.0])))


@settings(max_examples=80, deadline=None)
@given(problems())
def test_the_best_there_is(problem):
    right = best(problem)
    if right is None:
        with pytest.raises(InfeasibleError, match="nothing meets the limits 'all', 'some'"):
            solve_lots(problem, seconds=9)
        return
    found = solve_lots(problem, seconds=9)
    assert problem.allow(found.units)
    assert found.value == pytest.approx(right, abs=1e-8)
    assert found.bound >= right - 1e-8
    assert found.price_bound >= right - 1e-8


@settings(max_examples=60, deadline=None)
@given(problems(), st.floats(0, 1), st.floats(0, 2))
def test_no_better_division_is_outside_a_box(problem, price, slack):
    prices = np.array([price, 0.0])
    box = box_at(problem, prices, slack)
    bound = problem.bound(prices)
    choices = [
        [0, *range(low, high + 1)] for low, high in zip(problem.least, problem.most, strict=True)
    ]
    for units in map(np.array, product(*choices)):
        if problem.allow(units) and problem.value(units) >= bound - slack + 1e-9:
            inside = np.where(units == 0, box.zero, (box.low <= units) & (units <= box.high))
            assert inside.all()


@pytest.mark.parametrize("most", [1, 2, 17, 500, 10**7])
def test_lines_are_above_the_worth_at_all_units(most):
    problem = lots([1], [most], [1.0], [])
    anchors = first_anchors(problem.least, problem.most)
    pieces = pieces_of(problem, problem.least, problem.most, anchors)
    assert pieces.length.sum() == pytest.approx(most - 1)
    assert (np.diff(pieces.slope) <= 1e-12).all()
    at = 1 + np.append(0.0, np.cumsum(pieces.length))
    value = 1 + np.append(0.0, np.cumsum(pieces.length * pieces.slope))
    for units in {*range(1, min(most, 600) + 1), most // 2 or 1, most}:
        assert np.interp(units, at, value) >= np.sqrt(units) * (1 - 1e-12)


def test_the_relaxation_is_a_bound_and_nearly_whole():
    rng = np.random.default_rng(3)
    least = rng.integers(1, 30, 300)
    limits = [limit("all", range(300), 0, 3000), limit("half", range(150), 1000, 1400)]
    problem = lots(least, least + rng.integers(0, 50, 300), rng.random(300) + 0.1, limits)
    found = relaxed(problem)
    partly = (found.fractions > 1e-7) & (found.fractions < least - 1e-7)
    assert partly.sum() <= 2
    assert found.bound == pytest.approx(found.program, rel=2e-6)
    units = rounded(problem, found.fractions, found.prices)
    assert problem.allow(units)
    assert problem.value(units) >= 0.98 * found.bound


def test_relaxed_limits_that_nothing_meets():
    problem = lots([1], [3], [1.0], [limit("much", [0], 9, None)])
    with pytest.raises(InfeasibleError, match="'much' together, not even in fractions of units"):
        relaxed(problem)


def test_what_is_above_a_limit_is_shaved_off():
    problem = lots([2, 2], [5, 5], [1.0, 3.0], [limit("all", [0, 1], 0, 6)])
    units = shaved(problem, np.array([5, 5]))
    assert units.sum() <= 6
    assert problem.allow(units)


def test_a_floor_that_rounding_misses_is_found_by_a_wider_box():
    """Rounded down, neither of the two who must have 7 together has its least of 4."""
    problem = lots(
        [4, 4, 1],
        [5, 5, 9],
        [1.0, 1.0, 9.0],
        [limit("two", [0, 1], 8, 9), limit("all", range(3), 0, 9)],
    )
    found = solve_lots(problem, seconds=9)
    assert found.units.tolist() == [4, 4, 1]


def test_nothing_found_in_time_is_told(monkeypatch):
    problem = lots([4, 4], [5, 5], [1.0, 1.0], [limit("all", [0, 1], 8, 9)])
    monkeypatch.setattr(solve, "rounded", lambda *_: None)

    real = Program.run
    runs = []

    def run(program):
        runs.append(program)
        if len(runs) > 1:
            raise NothingYetError("time")
        return real(program)

    monkeypatch.setattr(Program, "run", run)
    with pytest.raises(
        BackendError, match="HiGHS found nothing that meets all limits in 9 seconds"
    ):
        solve_lots(problem, seconds=9)


def test_a_node_limit_is_lifted_while_the_gap_is_wide(monkeypatch):
    given = []
    real = solve.solve_box

    def spy(*args, nodes, **options):
        given.append(nodes)
        found = real(*args, nodes=nodes, **options)
        if nodes is not None:
            return type(found)(args[3], found.bound * 2, False)
        return found

    monkeypatch.setattr(solve, "solve_box", spy)
    sizes = [10, 20, 30]  # rounded, the best two for their size, and not the best two
    problem = lots(sizes, sizes, [6.0, 5.0, 4.0], [limit("all", range(3), 0, 50)], power=1.0)
    found = solve_lots(problem, seconds=9)
    assert given == [solve.NODES, None]
    assert found.units.tolist() == [0, 20, 30]


def test_gaps():
    none = np.zeros(1, dtype=np.int64)
    prices = np.zeros(1)
    assert Divided(none, 9.0, 10.0, 12.0, prices).gap == pytest.approx(0.1)
    assert Divided(none, 0.0, 0.0, 0.0, prices).gap == 0
    assert Divided(none, 9.0, 8.9999999, 12.0, prices).bound == 9.0


def test_nothing_is_worth_anything():
    problem = lots([1, 2], [3, 3], [0.0, 0.0], [limit("one", [0], 2, 9)])
    found = solve_lots(problem, seconds=9)
    assert problem.allow(found.units)
    assert found.bound == 0
