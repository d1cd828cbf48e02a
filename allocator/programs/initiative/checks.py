"""What an initiative's keys may not say together, and whether the files it names are there."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from allocator.errors import AllocatorError, nearest
from allocator.money import CENTS, exact
from allocator.policy.base import ProgramPolicy
from allocator.policy.violations import Violation
from allocator.programs.kinds import VOUCHER, load_policy

if TYPE_CHECKING:
    from allocator.programs.initiative.model import Initiative

__all__ = ["LOAN", "violations"]

LOAN = "loan"
TOTALS = ("paid", "total")
Policies = Sequence[ProgramPolicy | None]


def violations(initiative: Initiative) -> list[Violation]:
    """List what is wrong with an initiative, each of its keys being valid by itself.

    Parameters
    ----------
    initiative : Initiative

    Returns
    -------
    list of Violation
    """
    found = [*_names(initiative), *_compensated_by(initiative), *_counts(initiative)]
    found += [*_left_over(initiative), *_money(initiative)]
    policies: list[ProgramPolicy | None] = []
    for i, program in enumerate(initiative.programs):
        policy, said = _policy(i, program.policy)
        policies.append(policy)
        found += said
        if not (os.path.exists(program.input) or glob.glob(program.input)):
            found.append(_at(i, "input", program.input, "there is no such file"))
    return [*found, *_kinds(initiative, policies)]


def _at(i: int, key: str, value: object, rule: str) -> Violation:
    said = f'"{value}"' if isinstance(value, str) else str(value)
    return Violation((("programs", i, key),), f"programs[{i}].{key} = {said}: {rule}")


def _names(initiative: Initiative) -> Iterator[Violation]:
    first: dict[str, int] = {}
    for i, program in enumerate(initiative.programs):
        if program.name in TOTALS:
            rule = "is the name of a total in the ledger; choose another"
            yield _at(i, "name", program.name, rule)
    for i, program in enumerate(initiative.programs):
        if program.name in first:
            rule = f"must be a name of its own; it is also that of programs[{first[program.name]}]"
            yield _at(i, "name", program.name, rule)
        first.setdefault(program.name, i)


def _unknown(initiative: Initiative, name: str) -> str:
    """Say that there is no program of a name; "" if there is."""
    known = [each.name for each in initiative.programs]
    if name in known:
        return ""
    close = nearest(name, known)
    return "there is no such program; " + (
        f"did you mean {close}?" if close else "the programs are " + ", ".join(known)
    )


def _compensated_by(initiative: Initiative) -> Iterator[Violation]:
    for i, program in enumerate(initiative.programs):
        for name in program.compensated_by:
            rule = _unknown(initiative, name)
            if not rule and initiative.position(name) >= i:
                rule = f"must be programs that run before {program.name}, and {name} does not"
            if rule:
                key = (("programs", i, "compensated_by"), ("programs",))
                yield Violation(key, f'programs[{i}].compensated_by = "{name}": {rule}')
        if "compensated" in program.model_fields_set and not program.compensated_by:
            rule = "says nothing without compensated_by, the programs that compensate; name them"
            yield _at(i, "compensated", program.compensated, rule)


def _counts(initiative: Initiative) -> Iterator[Violation]:
    for name in initiative.between.counts or ():
        if rule := _unknown(initiative, name):
            yield Violation(
                (("between", "counts"), ("programs",)), f'between.counts = "{name}": {rule}'
            )


def _left_over(initiative: Initiative) -> Iterator[Violation]:
    for giver, taker in initiative.between.left_over.items():
        key = (("between", "left_over", giver), ("programs",))
        head = f'between.left_over.{giver} = "{taker}": '
        unknown = [f"{each}: {_unknown(initiative, each)}" for each in (giver, taker)]
        wrong = [each for each in unknown if not each.endswith(": ")]
        if wrong:
            yield Violation(key, head + "; ".join(wrong))
        elif giver == taker:
            yield Violation(key, head + "must be a later program, and not the same one")
        elif initiative.position(giver) > initiative.position(taker):
            yield Violation(key, head + f"must be a later program, and {taker} runs before {giver}")


def _money(initiative: Initiative) -> Iterator[Violation]:
    for name in ("max_per_person", "budget"):
        text = getattr(initiative.between, name)
        if text is not None and (exact(text) * CENTS).denominator != 1:
            yield Violation(
                (("between", name),), f'between.{name} = "{text}": must be a whole number of cents'
            )


def _policy(i: int, name: str) -> tuple[ProgramPolicy | None, list[Violation]]:
    try:
        return load_policy(name), []
    except AllocatorError as error:
        return None, [_at(i, "policy", name, str(error).replace("\n", "\n    "))]


def _kinds(initiative: Initiative, policies: Policies) -> Iterator[Violation]:
    """Find rules that programs of these kinds do not take."""
    kinds = {
        program.name: policy.kind
        for program, policy in zip(initiative.programs, policies, strict=True)
        if policy is not None
    }
    for i, (program, policy) in enumerate(zip(initiative.programs, policies, strict=True)):
        if policy is None or not program.compensated_by:
            continue
        if policy.kind != VOUCHER:
            rule = f"is for vouchers, and {program.name} is of kind {policy.kind}; leave it out"
            yield _at(i, "compensated_by", ", ".join(program.compensated_by), rule)
        elif program.compensated == "ineligible":
            eligibility = policy.eligibility  # type: ignore[attr-defined]
            if not eligibility.exclude_already_compensated:
                rule = (
                    "its policy has eligibility.exclude_already_compensated = false, which pays "
                    'them; set it to true, or compensated = "netted"'
                )
                yield _at(i, "compensated", program.compensated, rule)
        lent = [name for name in program.compensated_by if kinds.get(name) == LOAN]
        if lent:
            rule = "a loan is paid back and compensates nobody; leave it out"
            yield _at(i, "compensated_by", ", ".join(lent), rule)
    for name in initiative.between.counts or ():
        if kinds.get(name) == LOAN:
            paying = ", ".join(each for each, kind in kinds.items() if kind != LOAN)
            yield Violation(
                (("between", "counts"),),
                f'between.counts = "{name}": a loan is paid back and does not count; the programs '
                f"that pay: {paying}",
            )
