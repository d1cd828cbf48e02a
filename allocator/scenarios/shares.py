"""How amounts compare with something else people have: losses, claims, another's amounts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.errors import DataError
from allocator.scenarios.amounts import amounts, ranked, scaled

__all__ = [
    "concentration_index",
    "distance_from_pro_rata",
    "largest_envy",
    "price_of_fairness",
]


def concentration_index(x: ArrayLike, by: ArrayLike) -> float:
    """Return the concentration index: Σ (2·r_i - n - 1)·x_i / (n·Σx), r the rank by `by`.

    Twice the area between the diagonal and the concentration curve; tied people share the middle
    of their ranks.

    Parameters
    ----------
    x : array_like, shape (n,)
        Amounts from 0.
    by : array_like, shape (n,)
        What people are ranked by, such as losses; any finite numbers.

    Returns
    -------
    float
        From -(1 - 1/n) (all goes to who ranks lowest) to 1 - 1/n (to who ranks highest), never
        farther from 0 than the Gini coefficient of x, which it is when ranked by x itself. 0 when
        all in x are equal or all 0, and when all in `by` are tied.

    Raises
    ------
    DataError
        If x is empty, negative or not finite, or `by` does not fit.

    References
    ----------
    Kakwani, Wagstaff & van Doorslaer, "Socioeconomic inequalities in health", Journal of
    Econometrics 77, 1997.

    Examples
    --------
    >>> concentration_index([0, 8], by=[10, 20]), concentration_index([8, 0], by=[10, 20])
    (0.5, -0.5)
    """
    values, starts, sizes = ranked(x, by)
    n = len(values)
    middles = starts + (sizes - 1) / 2.0 - (n - 1) / 2.0
    sums = np.add.reduceat(values, starts)
    return 2.0 * float(np.dot(middles, sums)) / (n * float(values.sum()))


def distance_from_pro_rata(awards: ArrayLike, claims: ArrayLike) -> float:
    """Return how far awards are from proportional: ½·Σ|award_i / Σ awards - claim_i / Σ claims|.

    It is the share of the money that would have to change hands to give everybody the same part of
    their claim: Hoover's index of the recoveries, people counted by their claims.

    Parameters
    ----------
    awards, claims : array_like, shape (n,)
        From 0, in any units.

    Returns
    -------
    float
        From 0 (proportional) to 1 (all goes to people without claims). Whoever has neither
        changes nothing, and so does splitting somebody into equal parts; 0 when nothing is
        awarded.

    Raises
    ------
    DataError
        If the arrays do not fit, are negative or not finite, or if all claims are 0 and something
        is awarded.

    References
    ----------
    Duncan & Duncan, "A methodological analysis of segregation indexes", American Sociological
    Review 20, 1955 (the index of dissimilarity).

    Examples
    --------
    >>> distance_from_pro_rata([1, 2], [100, 200]), distance_from_pro_rata([1, 1], [100, 300])
    (0.0, 0.25)
    """
    given, claimed = amounts(awards, "awards"), _paired(awards, claims, "claims")
    if not given.any():
        return 0.0
    if not claimed.any():
        raise DataError("all claims are 0, while something is awarded: nothing is pro rata then")
    given, claimed = scaled(given), scaled(claimed)
    return min(1.0, float(np.abs(given / given.sum() - claimed / claimed.sum()).sum()) / 2)


def price_of_fairness(fair: ArrayLike, efficient: ArrayLike) -> float:
    """Return the price of fairness: (Σ efficient - Σ fair) / Σ efficient.

    The share of the greatest total utility that a fair allocation gives up.

    Parameters
    ----------
    fair : array_like, shape (n,)
        Everybody's utility under the allocation, such as weight × award.
    efficient : array_like, shape (n,)
        The same under the allocation that makes the total largest.

    Returns
    -------
    float
        From 0 (nothing is given up) to 1 (everything); 0 when there is nothing to have. Negative
        if the second is not the largest after all: it is told, not hidden. Ties, zeros and order do
        not matter.

    Raises
    ------
    DataError
        If the arrays do not fit, or are negative or not finite.

    References
    ----------
    Bertsimas, Farias & Trichakis, "The price of fairness", Operations Research 59, 2011.

    Examples
    --------
    >>> price_of_fairness([3, 3], [8, 0])
    0.25
    """
    mine, best = amounts(fair, "utilities"), _paired(fair, efficient, "efficient utilities")
    if not mine.any() and not best.any():
        return 0.0
    if not best.any():
        raise DataError("the efficient utilities are all 0, while the fair ones are not")
    both = scaled(np.concatenate((mine, best)))
    total = float(both[len(mine) :].sum())
    return (total - float(both[: len(mine)].sum())) / total


def largest_envy(awards: ArrayLike, claims: ArrayLike | None = None) -> float:
    """Return the largest envy: max over i, j of claim_i·(award_j / claim_j) - award_i.

    How much more the most envious would have, if they recovered as large a part of their claim as
    whoever recovers the largest. Without claims all are entitled to the same, and it is the
    largest award less the smallest.

    Parameters
    ----------
    awards : array_like, shape (n,)
        From 0.
    claims : array_like, shape (n,), optional
        Entitlements from 0, in any unit.

    Returns
    -------
    float
        In the unit of the awards; 0 when awards are equal (proportional to claims, if given), all
        0 too. People with a claim of 0 envy nobody, and nobody envies what they get. Ties do not
        matter.

    Raises
    ------
    DataError
        If the arrays do not fit, or are negative or not finite.

    References
    ----------
    Foley, "Resource allocation and the public sector", 1967; with entitlements: Chakraborty,
    Igarashi, Suksompong & Zick, "Weighted envy-freeness in indivisible item allocation", ACM
    Transactions on Economics and Computation 9(3), 2021.

    Examples
    --------
    >>> largest_envy([5, 8]), largest_envy([5, 8], [10, 10]), largest_envy([5, 8], [10, 100])
    (3.0, 3.0, 42.0)
    """
    given = amounts(awards, "awards")
    if claims is None:
        return float(given.max() - given.min())
    claimed = _paired(awards, claims, "claims")
    given, claimed = given[claimed > 0], claimed[claimed > 0]
    if not len(given):
        return 0.0
    best = int(np.argmax(given / claimed))
    envy = claimed / claimed[best] * given[best] - given
    return max(0.0, float(envy.max()))


def _paired(x: ArrayLike, other: ArrayLike, name: str) -> NDArray[np.float64]:
    found, n = amounts(other, name), len(np.asarray(x))
    if len(found) != n:
        raise DataError(f"there are {len(found):,} {name} for {n:,} people")
    return found
