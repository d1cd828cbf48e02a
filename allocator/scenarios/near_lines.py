"""What users get just inside the lines that decide who is in, and how many stand near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocator.money import FINE, format_dollars
from allocator.policy.eligibility import at_least
from allocator.policy.values import read_ratio, show_percent
from allocator.scenarios.columns import losses, net_assets, numbers, reasons
from allocator.scenarios.cutoffs import Cutoffs
from allocator.scenarios.panel import Scenario
from allocator.scenarios.sums import median

__all__ = ["NEAR", "Bin", "NearLine", "near_lines"]

NEAR = Fraction(1, 100)  # of a line
STEP = Fraction(2, 100)
STEPS = 5  # on either side


@dataclass(frozen=True)
class Bin:
    """Users whose loss, or loss ratio, lies between two shares of the line.

    Attributes
    ----------
    low, high : float
        Relative to the line, 0 being on it; `high` is not included.
    users : int
    median_cents : int
        Of their awards; 0 outside.
    """

    low: float
    high: float
    users: int
    median_cents: int


@dataclass(frozen=True)
class NearLine:
    """One line of one policy.

    Attributes
    ----------
    policy, line : str
        Its name, and the line in words.
    inside, outside : int
        Users within 1% of the line who are in, and who are out for nothing but the line.
    jump_cents : int
        The median award of those just inside.
    bins : tuple of Bin
    """

    policy: str
    line: str
    inside: int
    outside: int
    jump_cents: int
    bins: tuple[Bin, ...]


def near_lines(scenario: Scenario) -> Iterator[NearLine]:
    """Yield the lines of a policy, of its loss and of its loss ratio, where it has them.

    Parameters
    ----------
    scenario : Scenario
        Everybody of its allocation counts, in the panel or not.

    Yields
    ------
    NearLine
        Without those whom another line keeps out as well.
    """
    table, policy = scenario.allocation.table, scenario.allocation.policy
    loss = losses(table, policy)
    codes, names = reasons(table, policy)
    award = numbers(table, "award_cents")
    eligible = numbers(table, "eligible")
    least = Cutoffs.of(policy).loss
    ratio = read_ratio(policy.eligibility.min_loss_ratio)
    net = known = None
    if policy.uses_ratio:
        net, known = net_assets(table)
    if least:
        out = codes == _code(names, "loss_below_minimum")
        out |= (codes == _code(names, "cap_below_minimum")) & (loss < least)
        if net is not None and known is not None:
            out &= (
                known & (net > 0) & at_least(np.full_like(loss, least), np.maximum(net, 1), ratio)
            )
        distance = loss.astype(np.float64) / least - 1.0
        yield _near(
            scenario.name,
            f"a loss of {format_dollars(Fraction(least, FINE))}",
            distance,
            eligible,
            out,
            award,
        )
    if net is not None and known is not None and ratio:
        out = codes == _code(names, "loss_ratio_below_minimum")
        some = known & (net > 0)
        share = np.divide(loss, net, out=np.full(len(loss), np.inf), where=some)
        # On the line is inside, whatever a division says.
        inside = some & at_least(loss, np.maximum(net, 1), ratio)
        distance = share / float(ratio) - 1.0
        distance = np.where(inside, np.maximum(distance, 0.0), np.minimum(distance, -1e-15))
        yield _near(
            scenario.name,
            f"{show_percent(ratio)} of net assets",
            distance,
            eligible & some,
            out & some,
            award,
        )


def _code(names: tuple[str, ...] | list[str], reason: str) -> int:
    return names.index(reason) if reason in names else -1


def _near(
    policy: str,
    line: str,
    distance: NDArray[np.float64],
    eligible: NDArray[np.bool_],
    out: NDArray[np.bool_],
    award: NDArray[np.int64],
) -> NearLine:
    near = np.abs(distance) <= float(NEAR) * (1 + 1e-12)  # a float's last digit
    jump = award[eligible & near]
    bins = []
    for k in range(-STEPS, STEPS):
        low, high = float(k * STEP), float((k + 1) * STEP)
        where = (distance >= low) & (distance < high) & (out if k < 0 else eligible)
        found = award[where]
        bins.append(Bin(low, high, len(found), median(found) if len(found) else 0))
    return NearLine(
        policy,
        line,
        len(jump),
        int(np.count_nonzero(out & near)),
        median(jump) if len(jump) else 0,
        tuple(bins),
    )
