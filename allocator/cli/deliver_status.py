"""``allocator deliver status``."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.console import print_json
from allocator.cli.deliver_options import batches_argument, ledger_option, open_ledger
from allocator.cli.options import json_option

__all__ = ["status"]

CANNOT_BE_MET = 5  # as of every request that cannot be met


@click.command()
@batches_argument
@ledger_option
@json_option
def status(batches: Path, ledger: str | None, as_json: bool) -> None:
    """Show vouchers and money by state, and the time left.

    Exit 5 when the deadline cannot be met at the hub's rate, or was missed.
    """
    from datetime import UTC, datetime

    from allocator.programs.delivery.batches import read_batches
    from allocator.programs.delivery.sender import ATTEMPTS
    from allocator.programs.delivery.status import status_of

    now = datetime.now(UTC).replace(microsecond=0)
    with open_ledger(read_batches(batches), ledger) as book:
        found = status_of(book, now, ATTEMPTS)
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(str(found))
    if not found.in_time:
        click.get_current_context().exit(CANNOT_BE_MET)
