"""The jump in award on either side of each line that decides who is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocator.money import CENTS, FINE, exact_sum, format_cents, format_dollars, parse_fine
from allocator.policy.eligibility import at_least
from allocator.policy.sections import Range
from allocator.policy.values import read_ratio, show_percent
from allocator.scenarios.cutoffs import Cutoffs
from allocator.scenarios.health.finding import Example, Finding, severity, users
from allocator.scenarios.health.ground import AMOUNTS, Ground
from allocator.scenarios.hypothetical import net_assets_at
from allocator.scenarios.near_lines import NEAR
from allocator.scenarios.sums import median

__all__ = ["check"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Line:
    """A line, and the users who stand near it.

    Attributes
    ----------
    id, name : str
    rows : ndarray of int64, shape (k,)
        Candidates near it, on either side.
    loss, net_assets : ndarray of int64, shape (k,)
        What they would have just inside.
    probe : (int, int)
        A loss and net assets just inside, for when nobody is near.
    keys : tuple of str
    remedy : str
    reach : str
        What near means.
    """

    id: str
    name: str
    rows: Ints
    loss: Ints
    net_assets: Ints | None
    probe: tuple[int, int]
    keys: tuple[str, ...]
    remedy: str
    reach: str = "within 1% of it"


def check(ground: Ground) -> Iterator[Finding]:
    """Move everybody near a line to just inside; outside they get nothing."""
    for line in _lines(ground):
        yield _finding(ground, line)


def _lines(ground: Ground) -> Iterator[Line]:
    policy = ground.policy
    least = Cutoffs.of(policy).loss
    if least:
        yield _of_loss(ground, least)
    if policy.uses_ratio:
        ratio = read_ratio(policy.eligibility.min_loss_ratio)
        if ratio:
            yield _of_ratio(ground, ratio)
        if policy.eligibility.nonpositive_net_assets == "ineligible":
            yield _of_no_assets(ground)
    for name, rule in policy.eligibility.exclude.items():
        if name in AMOUNTS and isinstance(rule, Range):
            yield from _of_range(ground, name, rule)


def _of_loss(ground: Ground, least: int) -> Line:
    rows, loss = ground.candidates, ground.users.loss[ground.candidates]
    rows = rows[_near(loss, least)]
    return Line(
        "line.min_loss",
        f"the smallest loss of {format_dollars(Fraction(least, FINE))}",
        rows,
        np.full(len(rows), least, dtype=np.int64),
        ground.net_assets(rows),
        (least, least),
        ("eligibility.min_loss", "award.minimum"),
        "lower award.minimum, or count only the loss above the line, so that awards start from 0",
    )


def _of_ratio(ground: Ground, ratio: Fraction) -> Line:
    rows = ground.candidates
    loss, net = ground.users.loss[rows], ground.net_assets(rows)
    assert net is not None  # the policy uses the ratio
    near = (net > 0) & at_least(loss, net, ratio * (1 - NEAR))
    near &= at_least(net, loss, 1 / (ratio * (1 + NEAR)))
    rows, loss = rows[near], loss[near]
    probe = _typical_loss(ground)
    return Line(
        "line.min_loss_ratio",
        f"the smallest loss ratio of {show_percent(ratio)}",
        rows,
        loss,
        net_assets_at(loss, ratio),
        (probe, int(net_assets_at(np.array([probe]), ratio)[0])),
        ("eligibility.min_loss_ratio", "weights.ratio_exponent"),
        "let the weight start from 0 at the line, or lower the line and leave it to the ratio "
        "exponent to give less below it",
    )


def _of_no_assets(ground: Ground) -> Line:
    rows = ground.candidates
    loss, net = ground.users.loss[rows], ground.net_assets(rows)
    assert net is not None  # the policy uses the ratio
    near = np.abs(net) <= loss // NEAR.denominator
    rows, loss, net = rows[near], loss[near], net[near]
    return Line(
        "line.net_assets",
        "net assets of more than $0.00",
        rows,
        loss,
        np.maximum(net, 1),
        (_typical_loss(ground), 1),
        ("eligibility.nonpositive_net_assets",),
        'with nonpositive_net_assets = "eligible" they would count at the ratio cap, as those '
        "just above 0 do",
        "at net assets of at most 1% of the loss, owned or owed",
    )


def _of_range(ground: Ground, name: str, rule: Range) -> Iterator[Line]:
    rows = ground.candidates
    of_loss = name == "liquidation_loss"
    values = ground.users.loss[rows] if of_loss else ground.net_assets(rows)
    assert values is not None  # the policy needs net assets
    for bound, text, step in (("min", rule.min, -1), ("max", rule.max, 1)):
        if text is None:
            continue
        edge = parse_fine(text)
        near = _near(values, edge)
        if not of_loss and ground.users.no_snapshot is not None:
            near &= ~ground.users.no_snapshot[rows]
        inside = np.full(int(np.count_nonzero(near)), edge + step, dtype=np.int64)
        own = rows[near]
        loss = inside if of_loss else ground.users.loss[own]
        words = "losses" if of_loss else "net assets"
        side = "from" if bound == "min" else "up to"
        probe = (edge + step,) * 2 if of_loss else (_typical_loss(ground), edge + step)
        yield Line(
            f"line.exclude.{name}.{bound}",
            f"the exclusion of {words} {side} {format_dollars(Fraction(edge, FINE))}",
            own,
            np.maximum(loss, 0),
            ground.net_assets(own) if of_loss else inside,
            (max(probe[0], 0), probe[1]),
            (f"eligibility.exclude.{name}",),
            "give less weight instead of nothing at all beyond the line",
        )


def _finding(ground: Ground, line: Line) -> Finding:
    jump = ground.paid(line.rows, line.loss, line.net_assets)
    inside = jump > 0  # by the other lines, too
    rows, jump = line.rows[inside], jump[inside]
    if not len(rows):
        loss, net = (np.array([each], dtype=np.int64) for each in line.probe)
        most = int(ground.level.award_cents(loss, net)[0])
        sentence = (
            f"At {line.name} an award would jump from $0.00 to {format_cents(most)}, but nobody "
            f"whom it concerns stands {line.reach}."
        )
        number = most / CENTS
        return Finding(line.id, "fine", number, "dollars", sentence, None, line.keys, line.remedy)
    below = int(np.count_nonzero(~ground.eligible[rows]))
    worst = int(jump.argmax())
    row, most = int(rows[worst]), int(jump[worst])
    side = "gets it" if ground.eligible[row] else "is out by a hair"
    text = f"{ground.lost(row)}; {format_cents(most)} hangs on the line: the user {side}"
    sentence = (
        f"At {line.name} an award jumps from $0.00 to {format_cents(median(jump))} (median), "
        f"{format_cents(most)} at most; {users(len(rows))} stand{'s' * (len(rows) == 1)} "
        f"{line.reach}, "
        f"{below:,} of them outside."
    )
    return Finding(
        line.id,
        severity(len(rows), len(ground.rows), exact_sum(jump), ground.spent),
        most / CENTS,
        "dollars",
        sentence,
        Example(row, text),
        line.keys,
        line.remedy,
    )


def _near(values: Ints, edge: int) -> NDArray[np.bool_]:
    """Mark the values within 1% of an edge, both ends inclusive."""
    reach = abs(edge) * NEAR.numerator // NEAR.denominator
    near: NDArray[np.bool_] = (values >= edge - reach) & (values <= edge + reach)
    return near


def _typical_loss(ground: Ground) -> int:
    losses = ground.users.loss[ground.rows]
    return max(median(losses) if len(losses) else Cutoffs.of(ground.policy).loss, 1)
