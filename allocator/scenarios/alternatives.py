"""What the same users would get under another rule, solved from the awards table alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.core.claims import Proportional
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, Rule
from allocator.core.solve import solve
from allocator.money import FINE
from allocator.policy.compile import Ids
from allocator.policy.waves import spendable_units
from allocator.scenarios.columns import numbers

__all__ = ["Alternative", "alternatives", "awards_under"]


@dataclass(frozen=True)
class Alternative:
    """Another rule for the same users, floors and caps.

    Attributes
    ----------
    name : str
    rule : Rule
    """

    name: str
    rule: Rule


def alternatives(allocation: Allocation) -> tuple[Alternative, ...]:
    """Name the rules that a run is best seen beside: pro rata, and weights at another alpha.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    tuple of Alternative
        Empty for a run that is itself pro rata, and where awards depend on more than everybody's
        own bounds: with constraints, where small awards are dropped, and where money is already
        paid.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="5000.00")
    >>> users = al.simulate_users(200, seed=7)
    >>> [each.name for each in alternatives(al.allocate(users, policy))]
    ['pro rata', 'broad (alpha 2)']
    >>> alternatives(al.allocate(users, policy.replace(rule="proportional")))
    ()
    """
    policy = allocation.policy
    shared = policy.grouped or policy.award.below_minimum != "raise"
    shared = shared or "paid_cents" in allocation.table.column_names
    if shared or policy.objective.rule == "proportional":
        return ()
    if not policy.uses_weights:
        return (Alternative("pro rata", Proportional()),)
    objective = policy.objective
    broad = Alternative("broad (alpha 2)", AlphaFair(2))
    if objective.alpha == 2 and objective.of == "amount":
        broad = Alternative("alpha 1", AlphaFair(1))
    return Alternative("pro rata", Proportional()), broad


def awards_under(allocation: Allocation, rules: Sequence[Rule]) -> list[NDArray[np.int64]]:
    """Return what the eligible users would get under other rules.

    Parameters
    ----------
    allocation : Allocation
        With m eligible users, at least one.
    rules : sequence of Rule

    Returns
    -------
    list of ndarray of int64, shape (m,)
        Cents, whole units of the policy, in the order of the awards table.
    """
    table, policy = allocation.table, allocation.policy
    unit = policy.award.unit_cents
    rows = np.flatnonzero(numbers(table, "eligible"))
    awards = []
    for rule in rules:
        by_claim = isinstance(rule, Proportional)
        claims = np.rint(numbers(table, "claim")[rows] * FINE).astype(np.int64)
        problem = Problem(
            budget=spendable_units(policy),
            lower=numbers(table, "lower_cents")[rows] // unit,
            upper=numbers(table, "upper_cents")[rows] // unit,
            weights=None if by_claim else numbers(table, "weight")[rows],
            claims=claims if by_claim else None,
            ids=Ids(table.column("user_id"), rows),
            tie_break_key=policy.tie_break_key,
        )
        awards.append(solve(problem, rule).awards * unit)
    return awards
