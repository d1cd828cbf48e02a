"""What a problem accepts, what it keeps, and the words in which it refuses."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest

from allocator.core.amounts import MAX_UNITS
from allocator.core.claims import Proportional
from allocator.core.curves import Slopes
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from allocator.errors import AllocatorError, DataError, InfeasibleError, UnsupportedError

NUMBERS = "must be nonnegative and finite"


def test_whole_units_are_integers_throughout():
    problem = Problem(10, 1, [3, 20], weights=[1, 2], claims=[5.5, 6])
    assert problem.whole
    assert (problem.budget, problem.spend, len(problem)) == (10, 10, 2)
    assert problem.lower.tolist() == [1, 1]
    assert problem.upper.tolist() == [3, 10]  # nobody can get more than the budget
    assert problem.lower.dtype == problem.upper.dtype == np.int64
    assert type(problem.budget) is int
    assert problem.weights.tolist() == [1, 2]
    assert problem.claims.tolist() == [5.5, 6.0]


@pytest.mark.parametrize(
    "problem",
    [
        Problem(10.0, 1, [3, 20]),
        Problem(10, 1.0, [3, 20]),
        Problem(10, 1, [3.0, 20.0]),
        Problem(np.float32(10), 1, [3, np.inf]),
    ],
)
def test_one_real_number_makes_amounts_real(problem):
    assert not problem.whole
    assert type(problem.budget) is float
    assert problem.lower.dtype == problem.upper.dtype == np.float64
    assert problem.upper.tolist() == [3.0, 10.0]


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64])
def test_any_integer_type(kind):
    problem = Problem(kind(100), np.array([1, 2], kind), np.array([90, 90], kind))
    assert problem.whole
    assert problem.upper.dtype == np.int64
    assert solve(problem, AlphaFair(1)).awards.sum() == 100


def test_what_can_be_spent():
    assert Problem(10, 0, [3, 4]).spend == 7
    assert Problem(10.0, 0.0, [3.5, 4.0]).spend == 7.5
    assert Problem(10, 0, [3, 40]).spend == 10
    huge = np.full(5, 2**62)
    assert Problem(MAX_UNITS, 0, huge).spend == MAX_UNITS
    assert Problem(2**53, np.zeros(600, dtype=int), None).spend == 2**53
    assert Problem(2**53, np.zeros(2_000, dtype=int), None).spend == 2**53  # sum of caps > 2**63


def test_inputs_are_copied_and_results_cannot_be_changed():
    columns = {
        "lower": np.array([0, 1]),
        "upper": np.array([5, 6]),
        "weights": np.array([1.0, 2.0]),
        "claims": np.array([3.0, 4.0]),
    }
    before = {name: column.copy() for name, column in columns.items()}
    problem = Problem(7, **columns)
    awards = solve(problem, AlphaFair(2, "recovery")).awards
    solve(problem, Proportional())
    for name, column in columns.items():
        assert column.flags.writeable
        assert (column == before[name]).all()
        column += 1
        assert (getattr(problem, name) == before[name]).all()
        with pytest.raises(ValueError, match="read-only"):
            getattr(problem, name)[0] = 9
    with pytest.raises(ValueError, match="read-only"):
        awards[0] = 9
    with pytest.raises(dataclasses.FrozenInstanceError):
        problem.budget = 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"lower": 0, "upper": None},
            "at least one of lower, upper, weights, claims and ids must be a sequence",
        ),
        (
            {"lower": [0, 0], "upper": [1, 2, 3]},
            "lower and upper must have one entry for each claimant, but their lengths differ: "
            "lower 2, upper 3",
        ),
        (
            {"lower": 0, "upper": [1, 2], "ids": ["a"]},
            "upper and ids must have one entry for each claimant, but their lengths differ: "
            "upper 2, ids 1",
        ),
        (
            {"lower": [0, -1, -2], "upper": None},
            f"lower {NUMBERS}; 2 entries are not, the first at position 1",
        ),
        (
            {"lower": [0.0, np.inf], "upper": None},
            f"lower {NUMBERS}; 1 entry is not, at position 1",
        ),
        (
            {"lower": 0, "upper": [1.0, np.nan]},
            f"upper {NUMBERS}; 1 entry is not, at position 1",
        ),
        (
            {"lower": 0, "upper": None, "weights": [1, np.inf]},
            f"weights {NUMBERS}; 1 entry is not, at position 1",
        ),
        (
            {"lower": 0, "upper": None, "weights": [np.nan, -1.0]},
            f"weights {NUMBERS}; 2 entries are not, the first at position 0",
        ),
        (
            {"lower": 0, "upper": None, "claims": [-0.5, 1]},
            f"claims {NUMBERS}; 1 entry is not, at position 0",
        ),
        (
            {"lower": 0, "upper": [[1, 2]]},
            "upper must be one number or a sequence of numbers",
        ),
        (
            {"lower": [[1], [1, 2]], "upper": None},
            "lower must be one number or a sequence of numbers",
        ),
        (
            {"lower": ["a", "b"], "upper": None},
            "lower must be one number or a sequence of numbers",
        ),
        (
            {"lower": [True, False], "upper": None},
            "lower must be one number or a sequence of numbers",
        ),
        (
            {"lower": [0, 0], "upper": None, "tie_break_key": "é" * 33},
            "tie_break_key is longer than 64 bytes of UTF-8",
        ),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(DataError) as raised:
        Problem(10, **arguments)
    assert str(raised.value) == message


@pytest.mark.parametrize("budget", [-1, -0.5, np.nan, np.inf, True, None, "10", [10], 1j])
def test_refused_budgets(budget):
    with pytest.raises(DataError, match="the budget must be a nonnegative finite number, not "):
        Problem(budget, [0, 0], None)


def test_a_tie_break_key_of_64_bytes_is_fine():
    problem = Problem(1, [0, 0], None, tie_break_key="é" * 32)
    assert solve(problem, AlphaFair(1)).awards.sum() == 1


def test_units_beyond_float_are_refused():
    assert Problem(2**53, [0], None).spend == 2**53
    with pytest.raises(UnsupportedError) as raised:
        Problem(2**53 + 1, [0], None)
    assert str(raised.value) == (
        "a budget of 9007199254740993 units is above 2**53, beyond which whole units are not "
        "exact: choose a larger unit"
    )


@pytest.mark.parametrize("column", ["weights", "claims"])
@pytest.mark.parametrize("value", [1e-320, 9e-291, 2e290])
def test_weights_and_claims_out_of_reach(column, value):
    with pytest.raises(UnsupportedError) as raised:
        Problem(10, 0, None, **{column: [0.0, 1.0, value]})
    assert str(raised.value) == (
        f"{column} must be 0 or from 1e-290 to 1e+290; 1 entry is not, at position 2 "
        "(a common factor for all changes nothing)"
    )
    edges = Problem(10, 0, None, **{column: [0.0, 1e-290, 1e290]})
    assert solve(edges, Proportional()).awards.tolist() == [0, 0, 10]
    if column == "weights":
        assert solve(edges, AlphaFair(0)).awards.tolist() == [0, 0, 10]


@pytest.mark.parametrize(("weight", "claim"), [(1e-290, 1e290), (1e290, 1e-290)])
def test_ratios_out_of_reach(weight, claim):
    problem = Problem(10, 0, None, weights=[0.0, 1.0, weight], claims=[1.0, 1.0, claim])
    with pytest.raises(
        UnsupportedError, match=r"claims/weights must be 0 or .*1 entry is not, at position 2"
    ):
        AlphaFair(0, "recovery").ramps(problem)


def test_real_amounts_out_of_reach():
    with pytest.raises(UnsupportedError) as raised:
        Problem(1e300, 0.0, None, weights=[1e-12, 1.0])
    assert str(raised.value) == (
        "a budget of 1e+300 is above 1e+100, the largest real amount: count in a larger unit of "
        "money"
    )
    with pytest.raises(UnsupportedError, match=r"a floor of 1e\+308 is above 1e\+100, the largest"):
        Problem(10.0, [1e308] * 9, None)
    assert solve(Problem(1e100, 0.0, None, weights=[1e-290, 1e-290]), AlphaFair(1)).awards == (
        pytest.approx([5e99, 5e99])
    )


def test_a_baseline_that_floats_cannot_add_to():
    whole = Problem(10, [0, 0], None)
    for alpha in (0.5, 1, 2):
        with pytest.raises(
            UnsupportedError, match=r"a baseline of 9.0072e\+15 is above 4.5036e\+15"
        ):
            AlphaFair(alpha, baseline=[0, 2.0**53]).ramps(whole)
        assert solve(whole, AlphaFair(alpha, baseline=2.0**52)).awards.tolist() == [5, 5]
    for alpha in (0, np.inf):
        assert solve(whole, AlphaFair(alpha, baseline=2.0**53)).awards.tolist() == [5, 5]
    with pytest.raises(UnsupportedError, match=r"a baseline of 1e\+101 is above 1e\+100"):
        AlphaFair(1, baseline=1e101).ramps(Problem(10.0, [0, 0], None))


def test_unsigned_integers_beyond_int64():
    huge = np.array([2**63 + 2**62, 2**63], dtype=np.uint64)
    assert Problem(4, 0, huge).upper.tolist() == [4, 4]
    assert Problem(4, 0, huge).whole
    assert solve(Problem(5.0, 0, None, weights=huge), AlphaFair(1)).awards.tolist() == [3, 2]
    with pytest.raises(InfeasibleError, match="the floors of 2 claimants add up to"):
        Problem(4, huge, None)


def test_floors_whose_sum_exceeds_int64():
    with pytest.raises(InfeasibleError) as raised:
        Problem(4, np.full(4, 2**62), None)
    assert raised.value.details["sum_of_floors"] == 2**64


def test_a_tie_break_key_may_be_any_text():
    assert solve(Problem(1, [0, 0], None, tie_break_key="\ud800"), AlphaFair(1)).awards.sum() == 1


class Lazy(Sequence):
    """Ids that remember who was asked for."""

    def __init__(self, n):
        self.n, self.asked = n, []

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.asked.append(i)
        return f"u{i}"


def test_only_ids_of_tied_claimants_are_read():
    ids = Lazy(4)
    problem = Problem(15, 0, None, weights=[8.0, 1.0, 1.0, 1.0], ids=ids)
    assert ids.asked == []
    solve(problem, AlphaFair(1))
    assert ids.asked == []
    solve(Problem(16, 0, None, weights=[8.0, 1.0, 1.0, 1.0], ids=ids), AlphaFair(1))
    assert sorted(ids.asked) == [1, 2, 3]


@pytest.mark.parametrize("slope", [1e-15, 0.1, 3.0, 7e11])
def test_the_top_level_reaches_every_cap(slope):
    caps = np.concatenate([np.arange(1.0, 200.0), 0.01 * np.arange(1.0, 200.0)])
    for baseline in (None, np.full(1, 0.3), np.full(1, 1e9)):
        for cap in caps:
            curve = Slopes(np.full(1, slope), baseline, np.zeros(1), np.full(1, cap))
            assert curve.awards(curve.top)[0] == cap
    assert solve(
        Problem(16.0, 0, [7.0, 9.0], weights=[1e-15, 1.0]), AlphaFair(1)
    ).awards.tolist() == [
        7.0,
        9.0,
    ]


def test_floors_above_the_budget():
    with pytest.raises(InfeasibleError) as raised:
        Problem(1_000, np.full(3, 400), None)
    assert str(raised.value) == (
        "the floors of 3 claimants add up to 1,200, which is 200 more than the budget of 1,000: "
        "raise the budget to 1,200, or lower the floors (333 for everybody would fit)"
    )
    assert raised.value.details == {
        "budget": 1_000,
        "sum_of_floors": 1_200,
        "shortfall": 200,
        "claimants": 3,
        "budget_that_works": 1_200,
        "floor_that_works": 333,
    }
    remedied = Problem(raised.value.details["budget_that_works"], np.full(3, 400), None)
    assert solve(remedied, AlphaFair(1)).awards.tolist() == [400] * 3
    Problem(1_000, np.full(3, raised.value.details["floor_that_works"]), None)


def test_real_floors_above_the_budget():
    with pytest.raises(InfeasibleError, match=r"add up to 2\.5, which is 0\.5 more than the budg"):
        Problem(2.0, [1.25, 1.25], None)


def test_a_budget_below_one_floor():
    with pytest.raises(InfeasibleError, match="the floors of 1 claimant add up to 5, which is 4"):
        Problem(1, [5], None)
    with pytest.raises(InfeasibleError, match="raise the budget to 5"):
        Problem(0, [5], None)


def test_floors_above_caps():
    with pytest.raises(InfeasibleError) as raised:
        Problem(10_000, [1, 2_000, 7], [5, 1_500, 6])
    assert str(raised.value) == (
        "2 claimants have a floor above their cap; the first is at position 1: floor 2,000, cap "
        "1,500"
    )
    assert raised.value.details == {"claimants": 2, "first": 1}
    with pytest.raises(InfeasibleError, match="1 claimant has a floor above the cap, at position"):
        Problem(10.0, [0.5], [0.4])


def test_every_refusal_is_an_allocator_error():
    for kind in (DataError, InfeasibleError, UnsupportedError):
        assert issubclass(kind, AllocatorError)


def test_nobody():
    problem = Problem(0, [], None)
    assert (len(problem), problem.spend) == (0, 0)
    assert solve(Problem(0, np.array([], dtype=int), None), AlphaFair(1)).awards.tolist() == []


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AlphaFair("x"), "alpha must be a number from 0 to inf, not 'x'"),
        (lambda: AlphaFair(None), "alpha must be a number from 0 to inf, not None"),
        (lambda: AlphaFair(1, baseline=["a"]), "the baseline must be nonnegative and finite"),
        (
            lambda: AlphaFair(1, baseline=[[1], [1, 2]]),
            "the baseline must be nonnegative and finite",
        ),
        (
            lambda: AlphaFair(1, baseline=[[1, 2]]).ramps(Problem(5, [0, 0], None)),
            "the baseline has 1 x 2 entries for 2 claimants",
        ),
        (lambda: AlphaFair(-1), "alpha must be a number from 0 to inf, not -1"),
        (lambda: AlphaFair(float("nan")), "alpha must be a number from 0 to inf, not nan"),
        (lambda: AlphaFair(1, "both"), 'of must be "amount" or "recovery", not \'both\''),
        (lambda: AlphaFair(1, baseline=[0, -1]), "the baseline must be nonnegative and finite"),
        (lambda: AlphaFair(1, baseline=np.nan), "the baseline must be nonnegative and finite"),
        (
            lambda: AlphaFair(1, baseline=[1, 2, 3]).ramps(Problem(5, [0, 0], None)),
            "the baseline has 3 entries for 2 claimants",
        ),
        (
            lambda: AlphaFair(1, "recovery").ramps(Problem(5, [0, 0], None)),
            'of="recovery" needs a positive claim for everybody',
        ),
        (
            lambda: AlphaFair(1, "recovery").ramps(Problem(5, 0, None, claims=[0, 1])),
            'of="recovery" needs a positive claim for everybody',
        ),
        (
            lambda: Proportional().ramps(Problem(5, [0, 0], None)),
            "proportional needs claims, or weights in their place",
        ),
    ],
)
def test_what_rules_refuse(make, message):
    with pytest.raises(DataError) as raised:
        make()
    assert str(raised.value) == message


def test_a_rule_keeps_its_own_baseline():
    already = np.array([1.0, 2.0])
    rule = AlphaFair(1, baseline=already)
    already += 5
    assert rule.baseline.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        rule.baseline[0] = 3.0
    one_for_all = AlphaFair(1, baseline=2.0).ramps(Problem(5, [0, 0], None))
    assert one_for_all.baseline.tolist() == [2.0, 2.0]


def test_the_level_of_a_solution():
    solution = solve(Problem(10.0, 0, 9.0, weights=[1.0, 4.0]), AlphaFair(1))
    assert solution.level == pytest.approx(2.0)
    assert solution.tier == 1.0
    tiny = solve(Problem(10.0, 0, 9.0, weights=[1e-290, 4e-290]), AlphaFair(1))
    assert tiny.log_level == pytest.approx(np.log(2.0) - np.log(1e-290))
    above = solve(Problem(1e30, 0, None, weights=[1e-290, 4e-290]), AlphaFair(1))
    assert above.level == np.inf
    assert tiny.awards == pytest.approx([2.0, 8.0])
    assert solve(Problem(0, [0], None), AlphaFair(1)).awards.tolist() == [0]
