"""People above and dollars below, by decile of loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from allocator.money import CENTS
from allocator.report.disclosure import bound_cells, gone_rows, gone_tops
from allocator.report.plots.chart import Chart, nothing
from allocator.report.plots.labels import dollar_tick, folded, graph, listed, under
from allocator.report.style import INK, MUTED, PLAIN, looks, new_axes, short
from allocator.report.where_it_goes import loss_range
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.findings import top_share
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.rows import PaidRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from allocator.report.picture import Picture

__all__ = ["people"]

FULL = 0.84  # of a decile's place on the axis


def people(comparison: Comparison) -> Chart:
    """Draw how many people each decile of loss has, and what they get together.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Chart
        Rows: policy, decile, losses (in words), users, at_floor, at_cap (None where withheld),
        total_cents.
    """
    tables, gone = comparison.tables(), gone_rows(comparison)
    withheld = gone_tops(tables, gone)
    rows, shares, floors, who = [], [], [], ""
    for name, paid in tables.paid.items():
        cells = bound_cells(paid, gone[name])
        rows += [
            {
                "policy": name,
                "decile": int(row.label),
                "losses": loss_range(tables.users[k]),
                "users": row.users,
                "at_floor": None if (k, 0) in cells else row.at_floor,
                "at_cap": None if (k, 1) in cells else row.at_cap,
                "total_cents": row.total_cents,
            }
            for k, row in enumerate(paid[:DECILES])
            if k not in gone[name] and row.users
        ]
        top = top_share(tables.users, paid)
        if top is not None and top.shown and name not in withheld:
            shares.append((name, percent(top.money, 0)))
            who = top.who.replace("Everybody", "All, who lost the same,")
        floors.append(_at_floor(paid[-1], hide=(len(paid) - 1, 0) in cells))
    if len(shares) < len(tables.paid) or not rows:
        return nothing("people", "Too few users to show people and dollars by loss.")
    return Chart(
        "people",
        f"{who} get {under(shares, ' of the money')}; {listed(floors)} of the "
        "people get the minimum.",
        "Columns for each tenth of the people, by loss: above the axis how many people there are, "
        "hatched those at the minimum and striped those at their maximum; below it, hanging down, "
        "the dollars that they get together.",
        rows,
        lambda: _draw(comparison.names, rows),
    )


def _at_floor(row: PaidRow, *, hide: bool) -> str:
    return "some" if hide else percent(row.at_floor / max(row.eligible, 1), 0)


def _draw(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> Picture:
    figure, (above, below) = new_axes(4.8, rows=2, share_x=True, ratios=(2, 3))
    width = FULL / len(names)
    styles = looks(names)
    for number, name in enumerate(names):
        mine = [row for row in rows if row["policy"] == name]
        place = [row["decile"] - FULL / 2 + width * (number + 0.5) for row in mine]
        _people(above, place, mine, width * 0.9, styles[name].color)
        money = [row["total_cents"] / CENTS for row in mine]
        look = styles[name]
        edge: dict[str, Any] = {"edgecolor": look.ink, "linewidth": 1, "linestyle": look.line}
        below.bar(place, money, width * 0.9, color=look.color, **edge)
    for axes in (above, below):
        graph(axes)
    below.invert_yaxis()
    most = max(row["total_cents"] for row in rows) / CENTS
    below.set_ylim(most * 1.12, 0)
    below.yaxis.set_major_formatter(lambda value, _: dollar_tick(value))
    above.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    above.set_ylabel("people", color=MUTED, fontsize=9)
    below.set_ylabel("dollars", color=MUTED, fontsize=9)
    words = {row["decile"]: row["losses"] for row in rows}
    shown = range(1, DECILES + 1)
    ticks = [folded(words.get(k, "–")) for k in shown]
    # Between the two: under the people, above the dollars.
    above.tick_params(labelbottom=True)
    below.tick_params(labelbottom=False)
    above.set_xticks(list(shown), ticks, fontsize=8, **PLAIN)
    _names(below, names, rows)
    _key(above)
    return figure


def _people(
    axes: Axes, place: Sequence[float], rows: Sequence[dict[str, Any]], width: float, color: str
) -> None:
    axes.bar(place, [row["users"] for row in rows], width, color=color)
    ends = (("at_floor", "////", 0), ("at_cap", "----", 1))
    for key, hatch, top in ends:
        told = [
            (x, row["users"] if top else 0, row[key])
            for x, row in zip(place, rows, strict=True)
            if row[key]
        ]
        for x, start, n in told:
            axes.bar([x], [n], width, bottom=start - n if top else 0, color="white", alpha=0.55)
            axes.bar(
                [x],
                [n],
                width,
                bottom=start - n if top else 0,
                facecolor="none",
                edgecolor=color,
                hatch=hatch,
                linewidth=0.8,
            )


def _names(axes: Axes, names: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Say whose color is whose, with the dollars of the highest decile, where bars are short."""
    last = max(row["decile"] for row in rows)
    for number, (name, look) in enumerate(looks(names).items()):
        row = next((r for r in rows if r["policy"] == name and r["decile"] == last), None)
        if row is None:
            continue
        text = f"{short(name, narrow=False)}: {big_dollars(row['total_cents'])} to the last tenth"
        note: dict[str, Any] = {"fontsize": 9, "weight": "bold", "color": look.ink}
        axes.text(0.02, 0.36 - 0.11 * number, text, transform=axes.transAxes, **note, **PLAIN)


def _key(axes: Axes) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor="white", edgecolor=MUTED, hatch="////", label="get the minimum"),
        Patch(facecolor="white", edgecolor=MUTED, hatch="----", label="get their maximum"),
    ]
    axes.legend(
        handles=handles,
        frameon=False,
        fontsize=8,
        ncols=2,
        labelcolor=INK,
        loc="lower right",
        bbox_to_anchor=(1.0, 0.98),
        borderpad=0.0,
    )
