"""Which rule has which property, and why: the table, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from allocator.core.catalog import FEW_RULES, RULES
from allocator.core.few.rule import FewRule
from allocator.core.properties.case import Case
from allocator.core.properties.changing import CHANGING
from allocator.core.properties.comparing import COMPARING
from allocator.core.properties.counterexamples import COUNTEREXAMPLES
from allocator.core.properties.joining import JOINING
from allocator.core.properties.proofs import PROOFS, SAME_AS
from allocator.core.rules import Rule
from allocator.errors import UnsupportedError

__all__ = ["CLASSES", "PROPERTIES", "Verdict", "markdown", "verdict", "verdicts"]

CLASSES: Mapping[str, type[Rule] | type[FewRule]] = {**RULES, **FEW_RULES}
PROPERTIES = {each.name: each for each in (*COMPARING, *CHANGING, *JOINING)}

PAIRS_ONLY = "concede_and_divide"


@dataclass(frozen=True)
class Verdict:
    """Whether a rule has a property, and why.

    Attributes
    ----------
    holds : bool or None
        None where the property does not apply: a rule for two claimants when their number changes.
    evidence : {"proof", "counterexample", "none"}
        A proof or source; a stored counterexample.
    why : str
        The proof or source in a sentence, or the counterexample in words.
    case : Case or None
        The counterexample.
    """

    holds: bool | None
    evidence: Literal["proof", "counterexample", "none"]
    why: str
    case: Case | None = None


def verdict(rule: str, name: str) -> Verdict:
    """Return whether a rule has a property, and why.

    Parameters
    ----------
    rule : str
        In snake case. Rules that maximize are meant without weights, as claims rules.
    name : str
        Of the property.

    Returns
    -------
    Verdict

    Raises
    ------
    UnsupportedError
        If the table has no such cell: a new rule, or property, has to be filled in.

    Examples
    --------
    >>> verdict("talmud", "self_duality").holds, verdict("talmud", "composition_up").holds
    (True, False)
    """
    if rule in SAME_AS:
        same = verdict(SAME_AS[rule], name)
        return Verdict(same.holds, same.evidence, f"as {SAME_AS[rule]}: {same.why}", same.case)
    if name in PROPERTIES and rule == PAIRS_ONLY and PROPERTIES[name].resizes:
        return Verdict(None, "none", "the rule is for two claimants, and their number changes")
    case = COUNTEREXAMPLES.get(rule, {}).get(name)
    if case is not None:
        return Verdict(False, "counterexample", _told(case, name), case)
    for names, rules, why in PROOFS:
        if name in names.split() and rule in rules.split():
            return Verdict(True, "proof", why)
    raise UnsupportedError(
        f"the table of properties does not say whether {rule} has {name}: give a proof in "
        "core/properties/proofs.py, or a counterexample in core/properties/counterexamples.py"
    )


def verdicts() -> dict[str, dict[str, Verdict]]:
    """Return the whole table: rules by name, properties by name.

    Examples
    --------
    >>> table = verdicts()
    >>> [rule for rule, row in table.items() if row["composition_up"].holds][-1]
    'alpha_min'
    """
    return {rule: {name: verdict(rule, name) for name in PROPERTIES} for rule in CLASSES}


def markdown() -> str:
    """Return the table as Markdown: a row for each property, a column for each rule.

    A plus is a property that holds, by proof or source, a minus one that fails, by a stored
    counterexample, a dot one that does not apply.

    Examples
    --------
    >>> print(markdown().splitlines()[2][:27])
    | equal treatment | + | + |
    """
    table = verdicts()
    head = f"| property | {' | '.join(rule.replace('_', ' ') for rule in table)} |"
    lines = [head, "|---" * (len(table) + 1) + "|"]
    for name in PROPERTIES:
        marks = " | ".join(_mark(row[name]) for row in table.values())
        lines.append(f"| {name.replace('_', ' ')} | {marks} |")
    return "\n".join(lines) + "\n"


def _mark(cell: Verdict) -> str:
    if cell.holds is None:
        return "·"
    return "+" if cell.holds else "−"


def _told(case: Case, name: str) -> str:
    claims = ", ".join(map(str, case.claims))
    more = f"; {PROPERTIES[name].reads}: {', '.join(map(str, case.more))}" if case.more else ""
    return f"fails for claims {claims} and a budget of {case.budget}{more}"
