"""Which constraints bind: for the certificate, and for everybody in a group that decides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from heapq import nsmallest
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.level import dollar_level
from allocator.core.constraints import Groups
from allocator.core.family import Family
from allocator.core.nested_edge import Binding
from allocator.policy.compile import Compiled
from allocator.policy.schema import Policy

__all__ = ["CAP_OF", "FLOOR_OF", "LISTED", "bound_groups", "deciding_groups"]

LISTED = 100  # groups that a certificate names: the first by name, when more bind
FLOOR_OF, CAP_OF = "floor of ", "cap of "

Ints = NDArray[np.int64]


def bound_groups(
    policy: Policy, compiled: Compiled, binding: Binding | None, units: Ints
) -> Mapping[str, Any] | None:
    """Describe the groups whose total is their floor or their cap.

    Parameters
    ----------
    policy : Policy
    compiled : Compiled
    binding : Binding or None
        From the core's certificate.
    units : ndarray of int64, shape (m,)
        Awards of the eligible users.

    Returns
    -------
    mapping or None
        ``groups``, how many there are; ``binding``, ``at_floor``, ``at_cap``, how many of them
        bind; ``listed``: of these the first 100 by name, each with name, bound (floor or cap),
        users, total_cents, and level (dollars, as that of the certificate: in the group it takes
        the level's place; None where there is none). None when the policy has no constraints.
    """
    family = compiled.problem.family
    if family is None or binding is None:
        return None
    at = np.flatnonzero(_real(family, binding.groups, binding.at_floor, compiled.problem.budget))
    names = _names(family, binding.groups[at])
    first = nsmallest(LISTED, zip(names, at.tolist(), strict=True))
    totals = family.totals(units)
    users = np.zeros(len(family) + 1, dtype=np.int64)
    for layer in family.layers:
        users += np.bincount(layer[layer >= 0], minlength=len(users))
    listed = [
        MappingProxyType(
            {
                "name": name,
                "bound": "floor" if binding.at_floor[k] else "cap",
                "users": int(users[binding.groups[k]]),
                "total_cents": int(totals[binding.groups[k]]) * compiled.unit_cents,
                "level": _level(policy, compiled, binding, k),
            }
        )
        for name, k in first
    ]
    at_floor = int(np.count_nonzero(binding.at_floor[at]))
    return MappingProxyType(
        {
            "groups": len(family),
            "binding": len(at),
            "at_floor": at_floor,
            "at_cap": len(at) - at_floor,
            "listed": tuple(listed),
        }
    )


def deciding_groups(compiled: Compiled, units: Ints) -> tuple[Ints, list[str]] | None:
    """Return for every eligible user the innermost group around them that binds.

    Parameters
    ----------
    compiled : Compiled
    units : ndarray of int64, shape (m,)
        Awards of the eligible users.

    Returns
    -------
    codes : ndarray of int64, shape (m,)
        Into `names`; -1 for none.
    names : list of str
        ``cap of`` or ``floor of``, and what the group is called.
    """
    family = compiled.problem.family
    if family is None:
        return None
    totals = family.totals(units)
    at_floor = totals == family.lower
    groups = np.flatnonzero(at_floor | (totals == family.upper))
    groups = groups[_real(family, groups, at_floor[groups], compiled.problem.budget)]
    place = np.full(len(family) + 1, -1)
    place[groups] = np.arange(len(groups))
    codes = np.full(len(units), -1)
    for layer in family.layers:
        found = place[layer]
        codes = np.where(found >= 0, found, codes)
    bounds = [FLOOR_OF if floor else CAP_OF for floor in at_floor[groups].tolist()]
    return codes, [a + b for a, b in zip(bounds, _names(family, groups), strict=True)]


def _real(family: Family, groups: Ints, at_floor: NDArray[np.bool_], budget: int) -> Any:
    """Tell which bounds are stated: no floor is 0, no cap is the budget."""
    return np.where(at_floor, family.lower[groups] > 0, family.upper[groups] < budget)


def _names(family: Family, groups: Ints) -> list[str]:
    """Return what groups, in ascending order, are called; there may be a million."""
    names: list[str] = []
    first = 0
    for source in family.sources:
        size = len(source) if isinstance(source, Groups) else 1
        mine = groups[(groups >= first) & (groups < first + size)] - first
        first += size
        if isinstance(source, Groups):
            names += [f"{source.name} {source.label(g)}" for g in mine.tolist()]
        else:
            names += [source.name] * len(mine)
    return names


def _level(policy: Policy, compiled: Compiled, binding: Binding, k: int) -> float | None:
    level, _ = dollar_level(
        policy, compiled.problem, float(binding.tier[k]), float(binding.log_level[k])
    )
    return level if math.isfinite(level) else None
