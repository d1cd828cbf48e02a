"""[[constraints]] from the policy to the certificate, the explanation and verification."""

import dataclasses
import json

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation.bound_groups import LISTED
from allocator.allocation.recheck import recheck
from allocator.errors import InfeasibleError, UnsupportedError
from allocator.policy.rules import LEVELS

CAP = {"name": "a person", "each": "person_id", "max_total": "30.00"}
EU = {"name": "EU guarantee", "where": {"region": ["EU"]}, "min_total": "50.00"}


@pytest.fixture
def accounts():
    """Ann has two accounts, the last user belongs to nobody."""
    return pa.table(
        {
            "user_id": ["a1", "a2", "b", "c", "x"],
            "liquidation_loss": ["100.00"] * 5,
            "net_assets": ["100.00"] * 5,
            "person_id": ["ann", "ann", "bob", "cy", None],
            "region": ["EU", "NA", "EU", "NA", "NA"],
        }
    )


def policy_with(*constraints, **changes):
    data = {"budget": "100.00", "name": "Groups", "constraints": list(constraints)}
    return al.Policy.default().replace(data | changes)


def test_a_cap_for_every_person(accounts):
    result = al.allocate(accounts, policy_with(CAP))
    awards = result.table.column("award_cents").to_pylist()
    assert (awards[:2], sorted(awards[2:])) == ([1500, 1500], [2333, 2333, 2334])
    assert result.table.column("binding").to_pylist() == ["group", "group", "none", "none", "none"]
    name = "a person: person_id ann"
    assert result.table.column("group").to_pylist() == [f"cap of {name}"] * 2 + [None] * 3
    found = result.certificate.to_dict()["groups"]
    assert found["listed"] == [
        {"name": name, "bound": "cap", "users": 2, "total_cents": 3000, "level": 0.149999986111}
    ]
    assert (found["groups"], found["binding"], found["at_floor"], found["at_cap"]) == (3, 1, 0, 1)
    assert "groups at their floor or cap have levels of their own" in result.formula


def test_what_ann_is_told(accounts):
    said = al.allocate(accounts, policy_with(CAP)).explain("a1")
    assert said.group == "the cap of $30.00 for a person: person_id ann binds"
    assert said.customer == (
        "You lost $100.00, 100.0% of your net assets. All vouchers of your group (person_id ann) "
        "may not exceed $30.00 together: yours is $15.00."
    )
    assert "the cap of $30.00 for a person: person_id ann binds" in str(said)
    assert "level 0.14999999 of the group, fractional award $14.999999" in str(said)


def test_a_floor_binds_and_an_own_floor_is_told_as_such(accounts):
    result = al.allocate(accounts, policy_with(EU, minimum="15.00"))
    assert result.table.column("award_cents").to_pylist()[0] == 2500
    assert result.table.column("binding").to_pylist()[0] == "group"
    assert "come to at least $50.00 together: yours is $25.00" in result.explain("b").customer
    low = {"name": "NA", "where": {"region": ["NA"]}, "max_total": "45.00"}
    result = al.allocate(accounts, policy_with(low, minimum="15.00"))
    assert result.table.column("binding").to_pylist()[1] == "floor"
    assert "The minimum applied: your voucher is $15.00." in result.explain("c").customer
    assert "at the minimum" in str(result.explain("c"))


def test_nested_groups_and_the_innermost_decides(accounts):
    outer = {"name": "EU", "where": {"region": ["EU"]}, "max_total": "32.00"}
    inner = {
        "name": "bob",
        "where": {"person_id": ["bob"], "region": ["EU"]},
        "max_share": "10.005%",
    }
    result = al.allocate(accounts, policy_with(outer, inner))
    awards = result.table.column("award_cents").to_pylist()
    assert (awards[0], awards[2]) == (2200, 1000)
    assert result.table.column("group").to_pylist() == ["cap of EU", None, "cap of bob", None, None]


@pytest.mark.parametrize("rule", LEVELS)
def test_groups_under_every_rule(accounts, rule, tmp_path):
    result = al.allocate(accounts, policy_with(CAP, rule=rule))
    awards = result.table.column("award_cents").to_pylist()
    assert sum(awards[:2]) <= 3000
    assert sum(awards) == 10000
    assert result.certificate.ok
    result.save(tmp_path / "run")
    assert recheck(tmp_path / "run", users=accounts).faults == ()
    for user in ("a1", "b"):
        assert al.load_allocation(tmp_path / "run").explain(user).customer == (
            result.explain(user).customer
        )


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_run_with_groups_is_recomputed_from_its_folder(users, tmp_path, form):
    from allocator.allocation.folder import save

    policy = policy_with(
        {"name": "regions", "each": "region", "max_share": "20%", "min_share": "5%"},
        {
            "name": "tiers",
            "where": {"region": ["EU"], "vip_tier": ["regular"]},
            "min_total": "9000",
        },
        budget="50000.00",
    )
    result = al.allocate(users, policy)
    save(result, tmp_path / "run", csv=form == "csv")
    assert recheck(tmp_path / "run", users=users).faults == ()
    path = tmp_path / "run" / "certificate.json"
    changed = json.loads(path.read_text())
    changed["groups"]["listed"][0]["total_cents"] += 1
    path.write_text(json.dumps(changed))
    assert any("groups" in fault for fault in recheck(tmp_path / "run", users=users).faults)


def test_awards_that_break_a_group_are_refused(accounts):
    policy = policy_with(CAP)
    awards = al.allocate(accounts, policy).table.column("award_cents").to_numpy().copy()
    awards[0] += 1
    awards[2] -= 1
    certificate = al.verify(accounts, policy, awards)
    assert not certificate.ok
    assert certificate.failures[0] == (
        "bounds: 1 groups are outside their bounds; the first, 'a person: person_id ann', has "
        "30.01, not from 0 to 30"
    )
    # Inside a group, too, nobody chose among equals.
    awards = al.allocate(accounts, policy).table.column("award_cents").to_numpy().copy()
    awards[0] += 1
    awards[1] -= 1
    assert not al.verify(accounts, policy, awards).ok


def test_without_constraints_nothing_is_added(accounts):
    result = al.allocate(accounts, policy_with())
    assert "group" not in result.table.column_names
    assert "groups" not in result.certificate.to_dict()


def test_very_many_groups_are_counted_and_the_first_are_listed():
    n = 3 * LISTED
    users = pa.table(
        {
            "user_id": [f"u{i}" for i in range(n)],
            "liquidation_loss": ["100.00"] * n,
            "net_assets": ["100.00"] * n,
            "person_id": [f"p{i // 2:04}" for i in range(n)][::-1],
        }
    )
    cap = CAP | {"max_total": "50.00"}
    result = al.allocate(users, policy_with(cap, budget="7490.00"))
    found = result.certificate.groups
    assert found["binding"] == len(found["listed"]) == 0
    assert result.certificate.status == "optimal"
    result = al.allocate(users, policy_with(cap, budget="7600.00"))
    found = result.certificate.groups
    assert (found["binding"], found["at_cap"]) == (n // 2, n // 2)
    names = [each["name"] for each in found["listed"]]
    assert names == [f"a person: person_id p{i:04}" for i in range(LISTED)]
    assert result.certificate.status == "caps_reached"
    assert result.certificate.unspent_cents == 10000
    last = result.explain("u0")  # p0149, which is not listed
    assert last.level is None
    assert "yours is $25.00" in last.customer
    assert "which the certificate does not list" in str(last)


def test_row_order_does_not_matter(accounts):
    order = [3, 0, 4, 2, 1]
    one = al.allocate(accounts, policy_with(CAP))
    two = al.allocate(accounts.take(order), policy_with(CAP))
    assert two.table.select(["user_id", "award_cents", "group"]).to_pylist() == (
        one.table.take(order).select(["user_id", "award_cents", "group"]).to_pylist()
    )
    assert one.certificate.to_dict() == two.certificate.to_dict()


@pytest.mark.parametrize(
    ("constraints", "changes", "told"),
    [
        (
            [EU | {"min_total": "200.01"}],
            {"budget": "300.00"},
            "constraint 'EU guarantee': the floor of $200.01 of 'EU guarantee' is more than its "
            "users can have by their caps, and by caps inside it, $200.00: lower min_total to that",
        ),
        (
            [EU | {"where": {"region": ["MARS"]}, "min_total": "1.00"}],
            {},
            "is more than its users can have by their caps, and by caps inside it, $0.00",
        ),
        (
            [CAP | {"max_total": "7.99"}],
            {},
            "constraint 'a person': the cap of $7.99 of 'a person: person_id ann' is less than "
            "what its users must have by their minimum, and by floors inside it, $8.00: raise "
            "max_total",
        ),
        (
            [{"name": "r", "each": "region", "min_share": "60%"}],
            {},
            "the minimum for everybody and the floors of constraints add up to $120.00, which is "
            "$20.00 more than the budget of $100.00: raise award.budget to $120.00",
        ),
        (
            [EU | {"min_total": "50.001", "max_share": "50.005%"}],
            {},
            "the floor of $50.01 of 'EU guarantee' is above its cap of $50.00: lower min_total",
        ),
        (
            [{"name": "r", "each": "region", "max_share": "40%"}],
            {"if_budget_exceeds_caps": "error"},
            "with all users and constraints at their caps, $80.00 can be spent, which is $20.00 "
            "less than the budget of $100.00",
        ),
    ],
)
def test_what_cannot_be_met_is_told_in_dollars(accounts, constraints, changes, told):
    with pytest.raises(InfeasibleError) as caught:
        al.allocate(accounts, policy_with(*constraints, **changes))
    assert told in str(caught.value)
    assert caught.value.details


def test_the_lab_says_what_it_does_not_take(accounts):
    from allocator.allocation.stages import Stages
    from allocator.scenarios.reading import load_for
    from allocator.scenarios.shared import SharedUsers

    policy = policy_with(below_minimum="drop_once")
    shared = SharedUsers(load_for(accounts, [policy], Stages()))
    with pytest.raises(UnsupportedError, match="sweep, frontier and goal_seek do not take"):
        shared.solve(policy)
    with pytest.raises(UnsupportedError, match=r"has \[\[constraints\]\], and efficiency is"):
        al.frontier(accounts, policy_with(CAP))
    people = al.allocate(accounts, policy_with(CAP)).people_like_me()
    assert "nobody here is in a group" in " ".join(people.notes)
    summary = al.allocate(accounts, policy_with(CAP)).summary()
    assert len(summary.outcomes) == 1
    assert dataclasses.is_dataclass(summary)
    assert np.isfinite(people.people[-1].award_cents or 0)


def test_an_unspendable_budget_is_an_error_only_when_there_is_one(accounts):
    policy = policy_with(CAP, if_budget_exceeds_caps="error")
    assert al.allocate(accounts, policy).certificate.status == "optimal"
