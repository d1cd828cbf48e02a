"""The columns that a policy refers to: whether they are there, and hold what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from allocator.policy.attributes import attribute, factor_codes, in_range
from allocator.policy.checks import COLUMNS
from allocator.policy.sections import Range

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.data.findings import Findings
    from allocator.policy.schema import Policy

__all__ = ["check_attributes"]


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
    if not policy.uses_weights:
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
