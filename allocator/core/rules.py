"""Rules that maximize something: frozen parameters, and the ramps they make of a problem."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Real
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from allocator.core.amounts import MAX_AMOUNT, baseline_units, check_reach
from allocator.core.means import Least, Mean, Midpoint, Stolarsky
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.errors import DataError, UnsupportedError

__all__ = ["AlphaFair", "LeastSquares", "MaxMin", "Rule", "snake_case", "start_of", "tail_tier"]

MAX_BASELINE = 2.0**52  # units: above, a float cannot tell a baseline from its next unit
SMALLEST_ALPHA = 1e-6  # below it, levels of weights an ulp apart fill the range of floats
TINY = 5e-324  # a positive tier, however small, is not 0


class Rule(ABC):
    """A fairness rule: what each claimant gets, as one number, the level, rises.

    Attributes
    ----------
    objective : bool
        Whether the rule maximizes something, so that side constraints have prices.
    claims_are_amounts : bool
        Whether claims are compared with awards, rather than being shares on any scale.
    """

    objective: ClassVar[bool] = False
    claims_are_amounts: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The class name in snake case, as in policies and in `divide`."""
        return snake_case(type(self).__name__)

    def in_units(self, unit: Fraction) -> Self:  # noqa: ARG002
        """Return the rule with its own amounts, if it has any, counted in units."""
        return self

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

    objective: ClassVar[bool] = True
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
            object.__setattr__(self, "baseline", _amounts("baseline", self.baseline))

    def in_units(self, unit: Fraction) -> Self:
        """Return the rule with its baseline counted in units."""
        if self.baseline is None:
            return self
        return replace(self, baseline=baseline_units(self.baseline, unit))

    def ramps(self, problem: Problem) -> Ramps:
        """Everybody's amount as a function of the level."""
        n = len(problem)
        weights = np.ones(n) if problem.weights is None else problem.weights
        baseline = None if self.baseline is None else _each("baseline", self.baseline, n)
        scales = None
        if self.of == "recovery":
            if problem.claims is None or not (problem.claims > 0).all():
                raise DataError('of="recovery" needs a positive claim for everybody')
            scales = problem.claims
        tiers = tail_tier(weights)
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
class MaxMin(Rule):
    """Maximize the smallest award, then the next smallest, and so on; weighted, of award/weight.

    The awards are clip(weight·level, lower, upper): as real numbers those of constrained equal
    awards. In whole units a unit goes to whoever has least before it. `AlphaFair` with alpha = inf
    is the same for awards, and for recovery with the claims as weights.

    References
    ----------
    Rawls, "A Theory of Justice", 1971; Luss, "On equitable resource allocation problems: a
    lexicographic minimax approach", Operations Research 47, 1999.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(60, weights=[1, 2], upper=[30, 30], rule="max_min").tolist()
    [30.0, 30.0]
    """

    objective: ClassVar[bool] = True

    def ramps(self, problem: Problem) -> Ramps:
        """Everybody's amount as a function of the level."""
        n, scales = len(problem), problem.weights
        tiers = None
        if scales is not None:
            tiers = tail_tier(scales)
            scales = np.where(scales > 0, scales, 1)  # in the tail all are alike
        return Ramps(
            np.ones(n),
            scales,
            problem.lower,
            problem.upper,
            0.0,
            Least(),
            tiers=tiers,
            claims=problem.claims,
        )


@dataclass(frozen=True, eq=False)
class LeastSquares(Rule):
    """Minimize Σ (award - target)²/weight: everybody is as far from the target as the weight says.

    The awards are clip(target + weight·level, lower, upper).

    Parameters
    ----------
    target : array_like of float64, shape (n,), or a number for everybody; optional
        Amounts; the claims when not given.

    Raises
    ------
    DataError
        If the target does not fit, there are neither target nor claims, or a weight is 0.

    References
    ----------
    Young, "On dividing an amount according to individual claims or liabilities", Mathematics of
    Operations Research 12, 1987, for parametric rules as minimizers.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(60, weights=[1, 2], rule=LeastSquares(target=[15, 30])).tolist()
    [20.0, 40.0]
    """

    objective: ClassVar[bool] = True
    claims_are_amounts: ClassVar[bool] = True
    target: Any = None

    def __post_init__(self) -> None:
        if self.target is not None:
            object.__setattr__(self, "target", _amounts("target", self.target))

    def in_units(self, unit: Fraction) -> Self:
        """Return the rule with its target counted in units."""
        if self.target is None:
            return self
        return replace(self, target=baseline_units(self.target, unit))

    def ramps(self, problem: Problem) -> Ramps:
        """Everybody's amount as a function of the level."""
        n, parts = len(problem), 1
        if self.target is not None:
            target = _each("target", self.target, n)
        elif problem.claims is not None:
            target, parts = problem.claims, problem.claim_parts
        else:
            raise DataError("least_squares needs a target, or claims in its place")
        weights = problem.weights
        if weights is not None and not (weights > 0).all():
            raise DataError("least_squares needs positive weights: squares are divided by them")
        return Ramps(
            np.ones(n) if weights is None else weights,
            None,
            problem.lower,
            problem.upper,
            0.0 if weights is None else 1.0,
            Midpoint(),
            baseline=-target,
            claims=problem.claims,
            parts=parts,
            origin=start_of(target, parts, weights),
        )


def snake_case(name: str) -> str:
    """Return the name of a class as policies and `divide` write it.

    Examples
    --------
    >>> snake_case("ConstrainedEqualAwards")
    'constrained_equal_awards'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


ABOVE = 1.0 + 2.0**-50  # a quotient times its divisor may fall short by a rounding or two


def start_of(amounts: NDArray[Any], parts: int, weights: NDArray[Any] | None) -> float:
    """Return how far below 0 the level is from which amount/parts + weight·level is positive.

    Parameters
    ----------
    amounts : ndarray, shape (n,)
    parts : int
    weights : ndarray, shape (n,), or None
        1 for everybody when None.

    Returns
    -------
    float
    """
    if weights is None:
        return float(amounts.max(initial=0)) / parts
    return float((amounts / weights).max(initial=0)) / parts * ABOVE


def _amounts(name: str, values: Any) -> NDArray[np.float64]:
    """Return an amount for everybody, or for each, that cannot be changed."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):  # what is no number becomes nan
        array = np.array(np.nan)
    if not (np.isfinite(array) & (array >= 0)).all():
        raise DataError(f"the {name} must be nonnegative and finite")
    array.flags.writeable = False
    return array


def _each(name: str, values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    if values.ndim == 0:
        return np.broadcast_to(values, (n,))
    if values.shape != (n,):
        shape = " x ".join(map(str, values.shape))
        raise DataError(f"the {name} has {shape} entries for {n} claimants")
    return values


def _check_baseline(baseline: NDArray[np.float64], limit: float) -> None:
    largest = float(baseline.max(initial=0.0))
    if largest > limit:
        raise UnsupportedError(
            f"a baseline of {largest:g} is above {limit:g}, beyond which floats lose what is added "
            "to it: choose a larger unit"
        )


def tail_tier(weights: NDArray[Any]) -> NDArray[np.float64] | None:
    """Claimants of weight 0 come after all others have reached their caps."""
    positive = weights > 0
    return None if positive.all() else np.where(positive, 1.0, np.inf)
