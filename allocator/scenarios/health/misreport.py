"""How much one dollar of misreported loss moves an award."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocator.money import CENTS, FINE, format_cents
from allocator.scenarios.health.finding import Example, Finding, severity, users
from allocator.scenarios.health.ground import LARGEST, Ground
from allocator.scenarios.sums import median

__all__ = ["check"]


def check(ground: Ground) -> Iterator[Finding]:
    """Add a dollar to every loss, one user at a time, net assets being as they are."""
    rows = ground.candidates
    rows = rows[ground.users.loss[rows] <= LARGEST - FINE]
    more = ground.paid(rows, ground.users.loss[rows] + FINE) - ground.paid(rows)
    eligible = ground.eligible[rows]
    typical = median(more[eligible])
    yield Finding(
        "misreport.typical",
        severity(int(typical > CENTS), 1),
        typical / CENTS,
        "dollars per dollar",
        f"One more dollar of reported loss moves the typical (median) award by "
        f"{format_cents(typical)}.",
        None,
        ("weights.loss_exponent", "objective.alpha", "award.budget"),
        "a smaller loss exponent / alpha makes awards follow reported losses less",
    )
    paying = int(np.count_nonzero(more > CENTS))
    keys = ("eligibility.min_loss", "eligibility.min_loss_ratio", "award.minimum")
    remedy = (
        "where an award jumps at a line, let it start from 0 there: a smaller minimum, or a claim "
        "that counts only the loss above the line"
    )
    if not len(rows) or more.max() <= 0:
        sentence = "One more dollar of reported loss raises nobody's award."
        if len(rows) and more.min() < 0:
            sentence = sentence[:-1] + f", and costs somebody {format_cents(-int(more.min()))}."
        yield Finding(
            "misreport.largest", "fine", 0.0, "dollars per dollar", sentence, None, keys, remedy
        )
        return
    worst = int(more.argmax())
    row, most = int(rows[worst]), int(more[worst])
    line = " by stepping over a line" if not eligible[worst] else ""
    sentence = (
        f"One more dollar of reported loss moves an award by {format_cents(most)} at most{line}; "
        f"for {users(paying)} it pays more than the dollar."
    )
    text = f"{ground.lost(row)}; a dollar more is worth {format_cents(most)}"
    yield Finding(
        "misreport.largest",
        severity(paying, len(ground.rows)),
        most / CENTS,
        "dollars per dollar",
        sentence,
        Example(row, text),
        keys,
        remedy,
    )
