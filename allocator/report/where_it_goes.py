"""The figure of where the money goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allocator.report.disclosure import gone_rows
from allocator.report.style import (
    INK,
    LINES,
    MUTED,
    OUT,
    PLAIN,
    SERIES,
    about,
    looks,
    new_figure,
    plain_axes,
    short,
)
from allocator.report.suppress import WITHHELD, hidden
from allocator.scenarios.compare import Comparison
from allocator.scenarios.groups import ALL
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.rows import GroupRow, PaidRow
from allocator.scenarios.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from allocator.report.picture import Picture

__all__ = ["draw_money", "loss_range"]

GAP = 0.01  # between a bar and its label, in shares of the whole


def draw_money(comparison: Comparison, *, narrow: bool = False) -> Picture:
    """Draw the shares of people and of dollars by decile of loss, on one scale.

    Parameters
    ----------
    comparison : Comparison
        Of one to three allocations: the first is filled, the others are outlines, with their
        shares in brackets.
    narrow : bool
        For a telephone.

    Returns
    -------
    Picture
    """
    figure, axes = new_figure(4.2 if narrow else 4.0, narrow=narrow)
    plain_axes(axes)
    tables = comparison.tables()
    deciles = tables.users[:10]
    # A decile of a few users would tell what they lost and got.
    gone = gone_rows(comparison)
    few = hidden([row.users for row in tables.users[:-1]])
    shown = [k for k, row in enumerate(deciles) if row.users and k not in few]
    everybody = max(tables.users[-1].users, 1)
    people = {k: deciles[k].users / everybody for k in shown}
    axes.barh(shown, [-people[k] for k in shown], color=OUT, height=0.72)
    ends = dict.fromkeys(shown, 0.0)
    for number, (name, rows) in enumerate(tables.paid.items()):
        whole = max(rows[-1].total_cents, 1)
        told = [k for k in shown if k not in gone[name]]
        money = [rows[k].total_cents / whole for k in told]
        if number:
            axes.barh(
                told,
                money,
                height=0.86,
                fill=False,
                edgecolor=SERIES[number],
                linestyle=LINES[number],
                linewidth=1.4,
            )
        else:
            axes.barh(told, money, color=SERIES[0], height=0.72)
        ends |= {k: max(ends[k], share) for k, share in zip(told, money, strict=True)}
    for k in shown:
        row = [None if k in gone[name] else rows[k] for name, rows in tables.paid.items()]
        text = _label(row, tables, narrow=narrow)
        axes.text(ends[k] + GAP, k, text, va="center", fontsize=9, color=INK, **PLAIN)
    left, right = max(people.values(), default=0.1), max(ends.values(), default=1.0)
    _heads(axes, comparison.names, narrow=narrow)
    axes.set_yticks(
        range(10),
        [loss_range(row) if k in shown else "–" for k, row in enumerate(deciles)],
        **PLAIN,
    )
    axes.set_xticks([])
    axes.set_xlim(-left - GAP, right * 1.25 + 0.02)
    axes.set_ylim(9.6, -1.7 - 0.75 * (len(comparison.names) - 1))
    axes.axvline(0, ymax=0.9, color=MUTED, linewidth=0.8)
    return figure


def _label(row: Sequence[PaidRow | None], tables: Tables, *, narrow: bool) -> str:
    wholes = [max(rows[-1].total_cents, 1) for rows in tables.paid.values()]
    first, *others = (
        WITHHELD if each is None else percent(each.total_cents / whole)
        for each, whole in zip(row, wholes, strict=True)
    )
    if others and not narrow:
        return f"{first} ({', '.join(others)})"
    return first if narrow or row[0] is None else f"{first}  {big_dollars(row[0].total_cents)}"


def _heads(axes: Axes, names: Sequence[str], *, narrow: bool) -> None:
    axes.text(-GAP, -0.75, "people", ha="right", fontsize=9, color=MUTED)
    if not narrow:  # there it would stand in the way of "people"
        across = axes.get_yaxis_transform()
        axes.text(-0.01, -0.75, "who lost", ha="right", fontsize=9, color=MUTED, transform=across)
    for number, (name, look) in enumerate(looks(names).items()):
        who = short(name, narrow=narrow)
        text = f"money: {who}" if len(names) > 1 else "money"
        if number:  # narrow rows have no brackets
            which = f"no. {number} " if len(names) > 2 else ""
            text = f"outline: {who}" if narrow else f"outline, {which}in brackets: {who}"
        place = -0.75 - 0.75 * number
        axes.text(GAP, place, text, fontsize=9, color=look.ink, **PLAIN)


def loss_range(row: GroupRow) -> str:
    """Say between which losses a decile, or everybody, lies, roughly: nobody's own loss.

    Examples
    --------
    >>> loss_range(GroupRow("2", 1055, 89.11, 157.98, 12709154))
    '$89 to $160'
    """
    if row.lowest is None or row.highest is None:
        return "–"
    if row.label in ("10", ALL):  # the largest loss is somebody's
        return f"from {about(row.lowest)}"
    low, high = about(row.lowest), about(row.highest)
    return low if low == high else f"{low} to {high}"
