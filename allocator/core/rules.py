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
from allocator.core.means import Least, Mean, Midpoint, Stolarsky
from allocator.core.problem import Problem
from allocator.errors import DataError, UnsupportedError

__all__ = ["RULES", "AlphaFair", "Proportional", "Rule"]

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
        try:
            object.__setattr__(self, "alpha", float(self.alpha))
        except OverflowError:
            raise DataError(
                "alpha must be a number up to 1.8e308, the largest float, or inf, the limit"
            ) from None
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
        mean: Mean
        if self.alpha == 0:
            with np.errstate(divide="ignore", over="ignore", under="ignore"):
                tiers = (1.0 if scales is None else scales) / weights.astype(np.float64)
            if scales is not None:
                check_reach("claims/weights", np.where(weights > 0, np.maximum(tiers, TINY), 0.0))
            power, mean, baseline = 0.0, Midpoint(), None  # in a tier, units are shared by place
        else:
            power, mean = (
                1.0 / self.alpha,
                Least() if np.isinf(self.alpha) else Stolarsky(self.alpha),
            )
        if baseline is not None:
            apart = problem.whole and self.alpha < np.inf
            _check_baseline(baseline, MAX_BASELINE if apart else MAX_AMOUNT)
        return Ramps(
            weights,
            scales,
            problem.lower,
            problem.upper,
            power,
            mean,
            baseline,
            tiers,
            flat=self.alpha == 0,
            claims=problem.claims if problem.weights is None else None,
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
        return Ramps(claims, None, problem.lower, problem.upper, 1.0, Midpoint(), tiers=tiers)


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
