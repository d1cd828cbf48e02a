"""Policies side by side: who gets how much, who gains and who loses."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from allocator.allocation.pipeline import load, run
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Progress, Stages
from allocator.data.table import read_users
from allocator.errors import DataError
from allocator.policy.schema import Policy
from allocator.scenarios.comparison import Comparison
from allocator.scenarios.panel import panel

__all__ = ["Comparison", "compare"]

Item = tuple[str | None, Allocation | Policy]


def compare(
    base: object,
    *others: object,
    names: Sequence[str] | None = None,
    users: object = None,
    progress: Progress | None = None,
    **named: object,
) -> Comparison:
    """Compare allocations, or policies on one users table.

    Parameters
    ----------
    base : path, UsersTable, data frame or Arrow table of users; or Allocation; or dict
        Users, to apply policies to; or the first of what is compared.
    *others : Allocation, Policy, preset name, path of a policy file, or dict of these by name
        What is compared, at least two with the base; the first is the base of the comparison.
        Policies are applied to the users, which are read and checked once.
    names : sequence of str, optional
        What to call them; the policies' names when not given.
    users : path, UsersTable, data frame or Arrow table, optional
        The users table, when the base is not: to apply policies to, and for tables by its other
        columns. The files that the first allocation was run on when not given.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` before each stage of each run.
    **named : Allocation, Policy, preset name or path of a policy file
        More to compare, by name.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        If there is nothing to compare, the users are bad or not at hand, or the runs have none in
        common.
    PolicyError
        If a policy cannot be read.

    Examples
    --------
    >>> import allocator as al
    >>> users = al.simulate_users(1000, seed=7)
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> comparison = compare(users, policy, Broad=policy.replace(alpha=2))
    >>> comparison.names
    ('Announced', 'Broad')
    >>> comparison.tables().changes["Broad"][-1].change_cents
    0
    >>> compare(users, {"Now": policy, "Later": policy.replace(minimum="10.00")}).names
    ('Now', 'Later')
    """
    if isinstance(names, str):
        raise DataError(f'names must be a list, such as names=["{names}", ...]')
    told: list[object] = [*others, *([named] if named else [])]
    if users is not None or isinstance(base, (Allocation, Mapping)):
        told.insert(0, base)
        source = users
    else:
        # A table in memory may be changed later: it is taken as it is now.
        source = base if isinstance(base, (str, os.PathLike)) else read_users(base)
    items = [item for each in told for item in _items(each)]
    if len(items) < 2:
        raise DataError(_too_few(items, told))
    allocations = _run(items, source, progress)
    if names is None:
        pairs = zip(items, allocations, strict=True)
        names = [name or allocation.policy.name for (name, _), allocation in pairs]
    kept = None if users is None and isinstance(source, (str, os.PathLike)) else source
    return Comparison(panel(allocations, names), kept)


def _items(value: object) -> list[Item]:
    """Return what is to be compared, each with its name if it was given one."""
    if isinstance(value, Mapping):
        return [(str(name), _one(each)) for name, each in value.items()]
    return [(None, _one(value))]


def _one(value: object) -> Allocation | Policy:
    if isinstance(value, Allocation):
        return value
    if isinstance(value, (Policy, str, os.PathLike)):
        return Policy.named(value)
    raise DataError(
        f"cannot compare a {type(value).__name__}: after a users table, give policies, preset "
        "names, paths of policy files or allocations"
    )


def _too_few(items: Sequence[Item], told: Sequence[object]) -> str:
    if items and isinstance(items[0][1], Allocation):
        return (
            "compare needs at least two allocations, or an allocation and a policy, such as "
            'compare(result, "broad")'
        )
    if told and not items:
        return "there is nothing to compare: the dict is empty"
    return (
        "compare needs at least two policies for a users table, such as "
        'compare(users, "announced", "pro-rata")'
    )


def _run(items: Sequence[Item], source: object, progress: Progress | None) -> list[Allocation]:
    """Apply the policies to the users, which are read once."""
    policies = [value for _, value in items if isinstance(value, Policy)]
    if not policies:
        return [value for _, value in items if isinstance(value, Allocation)]
    given = [value for _, value in items if isinstance(value, Allocation)]
    loaded = load(_users(source, given), policies, Stages(progress))
    if source is None and _stored(loaded.read.sources) != _stored(given[0].sources):
        raise DataError(
            f"{loaded.read.sources[0].path} has changed since the run it is compared with: hand in "
            "the users table that it was, as in compare(result, policy, users=users)"
        )
    return [
        value if isinstance(value, Allocation) else run(loaded, value, Stages(progress))
        for _, value in items
    ]


def _users(source: object, given: Sequence[Allocation]) -> object:
    """Return the users to apply policies to: as given, or the file of the first allocation."""
    if source is not None:
        return source
    if not given:
        raise DataError(
            "policies are compared on a users table: give it first, compare(users, policy, "
            "other_policy)"
        )
    sources = given[0].sources
    if len(sources) > 1 or sources[0].sha256 is None or sources[0].path == "-":
        raise DataError(
            "an allocation does not keep the users table, which other policies are to be applied "
            "to: give the users first: compare(users, policy, other_policy), or by name: "
            "compare(result, policy, users=users)"
        )
    return sources[0].path


def _stored(sources: Sequence[Any]) -> list[str | None]:
    return [each.sha256 for each in sources]
