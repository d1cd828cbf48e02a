"""``allocator policy``: show, check, schema, diff."""

from __future__ import annotations

import click

from allocator.cli.console import print_json, tell
from allocator.programs.kinds import KINDS, VOUCHER, load_policy, program_of

__all__ = ["policy"]


@click.group()
def policy() -> None:
    """Show, check and compare policies."""


@policy.command()
@click.argument("name", default="announced")
def show(name: str) -> None:
    """Print NAME with the source of every value; it is a policy file.

    NAME is a preset of vouchers, the kind of another program (depeg, loan), or a file.
    """
    click.echo(load_policy(name).to_toml(annotated=True), nl=False)


@policy.command()
@click.argument("path")
def check(path: str) -> None:
    """Check the policy file PATH; warn of keys that do not do what one would think."""
    from allocator.policy.advice import advice
    from allocator.policy.file_advice import file_advice
    from allocator.policy.schema import Policy
    from allocator.policy.words import sentences

    chosen = load_policy(path)
    click.echo(f"{path} is a policy: {chosen.name}")
    if not isinstance(chosen, Policy):
        for each in chosen.sources():
            click.echo(f"  {each.key}: {each.value} ({each.source})")
        return
    for sentence in sentences(chosen):
        click.echo(f"  {sentence.text} ({sentence.source})")
    for warning in (*file_advice(chosen), *advice(chosen)):
        tell(f"warning: {warning}")


@policy.command()
@click.argument("kind", type=click.Choice([VOUCHER, *KINDS]), default=VOUCHER)
def schema(kind: str) -> None:
    """Print the JSON schema of policy files of one KIND of program; of vouchers if not given."""
    from allocator.policy.schema import Policy

    model = Policy if kind == VOUCHER else program_of(kind).POLICY
    print_json(model.model_json_schema())


@policy.command()
@click.argument("before")
@click.argument("after")
def diff(before: str, after: str) -> None:
    """Print what changes from policy BEFORE to policy AFTER."""
    changes = load_policy(before).diff(load_policy(after))
    click.echo(str(changes) if changes.changes else "no difference")
