"""``allocator deliver plan``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from allocator.cli.console import print_json, refuse_no_run
from allocator.cli.deliver_options import key_option, ledger_option, open_ledger
from allocator.cli.options import json_option

__all__ = ["plan"]


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--out", "batches", type=click.Path(path_type=Path), required=True, metavar="BATCHES")
@click.option("--announced", required=True, help="When it was announced, e.g. 2025-10-14T08:00Z.")
@click.option("--start", help="When sending starts; at the announcement if not given.")
@click.option(
    "--rate", type=click.IntRange(1), required=True, help="Vouchers the hub takes an hour."
)
@click.option("--program", help="Whose vouchers they are; the name of the policy if not given.")
@click.option("--round", "round_", default="1", show_default=True, help="One voucher a user each.")
@click.option(
    "--valid-days",
    type=click.IntRange(1, 3650),
    default=90,
    show_default=True,
    help="Days from the announcement until vouchers expire (assumed, not announced).",
)
@click.option(
    "--order",
    type=click.Choice(["hardship", "hash"]),
    default="hardship",
    show_default=True,
    help="Largest loss ratio first, then largest loss; or by voucher id.",
)
@click.option("--batch-size", type=click.IntRange(1), default=10_000, show_default=True)
@key_option
@ledger_option
@json_option
def plan(
    directory: Path,
    batches: Path,
    announced: str,
    start: str | None,
    rate: int,
    program: str | None,
    round_: str,
    valid_days: int,
    order: str,
    batch_size: int,
    key_file: Path | None,
    ledger: str | None,
    as_json: bool,
) -> None:
    """Make vouchers of the run in DIR: batches, a signed manifest, a ledger.

    Sending starts within 24 hours of the announcement and ends within 96; exit 5 if the hub's
    rate does not allow it. Planning the same again changes nothing.
    """
    from allocator.money import format_cents
    from allocator.programs.delivery.keys import read_key
    from allocator.programs.delivery.plan import plan as make_plan
    from allocator.programs.delivery.schedule import Schedule, show_time

    refuse_no_run(directory)
    moment = _time(announced, "--announced")
    schedule = Schedule(moment, moment if start is None else _time(start, "--start"), rate)
    made, table = make_plan(
        directory,
        batches,
        read_key(key_file),
        schedule,
        program=program,
        round_=round_,
        valid_days=valid_days,
        order="hash" if order == "hash" else "hardship",
        batch_size=batch_size,
    )
    with open_ledger(made, ledger) as book:
        book.load(table)
    if as_json:
        print_json(dict(made.content))
        return
    click.echo(f"{made.count:,} vouchers, {format_cents(made.total_cents)}, in {batches}")
    click.echo(
        f"  sent from {show_time(schedule.start)} to {show_time(schedule.after(made.count))}; the "
        f"deadline is {show_time(schedule.deadline)}"
    )


def _time(text: str, option: str) -> datetime:
    from allocator.programs.delivery.schedule import read_time

    try:
        return read_time(text)
    except ValueError:
        raise click.UsageError(f"{option} {text!r} is not a time like 2025-10-14T08:00Z") from None
