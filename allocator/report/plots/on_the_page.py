"""The figures that are on every page of a report, with their numbers and alternative texts."""

from __future__ import annotations

from typing import Any

from allocator.report.awards import draw_awards
from allocator.report.disclosure import gone_rows, gone_tops
from allocator.report.eligibility import Waterfall, draw_waterfalls
from allocator.report.plots.chart import Chart, nothing
from allocator.report.plots.labels import under
from allocator.report.suppress import is_small, merge_small
from allocator.report.where_it_goes import draw_money, loss_range
from allocator.scenarios.bands import FEWEST, QUANTILES, award_bands
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.findings import awards_finding, money_finding, out_finding
from allocator.scenarios.out import funnel, out_by_reason
from allocator.scenarios.panel import Scenario

__all__ = ["awards", "eligibility", "money"]


def money(comparison: Comparison) -> Chart:
    """Draw where the money goes: people and dollars by decile of loss.

    Returns
    -------
    Chart
        Rows: policy, decile, losses (in words), users, total_cents.
    """
    tables, gone = comparison.tables(), gone_rows(comparison)
    rows = [
        {
            "policy": name,
            "decile": int(row.label),
            "losses": loss_range(tables.users[k]),
            "users": row.users,
            "total_cents": row.total_cents,
        }
        for name, paid in tables.paid.items()
        for k, row in enumerate(paid[:DECILES])
        if row.users and k not in gone[name]
    ]
    return Chart(
        "money",
        money_finding(tables.users, tables.paid, gone_tops(tables, gone)),
        "Bars for each tenth of the people, by loss: gray, to the left, for people; colored, to "
        "the right, for money, on one scale. Other policies are outlines.",
        rows,
        lambda: draw_money(comparison),
        shown=bool(rows),
    )


def awards(comparison: Comparison) -> Chart:
    """Draw awards against losses, with the floor, the cap and the kinks.

    Returns
    -------
    Chart
        Rows: policy, from_dollars, to_dollars (not included; of losses), users, and the quantiles
        of awards in cents; quantiles beyond which fewer than ten users lie are None.
    """
    users = comparison.users
    rows: list[dict[str, Any]] = []
    for each in users.scenarios:
        for band in award_bands(users, each):
            row = {
                "policy": each.name,
                "from_dollars": round(band.low, 2),
                "to_dollars": round(band.high, 2),
                "users": band.users,
            }
            for q, value in zip(QUANTILES, band.award_cents, strict=True):
                told = band.users * min(q, 1 - q) >= FEWEST or q == 0.5
                row[f"q{100 * q:02.0f}_cents"] = value if told else None
            rows.append(row)
    title = awards_finding(award_bands(users, users.scenarios[0]))
    if len(comparison.names) > 1 and title.startswith("Typical"):
        title = f"Under {comparison.names[0]}, t{title[1:]}"
    return Chart(
        "awards",
        title,
        "Voucher against loss, both on logarithmic axes in dollars: lines for the median under "
        "each policy, bands for the middle half and for nine of ten users under the first; the "
        "smallest loss, the minimum, the maximum and the kinks at both are marked.",
        rows,
        lambda: draw_awards(comparison),
        shown=len(rows) > 1,
    )


def eligibility(comparison: Comparison) -> Chart:
    """Draw who fell out at each rule: under every policy, where they differ in that.

    Returns
    -------
    Chart
        Rows: policy, rule, source, out, left.
    """
    falls = [_fall(each) for each in comparison.users.scenarios]
    first = falls[0]
    if any(is_small(f.eligible) or is_small(f.users - f.eligible) for f in falls):
        return nothing("eligibility", "Too few users are in, or out, to show why.")
    if all(fall.out == first.out for fall in falls):
        falls = [first]
    rows = [row for fall in falls for row in _steps(fall)]
    title = out_finding(first.users, first.eligible, first.out)
    if len(falls) > 1:
        told = [(fall.name, f"{fall.eligible:,}") for fall in falls]
        title = f"Of {first.users:,} users, {under(told, ' are in')}."
    return Chart(
        "eligibility",
        title,
        "A waterfall: a bar for everybody, then one for those who fall out at each rule, and last "
        "one for those who are in. What is assumed and not announced is hatched.",
        rows,
        lambda: draw_waterfalls(falls),
    )


def _fall(scenario: Scenario) -> Waterfall:
    certificate = scenario.allocation.certificate
    out = merge_small(out_by_reason(scenario.allocation))
    return Waterfall(scenario.name, certificate.users, certificate.eligible, out)


def _steps(fall: Waterfall) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    sources = ("", *(each.source for each in fall.out))
    lost = (0, *(each.users for each in fall.out))
    steps = zip(funnel(fall.users, fall.out), sources, lost, strict=True)
    for (rule, left), source, out in steps:
        rows.append({"policy": fall.name, "rule": rule, "source": source, "out": out, "left": left})
    return rows
