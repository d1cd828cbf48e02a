"""Constraints that overlap, or that bound recoveries: one row each, exact in whole units.

A recovery is a group's total award over its total loss: the whole losses of eligible users count,
also where brackets recognize a part of them. That it is at least r times everybody's,

    group's awards / group's losses >= r · all awards / all losses,

is one inequality with a coefficient for members, 1 - r·s, and one for the others, -r·s, where s is
the group's share of all losses. As floats they are rounded down, so that awards, which are not
negative, meet the constraint itself wherever they meet the row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.constraints import Group, Groups, Row
from allocator.core.rows import MAX_ROWS
from allocator.errors import UnsupportedError
from allocator.money import exact_sum
from allocator.policy.constraint_bounds import label_of
from allocator.policy.constraint_checks import bounds_recovery
from allocator.policy.values import read_ratio

if TYPE_CHECKING:
    from allocator.policy.schema import Policy
    from allocator.policy.sections import Constraint

__all__ = ["Bound", "rows_for"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Bound:
    """A floor and a cap on a total, or the smallest recovery, of some eligible users.

    Attributes
    ----------
    name : str
        What the users are called: the constraint, and the value for one of many.
    constraint : Constraint
    members : ndarray of bool, shape (m,)
        Which of the eligible users.
    lower : int
        In whole units; 0 for none.
    upper : int or None
    ratio : Fraction or None
        Their recovery is at least so much of everybody's; totals are then not bounded.
    losses : (int, int)
        The members' and everybody's, in 1e-8 dollars.
    """

    name: str
    constraint: Constraint
    members: NDArray[np.bool_]
    lower: int = 0
    upper: int | None = None
    ratio: Fraction | None = None
    losses: tuple[int, int] = (0, 0)

    @property
    def part(self) -> Fraction:
        """What the members must have of every dollar that is awarded; 0 for bounds on totals."""
        return Fraction(0) if self.ratio is None else self.ratio * Fraction(*self.losses)

    @property
    def outside(self) -> float:
        """What a unit of somebody else counts in the row; for bounds on totals nothing."""
        return _below(-self.part)

    def row(self, name: str) -> Group | Row:
        """Return what the core takes, the awards being whole units."""
        if self.ratio is None:
            return Group(self.members, self.lower, self.upper, name)
        coefficients = np.where(self.members, _below(1 - self.part), self.outside)
        return Row(coefficients, lower=0, name=name)

    def total(self, units: Ints) -> int:
        """Add up the members' awards."""
        return exact_sum(units[self.members])

    def met(self, units: Ints) -> bool:
        """Whether awards meet it, in integers.

        Parameters
        ----------
        units : ndarray of int64, shape (m,)
        """
        total = self.total(units)
        if self.ratio is None:
            return self.lower <= total and (self.upper is None or total <= self.upper)
        return total >= self.part * exact_sum(units)


def rows_for(policy: Policy, groups: Sequence[Group | Groups], loss: Ints) -> tuple[Bound, ...]:
    """Return every constraint of a policy as rows, one for each group that it bounds.

    Parameters
    ----------
    policy : Policy
    groups : sequence of Group or Groups
        Of its constraints, in their order.
    loss : ndarray of int64, shape (m,)
        Of the eligible users, in 1e-8 dollars.

    Returns
    -------
    tuple of Bound
        Without those that bound nothing, such as the recovery of users without a loss.

    Raises
    ------
    UnsupportedError
        If there are more than 100.
    """
    pairs = list(zip(policy.constraints, groups, strict=True))
    count = sum(len(g) if isinstance(g, Groups) else 1 for _, g in pairs)
    if count > MAX_ROWS:
        many, which = max((len(g), c.name) for c, g in pairs if isinstance(g, Groups))
        raise UnsupportedError(
            f"the constraints bound {count:,} groups ({many:,} of them are of {which!r}), and at "
            f"most {MAX_ROWS} may where groups overlap or have a min_recovery_of_overall; any "
            "number may where any two groups are nested or have nobody in common: leave out "
            f"{which!r}, or those that overlap it"
        )
    everybody = exact_sum(loss)
    bounds = []
    for constraint, group in pairs:
        for name, members in _groups(constraint, group):
            lower, upper = int(group.lower), group.upper
            if lower > 0 or upper is not None:
                bounds.append(Bound(name, constraint, members, lower, upper))
            lost = exact_sum(loss[members])
            if bounds_recovery(constraint) and lost:
                ratio = read_ratio(str(constraint.min_recovery_of_overall))
                bounds.append(
                    Bound(name, constraint, members, ratio=ratio, losses=(lost, everybody))
                )
    return tuple(bounds)


def _groups(constraint: Constraint, group: Group | Groups) -> list[tuple[str, Any]]:
    if isinstance(group, Group):
        return [(constraint.name, group.members)]
    return [
        (label_of(constraint, str(group.label(g))), group.labels == g) for g in range(len(group))
    ]


def _below(value: Fraction) -> float:
    """Return the largest float that is not above a number."""
    near = float(value)
    return near if Fraction(near) <= value else math.nextafter(near, -math.inf)
