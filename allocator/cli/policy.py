"""``allocator policy``: show, check, schema, diff."""

from __future__ import annotations

import click

from allocator.cli.console import print_json, tell
from allocator.cli.options import read_policy

__all__ = ["policy"]


@click.group()
def policy() -> None:
    """Show, check and compare policies."""


@policy.command()
@click.argument("name", default="announced")
def show(name: str) -> None:
    """Print the preset (or file) NAME with the source of every value; it is a policy file."""
    click.echo(read_policy(name).to_toml(annotated=True), nl=False)


@policy.command()
@click.argument("path")
def check(path: str) -> None:
    """Check the policy file PATH; warn of keys that do not do what one would think."""
    from allocator.policy.advice import advice
    from allocator.policy.file_advice import file_advice
    from allocator.policy.words import sentences

    chosen = read_policy(path)
    click.echo(f"{path} is a policy: {chosen.name}")
    for sentence in sentences(chosen):
        click.echo(f"  {sentence.text} ({sentence.source})")
    for warning in (*file_advice(chosen), *advice(chosen)):
        tell(f"warning: {warning}")


@policy.command()
def schema() -> None:
    """Print the JSON schema of policy files."""
    from allocator.policy.schema import Policy

    print_json(Policy.model_json_schema())


@policy.command()
@click.argument("before")
@click.argument("after")
def diff(before: str, after: str) -> None:
    """Print what changes from policy BEFORE to policy AFTER."""
    changes = read_policy(before).diff(read_policy(after))
    click.echo(str(changes) if changes.changes else "no difference")
