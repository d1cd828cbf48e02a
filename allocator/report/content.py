"""Everything that the page of a report says, before it is put into HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allocator.allocation.result import Allocation
from allocator.money import format_cents
from allocator.report.calculator import as_json, calculators, phrases, questions
from allocator.report.decisions import decisions
from allocator.report.disclosure import Run, bound_cells, gone_rows, told_twice
from allocator.report.figures import Plots
from allocator.report.suppress import (
    WITHHELD,
    is_small,
    merge_small,
    shown_count,
    without_small_counts,
)
from allocator.report.tables import (
    SOURCES,
    changes_table,
    deciles_table,
    outcomes_table,
    rules_table,
)
from allocator.report.words import checked, python_lines, said, settings, supplied, without_ids
from allocator.scenarios.choices import choices
from allocator.scenarios.findings import half_finding, out_finding
from allocator.scenarios.numerals import percent
from allocator.scenarios.out import Out
from allocator.scenarios.summary import Summary, summarize
from allocator.scenarios.summary_text import named_checks

__all__ = ["page_content"]


def page_content(plots: Plots, left_out: Sequence[Run]) -> dict[str, Any]:
    """Return what the page says, with nothing that could tell what single people get.

    Parameters
    ----------
    plots : Plots
        Of the runs that are shown.
    left_out : sequence of (str, Allocation)
        Runs that may not be shown beside these: only whether they passed is told.

    Returns
    -------
    dict
        The names are those of the templates in ``page``.
    """
    comparison = plots.comparison
    names, first, tables = comparison.names, comparison.allocations[0], comparison.tables()
    summary, out = summarize(first), merge_small(plots.out)
    few = is_small(summary.eligible)
    # How many users there are would give away who is in, or who is out, when these are few.
    hide_users = few or is_small(summary.users - summary.eligible)
    gone, paid = gone_rows(comparison), tables.paid[names[0]]
    last = len(paid) - 1
    hidden_sums = {c for r, c in bound_cells(paid, gone[names[0]]) if r == last and c < 2}
    findings = {**plots.findings, "eligibility": _out_finding(summary, out, hide_users=hide_users)}
    if few:
        findings["money"] = findings["awards"] = "Too few users to show who gets how much."
    runs = list(zip(names, comparison.allocations, strict=True))
    shown, *others = (without_ids(each.policy) for each in comparison.allocations)
    differences = {
        name: shown.diff(each).changes for name, each in zip(names[1:], others, strict=True)
    }
    return {
        "names": names,
        "left_out": [name for name, _ in left_out],
        "policy": first.policy,
        "summary": summary,
        "certificate": first.certificate,
        "few": few,
        "hide_users": hide_users,
        "gone": gone,
        "out": out,
        "failed": [(n, _failed(run)) for n, run in (*runs, *left_out) if not run.certificate.ok],
        "notes": [without_small_counts(note) for note in comparison.users.notes],
        **_amounts(first, summary, few=few),
        "half": half_finding(summary, exact=0 not in hidden_sums),
        "findings": findings,
        "versus": plots.chart("gainers").title if others and not few else None,
        "formulas": [(e.name, e.allocation.formula) for e in comparison.users.scenarios],
        "decide": [] if few else decisions(choices(first), out),
        **_calculator(names, comparison.allocations, few=few),
        "checked": checked(first, hide_spent=few),
        "not_checked": _not_checked(first, summary),
        "said": said(shown),
        "settings": settings(shown),
        "sources": SOURCES,
        "rules": rules_table(summary.users, out, hide_users=hide_users),
        "outcomes": None
        if few
        else outcomes_table(summary, told_twice(summary.outcomes, tables, gone)),
        "basis": tables.groups.basis,
        "deciles": [
            (name, deciles_table(tables.users, rows, gone[name]))
            for name, rows in tables.paid.items()
        ],
        "changes": [
            (name, differences[name], changes_table(rows, gone[name]))
            for name, rows in tables.changes.items()
        ],
        "hidden_sums": hidden_sums,
        "bounds": _bounds(first, hidden_sums),
        "warnings": [(n, without_small_counts(each)) for n, run in runs for each in run.warnings],
        "supplied": supplied(first, hide_rows=hide_users or is_small(summary.quarantined)),
        "python": python_lines(first, hide_users=hide_users),
        "toml": shown.to_toml(annotated=True),
    }


def _amounts(allocation: Allocation, summary: Summary, *, few: bool) -> dict[str, str | None]:
    """Return the amounts of the first screen; those of few people are withheld."""
    certificate = allocation.certificate
    recovery = "–" if summary.recovery is None else percent(summary.recovery)
    unspent = format_cents(certificate.unspent_cents) if certificate.unspent_cents else None
    return {
        "budget": format_cents(certificate.budget_cents),
        "spent": WITHHELD if few else format_cents(certificate.spent_cents),
        "unspent": None if few else unspent,
        "median": WITHHELD if few else format_cents(summary.outcomes[0].median_cents),
        "recovery": WITHHELD if few else recovery,
    }


def _calculator(
    names: Sequence[str], allocations: Sequence[Allocation], *, few: bool
) -> dict[str, Any]:
    found = [] if few else calculators(names, allocations)
    # Only policies that it knows are asked about.
    told = [each["name"] for each in found]
    asked = [each for name, each in zip(names, allocations, strict=True) if name in told]
    return {
        "calculator": as_json({"policies": found, "phrases": dict(phrases())}) if found else None,
        "questions": questions(asked),
    }


def _failed(allocation: Allocation) -> list[str]:
    return [text for _, text, passed in named_checks(allocation.certificate.checks) if not passed]


def _out_finding(summary: Summary, out: tuple[Out, ...], *, hide_users: bool) -> str:
    if not hide_users:
        return out_finding(summary.users, summary.eligible, out)
    count = "Fewer than 10" if is_small(summary.eligible) else f"{summary.eligible:,}"
    return f"{count} users are in."


def _not_checked(allocation: Allocation, summary: Summary) -> list[str]:
    texts = list(allocation.certificate.does_not_prove)
    if summary.quarantined:
        rows = "Fewer than 10" if is_small(summary.quarantined) else f"{summary.quarantined:,}"
        texts.append(
            f"{rows} rows of the input, which were set aside as bad: nobody in them is counted or "
            "paid here."
        )
    return texts


def _bounds(allocation: Allocation, gone: set[int]) -> list[str]:
    """Write how many are at the minimum, at the maximum, and in between."""
    certificate = allocation.certificate
    counts = (certificate.at_lower, certificate.at_upper, certificate.free)
    return [shown_count(n, hide=k in gone or (k == 2 and bool(gone))) for k, n in enumerate(counts)]
