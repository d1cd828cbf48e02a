"""What a report may tell of several runs without telling what single people get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from allocator.allocation.result import Allocation
from allocator.report.suppress import hidden, hidden_cells, is_small
from allocator.scenarios.compare import Comparison
from allocator.scenarios.deciles import DECILES
from allocator.scenarios.panel import Panel, Scenario, panel
from allocator.scenarios.rows import ChangeRow, PaidRow
from allocator.scenarios.summary import Outcome
from allocator.scenarios.tables import Tables

__all__ = [
    "Run",
    "bound_cells",
    "change_cells",
    "few_differ",
    "gone_rows",
    "gone_tops",
    "told_apart",
    "told_twice",
]


Run = tuple[str, Allocation]  # and what it is called


def told_apart(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Part the runs that may be shown beside each other from those that may not.

    Two runs that differ in what fewer than ten people get tell, when both are shown, what these
    few get.

    Parameters
    ----------
    runs : sequence of (str, Allocation)

    Returns
    -------
    shown, left_out : list of (str, Allocation)
        The first run is always shown.
    """
    shown, left_out = [runs[0]], list[Run]()
    for each in runs[1:]:
        together = panel([run for _, run in (*shown, each)])
        (left_out if few_differ(together) else shown).append(each)
    return shown, left_out


def few_differ(users: Panel) -> bool:
    """Whether two runs of a panel differ in fewer than ten users, or one pays fewer than ten."""
    counts = [len(each.allocation) - users.users for each in users.scenarios]
    counts += [each.allocation.certificate.eligible for each in users.scenarios]
    for one, other in combinations(users.scenarios, 2):
        counts += [
            int(np.count_nonzero(where))
            for where in (
                one.award != other.award,
                one.eligible & ~other.eligible,
                other.eligible & ~one.eligible,
            )
        ]
    return any(is_small(count) for count in counts)


def gone_rows(comparison: Comparison) -> dict[str, set[int]]:
    """Return which rows of the tables by loss are of too few people to be shown.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    dict of str to set of int
        By scenario.
    """
    tables, scenarios = comparison.tables(), comparison.users.scenarios
    codes, count = tables.groups.codes, len(tables.groups.labels)
    gone: dict[str, set[int]] = {}
    for k, scenario in enumerate(scenarios):
        found = hidden([row.users for row in tables.users[:-1]])
        found |= hidden([row.eligible for row in tables.paid[scenario.name][:-1]])
        for other in scenarios[:k]:
            changed = np.bincount(codes[_differ(other, scenario)], minlength=count)
            found |= hidden(changed.tolist())
        gone[scenario.name] = found
    return gone


def gone_tops(tables: Tables, gone: Mapping[str, set[int]]) -> set[str]:
    """Return the scenarios whose highest decile that has anybody is not shown.

    Parameters
    ----------
    tables : Tables
    gone : mapping of str to set of int
        As `gone_rows` returns it.

    Returns
    -------
    set of str
    """
    top = max((k for k, row in enumerate(tables.users[:DECILES]) if row.users), default=0)
    return {name for name, rows in gone.items() if top in rows}


def _differ(one: Scenario, other: Scenario) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = one.award != other.award
    return found


def change_cells(changes: Sequence[ChangeRow], gone: set[int]) -> set[tuple[int, int]]:
    """Return which counts of gainers, losers and unchanged (columns 0 to 2) are to be hidden.

    Parameters
    ----------
    changes : sequence of ChangeRow
        The last row is of everybody.
    gone : set of int
        Rows that are not shown at all.

    Returns
    -------
    set of (int, int)
        Row and column.
    """
    return hidden_cells([(row.gainers, row.losers, row.unchanged) for row in changes], gone)


def told_twice(
    outcomes: Sequence[Outcome], tables: Tables, gone: Mapping[str, set[int]]
) -> dict[str, set[str]]:
    """Return what may not be told of other rules, because a table by decile hides it.

    Parameters
    ----------
    outcomes : sequence of Outcome
        The first is the first scenario of the tables; another may be one of its others.
    tables : Tables
    gone : mapping of str to set of int
        As `gone_rows` returns it.

    Returns
    -------
    dict of str to set of {"floor", "gain", "lose"}
        By outcome.
    """
    base, *others = tables.paid
    found = {outcomes[0].name: _hidden_floor(tables, base, gone)}
    for name in others:
        changes = tables.changes[name]
        cells = change_cells(changes, gone[name])
        last = len(changes) - 1
        hide = {each for k, each in enumerate(("gain", "lose")) if (last, k) in cells}
        for each in outcomes[1:]:
            if _counts(each, changes[-1].users) == (changes[-1].gainers, changes[-1].losers):
                found.setdefault(each.name, set()).update(hide, _hidden_floor(tables, name, gone))
    return found


def _counts(outcome: Outcome, users: int) -> tuple[int, int]:
    shares = (outcome.gain_share or 0.0, outcome.lose_share or 0.0)
    return round(shares[0] * users), round(shares[1] * users)


def _hidden_floor(tables: Tables, name: str, gone: Mapping[str, set[int]]) -> set[str]:
    paid = tables.paid[name]
    return {"floor"} if (len(paid) - 1, 0) in bound_cells(paid, gone[name]) else set()


def bound_cells(paid: Sequence[PaidRow], gone: set[int]) -> set[tuple[int, int]]:
    """Return which counts at the minimum (column 0) and maximum (column 1) are to be hidden.

    Parameters
    ----------
    paid : sequence of PaidRow
        The last row is of everybody.
    gone : set of int
        Rows that are not shown at all.

    Returns
    -------
    set of (int, int)
        Row and column; column 2 is of those in between, whom no table counts.
    """
    # Of everybody, how many are eligible is told as well; of a decile, how many are compared.
    whole = [*(row.users for row in paid[:-1]), paid[-1].eligible]
    rows = [
        (row.at_floor, row.at_cap, n - row.at_floor - row.at_cap)
        for row, n in zip(paid, whole, strict=True)
    ]
    return hidden_cells(rows, gone, unseen={2})
