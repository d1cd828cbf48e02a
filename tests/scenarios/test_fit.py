"""Fitting a policy to examples: known policies come back, and what cannot be told is not told."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.cli.lab_fit import fit as command
from allocator.errors import DataError, PolicyError
from allocator.scenarios.fit import fit

LOSS, RATIO = "weights.loss_exponent", "weights.ratio_exponent"


def table(loss, award, ratio=None, **columns):
    """Examples; net assets follow from the ratio."""
    loss = np.asarray(loss, dtype=float)
    content = {"liquidation_loss": np.round(loss, 2), "award": award}
    if ratio is not None:
        content["net_assets"] = np.round(np.round(loss, 2) / np.asarray(ratio), 8)
    return pa.table({**content, **columns})


def simulated(n, level=0.05, a=0.8, b=0.5, low=4, high=600, seed=0, noise=0.0, factor=1.0):
    """Draw examples of a known policy, in dollars to the cent; those of "vip" get `factor`."""
    rng = np.random.default_rng(seed)
    loss = np.round(np.exp(rng.uniform(np.log(100), np.log(5e5), n)), 2)
    ratio = rng.uniform(0.3, 1, n)
    vip = rng.random(n) < 0.4
    award = level * loss**a * ratio**b * np.where(vip, factor, 1)
    award = np.clip(award * np.exp(noise * rng.standard_normal(n)), low, high)
    return loss, ratio, np.round(np.minimum(award, loss), 2), np.where(vip, "vip", "regular")


def told(found, text):
    return [note for note in found.notes if text in note]


@settings(max_examples=25, deadline=None)
@example(a=0.5, b=0.25, scale=21.0, seed=347)
@example(a=0.625, b=0.1875, scale=27.0, seed=347)
@given(
    a=st.floats(0.3, 1.5),
    b=st.floats(0.0, 1.5),
    scale=st.floats(20, 200),
    seed=st.integers(0, 1000),
)
def test_an_exact_policy_comes_back(a, b, scale, seed):
    level = scale / 5000**a  # so that a loss of $5,000 gets about that much
    loss, ratio, award, _ = simulated(90, level, a, b, low=0.01, high=1e9, seed=seed)
    # Three that are equal by chance would be read as a floor.
    _, place, shared = np.unique(award, return_inverse=True, return_counts=True)
    chosen = (award >= 2) & (shared[place] < 3)
    found = fit(table(loss[chosen], award[chosen], ratio[chosen]))
    value = found.parameters.value
    assert value[LOSS] == pytest.approx(a, abs=2e-3)
    assert value[RATIO] == pytest.approx(b, abs=1e-2)
    assert not found.residuals.outlier.any()
    close = found.residuals.fitted_over_wished.between(0.995, 1.005)
    assert (close | (found.residuals.difference_cents.abs() <= 1)).all()  # a cent of few is much


@pytest.mark.parametrize("seed", range(5))
def test_simple_numbers_come_back_exactly_with_floor_cap_and_factor(seed):
    loss, ratio, award, tier = simulated(80, factor=1.5, seed=seed)
    found = fit(table(loss, award, ratio, tier=tier))
    policy = found.policy
    assert policy.name == "Fitted"
    assert policy.weights.loss_exponent == pytest.approx(0.8, abs=1e-4)
    assert policy.weights.ratio_exponent == pytest.approx(0.5, abs=1e-3)
    assert policy.weights.factors["tier"]["vip"] == pytest.approx(1.5, rel=1e-3)
    assert policy.weights.factors["tier"] == {**policy.weights.factors["tier"], "regular": 1.0}
    assert policy.weights.factors["tier"]["*"] == 1.0
    assert (policy.award.minimum, policy.award.maximum)[1] == "600.00"
    assert set(found.parameters.determined[[LOSS, RATIO, "award.maximum"]]) == {"well"}
    assert found.residuals.difference_cents.abs().max() <= 2
    assert (found.policy.objective.alpha, found.policy.objective.rule) == (1.0, "alpha_fair")
    assert {s.key for s in policy.sources() if s.source == "set"} >= {LOSS, "award.maximum"}


@pytest.mark.parametrize("seed", range(5))
def test_noise_and_outliers(seed):
    loss, ratio, award, _ = simulated(100, seed=seed, noise=0.05)
    wrong = np.flatnonzero((award > 10) & (award < 50))[:6]
    award[wrong] *= 10
    found = fit(table(loss, np.round(award, 2), ratio))
    row = found.parameters.loc[LOSS]
    assert row.value == pytest.approx(0.8, abs=0.03)
    assert row.low - 0.02 < 0.8 < row.high + 0.02
    assert found.parameters.value[RATIO] == pytest.approx(0.5, abs=0.15)
    outliers = found.residuals.index[found.residuals.outlier]
    assert set(wrong + 2) <= set(outliers)
    assert len(outliers) <= len(wrong) + 2
    assert told(found, f"left out of the fit: lines {wrong[0] + 2}")


def test_intervals_cover_about_as_often_as_they_say():
    covered = 0
    for seed in range(60):
        loss, ratio, award, _ = simulated(30, seed=seed, noise=0.1, low=0.01, high=1e6)
        row = fit(table(loss, award, ratio)).parameters.loc[LOSS]
        covered += row.low <= 0.8 <= row.high
    assert 49 <= covered <= 60  # 95% of 60 is 57; the scale of few examples is itself uncertain


def test_trust_counts():
    loss, ratio, award, _ = simulated(40, seed=1, high=1e6, low=0.01)
    doubtful = np.arange(40) % 2 == 0
    award[doubtful] = np.round(award[doubtful] * 1.3, 2)
    trust = np.where(doubtful, 0.0001, 1.0)
    level = fit(table(loss, award, ratio, trust=trust)).level
    assert level == pytest.approx(0.05, rel=1e-3)
    assert fit(table(loss, award, ratio)).level > 0.051
    found = fit(table(loss, award, ratio, trust=np.where(doubtful, 0.0, 1.0)))
    assert len(found.residuals) == 20
    assert told(found, "trust of 0 are left out")


def test_one_example():
    found = fit(table([400], [20], [0.8]))
    assert set(found.parameters.determined) == {"not"}
    assert found.policy.weights.loss_exponent == 1.0
    assert found.residuals.fitted_cents.tolist() == [2000]
    assert told(found, "Only one example lies between the bounds")
    assert told(found, "proves nothing")
    assert "Fitted, from 1 example\n" in str(found)


def test_two_examples_leave_the_ratio_or_a_trade():
    found = fit(table([400, 900], [20, 30], [0.8, 0.4]))
    assert set(found.parameters.determined[[LOSS, RATIO]]) == {"not"}
    (trade,) = told(found, "cannot be told apart")
    assert "only weights.loss_exponent - 0.855 × weights.ratio_exponent" in trade
    assert found.residuals.difference_cents.abs().max() <= 1
    without = fit(table([400, 900], [20, 30]))
    assert without.parameters.determined[LOSS] == "weakly"
    assert "nothing checks them" in without.parameters.why[LOSS]
    assert np.isnan(without.parameters.low[LOSS])
    assert told(without, "have no net assets")


def test_equal_ratios_do_not_tell_their_exponent():
    loss = np.geomspace(200, 50_000, 12)
    found = fit(table(loss, np.round(0.1 * loss**0.7, 2), np.full(12, 0.6)))
    assert found.parameters.determined[[LOSS, RATIO, "level"]].tolist() == ["well", "not", "not"]
    assert found.policy.weights.ratio_exponent == 0.5
    assert found.policy.weights.loss_exponent == pytest.approx(0.7, abs=1e-4)
    assert told(found, "have the same ratio (0.6)")
    other = fit(table(loss, np.round(0.1 * loss**0.7, 2), np.full(12, 0.6)), policy="pro-rata")
    assert other.policy.weights.ratio_exponent == 0.0  # where the policy started from has it


def test_equal_losses_do_not_tell_their_exponent():
    ratio = np.linspace(0.3, 1, 9)
    found = fit(table(np.full(9, 900.0), np.round(60 * ratio**0.5, 2), ratio))
    assert found.parameters.determined[[LOSS, RATIO]].tolist() == ["not", "well"]
    assert found.policy.weights.ratio_exponent == pytest.approx(0.5, abs=1e-3)
    assert told(found, "have the same loss ($900.00)")


def test_equal_net_assets_tell_only_the_sum_of_the_exponents():
    loss = np.linspace(3000, 9500, 12).round()
    award = np.round(0.02 * loss**0.9 * (loss / 10_000) ** 0.4, 2)
    found = fit(table(loss, award, loss / 10_000))
    assert set(found.parameters.determined[[LOSS, RATIO]]) == {"not"}
    (trade,) = told(found, "cannot be told apart")
    assert "weights.loss_exponent + weights.ratio_exponent = 1.3 is known" in trade
    weights = found.policy.weights
    assert weights.ratio_exponent == 0.5
    assert weights.loss_exponent == pytest.approx(0.8, abs=2e-3)
    assert found.residuals.difference_cents.abs().max() <= 1


def test_a_factor_that_only_one_end_has():
    loss = np.geomspace(200, 50_000, 12)
    tier = np.where(np.arange(12) < 6, "regular", "vip")
    award = np.where(tier == "vip", 600.0, np.round(0.5 * loss**0.6, 2))
    found = fit(table(loss, award, tier=tier))  # every vip is at the cap
    key = "weights.factors.tier.vip"
    assert found.parameters.determined[key] == "not"
    assert told(found, f"No example between the bounds tells {key}")


def test_two_attributes_that_say_the_same():
    loss = np.geomspace(200, 50_000, 12)
    tier = np.where(np.arange(12) % 2, "a", "b")
    award = np.round(0.1 * loss**0.7 * np.where(tier == "a", 2, 1), 2)
    found = fit(table(loss, award, tier=tier, group=tier))
    (note,) = told(found, "a change of one is undone")
    assert "weights.factors.tier.b cannot be told apart from weights.factors.group.b" in note
    assert "It stays at 1, and the others depend on that." in note
    assert found.parameters.determined[LOSS] == "well"
    assert found.residuals.difference_cents.abs().max() <= 1


def test_awards_at_a_bound_move_what_nothing_else_tells():
    loss = np.array([200.0, 400, 800, 1600, 3200, 5000])
    award = np.append(0.1 * loss[:5], 900)  # at a ratio of 1 the cap asks for 2^b >= 1.8
    ratio = np.array([0.5] * 5 + [1.0])
    found = fit(table(loss, award, ratio), maximum=900)
    exponent = found.policy.weights.ratio_exponent
    assert 0.84 < exponent < 0.9
    assert found.parameters.determined[RATIO] == "not"
    assert "moved only as far as awards at a bound ask" in found.parameters.why[RATIO]
    assert told(found, "moves from 0.5 to 0.8")
    assert found.residuals.fitted_over_wished.between(0.99, 1.01).all()
    assert fit(table(loss, award, ratio), maximum=600).policy.weights.ratio_exponent == 0.5


def test_exponents_that_are_hardly_told_apart():
    rng = np.random.default_rng(2)
    loss = np.linspace(3000, 9000, 14).round()
    ratio = loss / 10_000 * np.exp(0.02 * rng.standard_normal(14))
    award = np.round(0.02 * loss**0.9 * ratio**0.4 * np.exp(0.02 * rng.standard_normal(14)), 2)
    found = fit(table(loss, award, ratio))
    assert told(found, f"{LOSS} and {RATIO} can hardly be told apart")
    assert "well" not in set(found.parameters.determined[[LOSS, RATIO]])


def test_attributes_that_are_no_factors():
    loss = np.geomspace(200, 50_000, 8)
    lists = pa.array([[1]] * 8)
    found = fit(
        table(
            loss,
            np.round(0.1 * loss**0.7, 2),
            post=[f"p{i}" for i in range(8)],
            region=["EU"] * 8,
            what=lists,
            vip=[True, False, None, True] * 2,
        )
    )
    assert told(found, "Column post is left out: it has 8 different values")
    assert told(found, "Every example has EU in region")
    assert told(found, "Column what is left out: its values are neither")
    assert set(found.policy.weights.factors) == {"vip"}
    assert set(found.policy.weights.factors["vip"]) == {"true", "false", "*"}
    assert not fit(table(loss, np.round(loss / 9, 2), vip=[True] * 4 + [False] * 4),
                   factors=[]).policy.weights.factors  # fmt: skip
    with pytest.raises(DataError, match="no column 'tier'"):
        fit(table(loss, loss), factors=["tier"])


def test_all_the_same():
    found = fit(table([100, 1000, 10_000], [25, 25, 25], [0.4, 0.6, 0.8]))
    assert told(found, "everybody at the minimum, everybody at the maximum, and an equal award")
    assert set(found.parameters.determined[[LOSS, RATIO]]) == {"not"}
    assert (found.residuals.difference_cents == 0).all()


def test_all_at_the_floor():
    found = fit(table([60, 100, 150], [4, 4, 4], [0.4, 0.6, 0.8]))
    assert found.parameters.determined["award.minimum"] == "weakly"
    assert set(found.parameters.determined[[LOSS, RATIO, "level"]]) == {"not"}
    assert (found.residuals.difference_cents == 0).all()
    assert found.residuals.held_by.tolist() == ["minimum"] * 3
    assert told(found, "No example lies strictly between the bounds")
    both = fit(table([60, 100_000], [4, 6000], [0.5, 0.5]))
    assert (both.residuals.difference_cents == 0).all()
    assert both.residuals.held_by.tolist() == ["minimum", "maximum"]


def test_contradictory_examples_are_named():
    loss = [100, 100, 500, 2500, 9000]
    found = fit(table(loss, [10, 20, 60, 300, 1100], [0.5] * 5))
    (note,) = told(found, "have the same loss and ratio")
    assert note.startswith("Lines 2 and 3")
    assert "from $10.00 to $20.00" in note
    groups = fit(table(sorted([100, 200, 300, 400, 500] * 2), [10, 20] * 5))
    assert told(groups, "2 more groups of examples contradict")


def test_falling_wishes_have_an_exponent_of_zero():
    loss = np.geomspace(200, 50_000, 10)
    found = fit(table(loss, np.round(500 * loss**-0.3, 2)))
    assert found.policy.weights.loss_exponent == 0.0
    assert told(found, "The examples ask for weights.loss_exponent = -0.3")
    assert found.parameters.determined[LOSS] == "weakly"


def test_an_equal_award_has_an_exponent_of_zero_and_no_note_against_it():
    policy = al.Policy.default().replace(budget="300000", loss_exponent=0.0, ratio_exponent=0.0)
    table = al.allocate(al.simulate_users(3000, seed=11), policy).awards
    some = table[table.eligible].head(200)
    found = fit(
        pd.DataFrame(
            {
                "liquidation_loss": some["loss"],
                "net_assets": some["net_assets"],
                "award": [f"{cents / 100:.2f}" for cents in some["award_cents"]],
            }
        )
    )
    weights = found.policy.weights
    assert weights.loss_exponent == 0
    for key in ("loss_exponent", "ratio_exponent"):
        asked = [
            note for note in found.notes if note.startswith(f"The examples ask for weights.{key}")
        ]
        assert not asked or getattr(weights, key) in (0, 10)


def test_bounds_found_given_and_not_known():
    loss = np.geomspace(100, 50_000, 20)
    award = np.round(np.clip(0.05 * loss, 12, 900), 2)
    found = fit(table(loss, award))
    assert (found.policy.award.minimum, found.policy.award.maximum) == ("12.00", "900.00")
    assert found.policy.weights.loss_exponent == pytest.approx(1, abs=1e-4)
    given = fit(table(loss, award), minimum="12.00", maximum="$900")
    assert given.parameters.determined["award.minimum"] == "given"
    assert given.policy.weights.loss_exponent == pytest.approx(1, abs=1e-4)
    middle = fit(table(loss[5:-9], award[5:-9]))
    assert middle.parameters.determined[["award.minimum", "award.maximum"]].tolist() == ["not"] * 2
    assert middle.parameters.high["award.minimum"] == award[5]
    assert middle.parameters.low["award.maximum"] == award[-10]
    low = fit(table([100, 1000, 5000], ["2.50", "20.00", "90.00"]))
    assert low.policy.award.minimum == "2.50"  # the announced minimum of $4 cannot be
    two = fit(table([100, 150, 1000, 5000], [10, 10, 20, 90]))
    assert told(two, "2 examples share: if it is the minimum, give it")
    stray = award.copy()
    stray[10] = 3  # below the clump: an outlier, not a floor
    assert fit(table(loss, stray)).policy.award.minimum == "12.00"
    stray[9] = 4  # three share an award and two get less: they share it by chance
    assert fit(table(loss, stray)).parameters.determined["award.minimum"] != "well"
    for bad, message in [("12.345", "whole cents"), ("x", "is not an amount"), ("9999", "below")]:
        with pytest.raises(PolicyError, match=message):
            fit(table(loss, award), minimum=bad)


def test_awards_that_are_the_loss_count_as_at_least():
    loss = np.array([50.0, 60, 70, 200, 900, 4000, 16_000])
    award = np.round(np.minimum(10 * loss**0.5, loss), 2)
    found = fit(table(loss, award))
    assert found.residuals.held_by.tolist() == ["loss"] * 3 + [""] * 4
    assert found.policy.weights.loss_exponent == pytest.approx(0.5, abs=1e-4)
    above = fit(table(loss, award + np.array([9, 0, 0, 0, 0, 0, 0])))
    assert told(above, "Awards above the loss, which award.cap_at_loss rules out: line 2")
    free = al.Policy.default().replace(cap_at_loss=False)
    assert not told(fit(table(loss, award), policy=free), "Awards above")


def test_a_given_bound_is_one_that_the_policy_can_have():
    rows = pa.table({"liquidation_loss": [400, 900], "award": ["20.00", "30.00"]})
    policy = al.Policy.default().replace({"unit": "5.00", "minimum": "5.00"})
    with pytest.raises(
        PolicyError, match=r"^minimum: must be a multiple of award.unit, \$5.00, not"
    ):
        fit(rows, policy=policy, minimum="4.00")


def test_the_index_of_a_filtered_frame_is_no_factor():
    frame = pd.DataFrame({"liquidation_loss": [1, 400, 900, 2500], "award": [1, 20, 30, 50]})
    assert "__index" not in str(fit(frame[frame.liquidation_loss > 100]))
    frame.index = [1, 1, 2, 2]
    assert not fit(frame).policy.weights.factors


def test_factors_are_a_list():
    rows = pa.table({"liquidation_loss": [400, 900], "award": ["20.00", "30.00"]})
    with pytest.raises(DataError, match=r'must be a list of columns, such as factors=\["vip"\]'):
        fit(rows, factors="vip")


def test_what_eligibility_would_leave_out():
    found = fit(table([3, 500, 900, 4000], [2, 25, 40, 150], [0.5, 0.1, 0.5, 0.9]))
    assert told(found, "Eligibility is not fitted, and would leave out")[0].endswith(
        "lines 2 and 3."
    )
    data = pa.table({"liquidation_loss": [500, 900], "net_assets": [-5, 900], "award": [20, 40]})
    assert told(fit(data), "Net assets of zero or less count as a ratio of 100%, the cap: line 2")
    assert told(fit(data, minimum=600), "Losses below the minimum award")


def test_bad_rows_are_told_with_their_lines(tmp_path):
    path = tmp_path / "examples.csv"
    path.write_text(
        "liquidation_loss,net_assets,award\n100,,5\n0,10,5\nx,10,5\n100,10,-1\n100,10,1.005\n"
    )
    with pytest.raises(DataError, match="5 bad rows among the 5") as caught:
        fit(path)
    assert [(row["line"], row["column"]) for row in caught.value.rows] == [
        (2, "net_assets"),
        (3, "liquidation_loss"),
        (4, "liquidation_loss"),
        (5, "award"),
        (6, "award"),
    ]
    assert "nothing to award" in str(caught.value)
    with pytest.raises(DataError, match="no column 'award'"):
        fit(pa.table({"liquidation_loss": [1]}))
    with pytest.raises(DataError, match="there is nothing to fit"):
        fit(pa.table({"liquidation_loss": [1], "award": [0]}))
    zero = fit(pa.table({"liquidation_loss": [10, 100, 1000], "award": [0, 5, 50]}))
    assert told(zero, "Awards of $0.00 say who is out, not how much anybody gets")
    assert zero.residuals.index.tolist() == [3, 4]
    nothing = al.Policy.default().replace(
        brackets=[{"up_to": "100", "rate": "0"}, {"rate": "1.00"}]
    )
    with pytest.raises(DataError, match="is not recognized at all"):
        fit(pa.table({"liquidation_loss": [60, 1000], "award": [5, 50]}), policy=nothing)


def test_several_files_are_told_apart(tmp_path):
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("liquidation_loss,award\n100,5\n200,7\n")
    found = fit(f"{tmp_path}/*.csv")
    assert [str(line).rpartition("/")[2] for line in found.residuals.index] == [
        *("a.csv:2", "a.csv:3", "b.csv:2", "b.csv:3"),
    ]


def test_the_budget_that_gives_the_fitted_awards(some):
    base = some.base.awards
    chosen = some.base.to_arrow().filter(np.asarray(base.eligible)).slice(0, 200)
    examples = chosen.select(["loss", "net_assets"]).rename_columns(
        ["liquidation_loss", "net_assets"]
    )
    award = np.asarray(chosen.column("award_cents")) / 100
    examples = examples.append_column("award", pa.array(award))
    found = fit(examples, users=some.users)
    assert found.policy.weights == al.Policy.default().weights
    assert (found.residuals.difference_cents.abs() <= 1).all()
    assert found.budget_cents == pytest.approx(60_000_000, rel=1e-3)
    again = al.allocate(some.users, found.policy).awards
    assert again.award_cents.sum() == found.budget_cents
    assert (again.award_cents - base.award_cents).abs().max() <= 50
    assert told(found, "which is the budget of the fitted policy")


def test_the_numbers_behind_the_examples_are_shown():
    loss, ratio, award, tier = simulated(40, factor=1.5)
    found = fit(table(loss, award, ratio, tier=tier))
    text = str(found)
    assert found.formula in text
    assert "The 12 examples that fit worst, of 40:" in text
    assert "objective.alpha" in text
    assert told(found, "Alpha is fixed at 1")
    html = found._repr_html_()
    assert html.count("<table ") == 2
    assert html.count("<tr>") == len(found.parameters) + 12 + 2
    hostile = table(loss, award, ratio, tier=np.where(tier == "vip", "<b>", "x"))
    assert "<b>&lt;" not in fit(hostile)._repr_html_()
    assert "weights.factors.tier.<b>" not in fit(hostile)._repr_html_()
    data = found.to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert len(data["residuals"]) == 40
    assert repr(found).startswith("Fit('voucher = ")
    with pytest.raises(AttributeError):
        found.level = 2
    assert al.fit is fit


def test_inputs_in_any_order_give_the_same_policy():
    loss, ratio, award, tier = simulated(40, seed=5, noise=0.03)
    award = np.round(award, 2)
    order = np.random.default_rng(1).permutation(40)
    one = fit(table(loss, award, ratio, tier=tier))
    other = fit(table(loss[order], award[order], ratio[order], tier=tier[order]))
    assert one.policy == other.policy


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([50, 100, 100, 700, 5000, 90_000]),
            st.sampled_from([0.3, 0.5, 0.5, 1.0, 3.0]),
            st.sampled_from([1, 4, 4, 10, 50, 700, 6000, 6000]),
            st.sampled_from(["x", "y"]),
        ),
        min_size=1,
        max_size=9,
    )
)
def test_whatever_the_examples_there_is_an_honest_answer(rows):
    loss, ratio, award, tier = (list(column) for column in zip(*rows, strict=True))
    found = fit(table(loss, award, ratio, tier=tier))
    assert 0 <= found.policy.weights.loss_exponent <= 10
    assert np.isfinite(found.level)
    inside = (found.residuals.held_by == "").sum()
    if inside < 2:
        assert set(found.parameters.determined[[LOSS, RATIO]]) == {"not"}
    if inside < 3:
        assert "well" not in set(found.parameters.determined[[LOSS, RATIO]])
    str(found), found._repr_html_(), json.dumps(found.to_dict(), allow_nan=False)


def test_command(tmp_path):
    loss, ratio, award, _ = simulated(20)
    path, out = tmp_path / "examples.csv", tmp_path / "policy.toml"
    table(loss, award, ratio).to_pandas().to_csv(path, index=False)
    run = CliRunner()
    done = run.invoke(command, [str(path), "--out", str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "Fitted, from 20 examples" in done.stdout
    assert al.Policy.load(out) == fit(path).policy
    done = run.invoke(command, [str(path), "--json", "--maximum", "600"], catch_exceptions=False)
    assert json.loads(done.stdout)["policy"]["award"]["maximum"] == "600.00"
    done = run.invoke(command, [str(path), "--out", "policy.json"])
    assert done.exit_code == 2
    assert "--out must end in .toml" in done.output
