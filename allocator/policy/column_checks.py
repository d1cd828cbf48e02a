"""The columns that a policy refers to: whether they are there, and hold what it needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from allocator.data.buffers import nulls_of
from allocator.policy.attributes import attribute, factor_codes, in_range
from allocator.policy.checks import COLUMNS
from allocator.policy.sections import Range
from allocator.policy.two_stage import BY
from allocator.policy.values import read_ratio

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.data.findings import Findings
    from allocator.policy.schema import Policy

__all__ = ["check_attributes", "instead_of_net_assets"]


def check_attributes(users: Users, policy: Policy, findings: Findings) -> None:
    """Find the rows whose attributes the policy cannot weigh.

    Parameters
    ----------
    users : Users
    policy : Policy
    findings : Findings
        Bad rows are added to it.

    Raises
    ------
    PolicyError
        If a column that the policy refers to is not there.
    DataError
        If such a column holds no single values.
    """
    for name, rule in policy.eligibility.exclude.items():
        if name not in COLUMNS:
            column = attribute(users, name, f"eligibility.exclude.{name}")
            if isinstance(rule, Range):
                rows = np.flatnonzero(in_range(column, rule, name)[1])
                told = f"is not a number, which eligibility.exclude.{name} needs"
                findings.add(told, policy.columns.get(name, name), rows)
    _check_constraints(users, policy, findings)
    if policy.objective.by is not None:
        column = attribute(users, policy.objective.by, BY)
        told = f"is missing, and {BY} needs a group for everybody"
        name = policy.columns.get(policy.objective.by, policy.objective.by)
        findings.add(told, name, np.flatnonzero(nulls_of(column)))
    if not policy.weighs:
        return
    for name, table in policy.weights.factors.items():
        attribute(users, name, f"weights.factors.{name}")
        if "*" not in table:
            codes, factors = factor_codes(users, name, table)
            rows = np.flatnonzero(np.isnan(factors)[codes])
            told = f'is not listed in [weights.factors.{name}] and there is no "*"'
            findings.add(told, policy.columns.get(name, name), rows)


def _check_constraints(users: Users, policy: Policy, findings: Findings) -> None:
    for i, constraint in enumerate(policy.constraints):
        for name, rule in (constraint.where or {}).items():
            if name in COLUMNS:
                continue
            key = f"constraints[{i}].where.{name}"
            column = attribute(users, name, key)
            if isinstance(rule, Range):
                rows = np.flatnonzero(in_range(column, rule, name)[1])
                told = f"is not a number, which {key} needs"
                findings.add(told, policy.columns.get(name, name), rows)
        if constraint.each is not None:
            attribute(users, constraint.each, f"constraints[{i}].each")


def instead_of_net_assets(policies: Iterable[Policy]) -> str:
    """Say what to set to do without net assets; nothing where a rule is about them as such.

    Parameters
    ----------
    policies : iterable of Policy

    Returns
    -------
    str

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> instead_of_net_assets([Policy.default()])
    'eligibility.min_loss_ratio = "0" and weights.ratio_exponent = 0'
    >>> instead_of_net_assets([Policy.default().replace(exclude={"net_assets": {"min": "5"}})])
    ''
    """
    keys: dict[str, None] = {}
    for policy in policies:
        if policy.names_net_assets:
            return ""
        if read_ratio(policy.eligibility.min_loss_ratio) > 0:
            keys['eligibility.min_loss_ratio = "0"'] = None
        if policy.weighs_ratio:
            keys["weights.ratio_exponent = 0"] = None
    return " and ".join(keys)
