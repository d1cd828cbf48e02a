"""Many groups at once, a level for each: the same kernel, order and bracket as for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.curves import SURELY, Slopes, blocks
from allocator.core.means import Rounding
from allocator.core.order import TieKeys, Units, tolerance
from allocator.core.ramps import LOG_REACH, Ramps
from allocator.core.ranking import ranks_within
from allocator.core.waterline import waterline

__all__ = ["Segments", "award_groups", "award_sets"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WIDENED = 4.0  # error of a level, of the amount at it, and of the two ends: twice over
NEWTON = 100  # steps: a piecewise linear total is met in a few, and bisection bounds the rest
HALVINGS = 60  # of a bracket of levels, which a float has no more of
DOUBLINGS = 2_000  # of a step up: from the smallest float to the largest
STEP = 1e-3  # of a level, at first: rounding shifts it by a unit each, more or less
ROUNDING = 4e-16  # of a sum, for each amount in it: what adding floats loses
TINIEST = 5e-324  # the smallest positive float
LARGE = 16_384  # claimants: a search of their own costs less than a share in that of many
FEW = 2  # units beyond a group's own size that are put in order rather than halved further


@dataclass(frozen=True, eq=False)
class Segments:
    """Rows sorted by group: group j has rows ``start[j]`` to ``start[j] + size[j]``.

    Attributes
    ----------
    start, size : ndarray of int64, shape (g,)
        No group is empty.
    """

    start: Ints
    size: Ints

    @classmethod
    def of(cls, size: Ints) -> Segments:
        """Put groups of these sizes one after the other."""
        return cls(np.cumsum(size) - size, size)

    @property
    def group(self) -> Ints:
        """The group of every row, shape (n,)."""
        return np.repeat(np.arange(len(self.size)), self.size)

    def sums(self, values: NDArray[Any]) -> NDArray[Any]:
        """Add up values per group, shape (g,)."""
        return np.add.reduceat(values, self.start)

    def take(self, groups: NDArray[np.bool_]) -> tuple[Segments, NDArray[np.bool_]]:
        """Return some of the groups, and the mask of their rows."""
        return Segments.of(self.size[groups]), np.repeat(groups, self.size)


def award_groups(
    ramps: Ramps, segments: Segments, budgets: NDArray[Any], tie_keys: TieKeys | None
) -> NDArray[Any]:
    """Award each group its own budget.

    Parameters
    ----------
    ramps : Ramps
        Of n claimants, sorted by group.
    segments : Segments
    budgets : ndarray of int64 (whole units) or float64, shape (g,)
        Each from its group's sum of floors to its sum of caps.
    tie_keys : callable, or None
        Sort keys of rows that are tied; None for fractional awards.

    Returns
    -------
    ndarray of int64 or float64, shape (n,)

    Examples
    --------
    >>> from allocator.core.means import Midpoint
    >>> w, none, nine = np.array([2.0, 1.0, 1.0]), np.zeros(3, int), np.full(3, 9)
    >>> ramps = Ramps(w, None, none, nine, 1.0, Midpoint())
    >>> award_groups(ramps, Segments.of(np.array([2, 1])), np.array([6, 5]), lambda rows: [])
    array([4, 2, 5])
    """
    if ramps.tiers is not None or _beyond_floats(ramps):
        return _one_by_one(ramps, segments, budgets, tie_keys)
    large = segments.size >= LARGE
    if large.any():
        return _apart(ramps, segments, budgets, tie_keys, large)
    curve = Slopes.of(ramps, 0.0)
    budget = budgets.astype(np.float64)
    level, awards = _fractional(curve, segments, budget)
    if tie_keys is None:
        return awards
    return _whole(ramps, curve, segments, budgets, level, tie_keys)


def award_sets(
    ramps: Ramps, labels: Ints, totals: NDArray[Any], tie_keys: TieKeys | None
) -> NDArray[Any]:
    """Award each set of claimants its total, whatever order claimants are in.

    Parameters
    ----------
    ramps : Ramps
        Of n claimants.
    labels : ndarray of int64, shape (n,)
        Everybody's set; none is empty.
    totals : ndarray of int64 (whole units) or float64, shape (k,)
        Each from its set's sum of floors to its sum of caps.
    tie_keys : callable, or None
        Sort keys of claimants that are tied; None for fractional awards.

    Returns
    -------
    ndarray of int64 or float64, shape (n,)

    Examples
    --------
    >>> from allocator.core.means import Midpoint
    >>> w, none, nine = np.array([2.0, 1.0, 1.0]), np.zeros(3, int), np.full(3, 9)
    >>> ramps = Ramps(w, None, none, nine, 1.0, Midpoint())
    >>> award_sets(ramps, np.array([0, 1, 0]), np.array([6, 5]), lambda rows: [])
    array([4, 5, 2])
    """
    order = np.argsort(labels, kind="stable")
    awards = np.empty(len(order), dtype=totals.dtype)
    keys = None if tie_keys is None else _renumbered(tie_keys, order)
    segments = Segments.of(np.bincount(labels, minlength=len(totals)))
    awards[order] = award_groups(ramps.take(order), segments, totals, keys)
    return awards


def _apart(
    ramps: Ramps,
    segments: Segments,
    budgets: NDArray[Any],
    tie_keys: TieKeys | None,
    large: NDArray[np.bool_],
) -> NDArray[Any]:
    """Award large groups one by one, which is faster, and all others at once."""
    awards = np.empty(len(ramps), dtype=budgets.dtype)
    for groups, award in ((large, _one_by_one), (~large, award_groups)):
        if groups.any():
            part, mask = segments.take(groups)
            rows = np.flatnonzero(mask)
            keys = None if tie_keys is None else _renumbered(tie_keys, rows)
            awards[rows] = award(ramps.take(rows), part, budgets[groups], keys)
    return awards


def _renumbered(tie_keys: TieKeys, rows: Ints) -> TieKeys:
    return lambda index: tie_keys(rows[index])


def _beyond_floats(ramps: Ramps) -> bool:
    low, high = ramps.log_range
    return max(-low, high) > LOG_REACH


def _one_by_one(
    ramps: Ramps, segments: Segments, budgets: NDArray[Any], tie_keys: TieKeys | None
) -> NDArray[Any]:
    """Award group by group where tiers, or weights beyond the reach of floats, ask for it."""
    awards = np.empty(len(ramps), dtype=budgets.dtype)
    for start, size, budget in zip(segments.start, segments.size, budgets.tolist(), strict=True):
        rows = slice(start, start + size)
        line = waterline([ramps.take(rows)], budget)
        keys = None if tie_keys is None else _renumbered(tie_keys, np.arange(start, start + size))
        (awards[rows],) = line.awards(keys)
    return awards


def _amounts(curve: Slopes, levels: Floats, rounding: Rounding | None = None) -> Floats:
    """Everybody's amount, each at a level of their own, shape (n,)."""
    curve = curve if rounding is None else curve.rounded(rounding)
    out = np.empty(len(curve))
    with np.errstate(invalid="ignore"):
        for rows in blocks(len(curve)):
            curve.amounts(rows, levels[rows], out[rows])
    return out


def _fractional(curve: Slopes, segments: Segments, budget: Floats) -> tuple[Floats, Floats]:
    """Find every group's level, and the amounts there, by Newton's method inside a bracket."""
    group = segments.group
    need = curve.upper + (0.0 if curve.baseline is None else curve.baseline)
    if curve.pauses is not None:
        need = need + curve.pauses[1]
    high = np.maximum.reduceat(need / curve.slope, segments.start) * SURELY
    low = np.zeros(len(budget))
    level = low + (high - low) / 2.0
    awards = np.empty(len(curve))
    rate = np.zeros(len(budget))
    active, rows = np.ones(len(budget), dtype=bool), np.ones(len(curve), dtype=bool)
    part, inner, labels = curve, segments, group
    for _ in range(NEWTON):
        amounts = _amounts(part, level[active][labels])
        total, aim = inner.sums(amounts), budget[active]
        free = (amounts > part.lower) & (amounts < part.upper)
        if part.pauses is not None:
            free &= amounts != part.pauses[0]
        slope = inner.sums(np.where(free, part.slope, 0.0))
        awards[rows], rate[active] = amounts, slope
        now, a, b = level[active], low[active], high[active]
        a, b = np.where(total <= aim, now, a), np.where(total <= aim, b, now)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = now + (aim - total) / slope
        middle = np.where(b > 4.0 * a, np.sqrt(np.maximum(a, TINIEST)) * np.sqrt(b), (a + b) / 2.0)
        step = np.where((step > a) & (step < b), step, middle)
        close = np.abs(aim - total) <= ROUNDING * len(amounts) * np.maximum(aim, TINIEST)
        done = (total == aim) | (step == now) | (np.nextafter(a, b) >= b) | close
        low[active], high[active] = a, b
        level[active] = np.where(done, now, step)
        if done.all():
            break
        if done.any():
            index = np.flatnonzero(active)
            active[index[done]] = False
            rows = np.repeat(active, segments.size)
            inner = Segments.of(segments.size[active])
            labels = inner.group
            part = curve.taken(rows)
    missing = budget - segments.sums(awards)
    free = (awards > curve.lower) & (awards < curve.upper)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(rate > 0, missing / rate, 0.0)[group] * curve.slope
    awards = np.clip(awards + np.where(free, share, 0.0), curve.lower, curve.upper)
    return level, awards


def _whole(
    ramps: Ramps,
    curve: Slopes,
    segments: Segments,
    budgets: Ints,
    level: Floats,
    tie_keys: TieKeys,
) -> Ints:
    mean = ramps.mean
    low, high = _bracket(curve, segments, budgets, level, mean.early, mean.late)
    slack = WIDENED * tolerance(ramps)
    group = segments.group
    held = _amounts(curve, (low * (1.0 - slack))[group], mean.early).astype(np.int64)
    most = _amounts(curve, (high * (1.0 + slack))[group], mean.late).astype(np.int64)
    missing = budgets - segments.sums(held)
    room = most - held
    index = np.repeat(np.arange(len(held)), room)
    if not len(index):
        return held
    first = np.cumsum(room) - room
    number = held[index] + 1 + np.arange(len(index)) - first[index]
    units = Units(ramps.unbounded().take(index), number, index)
    won = _first_units(units, group[index], missing, tie_keys)
    np.add.at(held, index[won], 1)
    return held


def _bracket(
    curve: Slopes,
    segments: Segments,
    budgets: Ints,
    level: Floats,
    early: Rounding,
    late: Rounding,
) -> tuple[Floats, Floats]:
    """Levels between which every group's budget is passed, as close as few units need."""
    size = segments.size.astype(np.float64)
    group = segments.group

    def counts(levels: Floats, rounding: Rounding) -> Floats:
        return segments.sums(_amounts(curve, levels[group], rounding))

    reach = np.full(len(level), STEP)
    low, high = level.copy(), level.copy()
    for _ in range(HALVINGS):
        above = counts(low, late) > budgets
        if not above.any():
            break
        low = np.where(above, low * (1.0 - reach), low)
        low[above & (reach >= 1.0)] = -np.inf
        reach = np.where(above, np.minimum(2.0 * reach, 1.0), reach)
    reach[:] = STEP
    for _ in range(DOUBLINGS):
        below = counts(high, early) < budgets
        if not below.any():
            break
        high = np.where(below, np.maximum(high * (1.0 + reach), TINIEST), high)
        reach = np.where(below, 2.0 * reach, reach)
    else:
        raise AssertionError("a group's units do not reach its budget, which is within its caps")
    open_ = counts(high, late) - counts(low, early) > size + FEW
    for _ in range(HALVINGS):
        if not open_.any():
            break
        start = np.where(np.isfinite(low), low, 0.0)
        middle = start + (high - start) / 2.0
        open_ &= (middle > start) & (middle < high)
        enough = counts(middle, early) >= budgets
        little = counts(middle, late) <= budgets
        high = np.where(open_ & enough, middle, high)
        low = np.where(open_ & ~enough & little, middle, low)
        open_ &= enough | little
        open_ &= counts(high, late) - counts(low, early) > size + FEW
    return low, high


def _first_units(units: Units, group: Ints, missing: Ints, tie_keys: TieKeys) -> NDArray[np.bool_]:
    """Mark the first units of every group: by floats where they are apart, exactly elsewhere."""
    levels = units.levels()
    order = np.lexsort((levels, group))
    sizes = np.bincount(group, minlength=len(missing))
    start = np.cumsum(sizes) - sizes
    won = np.zeros(len(units), dtype=bool)
    rank = np.arange(len(order)) - start[group[order]]
    won[order] = rank < missing[group[order]]
    contested = np.flatnonzero((missing > 0) & (missing < sizes))
    last, next_ = (levels[order[start[contested] + missing[contested] + d]] for d in (-1, 0))
    with np.errstate(invalid="ignore"):
        tied = contested[~(next_ - last > tolerance(units.ramps))]
    if len(tied):
        margin = np.full(len(missing), np.nan)
        margin[tied] = levels[order[start[tied] + missing[tied] - 1]]
        _settle(won, units, group, missing, margin[group], tie_keys)
    return won


def _settle(
    won: NDArray[np.bool_],
    units: Units,
    group: Ints,
    missing: Ints,
    margin: Floats,
    tie_keys: TieKeys,
) -> None:
    """Choose exactly among the units whose levels are too close to their group's margin."""
    levels, tol = units.levels(), tolerance(units.ramps)
    with np.errstate(invalid="ignore"):
        close = np.flatnonzero((levels == margin) | (np.abs(levels - margin) <= tol))
        sure = np.bincount(group[levels < margin - tol], minlength=len(missing))
    rank = ranks_within(units.take(close), group[close], tie_keys)
    close = close[np.lexsort((rank, group[close]))]
    sizes = np.bincount(group[close], minlength=len(missing))
    place = np.arange(len(close)) - (np.cumsum(sizes) - sizes)[group[close]]
    won[close] = place < (missing - sure)[group[close]]
