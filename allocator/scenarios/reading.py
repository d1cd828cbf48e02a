"""What of policies decides how users are read, who is in, and from which loss on."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from allocator.allocation.pipeline import Loaded, load
from allocator.allocation.stages import Stages
from allocator.money import FINE, exact
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio

__all__ = ["eligibility_key", "load_for", "smallest_loss"]


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
    """Return all that decides who is in, but for the size of the loss."""
    rule = policy.eligibility
    return (
        rule.exclude_already_compensated,
        repr(rule.exclude),
        rule.nonpositive_net_assets,
        read_ratio(rule.min_loss_ratio),
        policy.uses_ratio,
    )


def smallest_loss(policy: Policy) -> int:
    """Return the smallest loss that is in, in 1e-8 dollars.

    Examples
    --------
    >>> smallest_loss(Policy.default()) // FINE
    50
    >>> smallest_loss(Policy.default().replace(minimum="60.00")) // FINE
    60
    """
    least = exact(policy.eligibility.min_loss)
    if policy.award.cap_at_loss:  # a cap below the minimum: both are whole units
        least = max(least, exact(policy.award.minimum))
    return int(least * FINE)


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
