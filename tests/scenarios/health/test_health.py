"""`al.health` as a whole: its result, its lines, its registry, its command."""

import json
import re
from dataclasses import FrozenInstanceError

import pyarrow as pa
import pyarrow.csv
import pytest
from click.testing import CliRunner

import allocator as al
from allocator.cli.lab_health import health as command
from allocator.scenarios.health.finding import Finding
from allocator.scenarios.health.registry import CHECKS

KINDS = {"split", "merge", "line", "rank", "misreport", "noise", "assumed", "parity", "properties"}


def test_every_check_tells_something(some):
    assert {each.id.partition(".")[0] for each in some.findings} == KINDS
    assert len(CHECKS) == len(KINDS)
    ids = [each.id for each in some.findings]
    assert len(set(ids)) == len(ids)
    assert sum(some.counts.values()) == len(ids)


def test_serious_findings_come_first(some):
    order = ["serious", "watch", "fine"]
    ranks = [order.index(each.severity) for each in some.findings]
    assert ranks == sorted(ranks)
    assert {0, 1, 2} == set(ranks)


def test_every_finding_is_a_number_a_sentence_and_what_changes_it(some):
    for each in some.findings:
        assert each.sentence.endswith(".")
        assert each.unit in ("dollars", "users", "percent", "dollars per dollar", "properties")
        assert each.remedy
        assert all("." in key for key in each.keys)
        if each.severity != "fine" and each.id != "misreport.typical":
            assert each.example is not None, each.id


def test_nobody_is_named(some, table, policy):
    rows = [(str(40 + i), "100", "ab"[i % 2]) for i in range(60)]
    told = al.health(table(rows), policy("900"))
    for text in (str(told), told._repr_html_(), json.dumps(told.to_dict())):
        assert "secret" not in text
    assert not re.search(r"\bu\d+\b", str(some))


def test_the_result_is_frozen_and_plain(some):
    with pytest.raises(FrozenInstanceError):
        some.policy = "mine"
    data = json.loads(json.dumps(some.to_dict(), allow_nan=False))
    assert data["counts"] == some.counts
    assert len(data["findings"]) == len(some.findings)
    first = data["findings"][0]
    assert set(first) == {
        *("id", "severity", "number", "unit", "sentence", "example", "keys", "remedy", "moved")
    }
    assert set(first["example"]) == {"text", "where", "line"}
    table = some.table
    assert table["id"].tolist() == [each.id for each in some.findings]
    assert str(table["line"].dtype) == "Int64"
    assert repr(some).startswith("Health('Announced', ")
    assert "at the level of the policy as it is" in " ".join(str(some).split())
    assert "<table " in some._repr_html_()
    with pytest.raises(KeyError):
        some["nothing"]


def test_the_same_again(some):
    users = al.simulate_users(5000, seed=4)
    again = al.health(users, al.Policy.default().replace(budget="900000.00"))
    assert again.to_dict() == some.to_dict()


def test_rows_of_a_frame_and_lines_of_a_file(table, policy, tmp_path):
    rows = [("60", "60", "a"), ("49.80", "60", "b"), ("90", "100", "a")]
    told = al.health(table(rows), policy("30"))
    assert told["line.min_loss"].example.where == "row 2"
    assert str(told["line.min_loss"].example).startswith("row 2: lost $49.80; ")
    path = tmp_path / "some users.csv"
    lines = [f'"{i}\nmore",{loss},{net}' for i, (loss, net, _) in enumerate(rows)]
    path.write_text("\n".join(["user_id,liquidation_loss,net_assets", *lines]))
    told = al.health(path, policy("30"))
    # Each id goes over two lines: records start on lines 2, 4, 6.
    assert told["line.min_loss"].example.where == "line 4 of some users.csv"
    assert told["line.min_loss"].example.line == 4


def test_columns_have_the_names_a_policy_gives_them(policy):
    chosen = policy("900", columns={"tier": "Level"}, factors={"tier": {"a": 2.0, "*": 1.0}})
    frame = pa.table(
        {
            "user_id": list(range(40)),
            "liquidation_loss": [100.0 + i for i in range(40)],
            "net_assets": [120.0] * 40,
            "Level": ["a", "b"] * 20,
            "note": [str(i) for i in range(40)],
            "flag": [True, False] * 20,
            "many": [str(i) for i in range(39)] + [None],
        }
    )
    told = al.health(frame, chosen, by=["tier", "flag"])
    found = [each.id for each in told.findings if each.id.startswith("parity.")]
    assert sorted(found) == [
        *("parity.flag", "parity.flag.given_loss", "parity.tier", "parity.tier.given_loss")
    ]
    assert told["parity.tier.given_loss"].keys == ("weights.factors.tier",)
    with pytest.raises(al.DataError, match="there is no column 'teir' to group by; there are "):
        al.health(frame, chosen, by=["teir"])
    with pytest.raises(al.DataError, match=r'by must be a list of columns, such as by=\["ti'):
        al.health(frame, chosen, by="tier")


def test_a_column_of_many_values_is_no_grouping(policy):
    frame = pa.table(
        {
            "user_id": list(range(60)),
            "liquidation_loss": [100.0] * 60,
            "net_assets": [120.0] * 60,
            "note": [str(i) for i in range(60)],
        }
    )
    assert not [e for e in al.health(frame, policy("900")).findings if e.id.startswith("parity")]
    with pytest.raises(al.DataError, match="note has 60 different values, too many to compare"):
        al.health(frame, policy("900"), by=["note"])


DEGENERATE = {
    "one user": [("100", "100", "a")],
    "nobody eligible": [("10", "100", "a"), ("20", "0", "b")],
    "all tied": [("50", "50", "a")] * 7,
    "nothing lost": [("0", "0", "a")] * 3,
    "the largest": [("89999999999.99999999", "89999999999.99999999", "a")] * 2,
    "the poorest": [("100", "-89999999999.99999999", "a"), ("100", "0.00000001", "a")],
}


@pytest.mark.parametrize("rows", DEGENERATE.values(), ids=DEGENERATE)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"alpha": 0},
        {"alpha": "inf"},
        {"rule": "proportional", "min_loss_ratio": "0", "min_loss": "0", "minimum": "0"},
        {"of": "recovery", "alpha": 3},
        {"factors": {"tier": {"*": 0.0}}},
        {"minimum": "0", "min_loss": "1", "nonpositive_net_assets": "eligible"},
    ],
    ids=str,
)
def test_degenerate_tables(table, policy, rows, changes):
    told = al.health(table(rows), policy("28.00", **changes))
    assert len(str(told)) > 1000
    json.dumps(told.to_dict(), allow_nan=False)
    assert len(told.table) == len(told.findings)


def test_a_loss_by_a_hair_is_told_in_full(table, policy):
    told = al.health(table([("49.99999999", "60", "a"), ("90", "90", "a")]), policy("30"))
    assert "lost $49.99999999; " in told["merge.line"].example.text
    assert told["split.maximum"].sentence.startswith("There is nobody at the maximum, to gain")


def test_all_at_the_minimum(table, policy):
    told = al.health(table([("60", "60", "a"), ("120", "120", "b")]), policy("8.00"))
    assert told["split.minimum"].number == 4.0
    assert "Of 1 user whose halves get the minimum, 1 would gain" in told["split.minimum"].sentence
    assert told["split.line"].number == -4.0
    assert told["misreport.typical"].number == 0


def test_exclusions_by_amount_are_lines(table, policy):
    rows = [("100", "99", "a"), ("100", "101", "a"), ("100", "80", "a"), ("700", "90", "a")]
    chosen = policy(
        "80", exclude={"net_assets": {"min": "100"}, "liquidation_loss": {"min": "700"}}
    )
    told = al.health(table(rows), chosen)
    net = told["line.exclude.net_assets.min"]
    assert "2 users stand within 1% of it, 1 of them outside" in net.sentence
    assert net.keys == ("eligibility.exclude.net_assets",)
    assert "the exclusion of net assets from $100.00" in net.sentence
    loss = told["line.exclude.liquidation_loss.min"]
    assert "1 user stands within 1% of it, 1 of them outside" in loss.sentence
    chosen = policy("80", exclude={"net_assets": {"max": "80"}})
    told = al.health(table(rows), chosen)
    assert "up to $80.00" in told["line.exclude.net_assets.max"].sentence


def test_progress_is_told(table, policy):
    seen = []
    al.health(table([("60", "60", "a")]), policy(), progress=lambda *each: seen.append(each))
    assert seen[0] == ("splitting", 0, 9)
    assert [stage for stage, _, _ in seen] == list(CHECKS)


def test_bad_rows_are_refused(table, policy):
    with pytest.raises(al.DataError, match="1 bad row"):
        al.health(table([("60", "60", "a"), ("-1", "60", "a")]), policy())


def test_a_new_check_is_one_line(table, policy, monkeypatch):
    mine = Finding("mine", "watch", 1.0, "users", "Mine.", None, (), "nothing")
    monkeypatch.setitem(CHECKS, "mine", lambda _: iter([mine]))
    assert al.health(table([("60", "60", "a")]), policy())["mine"] is mine


def test_the_command(table, tmp_path):
    path = tmp_path / "users.csv"
    rows = [(str(40 + i), "100", "ab"[i % 2]) for i in range(60)]
    pyarrow.csv.write_csv(table(rows), path)
    done = CliRunner().invoke(command, [str(path), "--policy", "broad", "--by", "tier"])
    assert done.exit_code == 0
    assert done.stdout.startswith("Broad: ")
    assert "of users.csv" in done.stdout
    done = CliRunner().invoke(command, [str(path), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["policy"] == "Announced"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"award.per": "person_id"}, 'has award.per = "person_id"; health looks at'),
        ({"columns": {"already_paid": "paid"}}, "has columns.already_paid; health"),
    ],
)
def test_policies_that_are_not_of_accounts_alone_are_refused_by_name(changes, told):
    policy = al.Policy.default().replace(changes)
    with pytest.raises(al.UnsupportedError, match=f"the policy 'Announced' {told}"):
        al.health(al.simulate_users(50, seed=1), policy)


def test_a_budget_that_does_not_bind_is_told_in_the_note():
    users = al.simulate_users(300, seed=1)
    told = "Everybody has their cap and money is left"
    assert told in al.health(users, al.Policy.default()).note
    assert told not in al.health(users, al.Policy.default().replace(budget="50000.00")).note


def test_who_is_at_the_maximum_has_not_all_of_the_loss():
    losses = [10_000] * 12 + [100] * 4
    ids = [f"u{i}" for i in range(16)]
    users = pa.table({"user_id": ids, "liquidation_loss": losses, "net_assets": losses})
    policy = al.Policy.default().replace(budget="1000.00", maximum="60.00")
    told = al.health(users, policy)["split.median"].sentence
    assert "the median award of $60.00 would" in told
    whole = al.health(users, al.Policy.default().replace(budget="100000.00", maximum="100.00"))
    assert "the median award of $100.00 would" in whole["split.median"].sentence
    few = al.health(users.slice(12), al.Policy.default().replace(budget="1000.00"))
    assert "the median award of $100.00 (all of the loss) would" in few["split.median"].sentence


def test_a_dollar_that_only_costs_is_no_gain():
    users = pa.table({"user_id": ["a"], "liquidation_loss": [100], "net_assets": [200]})
    exclude = {"liquidation_loss": {"min": "100.5"}}
    policy = al.Policy.default().replace(budget="1000.00", exclude=exclude)
    found = al.health(users, policy)["misreport.largest"]
    assert found.severity == "fine"
    assert found.sentence == (
        "One more dollar of reported loss raises nobody's award, and costs somebody $100.00."
    )


def test_constraints_are_told_in_the_note():
    policy = al.Policy.default().replace(
        {
            "budget": "200000.00",
            "constraints": [{"name": "r", "each": "region", "max_share": "0.6"}],
        }
    )
    found = al.health(al.simulate_users(1000, seed=1), policy)
    assert "They count as in no group that a constraint holds back" in found.note
