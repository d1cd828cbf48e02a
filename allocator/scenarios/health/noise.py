"""How far the whole outcome moves when losses are a little off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from allocator.errors import InfeasibleError
from allocator.money import format_cents
from allocator.scenarios.health.finding import Example, Finding, Severity
from allocator.scenarios.health.ground import LARGEST, Ground

__all__ = ["check"]

NOISE = 0.05  # losses are multiplied by a number from 0.95 to 1.05, all as likely
TENTHS = 10  # an award moves when it changes by more than a tenth
SEED = 20251010  # the same noise every time
SOME, MANY = 0.01, 0.10  # of the users; noise of 5% alone moves few awards by 10%
MOST = LARGEST - 1024.0  # the largest float that is not above the largest loss
KEYS = ("eligibility.min_loss", "eligibility.min_loss_ratio", "weights.loss_exponent")
REMEDY = "lines that awards jump at are what makes small errors count: see the findings on lines"


def check(ground: Ground) -> Iterator[Finding]:
    """Solve again with noisy losses."""
    rng = np.random.default_rng(SEED)
    users = ground.users
    times = rng.uniform(1.0 - NOISE, 1.0 + NOISE, len(users))
    noisy = np.minimum(np.rint(users.loss * times), MOST).astype(np.int64)
    try:
        after = ground.resolve(users=replace(users, loss=noisy))
    except InfeasibleError as error:
        sentence = f"With losses off by up to 5%, the policy cannot be paid: {error}."
        yield Finding("noise.losses", "serious", 100.0, "percent", sentence, None, KEYS, REMEDY)
        return
    before = ground.award_cents
    either = np.flatnonzero((before > 0) | (after > 0))
    if not len(either):
        sentence = "Nobody gets anything, with losses as they are or off by up to 5%."
        yield Finding("noise.losses", "fine", 0.0, "percent", sentence, None, KEYS, REMEDY)
        return
    change = (after - before)[either]
    moved = TENTHS * np.abs(change) > before[either]
    share = float(np.count_nonzero(moved)) / len(either)
    out = int(np.count_nonzero((before > 0) & (after == 0)))
    into = int(np.count_nonzero((before == 0) & (after > 0)))
    worst = int(either[np.abs(change).argmax()])
    text = (
        f"{ground.lost(worst)}; the award moves from {format_cents(before[worst])} to "
        f"{format_cents(after[worst])}"
    )
    judged: Severity = "serious" if share >= MANY else "watch" if share >= SOME else "fine"
    yield Finding(
        "noise.losses",
        judged,
        100.0 * share,
        "percent",
        f"If every loss were off by up to 5% at random, {share:.1%} of awards would move by more "
        f"than 10%; {out:,} users would drop out and {into:,} come in.",
        Example(worst, text),
        KEYS,
        REMEDY,
    )
