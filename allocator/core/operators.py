"""Operators on claims rules: a rule in, a rule out.

Each answers in exact fractions, for a rule of either kind; `divide` takes them as any rule for few
claimants. Truncation and minimal rights first are dual: ``Dual(Truncated(rule))`` is
``MinimalRightsFirst(Dual(rule))``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from allocator.core.few.rule import AnyRule, FewRule, claims_problem, exact_awards

__all__ = ["Dual", "MinimalRightsFirst", "Truncated"]


@dataclass(frozen=True)
class Dual(FewRule):
    """Divides what is lacking as the rule divides what there is: claim - rule(Σ claims - budget).

    The dual of the dual is the rule itself.

    Parameters
    ----------
    rule : Rule or FewRule
        Without weights or amounts of its own.

    References
    ----------
    Aumann & Maschler, "Game theoretic analysis of a bankruptcy problem from the Talmud", Journal
    of Economic Theory 36, 1985; Thomson & Yeh, "Operators for the adjudication of conflicting
    claims", Journal of Economic Theory 143, 2008.

    Examples
    --------
    >>> from allocator.core.claims import ConstrainedEqualAwards
    >>> from allocator.core.divide import divide
    >>> divide(150, claims=[20, 100, 150], rule=Dual(ConstrainedEqualAwards())).tolist()
    [0.0, 50.0, 100.0]
    """

    rule: AnyRule

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        losses = exact_awards(claims_problem(sum(claims) - budget, claims), self.rule)
        return [claim - loss for claim, loss in zip(claims, losses, strict=True)]


@dataclass(frozen=True)
class Truncated(FewRule):
    """Nobody's claim counts above the budget: rule(min(claim, budget)).

    Parameters
    ----------
    rule : Rule or FewRule
        Without weights or amounts of its own.

    References
    ----------
    Dagan & Volij, "The bankruptcy problem: a cooperative bargaining approach", Mathematical Social
    Sciences 26, 1993; Thomson & Yeh, "Operators for the adjudication of conflicting claims",
    Journal of Economic Theory 143, 2008.

    Examples
    --------
    >>> from allocator.core.claims import Proportional
    >>> from allocator.core.divide import divide
    >>> divide(200, claims=[100, 200, 300], rule=Truncated(Proportional())).tolist()
    [40.0, 80.0, 80.0]
    """

    rule: AnyRule

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        truncated = [min(claim, budget) for claim in claims]
        return exact_awards(claims_problem(budget, truncated), self.rule)


@dataclass(frozen=True)
class MinimalRightsFirst(FewRule):
    """First what remains for each when all others are paid in full; the rest by the rule.

    Parameters
    ----------
    rule : Rule or FewRule
        Without weights or amounts of its own.

    References
    ----------
    Curiel, Maschler & Tijs, "Bankruptcy games", Zeitschrift für Operations Research 31, 1987;
    Thomson & Yeh, "Operators for the adjudication of conflicting claims", Journal of Economic
    Theory 143, 2008.

    Examples
    --------
    >>> from allocator.core.claims import Proportional
    >>> from allocator.core.divide import divide
    >>> divide(80, claims=[30, 60], rule=MinimalRightsFirst(Proportional())).tolist()
    [25.0, 55.0]
    """

    rule: AnyRule

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        total = sum(claims)
        rights = [max(Fraction(0), budget - (total - claim)) for claim in claims]
        open_ = [claim - right for claim, right in zip(claims, rights, strict=True)]
        rest = exact_awards(claims_problem(budget - sum(rights), open_), self.rule)
        return [right + more for right, more in zip(rights, rest, strict=True)]
