"""The run of an initiative, read back from its directory."""

from __future__ import annotations

import os
from pathlib import Path

from allocator.allocation.manifest import damaged
from allocator.errors import DataError
from allocator.programs.initiative.folder import identity, loader, read_manifest
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.result import InitiativeResult
from allocator.programs.initiative.steps import read, steps

__all__ = ["load_initiative"]


def load_initiative(directory: str | os.PathLike[str]) -> InitiativeResult:
    """Load the run of an initiative from its directory; its inputs must be where they were.

    Parameters
    ----------
    directory : path

    Returns
    -------
    InitiativeResult

    Raises
    ------
    DataError
        If this is not a finished run, or a file of it, or an input, is missing or was changed.

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
    ...     found = load_initiative(f"{home}/out")
    >>> found
    InitiativeResult('Small': vouchers, complete)
    """
    folder = Path(directory)
    manifest = read_manifest(folder)
    if faults := damaged(folder, manifest):
        raise DataError(f"{folder} is not as it was written: {'; '.join(faults)}")
    initiative = Initiative.load(folder / "initiative.toml")
    policies, tables = read(initiative)
    if manifest["initiative"].get("sha256") != identity(initiative, policies, tables):
        raise DataError(f"the tables that {folder} was made of were changed since the run")
    return InitiativeResult.of(
        initiative, tuple(steps(initiative, policies, tables, loader(folder)))
    )
