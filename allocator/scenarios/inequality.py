"""How unequal some amounts are, each measure in its population form (n, not n - 1)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.errors import DataError
from allocator.scenarios.amounts import amounts, relative, scaled

__all__ = ["atkinson", "gini", "hoover", "jain", "mean_log_deviation", "theil"]


def gini(x: ArrayLike) -> float:
    """Return the Gini coefficient: Σ (2i - n - 1)·x_i / (n·Σx), x ascending.

    It is half the mean difference of two people relative to the mean, and twice the area between
    the Lorenz curve and the diagonal.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0, in any unit.

    Returns
    -------
    float
        From 0 (all equal, all 0 too) to 1 - 1/n (one has all). Zeros count as people who have
        nothing; the order of ties does not matter.

    Raises
    ------
    DataError
        If there are no amounts, or some are negative or not finite.

    References
    ----------
    Gini, "Variabilità e mutabilità", 1912; Cowell, "Measuring Inequality", 3rd ed., 2011.

    Examples
    --------
    >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 8]), gini([1, 3])
    (0.0, 0.75, 0.25)
    """
    ordered = np.sort(scaled(amounts(x)))
    n = len(ordered)
    ranks = np.arange(n) - (n - 1) / 2.0  # around their middle: no large sums that cancel
    return max(0.0, 2.0 * float(np.dot(ranks, ordered)) / (n * float(ordered.sum())))


def jain(x: ArrayLike) -> float:
    """Return Jain's fairness index: (Σx)² / (n·Σx²).

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0, in any unit.

    Returns
    -------
    float
        From 1/n (one has all) to 1 (all equal, all 0 too); k/n when k people have the same and
        the others nothing. Ties and order do not matter.

    Raises
    ------
    DataError
        If there are no amounts, or some are negative or not finite.

    References
    ----------
    Jain, Chiu & Hawe, "A quantitative measure of fairness and discrimination for resource
    allocation in shared computer systems", DEC-TR-301, 1984.

    Examples
    --------
    >>> jain([5, 5, 5, 5]), jain([5, 0, 0, 0]), jain([5, 5, 0, 0])
    (1.0, 0.25, 0.5)
    """
    y = relative(x)
    return min(1.0, 1.0 / float(np.mean(y * y)))


def theil(x: ArrayLike) -> float:
    """Return Theil's T: the mean of (x/μ)·ln(x/μ), μ the mean.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0, in any unit.

    Returns
    -------
    float
        From 0 (all equal, all 0 too) to ln n (one has all). A zero adds 0, the limit of y·ln y;
        ties and order do not matter.

    Raises
    ------
    DataError
        If there are no amounts, or some are negative or not finite.

    References
    ----------
    Theil, "Economics and Information Theory", 1967.

    Examples
    --------
    >>> theil([2, 2]), round(theil([0, 0, 0, 8]), 6), round(theil([1, 3]), 6)
    (0.0, 1.386294, 0.130812)
    """
    y = relative(x)
    terms = y * np.log(y, out=np.zeros_like(y), where=y > 0)
    return max(0.0, float(np.mean(terms - (y - 1))))  # the y - 1 add up to 0 but for rounding


def mean_log_deviation(x: ArrayLike) -> float:
    """Return the mean log deviation, Theil's L: the mean of ln(μ/x), μ the mean.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0, in any unit.

    Returns
    -------
    float
        From 0 (all equal, all 0 too) upwards; inf as soon as somebody has nothing and another
        something. Ties and order do not matter.

    Raises
    ------
    DataError
        If there are no amounts, or some are negative or not finite.

    References
    ----------
    Theil, "Economics and Information Theory", 1967; Shorrocks, "The class of additively
    decomposable inequality measures", Econometrica 48, 1980.

    Examples
    --------
    >>> mean_log_deviation([2, 2]), round(mean_log_deviation([1, 3]), 6)
    (0.0, 0.143841)
    >>> mean_log_deviation([0, 1])
    inf
    """
    y = relative(x)
    return max(0.0, float(np.mean((y - 1) - _log(y))))


def atkinson(x: ArrayLike, epsilon: float = 0.5) -> float:
    """Return Atkinson's index: 1 - (mean of (x/μ)^(1-ε))^(1/(1-ε)), μ the mean.

    It is the share of the whole that could be given up without loss of welfare if the rest were
    divided equally, for somebody averse to inequality by ε. At ε = 1 it is 1 - geometric mean /
    μ, at ε = inf 1 - smallest / μ.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0, in any unit.
    epsilon : float, optional
        Aversion to inequality, 0 to inf.

    Returns
    -------
    float
        From 0 (all equal, all 0 too; always at ε = 0) to 1. When somebody has nothing it is 1
        for ε ≥ 1, and at most 1 - n^(-ε/(1-ε)) below. Ties and order do not matter.

    Raises
    ------
    DataError
        If there are no amounts, some are negative or not finite, or ε is negative.

    References
    ----------
    Atkinson, "On the measurement of inequality", Journal of Economic Theory 2, 1970.

    Examples
    --------
    >>> atkinson([2, 2]), round(atkinson([1, 3]), 6), atkinson([1, 3], math.inf)
    (0.0, 0.066987, 0.5)
    >>> atkinson([0, 3], 1), round(atkinson([0, 3], 0.5), 6)
    (1.0, 0.5)
    """
    if not epsilon >= 0:
        raise DataError(f"epsilon must be a number from 0 to inf, not {epsilon!r}")
    logs = _log(relative(x))
    least, largest = float(logs.min()), float(logs.max())
    power = 1.0 - epsilon
    if power <= 0 and math.isinf(least):
        return 1.0
    if math.isinf(power):
        mean = least
    elif power == 0:
        mean = float(np.mean(logs))
    else:
        # From the largest term, so that no power overflows; expm1 and log1p for ε close to 1.
        base = largest if power > 0 else least
        mean = base + math.log1p(float(np.mean(np.expm1(power * (logs - base))))) / power
    return min(1.0, max(0.0, -math.expm1(mean)))


def hoover(x: ArrayLike) -> float:
    """Return Hoover's index: Σ|x - μ| / (2·Σx), μ the mean.

    It is the share of the whole that would have to change hands to make all equal, and the
    largest distance of the Lorenz curve from the diagonal. Also known as the Robin Hood,
    Pietra, Ricci-Schutz or Schutz index.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0, in any unit.

    Returns
    -------
    float
        From 0 (all equal, all 0 too) to 1 - 1/n (one has all). Zeros count as people who have
        nothing; ties and order do not matter.

    Raises
    ------
    DataError
        If there are no amounts, or some are negative or not finite.

    References
    ----------
    Hoover, "The measurement of industrial localization", Review of Economics and Statistics 18,
    1936.

    Examples
    --------
    >>> hoover([2, 2]), hoover([0, 0, 0, 8]), hoover([1, 3])
    (0.0, 0.75, 0.25)
    """
    return float(np.mean(np.abs(relative(x) - 1))) / 2


def _log(y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(y, out=np.full_like(y, -np.inf), where=y > 0)
