"""Random arrival: exact where subsets can be counted, otherwise an estimate that says how good."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import factorial

import numpy as np

from allocator.core.few.rule import Estimate, FewRule, whole_parts
from allocator.core.few.smooth import in_order
from allocator.errors import DataError

__all__ = ["RandomArrival"]

EXACT_WORK = 2**20  # claimants times (size, sum) of sets of claimants: 16 claimants, or a second
NORMAL_95 = 1.959963984540054  # of a standard normal variable, 95% are within plus or minus this


@dataclass(frozen=True)
class RandomArrival(FewRule):
    """Who comes first is paid in full, while there is any: the average over all orders of arrival.

    The Shapley value of the game of what a group is left by all others. Its own dual. Exact for up
    to 16 claimants, and for more where sets of them have few different sums (claimants times
    different pairs of size and sum below the budget up to 2**20); otherwise the average of
    `samples` orders drawn with `seed`, and `estimate` tells the margin of error. An estimate
    depends on the claims alone, not on who has them, nor on the order of rows: equal claims get
    the average of theirs, and awards and losses are brought into the order of claims. What it
    need not keep is what compares two problems: monotonicity, self-duality, truncation.

    Parameters
    ----------
    samples : int
        Orders of arrival to draw where not all can be counted; at least 2.
    seed : int

    Raises
    ------
    DataError
        If samples is not at least 2, or seed is negative.

    References
    ----------
    O'Neill, "A problem of rights arbitration from the Talmud", Mathematical Social Sciences 2,
    1982.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(200, claims=[100, 200, 300], rule="random_arrival").round(3).tolist()
    [33.333, 83.333, 83.333]

    With 10,000 samples it is an estimate, and says how far off it may be:

    >>> claims = [1.1**k for k in range(40)]
    >>> few, many = (RandomArrival(n).estimate(300, claims) for n in (100, 10_000))
    >>> few.exact, few.margin[-1] > 5 * many.margin[-1] > 0
    (False, True)
    """

    samples: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise DataError(f"samples must be at least 2, not {self.samples!r}")
        if self.seed < 0:
            raise DataError(f"seed must be 0 or more, not {self.seed!r}")

    def _awards(self, claims: list[Fraction], budget: Fraction) -> list[Fraction]:
        return self._estimate(claims, budget).awards

    def _estimate(self, claims: list[Fraction], budget: Fraction) -> Estimate:
        owed, total, parts = _parts(claims, budget)
        counts = _counts(owed, total)
        if counts is None:
            return self._sampled(owed, total, parts)
        due = {claim: Fraction(_due(counts, claim, len(owed), total)) for claim in set(owed)}
        awards = [due[claim] / (factorial(len(owed)) * parts) for claim in owed]
        return Estimate(awards, [0.0] * len(awards), 0)

    def _sampled(self, owed: list[int], total: int, parts: int) -> Estimate:
        n, rng = len(owed), np.random.default_rng(self.seed)
        largest = total * max(n, self.samples)
        ranked = sorted(owed)
        column = np.array(ranked, dtype=np.int64 if largest < 2**62 else object)
        sums, squares = np.zeros_like(column), np.zeros(n)
        for _ in range(self.samples):
            order = rng.permutation(n)
            come = column[order]
            paid = np.minimum(come, np.maximum(total - (np.cumsum(come) - come), 0))
            sums[order] += paid
            squares[order] += (paid / parts).astype(np.float64) ** 2
        awards = in_order([Fraction(int(x), self.samples * parts) for x in sums], ranked, parts)
        means = sums.astype(np.float64) / (self.samples * float(parts))
        variance = np.maximum(squares - self.samples * means**2, 0.0) / (self.samples - 1)
        _, equal = np.unique(column, return_inverse=True)
        variance = (np.bincount(equal, variance) / np.bincount(equal))[equal]
        margin = NORMAL_95 * np.sqrt(variance / self.samples)
        place = {claim: i for i, claim in enumerate(ranked)}
        who = [place[claim] for claim in owed]
        return Estimate([awards[i] for i in who], margin[who].tolist(), self.samples)


def _parts(claims: list[Fraction], budget: Fraction) -> tuple[list[int], int, int]:
    """Return claims, truncated at the budget, and the budget as whole parts, and parts in 1."""
    (total, *owed), parts = whole_parts([budget, *(min(claim, budget) for claim in claims)])
    return owed, total, parts


def _counts(owed: list[int], budget: int) -> list[dict[int, int]] | None:
    """Count the sets of claimants of each size by their sum, below the budget; None if too many."""
    counts: list[dict[int, int]] = [{0: 1} if budget else {}]
    for claim in owed:
        counts.append({})
        for size in range(len(counts) - 1, 0, -1):
            for total, sets in counts[size - 1].items():
                if total + claim < budget:
                    counts[size][total + claim] = counts[size].get(total + claim, 0) + sets
        if sum(map(len, counts)) * len(owed) > EXACT_WORK:
            return None
    return counts


def _due(counts: list[dict[int, int]], claim: int, n: int, budget: int) -> int:
    """Add up, over all n! orders, what a claimant gets."""
    due, last = 0, dict[int, int]()
    for size, sets in enumerate(counts[:n]):  # the sets without the claimant, size by size
        without = {}
        for total, count in sets.items():
            rest = count - last.get(total - claim, 0)
            if rest:
                without[total] = rest
        paid = sum(count * min(claim, budget - total) for total, count in without.items())
        due += factorial(size) * factorial(n - 1 - size) * paid
        last = without
    return due
