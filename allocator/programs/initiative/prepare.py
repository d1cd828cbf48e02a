"""The input of a program, made of its own table and of what the programs before it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.buffers import array_of, decimals_of
from allocator.data.columns import ALREADY_COMPENSATED, AWARD_CAP, LOSS
from allocator.data.table import UsersTable
from allocator.errors import DataError
from allocator.money import CENTS, FINE_PER_CENT, exact
from allocator.policy.base import ProgramPolicy
from allocator.policy.wave_checks import ACCOUNT
from allocator.programs.initiative.anykind import check_input
from allocator.programs.initiative.ledger import looked_up, per_person
from allocator.programs.initiative.model import Program
from allocator.programs.initiative.people import Owners
from allocator.programs.kinds import VOUCHER

__all__ = ["Awarded", "Prepared", "before", "prepare"]

Ints = NDArray[np.int64]
# For every program that was run: the person and the cents of every row of its awards.
Awarded = Mapping[str, tuple[pa.Array, Ints]]
DIGITS = 19  # of dollars with eight decimals: every amount


@dataclass(frozen=True, eq=False)
class Prepared:
    """What a program is run on.

    Attributes
    ----------
    table : pyarrow.Table or None
        None where it is the program's own table as it stands.
    policy : ProgramPolicy
        The program's own, with the columns that were added.
    """

    table: pa.Table | None
    policy: ProgramPolicy


def prepare(
    program: Program,
    policy: ProgramPolicy,
    table: UsersTable,
    owners: Owners,
    awarded: Awarded,
    counted: tuple[str, ...],
    max_per_person: int | None,
) -> Prepared:
    """Make the input of a program.

    Parameters
    ----------
    program : Program
    policy : ProgramPolicy
        Its own.
    table : UsersTable
    owners : Owners
        Whose its rows are.
    awarded : mapping
        What was awarded before.
    counted : tuple of str
        The programs that the cap on a person is about.
    max_per_person : int or None
        Cents.

    Returns
    -------
    Prepared

    Raises
    ------
    DataError
        If rows are bad, or an amount would count once for every one of a person's ids.
    """
    changed: dict[str, pa.Array] = {}
    checked: Any = None
    if program.compensated_by:
        checked = check_input(table, policy)
        pay = before(awarded, program.compensated_by, owners.rows)
        if program.compensated == "netted":
            _refuse_several(program, policy, owners, "netted from a loss", merged=False)
            net = np.maximum(checked.users.loss - pay * FINE_PER_CENT, 0)
            changed[LOSS] = decimals_of(net, precision=DIGITS)
        else:
            known = checked.users.already_compensated
            changed[ALREADY_COMPENSATED] = array_of(pay > 0 if known is None else known | (pay > 0))
    if max_per_person is not None and program.name in counted:
        left = max_per_person - before(awarded, counted, owners.rows)
        if _binds(policy, left):
            _refuse_several(program, policy, owners, "capped", merged=True)
            checked = check_input(table, policy) if checked is None else checked
            changed[AWARD_CAP] = _caps(left, checked, policy, owners)
            policy = policy.replace({f"columns.{AWARD_CAP}": _name(AWARD_CAP, policy, table)})
    if not changed:
        return Prepared(None, policy)
    made = table.table
    for ours, column in changed.items():
        name = policy.columns.get(ours, ours)
        if name in made.column_names:
            made = made.set_column(made.column_names.index(name), name, column)
        else:
            made = made.append_column(name, column)
    return Prepared(made, policy)


def before(awarded: Awarded, programs: tuple[str, ...], persons: pa.Array) -> Ints:
    """Return what some programs gave to some persons, in cents."""
    cents = np.zeros(len(persons), np.int64)
    for name in programs:
        if name in awarded:
            cents += looked_up(persons, *per_person(*awarded[name]))
    return cents


def _binds(policy: Any, left: Ints) -> bool:
    """Tell whether anybody may get less than the policy lets them have."""
    if policy.award.maximum is None:
        return True
    return bool((left < int(exact(policy.award.maximum) * CENTS)).any())


def _caps(left: Ints, checked: Any, policy: ProgramPolicy, owners: Owners) -> pa.Array:
    """Return what everybody may still get in dollars, or less where their table says so."""
    fine = left * FINE_PER_CENT
    if policy.kind == VOUCHER:
        if checked.users.cap is not None:
            fine = np.minimum(fine, checked.users.cap)
    elif checked.cap is not None:
        ids = checked.ids.cast(pa.string())
        person, own = owners.of(ids), checked.cap
        fine = np.minimum(fine, looked_up(owners.rows, person, own) * FINE_PER_CENT)
    return decimals_of(fine, precision=DIGITS)


def _name(ours: str, policy: ProgramPolicy, table: UsersTable) -> str:
    """Return the policy's name of a column, or one that the table does not have."""
    if ours in policy.columns:
        return policy.columns[ours]
    name = ours
    while name in table.table.column_names:
        name += "_left"
    return name


def _refuse_several(
    program: Program, policy: Any, owners: Owners, what: str, *, merged: bool
) -> None:
    """Refuse persons with several ids, unless the policy itself takes them together."""
    several = owners.several
    if not several:
        return
    if merged and policy.kind == VOUCHER and policy.award.per != ACCOUNT:
        per = policy.award.per
        if policy.columns.get(per, per) == program.person:
            return
    hint = ""
    if merged and policy.kind == VOUCHER:
        hint = f', or set award.per = "{program.person}" in its policy'
    raise DataError(
        f"{program.name}: in its table more than one id belongs to the same person, for "
        f"{several:,} of them, and what is {what} is what one person has: give every person one "
        f"row{hint}"
    )
