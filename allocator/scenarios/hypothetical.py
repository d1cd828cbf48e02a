"""What a user who is not in the table would get, at the level of an allocation.

One user among many hardly moves the level: nobody else's award is recomputed. Users whose cents
are tied at the margin may get a unit more, or less, than they hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.person_table import per_person
from allocator.allocation.result import Allocation
from allocator.core.amounts import MAX_UNITS
from allocator.core.edge import find_edge
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.data.buffers import nulls_of
from allocator.data.check import Users
from allocator.errors import DataError, UnsupportedError
from allocator.money import FINE, FINE_PER_CENT, MAX_DOLLARS
from allocator.policy.compile import bounds, pose, rule_of
from allocator.policy.eligibility import decide
from allocator.policy.rules import BY_CLAIM, TWO_STAGE
from allocator.policy.schema import Policy
from allocator.policy.sections import Range
from allocator.policy.weights import weigh
from allocator.scenarios.columns import losses, numbers
from allocator.scenarios.earned import TIED, earned, in_tier, tier_ranks

__all__ = ["Level", "level_of", "net_assets_at"]

AMOUNTS = ("liquidation_loss", "net_assets")  # what a hypothetical user is described by
LARGEST = MAX_DOLLARS * FINE - 1  # 1e-8 dollars


@dataclass(frozen=True, eq=False)
class Level:
    """The margin of an allocation: which cent is still paid.

    Attributes
    ----------
    policy : Policy
    tier : float
        Users of a smaller tier are at their caps, those of a larger one at their floors.
    log_level : float
        In the tier, a cent earned at or below exp(log_level) is paid; inf where all caps are
        reached.
    marginal : Ramps or None
        Of one user of the tier, at alpha = 0: tiers are told apart exactly there.
    largest : int
        The largest claim, in 1e-8 dollars, for rules that look at it.
    dropped_below : int
        Units: who would get less is dropped; the smallest award that was kept.
    """

    policy: Policy
    tier: float
    log_level: float
    marginal: Ramps | None = None
    largest: int = 0
    dropped_below: int = 0

    @classmethod
    def of(
        cls, policy: Policy, loss: NDArray[np.int64], problem: Problem, units: NDArray[np.int64]
    ) -> Level:
        """Read the level off awards.

        Parameters
        ----------
        policy : Policy
        loss : ndarray of int64, shape (m,)
            Of the eligible users, in 1e-8 dollars.
        problem : Problem
            Theirs.
        units : ndarray of int64, shape (m,)
            Their awards, in whole units.

        Returns
        -------
        Level
        """
        _, upper = bounds(loss, policy)  # a problem lowers caps that are above its budget
        if (units == upper).all():
            return cls(policy, math.inf, math.inf)
        ramps = replace(rule_of(policy).ramps(problem), upper=upper)
        edge = find_edge(ramps, units, lambda index: [(b"", str(i)) for i in index.tolist()])
        close = in_tier(ramps, edge.tier)
        marginal = None
        if ramps.flat:
            rows = np.flatnonzero(close & (units < ramps.upper))
            marginal = ramps.unbounded().take(rows[[tier_ranks(ramps.take(rows)).argmin()]])
        level = cls(policy, edge.tier, edge.log_level, marginal)
        members, _ = level._place(ramps)
        # Where none is held but first units of infinite gain, the edge is the unit refused.
        if not (units > np.maximum(ramps.lower, 1))[members].any():
            return cls(policy, edge.tier, edge.log_level - 2 * TIED, marginal)
        return level

    def award_cents(
        self,
        loss: NDArray[np.int64],
        net_assets: NDArray[np.int64] | None = None,
        factor: NDArray[np.float64] | float = 1.0,
    ) -> NDArray[np.int64]:
        """Return what users would get: exact whole cents, at the level.

        Parameters
        ----------
        loss : ndarray of int64, shape (n,)
            1e-8 dollars.
        net_assets : ndarray of int64, shape (n,), optional
            1e-8 dollars; needed when the policy uses them.
        factor : ndarray of float64, shape (n,), or float
            The product of the policy's factors for the user.

        Returns
        -------
        ndarray of int64, shape (n,)
            0 for users who would not be eligible by their loss and net assets; exclusions by
            other columns are not looked at.

        Raises
        ------
        DataError
            If the policy needs net assets and there are none.

        Examples
        --------
        >>> from allocator.allocation.pipeline import allocate
        >>> policy = Policy.default().replace(budget="100.00")
        >>> level = level_of(allocate(pa.table({
        ...     "user_id": ["ann", "bob"], "liquidation_loss": ["80.00", "60.00"],
        ...     "net_assets": ["100.00", "60.00"],
        ... }), policy))
        >>> level.award_cents(np.array([80, 60, 160, 49]) * FINE, np.full(4, 100 * FINE)).tolist()
        [5439, 3533, 12162, 0]
        """
        if net_assets is None and self.policy.needs_net_assets:
            raise DataError("this policy looks at net assets: give them, too")
        eligible = decide(_users(loss, net_assets), self._by_amounts).eligible
        if self.policy.objective.of == "recovery":
            eligible = eligible & (loss > 0)  # nothing recovers from no loss
        rows = np.flatnonzero(eligible)
        cents = np.zeros(len(loss), dtype=np.int64)
        loss = loss[rows]
        net_assets = None if net_assets is None else net_assets[rows]
        weighing = weigh(_users(loss, net_assets), self._by_amounts)
        weight = weighing.weight
        if weight is not None:
            weight = weight * (factor[rows] if isinstance(factor, np.ndarray) else factor)
        cents[rows] = self._units(loss, weighing.claim, weight) * self.unit_cents
        return cents

    @cached_property
    def unit_cents(self) -> int:
        """Cents per unit of the policy."""
        return self.policy.award.unit_cents

    @cached_property
    def _by_amounts(self) -> Policy:
        """The policy without what it says of attributes."""
        exclude = {
            name: rule
            for name, rule in self.policy.eligibility.exclude.items()
            if name in AMOUNTS and isinstance(rule, Range)
        }
        eligibility = self.policy.eligibility.model_copy(update={"exclude": exclude})
        weights = self.policy.weights.model_copy(update={"factors": {}})
        return self.policy.model_copy(update={"eligibility": eligibility, "weights": weights})

    def _units(
        self, loss: NDArray[np.int64], claim: NDArray[np.int64], weight: NDArray[np.float64] | None
    ) -> NDArray[np.int64]:
        lower, upper = bounds(loss, self.policy)
        if self.log_level == math.inf:
            return upper
        if self.dropped_below:
            lower = np.zeros_like(lower)
        if self.policy.objective.rule in BY_CLAIM:  # one claimant more: whoever has the largest
            claim = np.append(np.minimum(claim, self.largest), self.largest)
            lower, upper = np.append(lower, 0), np.append(upper, 0)
        claims = None
        if weight is None:
            claims = claim
        elif self.policy.objective.of == "recovery":
            claims = loss
        parts = self.unit_cents * FINE_PER_CENT
        problem = Problem(MAX_UNITS, lower, upper, weight, claims, claim_parts=parts)
        ramps = rule_of(self.policy).ramps(problem)
        members, earlier = self._place(ramps)
        awards = np.where(earlier, upper, lower)
        inside = ramps.tier(members, tail=math.isinf(self.tier))
        awards[members] = earned(inside, self.log_level)
        awards[awards < self.dropped_below] = 0
        return awards[: len(loss)]

    def _place(self, ramps: Ramps) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Mark who is in the marginal tier, and who is in an earlier one."""
        members = in_tier(ramps, self.tier)
        if ramps.tiers is None:
            return members, ~members
        earlier = (ramps.tiers < self.tier) & ~members
        if self.marginal is not None:
            rows = np.flatnonzero(members)
            both = Ramps.concatenated([self.marginal, ramps.unbounded().take(rows)])
            first, *ranks = tier_ranks(both).tolist()
            members[rows], earlier[rows] = np.equal(ranks, first), np.less(ranks, first)
        return members, earlier


def level_of(allocation: Allocation) -> Level:
    """Return the level of an allocation, fresh or read from a folder.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    Level
    """
    policy, table = allocation.policy, per_person(allocation).table
    if policy.objective.rule == TWO_STAGE:
        raise UnsupportedError(
            f'objective.rule = "{TWO_STAGE}": what others would get depends on their group, which '
            "is not asked for; choose a rule with one level, such as its stage_rule"
        )
    if policy.objective.weighted:
        raise UnsupportedError(
            f'objective.rule = "{policy.objective.rule}", weighted: what others would get is not '
            'computed for weighted rules by claims; choose objective.rule = "alpha_fair" (with '
            "alpha = 1 it is weighted constrained_equal_awards, but for odd cents)"
        )
    at_level = numbers(table, "eligible")
    if "paid_cents" in table.column_names:  # others hold what they were paid
        paid, own = numbers(table, "paid_cents"), numbers(table, "award_cents")
        at_level = at_level & ((own > paid) | (paid == 0))
        award = policy.award.model_copy(update={"if_budget_exceeds_caps": "spend_less"})
        policy = policy.model_copy(update={"award": award})
    if "award_cap_cents" in table.column_names:  # others are held by a cap of their own
        held = numbers(table, "award_cents") == numbers(table, "upper_cents")
        at_level = at_level & (nulls_of(table.column("award_cap_cents")) | ~held)
    if policy.constraints:  # the level is of those whom no group holds back
        at_level = at_level & (nulls_of(table.column("group")))
    rows = np.flatnonzero(at_level)
    loss = losses(table, policy)[rows]
    claim = np.rint(numbers(table, "claim")[rows] * FINE).astype(np.int64)
    weight = numbers(table, "weight")[rows] if policy.uses_weights else None
    problem = pose(policy, loss, claim, weight, range(len(rows)), table.num_rows)
    units = numbers(table, "award_cents")[rows] // policy.award.unit_cents
    level = Level.of(policy, loss, problem, units)
    dropped_below = 0
    if policy.award.below_minimum != "raise":
        inside = units[units < problem.upper]
        dropped_below = int(min(inside, default=problem.lower.max(initial=0)))
    return replace(
        level,
        largest=int(numbers(table, "claim")[numbers(table, "eligible")].max(initial=0) * FINE),
        dropped_below=dropped_below,
    )


def net_assets_at(loss: NDArray[np.int64], ratio: Fraction) -> NDArray[np.int64]:
    """Return the largest net assets at which losses are at least that part of them.

    Parameters
    ----------
    loss : ndarray of int64, shape (n,)
        1e-8 dollars.
    ratio : Fraction
        More than 0.

    Returns
    -------
    ndarray of int64, shape (n,)
        1e-8 dollars.

    Examples
    --------
    >>> net_assets_at(np.array([30, 31]), Fraction(3, 10)).tolist()
    [100, 103]
    """
    num, den = ratio.numerator, ratio.denominator
    return np.array([min(each * den // num, LARGEST) for each in loss.tolist()], dtype=np.int64)


def _users(loss: NDArray[np.int64], net_assets: NDArray[np.int64] | None) -> Users:
    ids, none = pa.chunked_array([], pa.string()), pa.table({})
    return Users(ids, loss, net_assets, None, None, {}, none, np.zeros(len(loss), dtype=bool))
