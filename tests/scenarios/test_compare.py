import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.errors import DataError, PolicyError
from allocator.money import format_cents
from allocator.scenarios.compare import compare
from allocator.scenarios.comparison_text import finding
from allocator.scenarios.deciles import TAILS
from allocator.scenarios.numerals import big_dollars
from allocator.scenarios.panel import panel
from allocator.scenarios.rows import ChangeRow

ADDITIVE = ("users", "eligible", "paid", "at_floor", "at_cap", "total_cents", "loss_cents")
CHANGES = ("users", "gainers", "losers", "unchanged", "gain_cents", "loss_cents", "change_cents")


@pytest.fixture(scope="module")
def three(some):
    return compare(some.base, some.broad, some.prorata)


@pytest.mark.parametrize("by", ["loss", "net_assets", "loss_ratio", "award"])
def test_rows_add_up_to_all_to_the_cent(three, by):
    frame = three.deciles(by)
    assert list(frame.index[:10]) == [str(k) for k in range(1, 11)]
    assert list(frame.index[-4:]) == ["ALL", *TAILS]
    changes = three.difference(by)
    assert list(changes.index) == list(frame.index)
    for table, additive in ((frame, ADDITIVE), (changes, CHANGES)):
        for column in table:
            if column[1] in additive:
                assert table[column].iloc[:-4].sum() == table.loc["ALL", column], column
                if column[1] != "loss_cents" or table is changes:  # tails are rounded apart
                    assert table[column].iloc[-3:].sum() == table.loc["10", column], column


def test_tables_are_those_that_pandas_gives(some, three):
    table = some.base.to_arrow().to_pandas()
    other = some.broad.to_arrow().to_pandas()
    mine = table[table.eligible].assign(broad=other.award_cents)
    rank = mine.loss.astype(float).rank(method="average") - 0.5
    mine["decile"] = (10 * rank / len(mine)).astype(int)
    frame = three.deciles()
    top = mine[mine.decile == 9]
    assert frame.loc["10", ("users", "users")] == len(top)
    assert frame.loc["10", ("Announced", "total_cents")] == top.award_cents.sum()
    assert frame.loc["10", ("Broad", "at_cap")] == (top.broad == 600_000).sum()
    assert frame.loc["10", ("Announced", "mean_cents")] == round(top.award_cents.mean())
    recovery = top.award_cents.sum() / 100 / float(top.loss.sum())
    assert frame.loc["10", ("Announced", "recovery_ratio_of_sums")] == pytest.approx(
        recovery, rel=1e-12
    )
    change = three.difference().loc["10", "Broad"]
    assert change.gainers == (top.broad > top.award_cents).sum()
    assert change.change_cents == (top.broad - top.award_cents).sum()


def test_overview_has_a_row_per_policy(three):
    frame = three.overview()
    assert list(frame.index) == ["Announced", "Broad", "Pro rata"]
    assert frame.loc["Announced", "unchanged"] == len(three.users)
    assert frame.loc["Announced", "gain_cents"] == 0
    for name in ("Broad", "Pro rata"):
        row = frame.loc[name]
        assert row.gainers + row.losers + row.unchanged == len(three.users)
        assert row.gain_cents == row.loss_cents  # the same money is handed out
    assert frame.total_cents.tolist() == [60_000_000] * 3


def test_the_order_of_rows_changes_nothing(some, three):
    order = np.random.default_rng(1).permutation(len(some.base))
    shuffled = al.allocate(some.users.table.take(order), some.broad.policy)
    again = compare(some.base, shuffled, some.prorata)
    assert again.to_dict() == three.to_dict()


def test_policies_on_users_give_the_same_as_their_runs(some, three):
    policies = [each.policy for each in three.allocations]
    assert compare(some.users, *policies).to_dict() == three.to_dict()


def test_presets_and_files_name_policies(some, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('schema_version = 1\nname = "Mine"\n[award]\nbudget = "9000000.00"\n')
    told = []
    found = compare(
        some.users, "pro-rata", path, names=("a", "b"), progress=lambda *what: told.append(what)
    )
    assert found.names == ("a", "b")
    assert found.allocations[0].policy.objective.rule == "proportional"
    assert found.allocations[1].policy.name == "Mine"
    assert [what[0] for what in told].count("solve") == 2
    assert str(found).splitlines()[0] == "everyone has their maximum under both"
    assert "warning: the budgets differ, and not only the rules" in str(found)
    enough = compare(some.users, "pro-rata", "announced")
    caps = enough.allocations[0].certificate.spent_cents
    assert str(enough) == (
        "everyone has their maximum under both: the budget of $300,000,000.00 is more than all "
        f"caps, {format_cents(caps)}"
    )


def test_everybody_eligible_somewhere_is_compared(some):
    lower = al.allocate(some.users, some.base.policy.replace(min_loss="20.00", name="Lower line"))
    found = compare(some.base, lower)
    new = lower.certificate.eligible - some.base.certificate.eligible
    assert new > 0
    assert len(found.users) == lower.certificate.eligible
    row = found.difference().loc["ALL", "Lower line"]
    assert row.gainers >= new
    assert found.deciles("award").loc["zero or less", ("users", "users")] == new


def test_names_that_occur_twice_are_numbered(some):
    found = compare(some.base, some.base, some.base)
    assert found.names == ("Announced", "Announced (2)", "Announced (3)")
    assert str(found) == "everyone has the same under all 3"
    assert "Announced (2) has the same policy as Announced" in str(
        compare(some.base, some.base, some.broad)
    )
    assert found.difference().loc["ALL", ("Announced (2)", "unchanged")] == len(found.users)


def test_users_in_one_run_only_are_told(some):
    fewer = al.allocate(some.users.table.slice(0, 2900), some.base.policy)
    found = compare(some.base, fewer)
    assert found.users.users == 2900
    note = found.users.notes[0]
    assert note.startswith("100 users of Announced are not in every run and are left out, with $")
    assert note in str(found)


def test_another_loss_is_told(some):
    table = some.users.table.to_pandas()
    table.loc[table.index[:7], "liquidation_loss"] += 1
    other = al.allocate(table, some.base.policy.replace(name="Corrected"))
    notes = compare(some.base, other).users.notes
    eligible = some.base.table.column("eligible").to_numpy()[:7]
    changed = int((eligible | other.table.column("eligible").to_numpy()[:7]).sum())
    assert notes == (
        f"{changed} users have another loss in Corrected than in Announced, whose losses are shown",
    )


def test_ids_are_matched_as_text(make):
    rows = [(k, f"{60 + k}.00", "70.00") for k in range(30)]
    texts = [(str(k), loss, net) for k, loss, net in reversed(rows)]
    budget = {"award.budget": "500.00"}
    found = compare(make(rows, **budget), make(texts, **budget))
    assert len(found.users) == 30
    assert found.difference().loc["ALL", "Announced (2)"].unchanged == 30


def test_runs_without_common_users_cannot_be_compared(make):
    one, other = make([("a", "60.00", "70.00")]), make([("b", "60.00", "70.00")])
    with pytest.raises(DataError, match="have no user_id in common: only runs of the same users"):
        compare(one, other)


def test_what_cannot_be_compared_is_told(some):
    with pytest.raises(DataError, match="at least two policies"):
        compare(some.users, "announced")
    with pytest.raises(DataError, match="at least two allocations"):
        compare(some.base)
    with pytest.raises(DataError, match=r"give the users first: compare\(users, policy"):
        compare(some.base, "broad")
    with pytest.raises(DataError, match="cannot compare a int"):
        compare(some.users, "broad", 3)
    with pytest.raises(PolicyError, match="cannot be read"):
        compare(some.users, "broad", "nowhere.toml")
    with pytest.raises(DataError, match="3 names for 2 allocations"):
        compare(some.base, some.broad, names=("a", "b", "c"))
    with pytest.raises(DataError, match="by must be one of loss, net_assets, loss_ratio, award"):
        compare(some.base, some.broad).deciles("age")


def test_net_assets_come_from_the_run_that_has_them(some):
    policy = some.prorata.policy.replace(min_loss_ratio="0", name="No ratio")
    without = al.allocate(some.users, policy)
    frame = compare(without, some.base).deciles("net_assets")
    assert frame.loc["zero or less", ("users", "users")] > 0
    with pytest.raises(DataError, match="nobody's net assets are known, because No ratio and"):
        compare(without, without).deciles("net_assets")


def test_users_without_a_ratio_have_a_row_of_their_own(some):
    policy = some.base.policy.replace(nonpositive_net_assets="eligible", name="All in")
    frame = compare(some.base, al.allocate(some.users, policy)).deciles("loss_ratio")
    missing = frame.loc["not known", ("users", "users")]
    assert missing == frame.loc["not known", ("All in", "eligible")] > 0


def test_json_is_plain_and_whole(three):
    data = three.to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["names"] == ["Announced", "Broad", "Pro rata"]
    assert data["policy_differences"]["Broad"][0]["key"] == "objective.alpha"
    assert data["differences"]["Broad"][-1]["change_cents"] == 0
    assert len(data["users_by_decile"]) == 11


def test_the_verdict_comes_first(some, three):
    first, second, *_ = str(three).splitlines()
    rows = three.tables().changes["Broad"]
    gain, lose = (n / rows[-1].users for n in (rows[-1].gainers, rows[-1].losers))
    assert first.startswith(f"Broad against Announced: {gain:.1%} gain, {lose:.1%} lose; decile")
    up = [row.label for row in rows[:-1] if row.change_cents > 0]
    assert f"deciles {up[0]} to {up[-1]} gain $" in first
    assert f"decile 10 loses {big_dollars(-rows[9].change_cents)}" in first
    assert second.startswith("Pro rata against Announced: ")
    same = str(compare(some.base, some.base, some.broad))
    assert same.startswith("Announced (2) against Announced: nobody gains or loses\n")
    assert str(compare(some.base, some.base)) == "everyone has the same under both"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([("1", 5), ("2", 5), ("4", 5)], "deciles 1 to 2 and 4 gain $15"),
        ([("1", 5), ("zero or less", 5)], "decile 1 and zero or less gain $10"),
        ([("1", -7)], "decile 1 loses $7"),
        ([("1", 0)], "no decile gains or loses"),
    ],
)
def test_deciles_are_named_shortly(changes, told):
    rows = [ChangeRow(label, 2, 1, 1, 0, 0, 0, 100 * change, 0) for label, change in changes]
    everybody = ChangeRow("ALL", 8, 4, 4, 0, 0, 0, 0, 0)
    assert finding("A", "B", [*rows, everybody]) == f"A against B: 50.0% gain, 50.0% lose; {told}"


def test_other_budgets_are_a_warning(some):
    more = al.allocate(some.users, some.base.policy.replace(budget="700000.00", name="More"))
    found = compare(some.base, some.broad, more)
    assert (
        "warning: the budgets differ, and not only the rules: $600,000.00 under Announced, "
        "$600,000.00 under Broad, $700,000.00 under More; to compare the rules alone, give "
        "all the budget of Announced: --set award.budget=600000.00, or in Python "
        "policy.replace(budget=...)\n"
    ) in str(found)
    assert "warning" not in str(compare(some.base, some.broad))


def test_the_page_fits_a_terminal_and_names_its_basis(three):
    text = str(three)
    assert "By decile of loss, 1 the smallest; equal values share the decile" in text
    tables = [line for line in text.splitlines() if line.startswith(("decile", "ALL", "10"))]
    assert len(tables) == 3 * 6
    assert max(len(line) for line in tables) <= 100
    assert repr(three) == f"Comparison(Announced, Broad, Pro rata; {len(three.users):,} users)"


TIES = st.lists(
    st.tuples(st.sampled_from(["50.00", "50.01", "80.00", "9000.00"]), st.sampled_from([10, 60])),
    min_size=1,
    max_size=30,
)


@settings(max_examples=25, deadline=None)
@given(TIES, st.sampled_from(["0.10", "20.00", "5000.00"]))
def test_any_ties_give_ten_deciles_that_add_up(rows, budget):
    table = pa.table(
        {
            "user_id": [f"u{k}" for k in range(len(rows))],
            "liquidation_loss": [loss for loss, _ in rows],
            "net_assets": [str(net) for _, net in rows],
        }
    )
    changes = {"award.budget": budget, "award.minimum": "0.00"}
    policy = al.Policy.default().replace(changes)
    found = compare(table, policy, policy.replace(alpha=0.0, name="Zero"))
    for by in ("loss", "net_assets", "loss_ratio", "award"):
        frame = found.deciles(by)
        assert list(frame.index[:10]) == [str(k) for k in range(1, 11)]
        for name in found.names:
            total = frame[name, "total_cents"]
            assert total.iloc[:-4].sum() == total["ALL"]
            assert total.iloc[-3:].sum() == total["10"]
    str(found)


def test_a_panel_of_one_is_its_eligible_users(some):
    users = panel([some.base])
    assert len(users) == some.base.certificate.eligible
    assert users.notes == ()
