"""``allocator rules``."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import click

from allocator.cli.console import print_json

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
    """List the fairness rules that divide() can name, with the properties that tell them apart.

    With NAME, tell all about one rule: definition, dual, reference, and every property.
    """
    from allocator.core.properties.table import CLASSES, verdicts

    if name is not None and name not in CLASSES:
        raise click.UsageError(_unknown(name, list(CLASSES)))
    table = verdicts()
    if as_json:
        told = {each: _plain(each, row) for each, row in table.items()}
        print_json(list(told.values()) if name is None else told[name])
    elif name is not None:
        click.echo(_in_full(name, table[name]))
    else:
        for each, row in table.items():
            has = [_title(key) for key in TELLING if row[key].holds]
            click.echo(f"{each}  {_document(each).splitlines()[0]}")
            click.echo(
                f"    has {', '.join(has)}" if has else "    has none that tells rules apart"
            )


def _title(name: str) -> str:
    """Return a name in words."""
    return name.replace("_", " ")


def _unknown(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"The rules are {', '.join(names)}."
    return f"There is no rule {name!r}. {hint}"


def _document(name: str) -> str:
    from allocator.core.properties.table import CLASSES

    return inspect.getdoc(CLASSES[name]) or ""


def _plain(name: str, row: dict[str, Verdict]) -> dict[str, Any]:
    from allocator.core.catalog import FEW_RULES

    return {
        "name": name,
        "summary": _document(name).splitlines()[0],
        "has_level": name not in FEW_RULES,
        "properties": {
            key: {"holds": cell.holds, "evidence": cell.evidence, "why": cell.why}
            for key, cell in row.items()
        },
    }


def _in_full(name: str, row: dict[str, Verdict]) -> str:
    from allocator.core.properties.table import PROPERTIES

    lines = [name, "", _document(name), "", "Properties", "----------"]
    words = {True: "yes", False: "no", None: "does not apply"}
    for key, cell in row.items():
        lines.append(f"{_title(key)}: {words[cell.holds]}")
        lines += [f"    {PROPERTIES[key].definition}", f"    {cell.why}"]
    return "\n".join(lines)
