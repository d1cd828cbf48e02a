"""The mean at which a unit is earned: of where it starts and ends, over the claimant's slope.

A claims rule gives a unit at its middle, max-min at its start, and an alpha-fair objective where
the price equals the unit's marginal utility, which is the Stolarsky mean of order alpha.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Exact", "Least", "Mean", "Midpoint", "Rounding", "Stolarsky", "stolarsky"]

Floats = NDArray[np.float64]
Exact = Fraction | Decimal

DIGITS = 80  # of decimals: a difference of powers loses at most half of them
TINY = 1e-100  # stands for 0 in a denominator whose quotient is cut off at 1/2


@dataclass(frozen=True)
class Rounding:
    """How many whole units an amount y stands for: floor(y - b + offset + slack).

    The k-th unit is earned where y = S(k-1, k). With ``offset=1/2`` and no doubt that many are
    earned for sure, as S <= k - 1/2; with the doubt, no more can be earned, as S is at least the
    power mean of order -alpha, which is above k - 1/2 - (1 + alpha)·k/(8(k-1)²) (Taylor, the
    second derivative of a power mean being bounded by (1 + alpha)·k/(k-1)²).
    """

    offset: float
    doubt: float

    def slack(self, x: Floats) -> Floats:
        """How far below its highest place the level of the unit from x to x + 1 may be."""
        x = np.maximum(x, TINY)
        return np.minimum(self.doubt * (1.0 + 1.0 / x) / x, 0.5)

    def units(self, y: Floats, b: Floats | None) -> None:
        """Turn amounts into whole units, in place."""
        if self.doubt:
            y += self.slack(y - 1.0)
        if b is not None:
            y -= b
        y += self.offset
        np.floor(y, out=y)


class Mean(ABC):
    """Where between x and y a unit is earned.

    Attributes
    ----------
    early, late : Rounding
        Units that are earned for sure, and that may be earned, at an amount.
    near : float
        Logarithms of levels this close are compared exactly: their errors are far smaller.
    place_matters : bool
        Whether of two units at one level the objective prefers the one that comes first by place.
    needs_weight : bool
        Whether claimants of weight 0, for whom the level is infinite, have no order of their own.
    """

    early: ClassVar[Rounding] = Rounding(0.5, 0.0)
    near: ClassVar[float] = 4e-14  # two logarithms of up to 37, half an ulp off each
    place_matters: ClassVar[bool] = False
    needs_weight: ClassVar[bool] = True

    @property
    def late(self) -> Rounding:
        """Units that may be earned."""
        return self.early

    @abstractmethod
    def log(self, x: Floats, y: Floats) -> Floats:
        """Logarithm of the mean, shape (n,)."""

    @abstractmethod
    def exact_level(
        self, power: float, w: Fraction, d: Fraction, x: Fraction, y: Fraction
    ) -> Exact:
        """Return what orders units as mean/slope does, with slope d·(w/d)^power."""

    def place(self, number: Floats, end: Floats) -> Floats:  # noqa: ARG002
        """Order, before the division by d, among units of one level; `end` is y."""
        return number - 0.5

    def exact_place(self, number: int, end: Fraction) -> Fraction:  # noqa: ARG002
        """Return the place as a fraction."""
        return number - Fraction(1, 2)


@dataclass(frozen=True)
class Midpoint(Mean):
    """The arithmetic mean: claims rules, and the sharing of what an objective does not tell apart.

    Examples
    --------
    >>> np.exp(Midpoint().log(np.array([2.0]), np.array([3.0]))).tolist()
    [2.5]
    """

    def log(self, x: Floats, y: Floats) -> Floats:
        """Logarithm of the mean, shape (n,)."""
        return np.log(x + (y - x) / 2.0)

    def exact_level(
        self, power: float, w: Fraction, d: Fraction, x: Fraction, y: Fraction
    ) -> Exact:
        """Return the level."""
        return (x + y) / 2 / (w if power else d)


@dataclass(frozen=True)
class Least(Mean):
    """The minimum: max-min gives a unit to whoever has least before it; ties to who then has most.

    Examples
    --------
    >>> np.exp(Least().log(np.array([2.0]), np.array([3.0]))).round(12).tolist()
    [2.0]
    """

    early: ClassVar[Rounding] = Rounding(1.0, 0.0)
    place_matters: ClassVar[bool] = True  # leximin: who has most after it
    needs_weight: ClassVar[bool] = False

    def log(self, x: Floats, y: Floats) -> Floats:  # noqa: ARG002
        """Logarithm of the mean, shape (n,)."""
        with np.errstate(divide="ignore"):
            return np.log(x)

    def exact_level(
        self,
        power: float,  # noqa: ARG002
        w: Fraction,  # noqa: ARG002
        d: Fraction,
        x: Fraction,
        y: Fraction,  # noqa: ARG002
    ) -> Exact:
        """Return the level."""
        return x / d

    def place(self, number: Floats, end: Floats) -> Floats:  # noqa: ARG002
        """Order, before the division by d, among units of one level; `end` is y."""
        return -end

    def exact_place(self, number: int, end: Fraction) -> Fraction:  # noqa: ARG002
        """Return the place as a fraction."""
        return -end


@dataclass(frozen=True)
class Stolarsky(Mean):
    """The Stolarsky mean of order alpha, for 0 < alpha < inf.

    Examples
    --------
    >>> np.exp(Stolarsky(2.0).log(np.array([1.0]), np.array([4.0]))).round(12).tolist()
    [2.0]
    """

    near: ClassVar[float] = 1e-12  # the mean's own error is below 1e-14
    alpha: float

    @property
    def late(self) -> Rounding:
        """Units that may be earned."""
        return Rounding(self.early.offset, (1.0 + self.alpha) / 8.0)

    def log(self, x: Floats, y: Floats) -> Floats:
        """Logarithm of the mean, shape (n,)."""
        return stolarsky(x, y, self.alpha)

    def exact_level(
        self,
        power: float,  # noqa: ARG002
        w: Fraction,
        d: Fraction,
        x: Fraction,
        y: Fraction,
    ) -> Exact:
        """Return minus the log of the unit's marginal utility, w·d^(alpha-1)·∫ t^-alpha dt."""
        alpha = Fraction(self.alpha)
        if x == 0 and alpha >= 1:
            return Decimal("-Infinity")
        with localcontext(Context(prec=DIGITS)):
            a, b, p = _decimal(x), _decimal(y), _decimal(1 - alpha)
            gain = b.ln() - a.ln() if p == 0 else (b**p - (a**p if a else 0)) / p
            return -(_decimal(w).ln() + (_decimal(alpha) - 1) * _decimal(d).ln() + gain.ln())


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def stolarsky(x: Floats, y: Floats, alpha: float) -> Floats:
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
        return Least().log(x, y)
    if alpha == -1.0:
        return Midpoint().log(x, y)
    m = x + (y - x) / 2.0
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


def _log_sinhc(z: Floats) -> Floats:
    """log(sinh(z)/z), which is 0 at 0."""
    z = np.abs(z)
    large = z + np.log1p(-np.exp(-2.0 * z)) - np.log(2.0 * z)
    small = np.log(np.sinh(np.minimum(z, 1.0)) / np.where(z == 0.0, 1.0, z))
    return np.where(z == 0.0, 0.0, np.where(z < 1.0, small, large))
