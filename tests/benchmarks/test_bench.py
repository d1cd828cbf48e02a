import doctest
import json
import math
import sys

import numpy as np
import pytest

from allocator.core.certificate import verify
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from benchmarks import answer as answers
from benchmarks import baseline, core, instances, loans, measure, others, page, scaling, whole
from benchmarks.answer import score
from benchmarks.attempt import attempt, read
from benchmarks.instances import SEVERITIES, make
from benchmarks.measure import Process, Scan, process
from benchmarks.methods import METHODS, OBJECTIVES

# What each kind of method claims: the share of the money that it may misplace.
CLAIMS = {
    "allocator, to the cent": 1e-3,  # half a cent of a few dollars
    "allocator, fractional": 0.0,  # the measure itself: brentq vouches for it
    "numpy": 1e-9,
    "numpy and brentq, each rounded": 1e-3,
    "CLARABEL": 1e-5,
    "ECOS": 1e-5,
    "OSQP": 1e-5,
    "SCS": 5e-2,
    "SCS, eps 1e-9": 1e-5,
    "HIGHS": 1e-6,
}
# Leximin is not what one LP is asked for.
ONE_LP = {key for key in METHODS if key.endswith("one LP")}


def claim(name):
    return next(CLAIMS[k] for k in sorted(CLAIMS, key=len, reverse=True) if name.startswith(k))


@pytest.mark.parametrize("key", [k for k in METHODS if k not in ONE_LP])
@pytest.mark.filterwarnings("ignore")
def test_methods_agree_with_ours_as_far_as_they_claim(key):
    method, instance = METHODS[key], make("tame", 50)
    answer = method.solve(instance)
    found = score(instance, OBJECTIVES[method.objective].alpha, answer.awards)
    assert found.misplaced <= claim(method.name)
    assert abs(found.total) <= max(claim(method.name), 1e-9) * instance.budget / 100


@pytest.mark.parametrize("key", sorted(ONE_LP))
def test_one_lp_finds_the_least_award_only(key):
    instance = make("program", 50)
    answer = METHODS[key].solve(instance)
    best = solve(instance.fractional(), AlphaFair(math.inf)).awards
    assert answer.awards.min() == pytest.approx(best.min(), rel=1e-6)
    assert score(instance, math.inf, answer.awards).misplaced > 0.01


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("alpha", core.ALPHAS)
def test_every_case_has_a_certified_answer(severity, alpha):
    problem = make(severity, 2_000).whole()
    awards = solve(problem, AlphaFair(alpha)).awards
    assert verify(problem, AlphaFair(alpha), awards).ok
    assert awards.sum() == problem.spend == problem.budget


def test_instances_are_shaped_like_the_program():
    instance = make("program", 20_000)
    assert instance.lower.tolist() == [400] * 20_000
    assert 5_000 <= instance.upper.min() < 5_100
    assert instance.upper.max() == 600_000
    assert 50_000 < np.median(instance.upper) < 150_000
    assert np.ptp(np.log10(make("30 orders", 20_000).weights)) > 29
    assert (make("a third at $50", 3_000).upper == 5_000).sum() >= 1_000
    assert len(np.unique(make("seven distinct", 3_000).weights)) == 7


def test_score_tells_each_kind_of_error():
    instance = make("tame", 100)
    best = solve(instance.fractional(), AlphaFair(1)).awards
    moved = best.copy()
    moved[:2] += np.array([100.0, -100.0])
    assert score(instance, 1.0, moved).misplaced == pytest.approx(100 / instance.budget)
    below = np.where(np.arange(100) == 3, 150.0, best)
    assert score(instance, 1.0, below).bound == pytest.approx(2.5)
    assert score(instance, 1.0, below).total < -2.4


def test_an_attempt_is_timed_and_scored(monkeypatch):
    monkeypatch.setattr("benchmarks.attempt.PATIENCE", 0.2)
    done = attempt("log/allocator, to the cent", "program", 200)
    assert 1 <= done.runs <= measure.RUNS
    assert done.seconds > 0
    assert done.peak > 2**20
    assert done.score.total == 0


def test_an_attempt_runs_in_a_process_of_its_own():
    ((n, done),) = others.tried("log/numpy and brentq", "program", (500,), 60.0)
    assert n == 500
    assert done.status == "-"
    assert done.score.misplaced < 1e-9


def test_an_attempt_that_is_stopped_or_crashes_says_so():
    assert read(Process(3.0, 5, None, "", ""), 3.0).status == "gave up after 3 s"
    crashed = read(Process(3.0, 5, -9, "", "Traceback\nMemoryError"), 60.0)
    assert crashed.status == "crashed with code -9: MemoryError"


def test_a_method_that_gave_up_is_not_tried_on_more_users():
    key = "log/numpy and brentq"
    tries = list(others.tried(key, "program", (500, 1_000), 0.01))
    assert [(n, t.status, t.seconds) for n, t in tries] == [(500, "gave up after 0 s", None)]


def test_process_measures_memory_time_and_limit():
    hold = process([sys.executable, "-c", "x = bytearray(10**8); print(len(x))"])
    assert hold.out == "100000000\n"
    assert 10**8 < hold.peak < 2 * 10**8
    assert process([sys.executable, "-c", "raise SystemExit(3)"]).code == 3
    stopped = process([sys.executable, "-c", "import time; time.sleep(60)"], limit=0.2)
    assert stopped.code is None
    assert stopped.seconds < 30


def test_a_scan_has_the_same_scale_as_its_work():
    scan = Scan(100_000)
    timing = measure.against_scan(scan.seconds, scan)
    assert timing.scans == pytest.approx(measure.PASSES, rel=0.9)


def test_imported_reads_the_import_log():
    done = process([sys.executable, "-X", "importtime", "-c", "import json.decoder"])
    assert "json" in whole.imported(done)
    assert not set(whole.FORBIDDEN) & whole.imported(done)


def test_the_machine_is_described_but_not_named():
    told = dict(measure.machine(["numpy"]))
    assert told["numpy"] == np.__version__
    assert "/" not in json.dumps(told)


def test_shuffled_rows_get_the_same_awards():
    assert scaling._same(make("all losses equal", 300))  # tied: only the ids can tell


@pytest.mark.parametrize("module", [answers, baseline, instances, measure, page])
def test_examples_in_docstrings_are_true(module):
    tried = doctest.testmod(module)
    assert tried.attempted
    assert not tried.failed


@pytest.mark.parametrize(("limits", "fund"), loans.CASES)
def test_a_loan_fund_is_scaled_to_its_applicants(limits, fund):
    _, gap, lent = loans.lend_once(500, limits, fund, 1.0, 1)
    assert 0 <= gap <= loans.GAP
    assert lent == "$10,000,000"
