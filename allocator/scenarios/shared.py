"""Users prepared once for many policies: a further policy costs its level and its cents."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.pipeline import Loaded
from allocator.allocation.priced import solve_priced
from allocator.allocation.row_evidence import due_units
from allocator.core.nested import tighten
from allocator.core.problem import Problem
from allocator.core.waterline import waterline
from allocator.data.buffers import array_of
from allocator.data.check import Users
from allocator.money import FINE, exact_sum
from allocator.policy.compile import Compiled, Ids, pose, rule_of
from allocator.policy.constraints import constrain
from allocator.policy.eligibility import decide
from allocator.policy.schema import Policy
from allocator.policy.weights import Weighing, weigh
from allocator.scenarios.margin import margin_of
from allocator.scenarios.members import Members
from allocator.scenarios.reading import eligibility_key, smallest_loss
from allocator.scenarios.solved_checks import check, check_plain
from allocator.scenarios.tally import Tally, tally

__all__ = ["SharedUsers", "Solved"]

SEED = 0  # of the numbers that tell awards apart; any will do, and the same ones always


@dataclass(frozen=True, eq=False)
class Solved:
    """What a policy gives to m eligible users, sorted by loss.

    Attributes
    ----------
    policy : Policy
    members : Members
    problem : Problem
        In whole units.
    units : ndarray of int64, shape (m,)
        Awards in whole units.
    unit_cents : int
    tier, log_level : float
        The marginal tier, and the level in it; where constraints overlap, that of users in none
        that binds.
    spend : int
        Units that the budget, bounds and constraints let be spent.
    tally : Tally
    """

    policy: Policy
    members: Members
    problem: Problem
    units: NDArray[np.int64]
    unit_cents: int
    tier: float
    log_level: float
    spend: int
    tally: Tally

    @property
    def fingerprint(self) -> int:
        """A number that differs for other awards, but for a chance of 1 in 10^18."""
        return int(np.dot(self.units, self.members.marks)) * self.unit_cents % 2**64


class SharedUsers:
    """Users read once, to whom any number of policies is applied, one after the other.

    Eligible users are kept sorted by loss, so that those a smaller minimum loss or minimum award
    lets in are a longer slice of the same arrays; nothing here depends on their order. Arrays
    are kept for the last policy only: memory does not grow with the number of policies.

    Parameters
    ----------
    loaded : Loaded
        Users read and checked for every policy that will be asked for.
    policies : sequence of Policy
        Some that will be, so that the users are prepared with the smallest minimum at once.
    """

    def __init__(self, loaded: Loaded, policies: Sequence[Policy] = ()) -> None:
        self.loaded = loaded
        users = loaded.users
        self._least: dict[Hashable, int] = {}
        for policy in policies:
            key, cut = eligibility_key(policy), smallest_loss(policy)
            self._least[key] = min(cut, self._least.get(key, cut))
        self._order = np.argsort(users.loss, kind="stable")
        self._marks = np.random.default_rng(SEED).integers(-(2**62), 2**62, len(users))
        self._key: Hashable = None
        self._cut = 0
        self._users = users
        self._group = Members.of(users.loss[:0], self._marks[:0])
        self._members: tuple[int, Members] = (0, self._group)
        self._memo = _Latest()
        self._rows = np.zeros(0, dtype=np.int64)
        self._posed: tuple[Hashable, NDArray[np.float64] | None, Compiled] | None = None

    def solve(self, policy: Policy, *, certify: bool = False) -> Solved:
        """Apply a policy.

        Parameters
        ----------
        policy : Policy
        certify : bool
            Check the awards by the core's certificate, which costs as much again; otherwise only
            that everybody is within their bounds and that the total is right.

        Returns
        -------
        Solved

        Raises
        ------
        InfeasibleError
            As in `allocate`.
        UnsupportedError
            If the policy drops small awards, is for people with several accounts, or counts what
            was already paid; or as in `allocate`.
        VerificationError
            If the awards do not pass; please report it.
        """
        check_plain(policy)
        start = self._start(policy)
        weighing = weigh(self._users, policy, self._memo)
        compiled = self._compiled(policy, start, weighing)
        problem = compiled.problem
        if compiled.priced:
            found = solve_priced(policy, compiled)
            units, tier, log_level = found.units, 1.0, found.log_level
            spend = due_units(compiled, units)
        else:
            spend = problem.spend
            ramps = rule_of(policy).ramps(problem)
            line = waterline([tighten(problem, ramps)], spend, near=True)
            awarded = line.units(problem.tie_keys)
            (units,) = awarded.awards
            tier, log_level = margin_of(problem, ramps, awarded)
        solved = Solved(
            policy,
            self._slice(start),
            problem,
            units,
            compiled.unit_cents,
            tier,
            log_level,
            spend,
            tally(units, problem.lower, problem.upper),
        )
        check(solved, compiled, certify=certify)
        return solved

    def weights(self, policy: Policy, solved: Solved) -> NDArray[np.float64]:
        """Return what another policy weighs the eligible users of a solved one by, shape (m,)."""
        weighing = weigh(self._users, policy, self._memo)
        found = weighing.claim / FINE if weighing.weight is None else weighing.weight
        return found[len(found) - len(solved.members) :]

    def _start(self, policy: Policy) -> int:
        """Where in the group of the policy its eligible users begin."""
        key, cut = eligibility_key(policy), smallest_loss(policy)
        if key != self._key or cut < self._cut:
            least = min(cut, self._least.get(key, cut))
            self._regroup(policy, least)
            self._key, self._cut = key, least
        return int(np.searchsorted(self._group.loss, cut))

    def _regroup(self, policy: Policy, cut: int) -> None:
        """Take the users who are in by all rules but those on the size of the loss."""
        eligibility = policy.eligibility.model_copy(update={"min_loss": "0"})
        award = policy.award.model_copy(update={"minimum": "0"})
        open_to_all = policy.model_copy(update={"eligibility": eligibility, "award": award})
        users = self.loaded.users
        rows = self._order[decide(users, open_to_all).eligible[self._order]]
        loss = users.loss[rows]
        first = int(np.searchsorted(loss, cut))
        rows, loss = rows[first:], loss[first:]
        self._users = _taken(users, rows, loss)
        self._group = Members.of(loss, self._marks[rows])
        self._rows = np.arange(len(rows))
        self._members = (0, self._group)
        self._memo = _Latest()
        self._posed = None

    def _compiled(self, policy: Policy, start: int, weighing: Weighing) -> Compiled:
        """State the problem, or return the last one if it is the same, as when alpha changes."""
        objective = policy.objective
        what = (objective.rule, objective.of, objective.weighted, policy.claim)
        key = (start, repr(policy.award), policy.tie_break_key, repr(policy.constraints), *what)
        weight, last = weighing.weight, self._posed
        if last is None or last[0] != key or last[1] is not weight:
            rows = self._rows[start:]
            constrained = constrain(self._users, policy, rows)
            problem = pose(
                policy,
                self._slice(start).loss,
                weighing.claim[start:],
                None if weight is None else weight[start:],
                Ids(self._users.ids, rows),
                len(self.loaded.users),
                constrained.groups,
            )
            unit = policy.award.unit_cents
            caps = exact_sum(problem.upper)
            posed = Compiled(problem, rows, unit, caps, priced=constrained.bounds)
            last = self._posed = (key, weight, posed)
        return last[2]

    def _slice(self, start: int) -> Members:
        if self._members[0] != start:
            self._members = (start, self._group.from_(start))
        return self._members[1]


class _Latest:
    """Remembers the last array of each part, so that what stays the same is not made again."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Hashable, Any]] = {}

    def __call__(self, key: tuple[str, Hashable], make: Callable[[], Any]) -> Any:
        part, settings = key
        if part not in self._kept or self._kept[part][0] != settings:
            self._kept[part] = (settings, make())
        return self._kept[part][1]


def _taken(users: Users, rows: NDArray[np.int64], loss: NDArray[np.int64]) -> Users:
    index = array_of(rows)

    def of(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[rows]

    return replace(
        users,
        ids=users.ids.take(index),
        loss=loss,
        net_assets=of(users.net_assets),
        no_snapshot=of(users.no_snapshot),
        already_compensated=of(users.already_compensated),
        attributes={name: column.take(index) for name, column in users.attributes.items()},
        rounded_rows=users.rounded_rows[rows],
    )
