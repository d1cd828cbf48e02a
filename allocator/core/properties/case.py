"""What a property is checked on: a small claims problem, and what changes in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from allocator.core.few.rule import AnyRule, claims_problem, exact_awards

__all__ = ["Awards", "Case", "Check", "Divide", "More", "Property", "divider"]

Awards = list[Fraction]
Divide = Callable[[Sequence[Fraction | int], Fraction | int], Awards]


@dataclass(frozen=True)
class Case:
    """A claims problem in whole numbers, and what a property asks besides.

    Attributes
    ----------
    claims : tuple of int
    budget : int
        At most the sum of claims.
    more : tuple of int
        What changes: another budget, positions, an amount. Each property says what it reads.
    """

    claims: tuple[int, ...]
    budget: int
    more: tuple[int, ...] = ()


Check = Callable[[Divide, Case], bool]
More = Callable[[Random, tuple[int, ...], int], tuple[int, ...]]


@dataclass(frozen=True)
class Property:
    """A property of rules: a definition in words, and a check of it on one case.

    Attributes
    ----------
    check : callable
        check(divide, case): whether the rule has the property in this case. Its name is the
        property's, its docstring the definition.
    more : callable
        more(random, claims, budget): draw what changes.
    reads : str
        What that is, for messages.
    resizes : bool
        Whether the number of claimants changes.
    money : tuple of int
        Where amounts stand in that.
    """

    check: Check
    more: More
    reads: str = ""
    resizes: bool = False
    money: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The name, in snake case."""
        return self.check.__name__

    @property
    def definition(self) -> str:
        """What the property says, in a sentence."""
        return " ".join((self.check.__doc__ or "").split())

    def scaled(self, case: Case, by: int) -> Case:
        """Return the case with all of its amounts multiplied.

        Parameters
        ----------
        case : Case
        by : int
            At least 1.

        Returns
        -------
        Case
        """
        more = tuple(by * x if i in self.money else x for i, x in enumerate(case.more))
        return Case(tuple(by * claim for claim in case.claims), by * case.budget, more)

    def draw(self, random: Random, size: int | None = None) -> Case:
        """Draw a small case, degenerate on purpose: ties, zeros, budgets at the ends.

        Parameters
        ----------
        random : random.Random
        size : int, optional
            How many claimants; 2 to 4 when not given.

        Returns
        -------
        Case
        """
        n = size or random.choice((2, 3, 3, 4))
        most = random.choice((2, 5, 10))
        claims = tuple(random.randint(0, most) for _ in range(n))
        budget = random.randint(0, sum(claims))
        return Case(claims, budget, self.more(random, claims, budget))


def divider(rule: AnyRule) -> Divide:
    """Return the rule as a function of claims and a budget, in exact fractions.

    Parameters
    ----------
    rule : Rule or FewRule

    Returns
    -------
    callable

    Examples
    --------
    >>> from allocator.core.claims import Talmud
    >>> divider(Talmud())([100, 200], 100)
    [Fraction(50, 1), Fraction(50, 1)]
    """
    return lambda claims, budget: exact_awards(claims_problem(budget, list(claims)), rule)
