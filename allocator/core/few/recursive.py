"""The rule of Dominguez and Thomson, a recursion that is followed to its end."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from allocator.core.few.rule import FewRule, whole_parts

__all__ = ["DominguezThomson"]

NEGLIGIBLE = 200  # what is left of the budget is at most 2**-200 of it when the recursion is cut


@dataclass(frozen=True)
class DominguezThomson(FewRule):
    """Everybody gets 1/n of the claim, truncated at the budget; and so on with what is left.

    The sum of the steps is exact: once all claims that are left are above what is left of the
    budget, that is divided equally. In the rare case that this does not happen before 2**-200 of
    the budget is left (claims that differ by factors of hundreds), that is divided equally, too,
    or as far as claims go. Its dual has no name of its own.

    References
    ----------
    Dominguez & Thomson, "A new solution to the problem of adjudicating conflicting claims",
    Economic Theory 28, 2006.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(120, claims=[60, 120], rule="dominguez_thomson").tolist()
    [45.0, 75.0]
    """

    max_claimants: ClassVar[int] = 100

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        if budget == sum(claims):
            return claims
        (left, *owed), parts = whole_parts([budget, *claims])
        n = len(owed)
        paid = [0] * n
        scale, whole = parts, left  # everything counts parts of 1/scale
        while any(0 < claim < left for claim in owed) and left << NEGLIGIBLE > whole:
            owed = [min(claim, left) for claim in owed]
            paid = [n * x + claim for x, claim in zip(paid, owed, strict=True)]
            left = n * left - sum(owed)
            owed = [(n - 1) * claim for claim in owed]
            scale, whole = n * scale, n * whole
        awards = [Fraction(x, scale) for x in paid]
        rest, open_ = Fraction(left, scale), [Fraction(claim, scale) for claim in owed]
        return [a + b for a, b in zip(awards, _equal(open_, rest), strict=True)]


def _equal(claims: list[Fraction], budget: Fraction) -> list[Fraction]:
    """Divide equally, to nobody more than the claim."""
    left, count, level = budget, len(claims), Fraction(0)
    for claim in sorted(claims):
        level = left / count
        if claim >= level:
            break
        left, count = left - claim, count - 1
    return [min(claim, level) for claim in claims]
