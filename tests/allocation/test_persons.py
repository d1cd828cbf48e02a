"""One person, several accounts: sums decide, and the award is split over the accounts."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.allocation.person_table import person_table
from allocator.allocation.recheck import recheck

BASE = al.Policy.default().replace({"award.budget": "100.00", "per": "person_id"})


def table(rows, **more):
    ids, persons, losses, net = zip(*rows, strict=True)
    columns = {
        "user_id": ids,
        "person_id": persons,
        "liquidation_loss": losses,
        "net_assets": net,
    }
    return pa.table({**columns, **more})


FIVE = [
    ("a1", "ann", "30.00", "40.00"),
    ("b1", "bob", "60.00", "60.00"),
    ("a2", "ann", "50.00", "60.00"),
    ("c1", "cy", "20.00", "30.00"),
    ("a3", "ann", "0.00", "-20.00"),
]


def column(result, name="award_cents"):
    return result.to_arrow()[name].to_pylist()


def test_losses_and_net_assets_add_up_and_the_award_is_split_by_loss():
    people = pa.table(
        {
            "user_id": ["ann", "bob", "cy"],
            "liquidation_loss": ["80.00", "60.00", "20.00"],
            "net_assets": ["80.00", "60.00", "30.00"],
        }
    )
    whole = al.allocate(people, BASE.replace(per="user_id"))
    result = al.allocate(table(FIVE), BASE)
    ann, bob, cy = column(whole)
    award = column(result)
    assert (award[0] + award[2] + award[4], award[1], award[3]) == (ann, bob, cy)
    assert abs(award[0] - ann * 3 / 8) <= 0.5
    assert award[4] == 0
    assert column(result, "user_id") == ["a1", "b1", "a2", "c1", "a3"]
    assert column(result, "person") == ["ann", "bob", "ann", "cy", "ann"]
    assert column(result, "loss") == [30, 60, 50, 20, 0]
    assert column(result, "upper_cents") == [8000, 6000, 8000, 0, 8000]
    assert result.certificate.users == 3
    assert result.certificate.accounts == 5
    assert list(result.certificate.checks)[-1] == "split"
    assert al.verify(table(FIVE), BASE, result.to_arrow()).ok
    assert person_table(result.to_arrow())["award_cents"].to_pylist() == [ann, bob, cy]


rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(-20, 60)), min_size=1, max_size=9
)


@settings(max_examples=150, deadline=None)
@given(rows=rows, budget=st.integers(20, 200), order=st.randoms(), data=st.data())
def test_a_person_gets_what_one_account_would(rows, budget, order, data):
    change = data.draw(
        st.sampled_from(
            [{}, {"alpha": 2}, {"alpha": 0}, {"unit": "0.10"}, {"rule": "proportional"}]
        )
    )
    policy = BASE.replace({"award.budget": f"{budget}.00", "min_loss": "5.00", **change})
    given_rows = [
        (f"u{i}", f"p{p}", f"{loss}.00", f"{n}.00") for i, (p, loss, n) in enumerate(rows)
    ]
    result = al.allocate(table(given_rows), policy)
    sums = {}
    for p, loss, net in rows:
        before = sums.get(f"p{p}", (0, 0))
        sums[f"p{p}"] = before[0] + loss, before[1] + net
    people = pa.table(
        {
            "user_id": list(sums),
            "liquidation_loss": [a for a, _ in sums.values()],
            "net_assets": [b for _, b in sums.values()],
        }
    )
    whole = dict(zip(sums, column(al.allocate(people, policy.replace(per="user_id"))), strict=True))
    award = np.array(column(result))
    unit = 10 if "unit" in change else 1
    for p, total in whole.items():
        mine = [i for i, row in enumerate(given_rows) if row[1] == p]
        assert award[mine].sum() == total
        for i in mine:
            exact = total * rows[i][1] / sums[p][0] if sums[p][0] else 0
            assert award[i] % unit == 0
            assert abs(award[i] - exact) < unit * len(mine)
    assert al.verify(table(given_rows), policy, result.to_arrow()).ok
    shuffled = list(given_rows)
    order.shuffle(shuffled)
    again = al.allocate(table(shuffled), policy)
    ids = [row[0] for row in given_rows], [row[0] for row in shuffled]
    assert dict(zip(ids[0], award.tolist(), strict=True)) == dict(
        zip(ids[1], column(again), strict=True)
    )


def test_what_accounts_alone_would_get_is_told():
    rows = [(f"a{i}", "ann", "60.00", "60.00") for i in range(4)]
    rows += [("b", "bob", "60.00", "60.00"), ("c", "cy", "30.00", "30.00")]
    policy = BASE.replace(maximum="20.00", cap_at_loss=True, **{"award.budget": "60.00"})
    result = al.allocate(table(rows), policy)
    alone = al.allocate(table(rows), policy.replace(per="user_id"))
    assert column(result, "per_account_cents") == column(alone)
    summary = result.summary()
    assert summary.people["people"] == 3
    assert summary.people["accounts"] == 6
    assert summary.people["several"] == 1
    assert summary.people["gain"] == 1
    assert summary.people["gain_cents"] == sum(column(alone)[:4]) - sum(column(result)[:4]) > 0
    assert "1 of 3 people have several accounts; 1 of them would gain $28.00" in str(summary)
    assert "to 2 of 3 people" in str(summary)
    assert "split over accounts" in str(summary)


def test_accounts_that_could_not_all_be_paid_the_minimum():
    rows = [(f"a{i}", "ann", "60.00", "60.00") for i in range(4)]
    policy = BASE.replace(minimum="4.00", **{"award.budget": "10.00"})
    result = al.allocate(table(rows), policy)
    assert column(result, "per_account_cents") == [None] * 4
    assert result.summary().people["gain"] is None
    assert "would not do for the minimum to every account" in str(result.summary())
    assert "if every account" not in str(result.explain("a0"))


def test_any_account_that_was_compensated_is_the_person():
    users = table(FIVE, already_compensated=[False, False, False, False, True])
    assert {column(al.allocate(users, BASE), "reason")[i] for i in (0, 2, 4)} == {
        "already_compensated"
    }


def test_an_unknown_snapshot_of_one_account_is_unknown_for_the_person():
    users = table(FIVE, no_snapshot=[False, False, True, False, False])
    assert column(al.allocate(users, BASE), "reason")[:3] == [
        "no_snapshot",
        "eligible",
        "no_snapshot",
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([*FIVE, ("d", None, "60.00", "60.00")], "person_id is missing; an account that is nobody"),
        ([*FIVE, ("d", "", "60.00", "60.00")], "1 row: person_id is missing"),
        ([*FIVE, ("d", "ann", "x", "60.00")], "3 rows: person_id is also that of the bad row on"),
        (
            [*FIVE, *((f"d{i}", "dora", "80000000000.00", "1.00") for i in range(2))],
            "2 rows: person_id is that of accounts whose losses add up to \\$90 billion or more",
        ),
    ],
)
def test_accounts_that_no_award_can_be_made_of(rows, said):
    with pytest.raises(al.DataError, match=said):
        al.allocate(table(rows), BASE)


def test_attributes_have_to_agree_within_a_person():
    policy = BASE.replace({"weights.factors.vip_tier": {"gold": 2.0, "*": 1.0}})
    good = table(FIVE, vip_tier=["gold", "x", "gold", None, "gold"])
    assert al.allocate(good, policy).certificate.ok
    bad = table(FIVE, vip_tier=["gold", "x", "x", None, None])
    with pytest.raises(al.DataError) as error:
        al.allocate(bad, policy)
    assert "vip_tier differs from that of the same person_id on line 2" in str(error.value)
    assert [row["line"] for row in error.value.rows if row["column"] == "vip_tier"] == [4, 6]
    assert al.allocate(bad, BASE).certificate.ok  # an attribute that nothing refers to may differ


def test_a_column_that_is_not_there_or_holds_no_ids():
    with pytest.raises(al.DataError, match="no column 'person_id'"):
        al.allocate(table(FIVE).drop_columns(["person_id"]), BASE)
    floats = table(FIVE).set_column(1, "person_id", pa.array([1.0, 2.0, 1.0, 3.0, 1.0]))
    with pytest.raises(al.DataError, match="ids must be text or whole numbers"):
        al.allocate(floats, BASE)
    numbers = table(FIVE).set_column(1, "who", pa.array([1, 2, 1, 3, 1]))
    mapped = BASE.replace(columns={"person_id": "who"})
    assert column(al.allocate(numbers, mapped)) == column(al.allocate(numbers, mapped))


def test_a_wrong_split_does_not_verify():
    award = np.array(column(al.allocate(table(FIVE), BASE)))
    certificate = al.verify(table(FIVE), BASE, np.add(award, [1, 0, -1, 0, 0]))
    assert certificate.checks["optimal"]
    assert not certificate.checks["split"]
    assert certificate.status == "failed"
    assert certificate.proves == ()
    assert certificate.failures == (
        "split: the awards of accounts are not their persons' awards in proportion to loss",
    )
    wrong = al.verify(table(FIVE), BASE, np.add(award, [1, -1, 0, 0, 0]))
    assert not wrong.checks["split"]
    assert "row 1" in wrong.failures[0]
    assert "row 2" in wrong.failures[0]


def test_a_run_of_people_is_kept_and_verified(tmp_path):
    from pyarrow import csv, parquet

    parquet.write_table(table(FIVE), tmp_path / "users.parquet")
    result = al.allocate(tmp_path / "users.parquet", BASE)
    result.save(tmp_path / "run")
    assert recheck(tmp_path / "run").faults == ()
    read = al.load_allocation(tmp_path / "run")
    assert read.to_arrow().equals(result.to_arrow())
    assert str(read.summary()) == str(result.summary())
    stored = parquet.read_table(tmp_path / "run" / "awards.parquet")
    assert stored.column_names[-2:] == ["person", "per_account_cents"]
    csv.write_csv(table(FIVE), tmp_path / "users.csv")
    from allocator.allocation.folder import save

    save(al.allocate(tmp_path / "users.csv", BASE), tmp_path / "csv", csv=True)
    assert recheck(tmp_path / "csv").faults == ()


def test_an_account_is_explained_by_the_persons_numbers():
    result = al.allocate(table(FIVE), BASE)
    award = dict(zip(column(result, "user_id"), column(result), strict=True))
    found = result.explain("a1")
    assert found.user_id == "a1"
    assert found.award_cents == award["a1"]
    assert found.loss == "$80.00"
    assert "its part of $57.14 by loss ($30.00) among 3 accounts of ann" in found.analyst
    assert "if every account were a claimant: $0.00, and " in found.analyst
    assert found.customer.endswith(
        "Your 3 accounts count together: their $57.14 is split by loss, and this account gets "
        f"${award['a1'] / 100}."
    )
    assert "accounts" not in result.explain("b1").customer
    assert "You lost $20.00" in result.explain("c1").customer
    assert result.explain("a1", versus="b1").versus.user_id == "b1"
    out = al.allocate(table([*FIVE[:1], FIVE[0][:0] or ("a9", "ann", "1.00", "40.00")]), BASE)
    assert out.explain("a9").customer.endswith("All your 2 accounts count together.")


def test_people_with_money_already_paid():
    paid = pa.table({"user_id": ["a1", "a3", "c1"], "already_paid": ["25.00", "2.00", "1.00"]})
    result = al.allocate(table(FIVE), BASE, paid=paid)
    award = column(result)
    fresh = column(al.allocate(table(FIVE), BASE))
    assert award[0] >= 2500
    assert award[4] == 200
    assert award[3] == 100
    assert sum(award) == 10000
    assert column(result, "overpaid_cents") == [
        max(p - f, 0) for p, f in zip([2500, 0, 0, 100, 200], fresh, strict=True)
    ]
    assert al.verify(table(FIVE), BASE, result.to_arrow(), paid=paid).ok
    assert "was already paid; " in str(result.summary())
    assert "already paid $25.00, due now" in result.explain("a1").analyst
