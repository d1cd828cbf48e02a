"""Why one user is not eligible: the rule that failed, its numbers, and by how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from allocator.money import FINE, exact
from allocator.policy.attributes import attribute
from allocator.policy.eligibility import DROPPED, ELIGIBLE, decide, deciding_keys
from allocator.policy.meaning import shown
from allocator.policy.sections import Range
from allocator.policy.values import read_ratio, show_dollars, show_number, show_percent

if TYPE_CHECKING:
    from allocator.data.check import Users
    from allocator.policy.schema import Policy

__all__ = ["OWN_CAP", "Missed", "dropped", "excluded_unseen", "missed_by"]

OWN_CAP = "columns.award_cap"


@dataclass(frozen=True)
class Missed:
    """The rule that a user failed.

    Attributes
    ----------
    reason : str
        The reason code.
    key : str
        The policy key that made the rule.
    sentence : str
        What happened, with exact numbers; the user is its subject.
    actual, required, short : Fraction or None
        Dollars: what there was, what was needed, and the difference; None where the rule is not
        about an amount.
    """

    reason: str
    key: str
    sentence: str
    actual: Fraction | None = None
    required: Fraction | None = None
    short: Fraction | None = None


def missed_by(users: Users, policy: Policy, i: int) -> Missed | None:
    """Tell which rule user i failed, and by how much.

    Parameters
    ----------
    users : Users
        n rows.
    policy : Policy
    i : int
        The row.

    Returns
    -------
    Missed or None
        None for an eligible user.
    """
    reason = decide(users, policy).reason(i)
    if reason == ELIGIBLE:
        return None
    loss = Fraction(int(users.loss[i]), FINE)
    if reason == "already_compensated":
        return _missed(reason, "has already been compensated")
    if reason.startswith("excluded:"):
        return _excluded(users, policy, i, reason)
    if reason == "loss_below_minimum":
        least = exact(policy.eligibility.min_loss)
        text = f"lost {show_dollars(loss)}, and at least {show_dollars(least)} is needed"
        return _short(reason, text, loss, least)
    if reason == "cap_below_minimum":
        least = exact(policy.award.minimum)
        if users.cap is not None and users.cap[i] <= users.loss[i]:
            cap = Fraction(int(users.cap[i]), FINE)
            text = f"may get at most {show_dollars(cap)}, and the smallest voucher is "
            text += f"{show_dollars(least)}: {show_dollars(least - cap)} short"
            return Missed(reason, OWN_CAP, text, cap, least, least - cap)
        text = f"lost {show_dollars(loss)}, no voucher is larger than the loss, and the smallest "
        return _short(reason, text + f"is {show_dollars(least)}", loss, least)
    if reason == "no_snapshot":
        return _missed(
            reason, "has no net assets in the snapshot, so that no loss ratio can be formed"
        )
    assert users.net_assets is not None  # the two rules left compare with them
    net = Fraction(int(users.net_assets[i]), FINE)
    if reason == "no_net_assets":
        text = f"net assets were {show_dollars(net)}, and they must be more than $0.00"
        return _missed(reason, text, net, Fraction(0), -net)
    ratio = read_ratio(policy.eligibility.min_loss_ratio)
    text = (
        f"lost {show_dollars(loss)}, which is {_round_down(loss / net)} of net assets of "
        f"{show_dollars(net)}, and at least {show_percent(ratio)}, {show_dollars(ratio * net)}, "
        "is needed"
    )
    return _short(reason, text, loss, ratio * net)


def _missed(reason: str, text: str, *amounts: Fraction) -> Missed:
    return Missed(reason, deciding_keys(reason)[0], text, *amounts)


def _short(reason: str, text: str, actual: Fraction, required: Fraction) -> Missed:
    short = required - actual
    return _missed(reason, f"{text}: {show_dollars(short)} short", actual, required, short)


def dropped(policy: Policy) -> Missed:
    """Tell of a share below the minimum, which is dropped and not raised.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> dropped(Policy.default().replace(below_minimum="drop_once")).sentence[:49]
    'would get less than the minimum of $4.00; such sh'
    """
    least = exact(policy.award.minimum)
    text = f"would get less than the minimum of {show_dollars(least)}; such shares are not paid "
    return Missed(
        DROPPED, deciding_keys(DROPPED)[0], text + "but divided among the others", None, least
    )


def excluded_unseen(policy: Policy, reason: str) -> Missed:
    """Tell which values exclude a user whose own value is not at hand.

    Parameters
    ----------
    policy : Policy
    reason : str
        ``excluded:`` and the column.

    Returns
    -------
    Missed

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> policy = Policy.default().replace(exclude={"account_type": ["market_maker"]})
    >>> excluded_unseen(policy, "excluded:account_type").sentence
    'account_type is market_maker, which is excluded'
    """
    column = reason.removeprefix("excluded:")
    rule = policy.eligibility.exclude[column]
    if isinstance(rule, Range):
        return _missed(
            reason, f"{column} is a number that is excluded: {_limits(rule, show_number)}"
        )
    several = f"one of {shown(rule)}, which are" if len(rule) > 1 else f"{shown(rule)}, which is"
    return _missed(reason, f"{column} is {several} excluded")


def _excluded(users: Users, policy: Policy, i: int, reason: str) -> Missed:
    column = reason.removeprefix("excluded:")
    rule = policy.eligibility.exclude[column]
    amounts = {"liquidation_loss": users.loss, "net_assets": users.net_assets}.get(column)
    if isinstance(rule, Range) and amounts is not None:
        actual = Fraction(int(amounts[i]), FINE)
        limits = _limits(rule, show_dollars)
        return _missed(reason, f"{column} is {show_dollars(actual)}, excluded {limits}", actual)
    key = deciding_keys(reason)[0]
    values = users.ids if column == "user_id" else attribute(users, column, key)
    value = values[i].as_py()
    if isinstance(rule, Range):
        return _missed(reason, f"{column} is {value}, excluded {_limits(rule, show_number)}")
    return _missed(reason, f"{column} is {value}, which is excluded")


def _limits(rule: Range, show: Callable[[Fraction], str]) -> str:
    least, most = (None if each is None else show(exact(each)) for each in (rule.min, rule.max))
    if least is None:
        return f"up to {most}"
    return f"from {least}" if most is None else f"from {least} to {most}"


def _round_down(ratio: Fraction) -> str:
    """Write a ratio in percent, rounded down: never up to the ratio that it falls short of."""
    return show_percent(Fraction(ratio * 10**4 // 1, 10**4))
