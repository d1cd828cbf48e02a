"""``allocator lab health``."""

from __future__ import annotations

import click

from allocator.cli.console import clear_line, print_json, progress
from allocator.cli.options import json_option, policy_option, read_policy

__all__ = ["health"]


@click.command()
@click.argument("users")
@policy_option
@click.option(
    "--by",
    multiple=True,
    metavar="COLUMN",
    help="Compare the groups of this column; any number. All that can be, if not given.",
)
@json_option
def health(users: str, policy: str | None, by: tuple[str, ...], as_json: bool) -> None:
    """Check a policy on USERS: where it can be gamed, jumps, or rests on assumptions."""
    from allocator.scenarios.health.health import health as check_health

    found = check_health(users, read_policy(policy), by or None, progress(quiet=as_json))
    clear_line()
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(str(found))
