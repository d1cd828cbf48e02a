"""The programs of an initiative one after the other: each one's money, input and policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from allocator.data.table import UsersTable, read_users
from allocator.errors import AllocatorError, DataError, InfeasibleError
from allocator.money import CENTS, exact, exact_sum, format_cents
from allocator.policy.base import ProgramPolicy
from allocator.programs.initiative import anykind
from allocator.programs.initiative.anykind import Run
from allocator.programs.initiative.budgets import Money, Purse, next_purse
from allocator.programs.initiative.checks import LOAN
from allocator.programs.initiative.ledger import ledger_of
from allocator.programs.initiative.model import Initiative, Program
from allocator.programs.initiative.people import Owners, owners_of
from allocator.programs.initiative.prepare import Awarded, prepare
from allocator.programs.kinds import load_policy

__all__ = ["Draft", "Step", "awarded_by", "counted", "ledger", "read", "steps"]

ASIDE = (
    "An initiative sets no bad rows aside, because whoever is on them would count as paid nothing "
    "here, and get what others may not; correct them, or leave them out of the table yourself."
)


@dataclass(frozen=True, eq=False)
class Draft:
    """A program that is about to be run.

    Attributes
    ----------
    program : Program
        With its `person` filled in: the column of its table.
    own : ProgramPolicy
        Its policy as the file has it.
    policy : ProgramPolicy
        The same with the budget it has here, and the columns that were added.
    purse : Purse
    table : UsersTable
        As its file has it.
    prepared : pyarrow.Table or None
        What it is run on; None where that is `table`.
    owners : Owners
    """

    program: Program
    own: ProgramPolicy
    policy: ProgramPolicy
    purse: Purse
    table: UsersTable
    prepared: pa.Table | None
    owners: Owners


@dataclass(frozen=True, eq=False)
class Step(Draft):
    """A program that was run.

    Attributes
    ----------
    result : Allocation or Result
    """

    result: Run


def read(initiative: Initiative) -> tuple[tuple[ProgramPolicy, ...], tuple[UsersTable, ...]]:
    """Read the policies and the tables of the programs, in order.

    Raises
    ------
    DataError, PolicyError
        With the name of the program before what is wrong.
    """
    policies = tuple(load_policy(each.policy) for each in initiative.programs)
    tables = []
    for each in initiative.programs:
        try:
            tables.append(read_users(each.input))
        except AllocatorError as error:
            _name_program(error, each.name)
            raise
    return policies, tuple(tables)


def counted(initiative: Initiative, policies: tuple[ProgramPolicy, ...]) -> tuple[str, ...]:
    """Name the programs that the cap on a person and the shared budget are about."""
    if initiative.between.counts is not None:
        return initiative.between.counts
    pairs = zip(initiative.programs, policies, strict=True)
    return tuple(program.name for program, policy in pairs if policy.kind != LOAN)


def steps(
    initiative: Initiative,
    policies: tuple[ProgramPolicy, ...],
    tables: tuple[UsersTable, ...],
    execute: Callable[[Draft], Run],
) -> Iterator[Step]:
    """Take the programs in order; each sees what those before it came to.

    Parameters
    ----------
    initiative : Initiative
    policies : tuple of ProgramPolicy
    tables : tuple of UsersTable
        From `read`.
    execute : callable
        Runs a program, or has its run already.

    Yields
    ------
    Step

    Raises
    ------
    AllocatorError
        What the program raises, with its name before it; InfeasibleError also if the shared budget
        is used up before it.
    """
    counts = counted(initiative, policies)
    shared, most = (
        None if text is None else int(exact(text) * CENTS)
        for text in (initiative.between.budget, initiative.between.max_per_person)
    )
    money = [
        Money(
            program.name,
            anykind.budget_cents(policy),
            anykind.unit_cents(policy),
            program.name in counts,
        )
        for program, policy in zip(initiative.programs, policies, strict=True)
    ]
    purses: list[Purse] = []
    awarded: dict[str, tuple[pa.Array, anykind.Ints]] = {}
    for program, own, table in zip(initiative.programs, policies, tables, strict=True):
        purse = next_purse(money, purses, initiative.between.left_over, shared)
        try:
            draft = _draft(initiative, program, own, table, purse, awarded, counts, most)
            result = execute(draft)
        except AllocatorError as error:
            _name_program(error, program.name)
            if isinstance(error, InfeasibleError) and 0 < purse.budget < purse.own:
                said = f"{format_cents(purse.budget)} is what is left of the shared budget for it"
                error.args = (f"{error}. {said}: raise between.budget", *error.args[1:])
            raise
        held = anykind.reserve_cents(draft.policy)
        cents = anykind.cents_of(result)
        awarded[program.name] = (draft.owners.of(anykind.ids_of(result)), cents)
        purse = purse.done(exact_sum(cents), held)
        purses.append(purse)
        yield Step(**{**vars(draft), "purse": purse}, result=result)


def awarded_by(done: tuple[Step, ...]) -> Awarded:
    """Return the person and the cents of every row of every program's awards."""
    return {
        each.program.name: (
            each.owners.of(anykind.ids_of(each.result)),
            anykind.cents_of(each.result),
        )
        for each in done
    }


def ledger(done: tuple[Step, ...]) -> pa.Table:
    """Return the ledger of programs that were run; see `ledger_of`."""
    paying = [each.program.name for each in done if each.own.kind != LOAN]
    return ledger_of(awarded_by(done), paying)


def _draft(
    initiative: Initiative,
    program: Program,
    own: ProgramPolicy,
    table: UsersTable,
    purse: Purse,
    awarded: Awarded,
    counts: tuple[str, ...],
    most: int | None,
) -> Draft:
    if purse.budget <= 0:
        raise _nothing_left(purse)
    person = program.person or initiative.person
    program = program.model_copy(update={"person": own.columns.get(person, person)})
    assert program.person is not None
    owners = owners_of(table, anykind.id_name(own), program.person, program.name)
    prepared = prepare(program, own, table, owners, awarded, counts, most)
    policy = anykind.with_budget(prepared.policy, purse.budget)
    return Draft(program, own, policy, purse, table, prepared.table, owners)


def _nothing_left(purse: Purse) -> InfeasibleError:
    said = f"its budget of {format_cents(purse.own + purse.received)} is less than one unit of it"
    if purse.shared_left is not None:
        said = (
            f"{format_cents(purse.shared_left)} of the shared budget is left for it, which is less "
            "than one unit: raise between.budget, lower the budgets of the programs before it, or "
            "take it out"
        )
    details = {"budget_cents": purse.budget, "shared_left_cents": purse.shared_left}
    return InfeasibleError(said, details)


def _name_program(error: AllocatorError, name: str) -> None:
    """Say in an error whose program it is."""
    text, head = str(error), f"{name}: "
    if not text.startswith(head):
        error.args = (head + text, *error.args[1:])
    if isinstance(error, DataError) and error.rows:
        error.args = (f"{error}\n{ASIDE}", *error.args[1:])
        error.shell = ""  # which says that nothing was written: programs before it may have been
    elif error.shell and not error.shell.startswith(head):
        error.shell = head + error.shell
