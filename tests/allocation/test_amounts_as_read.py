"""Amounts of a run are numbers, whatever text the users table has; saved twice, it is the same."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import allocator as al
from allocator.allocation.recheck import recheck

TEXT = "user_id,liquidation_loss,net_assets,no_snapshot\n"
ROWS = (
    'a,"$1,234.5",2000,false\nb,80.00000001,100.5,false\nc,60,,true\nd,70,  ,true\n'
    "e,90,0,true\nf,20,-3.10,false\n"
)
POLICY = al.Policy.default().replace(budget="500.00")


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "users.csv"
    path.write_text(TEXT + ROWS)
    return path


def test_text_becomes_exact_decimals_and_floats_in_pandas(csv):
    result = al.allocate(csv, POLICY)
    table = result.to_arrow()
    assert table.schema.field("loss").type == pa.decimal128(19, 8)
    assert table.column("loss").to_pylist()[:2] == [Decimal("1234.5"), Decimal("80.00000001")]
    assert table.column("net_assets").to_pylist() == [
        Decimal(2000), Decimal("100.5"), None, None, Decimal(0), Decimal("-3.10"),
    ]  # fmt: skip
    frame = result.awards
    assert frame["loss"].dtype == frame["net_assets"].dtype == np.float64
    assert frame["loss"].sum() == pytest.approx(1554.50000001)
    assert (frame["net_assets"] > 1000).sum() == 1
    assert al.verify(csv, POLICY, frame).ok
    assert result.explain("b").loss == "$80.00000001"
    assert result.explain("d").reason == "no_snapshot"


def test_the_type_of_numbers_is_kept():
    for kind in (pa.int64(), pa.float64(), pa.decimal128(21, 2)):
        loss = pa.array([80, 60], pa.int64()).cast(kind)
        users = pa.table({"user_id": ["a", "b"], "liquidation_loss": loss, "net_assets": loss})
        table = al.allocate(users, POLICY).to_arrow()
        assert table.schema.field("loss").type == table.schema.field("net_assets").type == kind
        assert al.allocate(users, POLICY).awards["loss"].tolist() == [80, 60]


def test_dictionaries_of_text_are_text():
    texts = pa.array(["80", "60"]).dictionary_encode()
    users = pa.table({"user_id": ["a", "b"], "liquidation_loss": texts, "net_assets": texts})
    assert al.allocate(users, POLICY).awards["loss"].sum() == 140


@pytest.mark.parametrize("as_csv", [False, True])
def test_a_run_of_text_is_read_back_verified_and_explained(csv, tmp_path, as_csv):
    from allocator.allocation.folder import save

    result = al.allocate(csv, POLICY)
    save(result, tmp_path / "run", csv=as_csv)
    assert recheck(tmp_path / "run").ok
    loaded = al.load_allocation(tmp_path / "run")
    assert loaded.to_arrow().schema.field("loss").type == pa.decimal128(19, 8)
    pd.testing.assert_frame_equal(
        loaded.awards.drop(columns=["reason", "binding"]),
        result.awards.drop(columns=["reason", "binding"]),
    )
    for user in "abcdef":
        assert str(loaded.explain(user)) == str(result.explain(user))
    if as_csv:
        lines = (tmp_path / "run" / "awards.csv").read_text().splitlines()
        assert lines[1].startswith("a,true,eligible,1234.50,2000.00,")
        assert lines[2].startswith("b,true,eligible,80.00000001,100.50,")


def test_floats_in_csv_are_read_back_as_floats(tmp_path):
    from allocator.allocation.folder import save

    losses = [80.123456789, 60.0]
    users = pa.table({"user_id": ["a", "b"], "liquidation_loss": losses, "net_assets": losses})
    save(al.allocate(users, POLICY), tmp_path / "run", csv=True)
    assert al.load_allocation(tmp_path / "run").awards["loss"].tolist() == losses
    assert recheck(tmp_path / "run", users).ok


def test_the_same_frame_may_be_saved_twice_and_another_not(tmp_path):
    frame = pd.DataFrame(
        {"user_id": ["a", "b"], "liquidation_loss": [80, 60], "net_assets": [100, 60]}
    )
    folder = tmp_path / "run"
    al.allocate(frame, POLICY).save(folder)
    before = parquet.read_table(folder / "awards.parquet")
    al.allocate(frame.copy(), POLICY).save(folder)
    assert parquet.read_table(folder / "awards.parquet") == before
    other = frame.assign(net_assets=[100, 61])
    for run in (al.allocate(other, POLICY), al.allocate(frame, POLICY.replace(name="Other"))):
        with pytest.raises(al.AllocatorError) as caught:
            run.save(folder)
        assert str(caught.value) == (
            f"{folder} holds a run of other inputs or of another policy: choose another directory; "
            "save(..., force=True) replaces it"
        )
        assert caught.value.shell.endswith("choose another --out, or replace it with --force")
        run.save(folder, force=True)


def test_a_column_that_is_not_there_says_how_to_do_without():
    users = pa.table({"user_id": ["a"], "liquidation_loss": [80]})
    with pytest.raises(al.DataError, match="no column 'net_assets'") as caught:
        al.allocate(users, POLICY)
    assert str(caught.value).splitlines()[-1] == (
        'or do without: eligibility.min_loss_ratio = "0" and weights.ratio_exponent = 0'
    )
    without = POLICY.replace(min_loss_ratio="0", ratio_exponent=0)
    assert al.allocate(users, without).certificate.spent_cents == 8000
    needed = without.replace(exclude={"net_assets": {"min": "1"}})
    with pytest.raises(al.DataError) as caught:
        al.allocate(users, needed)
    assert "do without" not in str(caught.value)


def test_a_claims_rule_too_large_for_accounts_does_not_stop_a_run_of_people():
    users = pa.table(
        {
            "user_id": ["a1", "a2", "b1"],
            "liquidation_loss": [60, 60, 90],
            "net_assets": [60, 60, 90],
            "person_id": ["a", "a", "b"],
        }
    )
    policy = al.Policy.model_validate(
        {
            "schema_version": 1,
            "name": "Two",
            "award": {"budget": "100.00", "minimum": "0.00", "per": "person_id"},
            "objective": {"rule": "concede_and_divide"},
        }
    )
    result = al.allocate(users, policy)
    assert result.certificate.ok
    assert result.to_arrow().column("per_account_cents").null_count == 3


@pytest.mark.parametrize(
    ("loss", "net", "said"),
    [
        ("4802.69299123", "9000", "You lost $4,802.69, 53.4%"),
        ("49.99999999", "60", "You lost $49.99999999. A voucher needs a loss of at least $50.00"),
        (
            "40.126",
            "60",
            "You lost $40.13. A voucher needs a loss of at least $50.00: yours is $9.87",
        ),
        ("60", "-0.00000001", "net assets at the snapshot were -$0.00000001."),
        (
            "100",
            "999.99999",
            "at least 30% of net assets, which is $300.00 for you: yours is $200.00",
        ),
    ],
)
def test_customers_read_cents_unless_cents_would_hide_something(loss, net, said):
    users = pa.table(
        {"user_id": ["a", "b"], "liquidation_loss": [loss, "999"], "net_assets": [net, "999"]}
    )
    found = al.allocate(users, POLICY.replace(budget="100.00")).explain("a")
    assert said in found.customer


def test_the_arithmetic_told_with_cents_repeats_on_a_phone():
    rng = np.random.default_rng(4)
    losses = [f"{x:.8f}" for x in rng.lognormal(7, 1.5, 300) + 60]
    users = pa.table(
        {"user_id": np.arange(300), "liquidation_loss": losses, "net_assets": losses[::-1]}
    )
    result = al.allocate(users, POLICY.replace(budget="30000.00", min_loss_ratio="0"))
    told = 0
    for user in range(300):
        found = result.explain(user)
        if "Every voucher is" not in found.customer or "×" not in found.customer:
            continue
        sentence = found.customer.split("Every voucher is ")[1]
        numbers, amount = sentence.split(": ", 1)[1].split(" = ")
        product = 1
        for number in numbers.split(" × "):
            product *= Decimal(number.replace(",", ""))
        shown = Decimal(amount.split(" ")[0].rstrip(".").replace("$", "").replace(",", ""))
        assert abs(product - shown) <= Decimal("0.005")
        exact = Decimal(repr(found.fractional_award))
        assert abs(exact - shown) <= Decimal("0.00502")
        told += 1
    assert told > 200
