"""Claims, exactly: quantity × what the price lacked to the reference, to sixteen decimals.

A product of two counts of 1e-8 needs up to 127 bits, and a user's sum more: sums are kept in limbs
of 32 bits, for all users at once, and rounded half-up to a cent once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from allocator.money import CENTS, FINE, FINE_DIGITS, MAX_DOLLARS, parse_fine
from allocator.programs.depeg.policy import DepegPolicy
from allocator.programs.depeg.positions import Positions

__all__ = ["REASONS", "Claims", "claims_of", "exact_cents", "slow_cents"]

Ints = NDArray[np.int64]
Wide = NDArray[np.uint64]
LIMB = np.uint64(32)
MASK = np.uint64(2**32 - 1)
LIMBS = 5  # 160 bits: 2**33 positions of 127 bits each
PER_CENT = 10 ** (2 * FINE_DIGITS) // CENTS  # parts of 1e-16 dollars in a cent
DIVISOR = np.uint64(10**7)  # its square is PER_CENT, and divides 32 bits at a time in 64

# In the order of how far a position came; a user's reason is that of the one that came furthest.
REASONS: Mapping[str, str] = {
    "outside_window": "no position was liquidated in the window",
    "asset_not_listed": "no position in the window was in an asset with a reference price",
    "account_type_not_covered": "no such position was in an account of a type that is covered",
    "no_loss": "no such position was liquidated below its reference price, or had an extra loss",
    "claim_below_half_a_cent": "the claim is below half a cent",
    "eligible": "the claim is compensated",
}
OUTSIDE, NOT_LISTED, NOT_COVERED, NO_LOSS, BELOW, ELIGIBLE = range(6)


@dataclass(frozen=True, eq=False)
class Claims:
    """What n positions of m users come to.

    Attributes
    ----------
    cents : ndarray of int64, shape (m,)
        Every user's claim, rounded half-up.
    reason : ndarray of int8, shape (m,)
        A place in `REASONS`.
    covered : ndarray of bool, shape (n,)
        In the window, in a listed asset and a covered account.
    gain : ndarray of int64, shape (n,)
        What the price lacked to the reference, counts of 1e-8 dollars a unit; 0 if not covered.
    extra : ndarray of int64, shape (n,)
        Counts of 1e-8 dollars; 0 if not covered.
    too_large : ndarray of bool, shape (m,)
        Users whose claim is $90 billion or more, and is not told.
    """

    cents: Ints
    reason: NDArray[np.int8]
    covered: NDArray[np.bool_]
    gain: Ints
    extra: Ints
    too_large: NDArray[np.bool_]


def claims_of(positions: Positions, policy: DepegPolicy) -> Claims:
    """Return every user's claim, and why whoever has none has none.

    Parameters
    ----------
    positions : Positions
    policy : DepegPolicy

    Returns
    -------
    Claims
    """
    n = len(positions)
    prices = {name: parse_fine(text) for name, text in policy.claims.reference_price.items()}
    reference = np.array([prices.get(name, -1) for name in positions.assets], np.int64)
    types = np.array([t in policy.claims.account_types for t in positions.account_types])
    of = reference[positions.asset] if n else np.zeros(0, np.int64)
    listed = of >= 0
    account = types[positions.account_type] if n else np.zeros(0, bool)
    covered = positions.inside & listed & account
    gain = np.where(covered, np.maximum(of - positions.price, 0), 0)
    extra = np.where(covered, positions.extra, 0)
    loses = ((gain > 0) & (positions.quantity > 0)) | (extra > 0)
    stage = np.select(
        [~positions.inside, ~listed, ~account, ~loses],
        [OUTSIDE, NOT_LISTED, NOT_COVERED, NO_LOSS],
        ELIGIBLE,
    ).astype(np.int8)
    users = len(positions.ids)
    reason = np.zeros(users, np.int8)
    np.maximum.at(reason, positions.user, stage)
    cents, too_large = exact_cents(positions.user, users, positions.quantity, gain, extra)
    reason[(reason == ELIGIBLE) & (cents == 0) & ~too_large] = BELOW
    return Claims(cents, reason, covered, gain, extra, too_large)


def exact_cents(
    user: Ints, users: int, quantity: Ints, gain: Ints, extra: Ints
) -> tuple[Ints, NDArray[np.bool_]]:
    """Add up quantity × gain + extra for every user, exactly, and round half-up to cents once.

    Parameters
    ----------
    user : ndarray of int64, shape (n,)
        Whose each position is.
    users : int
        How many users there are.
    quantity, gain, extra : ndarray of int64, shape (n,)
        Counts of 1e-8; not negative.

    Returns
    -------
    cents : ndarray of int64, shape (users,)
        0 where it is too large.
    too_large : ndarray of bool, shape (users,)
        Where it is $90 billion or more.

    Examples
    --------
    Three times a third of a cent, and half a cent's last part:

    >>> user, one = np.array([0, 0, 0, 1]), np.full(4, 10**8)
    >>> gain = np.array([333_334, 333_333, 333_333, 499_999])
    >>> exact_cents(user, 2, one, gain, np.zeros(4, np.int64))[0].tolist()
    [1, 0]
    """
    sums = np.zeros((LIMBS, users), np.uint64)
    _add_products(sums, user, quantity, gain)
    if extra.any():
        _add_products(sums, user, extra, np.full(len(extra), FINE, np.int64))
    half = PER_CENT // 2
    sums[0] += np.uint64(half & int(MASK))
    sums[1] += np.uint64(half >> 32)
    for low, high in pairwise(sums):
        high += low >> LIMB
        low &= MASK
    for _ in range(2):
        rest = np.zeros(users, np.uint64)
        for limb in sums[::-1]:
            quotient, rest = np.divmod((rest << LIMB) | limb, DIVISOR)
            limb[:] = quotient
    whole = sums[0] | (sums[1] << LIMB)
    too_large = sums[2:].any(axis=0) | (whole >= np.uint64(MAX_DOLLARS * CENTS))
    return np.where(too_large, 0, whole).astype(np.int64), too_large


def _add_products(sums: Wide, user: Ints, a: Ints, b: Ints) -> None:
    """Add a × b to the sums of the users, limb by limb; limbs of many rows may pass 32 bits."""
    a_low, a_high = (part.astype(np.uint64) for part in (a & int(MASK), a >> 32))
    b_low, b_high = (part.astype(np.uint64) for part in (b & int(MASK), b >> 32))
    low, one, other, high = a_low * b_low, a_low * b_high, a_high * b_low, a_high * b_high
    np.add.at(sums[0], user, low & MASK)
    np.add.at(sums[1], user, (low >> LIMB) + (one & MASK) + (other & MASK))
    np.add.at(sums[2], user, (one >> LIMB) + (other >> LIMB) + (high & MASK))
    np.add.at(sums[3], user, high >> LIMB)


def slow_cents(user: Ints, users: int, quantity: Ints, gain: Ints, extra: Ints) -> list[int]:
    """Do what `exact_cents` does with whole numbers of any size, one position after the other.

    Examples
    --------
    >>> user, one = np.array([0, 0, 0, 1]), np.full(4, 10**8)
    >>> slow_cents(user, 2, one, np.array([333_334, 333_333, 333_333, 499_999]), one * 0)
    [1, 0]
    """
    totals = [0] * users
    rows = zip(user.tolist(), quantity.tolist(), gain.tolist(), extra.tolist(), strict=True)
    for i, q, g, e in rows:
        totals[i] += q * g + e * FINE
    return [(total + PER_CENT // 2) // PER_CENT for total in totals]
