"""What depeg pay costs whoever would have had a voucher worth more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from allocator.data.table import UsersTable
from allocator.errors import AllocatorError
from allocator.policy.schema import Policy
from allocator.programs.depeg.health import depeg_health
from allocator.programs.initiative.result import InitiativeResult
from allocator.programs.initiative.steps import Step
from allocator.programs.kinds import VOUCHER
from allocator.programs.result import Result
from allocator.scenarios.health.finding import Finding

__all__ = ["forfeits"]


def forfeits(result: InitiativeResult) -> Iterator[tuple[str, Finding]]:
    """Say for every voucher program that excludes the compensated who loses by having been paid.

    The vouchers they would have had are those of the same program with nobody excluded; it is run
    for that once more.

    Parameters
    ----------
    result : InitiativeResult

    Yields
    ------
    program : str
    finding : Finding
    """
    by_name = {each.program.name: each for each in result.steps}
    for step in result.steps:
        if step.own.kind != VOUCHER or step.program.compensated != "ineligible":
            continue
        depeg = [by_name[name] for name in step.program.compensated_by]
        depeg = [each for each in depeg if each.own.kind == "depeg" and _same_ids(each, step)]
        if not depeg:
            continue
        try:
            vouchers = _with_everybody(step)
        except AllocatorError:  # such as more floors than the budget has room for
            continue
        for each in depeg:
            yield step.program.name, depeg_health(cast(Result, each.result), vouchers)


def _same_ids(*steps: Step) -> bool:
    """Tell whether awards of these go by the person, so that they can be matched."""
    return all(each.owners.ids.equals(each.owners.persons) for each in steps)


def _with_everybody(step: Step) -> object:
    from allocator.allocation.pipeline import allocate

    policy = cast(Policy, step.policy).replace({"eligibility.exclude_already_compensated": False})
    table = step.table
    if step.prepared is not None:
        names = tuple(step.prepared.column_names)
        table = UsersTable(step.prepared, table.sources, table.simulated, names)
    return allocate(table, policy)
