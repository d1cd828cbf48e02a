import numpy as np
import pytest

from allocator.scenarios.bands import FEWEST, Band, award_bands, band_at
from allocator.scenarios.compare import Comparison
from allocator.scenarios.findings import (
    awards_finding,
    half_finding,
    money_finding,
    out_finding,
    top_share,
)
from allocator.scenarios.metrics import median
from allocator.scenarios.out import Out, funnel, out_by_reason
from allocator.scenarios.panel import panel
from allocator.scenarios.rows import PaidRow


def paid(label, users, cents):
    return PaidRow(label, users, users, 0, 0, cents, None, None, None)


def test_half_of_the_recipients(some, make):
    summary = some.base.summary()
    median_text = f"${summary.outcomes[0].median_cents / 100:.2f}"
    expected = f"Half of the {summary.eligible:,} recipients get {median_text} or less."
    assert half_finding(summary) == expected
    tied = make([(k, "60.00", "70.00") for k in range(10)], **{"award.budget": "40.00"})
    assert half_finding(tied.summary()) == "100% of the 10 recipients get the minimum of $4."
    unpaid = {"award.budget": "0.05", "award.minimum": "0.00", "objective.alpha": 0.0}
    some_unpaid = make([(k, f"{60 + k}.00", "70.00") for k in range(10)], **unpaid)
    assert "10 eligible users get the minimum of $0" in half_finding(some_unpaid.summary())
    assert half_finding(make([("a", "1.00", "9.00")]).summary()).startswith("Nobody is eligible")


def test_the_money_finding_is_the_table(some):
    tables = Comparison(panel([some.base, some.broad])).tables()
    shares = [rows[9].total_cents / rows[10].total_cents for rows in tables.paid.values()]
    assert money_finding(tables.paid) == (
        f"The tenth who lost most get {shares[0]:.0%} of the money; {shares[1]:.0%} under Broad."
    )


def test_the_money_finding_says_how_many_when_it_is_not_a_tenth():
    rows = [paid("9", 60, 40_00), paid("10", 40, 60_00), paid("ALL", 100, 100_00)]
    assert money_finding({"A": rows}) == "The 40% who lost most get 60% of the money."
    one = [paid("6", 5, 100), paid("10", 0, 0), paid("ALL", 5, 100)]
    assert money_finding({"A": one}) == "Everybody lost the same."
    nothing = [paid("1", 0, 0), paid("ALL", 0, 0)]
    assert money_finding({"A": nothing}) == "No money is handed out."
    assert top_share(nothing) is None


def test_bands_are_quantiles_of_awards_by_loss(some):
    users = panel([some.base])
    bands = award_bands(users, users.scenarios[0])
    table = some.base.to_arrow().to_pandas()
    table = table[table.eligible].assign(loss=lambda t: t.loss.astype(float))
    assert len(bands) > 10
    for band in bands:
        inside = table[(table.loss >= band.low) & (table.loss < band.high)]
        assert band.users == len(inside) >= FEWEST
        assert band.median_cents == median(inside.award_cents.to_numpy())
        assert (inside.award_cents <= band.award_cents[4]).mean() >= 0.95
        assert (inside.award_cents < band.award_cents[0]).mean() < 0.05
        assert band.low < band.middle < band.high


def test_the_awards_finding_is_the_bands(some):
    users = panel([some.base])
    bands = award_bands(users, users.scenarios[0])
    thousand = next(b for b in bands if b.low <= 1000 < b.high)
    assert band_at(bands, 1000.0) is thousand
    told = awards_finding(bands)
    assert told.startswith(
        f"Typically, a loss of about $1,000 gets ${thousand.median_cents / 100:,.2f} and a loss of "
        "about $100,000 gets $"
    )
    assert awards_finding([]) == "Too few users to show awards by loss."
    small = [Band(50.0, 60.0, 20, (1, 1, 400, 5, 5)), Band(60.0, 70.0, 20, (1, 1, 500, 6, 6))]
    assert awards_finding(small).endswith(
        "from $4.00 for the smallest losses to $5.00 for the largest."
    )


def test_no_bands_without_users(make):
    nobody = panel([make([("a", "1.00", "9.00")])])
    assert award_bands(nobody, nobody.scenarios[0]) == []


def test_the_funnel_ends_with_the_eligible(some):
    out = out_by_reason(some.base)
    steps = funnel(3000, out)
    assert steps[0] == ("all users", 3000)
    assert steps[-1][1] == some.base.certificate.eligible
    assert np.diff([n for _, n in steps]).tolist() == [-each.users for each in out]


def test_who_is_out_in_a_sentence():
    few = Out("no_net_assets", "no net assets", 3, 0, "assumed")
    many = Out("loss_below_minimum", "lost under $50", 20, 0, "announced")
    assert out_finding(100, 77, [few, many]) == (
        "77% of 100 users are in; the largest group of those who are not: lost under $50 (20)."
    )
    assert out_finding(5, 5, []) == "All 5 users are in."


@pytest.mark.parametrize("loss", [39.0, 1e9])
def test_no_band_where_nobody_is(some, loss):
    users = panel([some.base])
    assert band_at(award_bands(users, users.scenarios[0]), loss) is None
