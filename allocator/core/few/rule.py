"""What the rules for few claimants have in common: exact fractions in, exact fractions out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, ClassVar

import numpy as np

from allocator.core.amounts import fractions, same_length
from allocator.core.exact import ExactProblem, solve_exactly
from allocator.core.rules import Rule, snake_case
from allocator.errors import DataError, InfeasibleError, UnsupportedError

__all__ = ["AnyRule", "Estimate", "FewRule", "claims_problem", "exact_awards", "whole_parts"]


@dataclass(frozen=True, eq=False)
class Estimate:
    """Awards of a rule for few claimants, and how far they may be off.

    Attributes
    ----------
    awards : list of Fraction, length n
        They add up to the budget exactly, estimated or not.
    margin : list of float, length n
        Half of each award's 95% confidence interval, or more; 0 where the awards are exact.
    samples : int
        How many orders of arrival were drawn; 0 when the awards are exact.
    """

    awards: list[Fraction]
    margin: list[float]
    samples: int

    @property
    def exact(self) -> bool:
        """Whether the awards are the rule's, and no estimate."""
        return not self.samples


class FewRule(ABC):
    """A claims rule that is no function of one level: it knows claims and a budget, nothing else.

    Awards are exact fractions; their whole units are largest remainders (see `divide`), so that
    neither monotonicity in the budget nor consistency holds to the unit.

    Attributes
    ----------
    min_claimants, max_claimants : int
        With fewer or more, the rule refuses: exact fractions would take too long.
    instead : str
        What to choose then.
    """

    min_claimants: ClassVar[int] = 0
    max_claimants: ClassVar[int] = 10_000
    instead: ClassVar[str] = "a rule with a level, such as proportional or talmud"

    @property
    def name(self) -> str:
        """The class name in snake case, as in `divide`."""
        return snake_case(type(self).__name__)

    def awards(self, problem: ExactProblem) -> list[Fraction]:
        """Divide the budget in exact fractions.

        Parameters
        ----------
        problem : ExactProblem
            Claims are the only caps, and there are no floors and no weights.

        Returns
        -------
        list of Fraction, length n

        Raises
        ------
        DataError
            If there are no claims, or there are weights, floors or other caps.
        InfeasibleError
            If the budget is above the sum of claims.
        UnsupportedError
            If there are more claimants than the rule can do.
        """
        self._check(problem)
        return self._awards(list(problem.claims), problem.budget) if len(problem) else []

    def estimate(self, budget: Any, claims: Any) -> Estimate:
        """Divide a budget, and say whether the awards are exact or how far they may be off.

        Parameters
        ----------
        budget : number or text
        claims : array_like, shape (n,)

        Returns
        -------
        Estimate

        Raises
        ------
        DataError, InfeasibleError, UnsupportedError
            As `awards` does.
        """
        problem = claims_problem(budget, claims)
        self._check(problem)
        if not len(problem):
            return Estimate([], [], 0)
        return self._estimate(list(problem.claims), problem.budget)

    def _estimate(self, claims: list[Fraction], budget: Fraction) -> Estimate:
        return Estimate(self._awards(claims, budget), [0.0] * len(claims), 0)

    def _check(self, problem: ExactProblem) -> None:
        """Refuse what is no plain claims problem, or too large."""
        claims = problem.claims
        if claims is None:
            raise DataError(f"{self.name} needs claims")
        if problem.weights is not None:
            raise DataError(f"{self.name} takes no weights: it knows claims and a budget")
        if any(problem.lower) or any(problem.upper != claims):
            raise DataError(
                f"{self.name} takes no floors, and no caps but the claims: the rules that do are "
                "those with a level, such as proportional or talmud"
            )
        total = sum(claims)
        if problem.budget > total:
            raise InfeasibleError(
                f"the budget of {problem.budget} is above the sum of claims, {total}: lower the "
                "budget or raise the claims",
                {"budget": problem.budget, "sum_of_claims": total},
            )
        self._check_size(len(problem))

    def _check_size(self, n: int) -> None:
        if n > self.max_claimants:
            raise UnsupportedError(
                f"{self.name} takes up to {self.max_claimants:,} claimants, not {n:,}: for more, "
                f"choose {self.instead}"
            )

    @abstractmethod
    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        """Divide a budget of at most the sum of claims."""


AnyRule = Rule | FewRule


def claims_problem(budget: Any, claims: Any) -> ExactProblem:
    """Return the plain claims problem, in exact fractions.

    Parameters
    ----------
    budget : number or text
    claims : array_like, shape (n,)
        Floats are their shortest decimals.

    Returns
    -------
    ExactProblem

    Raises
    ------
    DataError
        If an amount is negative, not finite or no number.

    Examples
    --------
    >>> claims_problem(1, [0.5, "2"]).claims.tolist()
    [Fraction(1, 2), Fraction(2, 1)]
    """
    owed = fractions("claims", claims)
    same_length({"claims": owed})
    floors = np.full(len(owed), Fraction(0), dtype=object)
    return ExactProblem(fractions("the budget", budget).item(), floors, owed, claims=owed)


def exact_awards(problem: ExactProblem, rule: AnyRule) -> list[Fraction]:
    """Divide by a rule of either kind, in exact fractions.

    Parameters
    ----------
    problem : ExactProblem
    rule : Rule or FewRule

    Returns
    -------
    list of Fraction, length n

    Raises
    ------
    DataError, InfeasibleError, UnsupportedError
        As the rule does.

    Examples
    --------
    >>> from allocator.core.claims import ConstrainedEqualAwards
    >>> exact_awards(claims_problem(3, [1, 4]), ConstrainedEqualAwards())
    [Fraction(1, 1), Fraction(2, 1)]
    """
    return rule.awards(problem) if isinstance(rule, FewRule) else solve_exactly(problem, rule)


def whole_parts(amounts: Sequence[Fraction]) -> tuple[list[int], int]:
    """Return amounts as counts of their largest common part, and how many parts make 1.

    Examples
    --------
    >>> whole_parts([Fraction(1, 2), Fraction(4, 3)])
    ([3, 8], 6)
    """
    parts = lcm(*(amount.denominator for amount in amounts))
    return [amount.numerator * (parts // amount.denominator) for amount in amounts], parts
