"""`health`: every check on a policy and its users."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allocator.allocation.manifest import refuse_run
from allocator.allocation.pipeline import Loaded, load
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Progress, Stages
from allocator.data.columns import (
    ALREADY_COMPENSATED,
    ALREADY_PAID,
    AWARD_CAP,
    LOSS,
    NET_ASSETS,
    NO_SNAPSHOT,
    USER_ID,
)
from allocator.data.findings import locate
from allocator.data.table import UsersTable, read_users
from allocator.errors import DataError, UnsupportedError
from allocator.money import exact_sum
from allocator.policy.schema import Policy
from allocator.policy.wave_checks import ACCOUNT
from allocator.policy.waves import spendable_units
from allocator.scenarios.health.finding import SEVERITIES, Finding
from allocator.scenarios.health.ground import Ground
from allocator.scenarios.health.parity import MOST_GROUPS
from allocator.scenarios.health.registry import CHECKS
from allocator.scenarios.health.result import CONSTRAINED, LEFT_OVER, NOTE, Health

__all__ = ["health", "health_of"]

THREADS = 2
OURS = (USER_ID, LOSS, NET_ASSETS, NO_SNAPSHOT, ALREADY_COMPENSATED)


def health(
    users: object,
    policy: Policy | str | os.PathLike[str] | None = None,
    by: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Health:
    """Check a policy on a table of users: where it can be gamed, jumps, or rests on assumptions.

    Awards of hypothetical users (halves of an account, a dollar more of loss, a user moved to a
    line) are computed at the level of the allocation, in whole cents; other policies and noisy
    losses are solved in full.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
        One row per user; see `allocator.read_users`.
    policy : Policy, preset name, path of a policy file, or None
        The announced policy when None.
    by : sequence of str, optional
        Columns whose groups are compared; every column of 2 to 50 different texts or booleans
        when not given.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` before each check.

    Returns
    -------
    Health

    Raises
    ------
    DataError
        If rows are bad, or there is no column to group by.
    PolicyError
        If the policy cannot be read, or refers to columns that are not there.
    InfeasibleError
        If the policy cannot be paid.
    UnsupportedError
        If the policy is for people with several accounts, counts what was already paid, or has
        caps of the users' own.

    Examples
    --------
    >>> import allocator as al
    >>> users = al.simulate_users(2000, seed=1)
    >>> found = health(users, al.Policy.default().replace(budget="300000.00"))
    >>> found["split.maximum"].number
    6000.0
    """
    chosen = Policy.named(policy)
    _refuse_others(chosen)
    refuse_run(users)
    table = read_users(users)
    attributes = _attributes(table, chosen, by)
    ground = Ground.of(load(table, [chosen], Stages()), chosen, attributes)
    return _checked(ground, table, progress)


def health_of(allocation: Allocation, loaded: Loaded) -> Health:
    """Check the policy of an allocation on the users it was just run on, as `health` does.

    Parameters
    ----------
    allocation : Allocation
    loaded : Loaded
        The users, none of them set aside, to whom nothing was paid yet.

    Returns
    -------
    Health

    Raises
    ------
    UnsupportedError
        As of `health`.
    """
    _refuse_others(allocation.policy)
    attributes = _attributes(loaded.read, allocation.policy, None)
    ground = Ground.of(loaded, allocation.policy, attributes, allocation)
    return _checked(ground, loaded.read)


def _refuse_others(policy: Policy) -> None:
    """Refuse policies under which an account's amounts alone do not tell its award."""
    found = [f"columns.{name}" for name in (ALREADY_PAID, AWARD_CAP) if name in policy.columns]
    if policy.award.per != ACCOUNT:
        found.insert(0, f'award.per = "{policy.award.per}"')
    if found:
        raise UnsupportedError(
            f"the policy {policy.name!r} has {' and '.join(found)}; health looks at policies whose "
            "claimants are accounts to which nothing was paid yet, with bounds the same for all: "
            f'set award.per = "{ACCOUNT}", and leave columns.already_paid out, and award_cap'
        )


def _checked(ground: Ground, table: UsersTable, progress: Progress | None = None) -> Health:
    """Run the checks, two at a time: most of their work is in arrays."""
    findings: list[Finding] = []
    with ThreadPoolExecutor(THREADS) as pool:
        started = [pool.submit(lambda each: list(each(ground)), each) for each in CHECKS.values()]
        for done, (name, each) in enumerate(zip(CHECKS, started, strict=True)):
            if progress is not None:
                progress(name, done, len(CHECKS))
            findings += each.result()
    findings.sort(key=lambda each: SEVERITIES.index(each.severity))
    return Health(
        policy=ground.policy.name,
        digest=ground.policy.digest,
        users=len(ground.users),
        eligible=len(ground.rows),
        findings=tuple(_located(table, findings)),
        note=" ".join(_notes(ground)),
    )


def _notes(ground: Ground) -> Iterator[str]:
    yield NOTE
    if ground.policy.constraints:
        yield CONSTRAINED
        return
    policy = ground.policy
    if exact_sum(ground.award_cents) < spendable_units(policy) * policy.award.unit_cents:
        yield LEFT_OVER


def _attributes(
    users: UsersTable, policy: Policy, by: Sequence[str] | None
) -> dict[str, pa.ChunkedArray]:
    """Return the columns whose groups are compared, by the names that a policy uses."""
    theirs = {theirs: ours for ours, theirs in policy.columns.items()}
    named = {theirs.get(name, name): users.table.column(name) for name in users.table.column_names}
    if by is not None:
        if isinstance(by, str):
            raise DataError(f'by must be a list of columns, such as by=["{by}"]')
        missing = [name for name in by if name not in named]
        if missing:
            raise DataError(
                f"there is no column {missing[0]!r} to group by; there are {', '.join(named)}"
            )
        return {name: named[name] for name in by}
    return {name: each for name, each in named.items() if name not in OURS and _is_grouping(each)}


def _is_grouping(column: pa.ChunkedArray) -> bool:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    types = pa.types
    if not (types.is_string(kind) or types.is_large_string(kind) or types.is_boolean(kind)):
        return False
    distinct: int = pc.count_distinct(column.cast(kind), mode="all").as_py()
    return 2 <= distinct <= MOST_GROUPS


def _located(users: UsersTable, findings: Sequence[Finding]) -> list[Finding]:
    """Tell examples by line, all at once: finding lines may mean reading a file again."""
    rows = [each.example.row for each in findings if each.example is not None]
    files, lines = locate(users, np.array(rows, dtype=np.int64))
    places = iter(zip(files.tolist(), lines.tolist(), strict=True))
    found = []
    for each in findings:
        if each.example is not None:
            file, line = next(places)
            path = users.sources[file].path
            if path.startswith("<"):  # in memory, where rows have no lines
                line = each.example.row + 1
                where = f"row {line:,}"
            else:
                name = "standard input" if path == "-" else os.path.basename(path)
                where = f"line {line:,} of {name}"
            each = replace(each, example=replace(each.example, where=where, line=line))
        found.append(each)
    return found
