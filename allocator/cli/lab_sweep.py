"""``allocator lab sweep``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from allocator.cli.console import clear_line, print_json, progress, tell
from allocator.cli.options import json_option, policy_option, read_policy, refuse_input

__all__ = ["read_knob", "sweep"]


@click.command()
@click.argument("users")
@policy_option
@click.option(
    "--vary",
    "knobs",
    multiple=True,
    required=True,
    metavar="KEY=V1,V2,...",
    help="A knob and its values; several make a grid.",
)
@click.option("--verify", is_flag=True, help="Check every scenario by the full certificate.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the table to a CSV file, too.")
@json_option
def sweep(
    users: str,
    policy: str | None,
    knobs: tuple[str, ...],
    verify: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Apply every combination of some settings of a policy to USERS: a row of figures each.

    For example: allocator lab sweep users.parquet --vary alpha=0.5,1,2 --vary award.minimum=0,4
    """
    from allocator.scenarios.sweep import sweep as run_sweep

    refuse_input(out, users, policy)
    grid: dict[str, Any] = {}
    for text in knobs:
        key, values = _split(text)
        if key in grid:
            raise click.UsageError(f"--vary {key} is given twice: put all values into one")
        grid[key] = values
    shown = progress(quiet=as_json)
    result = run_sweep(users, read_policy(policy), grid, verify=verify, progress=shown)
    if out is not None:
        result.to_csv(out)
        tell(f"wrote {out}")
    if as_json:
        print_json(result.to_dict())
    else:
        clear_line()
        click.echo(str(result))


def _split(text: str) -> tuple[str, list[Any]]:
    key, equals, values = text.partition("=")
    if not equals or not key or not values:
        raise click.UsageError(f"--vary {text}: write KEY=V1,V2,..., such as alpha=0.5,1,2")
    return key, [read_knob(key, value.strip()) for value in values.split(",")]


def read_knob(name: str, text: str) -> Any:
    """Read a value as its key takes it: numbers and booleans, or text as in a policy file.

    Examples
    --------
    >>> read_knob("alpha", "2"), read_knob("award.minimum", "4.00"), read_knob("cap_at_loss", "no")
    (2.0, '4.00', 'no')
    """
    from allocator.policy.schema import Policy
    from allocator.scenarios.knobs import knob_key, value_of

    present = value_of(Policy.default(), knob_key(name))
    if isinstance(present, bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    if isinstance(present, str) and name.rpartition(".")[2] != "alpha":
        return text
    try:
        return float(text)
    except ValueError:
        return text
