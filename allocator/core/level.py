"""The one search: the level at which amounts add up to the budget. It knows no rule."""

from __future__ import annotations

import math

import numpy as np

from allocator.core.curves import Curve

__all__ = ["find_level", "near_level"]

SAMPLE = 8_192  # claimants enough to guess the level within a few percent
MANY = 4 * SAMPLE  # fewer are not worth a sample
PATIENCE = 5  # evaluations between two selections of who still moves: a selection costs as much
WIDENINGS = 8  # steps away from a guess before it is given up
FIRST_STRIDE = 2.0  # times the relative miss: enough when half of the money is between bounds
STRIDE = 4.0  # times the last step
NEARER = 3  # evaluations at most, if the budget is not so near to an end of the bracket ...
STRAIGHT = 1e-6  # ... as a product of both distances, over the budget: a secant misses by as much
SHORTEST = 1e-14  # a relative step that floats still see
TINIEST = 5e-324  # the smallest positive float stands for 0 in a geometric mean


def find_level(
    curve: Curve, budget: float, guess: float | None = None, within: float = 0.0
) -> tuple[float, float]:
    """Bracket the level at which the total passes the budget, as tightly as floats allow.

    Parameters
    ----------
    curve : Curve
        Amounts that never decrease as the level rises from 0.
    budget : float
    guess : float, optional
        A level to start from.
    within : float
        Stop when the totals at the two ends differ by no more than this, or, if it is not 0, when
        those who still move gain a unit or two each and a narrower bracket no longer separates
        them: they are tied.

    Returns
    -------
    low, high : float
        ``total(low) <= budget < total(high)``, neighboring floats when `within` is 0; low is -inf
        when even level 0 costs more than the budget, and high is inf when everybody's cap fits.

    Notes
    -----
    The bracket is kept at every step, bisection guarantees that it shrinks, secants make it fast,
    and it stops when there is no float left in between: never because a sum looks close.

    Examples
    --------
    >>> from allocator.core.curves import Slopes
    >>> one = np.ones(3)
    >>> curve = Slopes(np.array([1.0, 2.0, 4.0]), None, 0 * one, 10 * one)
    >>> round(find_level(curve, 14.0)[0], 12)
    2.0
    """
    low, high, f_low, f_high = _bracket(curve, budget, guess)
    evaluations, bisect = 0, False
    while math.isfinite(f_high - f_low) and f_high - f_low > within:
        middle = _between(low, high, f_low, f_high, budget, bisect=bisect)
        if middle is None:
            break
        if evaluations % PATIENCE == 0 and len(curve):
            moving = curve.between(low, high)
            tied = 2 * len(moving) > len(curve) and f_high - f_low <= 2 * len(moving)
            if within and tied:
                break
            curve = moving
        width = high - low
        f_middle = _total(curve, middle)
        evaluations += 1
        if f_middle <= budget:
            low, f_low = middle, f_middle
        else:
            high, f_high = middle, f_middle
        bisect = not bisect and high - low > width / 2
    return low, high


def near_level(curve: Curve, budget: float) -> float:
    """Return a level whose total is near the budget, after a few evaluations.

    Parameters
    ----------
    curve : Curve
    budget : float

    Returns
    -------
    float
        Inside the bracket of a sample's level, where a straight line passes the budget; the exact
        level when the curve is too small for a sample.

    Examples
    --------
    >>> from allocator.core.curves import Slopes
    >>> one = np.ones(3)
    >>> curve = Slopes(np.array([1.0, 2.0, 4.0]), None, 0 * one, 10 * one)
    >>> round(near_level(curve, 14.0), 12)
    2.0
    """
    if len(curve) <= MANY:
        return max(find_level(curve, budget)[0], 0.0)
    low, high, f_low, f_high = _bracket(curve, budget, None)
    if not math.isfinite(f_high - f_low):
        return low
    level = _between(low, high, f_low, f_high, budget, bisect=False) or low
    for _ in range(NEARER):
        if (budget - f_low) * (f_high - budget) <= STRAIGHT * budget * budget:
            break
        f_level = _total(curve, level)
        if f_level <= budget:
            low, f_low = level, f_level
        else:
            high, f_high = level, f_level
        level = _between(low, high, f_low, f_high, budget, bisect=False) or low
    return level


Bracket = tuple[float, float, float, float]  # low, high, total(low), total(high)


def _bracket(curve: Curve, budget: float, guess: float | None) -> Bracket:
    if guess is None and len(curve) > MANY:
        step = len(curve) // SAMPLE
        guess = find_level(curve.thinned(step), budget / step)[1]
    found = _around(curve, budget, guess) if guess and guess < math.inf else None
    return found or _ends(curve, budget)


def _total(curve: Curve, level: float) -> float:
    return float(curve.totals(np.array([level]))[0])


def _ends(curve: Curve, budget: float) -> Bracket:
    """All levels; an end at infinity where the budget is beyond what levels can give."""
    f_low, top = _total(curve, 0.0), curve.top
    if f_low > budget:
        return -math.inf, 0.0, -math.inf, f_low
    f_top = _total(curve, top)
    return (top, math.inf, f_top, math.inf) if f_top <= budget else (0.0, top, f_low, f_top)


def _around(curve: Curve, budget: float, guess: float) -> Bracket | None:
    """Widen a bracket from the guess until it holds; the first step follows from the miss."""
    level, f_level = guess, _total(curve, guess)
    up = f_level <= budget
    reach = FIRST_STRIDE * abs(budget - f_level) / max(budget, 1.0) + SHORTEST
    for _ in range(WIDENINGS):
        last, f_last = level, f_level
        level = last * (1.0 + reach) if up else last / (1.0 + reach)
        f_level = _total(curve, level)
        if (f_level <= budget) != up:
            return (last, level, f_last, f_level) if up else (level, last, f_level, f_last)
        reach *= STRIDE
    return None


def _between(
    low: float, high: float, f_low: float, f_high: float, budget: float, *, bisect: bool
) -> float | None:
    """Return a level strictly inside the bracket, or None when there is no float left in it."""
    if math.nextafter(low, high) >= high:
        return None
    if high > 4.0 * low:  # across magnitudes, halve the exponent
        middle = math.sqrt(max(low, TINIEST)) * math.sqrt(high)
    elif bisect:
        middle = low + (high - low) / 2.0
    else:
        middle = low + (high - low) * ((budget - f_low) / (f_high - f_low))
    return middle if low < middle < high else low + (high - low) / 2.0
