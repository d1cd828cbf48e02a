"""Words on figures: the ends of lines, ticks in dollars and percent, lists in a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from allocator.report.style import GRID, MUTED, PLAIN, plain_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "caption",
    "dollar_tick",
    "folded",
    "graph",
    "label_ends",
    "listed",
    "percent_tick",
    "under",
]

LINE = 0.058  # of a set of axes' height: a line of small text


def graph(axes: Axes, *, grid: Literal["x", "y", "both"] = "y") -> None:
    """Prepare axes for lines: a quiet grid, no frame."""
    plain_axes(axes)
    axes.grid(axis=grid, color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)


def label_ends(axes: Axes, labels: Sequence[tuple[float, str, str]], *, gap: float = LINE) -> None:
    """Name lines at their right ends, moved apart where they would overlap.

    Parameters
    ----------
    axes : Axes
        Its limits are final.
    labels : sequence of (float, str, str)
        Where the line ends, what it is called, and its color.
    gap : float
        Between labels, in shares of the height of the axes.
    """
    to_axes = axes.transData + axes.transAxes.inverted()
    x = axes.get_xlim()[1]
    ends = sorted((float(to_axes.transform((x, y))[1]), text, color) for y, text, color in labels)
    places: list[float] = []
    for y, _, _ in ends:
        places.append(max(y, places[-1] + gap) if places else y)
    # What was pushed beyond the top comes down again, together with what stands below it.
    above = 1.0
    for k in reversed(range(len(places))):
        places[k] = min(places[k], above)
        above = places[k] - gap
    for place, (_, text, color) in zip(places, ends, strict=True):
        note: dict[str, Any] = {"va": "center", "fontsize": 9, "color": color, **PLAIN}
        shift: dict[str, Any] = {"xytext": (6, 0), "textcoords": "offset points"}
        axes.annotate(text, (1.0, place), xycoords="axes fraction", **shift, **note)


def dollar_tick(value: float) -> str:
    """Write an amount on an axis.

    Examples
    --------
    >>> [dollar_tick(v) for v in (0.01, 4, 1000, 25_000, 3_500_000)]
    ['$0.01', '$4', '$1k', '$25k', '$3.5m']
    """
    for size, unit in ((1_000_000, "m"), (1_000, "k")):
        if abs(value) >= size:
            return f"${value / size:g}{unit}"
    return f"${value:g}"


def folded(losses: str) -> str:
    r"""Write a range of losses in two short lines, for a tenth of an axis.

    Examples
    --------
    >>> folded("$4,200 to $11,000"), folded("from $33,000"), folded("–")
    ('$4.2k\nto $11k', 'from\n$33k', '–')
    """
    brief = re.sub(r"(\d),(\d)00\b", r"\1.\2k", losses).replace(".0k", "k")
    return brief.replace(" to ", "\nto ").replace("from ", "from\n")


def percent_tick(value: float) -> str:
    """Write a share on an axis.

    Examples
    --------
    >>> percent_tick(0.5), percent_tick(0.025)
    ('50%', '2.5%')
    """
    return f"{100 * value:.4g}%"


def under(texts: Sequence[tuple[str, str]], of: str = "") -> str:
    """List what each policy gives; one alone needs no name.

    Examples
    --------
    >>> under([("Announced", "76%")], " of the money")
    '76% of the money'
    >>> under([("Announced", "76%"), ("Pro rata", "75%"), ("Broad", "45%")], " of the money")
    '76% of the money under Announced, 75% under Pro rata and 45% under Broad'
    """
    (name, text), *others = texts
    if not others:
        return f"{text}{of}"
    told = [f"{text}{of} under {name}", *(f"{each} under {other}" for other, each in others)]
    return listed(told)


def listed(texts: Sequence[str]) -> str:
    """Join texts as a sentence does.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def caption(axes: Axes, *, x: str = "", y: str = "") -> None:
    """Name the axes."""
    axes.set_xlabel(x, color=MUTED, fontsize=9)
    axes.set_ylabel(y, color=MUTED, fontsize=9)
