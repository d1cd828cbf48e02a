"""What a constraint bounds, in dollars, and what its groups are called."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from allocator.money import exact
from allocator.policy.values import read_ratio

if TYPE_CHECKING:
    from allocator.policy.schema import Policy
    from allocator.policy.sections import Constraint

__all__ = ["bounds_of", "find_constraint", "label_of"]


def bounds_of(constraint: Constraint, policy: Policy) -> tuple[Fraction, Fraction | None]:
    """Return floor and cap of a constraint in dollars: the floor up, the cap down to whole units.

    Parameters
    ----------
    constraint : Constraint
    policy : Policy
        Whose budget shares are of.

    Returns
    -------
    floor : Fraction
        0 when there is none.
    cap : Fraction or None

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> from allocator.policy.sections import Constraint
    >>> third = Constraint(name="third", each="region", max_share="33.3333%", min_total="0.001")
    >>> [float(bound) for bound in bounds_of(third, Policy.default().replace(budget="1.00"))]
    [0.01, 0.33]
    """
    unit, budget = exact(policy.award.unit), exact(policy.award.budget)
    floor, cap = Fraction(0), None
    if constraint.min_total is not None:
        floor = exact(constraint.min_total)
    elif constraint.min_share is not None:
        floor = read_ratio(constraint.min_share) * budget
    if constraint.max_total is not None:
        cap = exact(constraint.max_total)
    elif constraint.max_share is not None:
        cap = read_ratio(constraint.max_share) * budget
    return -(-floor // unit) * unit, None if cap is None else cap // unit * unit


def label_of(constraint: Constraint, value: str = "") -> str:
    """Return what a group is called: the constraint's name, and the value for one of many.

    Examples
    --------
    >>> from allocator.policy.sections import Constraint
    >>> label_of(Constraint(name="a person", each="person_id", max_total="6000"), "p-17")
    'a person: person_id p-17'
    """
    if constraint.each is None:
        return constraint.name
    return f"{constraint.name}: {constraint.each} {value}".rstrip()


def find_constraint(policy: Policy, group: str) -> Constraint:
    """Return the constraint that a group is of, by what the group is called.

    Parameters
    ----------
    policy : Policy
    group : str
        From `label_of`.

    Returns
    -------
    Constraint
    """
    return next(
        c
        for c in policy.constraints
        if (group == c.name if c.each is None else f"{group} ".startswith(f"{label_of(c)} "))
    )
