"""Properties that compare claimants within one problem, or bound what each gets."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

from allocator.core.properties.case import Case, Divide, Property

__all__ = ["COMPARING", "nothing"]


def nothing(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:  # noqa: ARG001
    """Draw nothing: the problem is all there is to the case."""
    return ()


def _pairs(case: Case, holds: Callable[[int, int], bool]) -> bool:
    """Whether something holds of i and j whenever the claim of i is at most that of j."""
    c = case.claims
    return all(holds(i, j) for i in range(len(c)) for j in range(len(c)) if c[i] <= c[j])


def equal_treatment(divide: Divide, case: Case) -> bool:
    """Equal claims get equal awards."""
    x = divide(case.claims, case.budget)
    return _pairs(case, lambda i, j: case.claims[i] < case.claims[j] or x[i] == x[j])


def order_of_awards(divide: Divide, case: Case) -> bool:
    """Of two claims, the larger gets at least as much."""
    x = divide(case.claims, case.budget)
    return _pairs(case, lambda i, j: x[i] <= x[j])


def order_of_losses(divide: Divide, case: Case) -> bool:
    """Of two claims, the larger loses at least as much."""
    x, c = divide(case.claims, case.budget), case.claims
    return _pairs(case, lambda i, j: c[i] - x[i] <= c[j] - x[j])


def progressive(divide: Divide, case: Case) -> bool:
    """Of two claims, the larger gets at least the same share of itself."""
    x, c = divide(case.claims, case.budget), case.claims
    return _pairs(case, lambda i, j: x[i] * c[j] <= x[j] * c[i])


def regressive(divide: Divide, case: Case) -> bool:
    """Of two claims, the larger gets at most the same share of itself."""
    x, c = divide(case.claims, case.budget), case.claims
    return _pairs(case, lambda i, j: x[i] * c[j] >= x[j] * c[i])


def lower_bound_on_awards(divide: Divide, case: Case) -> bool:
    """Of n claimants, each gets at least 1/n of the claim, truncated at the budget."""
    x, n = divide(case.claims, case.budget), len(case.claims)
    return all(n * a >= min(c, case.budget) for a, c in zip(x, case.claims, strict=True))


def lower_bound_on_losses(divide: Divide, case: Case) -> bool:
    """Of n claimants, each loses at least 1/n of the claim, truncated at what is lacking."""
    x, n = divide(case.claims, case.budget), len(case.claims)
    lack = sum(case.claims) - case.budget
    return all(n * (c - a) >= min(c, lack) for a, c in zip(x, case.claims, strict=True))


def equal_division_lower_bound(divide: Divide, case: Case) -> bool:
    """Everybody gets at least an equal share of the budget, or the claim when that is less."""
    x = divide(case.claims, case.budget)
    share = Fraction(case.budget, len(case.claims))
    return all(a >= min(Fraction(c), share) for a, c in zip(x, case.claims, strict=True))


def conditional_full_compensation(divide: Divide, case: Case) -> bool:
    """Whose claim could be paid to all, or their own claims if less, is paid in full."""
    x = divide(case.claims, case.budget)
    return all(
        a == c
        for a, c in zip(x, case.claims, strict=True)
        if sum(min(c, other) for other in case.claims) <= case.budget
    )


def conditional_null_compensation(divide: Divide, case: Case) -> bool:
    """Whose claim all could lose, or their own claims if less, within what is lacking gets none."""
    x = divide(case.claims, case.budget)
    lack = sum(case.claims) - case.budget
    return all(
        a == 0
        for a, c in zip(x, case.claims, strict=True)
        if sum(min(c, other) for other in case.claims) <= lack
    )


def midpoint(divide: Divide, case: Case) -> bool:
    """When the budget is half of the sum of claims, everybody gets half of the claim."""
    x = divide(case.claims, Fraction(sum(case.claims), 2))
    return all(2 * a == c for a, c in zip(x, case.claims, strict=True))


COMPARING = tuple(
    Property(check, nothing)
    for check in (
        equal_treatment,
        order_of_awards,
        order_of_losses,
        progressive,
        regressive,
        lower_bound_on_awards,
        lower_bound_on_losses,
        equal_division_lower_bound,
        conditional_full_compensation,
        conditional_null_compensation,
        midpoint,
    )
)
