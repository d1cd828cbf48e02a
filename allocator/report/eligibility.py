"""The figure of who is in, and who fell out at each rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allocator.report.style import (
    GRID,
    INK,
    MUTED,
    OUT,
    PLAIN,
    SERIES,
    looks,
    new_axes,
    plain_axes,
    short,
)
from allocator.scenarios.out import Out

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from allocator.report.picture import Picture

__all__ = ["Waterfall", "draw_eligibility", "draw_waterfalls"]


@dataclass(frozen=True)
class Waterfall:
    """Who is in and out under one policy.

    Attributes
    ----------
    name : str
    users, eligible : int
    out : tuple of Out
        In order of precedence.
    """

    name: str
    users: int
    eligible: int
    out: tuple[Out, ...]


def draw_eligibility(
    users: int, eligible: int, out: Sequence[Out], *, narrow: bool = False
) -> Picture:
    """Draw the rules as a waterfall from all users to the eligible ones.

    Parameters
    ----------
    users, eligible : int
    out : sequence of Out
        In order of precedence; what is assumed is hatched.
    narrow : bool
        For a telephone.

    Returns
    -------
    Picture
    """
    return draw_waterfalls([Waterfall("", users, eligible, tuple(out))], narrow=narrow)


def draw_waterfalls(falls: Sequence[Waterfall], *, narrow: bool = False) -> Picture:
    """Draw a waterfall for each policy, one below the other.

    Parameters
    ----------
    falls : sequence of Waterfall
    narrow : bool
        For a telephone.

    Returns
    -------
    Picture
    """
    heights = [(0.55 if narrow else 0.4) * (len(fall.out) + 2) + 0.2 for fall in falls]
    figure, grid = new_axes(sum(heights), narrow=narrow, rows=len(falls), ratios=heights)
    colors = zip(grid, falls, SERIES, looks([fall.name for fall in falls]).values(), strict=False)
    for axes, fall, color, look in colors:
        _draw(axes, fall, color, narrow=narrow)
        if len(falls) > 1:
            name = short(fall.name, narrow=narrow)
            axes.set_title(name, loc="left", fontsize=9, weight="bold", color=look.ink, **PLAIN)
    return figure


def _draw(axes: Axes, fall: Waterfall, color: str, *, narrow: bool) -> None:
    users, rows = fall.users, len(fall.out) + 2
    plain_axes(axes)
    gap = users * 0.012
    axes.barh([0], [users], color=GRID, height=0.7)
    axes.text(users + gap, 0, f"{users:,}", va="center", fontsize=9, color=INK)
    left = users
    for k, each in enumerate(fall.out, start=1):
        left -= each.users
        assumed = each.source == "assumed"
        axes.barh(
            [k],
            [each.users],
            left=left,
            height=0.7,
            facecolor="none" if assumed else OUT,
            edgecolor=OUT,
            hatch="////" if assumed else None,
        )
        axes.plot([left, left], [k - 0.35, k + 1.35], color=MUTED, linewidth=0.8)
        label = f"−{each.users:,}" + (", assumed" if assumed else "")
        if left > 0.35 * users:
            axes.text(left - gap, k, label, ha="right", va="center", fontsize=9, color=INK)
        else:
            place = left + each.users + gap
            axes.text(place, k, label, va="center", fontsize=9, color=INK)
    axes.barh([rows - 1], [fall.eligible], color=color, height=0.7)
    said: dict[str, Any] = {"va": "center", "fontsize": 9, "color": INK, "weight": "bold"}
    axes.text(fall.eligible + gap, rows - 1, f"{fall.eligible:,}", **said)
    names = ["all users", *(each.text for each in fall.out), "in"]
    axes.set_yticks(range(rows), [_folded(n) if narrow else n for n in names], **PLAIN)
    axes.set_xticks([])
    axes.set_xlim(0, users * (1.35 if narrow else 1.15))
    axes.set_ylim(rows - 0.4, -0.6)


def _folded(text: str) -> str:
    """Break a long label in two."""
    words = text.split()
    if len(text) <= 18 or len(words) < 2:
        return text
    half = (len(words) + 1) // 2
    return " ".join(words[:half]) + "\n" + " ".join(words[half:])
