"""`run_initiative`: an initiative file to awards, a ledger and a certificate."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

from allocator.data.table import UsersTable
from allocator.errors import VerificationError
from allocator.programs.initiative import anykind
from allocator.programs.initiative.anykind import Run
from allocator.programs.initiative.finish import finish
from allocator.programs.initiative.folder import holds
from allocator.programs.initiative.loading import load_initiative
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.result import InitiativeResult
from allocator.programs.initiative.steps import Draft, read, steps
from allocator.programs.initiative.writing import writing

__all__ = ["run_initiative"]

Progress = Callable[[str, int, int], object]


def run_initiative(
    initiative: Initiative | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    *,
    force: bool = False,
    report: bool = False,
    progress: Progress | None = None,
) -> InitiativeResult:
    r"""Run the programs of an initiative in order, and certify them together.

    Parameters
    ----------
    initiative : Initiative or path
        An initiative file.
    out : path, optional
        A directory for everything; nothing is written without one. A run that was interrupted goes
        on where it was: a program that is there, whole and of the same input, is not run again.
        A finished run that is replaced stays whole until all of the new one is on the disk.
    force : bool
        Replace the run of another initiative, or of other inputs, that is there.
    report : bool
        Write report.html, too.
    progress : callable, optional
        Called as ``progress(program, done, total)`` before each program.

    Returns
    -------
    InitiativeResult

    Raises
    ------
    PolicyError
        With everything that is wrong with the file and the files it names.
    DataError, InfeasibleError, UnsupportedError
        As the programs raise them, with the program's name.
    OccupiedError
        If the directory holds something else.
    VerificationError
        If the result does not pass its own verification; please report it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pyarrow as pa
    >>> from allocator.data.write import write_csv
    >>> with tempfile.TemporaryDirectory() as home:
    ...     users = pa.table({"user_id": ["ann", "bob"], "liquidation_loss": ["80", "60"],
    ...                       "net_assets": ["90", "70"]})
    ...     _ = write_csv(f"{home}/users.csv", users)
    ...     _ = Path(home, "small.toml").write_text(
    ...         'schema_version = 1\nname = "Small"\naward.budget = "50.00"')
    ...     first = {"name": "first", "policy": f"{home}/small.toml", "input": f"{home}/users.csv"}
    ...     second = {**first, "name": "second", "compensated_by": ["first"],
    ...               "compensated": "netted"}
    ...     found = run_initiative(
    ...         Initiative(schema_version=1, name="Two", programs=[first, second]))
    >>> found.ledger.to_pylist()[0]
    {'person': 'ann', 'first_cents': 2879, 'second_cents': 5000, 'paid_cents': 7879,
     'total_cents': 7879}
    """
    chosen = initiative if isinstance(initiative, Initiative) else Initiative.load(initiative)
    policies, tables = read(chosen)
    done = [0]

    def told(execute: Callable[[Draft], Run]) -> Callable[[Draft], Run]:
        def run_one(draft: Draft) -> Run:
            if progress is not None:
                progress(draft.program.name, done[0], len(chosen.programs))
            done[0] += 1
            return execute(draft)

        return run_one

    if out is None:
        found = InitiativeResult.of(chosen, tuple(steps(chosen, policies, tables, told(_run))))
        _insist(found)
        return found
    if not force and holds(out, chosen, policies, tables, report=report):
        return load_initiative(out)
    with writing(out, chosen, policies, tables, force=force) as place:
        done_by = told(place.execute)
        found = InitiativeResult.of(chosen, tuple(steps(chosen, policies, tables, done_by)))
        _insist(found)
        finish(place, found, policies, tables, report=report)
    return found


def _run(draft: Draft) -> Run:
    if draft.prepared is None:
        return anykind.run(draft.table, draft.policy)
    names = tuple(draft.prepared.column_names)
    sources = tuple(
        replace(each, path=f"<{draft.program.name}>", sha256=None, size=None, text=False, held=None)
        for each in draft.table.sources
    )
    table = UsersTable(draft.prepared, sources, draft.table.simulated, names)
    return anykind.run(table, draft.policy)


def _insist(result: InitiativeResult) -> None:
    certificate = result.certificate
    if not certificate.ok:
        raise VerificationError(
            "the result does not pass its own verification, which is a fault of this program; "
            "please report it: " + "; ".join(certificate.failures)
        )
