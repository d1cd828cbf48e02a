"""`Comparison`: allocations of the same users side by side, and all their tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from allocator.allocation.result import Allocation
from allocator.policy.diff import PolicyDiff
from allocator.scenarios.comparison_text import comparison_text
from allocator.scenarios.frames import frame_of, plain_row
from allocator.scenarios.measures import measures
from allocator.scenarios.panel import Panel, panel
from allocator.scenarios.people import PeopleLikeMe, people_like_me
from allocator.scenarios.tables import Tables, tables_by

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "distribution"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """A base and one or more other allocations of the same users.

    Attributes
    ----------
    users : Panel
        The users who are eligible in at least one of them.
    source : object
        The users table, for tables by its other columns; None for the files that the base was run
        on.
    """

    users: Panel
    source: object = field(default=None, repr=False)

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
        return import_module("allocator.report.figures").Plots(self.allocations, self.names)

    @cached_property
    def _by_loss(self) -> Tables:
        return tables_by(self.users, "loss")

    def tables(self, by: str = "loss") -> Tables:
        """Return the tables as plain rows, without pandas; see `deciles` for `by`."""
        return self._by_loss if by == "loss" else tables_by(self.users, by, self.source)

    def overview(self) -> pd.DataFrame:
        """One row per policy.

        Returns
        -------
        pandas.DataFrame
            users, eligible, paid, at_floor, at_cap, total_cents, mean_cents, median_cents,
            recovery_ratio_of_sums and recovery_mean_of_ratios of all users compared; gainers,
            losers, unchanged, gain_cents, loss_cents (0 for the base); formula.
        """
        import pandas as pd

        return pd.DataFrame(self._overview()).set_index("policy")

    def deciles(self, by: str = "loss") -> pd.DataFrame:
        """Who gets how much, by decile or by the values of a column.

        Parameters
        ----------
        by : {"loss", "net_assets", "loss_ratio", "award"}, or a column of the users table
            What users are ranked by; "award" is that of the base. Deciles are by rank, always
            ten; equal values share the decile in which the middle of their ranks falls; values of
            zero or less, or not known, have a row of their own. A column of the users table (as
            the base's policy calls it) has a row for each value, or deciles if it holds more than
            fifty different numbers.

        Returns
        -------
        pandas.DataFrame
            A row per decile and an ALL row, to which the others add up to the cent; below it, not
            to be added, what decile 10 is made of: 90-95%, 95-99%, top 1%. The index is named
            after what users are ranked by, ``attrs["basis"]`` says how. Columns in two levels:
            ``users`` (users, lowest and highest of what they are ranked by, loss_cents), then each
            policy (eligible, paid, at_floor, at_cap, total_cents, mean_cents, median_cents,
            recovery_ratio_of_sums = total of awards / total of losses, recovery_mean_of_ratios =
            mean of award / loss).

        Raises
        ------
        DataError
            If `by` is none of these, its values are not known for anybody, or the users table is
            not at hand.
        """
        tables = self.tables(by)
        blocks = {"users": [*tables.users, *tables.tails.users]}
        paid = {name: [*rows, *tables.tails.paid[name]] for name, rows in tables.paid.items()}
        return frame_of({**blocks, **paid}, tables.groups)

    def difference(self, by: str = "loss") -> pd.DataFrame:
        """Who gains and who loses against the base, by decile or by the values of a column.

        Parameters
        ----------
        by : {"loss", "net_assets", "loss_ratio", "award"}, or a column of the users table
            As in `deciles`.

        Returns
        -------
        pandas.DataFrame
            Rows as in `deciles`. Columns in two levels: each other policy, then users, gainers,
            losers, unchanged, gain_cents, loss_cents, change_cents, mean_change_cents.

        Raises
        ------
        DataError
            As in `deciles`.
        """
        tables = self.tables(by)
        tails = tables.tails.changes
        blocks = {name: [*rows, *tails[name]] for name, rows in tables.changes.items()}
        return frame_of(blocks, tables.groups)

    def metrics(self, of: str = "award") -> pd.DataFrame:
        """Measures of inequality and fairness, side by side.

        Parameters
        ----------
        of : {"award", "recovery", "remaining_loss"}
            Of awards, of award / loss, or of what is left of losses.

        Returns
        -------
        pandas.DataFrame
            A row per measure, a column per policy, each of its own eligible users; see
            `allocator.scenarios.measures.Measures`.

        Raises
        ------
        DataError
            If `of` is none of these.
        """
        import pandas as pd

        found = [measures(each, of).frame[of].rename(name) for name, each in self._named()]
        return pd.concat(found, axis=1)

    def people_like_me(self) -> PeopleLikeMe:
        """Say what losses of $100 to $100,000 get under each policy."""
        return people_like_me(self.allocations, self.names)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON: cents as integers, ratios to six decimals."""
        tables = self.tables()
        tails = tables.tails
        return {
            "schema_version": 1,
            "names": list(self.names),
            "users": self.users.users,
            "compared": len(self.users),
            "notes": list(self.users.notes),
            "overview": self._overview(),
            "by": tables.groups.basis,
            "users_by_decile": [plain_row(row) for row in tables.users],
            "deciles": _plain(tables.paid),
            "differences": _plain(tables.changes),
            "users_in_tails": [plain_row(row) for row in tails.users],
            "tails": _plain(tails.paid),
            "tail_differences": _plain(tails.changes),
            "policy_differences": {
                name: [asdict(change) for change in diff.changes]
                for name, diff in self.diffs.items()
            },
        }

    def __str__(self) -> str:
        return comparison_text(self.users, self._by_loss, self.diffs)

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.names)}; {len(self.users):,} users)"

    def _repr_html_(self) -> str:
        html: str = import_module("allocator.report.cards").comparison_card(self)
        return html

    def _named(self) -> list[tuple[str, Allocation]]:
        return list(zip(self.names, self.allocations, strict=True))

    def _overview(self) -> list[dict[str, Any]]:
        rows = []
        for scenario in self.users.scenarios:
            paid = self._by_loss.paid[scenario.name][-1]
            change = self._by_loss.changes.get(scenario.name, [None])[-1]
            row = {"policy": scenario.name, **plain_row(paid)}
            for name in ("gainers", "losers", "unchanged", "gain_cents", "loss_cents"):
                row[name] = 0 if change is None else getattr(change, name)
            if change is None:
                row["unchanged"] = paid.users
            row["formula"] = scenario.allocation.formula
            del row["label"]
            rows.append(row)
        return rows


def distribution(allocation: Allocation, by: str = "loss", users: object = None) -> pd.DataFrame:
    """Return who gets how much in one allocation; its eligible users are in the table.

    Parameters
    ----------
    allocation : Allocation
    by : {"loss", "net_assets", "loss_ratio", "award"}, or a column of the users table
        As in `Comparison.deciles`, which also says what is in the frame.
    users : path, UsersTable, data frame or Arrow table, optional
        The users table; the files that the allocation was run on when not given.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DataError
        As in `Comparison.deciles`.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> frame = distribution(al.allocate(al.simulate_users(1000, seed=7), policy))
    >>> list(frame.index[9:])
    ['10', 'ALL', '90-95%', '95-99%', 'top 1%']
    >>> int(frame.loc["ALL", ("Announced", "total_cents")])
    5000000
    """
    return Comparison(panel([allocation]), users).deciles(by)


def _plain(tables: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {name: [plain_row(row) for row in rows] for name, rows in tables.items()}
