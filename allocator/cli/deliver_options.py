"""Options that several commands of ``allocator deliver`` have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from allocator.programs.delivery.batches import Batches
    from allocator.programs.delivery.ledger import Ledger

__all__ = ["batches_argument", "key_option", "ledger_option", "open_ledger"]

batches_argument = click.argument("batches", type=click.Path(path_type=Path))
key_option = click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="A file with the secret key, instead of the variable ALLOCATOR_DELIVERY_KEY.",
)
ledger_option = click.option(
    "--ledger",
    envvar="ALLOCATOR_LEDGER",
    help="URL of the ledger's database, postgresql+psycopg://...; a file in BATCHES if not given. "
    "With a password in it, set the variable ALLOCATOR_LEDGER instead.",
)


@contextmanager
def open_ledger(batches: Batches, url: str | None) -> Iterator[Ledger]:
    """Open the ledger, which needs packages that nothing else needs."""
    from allocator.programs.delivery.ledger import Ledger

    with closing(Ledger(batches, url)) as ledger:
        yield ledger
