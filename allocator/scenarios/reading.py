"""What of policies decides how users are read, and who is in but for the sizes of losses."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from allocator.allocation.pipeline import Loaded, load
from allocator.allocation.stages import Stages
from allocator.policy.schema import Policy

__all__ = ["eligibility_key", "load_for"]


def load_for(source: object, policies: Sequence[Policy], stages: Stages) -> Loaded:
    """Read and check users for some policies, looking at each way of reading them once.

    Parameters
    ----------
    source : object
        As in `allocate`.
    policies : sequence of Policy
    stages : Stages

    Returns
    -------
    Loaded

    Raises
    ------
    DataError
    PolicyError
    """
    distinct = {_reading(policy): policy for policy in policies}
    return load(source, list(distinct.values()), stages)


def eligibility_key(policy: Policy) -> Hashable:
    """Return all that decides who is in, but for the sizes of loss and loss ratio.

    Where weights use no ratio, a ratio line of 0 asks for no net assets: such policies are apart.
    """
    rule = policy.eligibility
    return (
        rule.exclude_already_compensated,
        repr(rule.exclude),
        rule.nonpositive_net_assets,
        policy.weighs_ratio,
        policy.uses_ratio,
    )


def _reading(policy: Policy) -> Hashable:
    """Return what decides how a table is read and checked."""
    return (
        tuple(sorted(policy.columns.items())),
        repr(policy.eligibility.exclude),
        repr(policy.weights.factors),
        repr([(each.where, each.each) for each in policy.constraints]),
        policy.weighs,
        policy.needs_net_assets,
    )
