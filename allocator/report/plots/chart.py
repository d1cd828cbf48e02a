"""`Chart`: a figure before it is drawn: its finding, its numbers, and how to draw them."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allocator.report.style import INK, MUTED, PLAIN, new_figure, plain_axes

if TYPE_CHECKING:
    from allocator.report.picture import Picture

__all__ = ["Chart", "Rows", "nothing", "rows_csv"]

Rows = Sequence[Mapping[str, Any]]
TITLE_WIDTH = 88  # characters


@dataclass(frozen=True, eq=False)
class Chart:
    """A figure before it is drawn.

    Attributes
    ----------
    name : str
    title : str
        Its finding, in a sentence with numbers.
    alt : str
        What it looks like, for those who cannot see it.
    rows : sequence of dict
        The numbers that are drawn: plain, and of ten people at least.
    draw : callable
        Returns the figure without its title.
    shown : bool
        Whether there is anything to be seen, and it is not of too few people.
    """

    name: str
    title: str
    alt: str
    rows: Rows
    draw: Callable[[], Picture]
    shown: bool = True

    def bare(self) -> Picture:
        """Draw it without its title, as a page does that has the title as a caption."""
        figure = self.draw()
        figure.finding, figure.alt, figure.data = self.title, self.alt, tuple(self.rows)
        return figure

    def figure(self) -> Picture:
        """Draw it with its title."""
        figure = self.bare()
        title = textwrap.fill(self.title, TITLE_WIDTH)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK, **PLAIN)
        figure.patch.set_alpha(1.0)
        return figure


def nothing(name: str, why: str) -> Chart:
    """Return a figure that says why there is nothing to be seen."""

    def draw() -> Picture:
        figure, axes = new_figure(1.0)
        plain_axes(axes)
        axes.set_axis_off()
        axes.text(0.0, 0.5, "nothing to show", fontsize=9, color=MUTED)
        return figure

    return Chart(name, why, "An empty figure.", (), draw, shown=False)


def rows_csv(rows: Rows) -> str:
    r"""Write the numbers behind a figure as CSV.

    Examples
    --------
    >>> rows_csv([{"decile": "1", "users": 20}, {"decile": "2", "users": None}])
    'decile,users\n1,20\n2,\n'
    """
    if not rows:
        return ""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
