"""The group that binds around a user, as an awards table and a certificate tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allocator.allocation.bound_groups import CAP_OF, FLOOR_OF
from allocator.allocation.evidence import Certificate
from allocator.policy.constraint_bounds import bounds_of, find_constraint
from allocator.policy.schema import Policy
from allocator.policy.values import show_dollars

__all__ = ["DecidingGroup", "group_of"]


@dataclass(frozen=True)
class DecidingGroup:
    """The innermost group around a user that has its floor or its cap.

    Attributes
    ----------
    name : str
        As in the certificate: the constraint, and the value of its column.
    short : str
        For the user: ``person_id p-17``, or the name of the constraint.
    which : str
        ``floor`` or ``cap``.
    bound : str
        In dollars.
    level : float or None
        In dollars; None where the certificate does not list the group.
    """

    name: str
    short: str
    which: str
    bound: str
    level: float | None

    def __str__(self) -> str:
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
    which = "floor" if told.startswith(FLOOR_OF) else "cap"
    name = told.removeprefix(FLOOR_OF if which == "floor" else CAP_OF)
    constraint = find_constraint(policy, name)
    floor, cap = bounds_of(constraint, policy)
    bound = floor if which == "floor" or cap is None else cap
    listed = (certificate.groups or {}).get("listed", ())
    level = next((each["level"] for each in listed if each["name"] == name), None)
    short = name if constraint.each is None else name.removeprefix(f"{constraint.name}: ")
    return DecidingGroup(name, short, which, show_dollars(bound), level)
