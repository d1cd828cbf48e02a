"""Who is in, and the reason for everyone who is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allocator.errors import PolicyError
from allocator.money import FINE, exact
from allocator.policy.attributes import attribute, in_range, is_any_of, within
from allocator.policy.sections import Range
from allocator.policy.values import read_ratio

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.policy.schema import Policy

__all__ = [
    "DROPPED",
    "ELIGIBLE",
    "REASONS",
    "Eligibility",
    "at_least",
    "decide",
    "deciding_keys",
    "matches",
    "precedence",
]

ELIGIBLE = "eligible"
DROPPED = "dropped_below_minimum"

# Reason codes in order of precedence, and the policy keys that decide them, foremost first.
REASONS: dict[str, tuple[str, ...]] = {
    "already_compensated": ("eligibility.exclude_already_compensated",),
    "excluded": ("eligibility.exclude",),  # a code per column: excluded:region
    "loss_below_minimum": ("eligibility.min_loss",),
    "no_snapshot": ("eligibility.snapshot",),
    "no_net_assets": ("eligibility.nonpositive_net_assets",),
    "loss_ratio_below_minimum": ("eligibility.min_loss_ratio",),
    "cap_below_minimum": ("award.minimum", "award.cap_at_loss"),
    # Not known before the money is divided: the share came out below the minimum.
    DROPPED: ("award.below_minimum", "award.minimum"),
}

# Each product of an int64 and a small whole number is rounded at most four times on its way
# through float64, by 2**-53 each: two products apart by more than this are told apart.
_CLEAR = 2.0**-50
_INT64 = 2**63 - 1


@dataclass(frozen=True, eq=False)
class Eligibility:
    """The reason code of every user.

    Attributes
    ----------
    codes : ndarray of int16, shape (n,)
        Into `labels`.
    labels : tuple of str
        Reason codes in order of precedence, after ``eligible``, which is code 0.

    Examples
    --------
    >>> decided = Eligibility(np.array([0, 1], np.int16), ("eligible", "loss_below_minimum"))
    >>> decided.eligible.tolist(), decided.counts()
    ([True, False], {'eligible': 1, 'loss_below_minimum': 1})
    """

    codes: NDArray[np.int16]
    labels: tuple[str, ...]

    @property
    def eligible(self) -> NDArray[np.bool_]:
        """Who is in, shape (n,)."""
        eligible: NDArray[np.bool_] = self.codes == 0
        return eligible

    def reason(self, i: int) -> str:
        """Return the reason code of user i."""
        return self.labels[int(self.codes[i])]

    def counts(self) -> dict[str, int]:
        """Count the users with each reason code, in order of precedence."""
        found = np.bincount(self.codes, minlength=len(self.labels))
        return dict(zip(self.labels, found.tolist(), strict=True))


def precedence(policy: Policy) -> tuple[str, ...]:
    """List every reason code that a policy may give, in order of precedence.

    Parameters
    ----------
    policy : Policy

    Returns
    -------
    tuple of str
        Exclusions by column, in the order of the policy.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> precedence(Policy.default().replace(exclude={"region": ["XX"]}))[:3]
    ('already_compensated', 'excluded:region', 'loss_below_minimum')
    """
    excluded = [f"excluded:{column}" for column in policy.eligibility.exclude]
    codes = ((reason,) if reason != "excluded" else excluded for reason in REASONS)
    raised = policy.award.below_minimum == "raise"
    return tuple(code for group in codes for code in group if not (raised and code == DROPPED))


def deciding_keys(reason: str) -> tuple[str, ...]:
    """Name the policy keys that decide a reason code, foremost first; () for an unknown code.

    Examples
    --------
    >>> deciding_keys("loss_below_minimum"), deciding_keys("excluded:region")
    (('eligibility.min_loss',), ('eligibility.exclude.region',))
    """
    family, _, column = reason.partition(":")
    keys = REASONS.get(family, ())
    return tuple(f"{key}.{column}" for key in keys) if column else keys


def decide(users: Users, policy: Policy) -> Eligibility:
    """Decide who is eligible, exactly: a loss of just $50 or just 30% is in.

    Parameters
    ----------
    users : Users
        n rows.
    policy : Policy

    Returns
    -------
    Eligibility
        The first rule that a user fails, in the order of the contract, is the reason.

    Raises
    ------
    PolicyError
        If the policy refers to a column that is not there, or to numbers that are none.
    """
    failed = dict(_rules(users, policy))
    reasons = [reason for reason in precedence(policy) if reason in failed]
    codes = np.zeros(len(users), dtype=np.int16)
    for code, reason in reversed(list(enumerate(reasons, start=1))):
        codes[failed[reason]] = code
    codes.flags.writeable = False
    return Eligibility(codes, (ELIGIBLE, *reasons))


def _rules(users: Users, policy: Policy) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Each reason code with the users to whom its rule applies, whatever comes before it."""
    rule = policy.eligibility
    if rule.exclude_already_compensated and users.already_compensated is not None:
        yield "already_compensated", users.already_compensated
    for column, excluded in rule.exclude.items():
        key = f"eligibility.exclude.{column}"
        yield f"excluded:{column}", matches(users, column, excluded, key)
    yield "loss_below_minimum", users.loss < _fine(rule.min_loss)
    if policy.uses_ratio:
        yield from _ratio_rules(users, policy)
    yield "cap_below_minimum", _cap_below_minimum(users, policy)


def _ratio_rules(users: Users, policy: Policy) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    assert users.net_assets is not None  # checked when the table was
    positive = users.net_assets > 0
    if users.no_snapshot is not None:
        yield "no_snapshot", users.no_snapshot
    if policy.eligibility.nonpositive_net_assets == "ineligible":
        yield "no_net_assets", ~positive
    enough = at_least(users.loss, users.net_assets, read_ratio(policy.eligibility.min_loss_ratio))
    yield "loss_ratio_below_minimum", positive & ~enough


def at_least(loss: NDArray[np.int64], net: NDArray[np.int64], ratio: Fraction) -> NDArray[np.bool_]:
    """Tell exactly where ``loss >= ratio * net``.

    Parameters
    ----------
    loss, net : ndarray of int64, shape (n,)
        Any unit, the same for both.
    ratio : Fraction
        Not negative.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> at_least(np.array([30, 29]), np.array([100, 100]), Fraction(3, 10)).tolist()
    [True, False]
    """
    num, den = ratio.numerator, ratio.denominator
    left, right = loss * float(den), net * float(num)
    result = left >= right
    np.abs(np.subtract(left, right, out=left), out=left)
    np.abs(np.multiply(right, _CLEAR, out=right), out=right)
    close = np.flatnonzero(left <= right)
    # The few too close to call in floats: in int64 where products fit, else in Python integers.
    fits = np.zeros(len(close), dtype=bool)
    if max(num, den) <= _INT64:
        fits = loss[close] <= _INT64 // den
        fits &= np.abs(net[close]) <= _INT64 // max(num, 1)
        small = close[fits]
        result[small] = loss[small] * den >= net[small] * num
    for i in close[~fits]:
        result[i] = int(loss[i]) * den >= int(net[i]) * num
    return result


def matches(
    users: Users, column: str, excluded: Range | tuple[bool | int | str, ...], key: str
) -> NDArray[np.bool_]:
    """Tell whose column holds one of the values, or a number in the range; nulls do not.

    Parameters
    ----------
    users : Users
        n rows.
    column : str
    excluded : Range or tuple of values
    key : str
        The policy key that says so, for messages.

    Returns
    -------
    ndarray of bool, shape (n,)

    Raises
    ------
    PolicyError
        If there is no such column, or it holds no numbers where a range is meant.
    """
    if isinstance(excluded, Range) and column in ("net_assets", "liquidation_loss"):
        amounts = users.loss if column == "liquidation_loss" else users.net_assets
        assert amounts is not None  # the policy says that it needs them
        inside = within(amounts, excluded)
        if column == "net_assets" and users.no_snapshot is not None:
            inside &= ~users.no_snapshot
        return inside
    values = users.ids if column == "user_id" else attribute(users, column, key)
    if isinstance(excluded, Range):
        inside, strange = in_range(values, excluded, column)
        if strange.any():
            raise PolicyError(
                f"{key}: is a range of numbers, but {np.count_nonzero(strange):,} rows of the "
                "column hold something else; correct them, or name the values"
            )
        return inside
    return is_any_of(values, excluded)


def _cap_below_minimum(users: Users, policy: Policy) -> NDArray[np.bool_]:
    unit, least = _fine(policy.award.unit), _fine(policy.award.minimum)
    below = np.zeros(len(users), dtype=bool)  # minimum <= maximum is a rule of the schema
    for cap in (users.loss if policy.award.cap_at_loss else None, users.cap):
        if cap is not None:
            below |= cap // unit * unit < least
    return below


def _fine(text: str) -> int:
    return int(exact(text) * FINE)
