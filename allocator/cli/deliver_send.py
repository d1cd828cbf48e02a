"""``allocator deliver send``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from allocator.cli.console import print_json
from allocator.cli.deliver_options import batches_argument, key_option, ledger_option, open_ledger
from allocator.cli.deliver_progress import telling
from allocator.cli.options import json_option
from allocator.errors import AllocatorError

__all__ = ["send"]


@click.command()
@batches_argument
@click.option("--hub", required=True, help="The hub's address; POST HUB/vouchers takes vouchers.")
@click.option("--request-size", type=click.IntRange(1, 10_000), default=500, show_default=True)
@click.option(
    "--senders",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many senders run at once, this one included: each takes its share of the rate.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=30.0,
    show_default=True,
    help="Seconds for a request; after four times that others take over from a dead sender.",
)
@click.option(
    "--again", is_flag=True, help="Try again what the hub refused and what failed too often."
)
@key_option
@ledger_option
@json_option
def send(
    batches: Path,
    hub: str,
    request_size: int,
    senders: int,
    timeout: float,
    again: bool,
    key_file: Path | None,
    ledger: str | None,
    as_json: bool,
) -> None:
    """Send vouchers to the hub until none is left; not before the planned start.

    Sending is at least once, always with the same idempotency key, the voucher id: a hub that
    pays a key once pays each voucher exactly once. A token for the hub, if it wants one, is in
    the variable ALLOCATOR_HUB_TOKEN.
    """
    from datetime import UTC, datetime

    from allocator.programs.delivery.batches import read_batches
    from allocator.programs.delivery.hub import Hub, NotConnectedError
    from allocator.programs.delivery.keys import read_key
    from allocator.programs.delivery.schedule import show_time
    from allocator.programs.delivery.sender import ATTEMPTS
    from allocator.programs.delivery.sender import send as send_all

    planned = read_batches(batches, read_key(key_file))
    if datetime.now(UTC) < planned.schedule.start:
        raise click.UsageError(f"sending starts at {show_time(planned.schedule.start)}")

    client = Hub(hub, timeout=timeout, token=os.environ.get("ALLOCATOR_HUB_TOKEN"))
    with open_ledger(planned, ledger) as book:
        book.check()
        if again or book.next_due(ATTEMPTS) is not None:
            try:
                client.reach()
            except NotConnectedError as error:
                told = f"cannot reach {client.url}: {error}; nothing was sent"
                raise AllocatorError(told) from None
        with telling(quiet=as_json) as report:
            sent = send_all(
                book, client, size=request_size, senders=senders, again=again, progress=report
            )
    if as_json:
        print_json(
            {
                "acknowledged": sent.acknowledged,
                "refused": sent.refused,
                "unanswered": sent.unanswered,
                "requests": sent.requests,
                "unreached": sent.unreached,
            }
        )
        return
    click.echo(
        f"{sent.acknowledged:,} vouchers acknowledged, {sent.refused:,} refused, "
        f"{sent.unanswered:,} unanswered, in {sent.requests:,} requests"
    )
