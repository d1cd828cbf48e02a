"""What two equal users gain by putting their accounts together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from allocator.money import CENTS, exact_sum, format_cents
from allocator.scenarios.health.finding import Example, Finding, severity, users
from allocator.scenarios.health.ground import LARGEST, Ground

__all__ = ["check"]


def check(ground: Ground) -> Iterator[Finding]:
    """Compare twice every award with that of one account with twice the loss and net assets."""
    rows = ground.candidates
    loss, net = ground.users.loss[rows], ground.net_assets(rows)
    fits = loss <= LARGEST // 2
    if net is not None:
        fits &= np.abs(net) <= LARGEST // 2
    rows = rows[fits]
    alone = ground.paid(rows)
    twice = ground.paid(rows, 2 * loss[fits], None if net is None else 2 * net[fits])
    gain = twice - 2 * alone
    eligible = ground.eligible[rows]
    yield _finding(
        ground,
        "merge.line",
        rows[~eligible],
        gain[~eligible],
        ("out by their loss or net assets", "each is out alone"),
        ("eligibility.min_loss",),
        "lower the line, or let awards start from 0 there (a smaller minimum) so that little is "
        "gained by reaching it",
    )
    yield _finding(
        ground,
        "merge.inside",
        rows[eligible],
        gain[eligible],
        ("in the program", "awards grow faster than losses"),
        ("weights.loss_exponent", "objective.alpha", "claim.brackets"),
        "awards that grow no faster than losses (loss exponent / alpha of at most 1) give nothing "
        "for merging",
    )


def _finding(
    ground: Ground,
    name: str,
    rows: NDArray[np.int64],
    gain: NDArray[np.int64],
    words: tuple[str, str],
    keys: tuple[str, ...],
    remedy: str,
) -> Finding:
    who, why = words
    gains = gain[gain > 2 * ground.level.unit_cents]  # two odd cents are no gain
    gaining = len(gains)
    if not gaining:
        sentence = f"Of {users(len(rows))} {who}, nobody would gain by merging with an equal one."
        return Finding(name, "fine", 0.0, "dollars", sentence, None, keys, remedy)
    worst = int(gain.argmax())
    row, most = int(rows[worst]), int(gain[worst])
    text = f"{ground.lost(row)}; merged with an equal one, the two get {format_cents(most)} more"
    sentence = (
        f"Of {users(len(rows))} {who}, {gaining:,} would gain by merging with an equal one, the "
        f"two together {format_cents(most)} at most: {why}."
    )
    return Finding(
        name,
        severity(gaining, len(ground.rows), exact_sum(gains) // 2, ground.spent),
        most / CENTS,
        "dollars",
        sentence,
        Example(row, text),
        keys,
        remedy,
    )
