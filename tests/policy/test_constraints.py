"""[[constraints]]: their keys, their words, and the groups they make of eligible users."""

import tomllib

import numpy as np
import pytest

from allocator.core.constraints import Groups
from allocator.errors import PolicyError
from allocator.policy.advice import advice
from allocator.policy.column_checks import check_attributes
from allocator.policy.constraint_bounds import find_constraint, label_of
from allocator.policy.constraints import groups_of
from allocator.policy.schema import Policy
from allocator.policy.words import sentences

EU = {"name": "EU", "where": {"region": ["EU"]}, "min_total": "20.00"}


def made(*constraints, **changes):
    return Policy.model_validate(
        {"schema_version": 1, "name": "x", "constraints": list(constraints), **changes}
    )


def problems(*constraints, **changes):
    with pytest.raises(PolicyError) as caught:
        made(*constraints, **changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"min_totl": "1"}, "constraints[0].min_totl: unknown key; did you mean min_total?"),
        ({"name": ""}, "constraints[0].name"),
        (
            {"min_total": 2.5},
            'constraints[0].min_total = 2.5: must be a decimal in quotes: write "2.5"',
        ),
        ({"max_share": "120%"}, 'constraints[0].max_share = "120%": must be between'),
        ({"where": None}, 'constraints[0]: must have one of where, such as { region = ["EU"] }'),
        ({"each": "region"}, 'and each, such as "region", not both'),
        ({"where": {}}, "constraints[0].where"),
        ({"where": {"region": "EU"}}, 'must be a list of values, such as ["market_maker"]'),
        ({"where": {"age": {}}}, "constraints[0].where.age: must have a min, a max, or both"),
        (
            {"where": {"age": {"min": "2", "max": "1"}}},
            'constraints[0].where.age.min = "2": must not be above max = "1"',
        ),
        (
            {"where": {"net_assets": ["1"]}},
            "constraints[0].where.net_assets: is an amount; must be a range",
        ),
        (
            {"where": {"already_compensated": [True]}},
            "already_compensated has a meaning of its own",
        ),
        ({"where": None, "each": "user_id"}, "user_id has a meaning of its own"),
        ({"min_total": None}, "constraints[0]: must have a bound: one of min_total, max_total"),
        ({"min_share": "1%"}, "has both min_total and min_share; must have one of them"),
        (
            {"max_total": "19.99"},
            "the floor of $20.00 must not be above the cap of $19.99",
        ),
        (
            {"max_share": "10%"},
            "the floor of $20.00 must not be above the cap of $10.00",
        ),
    ],
)
def test_what_is_wrong_is_told(changes, told):
    constraint = {key: value for key, value in (EU | changes).items() if value is not None}
    assert told in problems(constraint, award={"budget": "100.00", "minimum": "1.00"})


def test_names_differ():
    assert 'constraints[1].name = "EU": must differ from all other names' in problems(EU, EU)


@pytest.mark.parametrize("other", [EU, {"each": "vip_tier", "max_share": "10%"}])
@pytest.mark.parametrize("value", [" EU", ""])
def test_names_differ_from_those_of_groups(other, value):
    regions = {"name": "a", "each": "region", "max_share": "10%"}
    told = (
        f'constraints[1].name = "a: region{value}": must not begin with "a: region ", as the '
        "groups of constraint 'a' do"
    )
    assert told in problems(regions, other | {"name": f"a: region{value}"})


def test_the_line_of_the_constraint_is_told(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(
        'schema_version = 1\nname = "x"\n[[constraints]]\nname = "a"\neach = "region"\n'
        'max_total = "1.00"\n\n[[constraints]]\nname = "b"\neach = "user_id"\nmax_total = "1.00"\n'
    )
    with pytest.raises(PolicyError, match=r"line 8: constraints\[1\]\.each"):
        Policy.load(path)


def test_a_policy_with_constraints_is_written_and_read_back():
    policy = made(EU, {"name": "each", "each": "region", "max_share": "20%"})
    assert Policy.model_validate(tomllib.loads(policy.to_toml())) == policy
    assert '\n[[constraints]]\nname = "EU"\nwhere = { region = ["EU"] }\n' in policy.to_toml()
    assert "[[constraints]]  # set: instead of none (assumed)" in policy.to_toml(annotated=True)


def test_the_order_of_constraints_means_nothing():
    other = {"name": "A", "where": {"b": ["1"], "a": ["2"]}, "max_total": "1.00"}
    turned = other | {"where": {"a": ["2"], "b": ["1"]}}
    assert made(EU, other).digest == made(turned, EU).digest
    assert made(EU).digest != made(EU | {"min_total": "21.00"}).digest


def test_a_difference_shows_constraints_as_people_read_them():
    told = str(made().diff(made(EU)))
    assert told == "constraints: none (assumed) -> name EU where region: EU min_total $20.00 (set)"


def test_constraints_are_said_in_words():
    policy = made(
        EU,
        {
            "name": "rich",
            "where": {"net_assets": {"min": "5", "max": "9"}, "age": {"max": "7"}, "k": [1, True]},
            "max_total": "30.00",
        },
        {"name": "old", "where": {"age": {"min": "7"}}, "min_share": "1%", "max_share": "2%"},
        award={"budget": "100.00"},
    )
    said = [each.text for each in sentences(policy) if "together" in each.text]
    assert said == [
        "EU: users with region EU get at least $20.00 together.",
        "rich: users with net_assets from 5 to 9 and age up to 7 and k 1 or true get at most "
        "$30.00 together.",
        "old: users with age from 7 get at least $1.00 (1% of the budget) and at most $2.00 (2% "
        "of the budget) together.",
    ]


def test_columns_of_constraints_are_read():
    policy = made(
        {"name": "a", "where": {"tier": ["x"], "net_assets": {"min": "1"}}, "max_total": "1.00"},
        {"name": "b", "each": "person", "max_total": "1.00"},
        eligibility={"min_loss_ratio": "0"},
        objective={"rule": "talmud"},
    )
    assert policy.attributes == ("tier", "person")
    assert policy.needs_net_assets


def test_groups_of_eligible_users(make_users):
    users = make_users(
        ["1", "2", "3", "4"],
        region=["EU", None, "NA", "EU"],
        age=["5", "x", "9", None],
    )
    policy = made(
        EU | {"where": {"region": ["EU"], "liquidation_loss": {"min": "2"}}},
        {"name": "each", "each": "region", "max_share": "33.33%", "min_total": "0.001"},
        award={"budget": "100.01", "minimum": "1.00"},
    )
    one, each = groups_of(users, policy, np.array([1, 2, 3]))
    assert one.members.tolist() == [False, False, True]
    assert (one.lower, one.upper, one.name) == (2000, None, "EU")
    assert isinstance(each, Groups)
    assert each.labels.tolist() == [-1, 1, 0]
    assert [each.label(i) for i in range(len(each))] == ["EU", "NA"]
    assert (each.lower, each.upper, each.name) == (1, 3333, "each: region")


def test_numbers_and_booleans_are_labels_too(make_users):
    users = make_users(["1", "2", "3"], k=[3, 1, 3], b=[True, False, None])
    for column, labels, codes in (
        ("k", ["3", "1"], [0, 1, 0]),
        ("b", ["true", "false"], [0, 1, -1]),
    ):
        policy = made({"name": "c", "each": column, "max_total": "1.00"})
        (found,) = groups_of(users, policy, np.arange(3))
        assert [found.label(i) for i in range(len(found))] == labels
        assert found.labels.tolist() == codes


def test_a_dictionary_that_lists_a_value_twice_makes_one_group(make_users):
    import pyarrow as pa

    twice = pa.DictionaryArray.from_arrays(pa.array([0, 1, 1]), pa.array(["EU", "EU"]))
    users = make_users(["1", "2", "3"], region=twice)
    policy = made({"name": "c", "each": "region", "max_total": "1.00"})
    (found,) = groups_of(users, policy, np.arange(3))
    assert found.labels.tolist() == [0, 0, 0]


def test_columns_must_be_there_and_ranges_hold_numbers(make_users, findings):
    users = make_users(["1", "2"], region=["EU", "NA"], age=["5", "x"])
    for constraint, told in (
        ({"where": {"regoin": ["EU"]}}, r"constraints\[0\]\.where\.regoin: .* 'region'"),
        ({"where": {"regoin": {"min": "1"}}}, r"constraints\[0\]\.where\.regoin"),
        ({"each": "regoin"}, r"constraints\[0\]\.each: .* 'region'"),
    ):
        policy = made({"name": "c", "max_total": "1.00", **constraint})
        with pytest.raises(PolicyError, match=told):
            check_attributes(users, policy, findings)
    policy = made({"name": "c", "max_total": "1.00", "where": {"age": {"min": "1"}}})
    check_attributes(users, policy, findings)
    assert findings.found == [("is not a number, which constraints[0].where.age needs", "age", [1])]


def test_a_group_leads_back_to_its_constraint():
    policy = made(
        {"name": "a", "each": "k", "max_total": "1.00"},
        {"name": "a: k1", "each": "k", "max_total": "1.00"},
        {"name": "a: k1 x", "where": {"k": ["1"]}, "max_total": "1.00"},
    )
    for constraint, value in zip(policy.constraints, ("2", "1", ""), strict=True):
        assert find_constraint(policy, label_of(constraint, value)) is constraint
    assert find_constraint(policy, label_of(policy.constraints[0], "")) is policy.constraints[0]


def test_constraints_without_effect_are_told():
    policy = made({"name": "c", "each": "k", "max_share": "100%"}, award={"budget": "100.00"})
    told = [str(each) for each in advice(policy) if each.key == "constraints[0]"]
    assert told == [
        "constraints[0]: 'c' has no effect: its floor is $0.00 and its cap not below the budget of "
        "$100.00; change a bound, or leave it out"
    ]
    assert not [each for each in advice(made(EU)) if each.key.startswith("constraints")]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("drop_once", "Whoever would get less than the minimum gets nothing; the others divide"),
        ("drop_until_stable", "The smallest vouchers are dropped, one size after the other, until"),
    ],
)
def test_dropping_is_said_in_words(how, told):
    said = [each.text for each in sentences(made(award={"below_minimum": how}))]
    assert any(text.startswith(told) for text in said)
