"""What the panel shows: totals and deciles beside those it started from, and a picture."""

from __future__ import annotations

from hashlib import sha256
from html import escape

from allocator.allocation.result import Allocation
from allocator.money import format_cents
from allocator.report.cards import table_html
from allocator.report.figures import Plots
from allocator.report.style import to_svg
from allocator.report.where_it_goes import loss_range
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.findings import top_share
from allocator.scenarios.numerals import percent
from allocator.scenarios.panel import panel
from allocator.scenarios.rows import ChangeRow, PaidRow

__all__ = ["alert", "page"]

NOW = "now"
# The colors of figures, lighter where the notebook is dark: JupyterLab, then VS Code.
_STYLE = """<style>
.allocator-explore { --first: #0072b2; --second: #c05000; --out: #b5b5b6; --grid: #dededf;
  --ink: currentColor; --muted: currentColor; line-height: 1.4; }
[data-jp-theme-light="false"] .allocator-explore, .vscode-dark .allocator-explore {
  --first: #56b4e9; --second: #f08c3a; --out: #6d7073; --grid: #3a3c3f; }
.allocator-explore svg { max-width: 100%; height: auto; }
.allocator-explore code { white-space: pre-wrap; }
</style>"""


def page(start: Allocation, result: Allocation) -> str:
    """Return the right side of the panel as HTML.

    Parameters
    ----------
    start : Allocation
        Where the panel started.
    result : Allocation
        Where its controls stand; the same object where nothing is changed.

    Returns
    -------
    str
    """
    changed = result.policy != start.policy
    # Beside now, the start is called what its policy is called.
    runs, names = ([start, result], [_start_name(start), NOW]) if changed else ([start], [NOW])
    comparison = Comparison(panel(runs, names))
    changes = comparison.tables().changes.get(NOW)
    parts = [
        _STYLE,
        f"<div><b>{escape(result.formula)}</b></div>",
        f"<div><code>{escape(_python(start, result))}</code></div>",
        table_html(("", *names[::-1]), _totals(comparison)),
        _gained(changes[-1]) if changes else "",
        _picture(runs[::-1], names[::-1]),
        _deciles(comparison, changes),
    ]
    return f'<div class="allocator-explore">{"".join(parts)}</div>'


def alert(words: str) -> str:
    """Say in words why there is nothing new to show.

    Examples
    --------
    >>> alert("5 < 6")[-10:]
    '</b></div>'
    """
    return (
        '<div role="alert" style="border-left:4px solid #d55e00;padding:.3em .8em;'
        'margin-bottom:.6em;white-space:pre-wrap">'
        f"{escape(words)}<br><b>Below: the last policy that could be paid.</b></div>"
    )


def _start_name(start: Allocation) -> str:
    return "start" if start.policy.name == NOW else start.policy.name


def _python(start: Allocation, result: Allocation) -> str:
    """Say how to get the policy without the panel."""
    diff = start.policy.diff(result.policy).changes
    data = result.policy.model_dump()
    keys = [change.key.split(".") for change in diff if change.key != "name"]
    if not keys:
        return "policy"
    told = ", ".join(f'"{section}.{key}": {_literal(data[section][key])}' for section, key in keys)
    return f"policy.replace({{{told}}})"


def _literal(value: object) -> str:
    return '"inf"' if value == float("inf") else repr(value).replace("'", '"')


def _totals(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return a row for each total, the present one first."""
    paid = {name: rows[-1] for name, rows in comparison.tables().paid.items()}
    runs = dict(zip(comparison.names, comparison.allocations, strict=True))
    names = list(reversed(comparison.names))
    tables = comparison.tables()
    tops = {name: top_share(tables.users, rows) for name, rows in tables.paid.items()}
    shares = {name: each.money if each else None for name, each in tops.items()}
    who = next((each.who for each in tops.values() if each), "the tenth who lost most")
    unspent = [runs[name].certificate.unspent_cents for name in names]
    rows: list[tuple[str, ...]] = [
        ("paid out", *(format_cents(paid[name].total_cents) for name in names)),
        ("people in", *(f"{paid[name].eligible:,}" for name in names)),
        ("half of them get at most", *(_median(runs[name]) for name in names)),
        ("at the minimum", *(f"{paid[name].at_floor:,}" for name in names)),
        ("at their cap", *(f"{paid[name].at_cap:,}" for name in names)),
        ("paid back of their losses", *(_recovery(runs[name]) for name in names)),
        (f"to {who[0].lower()}{who[1:]}", *(_share(shares[name]) for name in names)),
    ]
    if any(unspent):
        rows.insert(1, ("left over", *map(format_cents, unspent)))
    return rows


def _median(run: Allocation) -> str:
    outcomes = run.summary().outcomes
    return format_cents(outcomes[0].median_cents) if run.certificate.eligible else "–"


def _recovery(run: Allocation) -> str:
    return _share(run.summary().recovery)


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _gained(change: ChangeRow) -> str:
    parts = (
        f"{change.gainers:,} gain {format_cents(change.gain_cents)}",
        f"{change.losers:,} lose {format_cents(change.loss_cents)}",
        f"{change.unchanged:,} unchanged",
    )
    return f"<div>{'; '.join(parts)}</div>"


def _picture(runs: list[Allocation], names: list[str]) -> str:
    if not any(run.certificate.eligible for run in runs):
        return ""
    chart = Plots(runs, names).chart("money")
    salt = sha256(chart.title.encode()).hexdigest()[:8]
    return (
        f'<div style="margin:.8em 0 0"><b>{escape(chart.title)}</b></div>'
        f'<div role="img" aria-label="{escape(chart.alt)}">{to_svg(chart.bare(), salt)}</div>'
    )


def _deciles(comparison: Comparison, changes: list[ChangeRow] | None) -> str:
    tables = comparison.tables()
    first, now = comparison.names[0], tables.paid[NOW]
    head = ("decile of loss", "losses", "users", "each gets")
    rows = [
        [
            group.label,
            "" if k == len(now) - 1 else loss_range(group),
            f"{group.users:,}",
            _mean(row),
        ]
        for k, (group, row) in enumerate(zip(tables.users, now, strict=True))
    ]
    if changes is None:
        return table_html(head, rows)
    for row, before, change in zip(rows, tables.paid[first], changes, strict=True):
        row += [_mean(before), f"{change.gainers:,}", f"{change.losers:,}"]
    return table_html((*head, first, "gain", "lose"), rows)


def _mean(row: PaidRow) -> str:
    return "–" if row.mean_cents is None else format_cents(row.mean_cents)
