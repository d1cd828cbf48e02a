"""All tables of a panel of users, for one way of sorting them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from allocator.scenarios.groups import Groups, Split, group_by
from allocator.scenarios.panel import Panel, Scenario
from allocator.scenarios.rows import (
    ChangeRow,
    GroupRow,
    PaidRow,
    change_rows,
    group_rows,
    paid_rows,
)

__all__ = ["Block", "Tables", "tables_by"]

Row = TypeVar("Row", PaidRow, ChangeRow)


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of the tables of a panel.

    Attributes
    ----------
    users : list of GroupRow
    paid : dict of str to list of PaidRow
        By scenario.
    changes : dict of str to list of ChangeRow
        By scenario, from the second on: compared with the first.
    """

    users: list[GroupRow]
    paid: dict[str, list[PaidRow]]
    changes: dict[str, list[ChangeRow]]


@dataclass(frozen=True, eq=False)
class Tables(Block):
    """The tables of a panel; each list has a row per group and, last, one of everybody.

    Attributes
    ----------
    groups : Groups
    tails : Block
        What decile 10 is made of: 90-95%, 95-99%, top 1%. Not to be added to the others; lists
        are empty when there are no deciles.
    """

    groups: Groups
    tails: Block


def tables_by(users: Panel, by: str, source: object = None) -> Tables:
    """Make the tables of a panel.

    Parameters
    ----------
    users : Panel
    by : {"loss", "net_assets", "loss_ratio", "award"}, or a column of the users table
        What users are ranked by.
    source : path, UsersTable, data frame or Arrow table, optional
        The users table, for its other columns.

    Returns
    -------
    Tables

    Raises
    ------
    DataError
        If `by` is none of these, or its values are not known for anybody.
    """
    groups = group_by(users, by, source)
    rows, tails = (_block(users, groups, split) for split in (groups.rows, groups.tails))
    # All tails together are decile 10, not everybody: they have no last row.
    only = Block(
        tails.users[:-1],
        {name: each[:-1] for name, each in tails.paid.items()},
        {name: each[:-1] for name, each in tails.changes.items()},
    )
    return Tables(rows.users, rows.paid, rows.changes, groups, only)


def _block(users: Panel, groups: Groups, split: Split) -> Block:
    def each(
        rows: Callable[[Panel, Split, Scenario], list[Row]], scenarios: Sequence[Scenario]
    ) -> dict[str, list[Row]]:
        return {scenario.name: rows(users, split, scenario) for scenario in scenarios}

    return Block(
        group_rows(users, groups, split),
        each(paid_rows, users.scenarios),
        each(change_rows, users.scenarios[1:]),
    )
