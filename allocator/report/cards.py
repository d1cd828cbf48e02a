"""Results as HTML cards, for notebooks: what a result is, its figures, its tables, its notes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from allocator.money import format_cents
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.numerals import percent
from allocator.scenarios.out import Out
from allocator.scenarios.summary import Outcome, Summary
from allocator.scenarios.summary_text import SOURCES, named_checks

__all__ = ["Cells", "card", "comparison_card", "summary_card", "table_html"]

Cells = tuple[Sequence[str], Sequence[Sequence[str]]]

# Lines and quiet text take the color of the text around them, in light notebooks and in dark ones.
_LINE = "1px solid rgba(128,128,128,.45)"
_QUIET = "opacity:.75"
_CARD = f"border:{_LINE};border-radius:6px;padding:.7em 1em;max-width:60em;overflow-x:auto"
_CELL = "padding:.15em .8em .15em 0;background:none;border:0;vertical-align:top"


def card(
    title: str,
    facts: Sequence[tuple[str, str]] = (),
    tables: Sequence[Cells] = (),
    notes: Sequence[str] = (),
    *,
    said: str = "",
) -> str:
    r"""Write a card; every text is escaped.

    Parameters
    ----------
    title : str
    facts : sequence of (str, str)
        What is told, and its figure.
    tables : sequence of (head, rows)
        Texts; the first column stands to the left, the others to the right unless they are
        sentences.
    notes : sequence of str
    said : str
        A sentence or a formula below the title.

    Returns
    -------
    str
        HTML that needs no style sheet and no script, and follows the colors of the notebook.

    Examples
    --------
    >>> text = card("Mine & yours", [("median", "$4.00")], notes=["<b> is text"])
    >>> "Mine &amp; yours" in text, "&lt;b&gt; is text" in text
    (True, True)
    """
    parts = [f'<div style="font-weight:600;font-size:1.1em">{escape(title)}</div>']
    if said:
        parts.append(f"<div>{escape(said)}</div>")
    if facts:
        parts.append(_facts(facts))
    parts += [table_html(head, rows) for head, rows in tables]
    if notes:
        items = "".join(f"<li>{escape(note)}</li>" for note in notes)
        parts.append(f'<ul style="margin:.5em 0 0;padding-left:1.2em">{items}</ul>')
    return f'<div style="{_CARD}">{"".join(parts)}</div>'


def summary_card(summary: Summary) -> str:
    """Return the card of an allocation: its figures, who is out, what else could be done.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str
        Aggregates only: no row of the table is in it.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> result = al.allocate(al.simulate_users(1000, seed=7), policy)
    >>> "$50,000.00" in summary_card(result.summary())
    True
    """
    who = "users" if summary.people is None else "people"
    facts = [
        ("paid out", format_cents(summary.spent_cents)),
        ("paid", f"{summary.paid:,} of {summary.users:,} {who}"),
    ]
    if summary.unspent_cents:
        facts.insert(1, ("unspent", format_cents(summary.unspent_cents)))
    if summary.recovery is not None:
        facts.append(("paid back of their losses", percent(summary.recovery)))
    tables: list[Cells] = []
    if summary.eligible:
        beside = ("", "median", "tenth who lost most", f"at {summary.minimum}", "gain", "lose")
        tables.append((beside, [_outcome(each) for each in summary.outcomes]))
    if summary.out:
        out = ("who is out", who, "their losses", "")
        tables.append((out, [_out(each) for each in summary.out]))
    checks = named_checks(summary.checks)
    failed = [text for _, text, passed in checks if not passed]
    notes = [*summary.warnings, *(summary.failures if failed else ())]
    passed = ", ".join(text for _, text, _ in checks)
    notes.append("VERIFICATION FAILED: " + ", ".join(failed) if failed else f"verified: {passed}")
    title = f"{summary.policy}, on {summary.users_from}"
    return card(title, facts, tables, notes, said=summary.formula)


def comparison_card(comparison: Comparison) -> str:
    """Return the card of a comparison: a row for each policy, and what is different in them.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    str
    """
    tables = comparison.tables()
    rows = []
    for name, paid in tables.paid.items():
        everybody = paid[-1]
        change = tables.changes[name][-1] if name in tables.changes else None
        rows.append(
            (
                name,
                format_cents(everybody.total_cents),
                f"{everybody.eligible:,}",
                "–" if everybody.median_cents is None else format_cents(everybody.median_cents),
                "–" if everybody.recovery is None else percent(everybody.recovery),
                f"{everybody.at_floor:,}",
                f"{everybody.at_cap:,}",
                "" if change is None else f"{change.gainers:,}",
                "" if change is None else f"{change.losers:,}",
            )
        )
    base = comparison.names[0]
    head = (
        *("policy", "total", "eligible", "median", "paid back", "at minimum", "at maximum"),
        *("gain", "lose"),
    )
    differing = [
        (change.key, name, change.before, change.after)
        for name, diff in comparison.diffs.items()
        for change in diff.changes
        if change.key != "name"
    ]
    shown: list[Cells] = [(head, rows)]
    if differing:
        shown.append((("what differs", "in", base, "instead"), differing))
    users = f"{len(comparison.users):,} users who are eligible under one of the policies at least"
    return card(
        f"{base}, compared with {' and '.join(comparison.names[1:]) or 'nothing'}",
        tables=shown,
        notes=comparison.users.notes,
        said=f"{users}; gains and losses are against {base}",
    )


def _outcome(each: Outcome) -> tuple[str, ...]:
    shares = (each.gain_share, each.lose_share)
    return (
        each.name,
        format_cents(each.median_cents),
        percent(each.top_share),
        percent(each.floor_share),
        *("" if share is None else percent(share, 0) for share in shares),
    )


def _out(each: Out) -> tuple[str, ...]:
    return (each.text, f"{each.users:,}", format_cents(each.loss_cents), SOURCES[each.source])


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f'<div><div style="font-size:.85em;{_QUIET}">{escape(name)}</div>'
        f'<div style="font-weight:600">{escape(value)}</div></div>'
        for name, value in facts
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:.3em 2em;margin:.5em 0">{cells}</div>'


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table of texts, figures to the right and words to the left; all is escaped.

    Parameters
    ----------
    head : sequence of str
    rows : sequence of sequence of str
        The first cell names the row.

    Returns
    -------
    str
    """
    sides = ["left", *("left" if _wordy(rows, k) else "right" for k in range(1, len(head)))]
    heads = "".join(
        f'<th scope="col" style="{_CELL};border-bottom:{_LINE};text-align:{side}">'
        f"{escape(cell.strip())}</th>"
        for cell, side in zip(head, sides, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL};text-align:{side}">{escape(cell.strip())}</td>'
            for cell, side in zip(row, sides, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        '<table style="border-collapse:collapse;margin:.6em 0 0">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )


def _wordy(rows: Sequence[Sequence[str]], column: int) -> bool:
    """Tell whether a column holds words, which read from the left."""
    cells = [text for row in rows if (text := row[column].strip())]
    sentences = any(" " in cell and cell[0].isalpha() for cell in cells)
    return sentences or (bool(cells) and all(cell[0].isalpha() for cell in cells))
