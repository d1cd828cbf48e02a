"""The group that binds around a user, as an awards table and a certificate tell of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allocator.allocation.bound_groups import SEVERAL, bound_of
from allocator.allocation.evidence import Certificate
from allocator.money import format_cents
from allocator.policy.constraint_bounds import bounds_of, find_constraint
from allocator.policy.rules import TWO_STAGE
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio, show_dollars, show_percent

__all__ = ["DecidingGroup", "group_of"]


@dataclass(frozen=True)
class DecidingGroup:
    """The innermost group around a user that has its floor or its cap; or all, where they overlap.

    Attributes
    ----------
    name : str
        As in the certificate: the constraint, and the value of its column.
    short : str
        For the user: ``person_id p-17``, or the name of the constraint.
    which : str
        ``floor``, ``cap``, ``recovery`` or ``several``.
    bound : str
        In dollars; of a recovery in percent.
    level : float or None
        In dollars; None where the certificate does not list the group.
    """

    name: str
    short: str
    which: str
    bound: str
    level: float | None

    def __str__(self) -> str:
        if self.which == "several":
            return f"several bind: {self.name}"
        return f"the {self.which} of {self.bound} for {self.name} binds"


def group_of(
    values: Mapping[str, Any], policy: Policy, certificate: Certificate
) -> DecidingGroup | None:
    """Return the innermost group around a user that binds; None where none does.

    Parameters
    ----------
    values : mapping
        The user's row of the awards table.
    policy : Policy
    certificate : Certificate

    Returns
    -------
    DecidingGroup or None
    """
    told = values.get("group")
    if told is None:
        return None
    listed = (certificate.groups or {}).get("listed", ())
    if policy.objective.rule == TWO_STAGE:
        return _share(told.partition(" of ")[2], listed)
    # With its ends marked, what is told holds each of its parts, whatever their names have in them.
    marked = f"{SEVERAL}{told}{SEVERAL}"
    mine = [
        each
        for each in listed
        if f"{SEVERAL}{bound_of(each['bound'], each['name'])}{SEVERAL}" in marked
    ]
    if len(mine) < 2:
        which, _, name = told.partition(" of ")
        return _one(which, name, mine[0]["level"] if mine else None, policy)
    ones = [_one(each["bound"], each["name"], None, policy) for each in mine]
    return DecidingGroup(
        ", ".join(f"the {one.which} of {one.bound} for {one.name}" for one in ones),
        ", ".join(one.short for one in ones),
        "several",
        "",
        _level(certificate, [each["level"] for each in mine]),
    )


def _share(name: str, listed: Sequence[Mapping[str, Any]]) -> DecidingGroup:
    """Return a group of the first stage, which has its share of the budget."""
    mine = [each for each in listed if each["name"] == name]
    bound = format_cents(mine[0]["total_cents"]) if mine else "its own"
    return DecidingGroup(name, name, "share", bound, mine[0]["level"] if mine else None)


def _one(which: str, name: str, level: float | None, policy: Policy) -> DecidingGroup:
    constraint = find_constraint(policy, name)
    floor, cap = bounds_of(constraint, policy)
    bound = show_dollars(floor if which == "floor" or cap is None else cap)
    if which == "recovery":
        bound = show_percent(read_ratio(constraint.min_recovery_of_overall or "0"))
    short = name if constraint.each is None else name.removeprefix(f"{constraint.name}: ")
    return DecidingGroup(name, short, which, bound, level)


def _level(certificate: Certificate, levels: Sequence[float | None]) -> float | None:
    """Return the level where several bind: their prices add up, a price being level^-alpha."""
    base, alpha = certificate.level, certificate.alpha
    known = [level for level in levels if level]
    if not base or not alpha or len(known) < len(levels):
        return None
    price = 1.0 + sum((level / base) ** -alpha - 1.0 for level in known)
    return float(base * price ** (-1.0 / alpha)) if price > 0 else None
