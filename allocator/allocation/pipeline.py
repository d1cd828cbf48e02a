"""`allocate`: users and a policy to awards and their certificate, stage by stage."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import lcm

import pyarrow as pa

from allocator.allocation.claimants import claimants_of
from allocator.allocation.manifest import refuse_run
from allocator.allocation.result import Allocation
from allocator.allocation.solving import awarded, derive
from allocator.allocation.stages import Progress, Stages
from allocator.allocation.table import awards_table
from allocator.allocation.yardsticks import with_yardsticks
from allocator.data.caps import column_of_caps
from allocator.data.check import Users, check_users, needed_columns
from allocator.data.paid import column_of_paid, read_paid, refuse_set_aside
from allocator.data.table import Source, UsersTable, read_users
from allocator.errors import DataError, PolicyError, VerificationError
from allocator.policy.advice import advice
from allocator.policy.column_checks import check_attributes, instead_of_net_assets
from allocator.policy.file_advice import unset_budget
from allocator.policy.persons import check_persons
from allocator.policy.schema import Policy

__all__ = ["Loaded", "allocate", "derive", "load", "run", "warnings_of"]

logger = logging.getLogger("allocator")
logger.addHandler(logging.NullHandler())  # or Python prints warnings that nobody asked to see


@dataclass(frozen=True, eq=False)
class Loaded:
    """A users table, read and checked for some policies.

    Attributes
    ----------
    users : Users
        The good rows.
    read : UsersTable
        As read, with its sources.
    quarantined : pyarrow.Table or None
        Bad rows that were set aside, with their reasons.
    paid : tuple of Source
        Of a table of what was already paid.
    """

    users: Users
    read: UsersTable
    quarantined: pa.Table | None = None
    paid: tuple[Source, ...] = ()


def allocate(
    users: object,
    policy: Policy | str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    paid: object = None,
) -> Allocation:
    """Allocate a budget to users by a policy.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
        One row per user; see `allocator.read_users`.
    policy : Policy, preset name, path of a policy file, or None
        The announced policy when None.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` before each stage.
    paid : path, UsersTable, data frame or Arrow table, optional
        What was already paid: ``user_id``, and ``already_paid`` in dollars or else ``award_cents``,
        as the awards of an earlier run have it. Awards are topped up and never taken back.

    Returns
    -------
    Allocation

    Raises
    ------
    DataError
        If rows are bad (all of them are told at once) or columns are missing.
    PolicyError
        If the policy cannot be read, or refers to columns that are not there.
    InfeasibleError
        If the minimum for everybody is more than the budget.
    VerificationError
        If the result does not pass its own verification; please report it.

    Examples
    --------
    >>> import pyarrow as pa
    >>> users = pa.table({
    ...     "user_id": ["ann", "bob", "cy"],
    ...     "liquidation_loss": ["80.00", "60.00", "20.00"],
    ...     "net_assets": ["100.00", "60.00", "30.00"],
    ... })
    >>> result = allocate(users, Policy.default().replace(budget="100.00"))
    >>> result.to_arrow().column("award_cents").to_pylist()
    [5439, 4561, 0]
    >>> result.certificate.ok
    True
    """
    chosen = Policy.named(policy)
    stages = Stages(progress)
    return run(load(users, [chosen], stages, paid=paid), chosen, stages)


def load(
    source: object,
    policies: Sequence[Policy],
    stages: Stages,
    *,
    max_bad: int = 0,
    paid: object = None,
) -> Loaded:
    """Read and check a users table for some policies.

    Parameters
    ----------
    source : object
        As in `allocate`.
    policies : sequence of Policy
        They must agree on the names of columns.
    stages : Stages
    max_bad : int
        Up to so many bad rows are set aside; more are an error.
    paid : object, optional
        A table of what was already paid, as in `allocate`.

    Returns
    -------
    Loaded

    Raises
    ------
    DataError
        As in `allocate`; or the source is the directory of a run.
    PolicyError
        If the policies map columns differently.
    """
    columns = policies[0].columns
    if any(policy.columns != columns for policy in policies):
        raise PolicyError("the policies map columns differently: they cannot share a users table")
    attributes = tuple(dict.fromkeys(name for policy in policies for name in policy.attributes))
    net_assets = any(policy.needs_net_assets for policy in policies)
    refuse_run(source)
    with stages.stage("load"):
        needed = needed_columns(columns, attributes, net_assets=net_assets)
        table = read_users(source, columns=needed)
    with stages.stage("check"):
        users, findings = check_users(
            table,
            columns=columns,
            attributes=attributes,
            net_assets=net_assets,
            without_net_assets=instead_of_net_assets(policies),
        )
        for policy in policies:
            check_attributes(users, policy, findings)
        unit = lcm(*(policy.award.unit_cents for policy in policies))
        cents = column_of_paid(users.table, columns, unit, findings)
        for policy in policies:
            check_persons(users, policy, findings)
        sources: tuple[Source, ...] = ()
        if paid is not None:
            if cents is not None:
                raise DataError(
                    "what was already paid is given twice: as a table, and as the column that "
                    "columns.already_paid names; leave one of them out"
                )
            cents, found = read_paid(paid, columns, unit, users.ids)
            sources = found.sources
        caps = column_of_caps(users.table, columns, findings)
        users = replace(users, paid=cents, cap=caps)
        if not findings.count:
            return Loaded(users, table, paid=sources)
        if findings.count > max_bad or findings.count == len(users):
            raise findings.error(table)
        bad = findings.mask(len(users))
        refuse_set_aside(cents, bad)
        return Loaded(users.take(~bad), table, findings.quarantine_table(table), sources)


def run(loaded: Loaded, policy: Policy, stages: Stages) -> Allocation:
    """Allocate to users that are already loaded.

    Parameters
    ----------
    loaded : Loaded
    policy : Policy
    stages : Stages

    Returns
    -------
    Allocation
    """
    users, who = loaded.users, claimants_of(loaded.users, policy)
    eligibility, weighing, compiled, award_cents = awarded(who.users, policy, stages)
    with stages.stage("verify"):
        cents = who.split(award_cents)
        certificate = who.certify(compiled, cents)
        table = awards_table(
            who.users, policy, eligibility, weighing, compiled, award_cents, certificate.groups
        )
        table = with_yardsticks(who.table(table, cents), users, policy, cents)
    if not certificate.ok:
        raise VerificationError(
            "the result does not pass its own verification, which is a fault of this program; "
            "please report it: " + "; ".join(certificate.failures)
        )
    warnings = warnings_of(policy, loaded)
    for warning in warnings:
        logger.warning(warning)
    return Allocation(
        table=table,
        policy=policy,
        certificate=certificate,
        sources=loaded.read.sources,
        paid_sources=loaded.paid,
        simulated=loaded.read.simulated,
        warnings=tuple(warnings),
        stages=tuple(stages.finished),
        quarantined=loaded.quarantined,
    )


def warnings_of(policy: Policy, loaded: Loaded) -> list[str]:
    """Say what whoever runs a policy on some users should know.

    Parameters
    ----------
    policy : Policy
    loaded : Loaded

    Returns
    -------
    list of str
    """
    told = [str(each) for each in (*unset_budget(policy), *advice(policy, ready_table=True))]
    if rounded := loaded.users.rounded:
        told.append(
            f"{rounded:,} users have float amounts with more than 8 decimals, which were rounded "
            "half-even"
        )
    return told
