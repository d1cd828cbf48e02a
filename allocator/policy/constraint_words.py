"""Constraints in plain sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allocator.policy.constraint_bounds import bounds_of
from allocator.policy.meaning import shown
from allocator.policy.sections import Constraint, Range
from allocator.policy.values import read_ratio, show_dollars, show_percent

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["sentence"]


def sentence(constraint: Constraint, policy: Policy) -> str:
    """Say what a constraint asks for.

    Parameters
    ----------
    constraint : Constraint
    policy : Policy

    Returns
    -------
    str

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> euro = Constraint(name="EU guarantee", where={"region": ["EU"]}, min_total="20000000.00")
    >>> print(sentence(euro, Policy.default()))
    EU guarantee: users with region EU get at least $20,000,000.00 together.
    >>> each = Constraint(name="Regions", each="region", max_share="20%")
    >>> print(sentence(each, Policy.default()))
    Regions: users of the same region get at most $60,000,000.00 (20% of the budget) together.
    >>> like = Constraint(name="EU", where={"region": ["EU"]}, min_recovery_of_overall="90%")
    >>> print(sentence(like, Policy.default()))
    EU: users with region EU recover together (award over loss) at least 90% of what all eligible \
users do.
    """
    if constraint.each is not None:
        who = f"users of the same {constraint.each}"
    else:
        who = "users with " + " and ".join(
            _column(name, rule) for name, rule in (constraint.where or {}).items()
        )
    floor, cap = bounds_of(constraint, policy)
    limits = []
    if constraint.min_total is not None or constraint.min_share is not None:
        limits.append(f"at least {show_dollars(floor)}{_share(constraint.min_share)}")
    if cap is not None:
        limits.append(f"at most {show_dollars(cap)}{_share(constraint.max_share)}")
    asked = [f"get {' and '.join(limits)} together"] * bool(limits)
    if constraint.min_recovery_of_overall is not None:
        ratio = show_percent(read_ratio(constraint.min_recovery_of_overall))
        asked.append(
            f"recover together (award over loss) at least {ratio} of what all eligible users do"
        )
    return f"{constraint.name}: {who} {' and '.join(asked)}."


def _column(name: str, rule: object) -> str:
    if isinstance(rule, Range):
        least, most = (None if each is None else shown(each) for each in (rule.min, rule.max))
        if least is None:
            return f"{name} up to {most}"
        return f"{name} from {least}" + ("" if most is None else f" to {most}")
    return f"{name} {shown(rule).replace(', ', ' or ')}"


def _share(text: str | None) -> str:
    return "" if text is None else f" ({show_percent(read_ratio(text))} of the budget)"
