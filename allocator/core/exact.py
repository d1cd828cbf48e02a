"""Awards in exact fractions, for the few claimants of a textbook problem."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.amounts import fractions, same_length
from allocator.core.ramps import Ramps
from allocator.core.rules import Rule
from allocator.errors import InfeasibleError, UnsupportedError

__all__ = ["ExactProblem", "divide_exactly", "solve_exactly"]

Fractions = NDArray[Any]  # dtype object


@dataclass(frozen=True, eq=False)
class ExactProblem:
    """What rules read of a `Problem`, in exact fractions.

    Parameters
    ----------
    budget : Fraction
    lower, upper : ndarray of Fraction, shape (n,)
    weights, claims : ndarray of Fraction, shape (n,), or None
    """

    budget: Fraction
    lower: Any
    upper: Any
    weights: Any = None
    claims: Any = None
    claim_parts: int = 1
    whole: bool = False

    def __len__(self) -> int:
        return len(self.lower)


@dataclass(frozen=True)
class _Ramp:
    """One claimant: max(min(y, knee), y - pause) with y = slope·level - start, clipped."""

    slope: Fraction
    start: Fraction
    lower: Fraction
    upper: Fraction
    knee: Fraction | None
    pause: Fraction

    def amount(self, level: Fraction) -> Fraction:
        y = self.slope * level - self.start
        if self.knee is not None:
            y = max(min(y, self.knee), y - self.pause)
        return min(max(y, self.lower), self.upper)

    def turns(self) -> list[Fraction]:
        """Levels between which the amount is linear."""
        ends = [self.lower, self.upper, self.lower + self.pause, self.upper + self.pause]
        if self.knee is not None:
            ends += [self.knee, self.knee + self.pause]
        return [(end + self.start) / self.slope for end in ends]


def divide_exactly(
    budget: Any, claims: Any, rule: Rule, weights: Any, lower: Any, upper: Any
) -> Fractions:
    """Divide what callers of `divide` write, in exact fractions.

    Parameters
    ----------
    budget, claims, weights, lower, upper
        As in `divide`.
    rule : Rule

    Returns
    -------
    ndarray of Fraction, shape (n,)

    Raises
    ------
    DataError
        If an amount is no number or negative.
    InfeasibleError
        If the bounds do not allow the budget.
    UnsupportedError
        If the rule's awards are not rational.

    Examples
    --------
    >>> from allocator.core.claims import ConstrainedEqualAwards
    >>> divide_exactly(Fraction(1), [1, 2, 3], ConstrainedEqualAwards(), None, None, None).tolist()
    [Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)]
    """
    caps = upper if upper is not None else budget if claims is None else claims
    columns = {
        "claims": claims,
        "weights": weights,
        "lower": 0 if lower is None else lower,
        "upper": caps,
    }
    arrays = {name: v if v is None else fractions(name, v) for name, v in columns.items()}
    n = same_length(arrays)
    spread: dict[str, Any] = {
        name: None if array is None else np.array(np.broadcast_to(array, (n,)))
        for name, array in arrays.items()
    }
    problem = ExactProblem(fractions("the budget", budget).item(), **spread)
    awards = np.empty(n, dtype=object)
    awards[:] = solve_exactly(problem, rule)
    return awards


def solve_exactly(problem: ExactProblem, rule: Rule) -> list[Fraction]:
    """Divide the budget by a rule whose levels are rational.

    Parameters
    ----------
    problem : ExactProblem
    rule : Rule
        A rule of ramps; of the alpha-fair ones only those with alpha = 1 and inf.

    Returns
    -------
    list of Fraction, length n

    Raises
    ------
    InfeasibleError
        If the bounds do not allow the budget.
    UnsupportedError
        If the rule's awards are not rational.

    Examples
    --------
    >>> from allocator.core.claims import Talmud
    >>> claims = np.array([Fraction(100), Fraction(200), Fraction(300)])
    >>> problem = ExactProblem(Fraction(100), 0 * claims, claims, claims=claims)
    >>> [str(award) for award in solve_exactly(problem, Talmud())]
    ['100/3', '100/3', '100/3']
    """
    low, high = sum(problem.lower), sum(problem.upper)
    if not low <= problem.budget <= high or (problem.lower > problem.upper).any():
        raise InfeasibleError(
            f"the budget of {problem.budget} is not from the sum of floors, {low}, to the sum of "
            f"caps, {high}",
            {"budget": problem.budget, "sum_of_floors": low, "sum_of_caps": high},
        )
    ramps = rule.ramps(problem)  # type: ignore[arg-type]
    if ramps.power not in (0.0, 1.0) or ramps.flat:
        raise UnsupportedError(
            f"{rule.name} does not give rational awards: exact fractions need a claims rule, "
            "max_min, least_squares, or alpha_fair with alpha = 1 or inf"
        )
    tiers = np.ones(len(problem)) if ramps.tiers is None else ramps.tiers
    first, tail = np.flatnonzero(np.isfinite(tiers)), np.flatnonzero(np.isinf(tiers))
    awards = list(problem.lower)
    left = problem.budget - sum(awards)
    for rows, is_tail in ((first, False), (tail, True)):
        members = _ramps(ramps.tier(rows, tail=is_tail))
        share = min(left, sum((m.upper - m.lower for m in members), Fraction(0)))
        floors = sum((m.lower for m in members), Fraction(0))
        for row, amount in zip(rows, _fill(members, floors + share), strict=True):
            awards[row] = amount
        left -= share
    return awards


def _fill(ramps: list[_Ramp], budget: Fraction) -> list[Fraction]:
    """Raise the level until the amounts add up to the budget."""
    if not ramps:
        return []
    levels = sorted({turn for ramp in ramps for turn in ramp.turns()})

    def total(level: Fraction) -> Fraction:
        return sum((ramp.amount(level) for ramp in ramps), Fraction(0))

    at = bisect_right(levels, budget, key=total)
    if at == len(levels):
        return [ramp.amount(levels[-1]) for ramp in ramps]
    low, high = levels[at - 1], levels[at]
    share = (budget - total(low)) / (total(high) - total(low))
    return [ramp.amount(low + share * (high - low)) for ramp in ramps]


def _ramps(ramps: Ramps) -> list[_Ramp]:
    def column(values: NDArray[Any] | None, missing: int) -> list[Fraction]:
        return [Fraction(missing if values is None else values[i]) for i in range(len(ramps))]

    slopes = column(ramps.weights if ramps.power else ramps.scales, 1)
    starts, pauses = column(ramps.baseline, 0), column(ramps.pause, 0)
    knees = column(ramps.knee, 0)
    return [
        _Ramp(
            slopes[i],
            starts[i] / ramps.parts,
            Fraction(ramps.lower[i]),
            Fraction(ramps.upper[i]),
            None if ramps.knee is None else knees[i] / ramps.parts,
            pauses[i] / ramps.parts,
        )
        for i in range(len(ramps))
    ]
