"""How fractional awards move when a number of the problem does: derivatives, from the level alone.

Awards are x = clip(y, lower, upper) with y = v·θ - b, and the level θ solves Σx = budget. For a
number p the implicit function theorem gives, with F the claimants strictly inside their bounds,

    dx_i/dp = e_i + v_i·dθ/dp (i in F), else e_i;    dθ/dp = (dB/dp - Σ e) / Σ_F v,

where e_i is the direct effect, at a fixed level: that on y inside, that on the bound at a bound.
For the budget dx_i/dB = v_i / Σ_F v. At kinks, where somebody is just reaching a bound, the two
one-sided derivatives differ: each is again a sum of clips, dx = clip(e + v·dθ, from, to), which
falls no lower than the floor's own change, nor rises above the cap's. A group at its floor or cap
is a pool of its own, whose total stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.problem import Problem
from allocator.core.rules import Rule
from allocator.core.solve import solve
from allocator.errors import UnsupportedError

__all__ = ["Margin", "margin"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CLOSE = 1e-11  # relative: amounts and levels this close are the same but for the noise of floats
BINDS = 1e-10  # relative: a group's total this close to its bound is at it


@dataclass(frozen=True, eq=False)
class Margin:
    """Fractional awards, and who moves first when there is a little more, or less, to share.

    Attributes
    ----------
    awards : ndarray of float64, shape (n,)
    slopes : ndarray of float64, shape (n,)
        v: what each gains when the level rises, relative to each other.
    stand : ndarray of float64, shape (n,)
        v·θ: the award and what is under it, such as a baseline.
    at_lower, at_upper : ndarray of bool, shape (n,)
    up, down : ndarray of bool, shape (n,)
        Who gains at once when the level rises, and who loses at once when it falls: both for
        claimants inside their bounds, one for those at a kink.
    pool : ndarray of int64, shape (n,)
        0 for those who share the budget; otherwise 1 + the group whose bound holds them.
    slack : bool
        Whether all caps fit into the budget, so that only groups at their caps share anything.
    """

    awards: Floats
    slopes: Floats
    stand: Floats
    at_lower: Mask
    at_upper: Mask
    up: Mask
    down: Mask
    pool: NDArray[np.int64]
    slack: bool

    def budget(self, sign: int = 1) -> Floats:
        """Return what each gets of an extra unit of budget: dx/dB, shape (n,).

        Parameters
        ----------
        sign : {1, -1}
            The derivative from above or, at a kink different, from below.

        Returns
        -------
        ndarray of float64, shape (n,)
            They add up to 1; 0 for everybody when all have their caps.
        """
        return self.respond(budget=1.0, sign=sign)

    def respond(
        self,
        inside: Any = 0.0,
        lower: Any = 0.0,
        upper: Any = 0.0,
        budget: float = 0.0,
        sign: int = 1,
    ) -> Floats:
        """Return the derivative of every award by a number, given its direct effects.

        Parameters
        ----------
        inside, lower, upper : float or ndarray, shape (n,)
            Derivatives, at a fixed level, of the amount v·θ - b, the floors and the caps.
        budget : float
            Derivative of the budget.
        sign : {1, -1}
            From above or from below.

        Returns
        -------
        ndarray of float64, shape (n,)
        """
        n = len(self.awards)
        e, low, high = (sign * np.broadcast_to(a, (n,)) for a in (inside, lower, upper))
        still = np.where(self.at_lower, low, np.where(self.at_upper, high, 0.0))
        result = still.copy()
        for pool in np.unique(self.pool[(self.pool > 0) | (not self.slack)]):
            rows = np.flatnonzero(self.pool == pool)
            target = sign * budget if pool == 0 else 0.0
            up, down = self.up[rows], self.down[rows]
            free = up & down
            if not free.any():  # the level jumps: only those on one side of the gap move
                rest = target - float(still[rows].sum())
                up, down = up & (rest > 0), down & (rest < 0)
            moving = up | down
            some = rows[moving]
            end = np.where(
                self.at_lower[some], low[some], np.where(self.at_upper[some], high[some], 0.0)
            )
            start = np.where(down[moving], -np.inf, end)
            stop = np.where(up[moving], np.inf, end)
            target -= float(still[rows[~moving]].sum())
            result[some] = _balanced(e[some], self.slopes[some], start, stop, target)
        return np.asarray(sign * result)

    def own(self, inside: Any = 0.0, lower: Any = 0.0, upper: Any = 0.0) -> Floats:
        """Return the derivative of each award by a number of the claimant's own.

        Parameters
        ----------
        inside, lower, upper : float or ndarray, shape (n,)
            As in `respond`, for the claimant's own number only.

        Returns
        -------
        ndarray of float64, shape (n,)
            Of claimant i's award by claimant i's number: all others stay as they are, and share
            the rest. At a kink, that of a bound which stays.
        """
        n = len(self.awards)
        e, low, high = (np.broadcast_to(a, (n,)) for a in (inside, lower, upper))
        free = self.up & self.down
        v = np.where(free, self.slopes, 0.0)
        share = v / np.maximum(np.bincount(self.pool, weights=v)[self.pool], 1e-300)
        bound = np.where(self.at_lower, low, np.where(self.at_upper, high, 0.0))
        return np.asarray(np.where(free, e * (1.0 - share), bound))


def margin(problem: Problem, rule: Rule) -> Margin:
    """Find the fractional awards, once, and who moves first from there.

    Parameters
    ----------
    problem : Problem
        Of whole units, too: units then count as real amounts. With groups, nested or disjoint.
    rule : Rule

    Returns
    -------
    Margin

    Raises
    ------
    UnsupportedError
        If constraints overlap.

    References
    ----------
    Fiacco, "Introduction to Sensitivity and Stability Analysis in Nonlinear Programming", 1983.

    Examples
    --------
    >>> from allocator.core.rules import AlphaFair
    >>> problem = Problem(10.0, 0.0, [2.0, 9.0, 9.0], weights=[9.0, 3.0, 1.0])
    >>> found = margin(problem, AlphaFair(1))
    >>> found.awards.tolist(), found.budget().tolist()
    ([2.0, 6.0, 2.0], [0.0, 0.75, 0.25])

    A larger first weight changes nothing, a larger first cap takes from the others:

    >>> found.respond(upper=np.array([1.0, 0.0, 0.0])).tolist()
    [1.0, -0.75, -0.25]
    """
    if problem.overlapping:
        raise UnsupportedError(
            "sensitivities need groups that are nested or disjoint: with constraints that overlap "
            "the certificate has the price of each"
        )
    real = _real(problem)
    x = np.asarray(solve(real, rule).awards, dtype=np.float64)
    lower, upper = real.lower, real.upper
    ramps = rule.ramps(real)
    n = len(x)
    tiers = np.ones(n) if ramps.tiers is None else ramps.tiers
    tail = np.isinf(tiers) & ramps.mean.needs_weight
    named = np.flatnonzero(~tail)
    reference = float(np.median(ramps.take(named).log_slopes)) if len(named) else 0.0
    scales = np.ones(n) if ramps.scales is None else ramps.scales.astype(np.float64)
    start = np.zeros(n) if ramps.start is None else np.where(tail, 0.0, ramps.start)
    slopes = scales.copy()
    slopes[named] = ramps.take(named).slopes(reference)
    near = CLOSE * np.maximum(np.abs(x), np.abs(start))
    at_lower, at_upper = x <= lower + near, x >= upper - near
    after, before = x + start, x + start
    if ramps.pauses is not None:
        knee, pause = ramps.pauses
        after = np.where(x >= knee - near, np.maximum(x, knee) + start + pause, after)
        before = np.where(x > knee + near, x + start + pause, before)
    pool = _pools(real, x)
    noise = near / slopes
    up, next_up = _first(pool, tiers, after / slopes, ~at_upper, noise)
    down, _ = _first(pool, -tiers, -before / slopes, ~at_lower, noise)
    # Whose floor is the cap is at the cap if the level is beyond.
    beyond = (tiers < next_up[0]) | ((tiers == next_up[0]) & (before / slopes < next_up[1]))
    both = at_lower & at_upper
    at_lower, at_upper = at_lower & ~(both & beyond), at_upper & ~(both & ~beyond)
    slack = bool(real.spend < real.budget * (1.0 - CLOSE))
    return Margin(x, slopes, before, at_lower, at_upper, up, down, pool, slack)


def _real(problem: Problem) -> Problem:
    return Problem(
        float(problem.budget),
        problem.lower * 1.0,
        problem.upper * 1.0,
        problem.weights,
        problem.claims,
        claim_parts=problem.claim_parts,
        constraints=problem.constraints,
    )


def _pools(problem: Problem, awards: Floats) -> NDArray[np.int64]:
    """Return the innermost group at its floor or cap, plus 1; 0 where there is none."""
    pool = np.zeros(len(awards), dtype=np.int64)
    family = problem.family
    if family is None:
        return pool
    totals = family.totals(awards)
    near = BINDS * np.maximum(totals, 1.0)
    floors = (totals <= family.lower + near) & (family.lower > 0)
    caps = (totals >= family.upper - near) & (family.upper < problem.budget)
    for layer in family.layers:
        held = (layer >= 0) & (floors | caps)[layer]
        pool[held] = layer[held] + 1
    return pool


def _first(
    pool: NDArray[np.int64], tiers: Floats, levels: Floats, able: Mask, near: Floats
) -> tuple[Mask, tuple[Floats, Floats]]:
    """Tell who has the smallest tier, then level, of those in their pool who are able to move.

    And that tier and that level, shape (n,) each; infinite where nobody is able to.
    """
    smallest = np.full(int(pool.max(initial=0)) + 1, np.inf)
    np.minimum.at(smallest, pool[able], tiers[able])
    least = smallest[pool]
    with np.errstate(invalid="ignore"):
        able = able & ((tiers == least) | (tiers <= least + CLOSE * np.abs(least)))
    first = np.full(len(smallest), np.inf)
    np.minimum.at(first, pool[able], levels[able])
    bar = first[pool]
    with np.errstate(invalid="ignore"):
        mask = np.asarray(able & (levels <= bar + CLOSE * np.abs(bar) + near))
    return mask, (least, bar)


def _balanced(e: Floats, v: Floats, start: Floats, stop: Floats, target: float) -> Floats:
    """Return clip(e + v·t, start, stop) at the t at which they add up to the target.

    Nearest to it, where they cannot: at the end that they reach.
    """
    if not len(e):
        return e
    lows, highs = np.isfinite(start), np.isfinite(stop)
    at = np.concatenate([(start - e)[lows] / v[lows], (stop - e)[highs] / v[highs]])
    turn = np.concatenate([v[lows], -v[highs]])
    order = np.argsort(at, kind="stable")
    at, turn = at[order], turn[order]

    def total(t: float) -> float:
        return float(np.clip(e + v * t, start, stop).sum())

    low, high = 0, len(at)  # the first turn that is at or beyond the target
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if total(at[middle]) >= target else (middle + 1, high)
    if not len(at):
        t = (target - float(e.sum())) / float(v.sum())
    else:
        near = at[min(low, len(at) - 1)]
        before = float(v[~lows].sum() + turn[:low].sum())
        missing = target - total(near)
        t = float(near + missing / before) if before > 0 else float(near)
    return np.asarray(np.clip(e + v * t, start, stop))
