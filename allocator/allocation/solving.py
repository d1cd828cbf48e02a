"""From checked claimants to their awards: who is in, what they weigh, the level, the cents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.dropping import drop_small
from allocator.allocation.priced import solve_priced
from allocator.allocation.stages import Stages
from allocator.core.few.whole import whole_awards
from allocator.core.nested import tighten
from allocator.core.solve import award
from allocator.core.waterline import waterline
from allocator.data.check import Users
from allocator.policy.compile import Compiled, compile_problem, rule_of
from allocator.policy.eligibility import Eligibility, decide
from allocator.policy.rules import few_rule_of
from allocator.policy.schema import Policy
from allocator.policy.weights import Weighing, weigh

__all__ = ["awarded", "derive"]


def derive(users: Users, policy: Policy, stages: Stages) -> tuple[Eligibility, Weighing, Compiled]:
    """Derive who is in, what they weigh, and the problem that follows.

    Parameters
    ----------
    users : Users
        n claimants.
    policy : Policy
    stages : Stages

    Returns
    -------
    eligibility : Eligibility
    weighing : Weighing
    compiled : Compiled
    """
    with stages.stage("eligibility"):
        eligibility = decide(users, policy)
    with stages.stage("weights"):
        weighing = weigh(users, policy)
        eligibility = drop_small(users, policy, eligibility, weighing)
        return eligibility, weighing, compile_problem(users, policy, eligibility, weighing)


def awarded(
    users: Users, policy: Policy, stages: Stages
) -> tuple[Eligibility, Weighing, Compiled, NDArray[np.int64]]:
    """Derive the problem and solve it.

    Parameters
    ----------
    users : Users
        n claimants.
    policy : Policy
    stages : Stages

    Returns
    -------
    eligibility : Eligibility
    weighing : Weighing
    compiled : Compiled
    award_cents : ndarray of int64, shape (n,)
        Whoever is not eligible has what was already paid.
    """
    eligibility, weighing, compiled = derive(users, policy, stages)
    cents = np.zeros(len(users), dtype=np.int64) if users.paid is None else users.paid.copy()
    if few := few_rule_of(policy):
        with stages.stage("solve"):
            units, _ = whole_awards(compiled.problem, few)
            cents[compiled.rows] = units * compiled.unit_cents
        return eligibility, weighing, compiled, cents
    if compiled.priced:
        with stages.stage("solve"):
            units = solve_priced(policy, compiled).units
        cents[compiled.rows] = units * compiled.unit_cents
        return eligibility, weighing, compiled, cents
    with stages.stage("solve"):
        ramps = tighten(compiled.problem, rule_of(policy).ramps(compiled.problem))
        line = waterline([ramps], compiled.problem.spend)
    with stages.stage("cents"):
        cents[compiled.rows] = award(compiled.problem, line) * compiled.unit_cents
    return eligibility, weighing, compiled, cents
