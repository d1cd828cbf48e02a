"""``allocator lab fit``."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.console import print_json
from allocator.cli.options import (
    json_option,
    policy_option,
    policy_out_option,
    read_policy,
    refuse_input,
    write_policy,
)

__all__ = ["fit"]


@click.command()
@click.argument("examples", type=click.Path(path_type=Path))
@policy_option
@click.option("--minimum", help="The floor in dollars, when it is known.")
@click.option("--maximum", help="The cap in dollars, when it is known.")
@click.option(
    "--factor", "factors", multiple=True, help="An attribute that may multiply; any number."
)
@click.option("--users", help="Everybody: what budget would the fitted policy need?")
@policy_out_option
@json_option
def fit(
    examples: Path,
    policy: str | None,
    minimum: str | None,
    maximum: str | None,
    factors: tuple[str, ...],
    users: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Find the policy that explains EXAMPLES best.

    EXAMPLES is a table of liquidation_loss, award, and perhaps net_assets, trust and attributes:
    awards that somebody wishes for, or has got. What they cannot tell comes from --policy.
    """
    from allocator.scenarios.fit import fit as fit_policy

    refuse_input(out, examples, users, policy)
    found = fit_policy(
        examples,
        policy=read_policy(policy),
        minimum=minimum,
        maximum=maximum,
        factors=factors or None,
        users=users,
    )
    if out is not None:
        write_policy(out, found.policy)
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(str(found))
