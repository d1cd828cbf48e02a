"""Tables by other columns of the users table: where they come from, and what they may hold."""

import pandas as pd
import pyarrow as pa
import pytest

import allocator as al
from allocator.errors import DataError
from allocator.scenarios.compare import compare
from allocator.scenarios.comparison import distribution


def frame_of(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "user_id": range(n),
            "liquidation_loss": [f"{60 + k}.00" for k in range(n)],
            "net_assets": ["70.00"] * n,
            **columns,
        }
    )


POLICY = al.Policy.default().replace(budget="2000.00")
OTHER = POLICY.replace(alpha=2, name="Broad")


def labels(values, **columns):
    users = frame_of(x=values, **columns)
    return list(compare(users, POLICY, OTHER).deciles("x").index)


def test_values_are_rows_in_the_order_of_their_names():
    assert labels(["b", "a", None, "b", " "]) == ["a", "b", "not known", "ALL"]
    assert labels(["10", "9", "x", "9", "nan"]) == ["9", "10", "nan", "x", "ALL"]
    assert labels([2, 10, 2, -1, 2]) == ["-1", "2", "10", "ALL"]
    assert labels([True, False, True]) == ["false", "true", "ALL"]
    assert labels([0.5, float("nan"), 2.0]) == ["0.5", "2.0", "not known", "ALL"]
    assert labels(pd.Categorical(["EU", None, "NA"])) == ["EU", "NA", "not known", "ALL"]
    assert labels(["ALL", "not known", None]) == ['"ALL"', '"not known"', "not known", "ALL"]


@pytest.mark.parametrize("kind", [int, float, str])
def test_many_different_numbers_are_deciles(kind):
    values = [kind(k - 10) for k in range(110)]
    users = frame_of(age=values)
    frame = distribution(al.allocate(users, POLICY), "age", users)
    assert list(frame.index[10:12]) == ["zero or less", "ALL"]
    assert frame["users", "users"].iloc[:10].sum() == 99
    assert set(frame["users", "users"].iloc[:10]) == {9, 10}
    assert frame.loc["zero or less", ("users", "users")] == 11
    assert frame.index.name == "decile of age"
    assert frame.loc["10", ("users", "highest")] == 99


def test_unknown_numbers_have_a_row_of_their_own():
    users = frame_of(age=[*range(1, 100), None])
    frame = distribution(al.allocate(users, POLICY), "age", users)
    assert frame.loc["not known", ("users", "users")] == 1


def test_too_many_values_are_told():
    users = frame_of(city=[f"city {k}" for k in range(60)])
    with pytest.raises(DataError, match="city has 60 different values, more than the 50 rows"):
        compare(users, POLICY, OTHER).deciles("city")


def test_users_are_matched_by_id_whatever_their_order():
    users = frame_of(region=["EU", "NA"] * 20)
    one, other = al.allocate(users, POLICY), al.allocate(users, OTHER)
    again = users.astype({"user_id": str}).sample(frac=1, random_state=1)
    shuffled = compare(one, other, users=again).deciles("region")
    pd.testing.assert_frame_equal(shuffled, compare(users, POLICY, OTHER).deciles("region"))
    fewer = compare(one, other, users=again[again.region == "EU"]).deciles("region")
    assert fewer["users", "users"].to_dict() == {"EU": 20, "not known": 20, "ALL": 40}


def test_runs_look_their_files_up(tmp_path):
    path = tmp_path / "users.csv"
    users = frame_of(region=["EU", "NA"] * 20)
    users.to_csv(path, index=False)
    al.allocate(path, POLICY).save(tmp_path / "run")
    run = al.load_allocation(tmp_path / "run")
    expected = {"EU": 20, "NA": 20, "ALL": 40}
    assert distribution(run, "region")["users", "users"].to_dict() == expected
    found = compare(path, POLICY, OTHER)
    assert found.deciles("region")["users", "users"].to_dict() == expected
    users.assign(region="XX").to_csv(path, index=False)
    with pytest.raises(DataError, match=r"users.csv has changed since the run: hand in the users"):
        distribution(run, "region")
    assert distribution(run, "region", users)["users", "users"].to_dict() == expected


def test_columns_are_called_what_the_policy_calls_them():
    users = frame_of(place=["EU", "NA"]).rename(columns={"user_id": "claimant"})
    policy = POLICY.replace({"columns": {"user_id": "claimant", "region": "place"}})
    found = compare(users, policy, policy.replace(alpha=2)).deciles("region")
    assert list(found.index) == ["EU", "NA", "ALL"]
    assert (
        found.attrs["basis"] == "region, a row for each of its values, in the order of their names"
    )


def test_what_is_no_column_is_told():
    users = frame_of(region=["EU", "NA"])
    run = al.allocate(users, POLICY)
    with pytest.raises(
        DataError,
        match="by must be one of loss, net_assets, loss_ratio, award, or a column of the users "
        "table; 'region' may be one, but this table is not kept with an allocation: hand it in",
    ):
        distribution(run, "region")
    with pytest.raises(
        DataError, match="which has no 'regoin'; it has liquidation_loss, net_asset"
    ):
        distribution(run, "regoin", users)


def test_a_table_handed_in_is_taken_as_it_was():
    users = frame_of(region=["EU", "NA"])
    found = compare(users, POLICY, OTHER)
    users["region"] = "XX"
    assert list(found.deciles("region").index) == ["EU", "NA", "ALL"]


def test_several_files_are_one_table(tmp_path):
    users = frame_of(region=["EU", "NA", "EU"])
    for k in range(3):
        users.iloc[[k]].to_csv(tmp_path / f"part{k}.csv", index=False)
    run = al.allocate(tmp_path, POLICY)
    assert distribution(run, "region")["users", "users"].to_dict() == {"EU": 2, "NA": 1, "ALL": 3}


def test_a_column_of_nothing_is_one_row_even_of_nobody():
    users = pa.table(
        {"user_id": ["a"], "liquidation_loss": [1], "net_assets": [1], "x": pa.nulls(1)}
    )
    assert list(compare(users, POLICY, OTHER).deciles("x").index)[-1] == "ALL"
