"""`verify` finds every wrong award, whatever it is handed, and never raises for one."""

from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al


@pytest.fixture(scope="module")
def cents(result):
    return result.to_arrow()["award_cents"].to_numpy()


@pytest.fixture(scope="module")
def ids(result):
    return result.to_arrow()["user_id"].to_pylist()


GOOD = {
    "table": lambda t: t,
    "pandas": lambda t: t.to_pandas(),
    "polars": pl.from_arrow,
    "shuffled": lambda t: t.take(pa.array(np.random.default_rng(1).permutation(len(t)))),
    "chunked column": lambda t: t["award_cents"],
    "arrow array": lambda t: t["award_cents"].combine_chunks(),
    "pandas column": lambda t: t.to_pandas()["award_cents"],
    "polars column": lambda t: pl.from_arrow(t)["award_cents"],
    "list": lambda t: t["award_cents"].to_pylist(),
    "int32": lambda t: t["award_cents"].to_numpy().astype(np.int32),
    "whole floats": lambda t: t["award_cents"].to_numpy().astype(float),
    "text": lambda t: [str(value) for value in t["award_cents"].to_pylist()],
    "decimals": lambda t: [Decimal(value) for value in t["award_cents"].to_pylist()],
    "text column": lambda t: pa.table(
        {"user_id": t["user_id"], "award_cents": t["award_cents"].cast(pa.string())}
    ),
    "decimal column": lambda t: pa.table(
        {"user_id": t["user_id"], "award_cents": t["award_cents"].cast(pa.decimal128(20, 0))}
    ),
}


@pytest.mark.parametrize("kind", GOOD)
def test_right_awards_pass_in_any_form(users, policy, result, kind):
    certificate = al.verify(users, policy, GOOD[kind](result.to_arrow()))
    assert certificate.ok
    assert certificate.failures == ()
    assert certificate.status == "optimal"
    assert certificate.to_dict()["checks"]["users"]


def test_awards_in_a_file_pass(users, policy, result, tmp_path):
    result.save(tmp_path / "run")
    assert al.verify(users, policy, tmp_path / "run" / "awards.parquet").ok


BAD = {
    "too few": (lambda c: c[:-1], "there are 599 awards for 600 users"),
    "none at all": (lambda _: [], "there are 0 awards for 600 users"),
    "one number": (lambda _: 5, "there are 1 awards for 600 users"),
    "nothing": (lambda _: None, "there are 1 awards for 600 users"),
    "two columns": (lambda c: c.reshape(2, -1), "there are 600 awards for 600 users"),
    "ragged": (lambda _: [[1], [1, 2]], "the awards cannot be read"),
    "a null": (lambda c: [None, *c[1:].tolist()], "1 awards are not whole numbers of cents"),
    "dollars": (lambda c: c / 100 + 0.001, "600 awards are not whole numbers of cents"),
    "nan": (lambda c: np.where(c == c.max(), np.nan, c), "awards are not whole numbers"),
    "inf": (lambda _: np.full(600, np.inf), "600 awards are not whole numbers of cents"),
    "words": (lambda _: ["x"] * 600, "600 awards are not whole numbers of cents"),
    "beyond an int64": (lambda _: [2**70] * 600, "600 awards are not whole numbers of cents"),
    "unsigned": (lambda _: np.full(600, 2**64 - 1, np.uint64), "600 awards are not whole"),
    "booleans": (lambda c: c > 0, "600 awards are not whole numbers of cents"),
    "dates": (lambda c: c.astype("datetime64[s]"), "600 awards are not whole numbers of cents"),
    "nanoseconds": (lambda c: c.astype("datetime64[ns]"), "600 awards are not whole numbers"),
    "times": (lambda c: c.astype("timedelta64[ns]"), "600 awards are not whole numbers"),
    "masked": (
        lambda c: np.ma.masked_array(c, mask=np.arange(600) == 3),
        "1 awards are not whole numbers of cents",
    ),
    "masked times": (
        lambda c: np.ma.masked_array(c.astype("datetime64[ns]"), mask=c == 0),
        "600 awards are not whole numbers",
    ),
    "dollars as text": (lambda c: [f"${x:,}" for x in c], "600 awards are not whole numbers"),
    "text that is signed": (lambda c: [f"+{x}" for x in c], "600 awards are not whole numbers"),
    "negative": (lambda c: -c, "total: -$100,000.00 is spent, not $100,000.00"),
    "enormous": (lambda _: np.full(600, 2**63 - 1), "users are paid who are not eligible"),
    "enormous and negative": (
        lambda _: np.full(600, -(2**63)),
        "users are paid who are not eligible",
    ),
    "a wrapped total": (lambda c: c + np.where(np.arange(600) < 4, 2**62, 0), "total: $184,"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_awards_are_told_and_not_raised(users, policy, cents, kind):
    make, words = BAD[kind]
    certificate = al.verify(users, policy, make(cents))
    assert not certificate.ok
    assert certificate.status == "failed"
    assert any(words in failure for failure in certificate.failures), certificate.failures
    certificate.to_dict()


def table(ids, awards):
    return pa.table({"user_id": ids, "award_cents": awards})


BAD_TABLES = {
    "a user twice": (
        lambda i, c: table([*i, i[0]], [*c, 5]),
        "users: some users have more than one award",
    ),
    "somebody else": (
        lambda i, c: table([*i, "zoe"], [*c, 5]),
        "users: 1 awards are for nobody in the users table",
    ),
    "a user forgotten": (lambda i, c: table(i[1:], c[1:]), "users: 1 users have no award"),
    "a null id": (lambda i, c: table([None, *i[1:]], c), "users: 1 users have no award"),
    "a null award": (lambda i, c: table(i, [None, *c[1:]]), "users: 1 awards are not whole"),
    "floats": (lambda i, c: table(i, [x + 0.5 for x in c]), "users: 600 awards are not whole"),
    "words": (lambda i, _c: table(i, ["$"] * 600), "users: 600 awards are not whole"),
    "dollars": (lambda i, c: table(i, [f"${x:,}" for x in c]), "users: 600 awards are not whole"),
    "hexadecimals": (lambda i, c: table(i, [hex(x) for x in c]), "users: 600 awards are not whole"),
    "labels": (
        lambda i, c: table(i, pa.array([f"{x}.5" for x in c]).dictionary_encode()),
        "users: 600 awards are not whole",
    ),
    "other columns": (
        lambda i, c: pa.table({"user_id": i, "award": c}),
        "users: the awards have no column award_cents",
    ),
    "no rows": (
        lambda _i, _c: table(pa.array([], pa.string()), pa.array([], pa.int64())),
        "users: the awards cannot be read: this data frame has no rows",
    ),
    "ids of no kind": (
        lambda _i, c: table(pa.array([{"a": 1}] * 600), c),
        "users: the awards cannot be read",
    ),
    "mixed objects": (
        lambda _i, _c: pd.DataFrame({"user_id": ["a", 1], "award_cents": [1, "x"]}),
        "users: the awards cannot be read",
    ),
}


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_bad_tables_are_told_and_not_raised(users, policy, cents, ids, kind):
    make, words = BAD_TABLES[kind]
    certificate = al.verify(users, policy, make(ids, cents.tolist()))
    assert not certificate.ok
    assert certificate.status == "failed"
    assert any(failure.startswith(words) for failure in certificate.failures), certificate.failures


def test_a_cent_to_somebody_who_is_out_is_told(users, policy, cents):
    out = int(np.flatnonzero(cents == 0)[0])
    paid = int(np.argmax(cents == 400))
    changed = cents.copy()
    changed[[out, paid]] += [1, -1]
    certificate = al.verify(users, policy, changed)
    assert not certificate.checks["eligibility"]
    assert certificate.failures[0].startswith(
        f"eligibility: 1 users are paid who are not eligible, the first on row {out + 1}"
    )


def test_awards_that_are_no_multiples_of_the_unit_are_told(three, policy):
    dollars = policy.replace(unit="1.00", budget="100.00")
    assert al.verify(three, dollars, [5400, 4600, 0]).ok
    certificate = al.verify(three, dollars, [5450, 4550, 0])
    assert "bounds: awards are not whole multiples of 100 cents" in certificate.failures
    assert not certificate.checks["bounds"]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_cent_changed_or_moved_fails(users, policy, cents, data):
    eligible = np.flatnonzero(cents > 0)
    pick = st.integers(0, len(eligible) - 1)
    one, other = (int(eligible[data.draw(pick)]) for _ in range(2))
    changed = cents.copy()
    changed[one] += data.draw(st.sampled_from([-1, 1]))
    certificate = al.verify(users, policy, changed)
    assert not certificate.ok
    assert not certificate.checks["total"]
    if one != other:
        changed[other] += cents[one] - changed[one]
        moved = al.verify(users, policy, changed)
        assert moved.checks["total"]
        assert not moved.ok
        assert not (moved.checks["canonical"] and moved.checks["bounds"])


def test_other_users_or_another_policy_fail(users, policy, cents):
    assert not al.verify(users, policy.replace(alpha=2), cents).ok
    assert not al.verify(users, None, cents).ok
    loss = pa.array(["60.00", *["100.00"] * 599])
    at = users.table.column_names.index("liquidation_loss")
    assert not al.verify(users.table.set_column(at, "liquidation_loss", loss), policy, cents).ok


def test_unreadable_users_or_policy_are_raised(policy, cents, tmp_path):
    with pytest.raises(al.DataError, match="does not exist"):
        al.verify(tmp_path / "no.parquet", policy, cents)
    with pytest.raises(al.PolicyError, match="cannot be read"):
        al.verify(tmp_path / "no.parquet", tmp_path / "no.toml", cents)
