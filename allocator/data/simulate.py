"""Simulated users, for trying a policy when nobody's data are at hand."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of, decimals_of, texts_array
from allocator.data.table import SIMULATED_KEY, Source, UsersTable
from allocator.errors import DataError
from allocator.money import FINE, FINE_PER_CENT

__all__ = ["simulate_users"]

# Realized losses of 2,758 liquidated accounts on 2025-10-10: the body of the distribution. The
# lowest point is made up.
QUANTILES = (0.0, 0.05, 0.25, 0.26, 0.50, 0.75, 0.90, 0.95, 0.99)
LOSSES = (0.01, 5.5, 44.0, 50.0, 302.0, 2_571.0, 19_597.0, 47_000.0, 185_000.0)
# From 95% on these are made up too, and a Pareto tail follows, both much lighter than those of the
# accounts ($81,130, $907,600, index 0.6): at most $20 billion of positions of 1.6 to 1.7 million
# traders were liquidated, so that the mean loss is below $12,000.
TAIL_INDEX = 1.7
MEDIAN_LOSS = 302.0
LARGEST_LOSS = 150_000_000.0

COMPENSATED = 0.02
NO_NET_ASSETS_AT_50 = 0.01  # share without net assets among those who lost $50 ...
NO_NET_ASSETS_GROWTH = 0.28  # ... and the power of the loss with which it grows
MOST_NO_NET_ASSETS = 0.40
MEDIAN_RATIO = 0.45  # at a loss of $302 ...
RATIO_GROWTH = 0.05  # ... and the power of the loss with which it grows
RATIO_SPREAD = 0.70  # standard deviation of the logarithm
HIGHEST_RATIO = 50.0
LARGEST_NET_ASSETS = 5_000_000_000.0

# Share of all users in each case that a policy must get right to the cent.
BOUNDARY_SHARE = 0.002
MIN_LOSS = 50 * FINE

REGIONS = {"APAC": 0.40, "EU": 0.24, "MEA": 0.14, "LATAM": 0.13, "NA": 0.09}
PRODUCTS = {"futures": 0.83, "margin": 0.17}
ACCOUNT_TYPES = {"retail": 0.972, "institutional": 0.022, "market_maker": 0.006}
TIERS = ("regular", "vip1", "vip2", "vip3", "vip4", "vip5")
TIER_STARTS = (5e4, 2.5e5, 1e6, 5e6, 2.5e7)  # dollars of net assets, give or take TIER_NOISE
TIER_NOISE = 0.5

Fine = NDArray[np.int64]


def simulate_users(n: int, *, seed: int = 0) -> UsersTable:
    """Simulate a users table shaped like the liquidations of 10 October 2025.

    Nobody's data are in it. What is assumed:

    * Losses follow the quantiles published for 2,758 liquidated accounts (5%, 25%, 50%, 75%, 90%
      at $5.5, $44, $302, $2,571, $19,597), log-linear between them. Above come $47,000 and
      $185,000 (95%, 99%) and a Pareto tail of index 1.7, cut at $150 million: those accounts'
      own tail is heavier than the whole market's can be. The mean is below $12,000.
    * Loss over net assets is lognormal around 0.45 and grows slowly with the loss (those who lost
      more had borrowed more); 15% of the users lost more than the net assets at the
      snapshot.
    * 1% of those who lost $50 have net assets of zero or less, more of those who lost more.
    * 2% are already compensated. Region, product and account type are independent of everything;
      the VIP tier follows net assets.
    * A few in a thousand sit exactly on a boundary of the announced policy or just below it: a
      loss of $50, $49.99 or $49.99999999; a loss of 30% of net assets, or a cent's hundredth
      of a hundredth less.

    Losses are drawn one from each n-th of the distribution, so that totals vary little from
    seed to seed.

    Parameters
    ----------
    n : int
        How many users, at least 1.
    seed : int, optional
        The same seed gives the same table.

    Returns
    -------
    UsersTable
        user_id (``u1``, ``u2``, ...), liquidation_loss and net_assets (decimals, to the cent but
        for a few boundary cases), already_compensated, vip_tier, region, product, account_type.

    Raises
    ------
    DataError
        If `n` is less than 1 or `seed` is negative.

    Examples
    --------
    >>> users = simulate_users(1000, seed=7)
    >>> len(users), users.simulated
    (1000, '1000 users, seed 7')
    """
    if n < 1 or seed < 0:
        raise DataError(
            f"cannot simulate {n} users with seed {seed}: give at least 1 user and a seed of 0 or "
            "more"
        )
    rng = np.random.default_rng(seed)
    loss = _losses(rng, n)
    net_assets = _net_assets(rng, loss)
    _put_on_boundaries(rng, loss, net_assets)
    columns = {
        "user_id": _ids(n),
        "liquidation_loss": decimals_of(loss),
        "net_assets": decimals_of(net_assets),
        "already_compensated": array_of(rng.random(n) < COMPENSATED),
        "vip_tier": _labels(_tiers(rng, net_assets), TIERS),
        "region": _choice(rng, n, REGIONS),
        "product": _choice(rng, n, PRODUCTS),
        "account_type": _choice(rng, n, ACCOUNT_TYPES),
    }
    note = f"{n} users, seed {seed}"
    table = pa.table(columns, metadata={SIMULATED_KEY: note.encode()})
    source = Source("<simulated>", None, None, n, 0, False)
    return UsersTable(table, (source,), note, tuple(columns))


def _losses(rng: np.random.Generator, n: int) -> Fine:
    """Draw losses by inverting their distribution, one from each n-th of it."""
    u = (rng.permutation(n) + rng.random(n)) / n
    dollars = np.exp(np.interp(u, QUANTILES, np.log(LOSSES)))
    tail = u > QUANTILES[-1]
    above = (1 - u[tail]) / (1 - QUANTILES[-1])
    end = (LARGEST_LOSS / LOSSES[-1]) ** -TAIL_INDEX  # the share of the tail that is cut off
    dollars[tail] = LOSSES[-1] * (end + above * (1 - end)) ** (-1 / TAIL_INDEX)
    return _to_cents(dollars)


def _net_assets(rng: np.random.Generator, loss: Fine) -> Fine:
    dollars = loss / FINE
    ratio = MEDIAN_RATIO * np.exp(RATIO_SPREAD * rng.standard_normal(len(loss)))
    ratio *= (np.maximum(dollars, 1.0) / MEDIAN_LOSS) ** RATIO_GROWTH
    assets = np.minimum(dollars / np.minimum(ratio, HIGHEST_RATIO), LARGEST_NET_ASSETS)
    net_assets: Fine = np.maximum(_to_cents(assets), FINE_PER_CENT)
    share = NO_NET_ASSETS_AT_50 * (np.maximum(dollars, 1.0) / 50) ** NO_NET_ASSETS_GROWTH
    none = np.flatnonzero(rng.random(len(loss)) < np.minimum(share, MOST_NO_NET_ASSETS))
    # Half of them are exactly at zero, the others owe up to a tenth of what they lost.
    debt = np.maximum(rng.random(len(none)) * 2 - 1, 0) * dollars[none] / 10
    net_assets[none] = -_to_cents(debt)
    return net_assets


def _put_on_boundaries(rng: np.random.Generator, loss: Fine, net_assets: Fine) -> None:
    """Move a few users onto the boundaries of the announced policy, or to just below them."""
    n = len(loss)
    each = min(max(1, round(n * BOUNDARY_SHARE)), n // 10)
    places = rng.permutation(n)[: 5 * each].reshape(5, each)
    for rows, amount in zip(
        places, (MIN_LOSS, MIN_LOSS - FINE_PER_CENT, MIN_LOSS - 1), strict=False
    ):
        ratio = loss[rows] / np.maximum(net_assets[rows], 1)
        loss[rows] = amount
        net_assets[rows] = _to_cents(amount / FINE / np.clip(ratio, 0.05, HIGHEST_RATIO))
    for rows, short in zip(places[3:], (0, 1), strict=True):
        tens = np.maximum(loss[rows], MIN_LOSS + FINE) // (3 * FINE_PER_CENT)
        loss[rows] = 3 * FINE_PER_CENT * tens - short
        net_assets[rows] = 10 * FINE_PER_CENT * tens


def _tiers(rng: np.random.Generator, net_assets: Fine) -> NDArray[np.int8]:
    size = np.maximum(net_assets, 1) / FINE
    noisy = size * np.exp(TIER_NOISE * rng.standard_normal(len(size)))
    tiers: NDArray[np.int8] = np.searchsorted(TIER_STARTS, noisy, side="right").astype(np.int8)
    return tiers


def _choice(rng: np.random.Generator, n: int, shares: dict[str, float]) -> pa.DictionaryArray:
    ends = np.cumsum(list(shares.values()))[:-1]
    return _labels(np.searchsorted(ends, rng.random(n), side="right").astype(np.int8), shares)


def _labels(codes: NDArray[np.int8], labels: Iterable[str]) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(array_of(codes), texts_array(list(labels)))


def _ids(n: int) -> pa.StringArray:
    u, empty = texts_array(["u", ""])
    numbers = pc.cast(array_of(np.arange(1, n + 1)), pa.string())
    return pc.binary_join_element_wise(u, numbers, empty)


def _to_cents(dollars: NDArray[np.float64]) -> Fine:
    cents: Fine = np.rint(dollars * 100).astype(np.int64)
    cents *= FINE_PER_CENT
    return cents
