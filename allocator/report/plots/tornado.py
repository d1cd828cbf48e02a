"""Which open choices move most dollars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from allocator.money import CENTS
from allocator.report.plots.chart import Chart, nothing
from allocator.report.plots.labels import dollar_tick
from allocator.report.style import GRID, INK, MUTED, PLAIN, looks, new_figure, plain_axes, short
from allocator.report.suppress import is_small
from allocator.scenarios.choices import choices
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.health.other_values import other_values
from allocator.scenarios.health.result import Health
from allocator.scenarios.numerals import big_dollars, percent

if TYPE_CHECKING:
    from allocator.allocation.result import Allocation
    from allocator.policy.schema import Policy
    from allocator.report.picture import Picture

__all__ = ["tornado"]

Move = tuple[int, dict[str, Any]]  # how many awards a choice changes, and its row
PREFIX = "assumed."
NAMES = {
    "eligibility.nonpositive_net_assets": "users without net assets",
    "objective.alpha": "alpha",
    "weights.ratio_exponent": "ratio exponent",
}


def tornado(comparison: Comparison, healths: Sequence[Health] = ()) -> Chart:
    """Draw how many dollars change hands when one open choice is decided otherwise.

    Parameters
    ----------
    comparison : Comparison
    healths : sequence of Health, optional
        Health checks of its policies: then every assumed or hand-set number is drawn, and not
        only the three choices that awards alone can tell.

    Returns
    -------
    Chart
        Rows: policy, key, choice (in words), dollars, share (of what the policy hands out).
    """
    found: list[dict[str, Any]] = []
    withheld = False
    spent = {e.name: e.allocation.certificate.spent_cents for e in comparison.users.scenarios}
    for each in comparison.users.scenarios:
        policy = each.allocation.policy
        health = next((h for h in healths if h.digest == policy.digest), None)
        if is_small(each.allocation.certificate.eligible):
            withheld = True
            continue
        moves = _of_choices(each.allocation) if health is None else _of(health, policy)
        told = [row for moved, row in moves if not is_small(moved)]
        withheld |= len(told) < len(moves)
        found += [{"policy": each.name, **row} for row in told]
    for row in found:
        row["share"] = row["dollars"] * CENTS / max(spent[row["policy"]], 1)
    most = {c: max(r["dollars"] for r in found if r["choice"] == c) for c in _distinct(found)}
    rows = sorted((r for r in found if most[r["choice"]]), key=lambda r: -most[r["choice"]])
    if not rows and withheld:
        return nothing("tornado", "Too few users are concerned to show what open choices move.")
    if not rows:
        return nothing("tornado", "No open choice of the policy moves a dollar.")
    first = max(rows, key=lambda row: row["dollars"])
    whose = f" under {first['policy']}" if len(spent) > 1 else ""
    return Chart(
        "tornado",
        f"{first['choice'].capitalize()}, {big_dollars(round(first['dollars'] * CENTS))} "
        f"({percent(first['share'], 0)} of the money) would go to other people{whose}: no other "
        "open choice moves more.",
        "Bars, the longest on top: how many dollars go to other people when one number that was "
        "assumed or set by hand is decided otherwise.",
        rows,
        lambda: _draw(list(spent), rows),
    )


def _distinct(rows: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["choice"] for row in rows))


def _of_choices(allocation: Allocation) -> list[Move]:
    return [
        (
            each.gainers + each.losers,
            {
                "key": each.key,
                "choice": f"with {NAMES.get(each.key, each.key)} {each.instead} "
                f"instead of {each.now}",
                "dollars": max(each.gain_cents, each.loss_cents) / CENTS,
            },
        )
        for each in choices(allocation)
    ]


def _of(health: Health, policy: Policy) -> list[Move]:
    words = {each.key: each.words for each in other_values(policy)}
    moves = []
    for each in health.findings:
        key = each.id.removeprefix(PREFIX)
        if each.id.startswith(PREFIX) and each.moved is not None:
            row = {"key": key, "choice": words.get(key, key), "dollars": each.number}
            moves.append((each.moved, row))
    return moves


def _draw(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> Picture:
    words = _distinct(rows)
    figure, axes = new_figure(0.55 + 0.5 * len(words) + 0.12 * len(rows))
    plain_axes(axes)
    styles = looks(names)
    width = 0.74 / max(sum(r["choice"] == each for r in rows) for each in words)
    longest = max(row["dollars"] for row in rows)
    for row in rows:
        same = [r["policy"] for r in rows if r["choice"] == row["choice"]]
        shift = same.index(row["policy"]) - len(same) / 2 + 0.5
        place = words.index(row["choice"]) + width * shift
        axes.barh([place], [row["dollars"]], width * 0.9, color=styles[row["policy"]].color)
        text = f"{big_dollars(round(row['dollars'] * CENTS))} ({percent(row['share'], 0)})"
        if len(names) > 1:
            text += f" {short(row['policy'], narrow=True)}"
        axes.text(
            row["dollars"] + longest * 0.012,
            place,
            text,
            va="center",
            fontsize=8 if len(names) > 2 else 9,
            color=INK,
            **PLAIN,
        )
    axes.set_yticks(range(len(words)), words, **PLAIN)
    axes.set_ylim(len(words) - 0.45, -0.55)
    axes.set_xlim(0, longest * (1.9 if len(names) > 1 else 1.25))
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(lambda value, _: dollar_tick(value))
    axes.set_xlabel("dollars that go to other people (share of all)", color=MUTED, fontsize=9)
    return figure
