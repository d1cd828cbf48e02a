"""Who gets more and who gets less than under the first policy, by decile of loss."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

from allocator.report.disclosure import change_cells, gone_rows
from allocator.report.plots.chart import Chart, nothing
from allocator.report.style import GRID, INK, MUTED, PLAIN, looks, new_axes, plain_axes, short
from allocator.report.suppress import WITHHELD, is_blurred
from allocator.report.where_it_goes import loss_range
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.rows import ChangeRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from allocator.report.picture import Picture

__all__ = ["gainers"]

HEAD = 16  # characters that fit above half of a bar


def gainers(comparison: Comparison) -> Chart:
    """Draw what share of each decile gets more, and less, than under the first policy.

    Parameters
    ----------
    comparison : Comparison
        Of two allocations at least.

    Returns
    -------
    Chart
        Rows: policy, decile, losses (in words), users, gain_share, lose_share (None where
        withheld), mean_change_cents.
    """
    if len(comparison.names) < 2:
        return nothing("gainers", "Gainers and losers need a second policy to compare with.")
    tables, gone = comparison.tables(), gone_rows(comparison)
    rows, told = [], []
    for name, changes in tables.changes.items():
        cells = change_cells(changes, gone[name])
        few = {r for r, _ in cells} | gone[name]
        last = len(changes) - 1
        told.append(_told(name, changes[-1], {c for r, c in cells if r == last}))
        rows += [
            _row(name, row, loss_range(tables.users[k]), hide=k in few, gone=k in gone[name])
            for k, row in enumerate(changes[:DECILES])
        ]
    base = comparison.names[0]
    return Chart(
        "gainers",
        f"Compared with {base}, {'; '.join(told)}.",
        "A bar for each tenth of the people, by loss: to the right the share who get more under "
        f"the other policy, to the left, hatched, the share who get more under {base}; beside it "
        "the mean change of a voucher.",
        rows,
        lambda: _draw(comparison.names, rows),
        shown=any(row["gain_share"] is not None for row in rows),
    )


def _row(name: str, row: ChangeRow, losses: str, *, hide: bool, gone: bool) -> dict[str, Any]:
    """Return a decile's row; shares that would give few people away are whole percents."""
    n = row.users
    shares: list[float | None] = [row.gainers / n, row.losers / n] if n else [None, None]
    if hide:
        shares = [None, None]
        if is_blurred(n, 0) and not gone:
            shares = [round(row.gainers / n, 2), round(row.losers / n, 2)]
    return {
        "policy": name,
        "decile": int(row.label),
        "losses": losses if n and not gone else "–",
        "users": None if gone else n,
        "gain_share": shares[0],
        "lose_share": shares[1],
        "mean_change_cents": None if gone else row.mean_change_cents,
    }


def _told(name: str, whole: ChangeRow, hide: set[int]) -> str:
    if not whole.users:
        return f"under {name} nobody is eligible, either"
    gain, lose = (
        "some" if k in hide and not is_blurred(whole.users, 0) else percent(each / whole.users, 0)
        for k, each in enumerate((whole.gainers, whole.losers))
    )
    moved = big_dollars(max(whole.gain_cents, whole.loss_cents))
    return f"under {name} {gain} get more and {lose} less, which moves {moved}"


def _draw(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> Picture:
    others = names[1:]
    figure, grid = new_axes(3.8, columns=len(others), share_y=True)
    styles = looks(names)
    heads = [f"more under\n{_folded(short(name, narrow=True))}" for name in names]
    top = -1.2 - 0.6 * max(head.count("\n") + 1 for head in heads)
    for axes, name in zip(grid, others, strict=True):
        plain_axes(axes)
        mine = [row for row in rows if row["policy"] == name]
        for k, row in enumerate(mine):
            if row["gain_share"] is None:
                note = WITHHELD if row["users"] != 0 else "–"
                axes.text(0, k, note, ha="center", va="center", fontsize=8, color=MUTED)
                continue
            axes.barh([k], [row["gain_share"]], color=styles[name].color, height=0.7)
            axes.barh(
                [k],
                [-row["lose_share"]],
                facecolor="none",
                edgecolor=styles[names[0]].color,
                hatch="////",
                linewidth=1.0,
                height=0.7,
            )
        _changes(axes, mine)
        axes.text(
            -0.03,
            -0.75,
            heads[0],
            ha="right",
            va="bottom",
            fontsize=9,
            color=styles[names[0]].ink,
            **PLAIN,
        )
        axes.text(
            0.03,
            -0.75,
            heads[names.index(name)],
            va="bottom",
            fontsize=9,
            color=styles[name].ink,
            **PLAIN,
        )
        axes.axvline(0, color=MUTED, linewidth=0.8, ymax=0.87)
        axes.set_xlim(-1.02, 1.7)
        axes.set_xlabel("share of the people", color=MUTED, fontsize=9)
        axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["100%", "50%", "0", "50%", "100%"], fontsize=8)
        axes.set_ylim(9.6, top)
        axes.set_yticks(range(DECILES), [row["losses"] for row in mine], **PLAIN)
    grid[0].set_ylabel("who lost", color=MUTED, fontsize=9)
    return figure


def _folded(name: str) -> str:
    """Break a name into short lines, first before what stands in brackets."""
    return "\n".join(fill(part, HEAD) for part in name.replace(" (", "\n(").split("\n"))


def _changes(axes: Axes, mine: Sequence[dict[str, Any]]) -> None:
    axes.text(1.69, -0.75, "mean\nchange", ha="right", va="bottom", fontsize=9, color=MUTED)
    for k, row in enumerate(mine):
        change = row["mean_change_cents"]
        if change is not None:
            axes.text(
                1.69, k, signed(change), ha="right", va="center", fontsize=9, color=INK, **PLAIN
            )
    axes.set_axisbelow(True)
    axes.grid(axis="x", color=GRID, linewidth=0.6)


def signed(change: int) -> str:
    """Write a change of cents in whole dollars from $10 on.

    Examples
    --------
    >>> signed(3299), signed(-102_134), signed(-72), signed(0)
    ('+$33', '−$1,021', '−$0.72', '$0')
    """
    if not change:
        return "$0"
    size = abs(change)
    text = f"${size / 100:,.2f}" if size < 1000 else f"${round(size / 100):,}"
    return f"{'+' if change > 0 else '−'}{text}"
