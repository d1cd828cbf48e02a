"""Several allocations of the same users, side by side as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.data.buffers import numbers_of
from allocator.errors import DataError
from allocator.money import CENTS, exact_sum, format_cents
from allocator.scenarios.columns import losses, numbers

__all__ = ["Panel", "Scenario", "distinct_names", "panel"]


@dataclass(frozen=True, eq=False)
class Scenario:
    """What one allocation gives to the users of a panel.

    Attributes
    ----------
    name : str
        Of the policy; no two scenarios of a panel have the same.
    allocation : Allocation
    eligible : ndarray of bool, shape (n,)
    award, lower, upper : ndarray of int64, shape (n,)
        Cents.
    """

    name: str
    allocation: Allocation
    eligible: NDArray[np.bool_]
    award: NDArray[np.int64]
    lower: NDArray[np.int64]
    upper: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Panel:
    """The n users who are eligible in at least one of several allocations.

    Attributes
    ----------
    scenarios : tuple of Scenario
    rows : tuple of ndarray of int64, shape (n,)
        Where the users stand in each allocation's table.
    loss : ndarray of int64, shape (n,)
        1e-8 dollars, as in the first allocation.
    users : int
        Users in all of the allocations, eligible or not.
    notes : tuple of str
        What keeps the allocations from being fully comparable.
    """

    scenarios: tuple[Scenario, ...]
    rows: tuple[NDArray[np.int64], ...]
    loss: NDArray[np.int64]
    users: int
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.loss)


def panel(allocations: Sequence[Allocation], names: Sequence[str] | None = None) -> Panel:
    """Put allocations side by side, user by user.

    Parameters
    ----------
    allocations : sequence of Allocation
        One or more. Users are matched by user_id, 7 and "7" alike.
    names : sequence of str, optional
        The policies' names when not given.

    Returns
    -------
    Panel

    Raises
    ------
    DataError
        If the names do not fit, or the allocations have no user in common.
    """
    chosen = [each.policy.name for each in allocations] if names is None else list(names)
    if len(chosen) != len(allocations):
        raise DataError(f"{len(chosen)} names for {len(allocations)} allocations: give one each")
    titles = distinct_names(chosen)
    common = _common_rows([each.table.column("user_id") for each in allocations])
    if not len(common[0]):
        raise DataError(
            f"{' and '.join(titles)} have no user_id in common: only runs of the same users can "
            "be compared"
        )
    eligible = [
        numbers(each.table, "eligible")[rows]
        for each, rows in zip(allocations, common, strict=True)
    ]
    kept = np.flatnonzero(np.logical_or.reduce(eligible))
    rows = tuple(each[kept] for each in common)
    scenarios = tuple(
        Scenario(
            title,
            allocation,
            numbers(allocation.table, "eligible")[where],
            numbers(allocation.table, "award_cents")[where],
            numbers(allocation.table, "lower_cents")[where],
            numbers(allocation.table, "upper_cents")[where],
        )
        for title, allocation, where in zip(titles, allocations, rows, strict=True)
    )
    lost = [losses(each.table, each.policy)[r] for each, r in zip(allocations, rows, strict=True)]
    notes = [
        *_other_budgets(allocations, titles),
        *_left_out(allocations, titles, common),
        *_other_losses(lost, titles),
    ]
    return Panel(scenarios, rows, lost[0], len(common[0]), tuple(notes))


def distinct_names(names: Sequence[str]) -> tuple[str, ...]:
    """Give a number to names that occur twice.

    Examples
    --------
    >>> distinct_names(["Mine", "Broad", "Mine"])
    ('Mine', 'Broad', 'Mine (2)')
    """
    found: list[str] = []
    for name in names:
        number, title = 1, name
        while title in found:
            number += 1
            title = f"{name} ({number})"
        found.append(title)
    return tuple(found)


def _common_rows(ids: Sequence[pa.ChunkedArray]) -> list[NDArray[np.int64]]:
    """Where the users of all tables stand in each, in the order of the first."""
    first = ids[0]
    rows = [np.arange(len(first))]
    kept = np.ones(len(first), dtype=bool)
    for other in ids[1:]:
        if first.equals(other):
            rows.append(np.arange(len(first)))
            continue
        found = pc.index_in(_text(first), value_set=_text(other))
        kept &= numbers_of(found.is_valid().cast(pa.uint8())).view(np.bool_)
        rows.append(numbers_of(found).astype(np.int64))
    return [each[kept] for each in rows]


def _text(column: pa.ChunkedArray) -> pa.Array:
    merged = column.cast(pa.large_string()).combine_chunks()
    return merged.chunk(0) if isinstance(merged, pa.ChunkedArray) else merged


def _other_budgets(allocations: Sequence[Allocation], names: Sequence[str]) -> list[str]:
    """Tell that budgets differ, from which gains and losses follow whatever the rules say."""
    budgets = [each.certificate.budget_cents for each in allocations]
    if len(set(budgets)) == 1:
        return []
    told = [
        f"{format_cents(cents)} under {name}" for cents, name in zip(budgets, names, strict=True)
    ]
    dollars, cents = divmod(budgets[0], CENTS)
    return [
        f"the budgets differ, and not only the rules: {', '.join(told)}; to compare the rules "
        f"alone, give all the budget of {names[0]}: --set award.budget={dollars}.{cents:02d}, or "
        "in Python policy.replace(budget=...)"
    ]


def _left_out(
    allocations: Sequence[Allocation], names: Sequence[str], rows: Sequence[NDArray[Any]]
) -> list[str]:
    """Tell who is left out because they are not in every run, and with how much."""
    notes = []
    for allocation, name, common in zip(allocations, names, rows, strict=True):
        missing = len(allocation) - len(common)
        if missing:
            award = numbers(allocation.table, "award_cents")
            money = format_cents(exact_sum(award) - exact_sum(award[common]))
            notes.append(
                f"{missing:,} users of {name} are not in every run and are left out, with {money} "
                "of its awards"
            )
    return notes


def _other_losses(lost: Sequence[NDArray[np.int64]], names: Sequence[str]) -> list[str]:
    notes = []
    for other, name in zip(lost[1:], names[1:], strict=True):
        differ = int(np.count_nonzero(other != lost[0]))
        if differ:
            notes.append(
                f"{differ:,} users have another loss in {name} than in {names[0]}, whose losses "
                "are shown"
            )
    return notes
