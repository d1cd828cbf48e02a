"""What a user gains by splitting an account into two halves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from allocator.money import CENTS, FINE_PER_CENT, exact, exact_sum, format_cents
from allocator.scenarios.health.finding import Example, Finding, severity, users
from allocator.scenarios.health.ground import Ground

__all__ = ["check"]

KINKS = {
    "minimum": (
        "whose halves get the minimum",
        ("award.minimum",),
        "lower the minimum, or pay it per person instead of per account",
    ),
    "maximum": (
        "at the maximum",
        ("award.maximum",),
        "raise the maximum, or apply it per person instead of per account",
    ),
    "line": (
        "with a half that would be out",
        ("eligibility.min_loss", "award.minimum"),
        "nothing needs to change: the line itself keeps small accounts from splitting",
    ),
}


def check(ground: Ground) -> Iterator[Finding]:
    """Compare every award with those of two accounts with half the loss and net assets each."""
    rows = ground.rows
    loss, net = ground.users.loss[rows], ground.net_assets(rows)
    half = loss // 2
    half_net = None if net is None else net // 2
    one = ground.paid(rows, half, half_net)
    rest_net = None if net is None or half_net is None else net - half_net
    other = ground.paid(rows, loss - half, rest_net)
    whole = ground.paid(rows)
    gain = one + other - whole
    floor = int(exact(ground.policy.award.minimum) * CENTS)
    at_cap = whole == int(exact(ground.policy.award.maximum) * CENTS)
    out = (one == 0) | (other == 0)
    at_floor = ~out & ~at_cap & ((one <= floor) | (other <= floor))
    kinks = {"minimum": at_floor, "maximum": at_cap & ~out, "line": out}
    for name, where in kinks.items():
        yield _at_kink(ground, name, gain, np.flatnonzero(where))
    yield _at_median(ground, whole, gain)


def _at_kink(
    ground: Ground, name: str, gain: NDArray[np.int64], places: NDArray[np.int64]
) -> Finding:
    who, keys, remedy = KINKS[name]
    gains = gain[places][gain[places] > ground.level.unit_cents]  # an odd cent is no gain
    gaining = len(gains)
    if not len(places):
        sentence = f"There is nobody {who}, to gain or lose by splitting the account in two."
        return Finding(f"split.{name}", "fine", 0.0, "dollars", sentence, None, keys, remedy)
    # Where nobody gains, the worst is the user who would lose most.
    most = gain[places].max()
    worst = places[gain[places].argmax() if gaining else gain[places].argmin()]
    sentence = (
        f"Of {users(len(places))} {who}, {gaining:,} would gain by splitting the account in two "
        f"halves, {format_cents(most)} at most."
    )
    if not gaining:
        sentence = (
            f"Of {users(len(places))} {who}, nobody would gain by splitting the account in two "
            f"halves; the dearest split would cost {format_cents(-gain[worst])}."
        )
    return Finding(
        f"split.{name}",
        severity(gaining, len(ground.rows), exact_sum(gains), ground.spent),
        float(gain[worst]) / CENTS,
        "dollars",
        sentence,
        _example(ground, int(worst), int(gain[worst])),
        keys,
        remedy,
    )


def _at_median(ground: Ground, whole: NDArray[np.int64], gain: NDArray[np.int64]) -> Finding:
    keys = ("weights.loss_exponent", "objective.alpha")
    remedy = "awards in proportion to losses (loss exponent / alpha = 1) give nothing for splitting"
    if not len(whole):
        sentence = "Nobody is eligible, so that there is no median award to split."
        return Finding("split.median", "fine", 0.0, "dollars", sentence, None, keys, remedy)
    middle = np.argsort(whole, kind="stable")[(len(whole) - 1) // 2]
    found, own = int(gain[middle]), int(whole[middle])
    gains = "gain nothing"
    if abs(found) > ground.level.unit_cents:
        gains = f"{'gain' if found > 0 else 'lose'} {format_cents(abs(found))}"
    unit = ground.level.unit_cents
    lost = int(ground.users.loss[ground.rows[middle]]) // (unit * FINE_PER_CENT) * unit
    held = " (all of the loss)" if own == lost and own else ""
    sentence = (
        f"The user with the median award of {format_cents(own)}{held} would {gains} by "
        "splitting the account in two halves."
    )
    touched = np.count_nonzero(gain > ground.level.unit_cents)
    return Finding(
        "split.median",
        severity(int(touched) if found > ground.level.unit_cents else 0, len(whole)),
        found / CENTS,
        "dollars",
        sentence,
        _example(ground, int(middle), found),
        keys,
        remedy,
    )


def _example(ground: Ground, place: int, gain: int) -> Example:
    row = int(ground.rows[place])
    text = f"{ground.lost(row)} and gets {format_cents(int(ground.award_cents[row]))}"
    more = f"{format_cents(gain)} more" if gain >= 0 else f"{format_cents(-gain)} less"
    return Example(row, f"{text}; two halves would get {more}")
