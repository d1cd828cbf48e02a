"""How awards are distributed: a histogram for each policy, one below the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.money import CENTS
from allocator.report.plots.chart import Chart, nothing
from allocator.report.plots.labels import caption, dollar_tick, graph, percent_tick, under
from allocator.report.style import INK, MUTED, PLAIN, cents, looks, new_axes, short
from allocator.report.suppress import hidden, is_small
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.sums import median

if TYPE_CHECKING:
    from allocator.report.picture import Picture

__all__ = ["distribution"]

PER_DECADE = 5  # ranges to a factor of ten
NOISE = 1e-9  # of logarithms and powers in floats
FEW = "Too few users are paid to show how awards are distributed."
TICKS = [m * 10.0**k for k in range(-2, 8) for m in (1, 3)]


def distribution(comparison: Comparison) -> Chart:
    """Draw what share of those who are paid get how much.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Chart
        Rows: policy, from_dollars, to_dollars (not included), users (None when withheld), share.
    """
    paid = {each.name: each.award[each.award > 0] for each in comparison.users.scenarios}
    if any(is_small(len(award)) or not len(award) for award in paid.values()):
        return nothing("distribution", FEW)
    least, most = (f(int(f(a)) for a in paid.values()) for f in (min, max))
    edges = _edges(least, most)
    rows = [row for name, award in paid.items() for row in _rows(name, award, edges)]
    if not all(any(r["share"] for r in rows if r["policy"] == name) for name in paid):
        return nothing("distribution", FEW)
    middles = {name: median(award) for name, award in paid.items()}
    told = [(name, cents(middle)) for name, middle in middles.items()]
    return Chart(
        "distribution",
        f"Half of those who are paid get {under(told, ' or less')}.",
        "A histogram for each policy, one below the other, of awards on a logarithmic axis in "
        "dollars: how high a bar is says what share of those paid get so much; a line marks the "
        "median.",
        rows,
        lambda: _draw(rows, middles),
    )


def _edges(least: int, most: int) -> NDArray[np.int64]:
    """Return where bins begin and the last one ends: whole cents, as even as they can be.

    Examples
    --------
    >>> _edges(100, 1_000).tolist()
    [100, 159, 252, 399, 631, 1000, 1585]
    """
    logs = (math.log10(award / CENTS) * PER_DECADE for award in (least, most))
    low, high = (math.floor(log + NOISE) for log in logs)
    powers = np.arange(low, high + 2) / PER_DECADE
    edges: NDArray[np.int64] = np.ceil(10**powers * CENTS - NOISE).astype(np.int64)
    return edges


def _rows(name: str, award: NDArray[np.int64], edges: NDArray[np.int64]) -> list[dict[str, Any]]:
    counts = np.histogram(award, edges)[0].tolist()
    gone = hidden(counts)
    return [
        {
            "policy": name,
            "from_dollars": int(edges[k]) / CENTS,
            "to_dollars": int(edges[k + 1]) / CENTS,
            "users": None if k in gone else n,
            "share": None if k in gone else n / len(award),
        }
        for k, n in enumerate(counts)
    ]


def _draw(rows: Sequence[dict[str, Any]], middles: dict[str, int]) -> Picture:
    styles = looks(list(middles))
    height = max(1.35 * len(middles) + 0.7, 3.0)
    figure, grid = new_axes(height, rows=len(middles), share_x=True, share_y=True)
    highest = max(row["share"] or 0.0 for row in rows)
    for axes, (name, middle) in zip(grid, middles.items(), strict=True):
        mine = [row for row in rows if row["policy"] == name and row["share"]]
        left = [row["from_dollars"] for row in mine]
        width = [row["to_dollars"] - row["from_dollars"] for row in mine]
        share = [row["share"] for row in mine]
        look = styles[name]
        graph(axes)
        axes.bar(
            left, share, width, align="edge", color=look.color, edgecolor="white", linewidth=0.8
        )
        axes.set_xscale("log")
        axes.set_ylim(0, highest * 1.3)
        axes.axvline(middle / CENTS, color=INK, linewidth=1.2, linestyle=look.line)
        # On the side of the line where there is more room.
        low, high = rows[0]["from_dollars"], rows[-1]["to_dollars"]
        beyond = (middle / CENTS) ** 2 > low * high
        note: dict[str, Any] = {"xytext": (-4 if beyond else 4, -2), "va": "top", "fontsize": 9}
        axes.annotate(
            f"median {cents(middle)}",
            (middle / CENTS, 1.0),
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
            ha="right" if beyond else "left",
            color=INK,
            **note,
            **PLAIN,
        )
        title: dict[str, Any] = {"loc": "left", "fontsize": 9, "weight": "bold"}
        axes.set_title(short(name, narrow=False), color=look.ink, **title, **PLAIN)
        axes.yaxis.set_major_locator(_steps(highest))
        axes.yaxis.set_major_formatter(lambda value, _: percent_tick(value))
        axes.xaxis.set_major_formatter(lambda value, _: dollar_tick(value))
        axes.minorticks_off()
        axes.set_xticks([x for x in TICKS if low <= x <= high])
    caption(grid[-1], x="voucher, logarithmic")
    figure.supylabel("share of those who are paid", fontsize=9, color=MUTED)
    return figure


def _steps(highest: float) -> Any:
    from matplotlib.ticker import MultipleLocator

    return MultipleLocator(0.1 if highest < 0.35 else 0.25)
