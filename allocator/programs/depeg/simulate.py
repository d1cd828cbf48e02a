"""Simulated positions, for trying a depeg policy when nobody's data are at hand."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of, decimals_of, texts_array
from allocator.data.table import SIMULATED_KEY, Source, UsersTable
from allocator.errors import DataError
from allocator.money import FINE

__all__ = ["simulate_positions"]

# Made up, but for the lows of the hour, which the press quotes.
ASSETS = ("USDE", "WBETH", "BNSOL", "BTC")  # the last has no reference price in any policy
ASSET_SHARES = (0.55, 0.30, 0.13, 0.02)
PRICES = (0.9999, 4100.0, 200.0, 113_000.0)
LOWS = (0.65, 430.0, 34.9, 105_000.0)
ACCOUNT_TYPES = ("futures", "margin", "loan", "spot")
ACCOUNT_SHARES = (0.55, 0.33, 0.10, 0.02)

MEDIAN_VALUE = 675.0  # dollars of collateral in a position, at the reference price
SPREAD = 2.0  # standard deviation of its logarithm
TAIL_INDEX = 1.4  # of the Pareto tail of the largest one in a hundred
LARGEST_VALUE = 20_000_000.0
DEPTH = (0.9, 1.5)  # parameters of the beta distribution of how deep, from price to low
ABOVE = 0.04  # share of positions liquidated at or above the reference price
EXTRA_SHARE, MEDIAN_EXTRA = 0.01, 60.0
USERS_PER_POSITION = 0.6

WINDOW_START = int(datetime(2025, 10, 10, 21, 36, tzinfo=UTC).timestamp())
WINDOW_SECONDS = 40 * 60
OUTSIDE = 0.06  # share of positions within an hour of the window, but not in it

Ints = NDArray[np.int64]


def simulate_positions(n: int, *, seed: int = 0, users: int | None = None) -> UsersTable:
    """Simulate liquidated positions shaped like the depeg of 10 October 2025.

    Nobody's data are in it. Everything is assumed but the lows that were quoted (USDE $0.65,
    WBETH $430, BNSOL $34.9):

    * Collateral values are lognormal around $675 (the logarithm's standard deviation is 2), with a
      Pareto tail of index 1.4 for the largest hundredth, cut at $20 million.
    * Prices at liquidation lie between the reference and the low, by a beta distribution; 4% of
      the positions were liquidated at up to 1% above the reference.
    * 6% of the positions were liquidated within an hour of the window, but not in it; 2% are in
      another asset, 2% in spot accounts, which no policy covers.
    * 1% have a verified extra loss, lognormal around $60.

    A million dollars of claims comes from about a thousand positions, so that 283,000 positions
    claim about as much as was announced.

    Parameters
    ----------
    n : int
        How many positions, at least 1.
    seed : int, optional
        The same seed gives the same table.
    users : int, optional
        They belong to some of the users ``u1`` to ``u<users>``, the ids of `simulate_users`; six
        tenths of `n` when not given.

    Returns
    -------
    UsersTable
        position_id, user_id, asset, quantity, liquidation_price, time, account_type,
        verified_extra_loss (null for most).

    Raises
    ------
    DataError
        If `n` or `users` is less than 1, or `seed` is negative.

    Examples
    --------
    >>> positions = simulate_positions(1000, seed=7)
    >>> len(positions), positions.simulated
    (1000, '1000 positions, seed 7')
    """
    people = max(1, round(n * USERS_PER_POSITION)) if users is None else users
    if n < 1 or seed < 0 or people < 1:
        raise DataError(
            f"cannot simulate {n} positions of {people} users with seed {seed}: give at least 1 "
            "position and user, and a seed of 0 or more"
        )
    rng = np.random.default_rng(seed)
    asset = rng.choice(len(ASSETS), n, p=ASSET_SHARES).astype(np.int8)
    price = _prices(rng, asset)
    columns = {
        "position_id": _ids("p", np.arange(1, n + 1)),
        "user_id": _ids("u", rng.integers(1, people + 1, n)),
        "asset": pa.DictionaryArray.from_arrays(array_of(asset), texts_array(ASSETS)),
        "quantity": decimals_of(_quantities(rng, asset)),
        "liquidation_price": decimals_of(price),
        "time": _times(rng, n),
        "account_type": pa.DictionaryArray.from_arrays(
            array_of(rng.choice(len(ACCOUNT_TYPES), n, p=ACCOUNT_SHARES).astype(np.int8)),
            texts_array(ACCOUNT_TYPES),
        ),
        "verified_extra_loss": _extra(rng, n),
    }
    note = f"{n} positions, seed {seed}"
    table = pa.table(columns, metadata={SIMULATED_KEY: note.encode()})
    source = Source("<simulated>", None, None, n, 0, False)
    return UsersTable(table, (source,), note, tuple(columns))


def _prices(rng: np.random.Generator, asset: NDArray[np.int8]) -> Ints:
    """Draw prices at liquidation, to a hundredth of a cent."""
    high, low = np.array(PRICES)[asset], np.array(LOWS)[asset]
    dollars = high - (high - low) * rng.beta(*DEPTH, len(asset))
    above = rng.random(len(asset)) < ABOVE
    dollars = np.where(above, high * (1 + 0.01 * rng.random(len(asset))), dollars)
    parts: Ints = np.rint(dollars * 10_000).astype(np.int64) * (FINE // 10_000)
    return parts


def _quantities(rng: np.random.Generator, asset: NDArray[np.int8]) -> Ints:
    n = len(asset)
    value = MEDIAN_VALUE * np.exp(SPREAD * rng.standard_normal(n))
    tail = value > MEDIAN_VALUE * np.exp(SPREAD * 2.3263)  # the 99th hundredth
    start = MEDIAN_VALUE * np.exp(SPREAD * 2.3263)
    value[tail] = start * rng.random(np.count_nonzero(tail)) ** (-1 / TAIL_INDEX)
    value = np.minimum(value, LARGEST_VALUE)
    parts: Ints = np.maximum(np.rint(value / np.array(PRICES)[asset] * FINE), 1).astype(np.int64)
    return parts


def _times(rng: np.random.Generator, n: int) -> pa.Array:
    """Draw seconds, most of them early in the window."""
    seconds = np.floor(rng.beta(1.2, 2.5, n) * (WINDOW_SECONDS + 1)).astype(np.int64)
    outside = np.flatnonzero(rng.random(n) < OUTSIDE)
    away = rng.integers(1, 3600, len(outside))
    late = rng.random(len(outside)) < 0.5
    seconds[outside] = np.where(late, WINDOW_SECONDS + away, -away)
    return array_of(WINDOW_START + seconds).cast(pa.timestamp("s", "UTC"))


def _extra(rng: np.random.Generator, n: int) -> pa.Array:
    none = rng.random(n) >= EXTRA_SHARE
    dollars = MEDIAN_EXTRA * np.exp(rng.standard_normal(n))
    cents = np.rint(dollars * 100).astype(np.int64) * (FINE // 100)
    return decimals_of(cents, missing=none)


def _ids(letter: str, numbers: Ints) -> pa.Array:
    first, empty = texts_array([letter, ""])
    return pc.binary_join_element_wise(first, pc.cast(array_of(numbers), pa.string()), empty)
