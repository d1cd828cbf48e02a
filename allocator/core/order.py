"""The order in which whole units are earned: level, place, larger weight or claim, tie key.

Floats tell most units apart. The few whose floats lie too close are compared exactly: in
rationals where the level is rational, in 80-digit decimals otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.means import Exact, Midpoint
from allocator.core.ramps import Ramps

__all__ = ["CLOSE", "NEAR", "Columns", "TieKeys", "Units", "tolerance", "uniform"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = list[NDArray[Any]]
Rows = Ints | slice
TieKeys = Callable[[Ints], list[tuple[bytes, str]]]

ALL = slice(None)
LARGEST_COUNT = 2.0**60  # four times as much is an int64
SAMPLE = 1_024  # values from which the place of the margin is guessed
SAME = Decimal("1e-40")  # exact logarithms of levels this close are equal: 80 digits leave 1e-45
CLOSE = 1e-14  # float tiers d/w this close, relatively, are compared exactly; their error is 2e-16
NEAR = 1e-12  # floats of places this close, relatively, are compared exactly: errors are < 1e-14


def tolerance(ramps: Ramps) -> float:
    """Return how far apart the floats of two log-levels must be to decide an order."""
    low, high = ramps.log_range
    return ramps.mean.near + 8.0 * float(np.finfo(np.float64).eps) * max(-low, high, 0.0)


@dataclass(frozen=True, eq=False)
class Units:
    """Some units: the `number`-th unit of claimants `index`, whose ramps are `ramps`.

    Attributes
    ----------
    ramps : Ramps
        One entry per unit, all of one tier.
    number : ndarray of int64, shape (m,)
        Counted from 1, whatever the floor.
    index : ndarray of int64, shape (m,)
        The claimant's position in the problem.
    """

    ramps: Ramps
    number: Ints
    index: Ints

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: NDArray[Any]) -> Units:
        """Return some of the units: a mask, or positions."""
        return Units(self.ramps.take(rows), self.number[rows], self.index[rows])

    @classmethod
    def concatenated(cls, *units: Units) -> Units:
        """Return all units as one."""
        ramps = Ramps.concatenated([u.ramps for u in units])
        number = np.concatenate([u.number for u in units])
        return cls(ramps, number, np.concatenate([u.index for u in units]))

    def levels(self) -> Floats:
        """Logarithms of the levels at which the units are earned, shape (m,); within 1e-14."""
        return self._levels

    @cached_property
    def _levels(self) -> Floats:
        r = self.ramps
        y = r.ends(self.number)
        return r.mean.log(y - 1.0, y) - r.log_slopes

    def places(self) -> Floats:
        """Order among units of one level: mostly (number - 1/2)/d."""
        place = self.ramps.mean.place(self.number.astype(np.float64), self.ramps.ends(self.number))
        return place if self.ramps.scales is None else place / self.ramps.scales

    def _exact_tier(self, i: int) -> Exact:
        return _fraction(self.ramps.scales, i, 1) / _fraction(self.ramps.weights, i, 1)

    def _exact_level(self, i: int) -> Exact:
        """Return a number that orders units as their levels do, exactly."""
        r, end = self.ramps, self._exact_end(i)
        w, d = _fraction(r.weights, i, 1), _fraction(r.scales, i, 1)
        return r.mean.exact_level(r.power, w, d, end - 1, end)

    def _exact_place(self, i: int) -> Exact:
        """Return the place as a fraction."""
        place = self.ramps.mean.exact_place(int(self.number[i]), self._exact_end(i))
        return place / _fraction(self.ramps.scales, i, 1)

    def _exact_end(self, i: int) -> Fraction:
        number, r = int(self.number[i]), self.ramps
        end = number + _fraction(r.baseline, i, 0) / r.parts
        if r.knee is not None and number - Fraction(1, 2) > _fraction(r.knee, i, 0) / r.parts:
            end += _fraction(r.pause, i, 0) / r.parts
        return end

    @property
    def tier_columns(self) -> Columns:
        """What a tier depends on."""
        return _given(self.ramps.weights, self.ramps.scales)

    @property
    def level_columns(self) -> Columns:
        """What a level depends on."""
        r = self.ramps
        return _given(
            r.weights if r.power else None, r.scales, r.baseline, r.knee, r.pause, self.number
        )

    @property
    def place_columns(self) -> Columns:
        """What a place depends on."""
        return _given(self.ramps.scales, self.ramps.baseline, self.number)

    def tier_ranks(self, rows: Rows = ALL) -> Ints:
        """Dense ranks of some tiers d/w, exactly, shape (m,); equal tiers share a rank."""
        return _ranks(self._exact_tier, self.tier_columns, rows)

    def level_ranks(self, rows: Rows = ALL) -> Ints:
        """Dense ranks of some levels, exactly, shape (m,)."""
        counted = self._counted_levels(rows)
        if counted is not None:
            return np.unique(counted, return_inverse=True)[1].astype(np.int64)
        return _ranks(self._exact_level, self.level_columns, rows)

    def _counted_levels(self, rows: Rows) -> Ints | None:
        """Levels in halves of a part, where claims rules of slope 1 make them integers."""
        r = self.ramps
        if not isinstance(r.mean, Midpoint) or r.power or r.scales is not None:
            return None
        columns = [c for c in (r.baseline, r.knee, r.pause) if c is not None]
        number = self.number[rows]
        largest = max([float(np.abs(c).max(initial=0)) for c in columns], default=0.0)
        largest += float(number.max(initial=0)) * r.parts
        if any(c.dtype.kind != "i" for c in columns) or largest > LARGEST_COUNT:
            return None
        middle = (2 * number - 1) * r.parts
        count = middle.copy()
        if r.baseline is not None:
            count += 2 * r.baseline[rows]
        if r.knee is not None and r.pause is not None:
            count += np.where(middle > 2 * r.knee[rows], 2 * r.pause[rows], 0)
        return count

    def place_ranks(self, rows: Rows = ALL) -> Ints:
        """Dense ranks of some places, exactly, shape (m,)."""
        return _ranks(self._exact_place, self.place_columns, rows)

    def first(self, count: int, tie_keys: TieKeys) -> NDArray[np.bool_]:
        """Mark the `count` units that come first in the order, shape (m,)."""
        chosen = np.zeros(len(self), dtype=bool)
        rows, units = None, self  # all of them
        for key in (_by_level, _by_place, _by_weight, _by_claim):
            if count in (0, len(units)):
                break
            sure, tied = key(units, count)
            first = np.flatnonzero(sure)
            chosen[first if rows is None else rows[first]] = True
            count -= len(first)
            if not tied.all():
                still = np.flatnonzero(tied)
                rows, units = still if rows is None else rows[still], units.take(still)
        rows = np.arange(len(self)) if rows is None else rows
        if 0 < count < len(rows):
            keys = tie_keys(units.index)
            rows = rows[sorted(range(len(keys)), key=keys.__getitem__)[:count]]
        if count:
            chosen[rows] = True
        return chosen


Split = tuple[NDArray[np.bool_], NDArray[np.bool_]]


def _by_level(units: Units, count: int) -> Split:
    columns = units.level_columns
    if uniform(columns):
        return _all_tied(units)
    if len(columns) == 1:  # the number alone decides, and it is exact
        return _exactly(units.number, count)
    return _split(units, units.levels(), count, tolerance(units.ramps), Units.level_ranks)


def _by_place(units: Units, count: int) -> Split:
    columns = units.place_columns
    if uniform(columns):
        return _all_tied(units)
    places = units.places()
    if len(columns) == 1:
        return _exactly(places, count)
    return _split(units, places, count, NEAR * float(np.abs(places).max()), Units.place_ranks)


def _by_weight(units: Units, count: int) -> Split:
    if uniform([units.ramps.weights]):
        return _all_tied(units)
    return _exactly(-units.ramps.weights, count)


def _by_claim(units: Units, count: int) -> Split:
    claims = units.ramps.claims
    if claims is None or uniform([claims]):
        return _all_tied(units)
    return _exactly(-claims, count)


def _exactly(values: NDArray[Any], count: int) -> Split:
    margin = _nth(values, count)
    return values < margin, values == margin


def _nth(values: NDArray[Any], count: int) -> Any:
    """Return the count-th smallest value; with many ties, a guess from a sample is mostly right."""
    sample = np.sort(values[:: 1 + len(values) // SAMPLE])
    guess = sample[(count - 1) * len(sample) // len(values)]
    below = np.count_nonzero(values < guess)
    if below < count <= below + np.count_nonzero(values == guess):
        return guess
    return np.partition(values, count - 1)[count - 1]


def _all_tied(units: Units) -> Split:
    tied = np.ones(len(units), dtype=bool)
    return ~tied, tied


def uniform(columns: Columns) -> bool:
    """Whether all rows agree."""
    return all(bool((c[:1] == c[-1:]).all() and (c == c[0]).all()) for c in columns if len(c))


def _split(
    units: Units, values: Floats, count: int, tol: float, ranks: Callable[[Units, Ints], Ints]
) -> Split:
    """Which units are surely among the first `count` by a key, and which are tied at the margin."""
    margin = _nth(values, count)
    if np.isinf(margin):  # first units of infinite gain: all at level 0
        return values < margin, values == margin
    sure = values < margin - tol
    rows = np.flatnonzero(~sure & (values <= margin + tol))
    rank = ranks(units, rows)
    at = _nth(rank, count - int(np.count_nonzero(sure)))
    sure[rows[rank < at]] = True
    tied = np.zeros(len(units), dtype=bool)
    tied[rows[rank == at]] = True
    return sure, tied


def _fraction(column: NDArray[Any] | None, i: int, missing: int) -> Fraction:
    return Fraction(missing) if column is None else Fraction(column[i].item())


def _given(*columns: NDArray[Any] | None) -> Columns:
    return [column for column in columns if column is not None]


def _ranks(exact: Callable[[int], Exact], columns: Columns, rows: Rows) -> Ints:
    """Rank by an exact key, computed once for all units that agree in what it depends on."""
    kind, first = _kinds([column[rows] for column in columns])
    if not isinstance(rows, slice):
        first = rows[first]
    keys = [exact(int(i)) for i in first]
    by_key = sorted(range(len(keys)), key=keys.__getitem__)
    rank = np.zeros(len(keys), dtype=np.int64)
    for a, b in pairwise(by_key):
        rank[b] = rank[a] + (not _same(keys[a], keys[b]))
    return rank[kind]


def _kinds(columns: Columns) -> tuple[Ints, Ints]:
    """Return each row's kind, equal rows being of one kind, and one row of each kind."""
    n = len(columns[0])
    changing = [column for column in columns if not uniform([column])]
    if not changing:
        return np.zeros(n, dtype=np.int64), np.zeros(min(n, 1), dtype=np.int64)
    order = np.lexsort(changing)
    fresh = np.zeros(n, dtype=bool)
    fresh[0] = True
    fresh[1:] = np.any([np.diff(c[order]) != 0 for c in changing], axis=0)
    kind = np.empty(n, dtype=np.int64)
    kind[order] = np.cumsum(fresh) - 1
    return kind, order[fresh]


def _same(a: Exact, b: Exact) -> bool:
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return a == b or abs(a - b) <= SAME * max(Decimal(1), abs(a))
    return a == b
