"""``allocator deliver void``."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.deliver_options import batches_argument, ledger_option, open_ledger

__all__ = ["void"]


@click.command()
@batches_argument
@click.argument("vouchers", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; it is kept in the ledger.")
@ledger_option
def void(batches: Path, vouchers: tuple[str, ...], reason: str, ledger: str | None) -> None:
    """Void VOUCHERS by their ids, all or none: planned ones, or ones that the hub refused."""
    import time

    from allocator.programs.delivery.batches import read_batches

    with open_ledger(read_batches(batches), ledger) as book:
        book.void(vouchers, int(time.time() * 1000), reason)
    click.echo(f"{len(set(vouchers)):,} vouchers voided")
