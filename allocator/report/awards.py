"""The figure of awards against losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allocator.money import CENTS, exact
from allocator.report.style import (
    GRID,
    INK,
    LINES,
    MUTED,
    PLAIN,
    SERIES,
    about,
    dollars,
    new_figure,
    plain_axes,
    short,
)
from allocator.scenarios.bands import FEWEST, QUANTILES, Band, award_bands
from allocator.scenarios.compare import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from allocator.report.picture import Picture

__all__ = ["draw_awards"]


def draw_awards(comparison: Comparison, *, narrow: bool = False) -> Picture:
    """Draw quantiles of awards against losses, both axes logarithmic.

    Parameters
    ----------
    comparison : Comparison
        Of one to three allocations: bands for the first, medians for the others.
    narrow : bool
        For a telephone.

    Returns
    -------
    Picture
    """
    figure, axes = new_figure(4.8 if narrow else 4.2, narrow=narrow)
    plain_axes(axes)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    first: list[Band] = []
    for number, scenario in enumerate(comparison.users.scenarios):
        # On a logarithmic axis nothing has no place; a cent stands for it.
        bands = award_bands(comparison.users, scenario)
        middle = [band.middle for band in bands]
        quantiles = [
            [max(cents, 1) / CENTS for cents in each]
            for each in zip(*(band.award_cents for band in bands), strict=True)
        ] or [[]] * 5
        color = SERIES[number]
        label = (
            "median"
            if len(comparison.names) == 1
            else f"median, {short(scenario.name, narrow=narrow)}"
        )
        if not number:
            first = bands
            for low, alpha, name in ((0, 0.15, "9 of 10 users"), (1, 0.3, "half of users")):
                # A quantile beyond which fewer than ten users lie is nearly somebody's own award.
                wide = [band.users * QUANTILES[low] >= FEWEST for band in bands]
                if not any(wide):
                    continue
                axes.fill_between(
                    middle,
                    quantiles[low],
                    quantiles[-1 - low],
                    where=wide,
                    color=color,
                    alpha=alpha,
                    lw=0,
                    label=name,
                )
        axes.plot(middle, quantiles[2], LINES[number], color=color, linewidth=2, label=label)
    axes.set_xscale("log")
    axes.set_yscale("log")
    _bounds(axes, comparison, first)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: _tick(value))
        axis.set_minor_formatter(lambda *_: "")
        axis.set_tick_params(which="minor", length=0)
    axes.set_xlabel("loss", color=MUTED, fontsize=9)
    axes.set_ylabel("voucher", color=MUTED, fontsize=9)
    look: dict[str, Any] = {"frameon": False, "fontsize": 9, "labelcolor": INK}
    if narrow:  # no corner is free
        legend = figure.legend(loc="outside lower left", **look)
    else:  # below the bands, and above the line of the minimum
        legend = axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.13), **look)
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _tick(value: float) -> str:
    return f"${value / 1000:g}k" if 1000 <= value < 1_000_000 else dollars(value)


def _bounds(axes: Axes, comparison: Comparison, bands: list[Band]) -> None:
    """Mark the floor, the cap, the least loss, and where the median leaves one for the other."""
    policy = comparison.allocations[0].policy
    floor, cap = (float(exact(v)) for v in (policy.award.minimum, policy.award.maximum))
    least = float(exact(policy.eligibility.min_loss))
    line: dict[str, Any] = {"color": MUTED, "linewidth": 0.9, "linestyle": (0, (4, 3))}
    note: dict[str, Any] = {"fontsize": 8, "color": MUTED, **PLAIN}
    across, along = axes.get_yaxis_transform(), axes.get_xaxis_transform()
    axes.axhline(cap, **line)
    axes.text(0.08, cap * 1.12, f"maximum {dollars(cap)}", va="bottom", transform=across, **note)
    if floor:
        axes.axhline(floor, **line)
        place: dict[str, Any] = {"ha": "right", "va": "top", "transform": across}
        axes.text(0.995, floor / 1.15, f"minimum {dollars(floor)}", **place, **note)
    if least:
        axes.axvline(least, **line)
        axes.text(least * 1.1, 0.75, f"losses from\n{dollars(least)}", transform=along, **note)
    between = [band for band in bands if floor < band.median_cents / CENTS < cap]
    at = {bound: [b for b in bands if b.median_cents / CENTS == bound] for bound in (floor, cap)}
    if between and at[floor] and floor:
        _kink(axes, between[0].low, floor, f"minimum up to {about(between[0].low)}", -14, "left")
    if between and at[cap]:
        _kink(axes, between[-1].high, cap, f"from {about(between[-1].high)}", 6, "center")
    low, high = axes.get_ylim()
    axes.set_ylim(low / 1.7, high * 1.7)


def _kink(axes: Axes, loss: float, award: float, text: str, up: int, side: str) -> None:
    axes.plot([loss], [award], "o", color=INK, markersize=4)
    axes.annotate(
        text,
        (loss, award),
        xytext=(0, up),
        textcoords="offset points",
        ha=side,
        fontsize=8,
        color=INK,
        **PLAIN,
    )
