"""An initiative for people: its summary, and why somebody has what they have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from allocator.data.buffers import array_of, numbers_of
from allocator.errors import DataError
from allocator.money import format_cents
from allocator.programs.initiative.ledger import column_of
from allocator.programs.summary import Summary
from allocator.scenarios.text_table import text_table

if TYPE_CHECKING:
    from allocator.programs.initiative.result import InitiativeResult

__all__ = ["explain", "rules_of", "summarize"]

HEAD = ("program", "kind", "budget", "spent", "left", "persons")
KINDS = {"voucher": "vouchers", "depeg": "compensation", "loan": "loans"}


def summarize(result: InitiativeResult) -> Summary:
    """Return the figures of an initiative.

    Parameters
    ----------
    result : InitiativeResult

    Returns
    -------
    Summary
    """
    facts = dict(result.certificate.figures)
    figures = {
        "initiative": result.initiative.name,
        "simulated": result.simulated,
        "status": result.certificate.status,
        **facts,
        "persons_with": overlaps(result),
        "rules": list(rules_of(result)),
        "warnings": [
            *(
                f"{step.program.name}: {each}"
                for step in result.steps
                for each in step.result.warnings
            ),
            *_strangers(result),
        ],
        "checks": dict(result.certificate.checks),
    }
    return Summary(figures, "\n\n".join("\n".join(block) for block in _blocks(result, figures)))


def overlaps(result: InitiativeResult) -> dict[str, int]:
    """Count the persons by the programs that give them something; those with nothing as "nothing".

    Returns
    -------
    dict of str to int
        Such as ``{"depeg": 10, "depeg + loans": 2, "nothing": 5}``; only what occurs.
    """
    names = [step.program.name for step in result.steps]
    code = np.zeros(result.ledger.num_rows, np.int64)
    for i, name in enumerate(names):
        code += (numbers_of(result.ledger.column(column_of(name))) > 0).astype(np.int64) << i
    counts = np.bincount(code, minlength=1).tolist()
    found = {}
    for each in (*range(1, len(counts)), 0):
        if counts[each]:
            some = [name for i, name in enumerate(names) if each >> i & 1]
            found[" + ".join(some) or "nothing"] = counts[each]
    return found


def _strangers(result: InitiativeResult) -> Iterator[str]:
    """Warn of rules that find nobody, as between tables that name persons differently."""
    everybody = result.ledger.column("person")
    for step in result.steps:
        for name in step.program.compensated_by:
            paid = numbers_of(result.ledger.column(column_of(name))) > 0
            persons = everybody.filter(array_of(paid))
            if len(persons) and not pc.any(pc.is_in(persons, step.owners.persons)).as_py():
                yield (
                    f"{step.program.name}: none of the {len(persons):,} whom {name} pays is in its "
                    "table: check that both tables name persons alike (programs.person)"
                )


def rules_of(result: InitiativeResult) -> Iterator[str]:
    """Say the rules between the programs in plain words, with what they did."""
    between = result.initiative.between
    for step in result.steps:
        names = " or ".join(step.program.compensated_by)
        if names and step.program.compensated == "ineligible":
            yield f"Whoever {names} pays has nothing from {step.program.name}."
        elif names:
            yield f"What {names} pays is taken off the loss that {step.program.name} counts."
    figures = result.certificate.figures
    counts = ", ".join(figures["counts"])
    if between.max_per_person is not None:
        most = format_cents(figures["max_per_person_cents"])
        yield f"Nobody has more than {most} from these together: {counts}."
    if between.budget is not None:
        shared = format_cents(figures["shared_budget_cents"])
        yield f"These share a budget of {shared}, in this order: {counts}."
    for giver, taker in between.left_over.items():
        left = next(e["left_cents"] for e in figures["programs"] if e["name"] == giver)
        yield f"What {giver} leaves over, {format_cents(left)}, is added to the budget of {taker}."


def _blocks(result: InitiativeResult, figures: Mapping[str, Any]) -> list[list[str]]:
    who = "SIMULATED persons" if figures["simulated"] else "persons"
    lent = figures["total_cents"] - figures["paid_cents"]
    head = [
        f"{figures['initiative']}: {format_cents(figures['paid_cents'])} paid"
        + (f" and {format_cents(lent)} lent" if lent else "")
        + f" to {figures['persons_with_something']:,} of {figures['persons']:,} {who}"
    ]
    rows = []
    for each in figures["programs"]:
        rows.append(
            (
                each["name"],
                KINDS[each["kind"]],
                *(format_cents(each[f"{name}_cents"]) for name in ("budget", "spent", "left")),
                f"{each['persons_with_something']:,}",
            )
        )
    blocks = [head, text_table(HEAD, rows), list(figures["rules"])]
    with_ = figures["persons_with"]
    digits = max(len(f"{count:,}") for count in with_.values())
    blocks.append([f"{count:>{digits},} have {name}" for name, count in with_.items()])
    end = [f"warning: {warning}" for warning in figures["warnings"]]
    failed = [name for name, passed in figures["checks"].items() if not passed]
    if failed:
        end.append("VERIFICATION FAILED: " + ", ".join(failed))
        end += [f"  {failure}" for failure in result.certificate.failures]
    else:
        end.append("verified: " + ", ".join(figures["checks"]))
    return [block for block in (*blocks, end) if block]


def explain(result: InitiativeResult, person: str) -> str:
    """Say what somebody gets from every program.

    Parameters
    ----------
    result : InitiativeResult
    person : str

    Returns
    -------
    str

    Raises
    ------
    DataError
        If there is no such person.
    """
    persons = result.ledger.column("person").to_pylist()
    if person not in persons:
        raise DataError(f"there is no person {person!r} among the {len(persons):,} of this run")
    row = result.ledger.slice(persons.index(person), 1).to_pylist()[0]
    lent = row["total_cents"] - row["paid_cents"]
    lines = [
        f"{person}: {format_cents(row['paid_cents'])} in all"
        + (f", and {format_cents(lent)} lent" if lent else "")
    ]
    for step in result.steps:
        name = step.program.name
        ids = [
            each
            for each, owner in zip(
                step.owners.ids.to_pylist(), step.owners.persons.to_pylist(), strict=True
            )
            if owner == person
        ]
        if not ids:
            lines.append(f"  {name}: not in its table")
        for each in ids:
            said = str(step.result.explain(each)).replace("\n", "\n  ")
            lines.append(f"  {name}: {said}")
    return "\n".join(lines)
