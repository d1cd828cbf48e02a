"""The average of all awards: the center of the polytope of what could be awarded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from allocator.core.few.rule import FewRule, whole_parts

__all__ = ["AverageOfAwards"]


@dataclass(frozen=True)
class AverageOfAwards(FewRule):
    """The average of all awards from 0 to the claims that add up to the budget: their centroid.

    Volume and moments are sums over all sets of claimants, in integers. Its own dual.

    References
    ----------
    Mirás Calvo, Quinteiro Sandomingo & Sánchez-Rodríguez, "The average-of-awards rule for claims
    problems", Social Choice and Welfare 59, 2022. The sums: a polytope's Laplace transform.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(200, claims=[100, 200, 300], rule="average_of_awards").round(3).tolist()
    [44.444, 77.778, 77.778]
    """

    max_claimants: ClassVar[int] = 14

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        (total, *owed), parts = whole_parts([budget, *claims])
        m = sum(claim > 0 for claim in owed)
        if total == sum(owed) or m == 1 or not total:
            return [min(claim, budget) for claim in claims]
        positive = [claim for claim in owed if claim]
        volume = _volume(positive, total, m - 1)  # times (m-1)!
        moment = Fraction(_volume(positive, total, m), m)
        centers = {0: Fraction(0)}
        for claim in set(positive):
            others = positive.copy()
            others.remove(claim)
            beyond = claim * _volume(others, total - claim, m - 1)
            centers[claim] = (moment - beyond) / (volume * parts)
        return [centers[claim] for claim in owed]


def _volume(claims: Iterable[int], budget: int, power: int) -> int:
    """Return Σ (-1)^|S| max(0, budget - claims of S)^power over all sets S of claimants."""
    signs = {0: 1} if budget > 0 else {}
    for claim in claims:
        for total, sign in list(signs.items()):
            if total + claim < budget:
                signs[total + claim] = signs.get(total + claim, 0) - sign
    return sum(sign * (budget - total) ** power for total, sign in signs.items())
