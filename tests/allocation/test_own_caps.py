"""Users' own caps: the most that each may get, by a column that the policy names."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import allocator as al
from allocator.errors import DataError, PolicyError, UnsupportedError
from allocator.policy.words import sentences
from allocator.scenarios.out import reason_text

COLUMNS = {"award_cap": "most"}
CAPPED = al.Policy.default().replace(budget="100.00", columns=COLUMNS)


def users(caps, losses=None, **more):
    n = len(caps)
    losses = losses or [str(60 + 10 * i) for i in range(n)]
    ids = [f"u{i}" for i in range(n)]
    table = {"user_id": ids, "liquidation_loss": losses, "net_assets": losses, "most": caps}
    return pa.table({**table, **more})


def awards(result):
    return result.to_arrow().column("award_cents").to_pylist()


def test_nobody_gets_more_than_their_own_cap():
    result = al.allocate(users(["10.00", None, "3.99", "4.009"]), CAPPED)
    table = result.awards.set_index("user_id")
    assert awards(result)[:1] + awards(result)[2:] == [1_000, 0, 400]
    assert table["binding"].tolist() == ["own_cap", "loss", "none", "floor"]
    assert table["reason"].tolist()[2] == "cap_below_minimum"
    assert result.to_arrow().column("award_cap_cents").to_pylist() == [1_000, None, 399, 400]
    assert result.certificate.ok
    assert "never more than the user's own cap" in result.formula
    assert al.verify(users(["10.00", None, "3.99", "4.009"]), CAPPED, result.awards).ok
    assert not al.verify(users(["9.99", None, "3.99", "4.009"]), CAPPED, result.awards).ok


def test_a_column_that_no_policy_names_is_not_read():
    plain = CAPPED.replace(columns={})
    assert awards(al.allocate(users(["x", "-1"]), plain)) == awards(
        al.allocate(users([None, None]), CAPPED)
    )


@given(
    st.lists(
        st.tuples(st.integers(50, 300), st.none() | st.integers(0, 40_000)), min_size=1, max_size=12
    ),
    st.integers(0, 100_000),
)
def test_caps_hold_and_all_else_is_as_without(rows, budget):
    losses = [str(loss) for loss, _ in rows]
    caps = [None if cap is None else f"{cap / 100:.2f}" for _, cap in rows]
    policy = CAPPED.replace(minimum="0.00", budget=f"{budget / 100 + 0.01:.2f}")
    result = al.allocate(users(caps, losses), policy)
    assert result.certificate.ok
    for award, (_, cap) in zip(awards(result), rows, strict=True):
        assert cap is None or award <= cap
    upper = result.to_arrow().column("upper_cents").to_pylist()
    limits = [min(100 * loss, 600_000, 10**9 if cap is None else cap) for loss, cap in rows]
    assert upper == limits


def test_bad_caps_are_told_by_line():
    with pytest.raises(DataError) as error:
        al.allocate(users(["x", "-1", "1e300", None]), CAPPED)
    said = {(row["line"], row["rule"]) for row in error.value.rows}
    assert (3, "is negative") in said
    assert {line for line, _ in said} == {2, 3, 4}
    with pytest.raises(DataError, match=r"no column 'other', which columns.award_cap names"):
        al.allocate(users([None]), CAPPED.replace(columns={"award_cap": "other"}))


def test_it_is_told_why():
    result = al.allocate(users(["10.00", None, "3.99"]), CAPPED)
    assert "at the user's own cap" in str(result.explain("u0"))
    low = result.explain("u2")
    assert low.missed.key == "columns.award_cap"
    assert "may get at most $3.99, and the smallest voucher is $4.00: $0.01 short" in str(low)
    assert low.customer == (
        "What you may get in all is limited: $3.99 is left. The smallest voucher is $4.00, so none "
        "can be paid."
    )
    tight = CAPPED.replace(budget="60.00")
    said = al.allocate(users(["10.00", None, None]), tight).explain("u0").customer
    assert said.endswith("What you may get in all is limited: your voucher is $10.00.")
    assert reason_text("cap_below_minimum", CAPPED) == "lost or may get under the minimum of $4"
    texts = [each.text for each in sentences(CAPPED)]
    assert "No voucher is larger than the user's own cap, most." in texts


def test_a_loss_below_the_minimum_is_told_as_one():
    policy = CAPPED.replace(min_loss="0.00", min_loss_ratio="0")
    result = al.allocate(users(["50.00", None], ["2.00", "90"]), policy)
    assert "lost $2.00, no voucher is larger than the loss" in str(result.explain("u0"))


def test_a_run_in_a_directory_verifies_and_can_be_read(tmp_path):
    from allocator.allocation.recheck import recheck
    from allocator.data.write import write_csv

    write_csv(tmp_path / "users.csv", users(["10.00", None, "3.99"]))
    al.allocate(tmp_path / "users.csv", CAPPED).save(tmp_path / "run")
    assert recheck(tmp_path / "run").ok
    assert al.load_allocation(tmp_path / "run").explain("u0").binding == "own_cap"


def test_a_person_has_the_lowest_cap_of_the_accounts():
    policy = CAPPED.replace(per="who")
    table = users(["10.00", "8.00", None], who=["p", "p", "q"])
    found = awards(al.allocate(table, policy))
    assert found[0] + found[1] == 800


def test_what_else_looks_at_the_level_leaves_the_capped_out():
    rng = np.random.default_rng(1)
    losses = [str(each) for each in rng.integers(100, 5_000, 400)]
    caps = [f"{each:.2f}" if each < 60 else None for each in rng.uniform(5, 90, 400)]
    policy = CAPPED.replace(budget="50000.00")
    result = al.allocate(users(caps, losses), policy)
    free = al.allocate(users([None] * 400, losses), policy)
    assert result.certificate.level > free.certificate.level
    people = result.people_like_me().people
    assert [each.award_cents for each in people] != [
        each.award_cents for each in free.people_like_me().people
    ]
    assert "own cap" in str(result.summary())


def test_what_does_not_take_them_says_so():
    table = users(["10.00", None])
    result = al.allocate(table, CAPPED)
    with pytest.raises(UnsupportedError, match=r"leave .*award_cap"):
        al.health(table, CAPPED)
    with pytest.raises(UnsupportedError, match=r"has columns\.award_cap, which sweep"):
        al.sweep(table, CAPPED, {"alpha": [1, 2]})
    with pytest.raises(UnsupportedError, match=r"columns\.award_cap would take users' own caps"):
        result.sensitivity()
    with pytest.raises(PolicyError, match="award_cap: is a bound of awards, and excludes nobody"):
        CAPPED.replace(exclude={"award_cap": {"min": "1"}})
    with pytest.raises((PolicyError, UnsupportedError), match=r"columns\.award_cap"):
        CAPPED.replace(rule="random_arrival")
