"""Rows of tables on degenerate data: ties, zeros, one user, negative net assets."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.scenarios.compare import compare
from allocator.scenarios.comparison import distribution
from allocator.scenarios.deciles import TAILS, by_rank, deciles
from allocator.scenarios.sums import group_means

FEW = st.lists(st.integers(0, 3), min_size=1, max_size=40)
SUMS = ("users", "eligible", "paid", "at_floor", "at_cap", "total_cents")
CHANGED = ("users", "gainers", "losers", "unchanged", "gain_cents", "loss_cents", "change_cents")

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["0.00", "0.01", "50.00", "50.00", "80.00", "9000.00"]),
        st.sampled_from(["-5.00", "0.00", "10.00", "10.00", "60.00"]),
        st.sampled_from(["EU", "NA", None, "ALL"]),
    ),
    min_size=1,
    max_size=40,
)
# Everybody is in, whatever they lost or own.
OPEN = {
    "award.budget": "20.00",
    "award.minimum": "0.00",
    "eligibility.min_loss": "0.00",
    "eligibility.min_loss_ratio": "0.00",
    "eligibility.nonpositive_net_assets": "eligible",
}


def table_of(rows):
    losses, net, region = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": [f"u{k}" for k in range(len(rows))],
            "liquidation_loss": losses,
            "net_assets": net,
            "region": pa.array(region, pa.string()),
        }
    )


@given(FEW, st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True).map(sorted))
def test_places_are_those_of_the_middle_of_the_ranks(values, percents):
    n = len(values)
    found = by_rank(np.array(values), percents)
    for value, place in zip(values, found.tolist(), strict=True):
        middle = 2 * sum(v < value for v in values) + values.count(value)  # in 2n-ths
        assert place == sum(100 * middle >= percent * 2 * n for percent in percents)


@given(FEW)
def test_the_tails_are_the_tenth_decile(values):
    tails = by_rank(np.array(values), (90, 95, 99))
    assert ((tails > 0) == (deciles(np.array(values)) == 9)).all()


def test_the_tails_of_a_thousand_are_fifty_forty_and_ten():
    tails = by_rank(np.random.default_rng(0).permutation(1000), (90, 95, 99))
    assert np.bincount(tails).tolist() == [900, 50, 40, 10]


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_rows_add_up_and_only_positive_values_are_in_deciles(rows):
    policy = al.Policy.default().replace(OPEN)
    found = compare(table_of(rows), policy, policy.replace(alpha=0.0, name="Zero"))
    n = len(rows)
    for by, positive in (
        ("loss", [float(loss) > 0 for loss, _, _ in rows]),
        ("net_assets", [float(net) > 0 for _, net, _ in rows]),
        ("loss_ratio", [float(loss) > 0 and float(net) > 0 for loss, net, _ in rows]),
    ):
        frame, changes = found.deciles(by), found.difference(by)
        users = frame["users", "users"]
        assert users.iloc[:10].sum() == sum(positive)
        assert users["ALL"] == n
        ten = [str(k) for k in range(1, 11)]
        others = [name for name in ("zero or less", "not known") if name in frame.index]
        assert list(frame.index) == list(changes.index) == [*ten, *others, "ALL", *TAILS]
        for table, names in ((frame, SUMS), (changes, CHANGED)):
            for column in table:
                if column[1] in names:
                    assert table[column].iloc[: 10 + len(others)].sum() == table.loc["ALL", column]
                    assert table[column].iloc[-3:].sum() == table.loc["10", column]


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_a_column_of_the_users_table_has_a_row_for_each_value(rows):
    policy = al.Policy.default().replace(OPEN)
    found = compare(table_of(rows), policy, policy.replace(alpha=0.0, name="Zero"))
    frame = found.deciles("region")
    shown = {"ALL": '"ALL"', None: "not known"}
    regions = [shown.get(region, region) for _, _, region in rows]
    assert frame.index[-1] == "ALL"
    assert sorted(frame.index[:-1]) == sorted(set(regions))
    for label in set(regions):
        mine = [k for k, region in enumerate(regions) if region == label]
        awards = found.allocations[0].awards.award_cents.iloc[mine]
        assert frame.loc[label, ("users", "users")] == len(mine)
        assert frame.loc[label, ("Announced", "total_cents")] == awards.sum()
        assert frame.loc[label, ("Announced", "paid")] == (awards > 0).sum()
    changes = found.difference("region")
    assert (
        changes["Zero", "change_cents"].iloc[:-1].sum() == changes.loc["ALL"]["Zero"].change_cents
    )


def test_both_recoveries_are_those_that_pandas_gives(some):
    table = some.base.to_arrow().to_pandas()
    mine = table[table.eligible].assign(loss=table.loss.astype(float))
    mine["decile"] = (10 * (mine.loss.rank(method="average") - 0.5) / len(mine)).astype(int) + 1
    frame = distribution(some.base)["Announced"]
    for k in (1, 5, 10):
        of = mine[mine.decile == k]
        ratio = of.award_cents.sum() / 100 / of.loss.sum()
        assert frame.recovery_ratio_of_sums[str(k)] == pytest.approx(ratio, rel=1e-12)
        mean = (of.award_cents / 100 / of.loss).mean()
        assert frame.recovery_mean_of_ratios[str(k)] == pytest.approx(mean, rel=1e-12)
    mean = (mine.award_cents / 100 / mine.loss).mean()
    assert frame.recovery_mean_of_ratios["ALL"] == pytest.approx(mean, rel=1e-12)
    top = mine.sort_values("loss").tail(len(mine) // 100)
    assert frame.paid["top 1%"] == pytest.approx(len(top), abs=1)


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 1e6)), max_size=30))
def test_means_do_not_depend_on_the_order(pairs):
    groups = np.array([g for g, _ in pairs], dtype=np.int64)
    values = np.array([v for _, v in pairs])
    sums, sizes, unit = group_means(groups, 3, values)
    assert (sums, sizes, unit) == group_means(groups[::-1], 3, values[::-1])
    for k in range(3):
        mine = [v for g, v in pairs if g == k]
        assert sizes[k] == len(mine)
        assert sums[k] * unit == pytest.approx(sum(mine), rel=1e-9, abs=max([1, *values]) * 1e-12)


def test_one_user_is_in_the_middle_of_the_ranks(make):
    frame = distribution(make([("a", "60.00", "70.00")]))
    assert frame["users", "users"].tolist() == [0] * 5 + [1] + [0] * 4 + [1, 0, 0, 0]
    assert frame.index.name == "decile of loss"
    assert frame.attrs["basis"].startswith("decile of loss, 1 the smallest; equal values share")
    assert frame["Announced", "mean_cents"].isna().sum() == 12


def test_nobody_eligible_is_an_empty_table(make):
    frame = distribution(make([("a", "1.00", "70.00"), ("b", "2.00", "1.00")]))
    assert frame["users", "users"].sum() == 0
    assert frame["Announced", "recovery_mean_of_ratios"].isna().all()
