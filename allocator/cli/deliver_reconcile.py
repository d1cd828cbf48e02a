"""``allocator deliver reconcile``."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.console import fail, print_json
from allocator.cli.deliver_options import batches_argument, ledger_option, open_ledger
from allocator.cli.options import json_option
from allocator.errors import VerificationError

__all__ = ["reconcile"]


@click.command()
@batches_argument
@click.argument("receipts", nargs=-1, required=True, type=click.Path(path_type=Path))
@ledger_option
@json_option
def reconcile(batches: Path, receipts: tuple[Path, ...], ledger: str | None, as_json: bool) -> None:
    """Compare the ledger with RECEIPTS (.jsonl, .csv, .parquet), to the cent; exit 6 if not equal.

    A receipt has voucher_id, amount_cents or amount, and optionally currency and receipt_id.
    What is still outstanding contradicts nothing.
    """
    from allocator.programs.delivery.batches import read_batches
    from allocator.programs.delivery.receipts import read_receipts
    from allocator.programs.delivery.reconcile import reconcile as compare

    with open_ledger(read_batches(batches), ledger) as book:
        found = compare(book.amounts(), read_receipts(receipts))
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(str(found))
    if not found.ok:
        fail(VerificationError("the hub's receipts contradict the ledger"), printed=as_json)
