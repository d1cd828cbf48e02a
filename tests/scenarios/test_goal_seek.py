import json
import math
import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.allocation.stages import Stages
from allocator.errors import DataError, InfeasibleError, PolicyError
from allocator.scenarios.deciles import deciles
from allocator.scenarios.goal_search import find_place
from allocator.scenarios.goal_seek import goal_seek
from allocator.scenarios.inequality import gini
from allocator.scenarios.reading import load_for
from allocator.scenarios.shared import SharedUsers
from allocator.scenarios.targets import TARGETS


@pytest.fixture(scope="module")
def users():
    return al.simulate_users(3000, seed=3)


@pytest.fixture(scope="module")
def base():
    return al.Policy.default().replace(budget="600000.00")


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=60), st.floats(-6, 6), st.data())
def test_the_search_ends_and_is_true_whatever_the_figure_does(figures, goal, data):
    holes = data.draw(st.sets(st.integers(0, len(figures) - 1)))
    start = data.draw(st.none() | st.integers(0, len(figures) - 1))
    values = [None if i in holes else float(v) for i, v in enumerate(figures)]
    asked = []

    def evaluate(place):
        asked.append(place)
        return values[place]

    found = find_place(evaluate, 0, len(values) - 1, goal, start)
    assert len(asked) == len(set(asked)) <= 60
    assert all(values[place] == value for place, value in found.tried.items())
    if found.place is None:
        assert all(value is None for value in found.tried.values())
    elif found.neighbor is not None:
        assert abs(found.neighbor - found.place) == 1
        low, high = sorted((values[found.place], values[found.neighbor]))
        assert low <= goal <= high
        assert found.reached
    elif not found.reached:
        known = [value for value in found.tried.values() if value is not None]
        assert abs(values[found.place] - goal) == min(abs(value - goal) for value in known)


def test_a_goal_that_is_met_stays_where_it_is():
    plateau = find_place(lambda p: 5.0 if 10 <= p <= 90 else float(p), 0, 100, 5.0, start=50)
    assert (plateau.place, plateau.reached, plateau.neighbor) == (50, True, None)
    flat = find_place(lambda _: 1.0, 0, 100, 5.0, start=70)
    assert (flat.place, flat.reached) == (70, False)


@pytest.mark.parametrize(("start", "place"), [(0, 10), (35, 10), (95, 90), (60, 90)])
def test_the_nearer_end_of_a_plateau_is_found(start, place):
    def figure(p):
        return 5.0 if 10 <= p <= 90 and abs(p - start) > 5 else float(p + 10)

    found = find_place(figure, 0, 100, 5.0, start)
    assert found.reached
    assert abs(found.place - start) <= max(abs(place - start), 6)


def test_a_hole_is_no_neighbor():
    found = find_place(lambda p: float(p) if p < 10 or p > 90 else None, 0, 100, 50.0)
    assert (found.place, found.neighbor, found.reached) == (9, None, False)


def test_a_crossing_that_is_hit_counts_once():
    found = find_place(lambda p: float(p if p <= 80 else 160 - p), 0, 100, 50.0, 50)
    assert (found.place, found.crossings) == (50, 1)


@given(st.integers(1, 10**12), st.integers(0, 10**12), st.booleans())
def test_a_monotone_figure_is_found_on_huge_grids(width, goal, falling):
    sign = -1 if falling else 1
    found = find_place(lambda place: sign * float(place), 0, width, sign * float(goal))
    assert found.reached == (goal <= width)
    assert found.place == min(goal, width)
    assert len(found.tried) <= 2 * math.log2(width + 1) + 20
    assert (found.rises, found.falls) == (not falling, falling)


def test_every_target_is_what_the_awards_say(users, base):
    policy = base.replace(minimum="20.00", maximum="5000.00")
    solved = SharedUsers(load_for(users, [policy], Stages())).solve(policy)
    frame = al.allocate(users, policy).awards
    frame = frame[frame.eligible]
    loss, award = frame["loss"].astype(float), frame.award_cents / 100
    codes = deciles(np.rint(loss * 1e8).astype(np.int64))
    for decile in (None, 1, 10):
        inside = np.ones(len(frame), bool) if decile is None else codes == decile - 1
        a, x = award[inside], (award / loss)[inside]
        expected = {
            "median_recovery": np.sort(x)[(len(x) - 1) // 2],
            "recovery": a.sum() / loss[inside].sum(),
            "median_award": np.sort(a)[(len(a) - 1) // 2],
            "mean_award": a.mean(),
            "lowest_award": a.min(),
            "share_at_minimum": (a == 20).mean(),
            "share_at_maximum": (a == 5000).mean(),
            "total_at_maximum": a[a == 5000].sum(),
            "total": a.sum(),
            "gini": gini(a),
            "eligible": len(a),
        }
        for name, value in expected.items():
            assert TARGETS[name].of(solved, decile) == pytest.approx(value), (name, decile)
    assert set(expected) | {"top_tenth_share"} == set(TARGETS)
    top = TARGETS["top_tenth_share"].of(solved, None)
    assert 0.5 < top < 1
    assert math.isnan(
        TARGETS["gini"].of(
            SharedUsers(load_for(users, [base], Stages())).solve(
                base.replace(min_loss="80000000000")
            ),
            None,
        )
    )


@pytest.mark.parametrize(
    ("vary", "target", "value", "decile"),
    [
        ("award.budget", "lowest_award", 10.0, None),
        ("budget", "median_recovery", 0.25, 1),
        ("budget", "recovery", 0.05, None),
        ("minimum", "median_recovery", 0.5, 1),
        ("maximum", "top_tenth_share", 0.7, None),
        ("alpha", "share_at_minimum", 0.1, None),
        ("loss_exponent", "gini", 0.6, None),
        ("ratio_exponent", "gini", 0.85, None),
        ("ratio_cap", "median_award", 27.5, None),
        ("min_loss", "eligible", 1000, None),
        ("min_loss_ratio", "eligible", 1000, None),
        ("weights.factors.vip_tier.regular", "median_award", 20.0, None),
    ],
)
def test_the_value_found_gives_the_figure(users, base, vary, target, value, decile):
    if vary.startswith("weights.factors"):
        base = base.replace({"weights.factors": {"vip_tier": {"regular": 1.0, "*": 1.0}}})
    found = goal_seek(users, base, vary=vary, target=target, value=value, decile=decile)
    assert found.reached, str(found)
    assert found.achieved == pytest.approx(value, rel=0.02)
    shared = SharedUsers(load_for(users, [found.policy], Stages()))
    assert TARGETS[target].of(shared.solve(found.policy), decile) == found.achieved
    assert len(found.tried) < 120


def test_the_budget_for_a_floor_is_the_least(users, base):
    found = goal_seek(users, base, vary="budget", target="lowest_award", value=10)
    assert found.allocate().awards.query("eligible").award_cents.min() == 1000
    assert str(found).startswith("award.budget = ")
    assert "gives lowest_award = 10 (goal 10)" in str(found)


def test_a_goal_out_of_reach_is_told_with_both_ends(users, base):
    found = goal_seek(
        users, base, vary="award.maximum", target="median_recovery", value=2, decile=1
    )
    assert not found.reached
    assert "comes nearest, with" in str(found)
    assert found.notes[0].startswith(
        "median_recovery of decile 1 does not come to 2 for any award.maximum that was looked at "
        "from 4.00 to 600000.00: it is "
    )
    assert found.achieved == max(value for _, value in found.tried if value is not None)


def test_a_figure_that_turns_around_is_told(users, base):
    found = goal_seek(users, base, vary="maximum", target="total_at_maximum", value=100_000)
    assert any("both rises and falls as award.maximum rises" in note for note in found.notes)
    assert any("crosses the goal 2 times" in note for note in found.notes)
    assert any(note.startswith("the goal lies between two values") for note in found.notes)


def test_a_knob_that_does_nothing_is_told(users, base):
    found = goal_seek(users, base, vary="alpha", target="total", value=1.0)
    assert not found.reached
    assert "objective.alpha does not change total" in found.notes


def test_recoveries_are_of_those_who_lost_something():
    open_to_all = {"min_loss": "0", "min_loss_ratio": "0", "minimum": "0.00", "loss_exponent": 0}
    policy = al.Policy.default().replace({"budget": "30.00", "ratio_exponent": 0, **open_to_all})

    def users(*losses):
        ids = [f"u{i}" for i in range(len(losses))]
        return pa.table({"user_id": ids, "liquidation_loss": losses})

    for target in ("recovery", "median_recovery"):
        found = goal_seek(users(0, 0, 50), policy, vary="budget", target=target, value=0.5)
        assert (found.knob, found.achieved) == (25.0, 0.5)
        with pytest.raises(InfeasibleError, match="nobody is eligible or has lost anything, or"):
            goal_seek(users(0, 0), policy, vary="budget", target=target, value=0.5)


def test_values_that_cannot_be_paid_are_told(users, base):
    found = goal_seek(users, base, vary="minimum", target="share_at_minimum", value=0.5)
    assert found.reached
    assert "values looked at have no figure" in found.notes[-1]
    assert None in found.table["share_at_minimum"].replace({np.nan: None}).tolist()
    with pytest.raises(InfeasibleError, match=r"no value of award.minimum from 3000.00 to 6000.00"):
        goal_seek(
            users,
            base,
            vary="minimum",
            target="gini",
            value=0.5,
            between=("3000", 6000),
        )


def test_a_target_may_be_a_function(users, base):
    def at_floor(result):
        return result.certificate.at_lower

    found = goal_seek(users, base, vary="alpha", target=at_floor, value=100, between=(1, 1.5))
    assert found.target == "at_floor"
    assert found.achieved == pytest.approx(100, abs=3)
    assert found.allocate().certificate.at_lower == found.achieved


def test_it_shows_itself(users, base):
    told = []
    found = goal_seek(
        users,
        base.replace(alpha="inf"),
        vary="alpha",
        target="gini",
        value=0.5,
        progress=lambda *what: told.append(what),
    )
    assert told[2][:2] == ("search", 0)
    assert all(done < total for _, done, total in told)
    assert "<div>objective.alpha = " in found._repr_html_()
    assert repr(found).startswith("GoalSeek(objective.alpha=")
    assert list(found.table.columns) == ["objective.alpha", "gini"]
    assert found.table["objective.alpha"].is_monotonic_increasing
    plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert plain["setting"] == plain["knob"] == found.policy.objective.alpha


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        ({"vary": "maximun"}, PolicyError, "did you mean maximum?"),
        ({"vary": "rule"}, DataError, "objective.rule is not a number to search for; those are"),
        ({"target": "medianrecovery"}, DataError, "did you mean 'median_recovery'? Targets: "),
        ({"target": 7}, DataError, "there is no target 7; Targets: median_recovery"),
        ({"decile": 11}, DataError, "decile must be a whole number from 1 to 10, not 11"),
        ({"decile": 1, "target": "top_tenth_share"}, DataError, "not a figure of one decile"),
        ({"decile": 1, "target": len}, DataError, "a target that is a function has no decile"),
        ({"value": "x"}, DataError, "the goal must be a finite number, not 'x'"),
        ({"value": math.nan}, DataError, "the goal must be a finite number, not nan"),
        ({"value": math.inf}, DataError, "the goal must be a finite number, not inf"),
        ({"target": ["gini"]}, DataError, "there is no target ['gini']; did you mean 'gini'?"),
        ({"target": print}, DataError, "the target print must return a number, not None"),
        ({"vary": "weights.factors.vip.regular"}, PolicyError, "weights.factors"),
        ({"between": (5, 4)}, DataError, "nothing to search between 5 and 4 for award.maximum"),
        ({"between": ("a", 4)}, DataError, "between must be two finite numbers for award.maximum"),
        ({"between": (1,)}, DataError, "between must be two finite numbers"),
        ({"between": (0, math.inf)}, DataError, "between must be two finite numbers"),
    ],
)
def test_what_does_not_fit_is_told(users, base, how, error, said):
    asked = {"vary": "award.maximum", "target": "gini", "value": 0.5, **how}
    with pytest.raises(error) as raised:
        goal_seek(users, base, **asked)
    assert said in str(raised.value)


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.sampled_from(["gini", "share_at_minimum", "median_recovery"]))
def test_the_answer_is_never_worse_than_what_was_tried(goal, target):
    table = al.simulate_users(200, seed=1)
    policy = al.Policy.default().replace(budget="20000.00")
    found = goal_seek(table, policy, vary="alpha", target=target, value=goal)
    ends = [value for _, value in (found.tried[0], found.tried[-1])]
    assert abs(found.achieved - goal) <= min(abs(value - goal) for value in ends) + 1e-12


@pytest.mark.parametrize(
    ("vary", "target", "value", "name"),
    [
        ("award.maximum", "recovery", 0.02, r"Announced \(maximum [\d,]+\.\d\d\)"),
        ("alpha", "gini", 0.6, r"Announced \(alpha [\d.]+\)"),
    ],
)
def test_the_policy_found_is_named_after_what_it_sets(users, base, vary, target, value, name):
    found = goal_seek(users, base, vary=vary, target=target, value=value)
    assert re.fullmatch(name, found.policy.name)
    assert found.allocate().policy.name == found.policy.name
    long = base.replace(name="x" * 100)
    cut = goal_seek(users, long, vary=vary, target=target, value=value).policy.name
    assert len(cut) == 100
    assert cut.endswith(found.policy.name.removeprefix("Announced"))
