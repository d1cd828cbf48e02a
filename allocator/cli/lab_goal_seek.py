"""``allocator lab goal-seek``."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.console import clear_line, print_json, progress
from allocator.cli.options import (
    json_option,
    policy_option,
    policy_out_option,
    read_policy,
    refuse_input,
    write_policy,
)

__all__ = ["goal_seek"]


@click.command("goal-seek")
@click.argument("users")
@policy_option
@click.option("--vary", required=True, metavar="KEY", help="The knob, such as award.maximum.")
@click.option("--target", required=True, help="A figure, such as median_recovery; see above.")
@click.option("--value", type=float, required=True, help="What it should be.")
@click.option("--decile", type=click.IntRange(1, 10), help="Of a decile of loss, 1 the smallest.")
@click.option("--between", nargs=2, metavar="LOW HIGH", help="How far to search.")
@policy_out_option
@json_option
def goal_seek(
    users: str,
    policy: str | None,
    vary: str,
    target: str,
    value: float,
    decile: int | None,
    between: tuple[str, str] | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Find the value of a knob at which a figure of USERS comes out as wished.

    For example, the budget that gives everybody at least $10: allocator lab goal-seek
    users.parquet --vary award.budget --target lowest_award --value 10

    Targets: median_recovery, recovery, median_award, mean_award, lowest_award, share_at_minimum,
    share_at_maximum, total_at_maximum, total, top_tenth_share, gini, eligible.

    Money is searched in the policy's units, alpha, exponents and factors in thousandths, ratios in
    hundredths of a percent.
    """
    from allocator.scenarios.goal_seek import goal_seek as seek

    refuse_input(out, users, policy)
    found = seek(
        users,
        read_policy(policy),
        vary=vary,
        target=target,
        value=value,
        decile=decile,
        between=between,
        progress=progress(quiet=as_json),
    )
    if out is not None:
        write_policy(out, found.policy)
    if as_json:
        print_json(found.to_dict())
    else:
        clear_line()
        click.echo(str(found))
