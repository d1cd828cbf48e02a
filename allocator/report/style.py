"""How figures look, and how they become SVG that follows the colors of a page."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allocator.money import CENTS
from allocator.report.optional import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from allocator.report.picture import Picture

__all__ = [
    "GRID",
    "INK",
    "LINES",
    "MUTED",
    "OUT",
    "PLAIN",
    "SERIES",
    "Look",
    "about",
    "cents",
    "dollars",
    "looks",
    "new_axes",
    "new_figure",
    "plain_axes",
    "short",
    "to_svg",
]

# Okabe and Ito's colors, which color-blind readers can tell apart; each policy keeps its own
# throughout, together with a line style. Each color has a name in the page's style sheet.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
LINES = ("-", "--", ":", "-.")
# The same, dark enough for small text on white.
_INKS = ("#0072b2", "#c05000", "#007d5c", "#a0487e")
_MARKERS = ("o", "s", "^", "D")
OUT = "#b5b5b6"
INK, MUTED, GRID = "#1a1a1b", "#5c5c5d", "#dededf"
_VARIABLES = {
    SERIES[0]: "--first",
    SERIES[1]: "--second",
    SERIES[2]: "--third",
    _INKS[1]: "--second",
    _INKS[2]: "--third",
    OUT: "--out",
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
}
WIDE, NARROW = 7.6, 3.7  # inches
# Amounts have dollar signs, which would otherwise begin a formula; so might a policy's name.
PLAIN: dict[str, Any] = {"parse_math": False}


@dataclass(frozen=True)
class Look:
    """How one policy looks in every figure of a comparison.

    Attributes
    ----------
    color, ink : str
        Of marks, and of small text.
    line, marker : str
    """

    color: str
    ink: str
    line: str
    marker: str


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Give each policy its look: by its place in the comparison, the same in every figure.

    Examples
    --------
    >>> [look.line for look in looks(["Announced", "Broad"]).values()]
    ['-', '--']
    """
    found = zip(SERIES, _INKS, LINES, _MARKERS, strict=True)
    return {name: Look(*each) for name, each in zip(names, found, strict=False)}


def new_figure(height: float, *, narrow: bool = False) -> tuple[Picture, Axes]:
    """Make an empty figure with one set of axes, without pyplot's state.

    Parameters
    ----------
    height : float
        Inches.
    narrow : bool
        For a telephone.

    Returns
    -------
    figure, axes
    """
    figure, (axes,) = new_axes(height, narrow=narrow)
    return figure, axes


def new_axes(
    height: float,
    *,
    narrow: bool = False,
    rows: int = 1,
    columns: int = 1,
    share_x: bool = False,
    share_y: bool = False,
    ratios: Sequence[float] | None = None,
) -> tuple[Picture, list[Axes]]:
    """Make an empty figure with a grid of axes, as `new_figure` does.

    Returns
    -------
    figure, axes
        Row by row.
    """
    need("matplotlib.figure")
    from allocator.report.picture import Picture

    figure = Picture(figsize=(NARROW if narrow else WIDE, height), layout="constrained")
    figure.patch.set_alpha(0.0)
    grid = figure.subplots(
        rows, columns, sharex=share_x, sharey=share_y, squeeze=False, height_ratios=ratios
    )
    for axes in grid.flat:
        axes.patch.set_alpha(0.0)
    return figure, list(grid.flat)


def plain_axes(axes: Axes) -> None:
    """Take away what carries no data."""
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)


def dollars(value: float) -> str:
    """Write an amount of dollars shortly, for an axis.

    Examples
    --------
    >>> [dollars(v) for v in (4, 50, 28_805, 1_500_000)]
    ['$4', '$50', '$28,805', '$1.5m']
    """
    if value >= 1_000_000:
        return f"${value / 1_000_000:g}m"
    return f"${value:,.2f}".removesuffix(".00")


def cents(value: int) -> str:
    """Write whole cents, without the cents from $1,000 on.

    Examples
    --------
    >>> cents(2357), cents(60_000), cents(108_505_941)
    ('$23.57', '$600.00', '$1,085,059')
    """
    return f"${value / CENTS:,.2f}" if value < 1000 * CENTS else f"${round(value / CENTS):,}"


def short(name: str, *, narrow: bool) -> str:
    """Cut a name that would leave no room for the figure.

    Examples
    --------
    >>> short("A policy with a rather long name", narrow=True)
    'A policy with a rather …'
    """
    most = 24 if narrow else 60
    return name if len(name) <= most else name[: most - 1] + "…"


def about(value: float) -> str:
    """Write an amount of dollars in two digits: nobody's own loss.

    Examples
    --------
    >>> [about(v) for v in (50.01, 96.31, 28_805.4, 1_250_000)]
    ['$50', '$96', '$29,000', '$1.2m']
    """
    return dollars(float(f"{value:.2g}"))


def to_svg(figure: Figure, salt: str) -> str:
    """Write a figure as an SVG element that takes its colors and font from the page.

    Parameters
    ----------
    figure : Figure
    salt : str
        Makes the names inside the element distinct from those of other figures on a page. The
        same figure and salt give the same bytes.

    Returns
    -------
    str
    """
    matplotlib = need("matplotlib")
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": salt, "svg.fonttype": "none"}):
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", metadata=metadata)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # the same in every figure, and never referred to
    text = re.sub(r"font-family: [^;\"]*", "font-family: inherit", text)
    for color, variable in _VARIABLES.items():
        text = text.replace(f": {color}", f": var({variable})")
    return re.sub(r'width="[\d.]+pt" height="[\d.]+pt" ', "", text, count=1)
