"""General solvers as an oracle of the native path, and a judge that tells whose fault it is."""

import numpy as np
import pytest

from allocator.backends import cvxpy_, highs_
from allocator.backends.failure import BackendError
from allocator.backends.master import highs_master
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, MaxMin
from allocator.core.solve import solve
from allocator.errors import UnsupportedError
from tests.backends.problems import judge, nested_groups, overlapping_rows, problems

KINDS = {"plain": None, "nested": nested_groups, "overlapping": overlapping_rows}
BACKENDS = {"highs": highs_.solve, "clarabel": cvxpy_.solve}
COUNT = 40


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_native_path_agrees(kind, backend):
    verdicts, failures = [], []
    for problem, rule in problems(len(kind), COUNT, KINDS[kind]):
        try:
            ours = solve(problem, rule, highs_master).awards
        except UnsupportedError:
            assert kind == "overlapping"
            continue
        try:
            theirs = BACKENDS[backend](problem, rule)
        except BackendError as failure:
            failures.append(str(failure))
            continue
        verdicts.append(judge(problem, rule, ours, theirs))
    assert {v for v in verdicts if "ours" in v} == set()
    assert verdicts.count("agree") >= 0.9 * (len(verdicts) + len(failures)), (verdicts, failures)
    assert verdicts.count("agree") >= (15 if kind == "overlapping" else 36)


def test_the_two_backends_agree_where_there_is_no_native_path():
    verdicts, failures = [], []
    for problem, rule in problems(5, 48, overlapping_rows):
        if isinstance(rule, AlphaFair) and 0 < rule.alpha < np.inf:
            continue
        try:
            one, other = highs_.solve(problem, rule), cvxpy_.solve(problem, rule)
        except BackendError as failure:
            failures.append(str(failure))
            continue
        verdicts.append(judge(problem, rule, one, other))
    assert verdicts.count("agree") >= 0.9 * (len(verdicts) + len(failures)), (verdicts, failures)
    assert len(verdicts) >= 20


def test_those_of_weight_0_share_what_is_left():
    problem = Problem(10.0, 0.0, [3.0, 9.0, 9.0], weights=[1.0, 0.0, 0.0])
    for rule in (AlphaFair(0), AlphaFair(2), AlphaFair(np.inf), MaxMin()):
        for backend in BACKENDS.values():
            assert backend(problem, rule) == pytest.approx([3.0, 3.5, 3.5], abs=1e-6)


def test_the_judge_tells_whose_answer_is_wrong():
    problem, rule = Problem(9.0, 0.0, [9.0, 9.0], weights=[1.0, 2.0]), AlphaFair(1)
    right, worse, broken = np.array([3.0, 6.0]), np.array([4.0, 5.0]), np.array([3.0, 6.1])
    assert judge(problem, rule, right, right) == "agree"
    assert judge(problem, rule, right, worse) == "theirs is worse"
    assert judge(problem, rule, worse, right) == "ours is worse"
    assert judge(problem, rule, right, broken) == "theirs is infeasible"
    assert judge(problem, rule, broken, right) == "ours is infeasible"
    assert judge(problem, MaxMin(), worse, right) == "ours is worse"
    assert judge(problem, MaxMin(), right, worse) == "theirs is worse"
