"""The combined report of an initiative: one page, without ids and without counts of few people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from allocator.money import format_cents
from allocator.programs.initiative.cliff import forfeits
from allocator.programs.initiative.compare import compare_initiatives
from allocator.programs.initiative.model import comment
from allocator.programs.initiative.result import InitiativeResult
from allocator.programs.initiative.sources import CITATIONS
from allocator.programs.initiative.words import KINDS, rules_of
from allocator.report.optional import need
from allocator.report.suppress import WITHHELD, is_small, shown_count

__all__ = ["render"]

CHECKS = {
    "ledger": "The ledger has everybody once, and adds up to what the programs gave, to the cent.",
    "budgets": "Every program stayed within its budget, what was left over and shared included.",
    "compensated": "Nobody who was compensated is paid by a program that excludes them.",
    "netted": "Compensation was taken off losses, and no loss is below zero.",
    "caps": "Nobody gets more than the cap across programs.",
}
FEW = "fewer than 10"
COUNT = re.compile(r"(?<![\w.,$])[1-9] (?=(user|row|person|position|applicant)s?\b)")
LISTED = re.compile(r"\([1-9]\)")


def render(result: InitiativeResult, other: InitiativeResult | None = None) -> str:
    """Return the page of an initiative.

    Parameters
    ----------
    result : InitiativeResult
    other : InitiativeResult, optional
        Compared with it.

    Returns
    -------
    str
        HTML that needs no network and runs no script. The same result gives the same page.

    Raises
    ------
    UnsupportedError
        If jinja2 is not installed.
    """
    jinja2 = need("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.PackageLoader("allocator.programs.initiative", "template"),
                jinja2.PackageLoader("allocator.report", "page"),
            ]
        ),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page: str = environment.get_template("initiative.html").render(**content(result, other))
    return page


def content(result: InitiativeResult, other: InitiativeResult | None) -> dict[str, Any]:
    """Return what the page says, by the names of its template."""
    figures = result.summary().to_dict()
    few = any(_few(each) for each in figures["programs"])
    lent = figures["total_cents"] - figures["paid_cents"]
    certificate = result.certificate
    return {
        "name": result.initiative.name,
        "simulated": result.simulated,
        "persons": shown_count(figures["persons"]),
        "paid": WITHHELD if few else format_cents(figures["paid_cents"]),
        "lent": "" if not lent else WITHHELD if few else format_cents(lent),
        "left": WITHHELD if few else format_cents(_left(figures["programs"])),
        "programs": _programs(figures["programs"]),
        "rules": [_without_amounts(each) if few else each for each in rules_of(result)],
        "with": _with(figures["persons_with"]),
        "forfeits": [_forfeit(program, finding) for program, finding in forfeits(result)],
        "checks": [(_check(name), passed) for name, passed in certificate.checks.items()],
        "certificate": certificate,
        "each": [
            (step.program.name, getattr(step.result.certificate, "proves", ()))
            for step in result.steps
        ],
        "compared": None if other is None else _compared(result, other),
        "warnings": [_vague(each) for each in figures["warnings"]],
        "sources": [(key, _source(result, key)) for key in CITATIONS],
        "toml": _without_paths(result),
    }


def _few(program: Mapping[str, Any]) -> bool:
    return is_small(program["persons_with_something"])


def _source(result: InitiativeResult, key: str) -> str:
    of_a_program = key.startswith("programs.")
    default = of_a_program or result.initiative.is_default(key)
    return comment(key) if default else "set by this initiative"


def _left(programs: list[Mapping[str, Any]]) -> int:
    """Return what is left at the end: not what was passed on."""
    return sum(each["left_cents"] for each in programs if each["left_over_to"] is None)


def _programs(programs: list[Mapping[str, Any]]) -> dict[str, Any]:
    rows = []
    for each in programs:
        few = _few(each)
        out = each["persons"] - each["persons_with_something"]
        spent, left = (
            WITHHELD if few else format_cents(each[f"{name}_cents"]) for name in ("spent", "left")
        )
        mean = "–"
        if each["persons_with_something"] and not few:
            mean = format_cents(round(each["spent_cents"] / each["persons_with_something"]))
        rows.append(
            (
                each["name"],
                KINDS[each["kind"]],
                shown_count(each["persons"], hide=is_small(out)),
                shown_count(each["persons_with_something"]),
                _budget(each, programs),
                spent,
                left,
                each["left_over_to"] or "–",
                WITHHELD if few else mean,
            )
        )
    head = (
        *("program", "kind", "persons in its table", "persons who get something", "budget"),
        *("spent", "left", "left over to", "on average"),
    )
    return {"head": head, "rows": rows, "withheld": any(WITHHELD in row for row in rows)}


def _budget(program: Mapping[str, Any], programs: list[Mapping[str, Any]]) -> str:
    """Write a budget, unless what few people got would follow from it."""
    own, budget = program["own_budget_cents"], program["budget_cents"]
    follows = own != budget and any(_few(each) for each in programs)
    return WITHHELD if follows else format_cents(budget)


def _with(counts: Mapping[str, int]) -> dict[str, Any] | None:
    """Return who has what; None where some of it is of few people, whom the rest would tell."""
    if any(map(is_small, counts.values())):
        return None
    rows = [(name, f"{count:,}") for name, count in counts.items()]
    return {"head": ("what they get", "persons"), "rows": rows, "withheld": False}


def _forfeit(program: str, finding: Any) -> dict[str, Any]:
    small = is_small(int(finding.number))
    text = f"{FEW.capitalize()} persons would have had a voucher worth more than their depeg pay."
    return {
        "program": program,
        "severity": finding.severity,
        "sentence": text if small else _vague(finding.sentence),
        "remedy": finding.remedy,
    }


def _check(name: str) -> str:
    kind, _, program = name.partition(":")
    return f"The certificate of {program} holds." if kind == "program" else CHECKS[name]


def _compared(result: InitiativeResult, other: InitiativeResult) -> dict[str, Any]:
    found = compare_initiatives(result, other)
    rows = []
    for each in found.programs:
        few = any(is_small(each[f"persons_{when}"] or 0) for when in ("before", "after"))
        cells = [each[f"spent_cents_{when}"] for when in ("before", "after")]
        money = ["–" if cents is None else format_cents(cents) for cents in cells]
        people = [each[f"persons_{when}"] for when in ("before", "after")]
        counts = ["–" if n is None else shown_count(n, hide=few) for n in people]
        rows.append((each["name"], *([WITHHELD] * 2 if few else money), *counts))
    groups = (found.gainers, found.losers, found.same)
    few = any(map(is_small, groups))
    sentence = (
        f"{FEW.capitalize()} persons gain, lose or stay as they are; the rest would tell how many."
    )
    if not few:
        sentence = (
            f"{found.gainers:,} persons are paid {format_cents(found.gained_cents)} more, "
            f"{found.losers:,} are paid {format_cents(found.lost_cents)} less, {found.same:,} "
            "the same."
        )
    return {
        "name": found.after,
        "sentence": sentence,
        "table": {
            "head": ("program", "spent", "spent then", "persons", "persons then"),
            "rows": rows,
            "withheld": any(WITHHELD in row for row in rows),
        },
    }


def _vague(text: str) -> str:
    return LISTED.sub(f"({FEW})", COUNT.sub(f"{FEW} ", text))


def _without_amounts(rule: str) -> str:
    return re.sub(r"leaves over, \$[\d,.]+,", "leaves over", rule)


def _without_paths(result: InitiativeResult) -> str:
    """Write the file with the names of its tables, and not where they are."""
    return re.sub(r'"[^"\n]*/([^"/\n]+)"', r'"\1"', result.initiative.to_toml())
