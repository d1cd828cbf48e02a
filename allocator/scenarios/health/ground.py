"""What every check stands on: the users, a policy, its awards, and the level they follow from."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.evidence import certify
from allocator.allocation.explanation import in_dollars
from allocator.allocation.pipeline import Loaded, derive, run
from allocator.allocation.priced import solve_priced
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Stages
from allocator.core.certificate import verify
from allocator.core.solve import solve
from allocator.data.check import Users
from allocator.errors import VerificationError
from allocator.money import CENTS, FINE, exact_sum, format_cents
from allocator.policy.compile import rule_of
from allocator.policy.eligibility import decide
from allocator.policy.schema import Policy
from allocator.policy.sections import Range
from allocator.scenarios.columns import numbers
from allocator.scenarios.hypothetical import AMOUNTS, LARGEST, Level, level_of
from allocator.scenarios.tally import tally

__all__ = ["AMOUNTS", "LARGEST", "Ground"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ground:
    """A policy applied to n users.

    Attributes
    ----------
    loaded : Loaded
    policy : Policy
    attributes : dict of str to pyarrow column
        By which groups are compared.
    award_cents : ndarray of int64, shape (n,)
    eligible : ndarray of bool, shape (n,)
    factor : ndarray of float64, shape (n,)
        The product of the policy's factors.
    level : Level
    """

    loaded: Loaded
    policy: Policy
    attributes: dict[str, pa.ChunkedArray]
    award_cents: Ints
    eligible: Mask
    factor: NDArray[np.float64]
    level: Level

    @classmethod
    def of(
        cls,
        loaded: Loaded,
        policy: Policy,
        attributes: dict[str, pa.ChunkedArray],
        allocation: Allocation | None = None,
    ) -> Ground:
        """Apply a policy to users, unless its allocation is at hand."""
        allocation = run(loaded, policy, Stages()) if allocation is None else allocation
        table = allocation.table
        return cls(
            loaded,
            policy,
            attributes,
            numbers(table, "award_cents"),
            numbers(table, "eligible"),
            numbers(table, "factor"),
            level_of(allocation),
        )

    @property
    def users(self) -> Users:
        """The users."""
        return self.loaded.users

    @cached_property
    def rows(self) -> Ints:
        """Where the eligible users stand, shape (m,)."""
        return np.flatnonzero(self.eligible)

    @cached_property
    def spent(self) -> int:
        """What is handed out, in cents."""
        return exact_sum(self.award_cents)

    @cached_property
    def candidates(self) -> Ints:
        """Where those stand whose loss and net assets alone decide whether they are in."""
        rule = self.policy.eligibility
        exclude = {
            name: each
            for name, each in rule.exclude.items()
            if not (name in AMOUNTS and isinstance(each, Range))
        }
        changes = {
            "min_loss": "0",
            "min_loss_ratio": "0",
            "nonpositive_net_assets": "eligible",
            "exclude": exclude,
        }
        open_to_all = self.policy.model_copy(
            update={
                "eligibility": rule.model_copy(update=changes),
                "award": self.policy.award.model_copy(update={"minimum": "0"}),
            }
        )
        found = decide(self.users, open_to_all).eligible
        if self.policy.uses_ratio and self.users.no_snapshot is not None:
            found = found & ~self.users.no_snapshot
        return np.flatnonzero(found)

    def paid(self, rows: Ints, loss: Ints | None = None, net_assets: Ints | None = None) -> Ints:
        """Return what some candidates would get, at the level, with other amounts.

        Parameters
        ----------
        rows : ndarray of int64, shape (k,)
        loss, net_assets : ndarray of int64, shape (k,), optional
            Their own when not given.

        Returns
        -------
        ndarray of int64, shape (k,)
            Cents.
        """
        users = self.users
        loss = users.loss[rows] if loss is None else loss
        if net_assets is None and users.net_assets is not None:
            net_assets = users.net_assets[rows]
        return self.level.award_cents(loss, net_assets, self.factor[rows])

    def net_assets(self, rows: Ints) -> Ints | None:
        """Return the net assets of some users; None where the policy does not look at them."""
        return None if self.users.net_assets is None else self.users.net_assets[rows]

    def resolve(self, policy: Policy | None = None, users: Users | None = None) -> Ints:
        """Solve again with another policy, or other users, and return everybody's cents.

        Raises
        ------
        InfeasibleError
            If it cannot be paid.
        VerificationError
            If the awards are not those of the policy; please report it.
        """
        policy = self.policy if policy is None else policy
        users = self.users if users is None else users
        compiled = derive(users, policy, Stages())[2]
        problem, rule = compiled.problem, rule_of(policy)
        cents = np.zeros(len(users), dtype=np.int64)
        if compiled.priced:
            cents[compiled.rows] = solve_priced(policy, compiled).units * compiled.unit_cents
            failures = certify(policy, compiled, cents).failures
        else:
            units = solve(problem, rule).awards
            cents[compiled.rows] = units * compiled.unit_cents
            counts = tally(units, policy.award.minimum_units, problem.upper)
            right = not counts.outside and counts.total == problem.spend
            # A certificate for each would cost as much again.
            failures = () if right else verify(problem, rule, units).failures
        if failures:
            raise VerificationError("; ".join(failures))
        return cents

    def lost(self, row: int) -> str:
        """Say what a user lost."""
        loss = Fraction(int(self.users.loss[row]), FINE)
        cents = round(loss * CENTS)
        whole = cents % CENTS == 0  # $49.99999999 is not $50.00, where a line may be
        return f"lost {in_dollars(loss) if whole else format_cents(cents)}"
