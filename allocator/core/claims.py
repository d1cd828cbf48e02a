"""Claims ("bankruptcy") rules that are ramps: what each claimant gets rises with one level.

Every rule here takes the claims of the problem; caps are the claims unless others are given. In
whole units the k-th unit is earned at the level at which the claimant's amount reaches k - 1/2.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from allocator.core.means import Midpoint
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.core.rules import Rule, start_of, tail_tier
from allocator.errors import DataError, UnsupportedError

__all__ = [
    "ConstrainedEgalitarian",
    "ConstrainedEqualAwards",
    "ConstrainedEqualLosses",
    "Piniles",
    "Proportional",
    "ReverseTalmud",
    "Talmud",
]

MAX_COUNT = 2**62  # twice a claim, in its parts, is an int64


@dataclass(frozen=True)
class ClaimsRule(Rule):
    """A rule for the claims of a problem, which are amounts, not mere shares."""

    claims_are_amounts: ClassVar[bool] = True
    weighted: ClassVar[bool] = False

    def ramps(self, problem: Problem) -> Ramps:
        """Everybody's amount as a function of the level."""
        claims = problem.claims
        if claims is None:
            raise DataError(f"{self.name} needs claims")
        if not self.weighted and problem.weights is not None:
            raise DataError(
                f"{self.name} takes no weights: the rules that do are constrained_equal_awards, "
                "constrained_equal_losses, alpha_fair, max_min and least_squares"
            )
        if claims.dtype.kind == "i" and claims.max(initial=0) > MAX_COUNT:
            raise UnsupportedError(
                f"a claim of {claims.max():,} parts of a unit is above 2**62: count claims in "
                "larger parts"
            )
        weights = problem.weights
        return self._ramps(problem, claims, np.ones(len(problem)) if weights is None else weights)

    @abstractmethod
    def _ramps(self, problem: Problem, claims: NDArray[Any], weights: NDArray[Any]) -> Ramps:
        """Return the ramps for claims that count ``problem.claim_parts`` parts of a unit."""


@dataclass(frozen=True)
class Proportional(Rule):
    """Awards in proportion to claims: clip(claim·level, lower, upper); weights if no claims.

    Its own dual. Whole units: unit k is earned where claim·level reaches k - 1/2, which with plain
    bounds is Webster's (Sainte-Laguë's) method.

    Raises
    ------
    DataError
        If there are neither claims nor weights.

    References
    ----------
    Aristotle, Nicomachean Ethics V; Moulin, "Priority rules and other asymmetric rationing
    methods", Econometrica 68, 2000; Balinski & Young, "Fair Representation", 1982.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(60, claims=[100, 50]).tolist()
    [40.0, 20.0]
    """

    def ramps(self, problem: Problem) -> Ramps:
        """Everybody's amount as a function of the level."""
        claims = problem.weights if problem.claims is None else problem.claims
        if claims is None:
            raise DataError("proportional needs claims, or weights in their place")
        lower, upper = problem.lower, problem.upper
        return Ramps(claims, None, lower, upper, 1.0, Midpoint(), tiers=tail_tier(claims))


@dataclass(frozen=True)
class ConstrainedEqualAwards(ClaimsRule):
    """Equal awards, but to nobody more than the claim: min(claim, level).

    With weights, awards are in proportion to them: min(claim, weight·level). The dual of
    `ConstrainedEqualLosses`. It favors small claims.

    Raises
    ------
    DataError
        If there are no claims.

    References
    ----------
    Maimonides, Laws of Lending and Borrowing 20:4 (12th century); Thomson, "How to Divide When
    There Isn't Enough", 2019, chapter 2. Weights: Moulin, "Priority rules and other asymmetric
    rationing methods", Econometrica 68, 2000.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(150, claims=[20, 100, 150], rule="constrained_equal_awards").tolist()
    [20.0, 65.0, 65.0]
    """

    weighted: ClassVar[bool] = True

    def _ramps(self, problem: Problem, claims: NDArray[Any], weights: NDArray[Any]) -> Ramps:
        return Ramps(
            weights,
            None,
            problem.lower,
            problem.upper,
            0.0 if problem.weights is None else 1.0,
            Midpoint(),
            tiers=tail_tier(weights),
            claims=claims,
        )


@dataclass(frozen=True)
class ConstrainedEqualLosses(ClaimsRule):
    """Equal losses, but nobody pays in: max(0, claim - loss), the level being minus the loss.

    With weights, losses are in proportion to them: max(0, claim - weight·loss). The dual of
    `ConstrainedEqualAwards`. It favors large claims.

    Raises
    ------
    DataError
        If there are no claims, or a weight is 0.

    References
    ----------
    Maimonides, Commentary on the Mishnah, Arakhin 8:1 (12th century), by way of Aumann & Maschler,
    "Game theoretic analysis of a bankruptcy problem from the Talmud", Journal of Economic Theory
    36, 1985; Thomson, "How to Divide When There Isn't Enough", 2019, chapter 2.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(150, claims=[20, 100, 150], rule="constrained_equal_losses").tolist()
    [0.0, 50.0, 100.0]
    """

    weighted: ClassVar[bool] = True

    def _ramps(self, problem: Problem, claims: NDArray[Any], weights: NDArray[Any]) -> Ramps:
        if not (weights > 0).all():
            raise DataError(
                "constrained_equal_losses needs positive weights: losses are in proportion to them"
            )
        return Ramps(
            weights,
            None,
            problem.lower,
            problem.upper,
            0.0 if problem.weights is None else 1.0,
            Midpoint(),
            baseline=-claims,
            claims=claims,
            parts=problem.claim_parts,
            origin=start_of(claims, problem.claim_parts, problem.weights),
        )


@dataclass(frozen=True)
class _HalfClaimsRule(ClaimsRule):
    """A rule that turns at half of the claims, which it counts in halves of a part."""

    def _ramps(self, problem: Problem, claims: NDArray[Any], weights: NDArray[Any]) -> Ramps:
        return Ramps(
            weights,
            None,
            problem.lower,
            problem.upper,
            0.0,
            Midpoint(),
            claims=claims,
            parts=2 * problem.claim_parts,
            **self._turn(claims, problem.claim_parts),
        )

    @abstractmethod
    def _turn(self, claims: NDArray[Any], parts: int) -> dict[str, Any]:
        """Return knee and pause, or baseline and origin, in halves of a part."""


@dataclass(frozen=True)
class Talmud(_HalfClaimsRule):
    """Up to half of the sum of claims equal awards, from there on equal losses, on half-claims.

    Everybody is treated as in the contested garment. Its own dual.

    Raises
    ------
    DataError
        If there are no claims, or if there are weights.

    References
    ----------
    Aumann & Maschler, "Game theoretic analysis of a bankruptcy problem from the Talmud", Journal
    of Economic Theory 36, 1985; Mishnah, Ketubot 93a.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(200, claims=[100, 200, 300], rule="talmud").tolist()
    [50.0, 75.0, 75.0]
    """

    def _turn(self, claims: NDArray[Any], parts: int) -> dict[str, Any]:  # noqa: ARG002
        return {"knee": claims, "pause": 2 * (claims.max(initial=0) - claims)}


@dataclass(frozen=True)
class ReverseTalmud(_HalfClaimsRule):
    """Up to half of the sum of claims equal losses, from there on equal awards, on half-claims.

    Its own dual.

    Raises
    ------
    DataError
        If there are no claims, or if there are weights.

    References
    ----------
    Chun, Schummer & Thomson, "Constrained egalitarianism: a new solution to bankruptcy problems",
    Seoul Journal of Economics 14, 2001.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(200, claims=[100, 200, 300], rule="reverse_talmud").round(6).tolist()
    [16.666667, 66.666667, 116.666667]
    """

    def _turn(self, claims: NDArray[Any], parts: int) -> dict[str, Any]:
        return {"baseline": -claims, "origin": start_of(claims, 2 * parts, None)}


@dataclass(frozen=True)
class Piniles(_HalfClaimsRule):
    """Equal awards on half-claims; once all have theirs, equal awards again on the other halves.

    Raises
    ------
    DataError
        If there are no claims, or if there are weights.

    References
    ----------
    Piniles, "Darkah shel Torah", 1861; Thomson, "How to Divide When There Isn't Enough", 2019,
    chapter 2.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(400, claims=[100, 200, 300], rule="piniles").round(6).tolist()
    [83.333333, 133.333333, 183.333333]
    """

    def _turn(self, claims: NDArray[Any], parts: int) -> dict[str, Any]:  # noqa: ARG002
        return {"knee": claims, "pause": claims.max(initial=0) - claims}


@dataclass(frozen=True)
class ConstrainedEgalitarian(_HalfClaimsRule):
    """Equal awards on half-claims; once all have theirs, the smallest awards rise first.

    Above half of the sum of claims the award is max(claim/2, min(claim, level)).

    Raises
    ------
    DataError
        If there are no claims, or if there are weights.

    References
    ----------
    Chun, Schummer & Thomson, "Constrained egalitarianism: a new solution to bankruptcy problems",
    Seoul Journal of Economics 14, 2001.

    Examples
    --------
    >>> from allocator.core.divide import divide
    >>> divide(400, claims=[100, 200, 300], rule="constrained_egalitarian").tolist()
    [100.0, 150.0, 150.0]
    """

    def _turn(self, claims: NDArray[Any], parts: int) -> dict[str, Any]:  # noqa: ARG002
        return {"knee": claims, "pause": claims - claims + claims.max(initial=0)}
