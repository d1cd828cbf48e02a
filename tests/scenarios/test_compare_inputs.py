"""What `compare` takes: allocations, policies, presets, dicts and names."""

import pytest

import allocator as al
from allocator.errors import DataError
from allocator.scenarios.compare import compare


@pytest.fixture(scope="module")
def policy(some):
    return some.base.policy


def test_dicts_and_keywords_name_policies(some, policy):
    broad = policy.replace(alpha=2)
    for found in (
        compare(some.users, {"Now": policy, "Later": broad}),
        compare(some.users, {"Now": policy}, Later=broad),
        compare(some.users, Now=policy, Later=broad),
        compare(some.users, policy, broad, names=["Now", "Later"]),
        compare({"Now": policy, "Later": broad}, users=some.users),
    ):
        assert found.names == ("Now", "Later")
        assert found.allocations[0].policy is policy
        assert found.allocations[1].table.equals(some.broad.table)


def test_dicts_and_keywords_name_allocations(some):
    for found in (
        compare({"A": some.base, "B": some.broad}),
        compare(some.base, {"B": some.broad}, names=["A", "B"]),
        compare({"A": some.base}, B=some.broad),
    ):
        assert found.names == ("A", "B")
        assert found.allocations == (some.base, some.broad)


def test_presets_and_files_are_policies_everywhere(some, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('schema_version = 1\nname = "Mine"\n[award]\nbudget = "9000000.00"\n')
    assert compare(some.users, {"x": "broad", "y": path}).names == ("x", "y")
    assert compare("announced", "pro-rata", users=some.users).names == ("Announced", "Pro rata")


def test_an_allocation_is_compared_with_policies(some, policy, tmp_path):
    broad = policy.replace(alpha=2)
    found = compare(some.base, broad, users=some.users)
    assert found.allocations[0] is some.base
    assert found.allocations[1].table.equals(some.broad.table)
    path = tmp_path / "users.csv"
    some.users.to_pandas().to_csv(path, index=False)
    again = compare(al.allocate(path, policy), broad)
    assert (
        again.allocations[1]
        .table.column("award_cents")
        .equals(some.broad.table.column("award_cents"))
    )
    result = al.allocate(path, policy)
    some.users.to_pandas().iloc[1:].to_csv(path, index=False)
    with pytest.raises(DataError, match=r"users.csv has changed since the run it is compared with"):
        compare(result, broad)


def test_users_are_read_once(some, policy):
    told = []
    compare(
        some.users, policy, policy.replace(alpha=2), progress=lambda *what: told.append(what[0])
    )
    assert told.count("load") == told.count("check") == 1
    assert told.count("solve") == 2
    one, other = (each.table for each in compare(some.users, policy, "broad").allocations)
    for name in ("user_id", "loss", "net_assets"):
        for mine, theirs in zip(one.column(name).chunks, other.column(name).chunks, strict=True):
            assert mine.buffers()[-1].address == theirs.buffers()[-1].address


def test_what_is_missing_is_told(some, policy):
    with pytest.raises(DataError, match="there is nothing to compare: the dict is empty"):
        compare({})
    with pytest.raises(DataError, match="at least two policies for a users table"):
        compare({"a": policy})
    with pytest.raises(DataError, match=r'compare\(result, "broad"\)'):
        compare({"a": some.base})
    with pytest.raises(DataError, match="policies are compared on a users table: give it first"):
        compare({"a": policy, "b": "broad"})
    with pytest.raises(DataError, match="does not keep the users table"):
        compare(some.base, policy)
    with pytest.raises(DataError, match="cannot compare a float"):
        compare(some.users, {"a": 1.5})


def test_names_are_a_list(some):
    with pytest.raises(DataError, match=r'names must be a list, such as names=\["AB", ...\]'):
        compare(some.base, some.broad, names="AB")
