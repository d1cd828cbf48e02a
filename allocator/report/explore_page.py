"""What the panel shows: totals, a table beside the policy it started from, a picture by decile."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from allocator.money import format_cents
from allocator.policy.schema import Policy
from allocator.scenarios.scenario_figures import ScenarioFigures

__all__ = ["page"]

BLUE, GRAY = "#0072B2", "#999999"  # told apart by everybody, and by lightness
WIDTH, HEIGHT, BAR = 460, 150, 30


def page(
    base: Policy,
    before: ScenarioFigures,
    policy: Policy,
    after: ScenarioFigures | None,
    error: str = "",
) -> str:
    """Return the panel's right side as HTML.

    Parameters
    ----------
    base, policy : Policy
        Where the panel started, and where its controls stand.
    before, after : ScenarioFigures
        Of the two; None where there is an error instead.
    error : str
        Why the controls make no sense together.
    """
    if after is None:
        return f'<div role="alert" style="color:#a00;max-width:34em">{escape(error)}</div>'
    changes = "; ".join(f"{c.key}: {c.before} → {c.after}" for c in base.diff(policy).changes)
    rows = "".join(
        f"<tr><td>{name}</td><td style='text-align:right'>{escape(old)}</td>"
        f"<td style='text-align:right'><b>{escape(new)}</b></td></tr>"
        for name, old, new in _rows(before, after)
    )
    return (
        f"<div style='max-width:40em'><div><b>{escape(after.formula or '')}</b></div>"
        f"<div>{escape(changes) or 'as it was'}</div>"
        f"<table><tr><th></th><th>{escape(base.name)}</th><th>now</th></tr>{rows}</table>"
        f"{_picture(before.recovery_by_decile, after.recovery_by_decile)}</div>"
    )


def _rows(before: ScenarioFigures, after: ScenarioFigures) -> list[tuple[str, str, str]]:
    def count(value: int | None) -> str:
        return "-" if value is None else f"{value:,}"

    def money(cents: int | None) -> str:
        return "-" if cents is None else format_cents(cents)

    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.1%}"

    figures = (
        ("paid out", money, "total_cents"),
        ("people in", count, "eligible"),
        ("at the minimum", count, "at_floor"),
        ("at their cap", count, "at_cap"),
        ("half of them get at most", money, "median_cents"),
        ("share of losses paid back", share, "recovery"),
        ("the tenth who lost most get", share, "top_tenth_share"),
    )
    return [(name, say(getattr(before, f)), say(getattr(after, f))) for name, say, f in figures]


def _picture(before: Sequence[float | None], after: Sequence[float | None]) -> str:
    """Draw recovery by decile of loss: bars now, lines before."""
    most = max([v for v in (*before, *after) if v is not None], default=0.0) or 1.0
    bars = []
    for i, (old, new) in enumerate(zip(before, after, strict=True)):
        x = 20 + i * (WIDTH - 20) / 10
        for value, top in ((new, True), (old, False)):
            if value is None:
                continue
            y = HEIGHT - 20 - (HEIGHT - 45) * value / most
            if top:
                bars.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{BAR}" height="{HEIGHT - 20 - y:.1f}" '
                    f'fill="{BLUE}"/><text x="{x + BAR / 2:.1f}" y="{y - 3:.1f}" font-size="9" '
                    f'text-anchor="middle" fill="currentColor">{value:.1%}</text>'
                )
            else:
                bars.append(
                    f'<line x1="{x - 3:.1f}" x2="{x + BAR + 3:.1f}" y1="{y:.1f}" y2="{y:.1f}" '
                    f'stroke="{GRAY}" stroke-width="3" stroke-dasharray="5 3"/>'
                )
        bars.append(
            f'<text x="{x + BAR / 2:.1f}" y="{HEIGHT - 6}" font-size="10" text-anchor="middle" '
            f'fill="currentColor">{i + 1}</text>'
        )
    said = "Share of losses paid back by tenth of the users by loss: bars now, dashes before"
    return (
        f'<svg role="img" aria-label="{said}" width="{WIDTH}" height="{HEIGHT + 14}">'
        f"<title>{said}</title>"
        f'<text x="20" y="11" font-size="11" fill="currentColor">{said}</text>'
        f'<g transform="translate(0,10)">{"".join(bars)}</g></svg>'
    )
