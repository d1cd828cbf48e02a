"""Verify the run of an initiative: every program by itself, and everything between them again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from allocator.allocation.differences import first_difference, otherwise
from allocator.allocation.inputs import NothingToCompareError
from allocator.allocation.manifest import damaged, file_digest
from allocator.data.table import read_users
from allocator.errors import AllocatorError, DataError
from allocator.programs.certificate import Certificate
from allocator.programs.initiative import anykind
from allocator.programs.initiative.anykind import Run
from allocator.programs.initiative.folder import identity, input_of, program_of, read_manifest
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.result import InitiativeResult
from allocator.programs.initiative.steps import Draft, read, steps

__all__ = ["InitiativeCheck", "verify_initiative"]


@dataclass(frozen=True)
class InitiativeCheck:
    """What came of verifying an initiative's run.

    Attributes
    ----------
    faults : tuple of str
        What does not fit; empty when everything does.
    certificate : Certificate or None
        Derived afresh; None where it cannot be.
    """

    faults: tuple[str, ...]
    certificate: Certificate | None

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return not self.faults


def verify_initiative(directory: str | os.PathLike[str]) -> InitiativeCheck:
    """Derive the run of an initiative again from the tables it names; nothing is solved.

    Every program is verified by itself, as `allocator verify` does. Its input is made again of the
    program's own table and the awards before it; budgets, ledger and certificate are added up
    again.

    Parameters
    ----------
    directory : path

    Returns
    -------
    InitiativeCheck

    Raises
    ------
    DataError
        If there is nothing to hold the run against, and no other fault: a table cannot be found.

    Examples
    --------
    >>> import tempfile
    >>> import allocator as al
    >>> from allocator.data.write import write_csv
    >>> with tempfile.TemporaryDirectory() as home:
    ...     _ = write_csv(f"{home}/users.csv", al.simulate_users(200, seed=1).table)
    ...     one = {"name": "vouchers", "policy": "pro-rata", "input": f"{home}/users.csv"}
    ...     small = al.Initiative(schema_version=1, name="Small", programs=[one])
    ...     _ = al.run_initiative(small, f"{home}/out")
    ...     found = verify_initiative(f"{home}/out")
    >>> found.ok
    True
    """
    folder = Path(directory)
    faults: list[str] = []
    try:
        manifest = read_manifest(folder)
        faults += damaged(folder, manifest)
        faults += _inputs(manifest, faults)
        initiative = Initiative.load(folder / "initiative.toml")
        policies, tables = read(initiative)
        if manifest["initiative"].get("sha256") != identity(initiative, policies, tables):
            faults.append("the initiative, a policy or a table was changed since the run")
        done = steps(initiative, policies, tables, lambda draft: _kept(folder, draft, faults))
        result = InitiativeResult.of(initiative, tuple(done))
    except NothingToCompareError:
        raise
    except AllocatorError as error:
        return InitiativeCheck((*faults, str(error)), None)
    except OSError as error:
        said = f"{error.filename or folder} cannot be read: {error.strerror or 'it is damaged'}"
        return InitiativeCheck((*faults, said), None)
    if result.certificate.ok:
        faults += _table("ledger.parquet", result.ledger, folder / "ledger.parquet")
        for name, due in (
            ("certificate.json", result.certificate.to_dict()),
            ("summary.json", result.summary().to_dict()),
        ):
            if (folder / name).is_file():  # a file that is missing is told already
                faults += otherwise(folder / name, due)
    return InitiativeCheck((*faults, *result.certificate.failures), result.certificate)


def _inputs(manifest: dict[str, Any], faults: list[str]) -> Iterator[str]:
    """Say which of the programs' tables were changed."""
    for program, entries in manifest["inputs"].items():
        for entry in entries:
            path = entry["path"]
            if not os.path.isfile(path):
                if faults:
                    yield f"{program}: the table {path} cannot be found"
                    return
                raise NothingToCompareError(
                    f"{program}: the table {path}, which the run was made of, cannot be found"
                )
            if file_digest(path) != entry["sha256"]:
                yield f"{program}: the table {path} was changed since the run"


def _kept(folder: Path, draft: Draft, faults: list[str]) -> Run:
    """Verify the run of one program, and return it."""
    name = draft.program.name
    directory, source = program_of(folder, name), input_of(folder, name)
    if draft.prepared is not None:
        said = _table(f"inputs/{name}.parquet", draft.prepared, source)
        faults += [f"{name}: {each}" for each in said]
    given: object = draft.table if draft.prepared is None else source
    found = anykind.recheck(directory, draft.policy.kind, given)
    faults += [f"{name}: {each}" for each in found]
    result = anykind.load(directory, draft.policy.kind)
    if result.policy.digest != draft.policy.digest:
        faults.append(
            f"{name}: its run is of another policy than follows of the initiative (policies/"
            f"{name}.toml, its budget here, and the columns that were added)"
        )
    return result


def _table(what: str, due: pa.Table, path: Path) -> Iterator[str]:
    """Say where a stored table is not what follows."""
    try:
        stored = read_users(path).table
    except DataError as error:
        yield str(error)
        return
    if stored.column_names != due.column_names or stored.num_rows != due.num_rows:
        yield f"{what} has other columns or rows than follow"
        return
    for name in due.column_names:
        row = first_difference(due.column(name), stored.column(name))
        if row is not None:
            yield f"the column {name} of {what} is not what follows, first on row {row + 1:,}"
