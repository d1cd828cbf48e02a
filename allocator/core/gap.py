"""How far awards are from the Lagrangian bound, in units of what a unit is worth at the edge."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from allocator.core.curves import blocks
from allocator.core.order import CLOSE
from allocator.core.ramps import Ramps

__all__ = ["gaps"]

Floats = NDArray[np.float64]

TIE = 1e-12  # gains below this, relative to the amount, are a tie told apart by float error
SERIES = 1e-2  # relative misses below this, times alpha: four terms leave 1e-7 of the gain


def gaps(
    ramps: Ramps,
    alpha: float,
    awards: NDArray[np.int64],
    tier: float,
    log_level: float,
    budget: int,
    rows: tuple[Floats, Floats] | None = None,
) -> tuple[float | None, float | None]:
    """(Lagrangian bound - objective) / (price * budget), over whole units and over real amounts.

    At the price of the edge each claimant is asked what they would take; the bound is the sum of
    those utilities. Claimants who already have it contribute exactly 0, so nothing is lost to
    cancellation.

    Parameters
    ----------
    ramps : Ramps
    alpha : float
        Finite.
    awards : ndarray of int64, shape (n,)
    tier, log_level : float
        Of the edge.
    budget : int
    rows : (tier, log_level), each of shape (n,), optional
        Of everybody's own group, where groups bind.

    Returns
    -------
    gap, fractional_gap : float or None
        None where the objective is minus infinity, or the edge has no price.

    References
    ----------
    Everett, "Generalized Lagrange multiplier method for solving problems of optimum allocation of
    resources", Operations Research 11, 1963.

    Examples
    --------
    >>> from allocator.core.means import Stolarsky
    >>> w, none, nine = np.array([2.0, 1.0]), np.zeros(2, int), np.full(2, 9)
    >>> ramps = Ramps(w, None, none, nine, 1.0, Stolarsky(1.0))
    >>> gaps(ramps, 1.0, np.array([6, 3]), 1.0, math.log(3.0), 9)[0]
    0.0
    >>> round(gaps(ramps, 1.0, np.array([5, 4]), 1.0, math.log(3.0), 9)[0], 6)
    0.025654
    """
    if math.isinf(tier) or budget == 0:
        return None, None
    if (awards == ramps.upper).all():
        return 0.0, 0.0
    if ramps.flat:
        gap = _flat(ramps, awards, tier, np.full(len(ramps), tier) if rows is None else rows[0])
        return gap / budget, gap / budget
    if not math.isfinite(log_level):
        return None, None
    levels = np.full(len(ramps), log_level) if rows is None else rows[1]
    if ramps.tiers is not None:
        # Where a group's budget reaches its tail, a unit has no price and nobody wants another.
        priced = ramps.weights > 0 if rows is None else (ramps.weights > 0) & np.isfinite(rows[0])
        counted = np.flatnonzero(priced)
        ramps, awards, levels = ramps.tier(counted, tail=False), awards[counted], levels[counted]
    if alpha >= 1.0 and _nothing(ramps, awards):
        return None, None
    whole, real = 0.0, 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for part in blocks(len(ramps)):
            dearer = np.exp(alpha * (log_level - levels[part]))  # a unit there, in the edge's
            x = awards[part].astype(np.float64)
            block = _block(ramps.take(part), alpha, x, levels[part], dearer)
            whole, real = whole + block[0], real + block[1]
    return _told(whole / budget), _told(real / budget)


def _told(gap: float) -> float | None:
    """Return a gap, or None where what groups' units are worth is beyond floats."""
    return gap if math.isfinite(gap) else None


def _nothing(ramps: Ramps, awards: NDArray[np.int64]) -> bool:
    """Whether someone who could have a unit has none at all."""
    zero = (awards == 0) & (ramps.upper > 0)
    return bool((zero if ramps.baseline is None else zero & (ramps.baseline == 0)).any())


def _block(
    ramps: Ramps, alpha: float, x: Floats, log_level: Floats, dearer: Floats
) -> tuple[float, float]:
    """Gains, in units, that a block of claimants would have at the price of the edge."""
    b = np.zeros(len(x)) if ramps.baseline is None else ramps.baseline
    wanted = ramps.slopes(-log_level)
    target = np.clip(wanted - b, ramps.lower, ramps.upper)
    miss = x - target
    near = (target == wanted - b) & (np.abs(miss) * max(1.0, alpha) <= SERIES * wanted)
    real = _near_gains(np.where(near, miss / wanted, 0.0), alpha) * wanted
    far = np.flatnonzero(~near & (miss != 0.0))
    real[far] = _gains(x[far], target[far], b[far], wanted[far], alpha)
    nearest = np.clip(np.floor(target + 0.5), ramps.lower, ramps.upper)
    rows = np.flatnonzero(x != nearest)
    real = real * dearer
    x, b, wanted, target = x[rows], b[rows], wanted[rows], target[rows]
    gain = np.zeros(len(rows))
    for step in (0.0, 1.0):
        unit = np.clip(np.floor(target) + step, ramps.lower[rows], ramps.upper[rows])
        np.maximum(gain, _gains(x, unit, b, wanted, alpha), out=gain)
    gain[gain <= TIE * np.maximum(wanted, 1.0)] = 0.0
    return float((gain * dearer[rows]).sum()), float(real.sum())


def _near_gains(e: Floats, alpha: float) -> Floats:
    """Expand what a relative miss e costs in a series; in units of the amount wanted."""
    series = 1.0 - (alpha + 3.0) / 5.0 * e
    for n in (2.0, 1.0):
        series = 1.0 - (alpha + n) / (n + 2.0) * e * series
    return alpha / 2.0 * e * e * series


def _gains(x: Floats, target: Floats, b: Floats, wanted: Floats, alpha: float) -> Floats:
    """Integrate (t/Y)^-alpha - 1 from x to the target: utility less cost, at a unit price.

    With marginal utility (t/Y)^-alpha, Y being the amount at which it equals the price.
    """
    have, get = (x + b) / wanted, (target + b) / wanted
    p = 1.0 - alpha
    with np.errstate(all="ignore"):
        times = np.log(get / have)
        if p == 0.0:
            utility = times
        else:
            # Close together, the difference of powers cancels; far apart, one of them is all of it.
            close = np.abs(p * times) < 1.0
            near = have**p * np.expm1(np.where(close, p * times, 0.0))
            utility = np.where(close, near, get**p - have**p) / p
        utility = np.where(np.isnan(utility), np.sign(get - have) * np.inf, utility)
        return np.where(target != x, utility * wanted - (target - x), 0.0)


def _flat(ramps: Ramps, awards: NDArray[np.int64], tier: float, own: Floats) -> float:
    """At alpha = 0 a unit is worth w/d: above the price one wants the cap, below it the floor."""
    tiers = np.ones(len(ramps)) if ramps.tiers is None else ramps.tiers
    with np.errstate(over="ignore", invalid="ignore"):
        worth = np.where(np.isinf(own), 0.0, own / tiers - 1.0)
        worth[np.abs(worth) < CLOSE] = 0.0
        worth *= np.where(np.isinf(own), 0.0, tier / own)
    wanted = np.where(worth > 0, ramps.upper, np.where(worth < 0, ramps.lower, awards))
    moved = wanted != awards
    return float((worth[moved] * (wanted - awards)[moved]).sum())
