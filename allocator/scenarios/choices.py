"""Open choices: the same users under the policy with one number decided the other way.

From the awards table alone, fresh or read from a folder, so that a report can tell what a choice
moves long after the users table is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.core.solve import solve
from allocator.errors import InfeasibleError
from allocator.money import FINE, exact_sum
from allocator.policy.compile import Ids, bounds, pose, rule_of
from allocator.policy.rules import FEW
from allocator.policy.schema import Policy
from allocator.policy.sections import Section
from allocator.policy.sources import Source, sources
from allocator.policy.values import read_ratio
from allocator.policy.weights import power
from allocator.scenarios.columns import losses, numbers, reasons
from allocator.scenarios.sums import share_of_top

__all__ = ["ALPHA", "NO_NET_ASSETS", "RATIO", "Choice", "choices", "stands_alone"]

ALPHA = "objective.alpha"
NO_NET_ASSETS = "eligibility.nonpositive_net_assets"
RATIO = "weights.ratio_exponent"
OUT_BY = "no_net_assets"  # the reason code that it lets in


@dataclass(frozen=True)
class Choice:
    """What a policy would do with one of its numbers decided otherwise.

    Attributes
    ----------
    key : str
        Of the policy, as ``objective.alpha``.
    now, instead : str
        The two values, as people read them.
    source : {"announced", "assumed", "set"}
        Where the value comes from.
    feasible : bool
        Whether the other policy can be paid; if not, the rest is 0.
    now_in, eligible : int
        How many users are eligible, now and then.
    gainers, losers, unchanged : int
        Of the users who are eligible in either.
    gain_cents : int
        What the gainers gain in all.
    loss_cents : int
        What the losers lose in all; the same when both policies spend the same.
    largest_change_cents : int
        By how much any user differs.
    top_share, top_share_now : float
        Share of the money that goes to the tenth of the eligible who lost most.
    """

    key: str
    now: str
    instead: str
    source: Source
    feasible: bool
    now_in: int
    eligible: int = 0
    gainers: int = 0
    losers: int = 0
    unchanged: int = 0
    gain_cents: int = 0
    loss_cents: int = 0
    largest_change_cents: int = 0
    top_share: float = 0.0
    top_share_now: float = 0.0


def choices(allocation: Allocation) -> tuple[Choice, ...]:
    """Return what every open choice of a policy would move.

    Users without net assets out or in, alpha 1 or 2, and the ratio counted or not: those of the
    three that the policy's rule looks at.

    Parameters
    ----------
    allocation : Allocation
        Fresh, or read from a folder; of n users.

    Returns
    -------
    tuple of Choice
        None where nobody is eligible, or awards do not follow from a user's own row and one level.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> found = choices(al.allocate(al.simulate_users(1000, seed=7), policy))
    >>> [(each.key, each.now, each.instead) for each in found][1:]
    [('objective.alpha', '1', '2'), ('weights.ratio_exponent', '0.5', '0')]
    >>> found[1].gain_cents == found[1].loss_cents
    True
    """
    if not stands_alone(allocation) or not allocation.certificate.eligible:
        return ()
    columns = _Columns(allocation)
    now = {each.key: each for each in sources(allocation.policy)}
    found = []
    for key, other in _others(allocation.policy):
        there = {each.key: each for each in sources(other)}
        head = (key, now[key].value, there[key].value, now[key].source)
        found.append(_choice(columns, other, head))
    return tuple(found)


def stands_alone(allocation: Allocation) -> bool:
    """Tell whether awards follow from a user's own loss, net assets and factors, and one level.

    They do not with groups, persons of several accounts, earlier payments, users' own caps, or
    dropping out.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> stands_alone(al.allocate(al.simulate_users(1000, seed=7), policy))
    True
    """
    policy = allocation.policy
    award = policy.award
    paid = bool(allocation.paid_sources) or "already_paid" in policy.columns
    plain = award.per == "user_id" and award.below_minimum == "raise"
    plain = plain and policy.objective.rule not in FEW  # which would be divided by again
    return plain and not policy.grouped and not paid and "award_cap" not in policy.columns


def _others(policy: Policy) -> Iterator[tuple[str, Policy]]:
    if policy.uses_ratio:
        out = policy.eligibility.nonpositive_net_assets == "ineligible"
        yield NO_NET_ASSETS, _with(policy, NO_NET_ASSETS, "eligible" if out else "ineligible")
    if not policy.uses_weights:
        return
    yield ALPHA, _with(policy, ALPHA, 2.0 if policy.objective.alpha == 1 else 1.0)
    yield RATIO, _with(policy, RATIO, 0.0 if policy.weights.ratio_exponent else 0.5)


def _with(policy: Policy, key: str, value: object) -> Policy:
    name, _, field = key.partition(".")
    section: Section = getattr(policy, name)
    return policy.model_copy(update={name: section.model_copy(update={field: value})})


class _Columns:
    """What the choices are computed from."""

    def __init__(self, allocation: Allocation) -> None:
        table, self.policy = allocation.table, allocation.policy
        self.ids = table.column("user_id")
        self.loss = losses(table, self.policy)
        self.claim = numbers(table, "claim")
        self.factor = numbers(table, "factor")
        self.ratio = numbers(table, "loss_ratio") if self.policy.uses_ratio else None
        self.weight = numbers(table, "weight") if self.policy.weighs else None
        self.eligible: NDArray[np.bool_] = numbers(table, "eligible")
        self.award = numbers(table, "award_cents")
        codes, labels = reasons(table, self.policy)
        self.out = codes == labels.index(OUT_BY) if OUT_BY in labels else None

    def top_share(self, award: NDArray[np.int64], rows: NDArray[np.int64]) -> float:
        return float(share_of_top(award[rows], self.loss[rows]) or 0)

    def eligible_under(self, other: Policy) -> NDArray[np.bool_]:
        if other.eligibility == self.policy.eligibility or self.ratio is None:
            return self.eligible
        if other.eligibility.nonpositive_net_assets == "ineligible":
            return np.asarray(self.eligible & ~np.isnan(self.ratio))
        lower, upper = bounds(self.loss, other)
        more = self.eligible if self.out is None else self.eligible | (self.out & (lower <= upper))
        return np.asarray(more)

    def weight_under(self, other: Policy, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Weights of some users, in the same order of operations as a run's own."""
        if self.weight is None:
            return None
        weight = self.weight[rows]
        changed = other.weights != self.policy.weights
        again = np.arange(len(rows)) if changed else np.flatnonzero(~self.eligible[rows])
        if not len(again):
            return weight
        some = rows[again]
        product = power(self.claim[some], other.weights.loss_exponent)
        if other.weights.ratio_exponent:
            cap = float(read_ratio(other.weights.ratio_cap))
            ratio = np.full(len(some), cap) if self.ratio is None else self.ratio[some]
            counted = np.where(np.isnan(ratio), cap, np.minimum(ratio, cap))
            product = product * power(counted, other.weights.ratio_exponent)
        weight[again] = product * self.factor[some]
        return weight


def _choice(columns: _Columns, other: Policy, head: tuple[str, str, str, Source]) -> Choice:
    now_in = int(np.count_nonzero(columns.eligible))
    eligible = columns.eligible_under(other)
    rows = np.flatnonzero(eligible)
    try:
        problem = pose(
            other,
            columns.loss[rows],
            np.rint(columns.claim[rows] * FINE).astype(np.int64),
            columns.weight_under(other, rows),
            Ids(columns.ids, rows),
            len(columns.loss),
        )
    except InfeasibleError:
        return Choice(*head, feasible=False, now_in=now_in)
    award = np.zeros(len(columns.loss), dtype=np.int64)
    award[rows] = solve(problem, rule_of(other)).awards * other.award.unit_cents
    change = (award - columns.award)[eligible | columns.eligible]
    up, down = change > 0, change < 0
    gainers, losers = int(np.count_nonzero(up)), int(np.count_nonzero(down))
    return Choice(
        *head,
        feasible=True,
        now_in=now_in,
        eligible=len(rows),
        gainers=gainers,
        losers=losers,
        unchanged=len(change) - gainers - losers,
        gain_cents=exact_sum(change[up]),
        loss_cents=-exact_sum(change[down]),
        largest_change_cents=int(np.abs(change).max(initial=0)),
        top_share=columns.top_share(award, rows),
        top_share_now=columns.top_share(columns.award, np.flatnonzero(columns.eligible)),
    )
