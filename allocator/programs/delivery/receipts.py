"""The hub's receipts, read from a file: which voucher, how much, in what order whatsoever."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allocator.errors import DataError
from allocator.money import CENTS, exact

__all__ = ["Receipt", "read_receipts"]


@dataclass(frozen=True)
class Receipt:
    """What the hub says that it paid.

    Attributes
    ----------
    voucher_id : str
    cents : int
    currency : str or None
        None when the receipts do not tell.
    receipt_id : str or None
        The same one twice is a copy of one receipt; without any, every row is a payment.
    """

    voucher_id: str
    cents: int
    currency: str | None = None
    receipt_id: str | None = None


def read_receipts(paths: Sequence[str | os.PathLike[str]]) -> list[Receipt]:
    """Read receipts from files of JSON Lines, CSV or Parquet.

    Parameters
    ----------
    paths : sequence of path
        With voucher_id, amount_cents or amount (dollars), and optionally currency, receipt_id.

    Returns
    -------
    list of Receipt

    Raises
    ------
    DataError
        If a file cannot be read, or a receipt has no voucher or no amount in whole cents; with
        the file and the row. Nothing is guessed about money.
    """
    return [
        _receipt(row, f"{path}, row {number}")
        for path in paths
        for number, row in enumerate(_rows(Path(path)), start=1)
    ]


def _rows(path: Path) -> Iterator[Any]:
    from csv import DictReader

    import pyarrow as pa

    try:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            yield from parquet.read_table(path).to_pylist()
            return
        with open(path, encoding="utf-8", newline="") as file:
            if path.suffix == ".csv":
                yield from DictReader(file)
            elif path.suffix == ".jsonl":
                yield from (json.loads(line) for line in file if line.strip())
            else:
                raise DataError(f"{path} is not a .jsonl, .csv or .parquet file of receipts")
    except (OSError, ValueError, pa.ArrowException) as error:
        raise DataError(f"the receipts {path} cannot be read: {error}") from None


def _receipt(row: Any, where: str) -> Receipt:
    if not isinstance(row, dict) or not isinstance(row.get("voucher_id"), str):
        raise DataError(f"{where}: a receipt has a voucher_id, amount_cents or amount")
    told = [
        (row[name], scale)
        for name, scale in (("amount_cents", 1), ("amount", CENTS))
        if row.get(name) not in (None, "")
    ]
    try:
        cents = {exact(value) * scale for value, scale in told}
    except ValueError as error:
        raise DataError(f"{where}: {error}") from None
    if len(cents) != 1 or (amount := cents.pop()).denominator != 1:
        raise DataError(f"{where}: there must be one amount, in whole cents")
    currency, receipt_id = (row.get(name) or None for name in ("currency", "receipt_id"))
    text = None if receipt_id is None else str(receipt_id)
    return Receipt(row["voucher_id"], int(amount), currency, text)
