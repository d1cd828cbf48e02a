"""Policies side by side: who gets how much, who gains and who loses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from allocator.allocation.pipeline import load, run
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Progress, Stages
from allocator.errors import DataError
from allocator.policy.diff import PolicyDiff
from allocator.policy.schema import Policy
from allocator.scenarios.comparison_text import comparison_text
from allocator.scenarios.groups import Groups
from allocator.scenarios.panel import Panel, panel
from allocator.scenarios.rows import ChangeRow, GroupRow, PaidRow
from allocator.scenarios.tables import Tables, tables_by

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "compare"]

DIGITS = 6  # decimals of ratios in files


@dataclass(frozen=True, eq=False)
class Comparison:
    """A base and one or more other allocations of the same users.

    Attributes
    ----------
    users : Panel
        The users who are eligible in at least one of them.
    """

    users: Panel

    @property
    def names(self) -> tuple[str, ...]:
        """What the allocations are called, the base first; no two have the same name."""
        return tuple(each.name for each in self.users.scenarios)

    @property
    def allocations(self) -> tuple[Allocation, ...]:
        """The allocations, the base first."""
        return tuple(each.allocation for each in self.users.scenarios)

    @property
    def diffs(self) -> dict[str, PolicyDiff]:
        """What each other policy has different from the base's, by name."""
        base, *others = self.users.scenarios
        return {each.name: base.allocation.policy.diff(each.allocation.policy) for each in others}

    @property
    def plot(self) -> Any:
        """Figures of these allocations, such as ``comparison.plot.money()``."""
        return import_module("allocator.report.figures").Plots(self.allocations)

    @cached_property
    def _by_loss(self) -> Tables:
        return tables_by(self.users, "loss")

    def tables(self, by: str = "loss") -> Tables:
        """Return the tables as plain rows, without pandas; see `deciles` for `by`."""
        return self._by_loss if by == "loss" else tables_by(self.users, by)

    def overview(self) -> pd.DataFrame:
        """One row per policy.

        Returns
        -------
        pandas.DataFrame
            eligible, at_floor, at_cap, total_cents, mean_cents, median_cents (of all users
            compared), recovery; gainers, losers, unchanged, gain_cents, loss_cents (0 for the
            base); formula.
        """
        import pandas as pd

        return pd.DataFrame(self._overview()).set_index("policy")

    def deciles(self, by: str = "loss") -> pd.DataFrame:
        """Who gets how much, by decile.

        Parameters
        ----------
        by : {"loss", "net_assets", "loss_ratio", "award"}
            What users are ranked by; "award" is that of the base. Deciles are by rank, always
            ten; values of zero or less, or not known, have a row of their own.

        Returns
        -------
        pandas.DataFrame
            A row per decile and an ALL row, to which the others add up to the cent; the index is
            named after what users are ranked by, ``attrs["basis"]`` says how. Columns in two
            levels: ``users`` (users, lowest and highest of what they are ranked by,
            loss_cents), then each policy (eligible, at_floor, at_cap, total_cents, mean_cents,
            median_cents, recovery = total of awards / total of losses).

        Raises
        ------
        DataError
            If `by` is none of these, or its values are not known for anybody.
        """
        tables = self.tables(by)
        blocks: dict[str, Sequence[Any]] = {"users": tables.users, **tables.paid}
        return _frame(blocks, tables.groups)

    def difference(self, by: str = "loss") -> pd.DataFrame:
        """Who gains and who loses against the base, by decile.

        Parameters
        ----------
        by : {"loss", "net_assets", "loss_ratio", "award"}
            As in `deciles`.

        Returns
        -------
        pandas.DataFrame
            A row per decile and an ALL row. Columns in two levels: each other policy, then
            users, gainers, losers, unchanged, gain_cents, loss_cents, change_cents,
            mean_change_cents.

        Raises
        ------
        DataError
            As in `deciles`.
        """
        tables = self.tables(by)
        return _frame(dict(tables.changes), tables.groups)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON: cents as integers, ratios to six decimals."""
        tables = self.tables()
        return {
            "schema_version": 1,
            "names": list(self.names),
            "users": self.users.users,
            "compared": len(self.users),
            "notes": list(self.users.notes),
            "overview": self._overview(),
            "by": tables.groups.basis,
            "users_by_decile": [_plain(row) for row in tables.users],
            "deciles": {name: [_plain(r) for r in rows] for name, rows in tables.paid.items()},
            "differences": {
                name: [_plain(row) for row in rows] for name, rows in tables.changes.items()
            },
            "policy_differences": {
                name: [asdict(change) for change in diff.changes]
                for name, diff in self.diffs.items()
            },
        }

    def __str__(self) -> str:
        return comparison_text(self.users, self._by_loss, self.diffs)

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.names)}; {len(self.users):,} users)"

    def _overview(self) -> list[dict[str, Any]]:
        rows = []
        for scenario in self.users.scenarios:
            paid = self._by_loss.paid[scenario.name][-1]
            change = self._by_loss.changes.get(scenario.name, [None])[-1]
            row = {"policy": scenario.name, **_plain(paid)}
            for name in ("gainers", "losers", "unchanged", "gain_cents", "loss_cents"):
                row[name] = 0 if change is None else getattr(change, name)
            if change is None:
                row["unchanged"] = paid.users
            row["formula"] = scenario.allocation.formula
            del row["label"]
            rows.append(row)
        return rows


def compare(
    base: object,
    *others: Allocation | Policy | str | os.PathLike[str],
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare allocations, or policies on one users table.

    Parameters
    ----------
    base : Allocation; or path, UsersTable, data frame or Arrow table of users
    *others : Allocation; or Policy, preset name or path of a policy file
        Allocations when the base is one. Otherwise policies, at least two, the first of which is
        the base.
    names : sequence of str, optional
        What to call them; the policies' names when not given.
    progress : callable, optional
        Called as ``progress(stage, done, total)`` before each stage of each run.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        If there is nothing to compare, the users are bad, or the runs have none in common.
    PolicyError
        If a policy cannot be read.

    Examples
    --------
    >>> import allocator as al
    >>> users = al.simulate_users(1000, seed=7)
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> comparison = compare(users, policy, policy.replace(alpha=2, name="Broad"))
    >>> comparison.names
    ('Announced', 'Broad')
    >>> comparison.tables().changes["Broad"][-1].change_cents
    0
    """
    if isinstance(base, Allocation):
        allocations = [base, *_allocations(others)]
    else:
        policies = [_policy(each) for each in others]
        if len(policies) < 2:
            raise DataError(
                "compare needs at least two policies for a users table, such as "
                'compare(users, "announced", "pro-rata")'
            )
        loaded = load(base, policies, Stages(progress))
        allocations = [run(loaded, policy, Stages(progress)) for policy in policies]
    return Comparison(panel(allocations, names))


def _allocations(others: Sequence[object]) -> list[Allocation]:
    found = [each for each in others if isinstance(each, Allocation)]
    if len(found) < len(others):
        raise DataError(
            "an allocation is compared with other allocations; to compare policies give the users "
            "first: compare(users, policy, other_policy)"
        )
    if not found:
        raise DataError("compare needs at least two allocations")
    return found


def _policy(value: object) -> Policy:
    if isinstance(value, (Policy, str, os.PathLike)):
        return Policy.named(value)
    raise DataError(
        f"cannot compare a {type(value).__name__}: after a users table, give policies, preset "
        "names or paths of policy files"
    )


def _frame(blocks: dict[str, Sequence[Any]], groups: Groups) -> pd.DataFrame:
    """Put blocks of rows side by side; means and medians of nobody are missing integers."""
    import pandas as pd

    columns = {}
    for name, rows in blocks.items():
        for field in fields(rows[0]):
            if field.name == "label" or (isinstance(rows[0], PaidRow) and field.name == "users"):
                continue
            values = [getattr(row, field.name) for row in rows]
            whole = field.name.endswith("_cents")
            columns[name, field.name] = pd.array(values, dtype="Int64") if whole else values
    labels = [row.label for row in next(iter(blocks.values()))]
    frame = pd.DataFrame(columns, index=pd.Index(labels, name=groups.title))
    frame.attrs["basis"] = groups.basis
    return frame


def _plain(row: GroupRow | PaidRow | ChangeRow) -> dict[str, Any]:
    data = asdict(row)
    return {key: round(v, DIGITS) if isinstance(v, float) else v for key, v in data.items()}
