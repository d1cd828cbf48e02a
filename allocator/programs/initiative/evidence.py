"""The certificate of an initiative: totals and the rules between programs, added up again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from allocator.data.amounts import read_amounts
from allocator.data.buffers import numbers_of
from allocator.data.columns import LOSS
from allocator.money import CENTS, FINE_PER_CENT, exact, exact_sum, format_cents
from allocator.programs.certificate import Certificate
from allocator.programs.initiative import anykind
from allocator.programs.initiative.checks import LOAN
from allocator.programs.initiative.ledger import column_of
from allocator.programs.initiative.model import Initiative
from allocator.programs.initiative.steps import Step, counted

__all__ = ["certify"]

Books = dict[str, dict[str, int]]  # program -> person -> cents
PROVES = (
    "Every program's own certificate holds.",
    "The ledger has every person once, and its columns are what the programs gave, person by "
    "person and in total, to the cent.",
    "Every program spent at most its budget, which is its policy's own with what earlier programs "
    "left over for it{shared}.",
)
SHARED = ", and at most what was left of the shared budget"
COMPENSATED = "Nobody whom a program compensated is paid by one that excludes them for it."
NETTED = "Where compensation is taken off a loss, every loss is what was left of it."
CAPPED = "Nobody gets more than {most} from {programs} together."
DOES_NOT_PROVE = (
    "That the rules between the programs are the right ones: they are the initiative's choice.",
    "That the same person has the same id in every table: the column that says who somebody is, is "
    "taken as given.",
    "What each program's own certificate does not prove.",
)


def certify(initiative: Initiative, done: tuple[Step, ...], ledger: pa.Table) -> Certificate:
    """Check what the programs of an initiative came to together.

    Everything is added up person by person, and not as the ledger was made.

    Parameters
    ----------
    initiative : Initiative
    done : tuple of Step
    ledger : pyarrow.Table

    Returns
    -------
    Certificate
        Nothing is raised for what does not fit: the certificate says so.
    """
    books = _books(done)
    failures: dict[str, list[str]] = {}
    for step in done:
        own = step.result.certificate
        failures[f"program:{step.program.name}"] = list(own.failures) if not own.ok else []
    failures["ledger"] = list(_ledger(books, done, ledger))
    failures["budgets"] = list(_budgets(initiative, done))
    ineligible = [each for each in done if _rule(each) == "ineligible"]
    netted = [each for each in done if _rule(each) == "netted"]
    if ineligible:
        failures["compensated"] = [said for each in ineligible for said in _paid_twice(books, each)]
    if netted:
        failures["netted"] = [said for each in netted for said in _not_netted(books, each)]
    most = initiative.between.max_per_person
    counts = counted(initiative, tuple(each.own for each in done))
    if most is not None:
        failures["caps"] = list(_above(books, counts, int(exact(most) * CENTS)))
    checks = {name: not said for name, said in failures.items()}
    ok = all(checks.values())
    proves = [
        *PROVES[:2],
        PROVES[2].format(shared=SHARED if initiative.between.budget is not None else ""),
    ]
    proves += [COMPENSATED] * bool(ineligible) + [NETTED] * bool(netted)
    if most is not None:
        cap = format_cents(int(exact(most) * CENTS))
        proves.append(CAPPED.format(most=cap, programs=", ".join(counts)))
    return Certificate(
        kind="initiative",
        status="complete" if ok else "failed",
        checks=MappingProxyType(checks),
        figures=MappingProxyType(_figures(initiative, done, books, counts)),
        failures=tuple(f"{name}: {said}" for name, each in failures.items() for said in each),
        proves=tuple(proves) if ok else (),
        does_not_prove=DOES_NOT_PROVE,
    )


def _rule(step: Step) -> str:
    return step.program.compensated if step.program.compensated_by else ""


def _books(done: tuple[Step, ...]) -> Books:
    books: Books = {}
    for step in done:
        page: dict[str, int] = defaultdict(int)
        owner = dict(zip(step.owners.ids.to_pylist(), step.owners.persons.to_pylist(), strict=True))
        ids = anykind.ids_of(step.result).to_pylist()
        for each, cents in zip(ids, anykind.cents_of(step.result).tolist(), strict=True):
            page[owner[each]] += cents
        books[step.program.name] = page
    return books


def _ledger(books: Books, done: tuple[Step, ...], ledger: pa.Table) -> Iterator[str]:
    persons = ledger.column("person").to_pylist()
    if len(set(persons)) < len(persons):
        yield "some persons have more than one row"
    everybody = {person for page in books.values() for person in page}
    if everybody != set(persons):
        yield "it does not have the persons of the programs"
    total, paid = np.zeros(len(persons), np.int64), np.zeros(len(persons), np.int64)
    for step in done:
        name = step.program.name
        column = numbers_of(ledger.column(column_of(name)))
        page = books[name]
        if [page.get(person, 0) for person in persons] != column.tolist():
            yield f"its column of {name} is not what {name} gave"
        spent = exact_sum(anykind.cents_of(step.result))
        if exact_sum(column) != spent:
            yield (
                f"its column of {name} adds up to {format_cents(exact_sum(column))}, and {name} "
                f"gave {format_cents(spent)}"
            )
        total += column
        if step.own.kind != LOAN:
            paid += column
    for name, sums in (("paid", paid), ("total", total)):
        if not np.array_equal(numbers_of(ledger.column(column_of(name))), sums):
            yield f"its column {column_of(name)} is not the sum of the others"


def _budgets(initiative: Initiative, done: tuple[Step, ...]) -> Iterator[str]:
    """Follow the money in order, from the policies and the awards alone."""
    between = initiative.between
    counts = counted(initiative, tuple(each.own for each in done))
    pot = None if between.budget is None else int(exact(between.budget) * CENTS)
    waiting: dict[str, int] = defaultdict(int)
    for step in done:
        name, unit = step.program.name, anykind.unit_cents(step.own)
        due = anykind.budget_cents(step.own) + waiting[name]
        if pot is not None and name in counts:
            pot += waiting[f"{name} from outside"]
            due = min(due, pot)
        due -= due % unit
        has = anykind.budget_cents(step.result.policy)
        if has != due or step.purse.budget != due:
            yield f"{name} was run with {format_cents(has)}, and {format_cents(due)} is due"
        spent = exact_sum(anykind.cents_of(step.result))
        if spent > due:
            yield f"{name} gave {format_cents(spent)} of {format_cents(due)}"
        held = anykind.reserve_cents(step.policy)
        left, taker = due - spent - held, between.left_over.get(name)
        if pot is not None and name in counts:
            pot -= spent + held
        if taker is not None:
            waiting[taker] += left
            if pot is not None and name in counts and taker not in counts:
                pot -= left
            elif name not in counts and taker in counts:
                waiting[f"{taker} from outside"] += left
        if pot is not None and pot < 0:
            yield f"after {name} the shared budget is exceeded by {format_cents(-pot)}"


def _paid_twice(books: Books, step: Step) -> Iterator[str]:
    page = books[step.program.name]
    for name in step.program.compensated_by:
        twice = sum(cents > 0 and page.get(person, 0) > 0 for person, cents in books[name].items())
        if twice:
            yield f"both {name} and {step.program.name} paid {_persons(twice)}"


def _not_netted(books: Books, step: Step) -> Iterator[str]:
    name = step.own.columns.get(LOSS, LOSS)
    run_on = step.table.table if step.prepared is None else step.prepared
    lost, net = (
        read_amounts(table.column(name), name).parts.tolist()
        for table in (step.table.table, run_on)
    )
    wrong = 0
    for person, before, after in zip(step.owners.rows.to_pylist(), lost, net, strict=True):
        pay = sum(books[each].get(person, 0) for each in step.program.compensated_by)
        wrong += after != max(before - pay * FINE_PER_CENT, 0)
    if wrong:
        yield f"{wrong:,} losses of {step.program.name} are not what is left of them"


def _above(books: Books, counts: tuple[str, ...], most: int) -> Iterator[str]:
    sums: dict[str, int] = defaultdict(int)
    for name in counts:
        for person, cents in books[name].items():
            sums[person] += cents
    above = [cents for cents in sums.values() if cents > most]
    if above:
        yield (
            f"more than {format_cents(most)} goes to {_persons(len(above))}, and up to "
            f"{format_cents(max(above))}"
        )


def _persons(n: int) -> str:
    return f"{n:,} person" + ("s" if n != 1 else "")


def _figures(
    initiative: Initiative, done: tuple[Step, ...], books: Books, counts: tuple[str, ...]
) -> Mapping[str, Any]:
    everybody = {person for page in books.values() for person in page}
    paying = [each for each in done if each.own.kind != LOAN]
    shared = initiative.between.budget
    return {
        "programs": [_program(initiative, each, books) for each in done],
        "persons": len(everybody),
        "persons_with_something": len(
            {person for page in books.values() for person, cents in page.items() if cents}
        ),
        "paid_cents": sum(each.purse.spent for each in paying),
        "total_cents": sum(each.purse.spent for each in done),
        "counts": list(counts),
        "max_per_person_cents": _cents(initiative.between.max_per_person),
        "shared_budget_cents": _cents(shared),
    }


def _program(initiative: Initiative, step: Step, books: Books) -> Mapping[str, Any]:
    purse, page = step.purse, books[step.program.name]
    return {
        "name": purse.name,
        "kind": step.own.kind,
        "status": step.result.certificate.status,
        "own_budget_cents": purse.own,
        "received_cents": purse.received,
        "shared_left_cents": purse.shared_left,
        "budget_cents": purse.budget,
        "spent_cents": purse.spent,
        "reserve_cents": purse.held,
        "left_cents": purse.left,
        "left_over_to": initiative.between.left_over.get(purse.name),
        "persons": len(page),
        "persons_with_something": sum(cents > 0 for cents in page.values()),
    }


def _cents(text: str | None) -> int | None:
    return None if text is None else int(exact(text) * CENTS)
