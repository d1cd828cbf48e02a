"""The reserve, money already paid, and who is a person: what policies may say of them."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from allocator.errors import InfeasibleError, PolicyError
from allocator.policy.compile import compile_problem
from allocator.policy.eligibility import decide
from allocator.policy.persons import persons_of
from allocator.policy.schema import Policy
from allocator.policy.values import read_reserve
from allocator.policy.waves import budget_for, reserve_units, spendable_units
from allocator.policy.weights import weigh
from allocator.policy.words import sentences

DEFAULT = Policy.default()


@pytest.mark.parametrize(
    ("reserve", "units"),
    [("0.00", 0), ("0%", 0), ("5%", 1_500_000_000), ("1,000.00", 100_000), ("0.0000001%", 30)],
)
def test_a_reserve_is_money_or_a_share_of_the_budget(reserve, units):
    policy = DEFAULT.replace(reserve=reserve)
    assert reserve_units(policy) == units
    assert reserve_units(policy) + spendable_units(policy) == 30_000_000_000


def test_a_share_is_raised_to_a_whole_unit():
    policy = DEFAULT.replace(budget="30.00", minimum="0.00", maximum="10.00", unit="10.00")
    assert reserve_units(policy.replace(reserve="1%")) == 1
    assert budget_for(policy.replace(reserve="50%"), Fraction(11)) == 30


@pytest.mark.parametrize(
    ("reserve", "said"),
    [
        ("100%", "must be below 100% of the budget"),
        ("300000000.00", 'must be below budget = "300000000.00", or nothing is left to divide'),
        ("0.001", 'must be a multiple of unit = "0.01"'),
        (True, 'must be money or a share in quotes, such as "1000.00" or "5%"'),
        ("x", 'must be a decimal with at most 8 decimals, such as "1000.00"'),
        ("x%", "must be a ratio of at most 16 decimals"),
        ("-5%", "must be a ratio"),
    ],
)
def test_what_is_no_reserve(reserve, said):
    with pytest.raises(PolicyError, match=r"award\.reserve") as error:
        DEFAULT.replace(reserve=reserve)
    assert said in str(error.value)


def test_nothing_is_nothing_however_it_is_written():
    assert not DEFAULT.diff(DEFAULT.replace(reserve="0%"))
    assert read_reserve("5%") != read_reserve("0.05")
    assert str(DEFAULT.diff(DEFAULT.replace(reserve="5%"))) == (
        "award.reserve: $0.00 (assumed) -> 5% (set)"
    )


@pytest.mark.parametrize("per", ["net_assets", "liquidation_loss", "already_paid", "no_snapshot"])
def test_columns_of_another_meaning_name_no_people(per):
    with pytest.raises(PolicyError, match=f"{per} has a meaning of its own"):
        DEFAULT.replace(per=per)


def test_people_are_in_or_out_and_not_accounts():
    with pytest.raises(PolicyError, match="names accounts, but with award"):
        DEFAULT.replace(per="person_id", exclude={"user_id": ["u1"]})
    assert DEFAULT.replace(per="person_id", exclude={"person_id": ["p1"]}).attributes == (
        "person_id",
    )
    with pytest.raises(PolicyError, match="already_paid: is money that counts"):
        DEFAULT.replace(exclude={"already_paid": {"min": "1"}})


def test_sentences_say_so():
    policy = DEFAULT.replace(reserve="5%", per="person_id")
    texts = [each.text for each in sentences(policy)]
    assert "Of this, 5% is held back as a reserve." in texts
    assert (
        "All accounts of one person_id count together, and its voucher is split by loss." in texts
    )
    assert not any("reserve" in each.text for each in sentences(DEFAULT))


def compiled(users, policy):
    return compile_problem(users, policy, decide(users, policy), weigh(users, policy))


def test_floors_that_do_not_fit_beside_the_reserve(make_users):
    users = make_users(["60", "60"], ["60", "60"])
    policy = DEFAULT.replace(budget="8.00", reserve="1.00")
    with pytest.raises(InfeasibleError) as error:
        compiled(users, policy)
    assert str(error.value) == (
        "the minimum of $4.00 for each of 2 eligible users adds up to $8.00, which is $1.00 more "
        "than the budget of $8.00 without the reserve of $1.00: raise award.budget to $9.00, lower "
        "award.minimum to $3.50, or let fewer users in (eligibility.min_loss, "
        "eligibility.min_loss_ratio)"
    )
    assert compiled(users, policy.replace(budget="9.00")).problem.budget == 800


def test_what_was_paid_raises_floors_and_caps_and_counts(make_users):
    users = make_users(["60", "60", "70", "1"], ["60"] * 4)
    users = replace(users, paid=np.array([0, 700, 8000, 200]))
    found = compiled(users, DEFAULT.replace(budget="200.00"))
    assert found.problem.lower.tolist() == [400, 700, 8000]
    assert found.problem.upper.tolist() == [6000, 6000, 8000]
    assert found.problem.budget == 20000 - 200
    assert found.caps == 20000
    assert (found.paid.kept, found.paid.users) == (200, 3)


def test_accounts_of_a_person_add_up(make_users):
    users = make_users(
        ["10", "20", "30"],
        ["1", "-2", "3"],
        no_snapshot=[False, True, False],
        compensated=[True, False, False],
        person_id=["p", "q", "p"],
        region=["EU", "US", "EU"],
    )
    policy = DEFAULT.replace(per="person_id")
    assert persons_of(users, DEFAULT) is None
    people = persons_of(users, policy).users
    assert people.ids.to_pylist() == ["p", "q"]
    assert (people.loss // 10**8).tolist() == [40, 20]
    assert (people.net_assets // 10**8).tolist() == [4, -2]
    assert people.no_snapshot.tolist() == [False, True]
    assert people.already_compensated.tolist() == [True, False]
    assert people.attributes["region"].to_pylist() == ["EU", "US"]
