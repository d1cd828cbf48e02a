"""What part of their losses people get back, by decile of loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allocator.report.disclosure import gone_rows
from allocator.report.plots.chart import Chart, nothing
from allocator.report.plots.labels import caption, folded, graph, label_ends, percent_tick
from allocator.report.style import PLAIN, looks, new_figure, short
from allocator.report.where_it_goes import loss_range
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.numerals import percent

if TYPE_CHECKING:
    from allocator.report.picture import Picture

__all__ = ["recovery"]

WIDE_RANGE = 12.0  # from largest to smallest: more needs a logarithmic axis
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


def recovery(comparison: Comparison) -> Chart:
    """Draw what a lost dollar gets back, by decile of loss.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Chart
        Rows: policy, decile, losses (in words), recovery (total of awards over total of losses).
    """
    tables, gone = comparison.tables(), gone_rows(comparison)
    rows: list[dict[str, Any]] = [
        {
            "policy": name,
            "decile": int(row.label),
            "losses": loss_range(tables.users[k]),
            "recovery": row.recovery,
        }
        for name, paid in tables.paid.items()
        for k, row in enumerate(paid[:DECILES])
        if k not in gone[name] and row.recovery is not None
    ]
    ends: dict[str, list[dict[str, Any]]] = {
        name: [row for row in rows if row["policy"] == name] for name in comparison.names
    }
    if any(len(each) < 2 for each in ends.values()):
        return nothing("recovery", "Too few users to show what part of losses they get back.")
    told = [
        (name, percent(each[0]["recovery"]), percent(each[-1]["recovery"]))
        for name, each in ends.items()
    ]
    least, get, most = "Those who lost least", "get", "those who lost most"
    whole = {k + 1 for k, row in enumerate(tables.users[:DECILES]) if row.users}
    reach = [min(whole), max(whole)]
    if any([each[0]["decile"], each[-1]["decile"]] != reach for each in ends.values()):
        least, get, most = "Of the tenths shown, the lowest", "gets", "the highest"
    title = f"{least} {get} back {told[0][1]} of their losses, {most} "
    title += told[0][2] + (f" under {told[0][0]}" if told[1:] else "")
    title += "".join(f"; {low} and {high} under {name}" for name, low, high in told[1:])
    return Chart(
        "recovery",
        f"{title}.",
        "A line for each policy: what part of its losses each tenth of the people gets back, from "
        "the smallest losses on the left to the largest on the right.",
        rows,
        lambda: _draw(ends),
    )


def _draw(ends: dict[str, list[dict[str, Any]]]) -> Picture:
    figure, axes = new_figure(4.0)
    graph(axes)
    values = [row["recovery"] for each in ends.values() for row in each]
    logarithmic = min(values) > 0 and max(values) / min(values) > WIDE_RANGE
    for look, each in zip(looks(list(ends)).values(), ends.values(), strict=True):
        axes.plot(
            [row["decile"] for row in each],
            [row["recovery"] for row in each],
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=5,
            linewidth=2,
        )
    if logarithmic:
        axes.set_yscale("log")
        axes.set_ylim(min(values) / 1.4, max(values) * 1.4)
        axes.set_yticks([tick for tick in TICKS if min(values) / 1.4 < tick < max(values) * 1.4])
        axes.tick_params(which="minor", length=0, labelleft=False)
    else:
        axes.set_ylim(0, max(*values, 0.001) * 1.15)
    axes.yaxis.set_major_formatter(lambda value, _: percent_tick(value))
    axes.set_xlim(0.7, DECILES + 0.3)
    words = {row["decile"]: row["losses"] for each in ends.values() for row in each}
    shown = range(1, DECILES + 1)
    axes.set_xticks(list(shown), [folded(words.get(k, "–")) for k in shown], fontsize=8, **PLAIN)
    label_ends(
        axes,
        [
            (
                each[-1]["recovery"],
                f"{short(name, narrow=False)} {percent(each[-1]['recovery'])}",
                look.ink,
            )
            for look, (name, each) in zip(looks(list(ends)).values(), ends.items(), strict=True)
        ],
    )
    scale = ", logarithmic" if logarithmic else ""
    caption(
        axes, x="loss: a point for each tenth of the people", y=f"part of losses given back{scale}"
    )
    return figure
