"""The jump of an award at the lines that decide who is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from allocator.money import CENTS
from allocator.report.plots.chart import Chart, nothing
from allocator.report.plots.labels import caption, dollar_tick, graph, label_ends, listed
from allocator.report.style import INK, MUTED, PLAIN, Look, cents, looks, new_axes, short
from allocator.report.suppress import is_small
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.near_lines import NearLine, near_lines

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from allocator.report.picture import Picture

__all__ = ["cliffs"]


def cliffs(comparison: Comparison) -> Chart:
    """Draw the median award on either side of the lines of loss and of loss ratio.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    Chart
        Rows: policy, line, from_percent, to_percent (of the line, not included), users,
        median_award_cents; ranges of fewer than ten users are left out.
    """
    found = [line for each in comparison.users.scenarios for line in near_lines(each)]
    lines = list(dict.fromkeys(each.line for each in found))
    if not lines:
        return nothing("cliffs", "No line of loss or of net assets decides who is in.")
    rows = [
        {
            "policy": each.policy,
            "line": each.line,
            "from_percent": round(100 * bin.low, 6),
            "to_percent": round(100 * bin.high, 6),
            "users": bin.users,
            "median_award_cents": bin.median_cents,
        }
        for each in found
        for bin in each.bins
        if bin.users >= FEWEST
    ]
    each_line = {line: [each for each in found if each.line == line] for line in lines}
    policies = len(comparison.names)
    texts = {line: _told(same, policies) for line, same in each_line.items()}
    told = [text for text in texts.values() if text]
    if not told:
        return nothing("cliffs", "Too few users stand near a line to show what hangs on it.")
    near = _near(found)
    titles = {line: f"at {line}{near.get(line, '')}" for line in lines}
    title = f"From nothing just outside, the median voucher jumps {', and '.join(told)}"
    if policies > 1 and any(texts[line] and len(each_line[line]) == policies for line in lines):
        title += f" under {listed(comparison.names)}"
    return Chart(
        "cliffs",
        f"{title}.",
        "For each line that decides who is in: the median award by how far the loss, or its share "
        "of net assets, is from the line. It is nothing on the left and jumps on the line.",
        rows,
        lambda: _draw(comparison.names, titles, rows),
    )


def _told(lines: Sequence[NearLine], policies: int) -> str | None:
    """Say how far a voucher jumps at one line, under each policy that has it in turn."""
    if any(each.inside < FEWEST for each in lines):
        return None
    text = f"to {listed([cents(each.jump_cents) for each in lines])} at {lines[0].line}"
    if len(lines) < policies:
        text += f" ({listed([each.policy for each in lines])})"
    return text


def _near(lines: Sequence[NearLine]) -> dict[str, str]:
    """Say how many people stand near each line, under the first policy that has it."""
    told: dict[str, str] = {}
    for each in lines:
        if each.inside >= FEWEST and not is_small(each.outside):
            people = f":\n{each.inside + each.outside:,} people within 1% of it"
            told.setdefault(each.line, people)
    return told


def _draw(names: Sequence[str], titles: dict[str, str], rows: Sequence[dict[str, Any]]) -> Picture:
    columns = min(2, len(titles))
    rows_of = -(-len(titles) // columns)
    figure, grid = new_axes(3.3 * rows_of, rows=rows_of, columns=columns)
    for axes in grid[len(titles) :]:
        axes.set_visible(False)
    styles = looks(names)
    for axes, (line, title) in zip(grid, titles.items(), strict=False):
        graph(axes)
        ends = []
        for name in names:
            mine = [row for row in rows if row["line"] == line and row["policy"] == name]
            if mine:
                _steps(axes, mine, styles[name])
                if mine[-1]["to_percent"] > 0:
                    ends.append(
                        (
                            mine[-1]["median_award_cents"] / CENTS,
                            short(name, narrow=True),
                            styles[name].ink,
                        )
                    )
        axes.axvline(0, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.set_title(title, loc="left", fontsize=9, color=INK, **PLAIN)
        axes.set_xlim(-10.5, 10)
        most = max((r["median_award_cents"] for r in rows if r["line"] == line), default=0)
        axes.set_ylim(0, most / CENTS * 1.3 or 1.0)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:+.0f}%" if value else "on it")
        axes.yaxis.set_major_formatter(lambda value, _: dollar_tick(value))
        note: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "fontsize": 8}
        axes.text(-0.5, 0.94, "out: nothing", ha="right", color=MUTED, **note)
        axes.text(0.5, 0.94, "in", color=MUTED, **note)
        label_ends(axes, ends, gap=0.075)
        caption(axes, x="distance from the line")
    for axes in grid[::columns]:
        axes.set_ylabel("median voucher", color=MUTED, fontsize=9)
    return figure


def _steps(axes: Axes, rows: Sequence[dict[str, Any]], look: Look) -> None:
    """Draw each side by itself: the jump is between them."""
    for side in (-1, 1):
        mine = [row for row in rows if (row["from_percent"] >= 0) == (side > 0)]
        if not mine:
            continue
        x = [edge for row in mine for edge in (row["from_percent"], row["to_percent"])]
        y = [row["median_award_cents"] / CENTS for row in mine for _ in range(2)]
        axes.plot(x, y, color=look.color, linestyle=look.line, linewidth=2.2, clip_on=False)
