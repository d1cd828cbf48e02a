"""Methods by name, whole units, and what is said when a solver is missing or fails."""

import builtins
import importlib

import numpy as np
import pytest

from allocator.backends import cvxpy_, failure, highs_, leximin, whole
from allocator.backends.failure import BackendError
from allocator.backends.master import highs_master
from allocator.backends.solve import solve
from allocator.core.certificate import verify
from allocator.core.claims import Talmud
from allocator.core.constraints import Group, Row
from allocator.core.divide import divide
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, LeastSquares, MaxMin
from allocator.errors import DataError, InfeasibleError, UnsupportedError

OVERLAP = (Group([0, 1], upper=30, name="eu"), Group([1, 2], lower=40, name="vip"))
RULES = {
    "log": (AlphaFair(1), [10.0, 20.0, 30.0, 40.0]),
    "utilitarian": (AlphaFair(0), [0.0, 0.0, 40.0, 60.0]),
    "leximin": (AlphaFair(np.inf), [15.0, 15.0, 35.0, 35.0]),
    "max_min": (MaxMin(), [10.0, 20.0, 30.0, 40.0]),
    "least_squares": (
        LeastSquares(target=[5, 50, 10, 3]),
        [0.0, 30.0, 10 + 57 * 3 / 7, 3 + 57 * 4 / 7],
    ),
}


@pytest.mark.parametrize("method", ["auto", "highs", "cvxpy", "cvxpy:SCS"])
@pytest.mark.parametrize("name", RULES)
def test_divide_takes_a_method(name, method):
    rule, awards = RULES[name]
    given = {"weights": [1, 2, 3, 4], "rule": rule, "constraints": OVERLAP, "method": method}
    assert divide(100, **given) == pytest.approx(awards, abs=2e-3)
    whole = divide(100, **given, unit="0.01")
    assert whole.sum() == pytest.approx(100, abs=1e-9)
    assert whole == pytest.approx(awards, abs=0.02)
    assert whole[[0, 1]].sum() <= 30
    assert whole[[1, 2]].sum() >= 40


def test_whole_units_without_overlapping_constraints_are_the_native_ones():
    weights = [1.0, 1.0, 1.0]
    native = divide(100, weights=weights, rule="alpha_fair", unit=1)
    for method in ("native", "highs", "cvxpy:CLARABEL"):
        assert (
            divide(100, weights=weights, rule="alpha_fair", unit=1, method=method) == native
        ).all()


def test_a_method_gives_fractions_of_plain_problems_too():
    for method in ("highs", "cvxpy:CLARABEL"):
        awards = divide(10, weights=[1, 1, 3], upper=[9, 9, 4], rule="alpha_fair", method=method)
        assert awards == pytest.approx([3, 3, 4], abs=1e-3)


def test_whole_units_of_a_backend_pass_the_verification():
    rows = [Group([0, 1], upper=31, name="a"), Group([1, 2], lower=41, name="b")]
    problem = Problem(100, 0, 60, weights=[1.0, 2.0, 3.0, 4.0], constraints=rows)
    awards = solve(problem, AlphaFair(1), "highs")
    certificate = verify(problem, AlphaFair(1), awards)
    assert certificate.ok, certificate.failures


def test_rows_are_met_exactly_in_whole_units():
    twice = Row([1.0, -2.0, 0.0], lower=0, upper=0, name="twice")
    problem = Problem(11, 0, 9, weights=np.ones(3), constraints=[twice])
    first, second, third = solve(problem, MaxMin(), "highs").tolist()
    assert first == 2 * second
    assert first + second + third == 11


def test_fractions_that_no_whole_units_meet_are_an_error_of_their_own():
    half = Row([2.0, 0.0], lower=5, upper=5, name="half a unit")
    problem = Problem(10, 0, 10, weights=np.ones(2), constraints=[half])
    with pytest.raises(InfeasibleError, match=r"in fractions of a unit, but no whole units .*half"):
        solve(problem, MaxMin(), "highs")


@pytest.mark.parametrize("method", ["highs", "cvxpy:CLARABEL"])
def test_what_nothing_meets_is_infeasible(method):
    rows = [Group([0, 1], lower=8, name="more"), Row([1.0, 1.0, 0.0], upper=5, name="less")]
    problem = Problem(10.0, 0.0, None, weights=np.ones(3), constraints=rows)
    with pytest.raises(InfeasibleError, match="constraints 'more', 'less' together"):
        solve(problem, AlphaFair(1), method)


@pytest.mark.parametrize("method", ["highs", "cvxpy:CLARABEL"])
def test_what_constraints_leave_is_not_spent(method):
    rows = [Group([0, 1], upper=4, name="few"), Group([1, 2], upper=3, name="fewer")]
    problem = Problem(10.0, 0.0, 9.0, weights=np.ones(3), constraints=rows)
    assert solve(problem, MaxMin(), method) == pytest.approx([4.0, 0.0, 3.0], abs=1e-6)
    if method == "highs":  # of which nobody gets the log of nothing to be worth something
        with pytest.raises(BackendError, match=r"HiGHS (finds no|did not)"):
            solve(problem, AlphaFair(1), method)


@pytest.mark.parametrize("method", ["high", "cvxpy-SCS", "highs:SCS", "native:x", 3, ""])
def test_an_unknown_method_is_told_the_methods(method):
    problem = Problem(1.0, 0.0, None, weights=[1.0])
    with pytest.raises(DataError, match='method must be "auto", "native", "highs" or "cvxpy:SOL'):
        solve(problem, MaxMin(), method)
    with pytest.raises(DataError, match="method must be"):
        divide(1, weights=[1], method=method)


def test_a_claims_rule_maximizes_nothing():
    with pytest.raises(UnsupportedError, match=r'talmud maximizes nothing .* use method="native"'):
        divide(100, claims=[100, 200], rule=Talmud(), method="highs")
    with pytest.raises(UnsupportedError, match="talmud is a claims rule"):
        divide(100, claims=[80, 90, 90, 90], rule=Talmud(), constraints=OVERLAP)


def test_exact_fractions_are_native():
    from fractions import Fraction

    assert divide(Fraction(1), claims=[1, 1], method="native")[0] == Fraction(1, 2)
    with pytest.raises(UnsupportedError, match="exact fractions are native: method='highs'"):
        divide(Fraction(1), claims=[1, 1], method="highs")


def without(monkeypatch, package):
    """Let a package be one that is not installed."""
    real = importlib.import_module

    def imported(name, *rest):
        if name == package:
            raise ImportError(name)
        return real(name, *rest)

    for module in (highs_, cvxpy_):
        monkeypatch.setattr(module, "import_module", imported)
    installed = failure.version

    def version(name):
        if name == package:
            raise failure.PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(failure, "version", version)
    assert builtins.__import__  # nothing else is changed


def test_a_missing_package_is_named_with_what_is_there(monkeypatch):
    problem = Problem(1.0, 0.0, None, weights=[1.0])
    without(monkeypatch, "highspy")
    with pytest.raises(UnsupportedError) as error:
        solve(problem, AlphaFair(1), "highs")
    assert 'method="highs" needs highspy, which is not installed (pip install highspy)' in str(
        error.value
    )
    assert '"native"' in str(error.value)
    assert '"cvxpy:CLARABEL"' in str(error.value)
    without(monkeypatch, "cvxpy")
    with pytest.raises(UnsupportedError, match=r"needs cvxpy, .*pip install cvxpy\).*native") as no:
        solve(problem, AlphaFair(1), "cvxpy:CLARABEL")
    assert '"cvxpy:' not in str(no.value).split("there are")[1]


def test_a_missing_solver_is_named_with_what_is_there():
    problem = Problem(1.0, 0.0, None, weights=[1.0])
    with pytest.raises(UnsupportedError, match=r"needs mosek, .*pip install mosek\); there are"):
        solve(problem, AlphaFair(1), "cvxpy:MOSEK")
    with pytest.raises(UnsupportedError, match=r"no solver 'NONE' here; there are.*cvxpy:CLARABEL"):
        solve(problem, AlphaFair(1), "cvxpy:NONE")


def test_a_solver_that_cannot_is_told_by_name():
    problem = Problem(9.0, 0.0, None, weights=[1.0, 2.0])
    with pytest.raises(BackendError, match="OSQP failed"):
        cvxpy_.solve(problem, AlphaFair(3), "OSQP")


def test_a_wrong_answer_is_told_as_the_solvers(monkeypatch):
    problem = Problem(9.0, 0.0, None, weights=[1.0, 2.0])
    monkeypatch.setattr(cvxpy_, "_maximize", lambda *_: np.array([1.0, 1.1]))
    with pytest.raises(
        BackendError, match=r"CLARABEL called optimal what breaks a constraint by 0\.45"
    ):
        cvxpy_.solve(problem, AlphaFair(1))
    monkeypatch.setattr(cvxpy_, "_maximize", lambda *_: np.array([np.nan, 1.0]))
    with pytest.raises(BackendError, match="breaks a constraint by inf"):
        cvxpy_.solve(problem, AlphaFair(1))


def test_highs_says_when_its_bound_stays_away(monkeypatch):
    monkeypatch.setattr(highs_, "ROUNDS", 2)
    problem = Problem(9.0, 0.0, None, weights=[1.0, 2.0, 3.7])
    with pytest.raises(BackendError, match=r"did not get below a gap of .* in 2 rounds"):
        highs_.solve(problem, AlphaFair(1))


def test_highs_says_what_it_did_not_solve():
    from scipy.sparse import csr_array

    one = np.ones(1)
    with pytest.raises(BackendError, match="HiGHS did not solve the program: Unbounded"):
        highs_.linear(-one, csr_array([[1.0]]), one, np.inf * one, 0 * one, np.inf * one)


def test_a_stage_without_prices_is_the_solvers_fault():
    problem = Problem(9.0, 0.0, None, weights=[1.0, 2.0])
    posed = highs_.pose(problem, MaxMin(), highs_.linear)

    def silent(*program):
        answer = highs_.linear(*program)
        return highs_.Answer(answer.x, 0.0 * answer.prices)

    with pytest.raises(BackendError, match="has no prices"):
        leximin.leximin(posed, posed.objective, silent)
    with pytest.raises(BackendError, match="has no solution"):
        leximin.leximin(posed, posed.objective, lambda *_: None)


def test_a_row_that_a_tolerance_broke_is_asked_for_again(monkeypatch):
    real, calls = whole.highs_master, []

    def sloppy(cost, matrix, row_lower, row_upper, lower, upper, *, integer):
        calls.append(row_upper[0])
        room = np.append(np.full(len(row_upper) - 1, 1.0 if len(calls) == 1 else 0.0), 0.0)
        return real(cost, matrix, row_lower, row_upper + room, lower, upper, integer=integer)

    monkeypatch.setattr(whole, "highs_master", sloppy)
    # Nearest whole units would be 5 and 5, but the row leaves no more than 4.9 to the first.
    rows = [Row([1.0, 0.0], upper=4.9, name="row")]
    problem = Problem(10, 0, 10, weights=np.ones(2), constraints=rows)
    assert whole.whole_awards(problem, MaxMin(), np.array([4.9, 5.1])).tolist() == [4, 6]
    assert len(calls) == 2
    assert calls[1] < calls[0]


def test_what_presolving_wrongly_calls_infeasible_is_asked_again():
    # HiGHS 1.15.1 says so of this program, which 4, 4 and 0 more units solve.
    matrix = np.zeros((7, 19))
    matrix[:3, 16:] = [[0, 0, 1], [0.333, 0.333, 1], [-0.9, 1, -1]]
    matrix[3, 16:] = 1
    matrix[4 + np.repeat([0, 1, 2], [6, 7, 3]), np.arange(16)] = 1
    matrix[4 + np.arange(3), 16 + np.arange(3)] = -1
    found = highs_master(
        np.repeat([0.0, 1.0, 0.0], [13, 3, 3]),
        matrix,
        np.array([0, 1.667, -np.inf, 7, 0, 0, 0]),
        np.array([7, np.inf, 3.9, 7, 0, 0, 0]),
        np.zeros(19),
        np.append(np.ones(16), [6, 7, 3]),
        integer=np.arange(19) >= 16,
    )
    assert found is not None
    assert found[16:].sum() == pytest.approx(7)
    assert found[18] == pytest.approx(0)
