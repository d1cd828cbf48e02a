"""What typical losses get, against what `explain` and the awards say."""

import pandas as pd
import pytest

import allocator as al
from allocator.scenarios.compare import compare
from allocator.scenarios.people import people_like_me

PEOPLE = [
    (f"{loss}-{ratio}", f"{loss}.00", net)
    for loss in (100, 1_000, 10_000, 100_000)
    for ratio, net in ((30, loss / 0.3), (60, loss / 0.6), (100, loss))
]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"alpha": 2},
        {"alpha": 0},
        {"alpha": "inf"},
        {"alpha": 3, "of": "recovery"},
        {"rule": "proportional"},
        {"unit": "1.00"},
        {"weights.factors": {"tier": {"gold": 2.0, "*": 1.5}}},
        {"claim.brackets": [{"up_to": "500", "rate": "1.00"}, {"rate": "0.20"}]},
        {"if_budget_exceeds_caps": "spend_less", "budget": "90000000.00"},
    ],
)
def test_they_get_what_the_same_people_get_in_the_run(some, changes):
    """With these people in the table, what is told is their own awards, but for odd cents."""
    users = some.users.to_pandas().astype({"liquidation_loss": str, "net_assets": str})
    users["tier"] = "gold"
    frame = pd.DataFrame(PEOPLE, columns=["user_id", "liquidation_loss", "net_assets"])
    frame["net_assets"] = [f"{int(float(net) * 10**6) / 10**6:.6f}" for net in frame.net_assets]
    frame["tier"] = "none of them"
    known = pd.concat([users.drop(columns="already_compensated", errors="ignore"), frame])
    policy = some.base.policy.replace(changes)
    result = al.allocate(known, policy)
    own = dict(zip(result.awards.user_id, result.awards.award_cents, strict=True))
    unit = 100 if "unit" in changes else 1
    for person in people_like_me(result).people:
        assert abs(person.award_cents - own[f"{person.loss}-{person.ratio}"]) <= unit, person


def test_where_awards_come_from_and_why_there_is_none(some):
    policy = some.base.policy.replace(
        {"eligibility.min_loss_ratio": "0.50", "eligibility.min_loss": "500.00", "name": "Strict"}
    )
    found = people_like_me([some.base, al.allocate(some.users, policy)], ["Now", "Strict"])
    said = {(each.policy, each.loss, each.ratio): each for each in found.people}
    assert said["Now", 100, 30].why == "minimum"
    assert said["Now", 100, 30].award_cents == 400
    assert said["Now", 1_000, 100].why == "formula"
    assert said["Strict", 100, 100].award_cents is None
    assert said["Strict", 100, 100].why == "lost under $500"
    assert said["Strict", 1_000, 30].why == "lost under 50% of net assets"
    assert [each.loss for each in found.people[:12:3]] == [100, 1_000, 10_000, 100_000]
    assert found.notes == ()


def test_the_frame_and_the_page(some):
    found = compare(some.base, some.broad).people_like_me()
    frame = found.frame
    assert frame.shape == (12, 4)
    assert frame.index.names == ["loss in $", "loss / net assets in %"]
    assert str(frame["Announced", "award_cents"].dtype) == "Int64"
    assert frame.loc[(100, 30), ("Announced", "why")] == "minimum"
    lines = str(found).splitlines()
    assert lines[0].split() == ["loss", "of", "net", "assets", "Announced", "Broad"]
    assert lines[1].split() == ["$100", "30%", "$4.00", str(found.people[12])]
    assert len(lines) == 13


def test_caps_are_told_apart(make):
    rows = [(k, "9000.00", "9000.00") for k in range(3)]
    found = people_like_me(make(rows, **{"award.budget": "90000.00"}))
    assert [str(each) for each in found.people[2::3]] == [
        "$100.00",
        "$1,000.00",
        "$6,000.00",
        "$6,000.00",
    ]
    assert [each.why for each in found.people[2::3]] == ["loss", "loss", "maximum", "maximum"]


def test_what_is_assumed_of_them_is_told(some):
    users = some.users.to_pandas()
    users["tier"], users["kind"] = "gold", "retail"
    policy = some.base.policy.replace(
        {
            "weights.factors": {"tier": {"gold": 2.0}, "kind": {"retail": 1.0, "*": 0.5}},
            "eligibility.exclude": {"kind": ["maker"], "net_assets": {"min": "90000"}},
        }
    )
    found = people_like_me(al.allocate(users, policy))
    assert found.notes == (
        "Announced: the factor of tier is taken as 1 (none is stated)",
        'Announced: the factor of kind is taken as 0.5 (that of "*")',
        "Announced: nobody here is excluded by kind",
    )
    assert found.people[-1].why == "excluded by net_assets"
    assert f"note: {found.notes[0]}" in str(found)
    assert found.frame.attrs["notes"] == list(found.notes)
