"""Rank reversals: a larger loss and a larger loss ratio, but a smaller award."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from allocator.money import FINE, format_cents, format_dollars
from allocator.scenarios.health.dominance import largest_dominated
from allocator.scenarios.health.finding import Example, Finding, users
from allocator.scenarios.health.ground import Ground

__all__ = ["check"]

MANY = 0.01  # a policy that ranks people should rank them: one in a hundred is many
KEYS = ("weights.factors", "weights.loss_exponent", "objective.of", "claim.brackets")
REMEDY = (
    "factors put users of one group before others, whatever they lost; without them, awards rise "
    "with losses and ratios"
)


def check(ground: Ground) -> Iterator[Finding]:
    """Look among eligible users for anybody who lost less in both respects and gets more."""
    rows = ground.rows
    loss, net = ground.users.loss[rows], ground.net_assets(rows)
    both = "a larger loss"
    ratio = loss.astype(np.float64)
    if net is not None:
        both = "a larger loss and loss ratio"
        ratio = np.full(len(rows), np.inf)  # without net assets all of them are lost
        np.divide(loss, net, out=ratio, where=net > 0)
    award = ground.award_cents[rows]
    behind = largest_dominated(loss, ratio, award) - award
    reversed_ = behind > ground.level.unit_cents  # an odd cent is nobody's rank
    count = int(np.count_nonzero(reversed_))
    if not count:
        sentence = f"Of {users(len(rows))} in the program, nobody with {both} gets less."
        yield Finding("rank.reversals", "fine", 0.0, "users", sentence, None, KEYS, REMEDY)
        return
    worst = int(behind.argmax())
    others = np.flatnonzero((loss < loss[worst]) & (ratio < ratio[worst]))
    other = int(others[award[others].argmax()])
    row = int(rows[worst])
    text = (
        f"{ground.lost(row)} and gets {format_cents(award[worst])}; somebody who lost "
        f"{format_dollars(Fraction(int(loss[other]), FINE))}"
        + (", also a smaller part of net assets," if net is not None else "")
        + f" gets {format_cents(award[other])}"
    )
    yield Finding(
        "rank.reversals",
        "serious" if count >= MANY * len(rows) else "watch",
        float(count),
        "users",
        f"{users(count)} with {both} than somebody else get{'s' * (count == 1)} less, "
        f"{format_cents(int(behind[worst]))} less at most.",
        Example(row, text),
        KEYS,
        REMEDY,
    )
