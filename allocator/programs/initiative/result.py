"""`InitiativeResult`: what running an initiative hands back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import pyarrow as pa

from allocator.programs.certificate import Certificate
from allocator.programs.initiative.anykind import Run
from allocator.programs.initiative.evidence import certify
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.steps import Step, ledger
from allocator.programs.summary import Summary

__all__ = ["InitiativeResult"]


@dataclass(frozen=True, eq=False)
class InitiativeResult:
    """The runs of an initiative's programs, the ledger of who gets what, and the certificate.

    Attributes
    ----------
    initiative : Initiative
    steps : tuple of Step
        The programs in order, each with its policy and money as run.
    ledger : pyarrow.Table
        person, a column ``<program>_cents`` a program, paid_cents (what is not to be paid back),
        total_cents.
    certificate : Certificate
    """

    initiative: Initiative
    steps: tuple[Step, ...]
    ledger: pa.Table
    certificate: Certificate

    @classmethod
    def of(cls, initiative: Initiative, done: tuple[Step, ...]) -> InitiativeResult:
        """Put together what was run, and certify it."""
        table = ledger(done)
        return cls(initiative, done, table, certify(initiative, done, table))

    def __repr__(self) -> str:
        names = ", ".join(self.programs)
        return f"InitiativeResult({self.initiative.name!r}: {names}, {self.certificate.status})"

    @property
    def programs(self) -> Mapping[str, Run]:
        """The result of every program, by name, in order."""
        return MappingProxyType({each.program.name: each.result for each in self.steps})

    @property
    def simulated(self) -> bool:
        """Whether a table says that it was simulated."""
        return any(each.table.simulated for each in self.steps)

    def summary(self) -> Summary:
        """Return the figures; printed, they are a page worth reading."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        from allocator.programs.initiative.words import summarize

        return summarize(self)

    def explain(self, person: object) -> str:
        """Say what somebody gets from every program, and what the rules between them did.

        Parameters
        ----------
        person : str or int
            As in the column that says who somebody is.

        Returns
        -------
        str

        Raises
        ------
        DataError
            If there is no such person in any program.
        """
        from allocator.programs.initiative.words import explain

        return explain(self, str(person))

    def report(self, path: str | os.PathLike[str], other: InitiativeResult | None = None) -> None:
        """Write the combined report: one page that needs no network and has no ids.

        Parameters
        ----------
        path : path
        other : InitiativeResult, optional
            Compared with it.
        """
        from allocator.data.write import write_file
        from allocator.programs.initiative.page import render

        write_file(path, render(self, other).encode())
