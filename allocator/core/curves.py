"""Amounts as functions of the level: the kernel that evaluates and adds them up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from allocator.core.means import Rounding
from allocator.core.ramps import Ramps

__all__ = [
    "LOG_LARGEST",
    "Curve",
    "Partitioned",
    "Slopes",
    "Steps",
    "blocks",
    "exp_or_inf",
]

Floats = NDArray[np.float64]

BLOCK = 16_384  # elements: a handful of float64 blocks stay in a core's own cache
SURELY = 1.0 + 2.0**-50  # a quotient times its divisor may fall short by a rounding or two
LOG_LARGEST = 709.0  # exp of it is still a float


class Curve(Protocol):
    """What the search asks of amounts that never decrease as the level rises."""

    def __len__(self) -> int:
        """Count the claimants that still have to be evaluated."""

    @property
    def top(self) -> float:
        """A level from which on nobody's amount grows."""

    def totals(self, levels: Floats) -> Floats:
        """Sum of all amounts at each level."""

    def between(self, low: float, high: float) -> Curve:
        """Return the same totals on [low, high], with those who do not move there summed up."""

    def thinned(self, step: int) -> Curve:
        """Return every `step`-th claimant, to guess a level from."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Tiers as a curve: lower before the level reaches the claimant's tier, upper from there on."""

    tiers: Floats
    lower: Floats
    upper: Floats
    fixed: float = 0.0

    def __len__(self) -> int:
        return len(self.tiers)

    @property
    def top(self) -> float:
        """The last finite tier."""
        return float(np.max(self.tiers, initial=0.0, where=np.isfinite(self.tiers)))

    def totals(self, levels: Floats) -> Floats:
        """Sum of all amounts at each level."""
        return np.array(
            [self.fixed + np.where(self.tiers <= t, self.upper, self.lower).sum() for t in levels]
        )

    def between(self, low: float, high: float) -> Steps:
        """Return the same totals on [low, high], with those who do not move there summed up."""
        moving = (self.tiers > low) & (self.tiers <= high)
        settled = np.where(self.tiers <= low, self.upper, self.lower)[~moving].sum()
        return Steps(
            self.tiers[moving], self.lower[moving], self.upper[moving], self.fixed + settled
        )

    def thinned(self, step: int) -> Steps:
        """Return every `step`-th claimant."""
        return Steps(self.tiers[::step], self.lower[::step], self.upper[::step])


@dataclass(frozen=True, eq=False)
class Slopes:
    """The kernel: clip(v·θ - b, lower, upper) in float64, evaluated in blocks and added up.

    `pauses`, of two columns, are the knee and the pause of rules of two ramps. `rounding` makes
    whole units of the amounts before they are clipped. ``fixed`` and ``(rise, shift)`` stand for
    claimants who are settled, or in between their bounds, on the whole bracket.
    """

    slope: Floats
    baseline: Floats | None
    lower: Floats
    upper: Floats
    rounding: Rounding | None = None
    fixed: float = 0.0
    rise: float = 0.0
    shift: float = 0.0
    pauses: tuple[Floats, Floats] | None = None

    @classmethod
    def of(cls, ramps: Ramps, log_reference: float, rounding: Rounding | None = None) -> Slopes:
        """Ramps with slopes relative to exp(log_reference)."""
        lower, upper = (a.astype(np.float64, copy=False) for a in (ramps.lower, ramps.upper))
        slopes = ramps.slopes(log_reference)
        return cls(slopes, ramps.start, lower, upper, rounding, pauses=ramps.pauses)

    def rounded(self, rounding: Rounding) -> Slopes:
        """Return the same ramps in whole units."""
        return replace(self, rounding=rounding)

    def __len__(self) -> int:
        return len(self.slope)

    @property
    def top(self) -> float:
        """A level from which on everybody has their cap."""
        need = self.upper if self.rounding is None else self.upper + 1.0
        if self.pauses is not None:
            need = need + self.pauses[1]
        if self.baseline is not None:
            need = need + self.baseline
        return float(np.max(need / self.slope, initial=0.0)) * SURELY

    def amounts(self, rows: slice, level: float | Floats, out: Floats) -> Floats:
        """Amounts of a block of claimants at a level, or each at its own, written into `out`."""
        b = None if self.baseline is None else self.baseline[rows]
        with np.errstate(over="ignore"):  # an infinite amount is above every cap, as it should be
            np.multiply(self.slope[rows], level, out=out)
        if self.pauses is not None:
            if b is not None:
                out -= b
            knee, pause = (column[rows] for column in self.pauses)
            b = None
            np.maximum(np.minimum(out, knee), out - pause, out=out)
        if self.rounding is not None:
            self.rounding.units(out, b)
        elif b is not None:
            out -= b
        return np.clip(out, self.lower[rows], self.upper[rows], out=out)

    def awards(self, level: float) -> Floats:
        """Everybody's amount at a level, shape (n,)."""
        out = np.empty(len(self))
        for rows in blocks(len(self)):
            self.amounts(rows, level, out[rows])
        return out

    def totals(self, levels: Floats) -> Floats:
        """Sum of all amounts at each level."""
        out = self.fixed + (levels * self.rise - self.shift if self.rise else np.zeros(len(levels)))
        buffer = np.empty(BLOCK)
        for rows in blocks(len(self)):
            for j, level in enumerate(levels):
                amounts = self.amounts(rows, level, buffer[: rows.stop - rows.start])
                out[j] += np.add.reduce(amounts)
        return out

    def between(self, low: float, high: float) -> Slopes:
        """Return the same totals on [low, high], with those who do not move there summed up."""
        fixed, rise, shift = self.fixed, self.rise, self.shift
        moving_rows = [np.zeros(0, dtype=np.int64)]
        buffers = np.empty(BLOCK), np.empty(BLOCK)
        for rows in blocks(len(self)):
            at_low, at_high = (
                self.amounts(rows, level, buffer[: rows.stop - rows.start])
                for level, buffer in zip((low, high), buffers, strict=True)
            )
            moving = at_low != at_high
            inside = np.zeros(0, dtype=np.int64)
            if self.rounding is None:
                is_inside = (at_low > self.lower[rows]) & (at_high < self.upper[rows])
                if self.pauses is not None:
                    knee = self.pauses[0][rows]
                    is_inside &= (at_high < knee) | (at_low > knee)
                    late = rows.start + np.flatnonzero(moving & is_inside & (at_low > knee))
                    shift += np.add.reduce(self.pauses[1][late])
                inside = rows.start + np.flatnonzero(moving & is_inside)
                rise += np.add.reduce(self.slope[inside])
                shift += 0.0 if self.baseline is None else np.add.reduce(self.baseline[inside])
            at_low[moving] = 0.0
            fixed += np.add.reduce(at_low)
            moving[inside - rows.start] = False
            moving_rows.append(rows.start + np.flatnonzero(moving))
        rest = self.taken(np.concatenate(moving_rows))
        return replace(rest, fixed=fixed, rise=rise, shift=shift)

    def thinned(self, step: int) -> Slopes:
        """Return every `step`-th claimant."""
        return replace(self.taken(slice(None, None, step)), fixed=0.0, rise=0.0, shift=0.0)

    def taken(self, index: NDArray[Any] | slice) -> Slopes:
        """Return the ramps of some claimants."""
        return replace(
            self,
            slope=self.slope[index],
            baseline=None if self.baseline is None else self.baseline[index],
            lower=self.lower[index],
            upper=self.upper[index],
            pauses=None if self.pauses is None else (self.pauses[0][index], self.pauses[1][index]),
        )


@dataclass(frozen=True, eq=False)
class Partitioned:
    """One curve made of several: a partition is only a different place to add up totals.

    Examples
    --------
    >>> one = np.ones(2)
    >>> part = Slopes(one, None, 0 * one, 5 * one)
    >>> Partitioned((part, part)).totals(np.array([3.0])).tolist()
    [12.0]
    """

    parts: Sequence[Curve]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def top(self) -> float:
        """A level from which on nobody's amount grows."""
        return max(part.top for part in self.parts)

    def totals(self, levels: Floats) -> Floats:
        """Sum of all amounts at each level."""
        out = np.zeros(len(levels))
        for part in self.parts:
            out += part.totals(levels)
        return out

    def between(self, low: float, high: float) -> Partitioned:
        """Return the same totals on [low, high], with those who do not move there summed up."""
        return Partitioned([part.between(low, high) for part in self.parts])

    def thinned(self, step: int) -> Partitioned:
        """Return every `step`-th claimant of each part."""
        return Partitioned([part.thinned(step) for part in self.parts])


def exp_or_inf(log: float) -> float:
    """Return exp(log), or inf where a float cannot hold it.

    Examples
    --------
    >>> exp_or_inf(0.0), exp_or_inf(1e4)
    (1.0, inf)
    """
    return math.inf if log > LOG_LARGEST else math.exp(log)


def blocks(n: int) -> list[slice]:
    """Slices of n rows that stay in cache."""
    return [slice(start, min(start + BLOCK, n)) for start in range(0, n, BLOCK)]
