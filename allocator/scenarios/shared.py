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
from allocator.money import FINE
from allocator.policy.compile import Compiled, Ids, pose, rule_of
from allocator.policy.constraints import constrain
from allocator.policy.eligibility import decide
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio
from allocator.policy.weights import Weighing, weigh
from allocator.scenarios.cutoffs import Cutoffs, at_or_above
from allocator.scenarios.margin import margin_of
from allocator.scenarios.members import Members
from allocator.scenarios.reading import eligibility_key
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

    Those whom the widest of the policies lets in are kept sorted by loss, with the columns that
    all share. A larger minimum loss or minimum award leaves a slice of the same arrays, a larger
    ratio a selection of them; nothing here depends on their order. Arrays are kept for the last
    policy only: memory does not grow with the number of policies.

    Parameters
    ----------
    loaded : Loaded
        Users read and checked for every policy that will be asked for.
    policies : sequence of Policy
        Some that will be, so that the users are prepared for the widest at once.
    """

    def __init__(self, loaded: Loaded, policies: Sequence[Policy] = ()) -> None:
        self.loaded = loaded
        users = loaded.users
        self._widest: dict[Hashable, Cutoffs] = {}
        for policy in policies:
            key, cutoffs = eligibility_key(policy), Cutoffs.of(policy)
            self._widest[key] = cutoffs.widened(self._widest.get(key, cutoffs))
        self._order = np.argsort(users.loss, kind="stable")
        self._marks = np.random.default_rng(SEED).integers(-(2**62), 2**62, len(users))
        self._key: Hashable = None
        self._prepare(np.zeros(0, dtype=np.int64), Cutoffs(0, "0"))

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
        cutoffs = self._cover(policy)
        weighing = weigh(self._users, policy, self._memo)
        members = self._let_in(cutoffs, weighing.ratio)
        compiled = self._compiled(policy, members, weighing)
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
            members,
            problem,
            units,
            compiled.unit_cents,
            tier,
            log_level,
            spend,
            tally(units, policy.award.minimum_units, problem.upper),
        )
        check(solved, compiled, certify=certify)
        return solved

    def weights(self, policy: Policy, solved: Solved) -> NDArray[np.float64]:
        """Return what another policy weighs the eligible users of a solved one by, shape (m,)."""
        weighing = weigh(self._users, policy, self._memo)
        found = weighing.claim / FINE if weighing.weight is None else weighing.weight
        return solved.members.pick(found)

    def _cover(self, policy: Policy) -> Cutoffs:
        """Return the cutoffs of a policy, after preparing all whom it lets in."""
        key, cutoffs = eligibility_key(policy), Cutoffs.of(policy)
        if key != self._key or not self._cutoffs.cover(cutoffs):
            self._widest[key] = widest = cutoffs.widened(self._widest.get(key, cutoffs))
            eligible = decide(self.loaded.users, widest.opened(policy)).eligible
            rows = self._order[eligible[self._order]]
            first = int(np.searchsorted(self.loaded.users.loss[rows], widest.loss))
            self._prepare(rows[first:], widest)
            self._key = key
        return cutoffs

    def _prepare(self, rows: NDArray[np.int64], cutoffs: Cutoffs) -> None:
        """Take the columns of the users whom all policies share."""
        self._users = _taken(self.loaded.users, rows)
        self._group = self._above = Members.of(self._users.loss, self._marks[rows])
        self._members = self._group
        self._cutoffs, self._drawn = cutoffs, cutoffs.ratio
        self._memo = _Latest()
        self._posed: tuple[Hashable, Members, NDArray[np.float64] | None, Compiled] | None = None

    def _let_in(self, cutoffs: Cutoffs, ratio: NDArray[np.float64] | None) -> Members:
        """Return those of the group who are on the cutoffs or above."""
        if cutoffs.ratio != self._drawn:
            chosen = self._group
            if read_ratio(cutoffs.ratio) > read_ratio(self._cutoffs.ratio):
                assert ratio is not None  # the policy says that it needs net assets
                chosen = chosen.where(at_or_above(self._users, ratio, read_ratio(cutoffs.ratio)))
            self._drawn, self._above, self._members = cutoffs.ratio, chosen, chosen
        first = int(np.searchsorted(self._above.loss, cutoffs.loss))
        if len(self._members) != len(self._above) - first:
            self._members = self._above.from_(first)
        return self._members

    def _compiled(self, policy: Policy, members: Members, weighing: Weighing) -> Compiled:
        """State the problem, or return the last one if it is the same, as when alpha changes."""
        objective = policy.objective
        what = (objective.rule, objective.of, objective.weighted, policy.claim)
        key = (repr(policy.award), policy.tie_break_key, repr(policy.constraints), *what)
        weight, last = weighing.weight, self._posed
        if last is None or last[:2] != (key, members) or last[2] is not weight:
            constrained = constrain(self._users, policy, members.rows)
            problem = pose(
                policy,
                members.loss,
                None if policy.uses_weights else members.pick(weighing.claim),
                None if weight is None else members.pick(weight),
                Ids(self._users.ids, members.rows),
                len(self.loaded.users),
                constrained.groups,
            )
            unit = policy.award.unit_cents
            posed = Compiled(problem, members.rows, unit, problem.caps, priced=constrained.bounds)
            last = self._posed = (key, members, weight, posed)
        return last[3]


class _Latest:
    """Remembers the last array of each part, so that what stays the same is not made again."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Hashable, Any]] = {}

    def __call__(self, key: tuple[str, Hashable], make: Callable[[], Any]) -> Any:
        part, settings = key
        if part not in self._kept or self._kept[part][0] != settings:
            self._kept[part] = (settings, make())
        return self._kept[part][1]


def _taken(users: Users, rows: NDArray[np.int64]) -> Users:
    index = array_of(rows)

    def of(column: NDArray[Any] | None) -> NDArray[Any] | None:
        return None if column is None else column[rows]

    return replace(
        users,
        ids=users.ids.take(index),
        loss=users.loss[rows],
        net_assets=of(users.net_assets),
        no_snapshot=of(users.no_snapshot),
        already_compensated=of(users.already_compensated),
        attributes={name: column.take(index) for name, column in users.attributes.items()},
        rounded_rows=users.rounded_rows[rows],
    )
