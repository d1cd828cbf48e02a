"""What is divided: programs of any size, from benign to pathological.

A severity is a function of (number of users, random generator) to losses in cents and weights.
Bounds and budget are those of the announced program: $4 to $6,000, no more than the loss, and the
budget per user that $300 million are for 1.7 million users.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from allocator.core.problem import Problem

__all__ = ["HARD", "SEVERITIES", "Instance", "make"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PROGRAM_USERS = 1_700_000
PROGRAM_BUDGET = 30_000_000_000  # cents
FLOOR = 400
CAP = 600_000
SEED = 20251010


@dataclass(frozen=True, eq=False)
class Instance:
    """One problem, in cents.

    Attributes
    ----------
    name : str
        Its severity.
    budget : int
    lower, upper : ndarray of int64, shape (n,)
    weights : ndarray of float64, shape (n,)
    """

    name: str
    budget: int
    lower: Ints
    upper: Ints
    weights: Floats

    def __len__(self) -> int:
        return len(self.weights)

    def whole(self) -> Problem:
        """Return the problem in whole cents."""
        return Problem(self.budget, self.lower, self.upper, self.weights)

    def fractional(self) -> Problem:
        """Return the problem in real numbers, still counted in cents."""
        return Problem(float(self.budget), self.lower * 1.0, self.upper * 1.0, self.weights)

    def capped(self) -> Instance:
        """Return the instance with a budget that is one cent short of everybody's cap."""
        return replace(self, name="all capped but a cent", budget=int(self.upper.sum()) - 1)

    def shuffled(self, order: Ints) -> Problem:
        """Return the whole-cent problem with its rows in another order and the ids they had."""
        lower, upper, weights = (a[order] for a in (self.lower, self.upper, self.weights))
        return Problem(self.budget, lower, upper, weights, ids=order.tolist())


def make(severity: str, n: int) -> Instance:
    """Make the problem of n users of a severity; always the same one.

    Examples
    --------
    >>> len(make("program", 1000)), make("program", 1000).budget
    (1000, 17647058)
    """
    losses, weights = SEVERITIES[severity](n, np.random.default_rng(SEED))
    budget = PROGRAM_BUDGET * n // PROGRAM_USERS
    return Instance(severity, budget, np.full(n, FLOOR), np.minimum(losses, CAP), weights)


def _truncated_lognormal(
    rng: np.random.Generator, n: int, median: float, sigma: float, least: float, most: float
) -> Floats:
    low, high = ndtr(np.log(np.array([least, most]) / median) / sigma)
    drawn: Floats = median * np.exp(sigma * ndtri(low + (high - low) * rng.random(n)))
    return drawn


def _losses(rng: np.random.Generator, n: int) -> Ints:
    """Losses of $50 or more, with the quantiles of the accounts liquidated on 2025-10-10."""
    dollars = _truncated_lognormal(rng, n, 302.0, 3.2, 50.0, 1.5e8)
    return np.maximum(np.rint(dollars * 100), 5_000).astype(np.int64)


def _ratios(rng: np.random.Generator, n: int) -> Floats:
    """Loss over net assets, at least 30%; counted up to 1."""
    return np.minimum(_truncated_lognormal(rng, n, 0.45, 0.70, 0.30, 50.0), 1.0)


def _program(n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Heavy-tailed: losses over seven orders of magnitude, weight = loss x sqrt(ratio)."""
    losses = _losses(rng, n)
    return losses, losses / 100 * np.sqrt(_ratios(rng, n))


def _tame(n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draw the program's bounds, and weights between 1 and 2."""
    return _losses(rng, n), 1.0 + rng.random(n)


def _equal(n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Everybody lost the same and has the same weight: all are tied."""
    del rng
    return np.full(n, 93_620), np.full(n, 936.20)


def _third_at_50(n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Put a third of the users at exactly $50 and one weight; the others are as in the program."""
    losses, weights = _program(n, rng)
    third = rng.permutation(n) < n // 3
    losses[third], weights[third] = 5_000, 50.0
    return losses, weights


def _seven_distinct(n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Seven distinct losses, each of them the weight of a seventh of the users."""
    losses = np.array([5_000, 10_000, 25_000, 93_620, 250_000, 1_000_000, 20_000_000])
    drawn = losses[rng.integers(0, 7, n)]
    return drawn, drawn / 100


def _thirty_orders(n: int, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Weights from 1e-15 to 1e15, unrelated to the losses."""
    return _losses(rng, n), 10.0 ** rng.uniform(-15.0, 15.0, n)


SEVERITIES: dict[str, Callable[[int, np.random.Generator], tuple[Ints, Floats]]] = {
    "program": _program,
    "tame": _tame,
    "all losses equal": _equal,
    "a third at $50": _third_at_50,
    "seven distinct": _seven_distinct,
    "30 orders": _thirty_orders,
}
HARD = ("all losses equal", "a third at $50", "seven distinct", "30 orders")
