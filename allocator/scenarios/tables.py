"""All tables of a panel of users, for one way of sorting them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from allocator.scenarios.groups import Groups, group_by
from allocator.scenarios.panel import Panel, Scenario
from allocator.scenarios.rows import (
    ChangeRow,
    GroupRow,
    PaidRow,
    change_rows,
    group_rows,
    paid_rows,
)

__all__ = ["Tables", "tables_by"]

Row = TypeVar("Row", PaidRow, ChangeRow)


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of a panel; each list has a row per group and, last, one of everybody.

    Attributes
    ----------
    groups : Groups
    users : list of GroupRow
    paid : dict of str to list of PaidRow
        By scenario.
    changes : dict of str to list of ChangeRow
        By scenario, from the second on: compared with the first.
    """

    groups: Groups
    users: list[GroupRow]
    paid: dict[str, list[PaidRow]]
    changes: dict[str, list[ChangeRow]]


def tables_by(users: Panel, by: str) -> Tables:
    """Make the tables of a panel.

    Parameters
    ----------
    users : Panel
    by : {"loss", "net_assets", "loss_ratio", "award"}
        What users are ranked by.

    Returns
    -------
    Tables

    Raises
    ------
    DataError
        If `by` is none of these, or its values are not known for anybody.
    """
    groups = group_by(users, by)

    def each(
        rows: Callable[[Panel, Groups, Scenario], list[Row]], scenarios: Sequence[Scenario]
    ) -> dict[str, list[Row]]:
        return {scenario.name: rows(users, groups, scenario) for scenario in scenarios}

    return Tables(
        groups,
        group_rows(users, groups),
        each(paid_rows, users.scenarios),
        each(change_rows, users.scenarios[1:]),
    )
