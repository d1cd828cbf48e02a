"""What fairness costs: efficiency against equality, as a knob turns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from allocator.errors import DataError
from allocator.report.plots.chart import Chart, nothing
from allocator.report.plots.labels import caption, graph, percent_tick
from allocator.report.style import INK, MUTED, PLAIN, looks, new_figure
from allocator.scenarios.frontier_result import Frontier
from allocator.scenarios.numerals import percent

if TYPE_CHECKING:
    from allocator.report.picture import Picture

__all__ = ["frontier"]


def frontier(
    results: Sequence[Frontier], names: Sequence[str] | None = None, now: object = None
) -> Chart:
    """Draw frontiers: each point is a policy.

    Parameters
    ----------
    results : sequence of Frontier
        Of one knob.
    names : sequence of str, optional
        What to call them; their base policies' names when not given.
    now : number or text, optional
        The value to mark as the present one.

    Returns
    -------
    Chart
        Rows: policy, knob, value, efficiency, price_of_fairness, equality, dominated.

    Raises
    ------
    DataError
        If they vary different knobs.
    """
    knobs = list(dict.fromkeys(each.vary for each in results))
    if len(knobs) != 1:
        raise DataError(f"frontiers of one knob can be drawn together, not {' and '.join(knobs)}")
    titles = [each.base.name for each in results] if names is None else list(names)
    rows = [
        {
            "policy": name,
            "knob": knobs[0],
            "value": point.value,
            "efficiency": point.efficiency,
            "price_of_fairness": point.price_of_fairness,
            "equality": point.equality,
            "dominated": point.dominated,
        }
        for name, each in zip(titles, results, strict=True)
        for point in each.points
        if point.efficiency is not None and point.equality is not None
    ]
    first = [row for row in rows if row["policy"] == titles[0]]
    if len(first) < 2:
        return nothing("frontier", "No two points of the frontier can be paid.")
    knob = knobs[0].rpartition(".")[2].replace("_", " ")
    return Chart(
        "frontier",
        _title(first, knob, now),
        f"A point for each value of {knob}: how equal the awards are, against how much of the "
        "money is where the weights are largest. Upwards and to the right is better in both.",
        rows,
        lambda: _draw(rows, knob, now),
    )


def _title(rows: Sequence[dict[str, Any]], knob: str, now: object) -> str:
    places = [k for k, row in enumerate(rows) if row["value"] == now]
    # From the present value to the next; of the last one, from the one before it.
    here = min(places[0], len(rows) - 2) if places else 0
    there = here + 1 if places else len(rows) - 1
    start, end = rows[here], rows[there]
    before, after = percent(start["equality"], 0), percent(end["equality"], 0)
    way = "rises" if end["equality"] > start["equality"] else "falls"
    moves = f"stays at {after}" if before == after else f"{way} from {before} to {after}"
    return (
        f"From {knob} {written(start['value'])} to {written(end['value'])}, equality {moves}, at a "
        f"price of fairness of {percent(end['price_of_fairness'], 0)} instead of "
        f"{percent(start['price_of_fairness'], 0)}."
    )


def _close(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(one[0] - other[0]) < 0.06 and abs(one[1] - other[1]) < 0.05


def written(value: object) -> str:
    """Write a knob's value.

    Examples
    --------
    >>> written(1.0), written(math.inf), written("small")
    ('1', '∞', 'small')
    """
    if isinstance(value, float):
        return "∞" if math.isinf(value) else f"{value:g}"
    return str(value)


def _draw(rows: Sequence[dict[str, Any]], knob: str, now: object) -> Picture:
    figure, axes = new_figure(4.2)
    graph(axes, grid="both")
    names = list(dict.fromkeys(row["policy"] for row in rows))
    told = [(r["equality"], r["efficiency"]) for r in rows if r["value"] == now][:1]
    above: list[list[tuple[float, float]]] = []
    for number, (name, look) in enumerate(looks(names).items()):
        mine = [row for row in rows if row["policy"] == name]
        x, y = ([row[key] for row in mine] for key in ("equality", "efficiency"))
        hides = [*zip(x, y, strict=True)] in above
        above.append([*zip(x, y, strict=True)])
        axes.plot(
            x,
            y,
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=5,
            linewidth=2,
        )
        for row in mine:
            place = (row["equality"], row["efficiency"])
            present = not number and row["value"] == now
            # Points that lie on each other would have their words on each other, too.
            if not present and any(_close(place, other) for other in told):
                continue
            told.append(place)
            first = row is mine[0]
            text = f"{knob} {written(row['value'])}" if first else written(row["value"])
            note: dict[str, Any] = {"fontsize": 9, "color": INK if present else look.ink}
            if present:
                axes.plot(*place, "o", markersize=11, fillstyle="none", color=INK)
                text = f"now: {knob} {text.removeprefix(f'{knob} ')}"
                note["weight"] = "bold"
            axes.annotate(text, place, xytext=(7, 5), textcoords="offset points", **note, **PLAIN)
        if len(names) > 1:
            axes.text(
                0.02,
                0.03 + 0.065 * (len(names) - 1 - number),
                f"{name}: the same points" if hides else name,
                transform=axes.transAxes,
                fontsize=9,
                weight="bold",
                color=look.ink,
                **PLAIN,
            )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: percent_tick(value))
    axes.margins(x=0.1, y=0.1)
    axes.text(
        0.99,
        0.98,
        "better in both ↗",
        ha="right",
        va="top",
        fontsize=9,
        color=MUTED,
        transform=axes.transAxes,
    )
    caption(
        axes,
        x="equality of awards (1 − Gini): 100% is the same for everybody",
        y="efficiency: money where weights are largest",
    )
    return figure
