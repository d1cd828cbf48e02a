"""The edge of some awards: the last unit held and the first unit refused, in the rule's order.

Awards are optimal when no unit is held that is worth less than one refused, and canonical when
every held unit precedes every refused one. Both are read off these two units.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.curves import blocks
from allocator.core.order import CLOSE, NEAR, Columns, TieKeys, Units, tolerance, uniform
from allocator.core.ramps import LOG_REACH, Ramps

__all__ = ["Edge", "find_edge", "middle"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Edge:
    """The last unit held against the first unit refused.

    Attributes
    ----------
    optimal : bool
        The held unit is worth at least as much.
    canonical : bool
        It precedes the refused one.
    pair : (int, int) or None
        Positions of the holder and the refused, when the order is broken.
    tier : float
        The tier of the refused unit, or of the held one when none is refused.
    log_level : float
        In that tier: the middle of the two levels, or the one there is.
    advantage : float or None
        Log of the held unit's level over the refused one's (at alpha = 0, of their tiers), the
        greatest over two different claimants; None when no transfer is possible.
    """

    optimal: bool
    canonical: bool
    pair: tuple[int, int] | None
    tier: float
    log_level: float
    advantage: float | None


def find_edge(
    ramps: Ramps,
    awards: Ints,
    tie_keys: TieKeys,
    held: Mask | None = None,
    refused: Mask | None = None,
) -> Edge:
    """Compare the last unit held with the first unit refused.

    Parameters
    ----------
    ramps : Ramps
        Of all claimants, with whole bounds.
    awards : ndarray of int64, shape (n,)
    tie_keys : callable
        Sort keys of tied claimants.
    held, refused : ndarray of bool, shape (n,), optional
        Who could give a unit, and who could take one; as their own bounds allow when not given.

    Returns
    -------
    Edge

    Examples
    --------
    >>> from allocator.core.means import Midpoint
    >>> w, none, five = np.array([2.0, 1.0]), np.zeros(2, int), np.full(2, 5)
    >>> ramps = Ramps(w, None, none, five, 1.0, Midpoint())
    >>> find_edge(ramps, np.array([2, 1]), lambda index: []).canonical
    True
    >>> find_edge(ramps, np.array([1, 2]), lambda index: []).pair
    (1, 0)
    """
    held_rows = awards > ramps.lower if held is None else held
    refused_rows = awards < ramps.upper if refused is None else refused
    if ramps.tiers is None:
        held_rows, refused_rows = _contenders(ramps, awards, held_rows, refused_rows)
    last_held = _units(ramps, np.flatnonzero(held_rows), awards)
    next_refused = _units(ramps, np.flatnonzero(refused_rows), awards + 1)
    return _compare(last_held, next_refused, tie_keys)


def _compare(held: Units, refused: Units, tie_keys: TieKeys) -> Edge:
    """Compare the last of some units held with the first of some refused."""
    if not (len(held) and len(refused)):
        tier, log_level = _alone(held, refused)
        return Edge(True, True, None, tier, log_level, None)
    sign, last, first = _meet_by_tier(held, refused)
    tier = float(_tiers(first).min())
    last, first = _inside(last), _inside(first)
    flat = held.ramps.flat
    if flat:
        advantage = _advantage(np.log(_tiers(held)), held, np.log(_tiers(refused)), refused)
    elif sign:
        advantage = sign * math.inf
    if sign:
        levels = np.empty(0), first.levels()
    else:
        levels = last.levels(), first.levels()
        if not flat:
            advantage = _advantage(levels[0], last, levels[1], first)
    log_level = middle(float(np.max(levels[0], initial=-np.inf)), float(np.min(levels[1])))
    if not (sign or last.ramps.flat):
        sign, last, first = _meet_by_level(last, first, *levels)
    optimal = sign <= 0
    if not sign:
        mean = last.ramps.mean
        sign, last, first = _meet_by_place(last, first)
        optimal = sign <= 0 or not mean.place_matters
    if not sign:
        sign, last, first = _meet_by_weight(last, first)
    if not sign and last.ramps.claims is not None:
        sign, last, first = _meet_by_claim(last, first)
    if not sign:
        sign, last, first = _meet_by_tie_key(last, first, tie_keys)
    pair = (int(last.index[0]), int(first.index[0])) if sign > 0 else None
    return Edge(optimal, sign <= 0, pair, tier, log_level, advantage)


Meeting = tuple[int, Units, Units]  # sign of held against refused; then the extremes of the two


def _meet(
    held: Units, refused: Units, h: Floats, r: Floats, tol: float, ranks: Callable[[Units], Ints]
) -> Meeting:
    """Compare the largest key held with the smallest refused: by floats, then exactly."""
    top, bottom = h.max(), r.min()
    apart = not (np.isinf(top) and top == bottom) and abs(top - bottom) > tol
    if apart or np.isinf(top):
        sign = int(top > bottom) - int(top < bottom)
        return sign, held.take(h == top), refused.take(r == bottom)
    held, refused = held.take(h >= top - tol), refused.take(r <= bottom + tol)
    rank = ranks(Units.concatenated(held, refused))
    a, b = rank[: len(held)], rank[len(held) :]
    sign = int(a.max() > b.min()) - int(a.max() < b.min())
    return sign, held.take(a == a.max()), refused.take(b == b.min())


def _meet_by_tier(held: Units, refused: Units) -> Meeting:
    h, r = _tiers(held), _tiers(refused)
    ranks = Units.tier_ranks if held.ramps.flat else _all_equal
    return _meet(held, refused, h, r, CLOSE * min(float(h.max()), float(r.min())), ranks)


def _meet_by_level(held: Units, refused: Units, h: Floats, r: Floats) -> Meeting:
    if _alike(held.level_columns, refused.level_columns):
        return 0, held, refused
    tol = max(tolerance(held.ramps), tolerance(refused.ramps))
    return _meet(held, refused, h, r, tol, Units.level_ranks)


def _meet_by_place(held: Units, refused: Units) -> Meeting:
    if _alike(held.place_columns, refused.place_columns):
        return 0, held, refused
    h, r = held.places(), refused.places()
    tol = NEAR * max(float(np.abs(h).max()), float(np.abs(r).max()))
    return _meet(held, refused, h, r, tol, Units.place_ranks)


def _meet_by_weight(held: Units, refused: Units) -> Meeting:
    return _meet_by_size(held, refused, held.ramps.weights, refused.ramps.weights)


def _meet_by_claim(held: Units, refused: Units) -> Meeting:
    return _meet_by_size(held, refused, held.ramps.claims, refused.ramps.claims)


def _meet_by_size(held: Units, refused: Units, h: Any, r: Any) -> Meeting:
    """Compare the smallest held with the largest refused: the larger comes first."""
    least, most = h.min(), r.max()
    sign = int(least < most) - int(least > most)
    return sign, held.take(h == least), refused.take(r == most)


def _meet_by_tie_key(held: Units, refused: Units, tie_keys: TieKeys) -> Meeting:
    claimants = np.unique(np.concatenate([held.index, refused.index]))
    keys = dict(zip(claimants.tolist(), tie_keys(claimants), strict=True))
    last = max(range(len(held)), key=lambda i: keys[int(held.index[i])])
    first = min(range(len(refused)), key=lambda i: keys[int(refused.index[i])])
    a, b = keys[int(held.index[last])], keys[int(refused.index[first])]
    return int(a > b) - int(a < b), held.take(np.array([last])), refused.take(np.array([first]))


def _units(ramps: Ramps, rows: Ints, numbers: Ints) -> Units:
    return Units(ramps.unbounded().take(rows), numbers[rows], rows)


def _tiers(units: Units) -> Floats:
    tiers = units.ramps.tiers
    return np.ones(len(units)) if tiers is None else tiers


def _alike(held: Columns, refused: Columns) -> bool:
    """Whether all rows of both agree."""
    both = zip(held, refused, strict=True)
    return all(h[0] == r[0] for h, r in both) and uniform(held) and uniform(refused)


def _all_equal(units: Units) -> Ints:
    return np.zeros(len(units), dtype=np.int64)


def _inside(units: Units) -> Units:
    """Return units of one tier, by the ramps of that tier."""
    tail = bool(np.isinf(_tiers(units)).any())
    everyone = np.ones(len(units), dtype=bool)
    return Units(units.ramps.tier(everyone, tail=tail), units.number, units.index)


def _contenders(ramps: Ramps, awards: Ints, held: Mask, refused: Mask) -> tuple[Mask, Mask]:
    """Drop units that at least two others surpass, whatever lies between the bounds of levels.

    The k-th unit's level is at most (k - 1/2)/v, and at least that less `Rounding`'s doubt.
    """
    low_reach, high_reach = ramps.log_range
    if max(-low_reach, high_reach) > LOG_REACH:
        return held, refused
    rounding = ramps.mean.late
    half = 1.0 - rounding.offset
    held_high, refused_low = np.empty(len(ramps)), np.empty(len(ramps))
    top, bottom = _Extremes(-1), _Extremes(1)
    for rows in blocks(len(ramps)):
        part = ramps.take(rows)
        per_unit = 1.0 / part.slopes(0.0)
        before = part.ends(awards[rows]) - 1.0  # where the last unit held begins
        y = part.ends(awards[rows] + 1) - 1.0
        held_high[rows] = (before + half) * per_unit
        refused_low[rows] = (y + half - rounding.slack(y)) * per_unit
        held_low = held_high[rows] - rounding.slack(before) * per_unit
        refused_high = (y + half) * per_unit
        top.include(held_low[held[rows]])
        bottom.include(refused_high[refused[rows]])
    return held & (held_high >= top.second * (1.0 - NEAR)), refused & (
        refused_low <= bottom.second * (1.0 + NEAR)
    )


class _Extremes:
    """The second largest (-1) or second smallest (1) value seen; two, for a transfer needs two."""

    def __init__(self, sign: int) -> None:
        self._sign, self._seen = sign, np.full(2, np.inf)

    def include(self, values: Floats) -> None:
        if len(values) > 2:
            values = np.partition(self._sign * values, 1)[:2]
        else:
            values = self._sign * values
        self._seen = np.sort(np.concatenate([self._seen, values]))[:2]

    @property
    def second(self) -> float:
        return float(self._sign * self._seen[1])


def _advantage(h: Floats, held: Units, r: Floats, refused: Units) -> float | None:
    """Return the greatest h - r over two different claimants."""
    best = None
    for i in np.argsort(-h, kind="stable")[:2] if len(h) < 64 else _two_largest(h):
        others = refused.index != held.index[i]
        if others.any() and not (np.isinf(h[i]) and h[i] == r[others].min()):
            gain = float(h[i] - r[others].min())
        elif others.any():
            gain = 0.0
        else:
            continue
        best = gain if best is None else max(best, gain)
    return best


def _two_largest(values: Floats) -> Ints:
    return np.argpartition(values, len(values) - 2)[-2:]


def middle(a: float, b: float) -> float:
    """Return the log-level between two, or the one that is finite.

    Examples
    --------
    >>> middle(1.0, 2.0), middle(-math.inf, 2.0)
    (1.5, 2.0)
    """
    if math.isfinite(a) and math.isfinite(b):
        return (a + b) / 2.0
    return a if math.isfinite(a) else b


def _alone(held: Units, refused: Units) -> tuple[float, float]:
    """Tier and log-level when everybody is at a bound."""
    units, pick = (held, np.max) if len(held) else (refused, np.min)
    if not len(units):
        return 1.0, -math.inf
    tier = float(pick(_tiers(units)))
    levels = _inside(units.take(_tiers(units) == tier)).levels()
    return tier, float(pick(levels))
