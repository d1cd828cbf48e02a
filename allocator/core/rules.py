"""Fairness rules: frozen parameters, and the ramps they make of a problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from allocator.core.amounts import MAX_AMOUNT, check_reach
from allocator.core.curves import Ramps
from allocator.core.problem import Problem
from allocator.errors import DataError, UnsupportedError

__all__ = ["RULES", "AlphaFair", "Proportional", "Rule", "stolarsky"]

MAX_BASELINE = 2.0**52  # units: above, a float cannot tell a baseline from its next unit
SMALLEST_ALPHA = 1e-6  # below it, levels of weights an ulp apart fill the range of floats
TINY = 5e-324  # a positive tier, however small, is not 0


class Rule(ABC):
    """A fairness rule: what each claimant gets, as one number, the level, rises."""

    @abstractmethod
    def ramps(self, problem: Problem) -> Ramps:
        """Everybody's amount as a function of the level.

        Parameters
        ----------
        problem : Problem

        Returns
        -------
        Ramps
        """


@dataclass(frozen=True, eq=False)
class AlphaFair(Rule):
    """Maximize Σ w·φ(x), with φ_1 = log and φ_alpha(x) = x^(1-alpha)/(1-alpha); inf is leximin.

    Under plain bounds the awards are clip(w^(1/alpha)·level, lower, upper): **raising alpha only
    compresses the weights.** With ``of="recovery"`` utility is of x/claim, the awards are
    clip(w^(1/alpha)·claim^(1-1/alpha)·level, lower, upper), and when the weights are the claims
    alpha has no effect at all.

    Parameters
    ----------
    alpha : float
        Inequality aversion, 0 (utilitarian) to inf (max-min).
    of : {"amount", "recovery"}
        What utility is of: the award, or the award over the claim.
    baseline : array_like of float64, shape (n,), optional
        Units already paid: utility is of baseline + award.

    Raises
    ------
    DataError
        If alpha is negative or nan, if the baseline does not fit, or ``of="recovery"`` meets
        claims that are missing or 0.
    UnsupportedError
        If the baseline is above 2**52 whole units (at alpha = inf and for real amounts, 1e100), or,
        at alpha = 0, claim/weight is out of reach.

    References
    ----------
    Mo & Walrand, "Fair end-to-end window-based congestion control", IEEE/ACM Transactions on
    Networking 8(5), 2000. Schoot Uiterkamp, Gerards & Hurink, "On a reduction for a class of
    resource allocation problems", arXiv:2008.11829.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(60, weights=[1, 4], rule=AlphaFair(2)).tolist()
    [20.0, 40.0]
    """

    alpha: float = 1.0
    of: Literal["amount", "recovery"] = "amount"
    baseline: Any = None

    def __post_init__(self) -> None:
        if not (isinstance(self.alpha, Real) and self.alpha >= 0):
            raise DataError(f"alpha must be a number from 0 to inf, not {self.alpha!r}")
        object.__setattr__(self, "alpha", float(self.alpha))
        if 0 < self.alpha < SMALLEST_ALPHA:
            raise UnsupportedError(
                f"alpha = {self.alpha:g} is above 0 but below {SMALLEST_ALPHA:g}, where levels are "
                "too close for floats: alpha = 0 is the limit"
            )
        if self.of not in ("amount", "recovery"):
            raise DataError(f'of must be "amount" or "recovery", not {self.of!r}')
        if self.baseline is not None:
            try:
                baseline = np.array(self.baseline, dtype=np.float64)
            except (TypeError, ValueError):  # what is no number becomes nan
                baseline = np.array(np.nan)
            if not (np.isfinite(baseline) & (baseline >= 0)).all():
                raise DataError("the baseline must be nonnegative and finite")
            baseline.flags.writeable = False
            object.__setattr__(self, "baseline", baseline)

    def ramps(self, problem: Problem) -> Ramps:
        """Everybody's amount as a function of the level."""
        n = len(problem)
        weights = np.ones(n) if problem.weights is None else problem.weights
        baseline = self.baseline
        if baseline is not None:
            baseline = np.broadcast_to(baseline, (n,)) if baseline.ndim == 0 else baseline
            if baseline.shape != (n,):
                shape = " x ".join(map(str, baseline.shape))
                raise DataError(f"the baseline has {shape} entries for {n} claimants")
        scales = None
        if self.of == "recovery":
            if problem.claims is None or not (problem.claims > 0).all():
                raise DataError('of="recovery" needs a positive claim for everybody')
            scales = problem.claims
        tiers = _tail_tier(weights)
        if self.alpha == 0:
            with np.errstate(divide="ignore", over="ignore", under="ignore"):
                tiers = (1.0 if scales is None else scales) / weights.astype(np.float64)
            if scales is not None:
                check_reach("claims/weights", np.where(weights > 0, np.maximum(tiers, TINY), 0.0))
            # Inside a tier units are shared in the order of place: arithmetic means over d.
            alpha, mean, baseline = np.inf, -1.0, None
        else:
            alpha = mean = self.alpha
        if baseline is not None:
            apart = problem.whole and alpha < np.inf
            _check_baseline(baseline, MAX_BASELINE if apart else MAX_AMOUNT)
        return Ramps(
            weights,
            scales,
            problem.lower,
            problem.upper,
            alpha,
            mean,
            baseline,
            tiers,
            flat=self.alpha == 0,
            claims=problem.claims,
        )


@dataclass(frozen=True)
class Proportional(Rule):
    """Awards in proportion to claims: clip(claim·level, lower, upper); weights if no claims.

    Whole units: unit k is earned where claim·level reaches k - 1/2, which with plain bounds is
    Webster's (Sainte-Laguë's) method.

    Raises
    ------
    DataError
        If there are neither claims nor weights.

    References
    ----------
    Aristotle, Nicomachean Ethics V; Moulin, "Priority rules and other asymmetric rationing
    methods", Econometrica 68, 2000; Balinski & Young, "Fair Representation", 1982.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(60, claims=[100, 50]).tolist()
    [40.0, 20.0]
    """

    def ramps(self, problem: Problem) -> Ramps:
        """Everybody's amount as a function of the level."""
        claims = problem.weights if problem.claims is None else problem.claims
        if claims is None:
            raise DataError("proportional needs claims, or weights in their place")
        tiers = _tail_tier(claims)
        return Ramps(claims, None, problem.lower, problem.upper, 1.0, -1.0, None, tiers)


RULES: dict[str, type[Rule]] = {"alpha_fair": AlphaFair, "proportional": Proportional}


def _check_baseline(baseline: NDArray[np.float64], limit: float) -> None:
    largest = float(baseline.max(initial=0.0))
    if largest > limit:
        raise UnsupportedError(
            f"a baseline of {largest:g} is above {limit:g}, beyond which floats lose what is added "
            "to it: choose a larger unit"
        )


def _tail_tier(weights: NDArray[Any]) -> NDArray[np.float64] | None:
    """Claimants of weight 0 come after all others have reached their caps."""
    positive = weights > 0
    return None if positive.all() else np.where(positive, 1.0, np.inf)


def stolarsky(x: NDArray[np.float64], y: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    r"""Logarithm of the Stolarsky mean S of x and y, at which a unit from x to y is earned.

    .. math:: S_\alpha(x, y) = \left(\frac{y^{1-\alpha} - x^{1-\alpha}}
        {(1-\alpha)(y - x)}\right)^{-1/\alpha}

    The logarithmic mean at alpha = 1, the geometric mean at 2, the arithmetic mean at -1 and the
    minimum at inf.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        ``0 <= x < y``.
    alpha : float
        Not 0; from 0.01 to 1e4 the result is accurate to 1e-14.

    Returns
    -------
    ndarray of float64, shape (n,)
        log S; -inf where x is 0 and alpha at least 1.

    Notes
    -----
    With m the midpoint, q = (y-x)/(y+x), A = artanh q and p = 1 - alpha, log(S/m) = -E/alpha,
    where E = (p/2)·log(1-q²) + log(A/q) + log(sinh(pA)/(pA)) is free of cancellation; for
    alpha < 1/2, where E is nearly 0, the equal form E = -(alpha/2)·log(1-q²) - log(1-alpha)
    + log(1 + 2·sinh²(alpha·A/2) - sinh(alpha·A)/q) is used.

    References
    ----------
    Stolarsky, "Generalizations of the logarithmic mean", Mathematics Magazine 48, 1975.

    Examples
    --------
    >>> np.exp(stolarsky(np.array([1.0]), np.array([2.0]), 2.0)).round(12).tolist()
    [1.414213562373]
    """
    if np.isinf(alpha):
        with np.errstate(divide="ignore"):
            return np.log(x)
    m = x + (y - x) / 2.0
    if alpha == -1.0:
        return np.log(m)
    p = 1.0 - alpha
    with np.errstate(divide="ignore", invalid="ignore"):
        q = (y - x) / 2.0 / m
        log1mq2 = np.where(q < 0.5, np.log1p(-q * q), np.log(x / m) + np.log(y / m))
        a = np.where(q < 0.5, np.arctanh(q), 0.5 * np.log(y / x))
        if 0.0 < alpha < 0.5:
            e = -0.5 * alpha * log1mq2 - np.log1p(-alpha)
            e += np.log1p(2.0 * np.sinh(0.5 * alpha * a) ** 2 - np.sinh(alpha * a) / q)
            r = x / y  # far apart, the hyperbolic terms cancel and the definition does not
            far = alpha * np.log(m / y) - np.log1p(-r) - np.log1p(-alpha) + np.log1p(-(r**p))
            e = np.where(q < 0.9, e, far)
        else:
            e = 0.5 * p * log1mq2 + np.log(a / q) + _log_sinhc(p * a)
        log_s = np.log(m) - e / alpha
    first = np.log(p) / alpha if alpha < 1.0 else -np.inf  # S(0, 1) = (1-alpha)^(1/alpha)
    zero = x == 0.0
    return np.where(zero, np.log(y) + first, log_s)


def _log_sinhc(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """log(sinh(z)/z), which is 0 at 0."""
    z = np.abs(z)
    large = z + np.log1p(-np.exp(-2.0 * z)) - np.log(2.0 * z)
    small = np.log(np.sinh(np.minimum(z, 1.0)) / np.where(z == 0.0, 1.0, z))
    return np.where(z == 0.0, 0.0, np.where(z < 1.0, small, large))
