"""Estimated awards, brought into the order of claims: no more than noise is taken away."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

__all__ = ["in_order", "rising"]


def in_order(awards: Sequence[Fraction], claims: Sequence[int], parts: int) -> list[Fraction]:
    """Average awards of equal claims, and then whatever is out of the order of claims.

    First awards, then losses become the nearest ones (in squares) that rise with the claims.
    Awards in order stay so when losses follow: inside a block of averaged losses awards rise as
    claims do, and at its ends the first award only rises and the last only falls. Sums stay.

    Parameters
    ----------
    awards : sequence of Fraction, length n
        From 0 to the claims.
    claims : sequence of int, length n
        In ascending order.
    parts : int
        What of claims makes 1 of awards.

    Returns
    -------
    list of Fraction, length n

    References
    ----------
    Ayer, Brunk, Ewing, Reid & Silverman, "An empirical distribution function for sampling with
    incomplete information", Annals of Mathematical Statistics 26, 1955.

    Examples
    --------
    >>> in_order([Fraction(2), Fraction(1), Fraction(3)], [2, 3, 3], 1)
    [Fraction(2, 1), Fraction(2, 1), Fraction(2, 1)]
    """
    sizes = [len(list(same)) for _, same in groupby(claims)]
    starts = [sum(sizes[:k]) for k in range(len(sizes))]
    owed = [Fraction(claims[k], parts) for k in starts]
    mean = [
        sum(awards[k : k + size], Fraction(0)) / size for k, size in zip(starts, sizes, strict=True)
    ]
    up = rising(mean, sizes)
    losses = rising([c - a for c, a in zip(owed, up, strict=True)], sizes)
    kept = [c - loss for c, loss in zip(owed, losses, strict=True)]
    return [each for each, size in zip(kept, sizes, strict=True) for _ in range(size)]


def rising(values: Sequence[Fraction], sizes: Sequence[int]) -> list[Fraction]:
    """Return the nearest nondecreasing values: neighbors out of order share their average.

    Parameters
    ----------
    values : sequence of Fraction, length k
    sizes : sequence of int, length k
        How often each counts.

    Examples
    --------
    >>> [int(each) for each in rising([Fraction(4), Fraction(1), Fraction(9)], [1, 2, 1])]
    [2, 2, 9]
    """
    blocks: list[tuple[Fraction, int, int]] = []  # sum, size, how many values
    for value, size in zip(values, sizes, strict=True):
        total, weight, many = value * size, size, 1
        while blocks and blocks[-1][0] * weight > total * blocks[-1][1]:
            before = blocks.pop()
            total, weight, many = total + before[0], weight + before[1], many + before[2]
        blocks.append((total, weight, many))
    return [total / weight for total, weight, many in blocks for _ in range(many)]
