"""`Allocation`: awards, their certificate, and everything that can be asked of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from allocator.allocation.evidence import Certificate
from allocator.allocation.stages import Stage
from allocator.data.table import Source
from allocator.policy.schema import Policy

if TYPE_CHECKING:
    import pandas as pd

    from allocator.allocation.explain import Explanation
    from allocator.scenarios.measures import Measures
    from allocator.scenarios.people import PeopleLikeMe
    from allocator.scenarios.summary import Summary

__all__ = ["Allocation"]


@dataclass(frozen=True, eq=False)
class Allocation:
    """The result of allocating a budget to users by a policy.

    Attributes
    ----------
    table : pyarrow.Table
        One row per user, in input order; see `to_arrow`.
    policy : Policy
    certificate : Certificate
    sources : tuple of Source
        The files the users came from.
    simulated : str or None
        What the users table says about having been simulated.
    warnings : tuple of str
    stages : tuple of Stage
        Seconds and peak memory of each stage of the run.
    quarantined : pyarrow.Table or None
        Bad rows that were set aside.
    paid_sources : tuple of Source
        The files of a table of what was already paid.
    """

    table: pa.Table
    policy: Policy
    certificate: Certificate
    sources: tuple[Source, ...]
    simulated: str | None = None
    warnings: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    quarantined: pa.Table | None = field(default=None, repr=False)
    paid_sources: tuple[Source, ...] = ()

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        c = self.certificate
        return f"Allocation({self.policy.name!r}, {c.eligible:,} of {c.users:,} users, {c.status})"

    def _repr_html_(self) -> str:
        html: str = import_module("allocator.report.cards").summary_card(self.summary())
        return html

    def to_arrow(self) -> pa.Table:
        """Return the awards as an Arrow table.

        Returns
        -------
        pyarrow.Table
            user_id, eligible, reason, loss, net_assets (as read, text as decimals), loss_ratio,
            claim, factor, weight, lower_cents, upper_cents, binding, award_cents.
        """
        return self.table

    @property
    def awards(self) -> pd.DataFrame:
        """The awards as a pandas frame, decimals as floats: a copy, which may be changed."""
        import pandas as pd

        copies_on_write = int(pd.__version__.split(".")[0]) >= 3
        return self._awards.copy(deep=not copies_on_write)

    @cached_property
    def _awards(self) -> pd.DataFrame:
        columns = {}
        for name in self.table.column_names:
            column = self.table.column(name)
            is_decimal = pa.types.is_decimal(column.type)
            columns[name] = column.cast(pa.float64()) if is_decimal else column
        frame: pd.DataFrame = pa.table(columns).to_pandas()
        return frame

    @property
    def formula(self) -> str:
        """The effective formula in one line, numbers filled in."""
        return self.certificate.formula

    def summary(self) -> Summary:
        """Return the figures of the run; printed, they are a page worth reading."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        # By name: a result reaches what is built on it only when asked.
        summary: Summary = import_module("allocator.scenarios.summary").summarize(self)
        return summary

    def deciles(self, by: str = "loss", users: object = None) -> pd.DataFrame:
        """Who gets how much, by decile or by the values of a column of the users table.

        See `allocator.scenarios.comparison.distribution`.
        """
        frame: pd.DataFrame = import_module("allocator.scenarios.comparison").distribution(
            self, by, users
        )
        return frame

    def metrics(self, of: str = "award") -> Measures:
        """Measure inequality and fairness; see `allocator.scenarios.measures.measures`."""
        measures: Measures = import_module("allocator.scenarios.measures").measures(self, of)
        return measures

    def sensitivity(self, direction: str = "up") -> pd.DataFrame:
        """Say how awards move when a number of the policy does, per unit of that number.

        See `allocator.allocation.sensitivity.sensitivity`.
        """
        from allocator.allocation.sensitivity import sensitivity

        return sensitivity(self, direction)

    def people_like_me(self) -> PeopleLikeMe:
        """Say what typical losses get; see `allocator.scenarios.people.people_like_me`."""
        people: PeopleLikeMe = import_module("allocator.scenarios.people").people_like_me(self)
        return people

    def explain(
        self,
        user_id: object,
        versus: object | None = None,
        phrases: Mapping[str, str] | None = None,
    ) -> Explanation:
        """Say why a user gets what they get, or why two users differ.

        Parameters
        ----------
        user_id : str or int
        versus : str or int, optional
            Another user, explained beside the first, with how the two differ.
        phrases : mapping of str to str, optional
            Templates of what a customer is told, such as a translation of
            `allocator.allocation.phrases.ENGLISH`.

        Returns
        -------
        Explanation
            ``str()`` of it is for an analyst; ``.customer`` is for the user.

        Raises
        ------
        DataError
            If there is no such user.

        Examples
        --------
        >>> import allocator as al
        >>> users = pa.table({"user_id": ["ann", "bob"], "liquidation_loss": ["80", "20"],
        ...                   "net_assets": ["100", "60"]})
        >>> result = al.allocate(users, al.Policy.default().replace(budget="50.00"))
        >>> result.explain("bob").customer
        'You lost $20.00. A voucher needs a loss of at least $50.00: yours is $30.00 less.'
        >>> print(result.explain("ann"))
        ann: $50.00, eligible
          loss $80.00, net assets $100.00
          loss = 80
          √ratio = 0.89442719 (of 0.8)
          weight 71.554175
          level 0.69870136, fractional award $49.995000
          bounds $4.00 to $80.00: none binds
          whole-cent award $50.00
        """
        from allocator.allocation.explain import explain
        from allocator.allocation.phrases import ENGLISH

        return explain(self, user_id, versus, ENGLISH if phrases is None else phrases)

    def save(self, directory: str | os.PathLike[str], force: bool = False) -> None:
        """Write the run to a directory: awards, certificate, summary, policy, manifest.

        Parameters
        ----------
        directory : path
        force : bool
            Replace a run of other inputs that is already there.

        Raises
        ------
        AllocatorError
            If the directory holds something else, or cannot be written.

        Examples
        --------
        >>> import tempfile
        >>> import allocator as al
        >>> users = al.simulate_users(100, seed=7)
        >>> result = al.allocate(users, al.Policy.default().replace(budget="5000.00"))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result.save(f"{folder}/run")
        ...     sorted(os.listdir(f"{folder}/run"))
        ['awards.parquet', 'certificate.json', 'manifest.json', 'policy.toml', 'summary.json']
        """
        from allocator.allocation.folder import save

        save(self, directory, force=force)

    @property
    def plot(self) -> Any:
        """Figures of this allocation, such as ``result.plot.awards()``."""
        return import_module("allocator.report.figures").Plots([self])
