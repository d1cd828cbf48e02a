"""Rules of few claimants that are a formula, or a sort and a sum."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from allocator.core.claims import ConstrainedEqualAwards, ConstrainedEqualLosses
from allocator.core.exact import solve_exactly
from allocator.core.few.rule import FewRule, claims_problem
from allocator.errors import UnsupportedError

__all__ = [
    "AdjustedProportional",
    "AlphaMin",
    "AverageOfEqualAwardsAndLosses",
    "ConcedeAndDivide",
    "MinimalOverlap",
]

HALF = Fraction(1, 2)


@dataclass(frozen=True)
class ConcedeAndDivide(FewRule):
    """Of two claimants, each concedes what they do not claim; the rest is divided equally.

    Its own dual. For two claimants only: `Talmud`, `RandomArrival`, `MinimalOverlap`,
    `AdjustedProportional` and `AverageOfAwards` all continue it to more.

    Raises
    ------
    UnsupportedError
        If there are not exactly two claimants.

    References
    ----------
    Mishnah, Bava Metzia 2a; Aumann & Maschler, "Game theoretic analysis of a bankruptcy problem
    from the Talmud", Journal of Economic Theory 36, 1985.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(100, claims=[100, 50], rule="concede_and_divide").tolist()
    [75.0, 25.0]
    """

    min_claimants: ClassVar[int] = 2
    max_claimants: ClassVar[int] = 2
    instead: ClassVar[str] = (
        "talmud, random_arrival, minimal_overlap, adjusted_proportional or average_of_awards, "
        "which continue it to more"
    )

    def _check_size(self, n: int) -> None:
        if n != 2:
            raise UnsupportedError(
                f"concede_and_divide is for exactly two claimants, not {n:,}: choose {self.instead}"
            )

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        conceded = [max(Fraction(0), budget - claims[1 - i]) for i in (0, 1)]
        contested = budget - sum(conceded)
        return [own + contested / 2 for own in conceded]


@dataclass(frozen=True)
class AdjustedProportional(FewRule):
    """First what all others concede; the rest in proportion to what is left of claims, truncated.

    A claimant's minimal right is what remains when all others are paid in full; claims are reduced
    by it, and truncated at what is then left to divide. Its own dual.

    References
    ----------
    Curiel, Maschler & Tijs, "Bankruptcy games", Zeitschrift für Operations Research 31, 1987.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(200, claims=[100, 200, 300], rule="adjusted_proportional").tolist()
    [40.0, 80.0, 80.0]
    """

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        total = sum(claims)
        rights = [max(Fraction(0), budget - (total - claim)) for claim in claims]
        left = budget - sum(rights)
        open_ = [min(c - right, left) for c, right in zip(claims, rights, strict=True)]
        share = left / sum(open_) if left else Fraction(0)
        return [right + c * share for right, c in zip(rights, open_, strict=True)]


@dataclass(frozen=True)
class MinimalOverlap(FewRule):
    """Claims are laid on parts of the budget so that they overlap least; claimants share a part.

    Every part is divided equally among those who claim it. When somebody claims all there is, the
    claims are nested, as with Ibn Ezra; otherwise parts are claimed by one person alone, until
    the rest is claimed whole by all who claim more than it. Its dual has no name of its own.

    References
    ----------
    O'Neill, "A problem of rights arbitration from the Talmud", Mathematical Social Sciences 2,
    1982; Thomson, "Axiomatic and game-theoretic analysis of bankruptcy and taxation problems: a
    survey", Mathematical Social Sciences 45, 2003.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(120, claims=[30, 40, 60, 120], rule="minimal_overlap").round(2).tolist()
    [7.5, 10.83, 20.83, 80.83]
    """

    max_claimants: ClassVar[int] = 1_000

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        claims = [min(claim, budget) for claim in claims]
        ranked = sorted(claims)
        shared = _shared(ranked, budget) if budget > ranked[-1] else budget
        sizes = sorted({min(claim, shared) for claim in claims})
        worth, before, passed, seen = {}, Fraction(0), Fraction(0), 0
        for size in sizes:  # a part from the last size to this one, among all who claim it
            passed += (size - before) / (len(claims) - seen)
            worth[size], before = passed, size
            while seen < len(ranked) and ranked[seen] <= size:
                seen += 1
        return [worth[min(c, shared)] + max(Fraction(0), c - shared) for c in claims]


def _shared(ranked: list[Fraction], budget: Fraction) -> Fraction:
    """Return the t with Σ max(0, claim - t) = budget - t, of sorted claims below the budget."""
    above, count = sum(ranked), len(ranked)
    # The sum falls from claim to claim, and is below at the last but one.
    for claim in ranked:
        shared = (above - budget) / (count - 1)
        if shared <= claim:
            break
        above, count = above - claim, count - 1
    return shared


@dataclass(frozen=True)
class AlphaMin(FewRule):
    """Everybody gets the smallest claim; the rest is in proportion to what is left of claims.

    When the budget does not pay everybody the smallest claim, it is divided equally. Its dual has
    no name of its own.

    References
    ----------
    Giménez-Gómez & Peris, "A proportional approach to claims problems with a guaranteed minimum",
    European Journal of Operational Research 232, 2014.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(360, claims=[100, 200, 300], rule="alpha_min").tolist()
    [100.0, 120.0, 140.0]
    """

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        least = min(min(claims), budget / len(claims))
        above = sum(claims) - len(claims) * least
        share = (budget - len(claims) * least) / above if above else Fraction(0)
        return [least + (claim - least) * share for claim in claims]


@dataclass(frozen=True)
class AverageOfEqualAwardsAndLosses(FewRule):
    """Half of what `ConstrainedEqualAwards` gives and half of what `ConstrainedEqualLosses` gives.

    Its own dual.

    References
    ----------
    Thomson & Yeh, "Operators for the adjudication of conflicting claims", Journal of Economic
    Theory 143, 2008, for averages of rules.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(150, claims=[20, 100, 150], rule="average_of_equal_awards_and_losses").tolist()
    [10.0, 57.5, 82.5]
    """

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        problem = claims_problem(budget, claims)
        both = (ConstrainedEqualAwards(), ConstrainedEqualLosses())
        equal = [solve_exactly(problem, rule) for rule in both]
        return [(a + b) * HALF for a, b in zip(*equal, strict=True)]
