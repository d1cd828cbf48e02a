"""`Result`: what a program of another kind than vouchers hands back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from allocator.allocation.stages import Stage
from allocator.data.buffers import texts_array
from allocator.data.table import Source
from allocator.errors import DataError
from allocator.policy.base import ProgramPolicy
from allocator.programs.certificate import Certificate
from allocator.programs.kinds import program_of
from allocator.programs.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result"]


@dataclass(frozen=True, eq=False)
class Result:
    """Awards of a program, their certificate, and what can be asked of them.

    Attributes
    ----------
    policy : ProgramPolicy
    table : pyarrow.Table
        The awards; the first column is the id. Money is in whole cents, in columns that end in
        ``_cents``.
    certificate : Certificate
    sources : tuple of Source
        The files the table came from.
    simulated : str or None
        What the table says about having been simulated.
    warnings : tuple of str
    stages : tuple of Stage
        Seconds and peak memory of each stage of the run.
    quarantined : pyarrow.Table or None
        Bad rows that were set aside.
    extra : mapping of str to pyarrow.Table
        More tables, by the names of the files they are kept in.
    """

    policy: ProgramPolicy
    table: pa.Table
    certificate: Certificate
    sources: tuple[Source, ...]
    simulated: str | None = None
    warnings: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    quarantined: pa.Table | None = field(default=None, repr=False)
    extra: Mapping[str, pa.Table] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        return f"Result({self.policy.name!r}, {len(self):,} rows, {self.certificate.status})"

    @property
    def paid_sources(self) -> tuple[Source, ...]:
        """Nothing: only vouchers are topped up."""
        return ()

    def to_arrow(self) -> pa.Table:
        """Return the awards as an Arrow table."""
        return self.table

    @cached_property
    def awards(self) -> pd.DataFrame:
        """The awards as a pandas frame, made on first use."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def summary(self) -> Summary:
        """Return the figures of the run; printed, they are a page worth reading."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        return program_of(self.policy.kind).summarize(self)

    def explain(self, id: object) -> str:
        """Say why somebody gets what they get, in a sentence or two, with the numbers.

        Parameters
        ----------
        id : str or int
            As in the first column of the awards.

        Returns
        -------
        str

        Raises
        ------
        DataError
            If there is no such id.
        """
        ids = self.table.column(0).cast(pa.string()).combine_chunks()
        row = pc.index_in(texts_array([str(id)]), ids)[0].as_py()  # not `index`: it imports pandas
        if row is None:
            raise DataError(f"there is no {self.table.column_names[0]} {str(id)!r} in this run")
        return program_of(self.policy.kind).explain(self, row)

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
        """
        from allocator.programs.folder import save

        save(self, directory, force=force)
