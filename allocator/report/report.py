"""The report: one page that needs nothing else, for people who will never install anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from allocator.allocation.folder import load_allocation
from allocator.allocation.result import Allocation
from allocator.data.write import write_file
from allocator.errors import AllocatorError
from allocator.money import format_cents
from allocator.report.awards import draw_awards
from allocator.report.eligibility import draw_eligibility
from allocator.report.figures import Plots
from allocator.report.optional import need
from allocator.report.style import to_svg
from allocator.report.suppress import merge_small
from allocator.report.tables import changes_table, deciles_table, outcomes_table, rules_table
from allocator.report.where_it_goes import draw_money
from allocator.report.words import checked, decide, python_lines, said, settings, supplied
from allocator.scenarios.bands import FEWEST, award_bands
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.findings import half_finding, out_finding
from allocator.scenarios.out import Out
from allocator.scenarios.summary import Summary, summarize

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["render", "report"]

MARK = '<meta name="generator" content="allocator">'


def report(
    allocations: Allocation | str | os.PathLike[str] | Sequence[Any],
    path: str | os.PathLike[str],
    force: bool = False,
) -> None:
    """Write a report of one to three allocations of the same users.

    Parameters
    ----------
    allocations : Allocation, directory of a run, or a sequence of one to three of these
        The report is about the first; the others are compared with it.
    path : path
        Of the page: one file under 1 MB that opens with no network and has no user ids.
    force : bool
        Replace a file that is not a report.

    Raises
    ------
    DataError
        If there are none or more than three, or they have no user in common.
    UnsupportedError
        If matplotlib or jinja2 is not installed.
    AllocatorError
        If `path` is a file that is not a report, or cannot be written.
    """
    one = isinstance(allocations, (Allocation, str, os.PathLike))
    listed: Sequence[Any] = [allocations] if one else list(allocations)  # type: ignore[arg-type]
    loaded = [each if isinstance(each, Allocation) else load_allocation(each) for each in listed]
    if not force and os.path.exists(path) and not _is_report(path):
        raise AllocatorError(
            f"{os.fspath(path)} exists and is not a report: choose another name, or force=True"
        )
    write_file(path, render(loaded).encode("utf-8"))


def render(allocations: Sequence[Allocation]) -> str:
    """Return the page of a report.

    Parameters
    ----------
    allocations : sequence of Allocation
        One to three.

    Returns
    -------
    str
        HTML. The same allocations give the same page.

    Raises
    ------
    DataError, UnsupportedError
        As in `report`.
    """
    jinja2 = need("jinja2")
    need("matplotlib.figure")
    plots = Plots(allocations)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = files("allocator.report").joinpath("template.html").read_text(encoding="utf-8")
    page: str = environment.from_string(template).render(**_content(plots), mark=MARK)
    return page


def _content(plots: Plots) -> dict[str, Any]:
    comparison = plots.comparison
    first = comparison.allocations[0]
    certificate, tables = first.certificate, comparison.tables()
    summary = summarize(first)
    out = merge_small(plots.out)
    return {
        "names": comparison.names,
        "policy": first.policy,
        "summary": summary,
        "certificate": certificate,
        "failed": [
            (name, each.certificate.failures)
            for name, each in zip(comparison.names, comparison.allocations, strict=True)
            if not each.certificate.ok
        ],
        "notes": comparison.users.notes,
        "spent": format_cents(certificate.spent_cents),
        "unspent": certificate.unspent_cents and format_cents(certificate.unspent_cents),
        "median": format_cents(summary.outcomes[0].median_cents),
        "half": half_finding(summary),
        "findings": {**plots.findings, "eligibility": _out_finding(summary, out)},
        "figures": _figures(plots, out),
        "formulas": [(e.name, e.allocation.formula) for e in comparison.users.scenarios],
        "decide": decide(first, summary, out),
        "checked": checked(first),
        "said": said(first),
        "settings": settings(first),
        "rules": rules_table(summary.users, out),
        "outcomes": outcomes_table(summary),
        "basis": tables.groups.basis,
        "deciles": [
            (name, deciles_table(tables.users, rows)) for name, rows in tables.paid.items()
        ],
        "changes": [
            (name, comparison.diffs[name].changes, changes_table(rows))
            for name, rows in tables.changes.items()
        ],
        "warnings": [
            (name, warning)
            for name, each in zip(comparison.names, comparison.allocations, strict=True)
            for warning in each.warnings
        ],
        "supplied": supplied(first),
        "python": python_lines(first),
        "toml": first.policy.to_toml(annotated=True),
    }


def _out_finding(summary: Summary, out: tuple[Out, ...]) -> str:
    if any(each.users < FEWEST for each in out):
        return f"{summary.eligible:,} of {summary.users:,} users are in."
    return out_finding(summary.users, summary.eligible, out)


def _figures(plots: Plots, out: tuple[Out, ...]) -> dict[str, dict[str, Any] | None]:
    """Each figure in two widths; None where few users could be recognized in it.

    The markup is safe, because matplotlib escapes its texts.
    """
    markup = need("markupsafe").Markup
    comparison = plots.comparison
    users, scenario = comparison.users, comparison.users.scenarios[0]
    certificate = scenario.allocation.certificate
    drawings: dict[str, tuple[bool, Callable[[bool], Figure]]] = {
        "money": (
            any(row.users >= FEWEST for row in comparison.tables().users[:DECILES]),
            lambda narrow: draw_money(comparison, narrow=narrow),
        ),
        "awards": (
            len(award_bands(users, scenario)) > 1,
            lambda narrow: draw_awards(comparison, narrow=narrow),
        ),
        "eligibility": (
            all(each.users >= FEWEST for each in out),
            lambda narrow: draw_eligibility(
                certificate.users, certificate.eligible, out, narrow=narrow
            ),
        ),
    }
    return {
        name: {
            width: markup(to_svg(draw(width == "narrow"), f"{name}-{width}"))
            for width in ("wide", "narrow")
        }
        if shown
        else None
        for name, (shown, draw) in drawings.items()
    }


def _is_report(path: str | os.PathLike[str]) -> bool:
    with open(path, "rb") as file:
        return MARK.encode() in file.read(1024)
