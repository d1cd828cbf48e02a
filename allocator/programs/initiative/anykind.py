"""A program of any kind, as an initiative sees it: run, kept, loaded, checked in one way."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.folder import holds as _holds
from allocator.allocation.folder import stage_run
from allocator.allocation.result import Allocation
from allocator.data.buffers import numbers_of
from allocator.data.disk import Stage
from allocator.data.table import Source, UsersTable
from allocator.errors import AllocatorError
from allocator.money import CENTS, exact
from allocator.policy.base import ProgramPolicy
from allocator.policy.schema import Policy
from allocator.policy.waves import reserve_units
from allocator.programs.kinds import VOUCHER, run_program
from allocator.programs.result import Result

__all__ = [
    "Run",
    "budget_cents",
    "cents_of",
    "check_input",
    "holds",
    "id_name",
    "load",
    "recheck",
    "reserve_cents",
    "run",
    "save",
    "unit_cents",
    "with_budget",
]

Run = Allocation | Result
Ints = NDArray[np.int64]
LOAN = "loan"
AWARDS = "awards.parquet"


def run(table: UsersTable, policy: ProgramPolicy) -> Run:
    """Run a program of any kind on its table."""
    if policy.kind != VOUCHER:
        return run_program(table, policy)
    from allocator.allocation.pipeline import allocate

    return allocate(table, cast(Policy, policy))


def check_input(table: UsersTable, policy: ProgramPolicy) -> Any:
    """Read and check a table as its program does: `Loaded` users, or `Positions`.

    Raises
    ------
    DataError
        With every bad row.
    """
    if policy.kind == VOUCHER:
        from allocator.allocation.pipeline import load as load_users
        from allocator.allocation.stages import Stages

        return load_users(table, [cast(Policy, policy)], Stages())
    from allocator.programs.depeg.positions import read_positions

    return read_positions(table, cast(Any, policy))[0]


def save(result: Run, directory: str | os.PathLike[str], stage: Stage | None = None) -> None:
    """Write a run to its directory, in place of what an earlier initiative left there.

    With a stage it is written beside that, and has its place once the stage is swapped in.
    """
    if stage is None:
        result.save(directory, force=True)
        return
    folder = Path(directory)
    folder.mkdir(exist_ok=True)
    extra = {} if isinstance(result, Allocation) else result.extra
    stage_run(folder, result, result.table, stage, extra=extra)


def load(directory: str | os.PathLike[str], kind: str) -> Run:
    """Read a run back."""
    if kind != VOUCHER:
        from allocator.programs.folder import load_program

        return load_program(directory)
    from allocator.allocation.loading import load_allocation

    return load_allocation(directory)


def holds(
    directory: str | os.PathLike[str], sources: tuple[Source, ...], policy: ProgramPolicy
) -> bool:
    """Tell whether a directory holds the finished run of this table and policy."""
    return _holds(directory, sources, policy, {AWARDS})


def recheck(directory: str | os.PathLike[str], kind: str, source: object) -> Sequence[str]:
    """Verify a run against its table; return what does not fit."""
    try:
        if kind != VOUCHER:
            from allocator.programs.verify import verify_directory

            return verify_directory(directory, source).faults
        from allocator.allocation.recheck import recheck as recheck_vouchers

        return recheck_vouchers(directory, source).faults
    except AllocatorError as error:
        return (str(error),)


def id_name(policy: ProgramPolicy) -> str:
    """Return the column of a program's table that has the ids of its awards."""
    ours = "applicant_id" if policy.kind == LOAN else "user_id"
    return policy.columns.get(ours, ours)


def cents_of(result: Run) -> Ints:
    """Return what every row of the awards gets, in cents."""
    name = "granted_cents" if result.policy.kind == LOAN else "award_cents"
    cents: Ints = numbers_of(result.table.column(name))
    return cents


def budget_cents(policy: Any) -> int:
    """Return a program's budget."""
    section = policy.fund if policy.kind == LOAN else policy.award
    return int(exact(section.budget) * CENTS)


def unit_cents(policy: Any) -> int:
    """Return what budgets are whole multiples of."""
    if policy.kind == LOAN:
        return int(exact(policy.fund.unit) * CENTS)
    return policy.award.unit_cents if policy.kind == VOUCHER else 1


def reserve_cents(policy: Any) -> int:
    """Return what of a budget is held back, and so is not left over."""
    return reserve_units(policy) * unit_cents(policy) if policy.kind == VOUCHER else 0


def with_budget(policy: ProgramPolicy, cents: int) -> ProgramPolicy:
    """Return the policy with that budget, or itself if it has it."""
    if cents == budget_cents(policy):
        return policy
    key = "fund.budget" if policy.kind == LOAN else "award.budget"
    return policy.replace({key: f"{cents // CENTS}.{cents % CENTS:02d}"})


def ids_of(result: Run) -> pa.Array:
    """Return the ids of the awards as text."""
    return result.table.column(0).cast(pa.string()).combine_chunks()
