import json
import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.allocation.stages import Stages
from allocator.core.cents import WholeUnits
from allocator.core.waterline import Waterline
from allocator.errors import DataError, InfeasibleError, PolicyError, VerificationError
from allocator.scenarios import margin
from allocator.scenarios import shared as shared_module
from allocator.scenarios.deciles import deciles
from allocator.scenarios.inequality import gini
from allocator.scenarios.members import Members
from allocator.scenarios.reading import load_for
from allocator.scenarios.same_knob import effective_exponents, formula_key
from allocator.scenarios.scenario_figures import scenario_figures
from allocator.scenarios.shared import SharedUsers
from allocator.scenarios.sums import median, share_of_top
from allocator.scenarios.sweep import sweep

BUDGET = "600000.00"
FACTORS = {"regular": 1.2, "*": 1.0}


@pytest.fixture(scope="module")
def users():
    return al.simulate_users(3000, seed=3)


@pytest.fixture(scope="module")
def base():
    return al.Policy.default().replace(budget=BUDGET)


# Every section that is reused, changed and changed back.
CHANGES = [
    {},
    {"alpha": 2},
    {"alpha": 0},
    {"alpha": "inf"},
    {"min_loss": "500.00"},
    {"min_loss": "0.00", "minimum": "0.00"},
    {"minimum": "100.00"},
    {"minimum": "100.00", "cap_at_loss": False},
    {"maximum": "50000.00"},
    {"budget": "99999999.00"},
    {"min_loss_ratio": "0.60"},
    {"min_loss_ratio": "0", "ratio_exponent": 0.0},
    {"nonpositive_net_assets": "eligible"},
    {"exclude_already_compensated": False},
    {"exclude": {"vip_tier": ["regular"]}},
    {"weights.factors": {"vip_tier": FACTORS}},
    {"weights.factors": {"vip_tier": {**FACTORS, "regular": 0.0}}},
    {"loss_exponent": 0.7, "ratio_cap": "0.5"},
    {"of": "recovery", "alpha": 2},
    {"of": "recovery", "alpha": 0},
    {"rule": "proportional"},
    {"brackets": [{"up_to": "500", "rate": "1.00"}, {"rate": "0.20"}]},
    {"unit": "1.00"},
    {},
]


def test_every_scenario_is_what_allocate_gives(users, base):
    """To the cent, user by user; and figures that the awards table gives, too."""
    policies = [base.replace(change) for change in CHANGES]
    loaded = load_for(users, policies, Stages())
    shared = SharedUsers(loaded, policies[:3])
    for policy in policies:
        solved = shared.solve(policy, certify=True)
        result = al.allocate(users, policy)
        table = result.awards[result.awards.eligible]
        mine = table.award_cents.to_numpy()
        ids = [solved.problem.ids[i] for i in range(len(solved.units))]
        awards = dict(zip(ids, (solved.units * solved.unit_cents).tolist(), strict=True))
        assert awards == dict(zip(table.user_id, mine.tolist(), strict=True))
        figures, certificate = scenario_figures(solved), result.certificate
        assert figures.status == certificate.status
        assert figures.eligible == certificate.eligible
        assert (figures.at_floor, figures.at_cap) == (certificate.at_lower, certificate.at_upper)
        assert figures.total_cents == certificate.spent_cents
        assert figures.paid == np.count_nonzero(mine)
        assert figures.median_cents == median(mine)
        assert figures.mean_cents == pytest.approx(mine.mean(), abs=0.5)
        assert figures.gini == pytest.approx(gini(mine))
        loss = np.rint(table["loss"].to_numpy() * 1e8).astype(np.int64)
        assert figures.recovery == pytest.approx(mine.sum() * 1e6 / loss.sum())
        assert figures.top_tenth_share == pytest.approx(float(share_of_top(mine, loss)))
        codes = deciles(loss)
        expected = [
            mine[codes == k].sum() * 1e6 / loss[codes == k].sum() if (codes == k).any() else None
            for k in range(10)
        ]
        assert figures.recovery_by_decile == pytest.approx(expected)
        assert (figures.level is None) == (certificate.level is None)
        if figures.level and policy.objective.alpha:
            assert figures.level == pytest.approx(certificate.level, rel=1e-2)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_deciles_of_sorted_losses_are_those_of_deciles(values):
    loss = np.sort(np.array(values)) * 10**8
    members = Members.of(loss, loss)
    codes = deciles(loss)
    assert np.diff(members.decile_starts).tolist() == np.bincount(codes, minlength=10).tolist()
    units = np.arange(len(loss)) % 3
    assert members.share_of_top_tenth(units, int(units.sum())) == share_of_top(units, loss)


@settings(max_examples=40, deadline=None)
@given(
    # losses and net assets whose ratio is on a cutoff, just beside it, or none
    st.lists(
        st.tuples(
            st.sampled_from(["60", "90", "24000000000.00000001", "23999999999.99999999"]),
            st.sampled_from(["-5", "0", "100", "200", "300", "80000000000", "150.00000001"]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.lists(
        st.sampled_from(["0", "0.2", "0.3", "30%", "0.45", "0.6", "0.9"]), min_size=1, max_size=4
    ),
    st.lists(st.sampled_from(["50.00", "90.00"]), min_size=1, max_size=2, unique=True),
    st.sampled_from(["eligible", "ineligible"]),
    st.lists(st.sampled_from([0.0, 0.5]), min_size=1, max_size=2, unique=True),
)
def test_every_ratio_lets_in_whom_allocate_lets_in(pairs, ratios, least, without, exponents):
    losses, assets = zip(*pairs, strict=True)
    ids = [f"u{i}" for i in range(len(pairs))]
    table = pa.table({"user_id": ids, "liquidation_loss": losses, "net_assets": assets})
    base = al.Policy.default().replace(budget="777.77", nonpositive_net_assets=without)
    policies = [
        base.replace(min_loss_ratio=ratio, min_loss=loss, ratio_exponent=exponent)
        for ratio in ratios
        for loss in least
        for exponent in exponents
    ]
    shared = SharedUsers(load_for(table, policies, Stages()), policies[:1])  # others come later
    for policy in [*policies, *reversed(policies)]:
        solved = shared.solve(policy)
        awards = al.allocate(table, policy).awards
        expected = dict(zip(awards.user_id, awards.award_cents, strict=True))
        who = [solved.problem.ids[i] for i in range(len(solved.units))]
        assert sorted(who) == sorted(awards.user_id[awards.eligible])
        units = dict(zip(who, solved.units.tolist(), strict=True))
        assert all(expected[user] == units[user] for user in who)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(["0", "4", "49.99", "50", "50", "70", "9000"]), min_size=1, max_size=9
    ),
    st.lists(st.sampled_from(["0", "4.00", "50.00", "60.00"]), min_size=1, max_size=3),
    st.lists(st.sampled_from(["0", "50.00", "50.01"]), min_size=1, max_size=3),
    st.booleans(),
)
def test_ties_and_thresholds_agree_with_allocate(losses, minima, least, cap):
    ids = [f"u{i}" for i in range(len(losses))]
    table = pa.table({"user_id": ids, "liquidation_loss": losses, "net_assets": ["80"] * len(ids)})
    base = al.Policy.default().replace(budget="300.01", cap_at_loss=cap)
    result = sweep(table, base, {"minimum": minima, "min_loss": least}, verify=True)
    for policy, figures in zip(result.scenarios, result.figures, strict=True):
        if figures.status == "infeasible":
            with pytest.raises(InfeasibleError):
                al.allocate(table, policy)
        else:
            certificate = al.allocate(table, policy).certificate
            assert figures.total_cents == certificate.spent_cents
            assert (figures.eligible, figures.at_floor) == (
                certificate.eligible,
                certificate.at_lower,
            )


def test_a_grid_has_a_row_for_each_combination(users, base):
    result = sweep(users, base, {"alpha": [1, 2], "award.minimum": [0, 4.5, "10.00"]})
    table = result.table
    assert len(result) == len(table) == 6
    assert table["objective.alpha"].tolist() == [1, 1, 1, 2, 2, 2]
    assert table["award.minimum"].tolist() == [0, 4.5, 10] * 2
    assert table["effective_loss_exponent"].tolist() == [1.0] * 3 + [0.5] * 3
    assert table["effective_ratio_exponent"].tolist() == [0.5] * 3 + [0.25] * 3
    assert (table.total_cents == 60_000_000).all()
    assert str(table.total_cents.dtype) == "Int64"
    assert result.scenarios[4].name == "alpha=2, minimum=4.5"
    assert result.deciles.shape == (6, 10)
    assert result[4].certificate.at_lower == table.at_floor[4]


def test_a_list_has_a_row_for_each_item(users, base):
    result = sweep(users, base, [{}, {"alpha": 2}, {"weights.factors.vip_tier": FACTORS}])
    assert result.knobs == ("objective.alpha", "weights.factors.vip_tier")
    assert result.table["objective.alpha"].tolist() == [1, 2, 1]
    assert result.table.effective_vip_tier_exponent.tolist() == [0, 0, 1]
    assert result.scenarios[0].name == base.name


def test_it_says_that_alpha_and_the_exponents_are_one_knob(users, base):
    grid = {"alpha": [1, 2], "loss_exponent": [0.5, 1.0], "ratio_exponent": [0.25, 0.5]}
    result = sweep(users, base, grid)
    assert result.notes[0].startswith("alpha and loss_exponent and ratio_exponent are one knob")
    same = "scenarios 0 (alpha=1, loss_exponent=0.5, ratio_exponent=0.25) and 7 (alpha=2, "
    assert any(note.startswith(same) for note in result.notes)
    awards = [result[i].awards.award_cents for i in (0, 7)]
    assert abs(awards[0] - awards[1]).max() <= 1


def test_under_constraints_alpha_and_the_exponents_are_not_one_knob():
    """Where constraints overlap, prices stand beside weights: the same powers give other awards."""
    users = pa.table(
        {
            "user_id": list("abcd"),
            "liquidation_loss": [100, 200, 300, 400],
            "net_assets": [100, 300, 900, 500],
            "region": list("AABB"),
            "vip": list("xyxy"),
        }
    )
    least = [
        {"name": value, "where": {name: [value]}, "min_total": "60.00"}
        for name, value in (("region", "A"), ("vip", "x"))
    ]
    policy = al.Policy.default().replace({"budget": "100.00", "constraints": least})
    other = {"alpha": 3, "loss_exponent": 3.0, "ratio_exponent": 1.5}
    result = sweep(users, policy, [{"alpha": 1}, other])
    awards = [result[i].awards.award_cents for i in (0, 1)]
    assert abs(awards[0] - awards[1]).max() > 100
    assert result.notes == ()
    free = sweep(users, policy.replace(constraints=[]), [{}, {"constraints": least}])
    assert free.notes == ()


def test_it_says_what_changes_nothing(users, base):
    result = sweep(
        users, base, {"alpha": [1, 2], "award.unit": ["0.01"], "min_loss": [50, "50.00"]}
    )
    assert "eligibility.min_loss changes nobody's award in this sweep" in result.notes
    assert not any(note.startswith(("award.unit", "objective.alpha")) for note in result.notes)
    named = "scenarios 0 (alpha=1, unit=0.01, min_loss=50) and 1 (alpha=1, unit=0.01, min_loss="
    assert any(note.startswith(named) and "the same award" in note for note in result.notes)


def test_many_equal_scenarios_are_told_shortly(users, base):
    result = sweep(users, base, {"alpha": [1, 2, 3, 4, 5, 6, 7], "tie_break_key": list("abcdefg")})
    assert any(
        "3 (alpha=1, tie_break_key=d)" in note and "2 more" in note for note in result.notes
    ) or (any("odd cents" in note and "2 more" in note for note in result.notes))
    assert any(note.startswith("2 more groups of scenarios are the same") for note in result.notes)


def test_alpha_does_nothing_to_recovery_weighted_by_loss(base):
    policy = base.replace(of="recovery", ratio_exponent=0.0)
    keys = {formula_key(policy.replace(alpha=alpha)) for alpha in (0.5, 1, 2, "inf")}
    assert len(keys) == 1
    assert effective_exponents(policy.replace(alpha=5)) == {"loss": 1.0, "ratio": 0.0}
    assert formula_key(base.replace(rule="proportional", alpha=0)) != formula_key(base)


def test_factors_act_through_alpha(base):
    def key(factor, alpha):
        factors = {"vip_tier": {"regular": factor, "*": 1.0}}
        change = {"weights.factors": factors, "alpha": alpha, "loss_exponent": float(alpha)}
        return formula_key(base.replace({**change, "ratio_exponent": alpha / 2}))

    assert key(2.0, 1) == key(4.0, 2)
    assert key(2.0, 1) != key(2.0, 2)
    assert key(0.0, 1) == key(0.0, 2) != key(1.0, 1)


def test_a_scenario_that_cannot_be_paid_has_no_figures(users, base, tmp_path):
    result = sweep(users, base, {"alpha": [1, 2], "award.minimum": [4, 1000]})
    assert result.table.status.tolist() == ["optimal", "infeasible"] * 2
    assert result.table.eligible.isna().tolist() == [False, True] * 2
    assert result.notes[0].startswith("2 of 4 scenarios cannot be paid (1, 3, such as alpha=1, ")
    assert "raise award.budget" in result.notes[0]
    with pytest.raises(InfeasibleError):
        result[1]
    result.to_csv(tmp_path / "table.csv")
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert lines[0].startswith("scenario,objective.alpha,award.minimum,effective_loss_exponent")
    assert len(lines) == 5
    assert lines[2].startswith("1,1.0,1000.0,1.0,0.5,infeasible,,")
    said = str(result)
    assert said.splitlines()[-1] == "verified: bounds and total only"
    assert "<table" in result._repr_html_()
    assert "<li>2 of 4" in result._repr_html_()
    assert repr(result) == "Sweep(4 scenarios over objective.alpha, award.minimum)"
    plain = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert plain["scenarios"][1]["eligible"] is None
    assert len(plain["scenarios"][0]["recovery_by_decile"]) == 10


def test_values_that_json_has_not_are_text(users, base):
    result = sweep(users, base, {"alpha": [math.inf, np.float64(1)]})
    assert result.to_dict()["scenarios"][0]["objective.alpha"] == "inf"
    assert sweep(users, base, {"alpha": np.array([1, 2])}).knobs == ("objective.alpha",)
    assert sweep(users, base, {"cap_at_loss": [True, False]}).table["award.cap_at_loss"][0]


def test_progress_counts_scenarios(users, base):
    told = []
    sweep(users, base, {"alpha": [1, 2]}, progress=lambda *what: told.append(what))
    assert told == [("load", 0, 8), ("check", 1, 8), ("scenario", 0, 2), ("scenario", 1, 2)]


@pytest.mark.parametrize(
    ("vary", "error", "said"),
    [
        ({"alhpa": [1]}, PolicyError, "alhpa: unknown key; did you mean alpha?"),
        ({"alpha": 1}, DataError, "objective.alpha: give a list of values"),
        ({"alpha": "12"}, DataError, "objective.alpha: give a list of values"),
        ({"alpha": []}, DataError, "objective.alpha: the list of values is empty"),
        ({}, DataError, "nothing to vary: give a grid, such as"),
        ([], DataError, "a list of scenarios holds dicts, at least one"),
        ([1], DataError, "a list of scenarios holds dicts, at least one"),
        (7, DataError, "cannot vary a int"),
        ({"alpha": [1], "objective.alpha": [2]}, DataError, "objective.alpha is there twice"),
        ({"alpha": [1, -1]}, PolicyError, "with alpha=-1: policy: 1 thing to correct"),
        ({"minimum": [float("nan")]}, PolicyError, "with minimum=nan: policy:"),
        ({"minimum": [9000]}, PolicyError, "with minimum=9000: policy:"),
    ],
)
def test_what_does_not_fit_is_told(users, base, vary, error, said):
    with pytest.raises(error) as raised:
        sweep(users, base, vary)
    assert said in str(raised.value)


def test_no_users_are_an_error(base):
    empty = pa.table(
        {"user_id": pa.array([], pa.string()), "liquidation_loss": [], "net_assets": []}
    )
    with pytest.raises(DataError, match="has no rows"):
        sweep(empty, base, {"alpha": [1]})


def test_nobody_eligible_is_no_error(users, base):
    result = sweep(users, base, {"min_loss": ["50.00", "80000000000.00"]})
    assert result.table.eligible.tolist()[1] == 0
    assert result.table.status.tolist()[1] == "caps_reached"
    assert result.table.median_cents.isna().tolist() == [False, True]


@pytest.mark.parametrize(("certify", "said"), [(False, "total: "), (True, "optimal: ")])
def test_awards_that_are_wrong_are_found(users, base, monkeypatch, certify, said):
    """A cent too many shows in the total; a cent in the wrong place in the certificate only."""
    honest = Waterline.units

    def wrong(line, tie_keys):
        (units,) = honest(line, tie_keys).awards
        lower, upper = line.curves[0].lower, line.curves[0].upper
        inside = np.flatnonzero((units > lower + 1000) & (units < upper - 1000))
        units[inside[0]] += 500
        if certify:
            units[inside[-1]] -= 500
        return WholeUnits((units,), None)

    monkeypatch.setattr(Waterline, "units", wrong)
    with pytest.raises(VerificationError, match=said):
        sweep(users, base, {"alpha": [1]}, verify=certify)


def test_awards_outside_their_bounds_are_found(users, base, monkeypatch):
    def wrong(line, _):
        return WholeUnits((line.curves[0].upper.astype(np.int64) + 1,), None)

    monkeypatch.setattr(Waterline, "units", wrong)
    with pytest.raises(VerificationError, match=r"bounds: .* awards are outside their bounds"):
        sweep(users, base, {"alpha": [1]})


def test_arrays_are_made_once_for_all_scenarios_that_share_them(users, base, monkeypatch):
    made = []
    honest = shared_module.decide
    monkeypatch.setattr(shared_module, "decide", lambda *a: made.append(a) or honest(*a))
    grid = {"min_loss_ratio": ["0.3", "0.5"], "alpha": [1, 2], "minimum": [0, 4, 60]}
    sweep(users, base, grid | {"min_loss": [40, 50]})
    assert len(made) == 1  # larger cutoffs choose among those whom the smallest let in


CHANGES = (
    {},
    {"alpha": 2},
    {"alpha": "inf"},
    {"rule": "talmud"},
    {"rule": "proportional", "award.unit": "1.00"},
    {"of": "recovery", "alpha": 3},
    {"constraints": [{"name": "EU", "where": {"region": ["EU"]}, "max_share": "0.10"}]},
)


@pytest.mark.parametrize("changes", CHANGES, ids=str)
@pytest.mark.parametrize("n", [300, 25_000])
def test_the_level_is_that_of_the_certificate(changes, n):
    users = al.simulate_users(n, seed=5)
    policy = al.Policy.default().replace({"budget": f"{100 * n}.00", **changes})
    (figures,) = sweep(users, policy, [{}]).figures
    assert figures.level == al.allocate(users, policy).certificate.level


def test_margins_are_known_without_asking_all_users(monkeypatch):
    asked = []
    whole = margin.find_edge
    monkeypatch.setattr(margin, "find_edge", lambda *a: asked.append(1) or whole(*a))
    users = al.simulate_users(40_000, seed=5)
    sweep(users, al.Policy.default().replace(budget="7000000.00"), {"alpha": [1, 2, 5]})
    assert len(asked) <= 1  # where the bracket ends at the last unit


def test_shares_are_percents_on_the_card_and_decimals_in_the_frame(users, base):
    result = sweep(users, base, {"alpha": [1, 2]})
    share = result.figures[0].top_tenth_share
    assert f">{share:.1%}<" in result._repr_html_()
    assert result.table.top_tenth_share[0] == share
