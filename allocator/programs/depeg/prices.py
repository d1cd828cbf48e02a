"""Reference prices in a file of their own: assets, prices, and the bytes they were read from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from allocator.data.table import read_users
from allocator.errors import DataError, PolicyError

__all__ = ["Prices", "read_prices"]

ASSET, PRICE = "asset", "price"


@dataclass(frozen=True)
class Prices:
    """Reference prices and where they are from.

    Attributes
    ----------
    of : mapping of str to str
        Dollars a unit, as written, by asset; what a price must be is the policy's to say.
    sha256 : str
        Of the file.
    """

    of: Mapping[str, str]
    sha256: str


def read_prices(path: str | os.PathLike[str]) -> Prices:
    r"""Read a file of prices: a row an asset, with the columns asset and price.

    Parameters
    ----------
    path : path
        CSV, Parquet or Arrow; more columns, such as the time and the source of a price, are for
        its readers.

    Returns
    -------
    Prices

    Raises
    ------
    PolicyError
        If the file cannot be read, lacks a column or a value, or names an asset twice.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "prices.csv")
    ...     with open(path, "w") as file:
    ...         _ = file.write("asset,price,source\nUSDE,0.9999,closing\n")
    ...     dict(read_prices(path).of)
    {'USDE': '0.9999'}
    """
    where = f"the reference prices {os.fspath(path)}"
    try:
        read = read_users(path)
    except DataError as error:
        raise PolicyError(f"{where}: {error}") from None
    missing = [name for name in (ASSET, PRICE) if name not in read.table.column_names]
    if missing:
        raise PolicyError(
            f"{where} have no column {' or '.join(missing)}; they have "
            + ", ".join(read.table.column_names)
        )
    if len(read.sources) != 1 or read.sources[0].sha256 is None:
        raise PolicyError(f"{where} are not one file")
    of: dict[str, str] = {}
    columns = (read.table.column(name).to_pylist() for name in (ASSET, PRICE))
    for row, (asset, price) in enumerate(zip(*columns, strict=True)):
        if not isinstance(asset, str) or price is None or row in read.malformed:
            raise PolicyError(f"{where}: row {row + 1} has not one asset and one price")
        if asset in of:
            raise PolicyError(f"{where}: {asset} stands there twice")
        of[asset] = str(price)
    return Prices(MappingProxyType(of), read.sources[0].sha256)
