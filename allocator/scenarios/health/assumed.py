"""Every number that was assumed or set by hand, with the users and the dollars it moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from allocator.data.check import Users
from allocator.errors import InfeasibleError, PolicyError, UnsupportedError
from allocator.money import CENTS, exact_sum, format_cents
from allocator.scenarios.health.finding import Example, Finding, Severity, users
from allocator.scenarios.health.ground import Ground
from allocator.scenarios.health.other_values import OtherValue, other_values

__all__ = ["check"]

SOURCES = {"assumed": "an assumption", "set": "set by hand"}
SOME, MANY = 0.01, 0.10  # of the money handed out


def check(ground: Ground) -> Iterator[Finding]:
    """Solve again with each number changed."""
    for other in other_values(ground.policy):
        if other.policy.needs_net_assets and ground.users.net_assets is None:
            continue  # the table need not have them
        yield _finding(ground, other)
    absent, net = ground.users.no_snapshot, ground.users.net_assets
    if ground.policy.uses_ratio and absent is not None and net is not None and absent.any():
        words = "counting them as having lost all of their net assets"
        without = OtherValue(
            "eligibility.snapshot", "users without one are out", words, "assumed", ground.policy
        )
        net = np.where(absent, np.maximum(ground.users.loss, 1), net)
        yield _finding(ground, without, replace(ground.users, net_assets=net, no_snapshot=None))


def _finding(ground: Ground, other: OtherValue, changed: Users | None = None) -> Finding:
    name, keys = f"assumed.{other.key}", (other.key,)
    told = f"{other.key} ({other.now}) is {SOURCES[other.source]}: {other.words}"
    remedy = "decide it and write the reason down; nothing in the data decides it"
    try:
        after = ground.resolve(other.policy, changed)
    except (InfeasibleError, PolicyError, UnsupportedError) as error:
        sentence = f"{told}, the program cannot run: {error}."
        return Finding(name, "watch", 0.0, "dollars", sentence, None, keys, remedy)
    before = ground.award_cents
    change = after - before
    up, down = np.maximum(change, 0), np.maximum(-change, 0)
    gained, lost = exact_sum(up), exact_sum(down)
    moved, spent = max(gained, lost), exact_sum(before)
    if not moved:
        sentence = f"{told}, nobody's award would change."
        return Finding(name, "fine", 0.0, "dollars", sentence, None, keys, remedy, 0)
    winners, losers = int(np.count_nonzero(up)), int(np.count_nonzero(down))
    worst = int(np.abs(change).argmax())
    text = (
        f"{ground.lost(worst)}; the award would be {format_cents(after[worst])} instead of "
        f"{format_cents(before[worst])}"
    )
    judged: Severity = "fine"
    if moved >= SOME * spent:
        judged = "serious" if moved >= MANY * spent else "watch"
    sentence = (
        f"{told}, {users(winners)} would get {format_cents(gained)} more and "
        f"{f'{losers:,} {format_cents(lost)}' if losers else 'nobody'} less."
    )
    return Finding(
        name,
        judged,
        moved / CENTS,
        "dollars",
        sentence,
        Example(worst, text),
        keys,
        remedy,
        winners + losers,
    )
