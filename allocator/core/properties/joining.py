"""Properties of what happens when claimants come, leave, merge, split or pass claims on."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from allocator.core.properties.case import Case, Divide, Property
from allocator.core.properties.comparing import nothing

__all__ = ["JOINING"]


def population_monotonicity(divide: Divide, case: Case) -> bool:
    """When somebody joins and the budget stays, nobody who was there gets more."""
    *old, _ = case.claims
    budget = min(case.budget, sum(old))
    before, after = divide(old, budget), divide(case.claims, budget)
    return all(a <= b for a, b in zip(after, before, strict=False))


def linked_population_monotonicity(divide: Divide, case: Case) -> bool:
    """When somebody joins and the budget grows by their claim, nobody who was there gets less."""
    *old, claim = case.claims
    budget = min(case.budget, sum(old))
    before, after = divide(old, budget), divide(case.claims, budget + claim)
    return all(a >= b for a, b in zip(after, before, strict=False))


def consistency(divide: Divide, case: Case) -> bool:
    """When some leave with their awards, those who stay divide what is left as before."""
    x = divide(case.claims, case.budget)
    stay = [x[i] for i in case.more]
    return divide([case.claims[i] for i in case.more], sum(stay)) == stay


def null_claims_consistency(divide: Divide, case: Case) -> bool:
    """Whoever claims nothing can leave without changing the awards of others."""
    x = divide((*case.claims, 0), case.budget)
    return divide(case.claims, case.budget) == x[:-1]


def no_advantageous_transfer(divide: Divide, case: Case) -> bool:
    """Nobody gains, taken together, by passing a part of one's claim to the other."""
    giver, taker, amount = case.more
    moved = list(case.claims)
    amount = min(amount, moved[giver])
    moved[giver] -= amount
    moved[taker] += amount
    x, y = divide(case.claims, case.budget), divide(moved, case.budget)
    return y[giver] + y[taker] <= x[giver] + x[taker]


def no_advantageous_merging(divide: Divide, case: Case) -> bool:
    """Nobody gains, taken together, by presenting two claims as one."""
    apart, merged = _merged(divide, case)
    return merged <= apart


def no_advantageous_splitting(divide: Divide, case: Case) -> bool:
    """Nobody gains by presenting one claim as two."""
    apart, merged = _merged(divide, case)
    return apart <= merged


def _merged(divide: Divide, case: Case) -> tuple[Fraction, Fraction]:
    """Return what the last two get together, apart and merged."""
    *others, first, second = case.claims
    apart = divide(case.claims, case.budget)
    return apart[-2] + apart[-1], divide([*others, first + second], case.budget)[-1]


def _members(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:  # noqa: ARG001
    n = len(claims)
    return tuple(sorted(random.sample(range(n), random.randint(1, n))))


def _gift(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:  # noqa: ARG001
    giver, taker = random.sample(range(len(claims)), 2)
    return giver, taker, random.randint(1, 5)


JOINING = (
    Property(population_monotonicity, nothing, resizes=True),
    Property(linked_population_monotonicity, nothing, resizes=True),
    Property(consistency, _members, "the positions who stay", resizes=True),
    Property(null_claims_consistency, nothing, resizes=True),
    Property(no_advantageous_transfer, _gift, "giver, taker and amount", money=(2,)),
    Property(no_advantageous_merging, nothing, resizes=True),
    Property(no_advantageous_splitting, nothing, resizes=True),
)
