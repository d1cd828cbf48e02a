"""Properties of what happens when the budget, a claim, or the scale of a problem changes."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from random import Random

from allocator.core.properties.case import Awards, Case, Divide, Property
from allocator.core.properties.comparing import nothing

__all__ = ["CHANGING"]

STEP = Fraction(1, 10**9)  # what continuity changes
JUMP = Fraction(1, 10**3)  # what it calls a jump; the problems are whole numbers up to 10


def _below(first: Awards, second: Awards) -> bool:
    return all(a <= b for a, b in zip(first, second, strict=True))


def anonymity(divide: Divide, case: Case) -> bool:
    """Awards depend on claims, not on who has them."""
    x = divide(case.claims, case.budget)
    moved = divide([case.claims[i] for i in case.more], case.budget)
    return moved == [x[i] for i in case.more]


def homogeneity(divide: Divide, case: Case) -> bool:
    """When claims and budget are counted in another currency, awards are the same money."""
    rate = Fraction(*case.more)
    x = divide(case.claims, case.budget)
    return divide([rate * c for c in case.claims], rate * case.budget) == [rate * a for a in x]


def continuity(divide: Divide, case: Case) -> bool:
    """Small changes of claims or budget change awards by little."""
    budget_moves, *moves = case.more
    claims = [max(Fraction(0), c + STEP * m) for c, m in zip(case.claims, moves, strict=True)]
    budget = min(max(Fraction(0), case.budget + STEP * budget_moves), sum(claims))
    near = divide(claims, budget)
    return all(
        abs(a - b) < JUMP for a, b in zip(divide(case.claims, case.budget), near, strict=True)
    )


def endowment_monotonicity(divide: Divide, case: Case) -> bool:
    """When there is more to divide, nobody gets less."""
    (more,) = case.more
    return _below(divide(case.claims, case.budget), divide(case.claims, more))


def order_of_endowment_gains(divide: Divide, case: Case) -> bool:
    """When there is more to divide, the larger of two claims gains at least as much."""
    (more,) = case.more
    before, after = divide(case.claims, case.budget), divide(case.claims, more)
    gains = sorted(
        (c, b - a) for c, a, b in zip(case.claims, before, after, strict=True)
    )  # equal claims in the order of their gains: unequal treatment is another property
    return all(g <= h for (_, g), (_, h) in pairwise(gains))


def claim_monotonicity(divide: Divide, case: Case) -> bool:
    """Whose claim grows does not get less."""
    who, by = case.more
    grown = [c + by * (i == who) for i, c in enumerate(case.claims)]
    return divide(case.claims, case.budget)[who] <= divide(grown, case.budget)[who]


def linked_claim_monotonicity(divide: Divide, case: Case) -> bool:
    """When a claim and the budget grow by the same amount, the award grows by no more."""
    who, by = case.more
    grown = [c + by * (i == who) for i, c in enumerate(case.claims)]
    return divide(grown, case.budget + by)[who] <= divide(case.claims, case.budget)[who] + by


def composition_down(divide: Divide, case: Case) -> bool:
    """When there is less than was promised, dividing by promises is dividing by claims."""
    (less,) = case.more
    return divide(divide(case.claims, case.budget), less) == divide(case.claims, less)


def composition_up(divide: Divide, case: Case) -> bool:
    """When a budget comes in two parts, the second is divided by what the first left of claims."""
    (less,) = case.more
    first = divide(case.claims, less)
    rest = divide([c - a for c, a in zip(case.claims, first, strict=True)], case.budget - less)
    return [a + b for a, b in zip(first, rest, strict=True)] == divide(case.claims, case.budget)


def self_duality(divide: Divide, case: Case) -> bool:
    """Losses are what awards would be if what is lacking were there to divide."""
    losses = divide(case.claims, sum(case.claims) - case.budget)
    left = [c - loss for c, loss in zip(case.claims, losses, strict=True)]
    return divide(case.claims, case.budget) == left


def truncation_invariance(divide: Divide, case: Case) -> bool:
    """Nothing that a claim is above the budget matters."""
    truncated = [min(c, case.budget) for c in case.claims]
    return divide(truncated, case.budget) == divide(case.claims, case.budget)


def minimal_rights_first(divide: Divide, case: Case) -> bool:
    """Whatever remains for each when all others are paid in full can be handed out first."""
    total = sum(case.claims)
    rights = [max(0, case.budget - (total - c)) for c in case.claims]
    rest = divide(
        [c - r for c, r in zip(case.claims, rights, strict=True)], case.budget - sum(rights)
    )
    return [r + a for r, a in zip(rights, rest, strict=True)] == divide(case.claims, case.budget)


def _order(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:  # noqa: ARG001
    return tuple(random.sample(range(len(claims)), len(claims)))


def _rate(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:  # noqa: ARG001
    return random.randint(1, 9), random.randint(1, 9)


def _moves(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:  # noqa: ARG001
    return tuple(random.randint(-1, 1) for _ in range(len(claims) + 1))


def _larger(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:
    return (random.randint(budget, sum(claims)),)


def _smaller(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:  # noqa: ARG001
    return (random.randint(0, budget),)


def _growth(random: Random, claims: tuple[int, ...], budget: int) -> tuple[int, ...]:  # noqa: ARG001
    return random.randrange(len(claims)), random.randint(1, 5)


CHANGING = (
    Property(anonymity, _order, "the new order"),
    Property(homogeneity, _rate, "the rate"),
    Property(continuity, _moves, "the directions of budget and claims"),
    Property(endowment_monotonicity, _larger, "the larger budget", money=(0,)),
    Property(order_of_endowment_gains, _larger, "the larger budget", money=(0,)),
    Property(claim_monotonicity, _growth, "the position and the growth", money=(1,)),
    Property(linked_claim_monotonicity, _growth, "the position and the growth", money=(1,)),
    Property(composition_down, _smaller, "the smaller budget", money=(0,)),
    Property(composition_up, _smaller, "the smaller budget", money=(0,)),
    Property(self_duality, nothing),
    Property(truncation_invariance, nothing),
    Property(minimal_rights_first, nothing),
)
