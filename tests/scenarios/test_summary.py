import dataclasses
import json
import subprocess
import sys
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pytest

import allocator as al
from allocator.allocation import pipeline
from allocator.allocation.folder import save
from allocator.allocation.stages import Stages
from allocator.policy.compile import Ids
from allocator.policy.eligibility import REASONS, deciding_keys, precedence
from allocator.scenarios.alternatives import alternatives, awards_under
from allocator.scenarios.columns import losses, numbers, reasons
from allocator.scenarios.out import out_by_reason, reason_source, reason_text
from allocator.scenarios.summary import big_dollars, percent, summarize

PAGE = """\
Announced policy on SIMULATED users
$600,000.00 to {eligible} of 3,000 users, to the cent
{formula}

-  {out[0]} already compensated            announced
- {out[1]} lost under $50                 announced
-  {out[2]} no net assets                  ASSUMED, {lost} of losses: decide
- {out[3]} lost under 30% of net assets   announced
"""


def test_the_page_says_what_happened(some):
    summary = summarize(some.base)
    table = some.base.to_arrow().to_pandas()
    counts = table.reason.value_counts()
    lost = table[table.reason == "no_net_assets"].loss.sum()
    codes = ("already_compensated", "loss_below_minimum", "no_net_assets")
    expected = PAGE.format(
        eligible=f"{table.eligible.sum():,}",
        formula=some.base.formula,
        out=[counts[code] for code in (*codes, "loss_ratio_below_minimum")],
        lost=f"${float(lost) / 1e6:.1f}m",
    )
    text = summary.text("allocator explain RUN u42")
    assert text.startswith(expected)
    assert text.endswith(
        "verified: total, bounds, eligibility, tie order, no cent better moved\n"
        "next: allocator explain RUN u42"
    )
    assert str(summary) == text.removesuffix("\nnext: allocator explain RUN u42")


def test_figures_are_those_of_the_table(some):
    run = summarize(some.base).outcomes[0]
    table = some.base.to_arrow().to_pandas()
    paid = table[table.eligible].sort_values("loss", ascending=False)
    awards = paid.award_cents.sort_values()
    assert run.median_cents == awards.iloc[(len(awards) - 1) // 2]
    assert run.floor_share == (paid.award_cents == 400).mean()
    tenth = paid.award_cents[: len(paid) // 10].sum() / paid.award_cents.sum()
    assert run.top_share == pytest.approx(tenth, abs=0.005)


def test_how_much_is_paid_back_and_whose_the_losses_are(some):
    summary = summarize(some.base)
    table = some.base.to_arrow().to_pandas()
    lost = table[table.eligible].loss.astype(float).sort_values(ascending=False)
    assert summary.recovery == pytest.approx(600_000 / lost.sum(), rel=1e-9)
    tenth = lost[: len(lost) // 10].sum() / lost.sum()
    assert summary.top_loss_share == pytest.approx(tenth, abs=0.005)
    assert len(repr(summary.to_dict()["recovery"])) <= 8


def test_rows_that_were_set_aside_are_told(some, tmp_path):
    good = [f"u{k},{60 + k},{70 + k}" for k in range(20)]
    for bad, told in ((1, "1 row was"), (3, "3 rows were")):
        path = tmp_path / f"{bad}.csv"
        rows = ["user_id,liquidation_loss,net_assets", *good, *["x,-1,5"] * bad]
        path.write_text("\n".join(rows) + "\n")
        policy = some.base.policy.replace(budget="100.00")
        loaded = pipeline.load(str(path), [policy], Stages(None), max_bad=bad)
        result = pipeline.run(loaded, policy, Stages(None))
        assert f"{told} set aside as bad: quarantined.csv\n" in str(result.summary())
        assert result.summary().to_dict()["quarantined"] == bad
        save(result, tmp_path / "run", force=True)
        assert al.load_allocation(tmp_path / "run").summary() == result.summary()
    assert "set aside" not in str(summarize(some.base))
    assert summarize(some.base).to_dict()["quarantined"] == 0


def test_alternatives_are_the_awards_that_those_policies_give(some):
    rules = [each.rule for each in alternatives(some.base)]
    for awards, run in zip(awards_under(some.base, rules), (some.prorata, some.broad), strict=True):
        table = run.to_arrow()
        eligible = numbers(table, "eligible")
        np.testing.assert_array_equal(awards, numbers(table, "award_cents")[eligible])


def test_gains_and_losses_are_counted_against_this_run(some):
    other = summarize(some.base).outcomes[2]
    mine, theirs = (
        numbers(run.to_arrow(), "award_cents")[numbers(run.to_arrow(), "eligible")]
        for run in (some.base, some.broad)
    )
    assert other.gain_share == (theirs > mine).mean()
    assert other.lose_share == (theirs < mine).mean()
    assert "gain" in str(summarize(some.base))


def test_a_run_that_is_an_alternative_is_not_shown_twice(some):
    names = [each.name for each in summarize(some.broad).outcomes]
    assert names == ["this run", "pro rata", "alpha 1"]
    names = [each.name for each in summarize(some.prorata).outcomes]
    assert names == ["this run (pro rata)"]


def test_an_alternative_that_changes_nothing_says_so(make):
    plain = {"weights.ratio_exponent": 0.0, "award.budget": "500.00"}
    rows = [(k, f"{60 + k}.00", "70.00") for k in range(40)]
    assert "pro rata   " in str(make(rows, **plain).summary())
    tied = [(k, "60.00", "70.00") for k in range(40)]
    assert str(make(tied, **plain).summary()).count("the same as this run") == 2


@pytest.mark.parametrize("csv", [False, True])
def test_a_run_read_back_says_the_same(some, tmp_path, csv):
    save(some.base, tmp_path / "run", csv=csv)
    loaded = al.load_allocation(tmp_path / "run")
    assert summarize(loaded).to_dict() == summarize(some.base).to_dict()
    assert str(summarize(loaded)) == str(summarize(some.base))


def test_reasons_come_in_order_of_precedence_whatever_the_file_says(some):
    table = some.base.table
    plain = table.set_column(2, "reason", table.column("reason").cast(pa.string()).combine_chunks())
    expected = [each.to_dict() for each in out_by_reason(some.base)]
    assert [each["reason"] for each in expected][:2] == [
        "already_compensated",
        "loss_below_minimum",
    ]
    backwards = dataclasses.replace(some.base, table=plain.take(list(range(2999, -1, -1))))
    assert [each.to_dict() for each in out_by_reason(backwards)] == expected
    codes, labels = reasons(plain, some.base.policy)
    assert [labels[k] for k in codes[:20]] == plain.column("reason").to_pylist()[:20]


def test_losses_with_brackets_are_the_losses_and_not_the_claims(some):
    policy = al.Policy.preset("small-first").replace(budget="600000.00")
    run = al.allocate(some.users, policy)
    np.testing.assert_array_equal(
        losses(run.table, run.policy), losses(some.base.table, some.base.policy)
    )


def test_json_has_cents_as_integers_and_short_shares(some):
    data = summarize(some.base).to_dict()
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert data["spent_cents"] == 60_000_000
    assert data["schema_version"] == 1
    assert all(isinstance(each["loss_cents"], int) for each in data["out"])
    assert all(len(repr(each["top_share"])) <= 8 for each in data["outcomes"])


def test_nobody_eligible(make):
    summary = make([("ann", "10.00", "20.00")]).summary()
    assert (
        "nobody is eligible: 1 of 1 fell at min_loss; $100.00 of the budget stays unspent"
    ) in str(summary)
    assert "median" not in str(summary)


def test_an_unspent_budget_is_told(make):
    summary = make(
        [("ann", "60.00", "70.00"), ("bob", "50.00", "70.00")], **{"award.budget": "200"}
    )
    text = str(summary.summary())
    assert "$110.00 to 2 of 2 users" in text
    assert "$90.00 of the budget stays unspent, because everyone has their maximum" in text


def test_failed_verification_and_warnings_stand_out(some):
    checks = MappingProxyType({**some.base.certificate.checks, "total": False, "optimal": False})
    failed = dataclasses.replace(
        some.base.certificate, checks=checks, failures=("total: a cent is missing",)
    )
    run = dataclasses.replace(some.base, certificate=failed, warnings=("mind the gap",))
    text = str(run.summary())
    assert "VERIFICATION FAILED: total, no cent better moved\n  total: a cent is missing" in text
    assert "verified" not in text
    assert "warning: mind the gap" in text


def test_names_of_files_are_told_and_cannot_speak_to_the_terminal(some):
    source = dataclasses.replace(some.base.sources[0], path="/there/us\x1b[31mers.csv")
    run = dataclasses.replace(some.base, sources=(source,) * 5, simulated=None)
    title = str(run.summary()).splitlines()[0]
    assert title.startswith("Announced policy on us?[31mers.csv, us?")
    assert title.endswith("and 2 more files")


@pytest.mark.parametrize(
    ("reason", "text", "source"),
    [
        ("excluded:account_type", "excluded by account_type", "set"),
        ("no_snapshot", "no snapshot", "assumed"),
        ("cap_below_minimum", "lost under the minimum of $4", "assumed"),
        ("loss_below_minimum", "lost under $20", "set"),
        ("loss_ratio_below_minimum", "lost under 30% of net assets", "announced"),
    ],
)
def test_reasons_in_words(reason, text, source):
    policy = al.Policy.default().replace(min_loss="20.00")
    assert reason_text(reason, policy) == text
    assert reason_source(reason, policy) == source


def test_every_reason_has_words_and_its_place_in_the_order():
    policy = al.Policy.default().replace(exclude={"region": ["XX"], "kind": ["mm"]})
    assert precedence(policy)[-1] == "cap_below_minimum"  # small awards are raised
    policy = policy.replace(below_minimum="drop_once")
    codes = precedence(policy)
    assert codes[1:3] == ("excluded:region", "excluded:kind")
    assert [code.partition(":")[0] for code in codes] == [
        *list(REASONS)[:2],
        *list(REASONS)[1:],
    ]
    for code in codes:
        assert reason_text(code, policy) != code
    # Whatever the order in which a table holds them, and whether or not anybody has them.
    table = pa.table({"reason": [codes[-1], "eligible", codes[0], "of another version"]})
    found, labels = reasons(table, policy)
    assert labels == ("eligible", *codes, "of another version")
    assert found.tolist() == [len(codes), 0, 1, len(codes) + 1]


@pytest.mark.parametrize("snapshot", ["2025-10-09T23:59:00Z", "2025-10-10T23:59:00Z"])
def test_that_nobody_without_a_snapshot_is_in_stays_assumed(snapshot):
    # The time of the snapshot was announced, or is set; what becomes of those not in it was not.
    policy = al.Policy.default().replace({"eligibility.snapshot": snapshot})
    assert deciding_keys("no_snapshot") == ("eligibility.snapshot",)
    assert reason_source("no_snapshot", policy) == "assumed"


def test_shares_and_big_amounts_read_well():
    assert [percent(x) for x in (0.0, 0.00049, 0.0005, 0.9996, 1.0)] == [
        "0.0%",
        "<0.1%",
        "0.1%",
        ">99.9%",
        "100.0%",
    ]
    assert [big_dollars(c) for c in (0, 123, 999_950_000_00, 2_200_000_000_00)] == [
        "$0",
        "$1",
        "$1.0bn",
        "$2.2bn",
    ]


def test_a_summary_imports_neither_pandas_nor_matplotlib(some, tmp_path):
    with pa.ipc.new_file(tmp_path / "t.arrow", some.base.table.schema) as writer:
        writer.write_table(some.base.table, max_chunksize=700)
    (tmp_path / "c.json").write_text(json.dumps(some.base.certificate.to_dict()))
    script = """
import json, sys, pyarrow as pa
from allocator.allocation.evidence import Certificate
from allocator.allocation.result import Allocation
from allocator.policy.schema import Policy
from allocator.scenarios.summary import summarize
table = pa.ipc.open_file(sys.argv[1] + "/t.arrow").read_all()
certificate = Certificate.from_dict(json.load(open(sys.argv[1] + "/c.json")))
policy = Policy.default().replace(budget="600000.00")
print(summarize(Allocation(table, policy, certificate, (), "simulated")))
print([name for name in ("pandas", "matplotlib", "scipy", "cvxpy") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{some.base.summary()}\n[]\n"


def test_ids_are_read_only_where_they_are_asked_for(some):
    rows = np.array([5, 2, 9])
    ids = Ids(some.base.table.column("user_id"), rows)
    assert (len(ids), ids[1], list(ids[1:]), np.ndim(ids)) == (3, "u3", ["u3", "u10"], 1)
