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

# Held in all of 20,000 random problems of up to five claims up to 20; a proof is not written down.
SEARCHED = {
    "minimal_overlap": "lower_bound_on_losses claim_monotonicity linked_claim_monotonicity "
    "minimal_rights_first population_monotonicity",
    "adjusted_proportional": "lower_bound_on_awards lower_bound_on_losses claim_monotonicity "
    "linked_claim_monotonicity",
    "average_of_awards": "lower_bound_on_awards lower_bound_on_losses order_of_endowment_gains",
    "dominguez_thomson": "endowment_monotonicity order_of_endowment_gains claim_monotonicity "
    "linked_claim_monotonicity",
    "alpha_min": "claim_monotonicity linked_claim_monotonicity",
}
PAIRS_ONLY = "concede_and_divide"


@dataclass(frozen=True)
class Verdict:
    """Whether a rule has a property, and why.

    Attributes
    ----------
    holds : bool or None
        None where the property does not apply: a rule for two claimants when their number changes.
    evidence : {"proof", "search", "counterexample", "none"}
        A proof or source; no counterexample in a long search; a stored counterexample.
    why : str
        The proof or source in a sentence, or the counterexample in words.
    case : Case or None
        The counterexample.
    """

    holds: bool | None
    evidence: Literal["proof", "search", "counterexample", "none"]
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
    if name in SEARCHED.get(rule, "").split():
        why = "no counterexample among 20,000 random problems of up to five claims"
        return Verdict(True, "search", why)
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

    A plus is a property that holds by proof or source, a plus in parentheses one without a
    counterexample in a long search, a minus one that fails, a dot one that does not apply.

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
    if not cell.holds:
        return "−"
    return "+" if cell.evidence == "proof" else "(+)"


def _told(case: Case, name: str) -> str:
    claims = ", ".join(map(str, case.claims))
    more = f"; {PROPERTIES[name].reads}: {', '.join(map(str, case.more))}" if case.more else ""
    return f"fails for claims {claims} and a budget of {case.budget}{more}"
