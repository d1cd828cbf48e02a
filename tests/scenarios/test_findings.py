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
from allocator.scenarios.out import Out, funnel, out_by_reason
from allocator.scenarios.panel import panel
from allocator.scenarios.rows import GroupRow, PaidRow
from allocator.scenarios.sums import median


def rows(*groups):
    """Rows by loss from (label, users, cents of losses, cents of awards)."""
    users = [GroupRow(label, n, None, None, lost) for label, n, lost, _ in groups]
    paid = [
        PaidRow(label, n, n, n, 0, 0, cents, None, None, None, None)
        for label, n, _, cents in groups
    ]
    return users, paid


def test_half_of_the_recipients(some, make):
    summary = some.base.summary()
    median_text = f"${summary.outcomes[0].median_cents / 100:.2f}"
    expected = f"Half of the {summary.eligible:,} recipients get {median_text} or less."
    assert half_finding(summary) == expected
    few = make([(k, "60.00", "70.00") for k in range(9)], **{"award.budget": "36.00"})
    assert half_finding(few.summary()) == (
        "Fewer than 10 users are eligible; what they get is not shown."
    )
    tied = make([(k, "60.00", "70.00") for k in range(10)], **{"award.budget": "40.00"})
    assert half_finding(tied.summary()) == "100% of the 10 recipients get the minimum of $4."
    unpaid = {"award.budget": "0.05", "award.minimum": "0.00", "objective.alpha": 0.0}
    some_unpaid = make([(k, f"{60 + k}.00", "70.00") for k in range(10)], **unpaid)
    assert "10 eligible users get the minimum of $0" in half_finding(some_unpaid.summary())
    assert half_finding(make([("a", "1.00", "9.00")]).summary()).startswith("Nobody is eligible")


def test_few_who_get_more_than_the_minimum_are_not_counted(make):
    users = [(f"u{k}", "50.00", "150.00") for k in range(40)] + [("x", "9000.00", "9000.00")]
    run = make(users, **{"award.budget": "300.00"})
    assert run.summary().outcomes[0].floor_share == 40 / 41
    assert half_finding(run.summary()) == (
        "More than half of the 41 recipients get the minimum of $4."
    )
    many = [*users, *((f"y{k}", "9000.00", "9000.00") for k in range(12))]
    told = half_finding(make(many, **{"award.budget": "300.00"}).summary())
    assert told == "75% of the 53 recipients get the minimum of $4."


def test_the_money_finding_is_the_table(some):
    tables = Comparison(panel([some.base, some.broad])).tables()
    shares = [r[9].total_cents / r[10].total_cents for r in tables.paid.values()]
    lost = tables.users[9].loss_cents / tables.users[10].loss_cents
    assert money_finding(tables.users, tables.paid) == (
        f"The tenth who lost most have {lost:.0%} of the losses and get {shares[0]:.0%} of the "
        f"money under Announced; {shares[1]:.0%} under Broad."
    )


def test_the_money_finding_says_how_many_when_it_is_not_a_tenth():
    users, paid = rows(("9", 60, 300, 40), ("10", 40, 700, 60), ("ALL", 100, 1000, 100))
    assert money_finding(users, {"A": paid}) == (
        "The 40% who lost most have 70% of the losses and get 60% of the money."
    )
    users, paid = rows(("6", 50, 9, 100), ("10", 0, 0, 0), ("ALL", 50, 9, 100))
    assert money_finding(users, {"A": paid}) == "Everybody lost the same."
    users, paid = rows(("1", 0, 0, 0), ("ALL", 0, 0, 0))
    assert money_finding(users, {"A": paid}) == "No money is handed out."
    assert top_share(users, paid) is None


@pytest.mark.parametrize(("below", "top"), [(90, 9), (9, 90), (0, 9)])
def test_what_few_get_is_not_told_as_a_share(below, top):
    whole = below + top
    users, paid = rows(("5", below, 300, 40), ("10", top, 700, 60), ("ALL", whole, 1000, 100))
    assert money_finding(users, {"A": paid}) == "Too few users to show where the money goes."


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
