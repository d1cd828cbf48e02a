"""The figure of who is in, and who fell out at each rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allocator.report.style import GRID, INK, MUTED, OUT, PLAIN, SERIES, new_figure, plain_axes
from allocator.scenarios.out import Out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

__all__ = ["draw_eligibility"]


def draw_eligibility(
    users: int, eligible: int, out: Sequence[Out], *, narrow: bool = False
) -> Figure:
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
    Figure
    """
    rows = len(out) + 2
    figure, axes = new_figure((0.55 if narrow else 0.4) * rows + 0.2, narrow=narrow)
    plain_axes(axes)
    gap = users * 0.012
    axes.barh([0], [users], color=GRID, height=0.7)
    axes.text(users + gap, 0, f"{users:,}", va="center", fontsize=9, color=INK)
    left = users
    for k, each in enumerate(out, start=1):
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
    axes.barh([rows - 1], [eligible], color=SERIES[0], height=0.7)
    axes.text(
        eligible + gap, rows - 1, f"{eligible:,}", va="center", fontsize=9, color=INK, weight="bold"
    )
    names = ["all users", *(each.text for each in out), "in"]
    axes.set_yticks(range(rows), [_folded(n) if narrow else n for n in names], **PLAIN)
    axes.set_xticks([])
    axes.set_xlim(0, users * (1.35 if narrow else 1.15))
    axes.set_ylim(rows - 0.4, -0.6)
    return figure


def _folded(text: str) -> str:
    """Break a long label in two."""
    words = text.split()
    if len(text) <= 18 or len(words) < 2:
        return text
    half = (len(words) + 1) // 2
    return " ".join(words[:half]) + "\n" + " ".join(words[half:])
