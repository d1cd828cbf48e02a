"""Ramps: what a rule makes of a problem, one for each claimant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.means import Mean, Midpoint

__all__ = ["LOG_REACH", "Ramps"]

Floats = NDArray[np.float64]

COLUMNS = ("weights", "scales", "lower", "upper", "baseline", "tiers", "claims", "knee", "pause")
# Powers that need no logarithm, and keep an exact weight exact.
PLAIN_POWERS: dict[float, Callable[[Floats], Floats]] = {
    0.0: np.ones_like,
    0.5: np.sqrt,
    1.0: np.positive,
}
LOG_REACH = 330.0  # slopes span exp(+-LOG_REACH): times any level that matters, below float's 1e308


@dataclass(frozen=True, eq=False)
class Ramps:
    """Who gets how much at which level: clip(v·θ - b, lower, upper), v = d·(w/d)^power.

    A rule of two ramps pauses in between: with y = v·θ - b the amount is max(min(y, knee),
    y - pause), clipped. Levels start from 0: a rule whose levels are negative states an origin.
    This is what a rule makes of a problem; every method is row-local.

    Attributes
    ----------
    weights : ndarray of float64 or int64, shape (n,)
        w: weights, or claims.
    scales : ndarray, shape (n,), or None
        d: 1 when None, or the claims when utility is of the recovery ratio.
    baseline : ndarray, shape (n,), or None
        b: units already paid; or less than 0, what a claimant has at the origin of levels.
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
        Of two claimants tied in all else, the one with the larger claim comes first.
    knee, pause : ndarray, shape (n,), or None
        After `knee` units, v·θ has to rise by `pause` before the next one is earned.
    parts : int
        Baseline, knee and pause count these parts of a unit, so that they are exact.
    origin : float
        Added to all levels: where a level of 0 is.
    """

    weights: NDArray[Any]
    scales: NDArray[Any] | None
    lower: Any
    upper: Any
    power: float
    mean: Mean
    baseline: NDArray[Any] | None = None
    tiers: Floats | None = None
    flat: bool = False
    claims: NDArray[Any] | None = None
    knee: NDArray[Any] | None = None
    pause: NDArray[Any] | None = None
    parts: int = 1
    origin: float = 0.0

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
            ramps = replace(
                ramps,
                power=0.0,
                mean=Midpoint(),
                baseline=None,
                flat=True,
                knee=None,
                pause=None,
                origin=0.0,
            )
        return ramps

    def ends(self, number: NDArray[Any]) -> Floats:
        """Where v·θ stands when the `number`-th unit is complete, shape (n,)."""
        end = number.astype(np.float64)
        if self.pauses is not None:
            knee, pause = self.pauses
            end += np.where(number - 0.5 > knee, pause, 0.0)
        return end if self.start is None else end + self.start

    @cached_property
    def start(self) -> Floats | None:
        """The baseline in units, counted from the origin; shape (n,)."""
        start = None if self.baseline is None else self.baseline / self.parts
        if not self.origin:
            return start
        late = self.slopes(0.0) * self.origin
        return late if start is None else late + start

    @cached_property
    def pauses(self) -> tuple[Floats, Floats] | None:
        """Knee and pause in units, shape (n,) each."""
        if self.knee is None or self.pause is None:
            return None
        return self.knee / self.parts, self.pause / self.parts

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

    def slopes(self, log_reference: float | Floats) -> Floats:
        """Slopes divided by exp(log_reference), within the reach of floats, shape (n,)."""
        if (
            isinstance(log_reference, float)
            and log_reference == 0.0
            and self.scales is None
            and self.power in PLAIN_POWERS
        ):
            weights = self.weights.astype(np.float64, copy=False)
            return PLAIN_POWERS[self.power](weights)
        logs = self.log_slopes - log_reference
        np.clip(logs, -LOG_REACH, LOG_REACH, out=logs)
        return np.exp(logs, out=logs)


def _log_range(values: NDArray[Any] | None) -> tuple[float, float]:
    if values is None or not len(values):
        return 0.0, 0.0
    return float(np.log(values.min())), float(np.log(values.max()))
