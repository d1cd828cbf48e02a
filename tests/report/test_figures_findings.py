"""Every figure's title is its finding: the numbers in it are those of the table it came from."""

import re

import numpy as np
import pytest

import allocator as al
from allocator.report.figures import NAMES, Plots
from allocator.scenarios.near_lines import near_lines
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.panel import panel


@pytest.fixture(scope="module")
def plots(some):
    return Plots([some.base, some.prorata, some.broad])


@pytest.fixture(scope="module")
def comparison(some):
    return al.compare(some.base, some.prorata, some.broad)


@pytest.fixture(scope="module")
def many():
    """Enough users that ten stand near every line."""
    users = al.simulate_users(15_000, seed=3)
    return users, al.allocate(users, al.Policy.default().replace(budget="3000000.00"))


def dollars(cents):
    return f"${cents / 100:,.2f}" if cents < 100_000 else f"${round(cents / 100):,}"


def test_distribution_tells_the_medians_of_who_is_paid(plots, comparison):
    frames = [each.awards for each in comparison.allocations]
    told = [
        dollars(int(np.sort(c)[(len(c) - 1) // 2]))
        for c in (f.award_cents[f.award_cents > 0] for f in frames)
    ]
    assert plots.distribution().finding == (
        f"Half of those who are paid get {told[0]} or less under Announced, {told[1]} under Pro "
        f"rata and {told[2]} under Broad."
    )
    for name, frame in zip(comparison.names, frames, strict=True):
        shares = [r["share"] for r in plots.data("distribution") if r["policy"] == name]
        assert sum(filter(None, shares)) == pytest.approx(1.0, abs=0.05)
        row = max(
            (r for r in plots.data("distribution") if r["policy"] == name),
            key=lambda r: r["share"] or 0,
        )
        within = frame.award_cents.between(100 * row["from_dollars"], 100 * row["to_dollars"] - 1)
        assert row["users"] == pytest.approx(int(within.sum()), rel=0.02)


def test_lorenz_tells_what_nine_tenths_have(plots, comparison):
    told = []
    for each in comparison.allocations:
        frame = each.awards
        awards = np.sort(frame.award_cents[frame.eligible].to_numpy())
        at = 0.9 * len(awards)
        sums = np.concatenate(([0], np.cumsum(awards)))
        share = np.interp(at, np.arange(len(sums)), sums) / sums[-1]
        told.append(f"{share:.0%}")
    assert plots.lorenz().finding == (
        f"The nine tenths who get least have {told[0]} of the money under Announced, {told[1]} "
        f"under Pro rata and {told[2]} under Broad; the rest goes to one tenth."
    )


def test_concentration_ranks_by_loss(plots, comparison):
    frame = comparison.allocations[0].awards
    frame = frame[frame.eligible].sort_values("loss")
    lost = frame.loss.astype(float).cumsum() / frame.loss.astype(float).sum()
    share = np.interp(0.9 * len(frame), np.arange(1, len(frame) + 1), lost)
    title = plots.concentration().finding
    assert title.startswith(
        f"The nine tenths who lost least have {share:.0%} of the losses and get "
    )
    rows = [r for r in plots.data("concentration") if r["policy"] == "Broad"]
    told = next(r["money"] for r in rows if r["people"] == pytest.approx(0.9))
    assert f"{told:.0%} under Broad" in title
    got = comparison.deciles().loc[[str(k) for k in range(1, 10)], ("Broad", "total_cents")].sum()
    assert told == pytest.approx(got / comparison.allocations[2].certificate.spent_cents, abs=0.01)


def test_recovery_is_the_ratio_of_sums_by_decile(plots, comparison):
    table = comparison.deciles()
    for name in comparison.names:
        rows = [r["recovery"] for r in plots.data("recovery") if r["policy"] == name]
        expected = table[name].recovery_ratio_of_sums.loc[[str(k) for k in range(1, 11)]]
        assert rows == pytest.approx(list(expected), abs=1e-12)
    column = {name: table[name].recovery_ratio_of_sums for name in comparison.names}
    assert plots.recovery().finding == (
        f"Those who lost least get back {column['Announced'].loc['1']:.1%} of their losses, those "
        f"who lost most {column['Announced'].loc['10']:.1%} under Announced; "
        f"{column['Pro rata'].loc['1']:.1%} and {column['Pro rata'].loc['10']:.1%} under Pro rata; "
        f"{column['Broad'].loc['1']:.1%} and {column['Broad'].loc['10']:.1%} under Broad."
    )


def test_people_and_dollars_are_the_table(plots, comparison):
    table = comparison.deciles()
    rows = [r for r in plots.data("people") if r["policy"] == "Broad"]
    assert [r["total_cents"] for r in rows] == list(table["Broad"].total_cents.iloc[:10])
    assert [r["users"] for r in rows] == list(table["users"].users.iloc[:10])
    top = [
        table[n].total_cents.loc["10"] / table[n].total_cents.loc["ALL"] for n in comparison.names
    ]
    floor = [table[n].at_floor.loc["ALL"] / table[n].eligible.loc["ALL"] for n in comparison.names]
    assert plots.people().finding == (
        f"The tenth who lost most get {percent(top[0], 0)} of the money under Announced, "
        f"{percent(top[1], 0)} under Pro rata and {percent(top[2], 0)} under Broad; "
        f"{percent(floor[0], 0)}, {percent(floor[1], 0)} and {percent(floor[2], 0)} of the people "
        "get the minimum."
    )


def test_gainers_are_the_difference_table(plots, comparison):
    table = comparison.difference()
    told = []
    for name in ("Pro rata", "Broad"):
        whole = table[name].loc["ALL"]
        moved = big_dollars(max(int(whole.gain_cents), int(whole.loss_cents)))
        told.append(
            f"under {name} {percent(whole.gainers / whole.users, 0)} get more and "
            # How many lose under Broad is withheld: with it few unchanged users would follow.
            f"{percent(whole.losers / whole.users, 0) if name == 'Pro rata' else 'some'} less, "
            f"which moves {moved}"
        )
    assert plots.gainers().finding == f"Compared with Announced, {'; '.join(told)}."
    for row in plots.data("gainers"):
        expected = table[row["policy"]].loc[str(row["decile"])]
        if row["gain_share"] is not None:
            assert row["gain_share"] == pytest.approx(expected.gainers / expected.users, abs=0.005)
            assert row["lose_share"] == pytest.approx(expected.losers / expected.users, abs=0.005)
        assert row["mean_change_cents"] == expected.mean_change_cents


def test_cliffs_agree_with_the_health_checks(many):
    users, base = many
    health = al.health(users, base.policy)
    plots = Plots([base])
    lines = {each.line: each for each in near_lines(panel([base]).scenarios[0])}
    assert list(lines) == ["a loss of $50.00", "30% of net assets"]
    for each, name in zip(lines.values(), ("line.min_loss", "line.min_loss_ratio"), strict=True):
        said = re.search(
            r"; ([\d,]+) users stand .*, ([\d,]+) of them outside", health[name].sentence
        )
        near, outside = (int(text.replace(",", "")) for text in said.groups())
        assert (each.inside + each.outside, each.outside) == (near, outside)
    first, second = lines.values()
    assert plots.cliffs().finding == (
        f"From nothing just outside, the median voucher jumps to {dollars(first.jump_cents)} at a "
        f"loss of $50.00, and to {dollars(second.jump_cents)} at 30% of net assets."
    )
    frame = base.awards
    near = frame[frame.eligible & (frame.loss_ratio <= 0.303) & (frame.loss_ratio >= 0.30)]
    assert second.jump_cents == int(near.award_cents.quantile(0.5, interpolation="lower"))
    for row in plots.data("cliffs"):
        assert (row["median_award_cents"] == 0) == (row["from_percent"] < 0)


def test_lines_of_different_policies_are_named(many):
    users, base = many
    wide = base.policy.replace({"eligibility.min_loss": "10.00", "name": "Wide"})
    plots = Plots([base, al.allocate(users, wide)])
    title = plots.cliffs().finding
    assert " at a loss of $50.00 (Announced), " in title
    assert title.endswith("under Announced and Wide.") or title.endswith("(Wide).")
    assert len([a for a in plots.cliffs().axes if a.get_visible()]) == 3
    eligible = [plots.comparison.allocations[k].certificate.eligible for k in (0, 1)]
    assert plots.eligibility().finding == (
        f"Of 15,000 users, {eligible[0]:,} are in under Announced and {eligible[1]:,} under Wide."
    )
    last = {row["policy"]: row["left"] for row in plots.data("eligibility")}
    assert last == {"Announced": eligible[0], "Wide": eligible[1]}


def test_without_lines_there_are_no_cliffs(some):
    policy = some.base.policy.replace(
        {"eligibility.min_loss": "0", "eligibility.min_loss_ratio": "0", "award.minimum": "0"}
    )
    plots = Plots([al.allocate(some.users, policy)])
    assert plots.cliffs().finding == "No line of loss or of net assets decides who is in."


def test_tornado_from_awards_and_from_health(some):
    plots = Plots([some.base, some.prorata])
    rows = plots.data("tornado")
    again = al.allocate(some.users, some.base.policy.replace(alpha=2)).awards
    change = again.award_cents - some.base.awards.award_cents
    alpha = next(r for r in rows if r["key"] == "objective.alpha" and r["policy"] == "Announced")
    assert round(100 * alpha["dollars"]) == change[change > 0].sum()
    assert alpha["share"] == alpha["dollars"] * 100 / some.base.certificate.spent_cents
    assert plots.tornado().finding == (
        f"With alpha 2 instead of 1, {big_dollars(round(alpha['dollars'] * 100))} "
        f"({percent(alpha['share'], 0)} of the money) would go to other people under Announced: no "
        "other open choice moves more."
    )
    health = al.health(some.users, some.base.policy)
    picture = Plots([some.base]).tornado(health)
    told = {f"assumed.{row['key']}": row["dollars"] for row in picture.data}
    assert told == {
        f.id: f.number for f in health.findings if f.id.startswith("assumed.") and f.number
    }
    assert max(told.values()) == picture.data[0]["dollars"]
    assert picture.finding.startswith("With alpha 2, ")


def test_the_frontier_is_told_from_where_the_policy_is(some):
    result = al.frontier(some.users, some.base.policy, values=[0, 1, 2])
    now, there = result.points[1:]
    picture = Plots([some.base]).frontier(result)
    assert picture.finding == (
        f"From alpha 1 to 2, equality rises from {now.equality:.0%} to {there.equality:.0%}, at a "
        f"price of fairness of {there.price_of_fairness:.0%} instead of "
        f"{now.price_of_fairness:.0%}."
    )
    assert [row["efficiency"] for row in picture.data] == [p.efficiency for p in result.points]
    told = [text.get_text() for text in picture.axes[0].texts]
    assert "now: alpha 1" in told
    last = al.frontier(some.users, some.base.policy, values=[0.5, 1])
    assert last.plot.frontier().finding.startswith("From alpha 0.5 to 1, equality rises from ")
    infinite = al.frontier(some.users, some.base.policy.replace(alpha="inf"), values=[5, "inf"])
    assert infinite.plot.frontier().finding.startswith("From alpha 5 to ∞, equality rises from ")
    same = al.frontier(some.users, some.base.policy, vary="award.maximum", values=[6000, 6001])
    assert "equality stays at " in same.plot.frontier().finding


def test_a_frontier_that_hides_another_says_so(some):
    plots = Plots([some.base, some.broad])  # broad is announced with alpha 2, one of its points
    found = [
        al.frontier(some.users, each, values=[0, 1, 2])
        for each in (some.base.policy, some.broad.policy)
    ]
    told = [text.get_text() for text in plots.frontier(*found).axes[0].texts]
    assert {"Announced", "Broad: the same points"} <= set(told)


def test_a_single_policy_needs_no_name(some):
    plots = Plots([some.base])
    for name in NAMES:
        assert " under Announced" not in plots.chart(name).title, name
    assert (
        plots.chart("gainers").title == "Gainers and losers need a second policy to compare with."
    )
    assert not plots.chart("gainers").shown


def test_comparisons_keep_the_names_they_were_given(some):
    comparison = al.compare({"Now": some.base, "Later": some.broad})
    assert comparison.plot.gainers().finding.startswith("Compared with Now, under Later ")
