"""`allocate`, from whatever a user hands in to a frozen result, and nothing else happens."""

import dataclasses
import logging
import threading

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

import allocator as al
from allocator.allocation.stages import STAGES


def awards(result):
    return result.to_arrow()["award_cents"].to_pylist()


FRAMES = {
    "pyarrow": lambda table: table,
    "chunked": lambda table: pa.concat_tables([table.slice(0, 5), table.slice(5)]),
    "pandas": lambda table: table.to_pandas(),
    "pandas on arrow": lambda table: table.to_pandas(types_mapper=pd.ArrowDtype),
    "polars": pl.from_arrow,
    "record batch reader": lambda table: table.to_reader(),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_any_frame_gives_the_same_awards(users, policy, result, kind):
    assert awards(al.allocate(FRAMES[kind](users.table), policy)) == awards(result)


def test_a_path_gives_the_same_awards(users, policy, result, tmp_path):
    parquet.write_table(users.table, tmp_path / "u.parquet")
    (tmp_path / "p.toml").write_text(policy.to_toml())
    assert awards(al.allocate(tmp_path / "u.parquet", tmp_path / "p.toml")) == awards(result)


def test_no_policy_is_the_announced_one(users):
    assert al.allocate(users).policy == al.Policy.default()


@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow"])
def test_inputs_are_never_changed(users, policy, kind):
    frame = FRAMES[kind](users.table)
    before = pa.table(frame).to_pydict()
    al.allocate(frame, policy)
    assert pa.table(frame).to_pydict() == before


def test_integers_that_are_bad_are_not_changed_either(policy):
    frame = pd.DataFrame({"user_id": [1, 2], "liquidation_loss": [-5, 60], "net_assets": [1, 1]})
    with pytest.raises(al.DataError, match="is negative"):
        al.allocate(frame, policy)
    assert frame["liquidation_loss"].tolist() == [-5, 60]


def test_the_table_is_what_the_contract_says(result, users):
    table = result.to_arrow()
    assert table.column_names == [
        *("user_id", "eligible", "reason", "loss", "net_assets", "loss_ratio", "claim", "factor"),
        *("weight", "lower_cents", "upper_cents", "binding", "award_cents"),
    ]
    for name in ("lower_cents", "upper_cents", "award_cents"):
        assert table.schema.field(name).type == pa.int64()
        assert table[name].null_count == 0
    assert table["user_id"].equals(users.table["user_id"])
    assert table["loss"].equals(users.table["liquidation_loss"])
    rows = table.to_pylist()
    assert {row["binding"] for row in rows} == {"none", "floor", "cap"}
    for row in rows:
        assert row["eligible"] == (row["reason"] == "eligible")
        assert row["lower_cents"] <= row["award_cents"] <= row["upper_cents"]
        if not row["eligible"]:
            assert row["upper_cents"] == row["award_cents"] == 0
            assert row["binding"] == "none"
    assert sum(awards(result)) == 10_000_000


def test_each_bound_that_binds_is_named(policy):
    table = pa.table(
        {
            "user_id": [1, 2, 3, 4, 5],
            "liquidation_loss": ["50", "100000", "4.555", "90000", "4.00"],
            "net_assets": ["50"] * 5,
        }
    )
    rules = {"min_loss": "0.00", "min_loss_ratio": "0", "budget": "7000.00"}
    run = al.allocate(table, policy.replace(rules))
    assert run.to_arrow()["binding"].to_pylist() == ["floor", "none", "floor", "none", "floor"]
    assert run.to_arrow()["upper_cents"].to_pylist() == [5000, 600000, 455, 600000, 400]
    capped = al.allocate(table, policy.replace({**rules, "budget": "99999.00"}))
    assert capped.to_arrow()["binding"].to_pylist() == ["loss", "cap", "loss", "cap", "floor"]
    assert capped.certificate.status == "caps_reached"


def test_awards_are_a_pandas_frame_that_is_ones_own(result):
    frame = result.awards
    assert isinstance(frame, pd.DataFrame)
    other = result.awards
    other.loc[0, "award_cents"] = 1
    other["mine"] = 0
    pd.testing.assert_frame_equal(frame, result.awards)
    assert frame.loc[0, "award_cents"] != 1
    assert frame["award_cents"].dtype == np.int64
    assert frame["award_cents"].sum() == 10_000_000
    assert frame["loss"].dtype == np.float64


def test_the_result_is_frozen_and_says_what_it_is(result):
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.table = None
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.certificate.status = "optimal"
    with pytest.raises(TypeError):
        result.certificate.checks["total"] = False
    assert len(result) == 600
    assert repr(result) == "Allocation('Small', 298 of 600 users, optimal)"
    assert "Small, on SIMULATED users" in result._repr_html_()
    assert result.formula == result.certificate.formula


def test_a_hostile_name_is_escaped_in_html(three, policy):
    run = al.allocate(three, policy.replace(name="<script>", budget="100.00"))
    assert "<script>" not in run._repr_html_()


def test_several_threads_get_the_same(users, policy, result):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(al.allocate(users, policy))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(awards(each) == awards(result) for each in found)
    assert len({str(each.certificate.to_dict()) for each in found}) == 1


def test_progress_is_told_before_each_stage(users, policy):
    told = []
    run = al.allocate(users, policy, progress=lambda *what: told.append(what))
    names = [name for name, _, _ in told]
    assert names == [stage.name for stage in run.stages]
    assert names == sorted(names, key=STAGES.index)
    assert [done for _, done, _ in told] == [STAGES.index(name) for name in names]
    assert {total for _, _, total in told} == {len(STAGES)}
    assert all(stage.seconds >= 0 and stage.peak_mib > 1 for stage in run.stages)


def test_nothing_is_printed_and_warnings_are_logged(three, policy, capfd, caplog):
    with caplog.at_level(logging.WARNING, logger="allocator"):
        run = al.allocate(three, policy.replace(budget="100.00"))
    assert capfd.readouterr() == ("", "")
    assert {record.name for record in caplog.records} == {"allocator"}
    assert [record.getMessage() for record in caplog.records] == list(run.warnings)
    assert "award.maximum: $6,000.00 has no effect" in run.warnings[0]


def test_rounded_floats_are_counted(policy):
    frame = pd.DataFrame(
        {"user_id": ["a", "b"], "liquidation_loss": [60.123456789, 70.0], "net_assets": [9.0, 9.0]}
    )
    run = al.allocate(frame, policy.replace(budget="20.00"))
    assert any(warning.startswith("1 users have float amounts") for warning in run.warnings)


def test_columns_are_mapped(three, policy):
    names = {"user_id": "claimant", "liquidation_loss": "Lost USD", "net_assets": "worth"}
    table = three.rename_columns(list(names.values()))
    mapped = policy.replace(columns=names, budget="100.00")
    assert awards(al.allocate(table, mapped)) == [5439, 4561, 0]
    with pytest.raises(al.DataError, match=r"no columns 'user_id'") as error:
        al.allocate(table, policy)
    assert "[columns]" in str(error.value)


def test_factors_exclusions_and_mapped_attributes_end_to_end(three, policy):
    table = three.append_column("Tier", pa.array(["gold", None, "base"])).append_column(
        "kind", pa.array(["retail", "retail", "maker"])
    )
    rules = {
        "columns": {"vip_tier": "Tier"},
        "weights.factors": {"vip_tier": {"gold": 2.0, "*": 1.0}},
        "eligibility.exclude": {"kind": ["maker"]},
        "award.budget": "100.00",
    }
    run = al.allocate(table, policy.replace(rules))
    rows = run.to_arrow().to_pylist()
    assert [row["factor"] for row in rows] == [2.0, 1.0, 1.0]
    assert [row["reason"] for row in rows] == ["eligible", "eligible", "excluded:kind"]
    weights = [row["weight"] for row in rows]
    assert weights[0] == pytest.approx(2 * 80 * 0.8**0.5)
    assert rows[0]["award_cents"] == round(10000 * weights[0] / (weights[0] + weights[1]))
    unlisted = {**rules, "weights.factors": {"vip_tier": {"gold": 2.0}}}
    with pytest.raises(al.DataError, match="Tier") as error:
        al.allocate(table, policy.replace(unlisted))
    assert [row["line"] for row in error.value.rows] == [3, 4]


def test_prepared_users_without_a_snapshot_are_out_for_that_reason(policy):
    events = pa.table(
        {
            "user_id": ["a", "a", "b", "c"],
            "time": ["2025-10-10T00:00:00Z", "2025-10-11T23:59:59Z"] * 2,
            "product": ["futures", "margin", "futures", "spot"],
            "loss": ["60.10", "0.20", "77", "500"],
        }
    )
    snapshot = pa.table({"user_id": ["a", "c", "d"], "net_assets": ["100", "100", "5"]})
    from datetime import UTC, datetime

    users, _ = al.prepare(
        events,
        snapshot,
        window_start=datetime(2025, 10, 10, tzinfo=UTC),
        window_end=datetime(2025, 10, 11, 23, 59, 59, tzinfo=UTC),
        products=policy.eligibility.products,
    )
    run = al.allocate(users, policy.replace(budget="10.00"))
    rows = run.to_arrow().to_pylist()
    assert [row["reason"] for row in rows] == ["eligible", "no_snapshot", "loss_below_minimum"]
    assert str(rows[0]["loss"]) == "60.30000000"
    assert rows[0]["award_cents"] == 1000
    assert run.explain("b").reason == "no_snapshot"


def test_a_policy_that_needs_no_net_assets_reads_none(three, policy):
    rules = {"min_loss_ratio": "0", "ratio_exponent": 0, "budget": "100.00"}
    run = al.allocate(three.drop_columns(["net_assets"]), policy.replace(rules))
    table = run.to_arrow()
    assert table["net_assets"].null_count == table["loss_ratio"].null_count == 3
    assert sum(awards(run)) == 10000


def test_nobody_is_eligible(three, policy):
    run = al.allocate(three, policy.replace(min_loss="1000.00"))
    assert awards(run) == [0, 0, 0]
    assert run.certificate.ok
    assert run.certificate.eligible == run.certificate.spent_cents == 0
    assert "nobody is eligible: 3 of 3 fell at min_loss; $100,000.00 of" in str(run.summary())
    assert "voucher =" not in str(run.summary())
    assert "verified: nothing was to be divided; " in str(run.summary())


def test_a_budget_of_one_cent_is_infeasible(users, policy):
    with pytest.raises(al.InfeasibleError, match="more than the budget of") as error:
        al.allocate(users, policy.replace(budget="0.01"))
    assert error.value.details["budget_cents"] == 1
    assert error.value.details["sum_of_floors_cents"] == 400 * error.value.details["eligible"]


def test_what_does_not_verify_is_never_returned(three, policy, monkeypatch):
    from allocator.allocation import solving

    award = solving.award

    def dishonest(problem, line):
        return award(problem, line) + np.array([-1, 1])

    monkeypatch.setattr(solving, "award", dishonest)
    with pytest.raises(al.VerificationError, match="fault of this program; please report it: opt"):
        al.allocate(three, policy.replace(budget="100.00"))


def test_policies_that_map_columns_differently_share_no_table(three, policy):
    from allocator.allocation.pipeline import load
    from allocator.allocation.stages import Stages

    other = policy.replace(columns={"user_id": "x"})
    with pytest.raises(al.PolicyError, match="map columns differently"):
        load(three, [policy, other], Stages())


def test_the_figures_of_a_result_are_found_by_name(result):
    assert result.plot is not None


def test_a_policy_may_be_named(users):
    for named in ("broad", al.Policy.preset("broad")):
        run = al.allocate(users, named)
        assert run.policy == al.Policy.preset("broad")
        assert al.verify(users, named, run.to_arrow()).ok
    with pytest.raises(al.PolicyError, match="broad"):
        al.allocate(users, "braod")


def test_what_a_customer_is_told_can_be_translated(users):
    from allocator.allocation.phrases import ENGLISH

    run = al.allocate(users)
    out = next(r for r in run.to_arrow().to_pylist() if r["reason"] == "loss_below_minimum")
    german = {**ENGLISH, "loss_below_minimum": "Es fehlen {short}."}
    assert run.explain(out["user_id"], phrases=german).customer.startswith("Es fehlen $")
