"""``allocator rules``."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import click

from allocator.cli.console import print_json
from allocator.errors import nearest

if TYPE_CHECKING:
    from allocator.core.properties.table import Verdict

__all__ = ["rules"]

# What tells rules apart: nearly all have the others.
TELLING = (
    "consistency",
    "composition_down",
    "composition_up",
    "self_duality",
    "truncation_invariance",
    "minimal_rights_first",
    "population_monotonicity",
    "no_advantageous_merging",
    "no_advantageous_splitting",
    "progressive",
    "regressive",
)


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def rules(name: str | None, as_json: bool) -> None:
    """List the fairness rules that policies and divide() can name, and what tells them apart.

    With NAME, tell all about one rule: definition, dual, reference, and every property.
    """
    from allocator.core.properties.table import CLASSES, verdicts
    from allocator.policy.rules import TWO_STAGE

    names = [*CLASSES, TWO_STAGE]
    if name is not None and name not in names:
        raise click.UsageError(_unknown(name, names))
    table = {**verdicts(), TWO_STAGE: {}}
    if as_json:
        told = {each: _plain(each, row) for each, row in table.items()}
        print_json(list(told.values()) if name is None else told[name])
    elif name is not None:
        click.echo(_in_full(name, table[name]))
    else:
        for each, row in table.items():
            has = [_title(key) for key in TELLING if row and row[key].holds]
            click.echo(f"{each}  {_document(each).splitlines()[0]}")
            if row:
                told_of = ", ".join(has) if has else "none that tells rules apart"
                click.echo(f"    has {told_of}")
            click.echo(f"    policy: {_in_a_policy(each)}")


def _title(name: str) -> str:
    """Return a name in words."""
    return name.replace("_", " ")


def _unknown(name: str, names: list[str]) -> str:
    close = nearest(name, names)
    hint = f"Did you mean {close!r}?" if close else f"The rules are {', '.join(names)}."
    return f"There is no rule {name!r}. {hint}"


def _document(name: str) -> str:
    from allocator.core.properties.table import CLASSES
    from allocator.core.two_stage import TwoStage

    return inspect.getdoc(CLASSES.get(name, TwoStage)) or ""


def _in_a_policy(name: str) -> str:
    """Say what a policy that names the rule may, or must, say besides."""
    from allocator.core.catalog import FEW_RULES
    from allocator.policy.rules import TWO_STAGE, WEIGHTED

    if name == TWO_STAGE:
        return "objective.by names the column of groups, objective.stage_rule the rule"
    if name in WEIGHTED:
        return "any number of users; objective.weighted = true for weights"
    if name not in FEW_RULES:
        return "any number of users"
    rule = FEW_RULES[name]
    count = f"up to {rule.max_claimants:,}"
    if rule.min_claimants == rule.max_claimants:
        count = f"exactly {rule.max_claimants}"
    return f"{count} eligible users, no floors, no caps but the loss"


def _plain(name: str, row: dict[str, Verdict]) -> dict[str, Any]:
    from allocator.core.catalog import FEW_RULES

    return {
        "name": name,
        "summary": _document(name).splitlines()[0],
        "has_level": name not in FEW_RULES,
        "max_users": FEW_RULES[name].max_claimants if name in FEW_RULES else None,
        "policy": _in_a_policy(name),
        "properties": {
            key: {"holds": cell.holds, "evidence": cell.evidence, "why": cell.why}
            for key, cell in row.items()
        },
    }


def _in_full(name: str, row: dict[str, Verdict]) -> str:
    from allocator.core.properties.table import PROPERTIES

    lines = [name, "", _document(name), "", f"In a policy: {_in_a_policy(name)}"]
    lines += ["", "Properties", "----------"] if row else []
    words = {True: "yes", False: "no", None: "does not apply"}
    for key, cell in row.items():
        lines.append(f"{_title(key)}: {words[cell.holds]}")
        lines += [f"    {PROPERTIES[key].definition}", f"    {cell.why}"]
    return "\n".join(lines)
