"""``allocator lab health``."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.console import clear_line, print_json, progress, refuse_no_run
from allocator.cli.options import json_option, policy_option, read_policy
from allocator.programs.kinds import VOUCHER, kind_of, load_policy, run_program

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
@click.option(
    "--vouchers",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="With a depeg policy: a run of vouchers with nobody excluded as compensated.",
)
@json_option
def health(
    users: str, policy: str | None, by: tuple[str, ...], vouchers: Path | None, as_json: bool
) -> None:
    """Check a policy on USERS: where it can be gamed, jumps, or rests on assumptions.

    Of a depeg policy, USERS being positions: who forfeits a voucher for a smaller depeg pay.
    """
    kind = kind_of(policy)
    if kind == "depeg":
        _forfeits(users, policy, by, vouchers, as_json=as_json)
        return
    if kind != VOUCHER:
        raise click.UsageError(f"there are no health checks of a policy of kind {kind}")
    if vouchers is not None:
        raise click.UsageError("--vouchers is for policies of kind depeg")
    from allocator.scenarios.health.health import health as check_health

    found = check_health(users, read_policy(policy), by or None, progress(quiet=as_json))
    clear_line()
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(str(found))


def _forfeits(
    positions: str,
    policy: str | None,
    by: tuple[str, ...],
    vouchers: Path | None,
    *,
    as_json: bool,
) -> None:
    from allocator.allocation.loading import load_allocation
    from allocator.programs.depeg.health import depeg_health

    if vouchers is None or by:
        raise click.UsageError("with a depeg policy give --vouchers DIR, and not --by")
    refuse_no_run(vouchers)
    run = load_allocation(vouchers)
    paid = run_program(positions, load_policy(policy), progress(quiet=as_json))
    found = depeg_health(paid, run)
    clear_line()
    if as_json:
        print_json(found.to_dict())
        return
    click.echo(f"{found.severity}: {found.sentence}")
    if found.example is not None:
        click.echo(f"  {found.example}")
        click.echo(f"  {found.remedy}")
