"""How unequal awards are, and who has them: Lorenz and concentration curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from allocator.money import CENTS, FINE
from allocator.report.plots.chart import Chart, nothing
from allocator.report.plots.labels import caption, graph, label_ends, percent_tick, under
from allocator.report.style import INK, MUTED, PLAIN, looks, new_figure, short
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.curves import Curve, concentration_curve
from allocator.scenarios.curves import lorenz as lorenz_curve
from allocator.scenarios.numerals import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from allocator.report.picture import Picture

__all__ = ["concentration", "lorenz"]

STEPS = 100
LEAST = 10 * FEWEST  # a tenth of the people is ten of them
TOLD = 0.9  # of the people, at whom curves are told apart
LOSSES = "losses"


def lorenz(comparison: Comparison) -> Chart:
    """Draw Lorenz curves of awards: those who get least first.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Chart
        Rows: policy, people, money (shares from 0 to 1). A step is of ten people at least.
    """
    awards = {each.name: each.award[each.eligible] for each in comparison.users.scenarios}
    fewest = min(map(len, awards.values()))
    if fewest < LEAST:
        return nothing("lorenz", "Too few users to show how equal awards are.")
    curves = {name: lorenz_curve(award / CENTS) for name, award in awards.items()}
    told = [(name, _told(curve)) for name, curve in curves.items()]
    return _chart(
        "lorenz",
        f"The nine tenths who get least have {under(told, ' of the money')}; the rest goes to one "
        "tenth.",
        "Lorenz curves: the share of the money that the people with the smallest awards have "
        "together. The diagonal is equal awards; the further a curve hangs below it, the more "
        "unequal they are.",
        curves,
        fewest,
        ("share of people, smallest awards first", "equal awards"),
    )


def concentration(comparison: Comparison) -> Chart:
    """Draw concentration curves of awards and of losses: those who lost least first.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Chart
        As of `lorenz`; the policy is ``losses`` for the curve of losses.
    """
    users = comparison.users
    fewest = min(int(np.count_nonzero(each.eligible)) for each in users.scenarios)
    if fewest < LEAST or not users.loss.any():
        return nothing("concentration", "Too few users to show who has the money.")
    lost = concentration_curve(users.loss / FINE, users.loss)
    curves = {
        each.name: concentration_curve(each.award / CENTS, users.loss) for each in users.scenarios
    }
    told = [(name, _told(curve)) for name, curve in curves.items()]
    return _chart(
        "concentration",
        f"The nine tenths who lost least have {_told(lost)} of the losses and get "
        f"{under(told, ' of the money')}.",
        "Concentration curves: the share of the money, and in gray of the losses, that the people "
        "with the smallest losses have together. A curve above the gray one favors small losses.",
        {**curves, LOSSES: lost},
        fewest,
        ("share of people, smallest losses first", "the same for everybody"),
    )


def _told(curve: Curve) -> str:
    return percent(float(curve.at(TOLD)), 0)


def _chart(
    name: str,
    title: str,
    alt: str,
    curves: dict[str, Curve],
    users: int,
    words: tuple[str, str],
) -> Chart:
    # The largest award or loss is somebody's: every step is of ten people at least.
    steps = min(STEPS, users // LEAST * 10)
    people = np.linspace(0.0, 1.0, steps + 1)
    rows = [
        {"policy": each, "people": x, "money": y}
        for each, curve in curves.items()
        for x, y in zip(people.tolist(), curve.at(people).tolist(), strict=True)
    ]
    return Chart(name, title, alt, rows, lambda: _draw(rows, words))


def _draw(rows: list[dict[str, Any]], words: tuple[str, str]) -> Picture:
    figure, axes = new_figure(4.6)
    graph(axes, grid="both")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    names = list(dict.fromkeys(row["policy"] for row in rows))
    styles = looks([name for name in names if name != LOSSES])
    marks = []
    for name in names:
        x, y = ([row[key] for row in rows if row["policy"] == name] for key in ("people", "money"))
        if name == LOSSES:
            axes.plot(x, y, color=MUTED, linewidth=3, alpha=0.45)
            marks.append((name, MUTED, x, y))
            continue
        look = styles[name]
        axes.plot(x, y, color=look.color, linewidth=2, linestyle=look.line)
        marks.append((short(name, narrow=False), look.ink, x, y))
    _name(axes, marks, words[1])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: percent_tick(value))
    caption(axes, x=words[0], y="their share of the money")
    return figure


def _name(axes: Axes, marks: list[Any], diagonal: str) -> None:
    """Name the curves where they are furthest apart from each other, at their right ends."""
    ends = [(float(np.interp(TOLD, x, y)), text, color) for text, color, x, y in marks]
    told = [(y, f"{text}: {percent(y, 0)}", color) for y, text, color in ends]
    axes.axvline(TOLD, color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.plot([TOLD] * len(ends), [y for y, _, _ in ends], "o", color=INK, markersize=3)
    label_ends(axes, told)
    note: dict[str, Any] = {"xytext": (6, 0), "textcoords": "offset points", "va": "top"}
    note |= {"fontsize": 8, "color": MUTED}
    axes.annotate("the first 90%\nof the people:", (1.0, 1.0), xycoords="axes fraction", **note)
    axes.text(0.5, 0.52, diagonal, fontsize=8, color=MUTED, ha="right", va="bottom", **PLAIN)
