"""Amounts as functions of the level: ramps, and the kernel that evaluates and adds them up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from allocator.core.means import Mean, Midpoint, Rounding

__all__ = [
    "LOG_LARGEST",
    "LOG_REACH",
    "Curve",
    "Partitioned",
    "Ramps",
    "Slopes",
    "Steps",
    "blocks",
    "exp_or_inf",
]

Floats = NDArray[np.float64]

COLUMNS = ("weights", "scales", "lower", "upper", "baseline", "tiers", "claims")
BLOCK = 16_384  # elements: a handful of float64 blocks stay in a core's own cache
SURELY = 1.0 + 2.0**-50  # a quotient times its divisor may fall short by a rounding or two
# Powers that need no logarithm, and keep an exact weight exact.
PLAIN_POWERS: dict[float, Callable[[Floats], Floats]] = {
    0.0: np.ones_like,
    0.5: np.sqrt,
    1.0: np.positive,
}
LOG_REACH = 330.0  # slopes span exp(+-LOG_REACH): times any level that matters, below float's 1e308
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
class Ramps:
    """Who gets how much at which level: clip(v·θ - b, lower, upper), v = d·(w/d)^power.

    This is what a rule makes of a problem; every method is row-local.

    Attributes
    ----------
    weights : ndarray of float64 or int64, shape (n,)
        w: weights, or claims.
    scales : ndarray, shape (n,), or None
        d: 1 when None, or the claims when utility is of the recovery ratio.
    baseline : ndarray of float64, shape (n,), or None
        b: units already paid.
    lower, upper : ndarray, shape (n,), or None
        None where bounds no longer matter.
    power : float
        From 0, where the weights do not matter, to 1/alpha.
    mean : Mean
        Unit k is earned at the level S(b+k-1, b+k)/v, S being this mean.
    tiers : ndarray of float64, shape (n,), or None
        Claimants of a smaller tier reach their caps before those of a larger one leave their
        floors; inf is the tail, claimants of weight 0.
    flat : bool
        Inside a tier the objective does not tell units apart: the level is only their place.
    claims : ndarray, shape (n,), or None
        In the place of weights that were not given: of two claimants tied in all else, the one
        with the larger claim comes first.
    """

    weights: NDArray[Any]
    scales: NDArray[Any] | None
    lower: Any
    upper: Any
    power: float
    mean: Mean
    baseline: Floats | None = None
    tiers: Floats | None = None
    flat: bool = False
    claims: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.weights)

    def take(self, index: NDArray[Any] | slice) -> Ramps:
        """Return the ramps of some claimants: a mask, positions, or a slice."""

        def taken(column: NDArray[Any] | None) -> Any:
            return None if column is None else column[index]

        return self._with([taken(column) for column in self._columns])

    def unbounded(self) -> Ramps:
        """Return the ramps without their bounds."""
        return replace(self, lower=None, upper=None)

    @classmethod
    def concatenated(cls, parts: Sequence[Ramps]) -> Ramps:
        """Return the claimants of all parts as one."""
        joined = [
            None if columns[0] is None else np.concatenate(columns)
            for columns in zip(*(part._columns for part in parts), strict=True)
        ]
        return parts[0]._with(joined)

    @property
    def _columns(self) -> list[Any]:
        return [getattr(self, name) for name in COLUMNS]

    def _with(self, columns: Sequence[Any]) -> Ramps:
        changes: dict[str, Any] = dict(zip(COLUMNS, columns, strict=True))
        return replace(self, **changes)

    def tier(self, members: NDArray[Any], *, tail: bool) -> Ramps:
        """Return the ramps of one tier; in the tail, units are shared in the order of place."""
        ramps = replace(self.take(members), tiers=None)
        if tail and self.mean.needs_weight:
            ramps = replace(ramps, power=0.0, mean=Midpoint(), baseline=None, flat=True)
        return ramps

    @cached_property
    def log_slopes(self) -> Floats:
        """Logarithms of the slopes, shape (n,): w^power itself would overflow."""
        logs = np.zeros(len(self)) if self.scales is None else np.log(self.scales)
        if self.power:
            logs *= 1.0 - self.power
            logs += np.log(self.weights) * self.power
        return logs

    @cached_property
    def log_range(self) -> tuple[float, float]:
        """Bounds on the logarithms of the slopes, from the extreme weights and scales alone."""
        low, high = _log_range(self.scales)
        if self.power:
            w_low, w_high = _log_range(self.weights)
            low, high = sorted((low * (1.0 - self.power), high * (1.0 - self.power)))
            low, high = low + w_low * self.power, high + w_high * self.power
        return low, high

    def slopes(self, log_reference: float) -> Floats:
        """Slopes divided by exp(log_reference), within the reach of floats, shape (n,)."""
        if log_reference == 0.0 and self.scales is None and self.power in PLAIN_POWERS:
            weights = self.weights.astype(np.float64, copy=False)
            return PLAIN_POWERS[self.power](weights)
        logs = self.log_slopes - log_reference
        np.clip(logs, -LOG_REACH, LOG_REACH, out=logs)
        return np.exp(logs, out=logs)


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

    `rounding` makes whole units of the amounts before they are clipped. ``fixed`` and
    ``(rise, shift)`` stand for claimants who are settled, or in between their bounds, on the
    whole bracket.
    """

    slope: Floats
    baseline: Floats | None
    lower: Floats
    upper: Floats
    rounding: Rounding | None = None
    fixed: float = 0.0
    rise: float = 0.0
    shift: float = 0.0

    @classmethod
    def of(cls, ramps: Ramps, log_reference: float, rounding: Rounding | None = None) -> Slopes:
        """Ramps with slopes relative to exp(log_reference)."""
        lower, upper = (a.astype(np.float64, copy=False) for a in (ramps.lower, ramps.upper))
        return cls(ramps.slopes(log_reference), ramps.baseline, lower, upper, rounding)

    def rounded(self, rounding: Rounding) -> Slopes:
        """Return the same ramps in whole units."""
        return replace(self, rounding=rounding)

    def __len__(self) -> int:
        return len(self.slope)

    @property
    def top(self) -> float:
        """A level from which on everybody has their cap."""
        need = self.upper if self.rounding is None else self.upper + 1.0
        if self.baseline is not None:
            need = need + self.baseline
        return float(np.max(need / self.slope, initial=0.0)) * SURELY

    def amounts(self, rows: slice, level: float, out: Floats) -> Floats:
        """Amounts of a block of claimants at a level, written into `out`."""
        b = None if self.baseline is None else self.baseline[rows]
        with np.errstate(over="ignore"):  # an infinite amount is above every cap, as it should be
            np.multiply(self.slope[rows], level, out=out)
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
                inside = rows.start + np.flatnonzero(moving & is_inside)
                rise += np.add.reduce(self.slope[inside])
                shift += 0.0 if self.baseline is None else np.add.reduce(self.baseline[inside])
            at_low[moving] = 0.0
            fixed += np.add.reduce(at_low)
            moving[inside - rows.start] = False
            moving_rows.append(rows.start + np.flatnonzero(moving))
        index = np.concatenate(moving_rows)
        baseline = None if self.baseline is None else self.baseline[index]
        lower, upper = self.lower[index], self.upper[index]
        return Slopes(self.slope[index], baseline, lower, upper, self.rounding, fixed, rise, shift)

    def thinned(self, step: int) -> Slopes:
        """Return every `step`-th claimant."""
        baseline = None if self.baseline is None else self.baseline[::step]
        lower, upper = self.lower[::step], self.upper[::step]
        return Slopes(self.slope[::step], baseline, lower, upper, self.rounding)


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


def _log_range(values: NDArray[Any] | None) -> tuple[float, float]:
    if values is None or not len(values):
        return 0.0, 0.0
    return float(np.log(values.min())), float(np.log(values.max()))
