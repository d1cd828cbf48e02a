"""Loans are the best there are: against trying everything, and in degenerate cases."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import allocator as al
from allocator.programs.loan.program import run
from tests.programs.loan.funds import applicants, best, granted, meets, policy

AMOUNTS = st.integers(1, 6)


@st.composite
def funds(draw):
    """Up to four applicants of a few units, tied more often than not, with limits of any kind."""
    n = draw(st.integers(1, 4))
    rows = []
    for _ in range(n):
        requested = draw(AMOUNTS) * 100 + draw(st.sampled_from([0, 0, 50]))
        rows.append((requested, draw(st.integers(0, requested))))
    fund = {"budget": f"{draw(st.integers(1, 15)) * 100}.00", "unit": "100.00"}
    segments = draw(st.lists(st.sampled_from(["x", "y"]), min_size=n, max_size=n))
    if draw(st.booleans()):
        low, high = sorted(draw(st.tuples(st.integers(0, 10), st.integers(0, 10))))
        fund["segments"] = {"x": {"min_share": f"{low / 20}", "max_share": f"{high / 10}"}}
    pd = draw(st.lists(st.sampled_from(["0", "0.1", "0.03", "1"]), min_size=n, max_size=n))
    if draw(st.booleans()):
        fund["expected_loss_budget"] = draw(st.sampled_from(["10.00", "25.50", "33.33", "200.00"]))
    weights = draw(st.lists(st.sampled_from(["1", "1", "2", "0.3"]), min_size=n, max_size=n))
    return rows, fund, segments, pd, weights


@settings(max_examples=60, deadline=None)
@given(funds(), st.sampled_from([0.0, 0.5, 1.0, 2.0, 8.0]))
def test_loans_are_the_best_there_are(case, alpha):
    rows, fund, segments, pd, weights = case
    losses = [Fraction(each) * Fraction("0.5") for each in pd]
    right = best(
        rows,
        fund,
        alpha=alpha,
        delta=0.1,
        segments=segments,
        losses=losses,
        weights=[float(each) for each in weights],
    )
    columns = {"segment": segments, "pd": pd, "lgd": ["0.5"] * len(rows), "weight": weights}
    table = applicants(rows, **columns)
    chosen = policy(alpha, **fund)
    if right is None:
        with pytest.raises(al.InfeasibleError):
            run(table, chosen)
        return
    result = run(table, chosen)
    facts = result.certificate.figures
    assert facts["value"] == pytest.approx(right, rel=1e-8, abs=1e-12)
    assert facts["gap"] <= 1e-8
    assert facts["bound"] >= right * (1 - 1e-9)
    assert facts["price_bound"] >= right * (1 - 1e-9)
    units = [dollars // 100 for dollars in granted(result)]
    assert meets(units, segments, losses, fund)
    assert sum(units) * 10_000 == facts["granted_cents"]


@pytest.mark.parametrize("alpha", [0, 1, 2])
def test_equals_differ_only_where_the_fund_ends(alpha):
    table = applicants([(1000, 300)] * 50)
    result = run(table, policy(alpha, budget="20050.00", unit="100.00"))
    loans = granted(result)
    assert sum(loans) == 20_000
    assert result.certificate.figures["gap"] <= 1e-9
    if alpha:
        assert set(loans) <= {0, 300, 400, 500}


def test_order_of_rows_is_no_matter():
    table = al.simulate_applicants(60, seed=2).table
    chosen = policy(budget="1000000.00", unit="5000.00")
    one = run(table, chosen).table
    other = run(table.take(list(range(59, -1, -1))), chosen).table
    assert (
        one.column("granted_cents").to_pylist()[::-1] == other.column("granted_cents").to_pylist()
    )


def test_between_many_units_lines_are_above_the_worth():
    """600 units and 12 lines: chords of the worth between them would give too low a bound."""
    result = run(applicants([(60_000, 100)] * 7), policy(2.0, budget="180000.00", unit="100.00"))
    facts = result.certificate.figures
    assert sorted(granted(result)) == [25_700] * 6 + [25_800]
    assert facts["highs_bound"] >= facts["value"] * (1 - 1e-11)
    assert facts["gap"] <= 1e-9


def test_a_fund_need_not_be_spent():
    result = run(applicants([(500, 100)]), policy(budget="10000.00", unit="100.00"))
    assert granted(result) == [500]
    assert result.certificate.figures["unspent_cents"] == 950_000


def test_a_fund_below_every_minimum_lends_nothing():
    result = run(applicants([(5000, 2000)] * 3), policy(budget="1000.00"))
    assert granted(result) == [0, 0, 0]
    assert result.certificate.ok
    assert set(result.table.column("reason").to_pylist()) == {
        "the fund is used up: $1,000.00 is left and $2,000.00 is needed"
    }


def test_nobody_in_lends_nothing():
    table = applicants([(1900, 1200)])
    result = run(table, policy())
    assert granted(result) == [0]
    assert result.certificate.status == "optimal"
    assert result.extra["schedule.parquet"].num_rows == 0
    assert result.warnings == ("every applicant is refused by a rule, so that nothing is lent",)


def test_weight_zero_serves_only_floors():
    table = applicants([(3000, 1000)] * 2, weight=["0", "1"], segment=["x", "y"])
    result = run(table, policy(segments={"x": {"min_share": "20%"}}))
    assert granted(result) == [2000, 3000]
    code = result.table.column("reason_code").to_pylist()
    assert code == ["no_weight", "granted_in_full"]


def test_large_alphas_serve_as_many_as_possible():
    table = applicants([(9000, 1000), (9000, 2000), (9000, 7000), (9000, 3000)])
    result = run(table, policy(50.0, budget="8000.00"))
    assert sorted(granted(result)) == [0, 1000, 2000, 5000] or granted(result)[2] == 0


def test_a_time_limit_gives_the_best_found_with_its_gap(monkeypatch):
    from allocator.backends.lots import solve

    chosen = policy(1.0, budget="2000000.00", time_limit=1)
    table = al.simulate_applicants(400, seed=5)
    ticks = iter([0.0, *[2.0] * 99])
    monkeypatch.setattr(solve, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(solve, "ENOUGH", 0.0)
    monkeypatch.setattr("allocator.programs.loan.evidence.ENOUGH", 1e-7)
    result = run(table, chosen)
    facts = result.certificate.figures
    assert result.certificate.status == "time_limit"
    assert result.certificate.ok
    assert facts["gap"] == pytest.approx((facts["bound"] - facts["value"]) / facts["bound"])
    assert "objective.time_limit was reached at a gap of" in result.warnings[-1]


def test_hundreds_of_applicants_with_every_kind_of_limit():
    chosen = policy(
        2.0,
        budget="6000000.00",
        unit="1000.00",
        max_share_per_applicant="4%",
        expected_loss_budget="1%",
        min_score="520",
        segments={"trader": {"max_share": "30%"}, "broker": {"min_share": "25%"}},
    )
    result = run(al.simulate_applicants(300, seed=9), chosen)
    facts = result.certificate.figures
    assert facts["gap"] <= 1e-3
    assert facts["value"] >= 0.99 * facts["price_bound"]
    assert facts["prices"]["segment broker"] < 0 < facts["prices"]["segment trader"]
    assert facts["segments"]["broker"]["granted_cents"] >= 150_000_000
    again = run(al.simulate_applicants(300, seed=9), chosen)
    assert again.table.equals(result.table)
