"""Problems that no awards solve: told with the numbers, and with what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from allocator.core.amounts import shown, worth
from allocator.core.family import reach
from allocator.errors import InfeasibleError

if TYPE_CHECKING:
    from allocator.core.problem import Problem

__all__ = ["EQUAL", "check_bounds", "check_groups"]

EQUAL = 1e-12  # real sums this close, relatively, are equal: 0.1 three times is above 0.3 in floats


def check_bounds(problem: Problem) -> None:
    """Refuse floors above the budget, or above their caps.

    Raises
    ------
    InfeasibleError
        If the floors add up to more than the budget, or a floor is above its cap.
    """
    floors, unit = problem.total(problem.lower), problem.unit
    # A cap above the budget was lowered to it; a floor above the budget shows in the sum.
    if floors > problem.budget * (1 if problem.whole else 1.0 + EQUAL):
        n = len(problem)
        fits = problem.budget // n if problem.whole else problem.budget / n
        counts = (floors, floors - problem.budget, problem.budget, fits)
        total, over, budget, each = (shown(x, unit) for x in counts)
        raise InfeasibleError(
            f"the floors of {n:,} claimant{'s' if n > 1 else ''} add up to {total}, which is "
            f"{over} more than the budget of {budget}: raise the budget to {total}, or lower "
            f"the floors ({each} for everybody would fit)",
            {
                "budget": worth(problem.budget, unit),
                "sum_of_floors": worth(floors, unit),
                "shortfall": worth(floors - problem.budget, unit),
                "claimants": n,
                "budget_that_works": worth(floors, unit),
                "floor_that_works": worth(fits, unit),
            },
        )
    above = problem.lower > problem.upper
    if above.any():
        crossed = np.flatnonzero(above)
        i = int(crossed[0])
        floor, cap = (shown(bound[i], unit) for bound in (problem.lower, problem.upper))
        who = "1 claimant has a floor above the cap,"
        if len(crossed) > 1:
            who = f"{len(crossed):,} claimants have a floor above their cap; the first is"
        raise InfeasibleError(
            f"{who} at position {i}: floor {floor}, cap {cap}",
            {"claimants": len(crossed), "first": i},
        )


def check_groups(problem: Problem) -> None:
    """Refuse a group whose bounds its members, or groups inside it, leave no room for.

    Raises
    ------
    InfeasibleError
        If the floors inside a group are above its cap, or the caps inside it below its
        floor.
    """
    family, unit = problem.family, problem.unit
    if family is None:
        return
    able = reach(family, problem.lower, problem.upper)
    room = 1.0 if problem.whole else 1.0 + EQUAL
    number = int if problem.whole else float
    cases = (
        ("floor", family.lower, "is above its cap of", family.upper, family.lower > family.upper),
        (
            "floor",
            family.lower,
            "is more than its members can have, which is",
            able.high,
            family.lower > able.high * room,
        ),
        (
            "cap",
            family.upper,
            "is less than its members must have, which is",
            able.low,
            able.low > family.upper * room,
        ),
    )
    for which, bounds, what, limits, bad in cases:
        found = np.flatnonzero(bad)
        if len(found):
            g = int(found[0])
            bound, limit = number(bounds[g]), number(limits[g])
            more = f"; so it is for {len(found):,} groups" if len(found) > 1 else ""
            raise InfeasibleError(
                f"the {which} of {shown(bound, unit)} for {family.name(g)!r} {what} "
                f"{shown(limit, unit)}{more}",
                {
                    "group": family.name(g),
                    which: worth(bound, unit),
                    "limit": worth(limit, unit),
                    "groups": len(found),
                },
            )
    if able.least > problem.budget * room:
        least = number(able.least)
        raise InfeasibleError(
            f"the floors of claimants and groups add up to {shown(least, unit)}, which is "
            f"{shown(least - problem.budget, unit)} more than the budget of "
            f"{shown(problem.budget, unit)}: raise the budget to {shown(least, unit)}, or lower "
            "floors of groups",
            {
                "budget": worth(problem.budget, unit),
                "sum_of_floors": worth(least, unit),
                "shortfall": worth(least - problem.budget, unit),
                "budget_that_works": worth(least, unit),
            },
        )
