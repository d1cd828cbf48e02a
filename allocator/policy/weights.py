"""Attributes to weights: claim^loss_exponent × min(ratio, ratio_cap)^ratio_exponent × factors."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from allocator.core.amounts import LARGEST, SMALLEST
from allocator.errors import PolicyError
from allocator.money import FINE, exact
from allocator.policy.attributes import factor_codes
from allocator.policy.values import read_ratio

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.policy.schema import Policy
    from allocator.policy.sections import Bracket

__all__ = ["Memo", "Weighing", "power", "recognized", "weigh"]

# Makes an array, or remembers the one it made for the same users under the same key.
Memo: TypeAlias = Callable[[tuple[str, Hashable], Callable[[], Any]], Any]


@dataclass(frozen=True, eq=False)
class Weighing:
    """What everyone's weight is made of.

    Attributes
    ----------
    claim : ndarray of int64, shape (n,)
        The recognized loss, in 1e-8 dollars.
    ratio : ndarray of float64, shape (n,), or None
        Loss / net assets; NaN where net assets are not positive; None without net assets.
    factor : ndarray of float64, shape (n,), or None
        The product of the factors; None when the policy has none.
    weight : ndarray of float64, shape (n,), or None
        The weight; 0 for users who have no ratio that counts, who are not eligible either. None
        for a claims rule.
    """

    claim: NDArray[np.int64]
    ratio: NDArray[np.float64] | None
    factor: NDArray[np.float64] | None
    weight: NDArray[np.float64] | None


def _afresh(key: tuple[str, Hashable], make: Callable[[], Any]) -> Any:  # noqa: ARG001
    return make()


def weigh(users: Users, policy: Policy, memo: Memo = _afresh) -> Weighing:
    """Weigh every user, eligible or not.

    Parameters
    ----------
    users : Users
        n rows; `check_attributes` has found no row that cannot be weighed.
    policy : Policy
    memo : callable, optional
        ``memo((part, settings), make)`` may return what an earlier ``make()`` of that part gave
        for the same users and settings; by default everything is made afresh.

    Returns
    -------
    Weighing

    Raises
    ------
    PolicyError
        If a column of factors is not there, or weights are too large or too small for floats.
    """
    weights, brackets = policy.weights, policy.claim.brackets
    net_assets = users.net_assets
    claim = memo(("claim", brackets), lambda: recognized(users.loss, brackets))
    ratio = None
    if net_assets is not None:
        ratio = memo(("ratio", ()), lambda: _ratio(users.loss, net_assets))
    if not policy.weighs:
        return Weighing(claim, ratio, None, None)
    of_claim = (brackets, weights.loss_exponent)
    of_ratio = (
        weights.ratio_exponent,
        weights.ratio_cap,
        policy.eligibility.nonpositive_net_assets,
    )
    of_factor = tuple((k, tuple(v.items())) for k, v in sorted(weights.factors.items()))
    factor = memo(("factor", of_factor), lambda: _factor(users, policy))

    def product() -> NDArray[np.float64]:
        weight: NDArray[np.float64] = memo(
            ("claim power", of_claim), lambda: power(claim / FINE, weights.loss_exponent)
        )
        if weights.ratio_exponent:
            assert ratio is not None  # the policy says that it needs net assets
            weight = weight * memo(
                ("ratio power", of_ratio),
                lambda: power(_counted(ratio, users, policy), weights.ratio_exponent),
            )
        # Without factors, the largest exponents stay far within the core's reach.
        return weight if factor is None else _times(weight, factor)

    weight = memo(("weight", (of_claim, of_ratio, of_factor)), product)
    weight.flags.writeable = False  # so that problems share it instead of copying it
    return Weighing(claim, ratio, factor, weight)


def recognized(loss: NDArray[np.int64], brackets: tuple[Bracket, ...]) -> NDArray[np.int64]:
    """Return the part of each loss that is recognized, rounded down to 1e-8 dollars.

    Parameters
    ----------
    loss : ndarray of int64, shape (n,)
        In 1e-8 dollars, not negative.
    brackets : tuple of Bracket
        Each counts its part of the loss at its rate; with none, the whole loss counts.

    Returns
    -------
    ndarray of int64, shape (n,)
        In 1e-8 dollars.

    Examples
    --------
    >>> from allocator.policy.sections import Bracket
    >>> brackets = (Bracket(up_to="500", rate="1.00"), Bracket(rate="0.20"))
    >>> (recognized(np.array([400, 1000]) * FINE, brackets) // FINE).tolist()
    [400, 600]
    """
    if not brackets:
        return loss
    rates = [read_ratio(bracket.rate) for bracket in brackets]
    # Whole parts and remainders apart, so that nothing overflows: denominators are at most 1e8.
    denominator = lcm(*(rate.denominator for rate in rates))
    whole, rest = np.zeros_like(loss), np.zeros_like(loss)
    low = 0
    for bracket, rate in zip(brackets, rates, strict=True):
        part = loss - low
        if bracket.up_to is not None:
            high = int(exact(bracket.up_to) * FINE)
            np.minimum(part, high - low, out=part)
            low = high
        quotient, remainder = np.divmod(np.maximum(part, 0, out=part), denominator)
        share = int(rate * denominator)
        whole += quotient * share
        rest += remainder * share
    return whole + rest // denominator


def power(base: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Raise to a power, by products and square roots where the exponent is a multiple of 1/4.

    Those are rounded correctly everywhere, so that the common exponents give the same bits on
    every machine; other exponents are left to numpy.

    Parameters
    ----------
    base : ndarray of float64, shape (n,)
        Not negative.
    exponent : float
        Not negative; 0 gives 1.

    Returns
    -------
    ndarray of float64, shape (n,)

    Examples
    --------
    >>> power(np.array([4.0, 9.0]), 1.5).tolist()
    [8.0, 27.0]
    """
    if exponent == 1:
        return base
    quarters = exponent * 4
    if quarters != int(quarters):
        return np.asarray(np.power(base, exponent), dtype=np.float64)
    wholes, left = divmod(int(quarters), 4)
    parts = [base] * wholes
    root = np.sqrt(base) if left else base
    parts += [root] if left & 2 else []
    parts += [np.sqrt(root)] if left & 1 else []
    result = np.ones_like(base)
    for part in parts:
        result *= part
    return result


def _ratio(loss: NDArray[np.int64], net: NDArray[np.int64]) -> NDArray[np.float64]:
    ratio = np.full(len(loss), np.nan)
    np.divide(loss, net, out=ratio, where=net > 0)
    return ratio


def _counted(ratio: NDArray[np.float64], users: Users, policy: Policy) -> NDArray[np.float64]:
    """Return the ratio as weights count it: capped; nonpositive net assets as the policy says."""
    cap = float(read_ratio(policy.weights.ratio_cap))
    if policy.eligibility.nonpositive_net_assets == "eligible":
        counted = np.where(np.isnan(ratio), cap, np.minimum(ratio, cap))
        if users.no_snapshot is not None:
            counted[users.no_snapshot] = 0.0
        return counted
    return np.nan_to_num(np.minimum(ratio, cap), copy=False, nan=0.0)


def _factor(users: Users, policy: Policy) -> NDArray[np.float64] | None:
    product = None
    # In alphabetical order: floating products depend on it, and the order in a file means nothing.
    for name in sorted(policy.weights.factors):
        codes, factors = factor_codes(users, name, policy.weights.factors[name])
        values = factors[codes]
        product = _times(np.ones_like(values) if product is None else product, values)
    return product


def _times(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiply; what floats would lose is an error, here rather than in the core's words."""
    with np.errstate(over="ignore", under="ignore"):  # told below
        product = one * other
    if (product > LARGEST).any():
        raise PolicyError(
            f"weights: some weights are too large, above {LARGEST:g}; lower weights.factors, "
            "weights.loss_exponent or weights.ratio_exponent"
        )
    if ((product < SMALLEST) & (one > 0) & (other > 0)).any():  # it may have become 0
        raise PolicyError(
            f"weights: some weights are too small, below {SMALLEST:g}; raise weights.factors, or "
            "lower weights.loss_exponent or weights.ratio_exponent"
        )
    return product
