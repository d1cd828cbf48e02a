"""``allocator rules``."""

from __future__ import annotations

import inspect

import click

__all__ = ["rules"]


@click.command()
def rules() -> None:
    """List the fairness rules that a policy, or divide(), can name."""
    from allocator.core.catalog import RULES

    for name, rule in RULES.items():
        first = (inspect.getdoc(rule) or "").splitlines()[0]
        click.echo(f"{name:<16}{first}")
