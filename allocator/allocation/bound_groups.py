"""Which constraints bind: for the certificate, and for everybody in a group that decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.level import dollar_level
from allocator.allocation.row_prices import bound_rows, row_prices
from allocator.core.certificate import Certificate as CoreCertificate
from allocator.core.constraints import Groups
from allocator.core.family import Family
from allocator.core.nested_edge import Binding
from allocator.policy.compile import Compiled
from allocator.policy.rules import rule_of
from allocator.policy.schema import Policy

__all__ = ["LISTED", "SEVERAL", "bound_groups", "bound_of", "deciding_groups"]

LISTED = 100  # groups that a certificate names: the first by name, when more bind
SEVERAL = "; "  # between constraints that bind around a user, where they overlap

Ints = NDArray[np.int64]


def bound_groups(
    policy: Policy, compiled: Compiled, core: CoreCertificate, units: Ints
) -> Mapping[str, Any] | None:
    """Describe the groups whose total is their floor or their cap.

    Parameters
    ----------
    policy : Policy
    compiled : Compiled
    core : CoreCertificate
    units : ndarray of int64, shape (m,)
        Awards of the eligible users.

    Returns
    -------
    mapping or None
        ``groups``, how many there are; ``binding``, ``at_floor``, ``at_cap``, how many of them
        bind; ``listed``: of these the first 100 by name, each with name, bound (floor or cap),
        users, total_cents, and level (dollars, as that of the certificate: in the group it takes
        the level's place; None where there is none). Where constraints overlap or bound
        recoveries, all are listed, and have besides price, the dollars of budget that a dollar of
        the bound (for a recovery, a percentage point) is worth, and what that means in words; bound
        may also be none or recovery, and recovery_of_overall is the recovery over everybody's; the
        level is that of users in no other that binds. None when the policy has no constraints.
    """
    if compiled.priced:
        prices = row_prices(rule_of(policy), core, compiled.priced)
        levels = {
            i: dollar_level(policy, compiled.problem, 1.0, prices.log_level_in([i]))[0]
            for i, y in enumerate(prices.rows)
            if y
        }
        held = {i: level if math.isfinite(level) else None for i, level in levels.items()}
        return bound_rows(compiled, prices, units, held)
    family, binding = compiled.problem.family, core.binding
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


def bound_of(which: str, name: str) -> str:
    """Return what the awards table calls a constraint that binds: "cap of EU"."""
    return f"{which} of {name}"


def deciding_groups(
    compiled: Compiled, units: Ints, groups: Mapping[str, Any] | None
) -> tuple[Ints, list[str]] | None:
    """Return for every eligible user the innermost group around them that binds.

    Where constraints overlap, it is all that bind and that the user is in.

    Parameters
    ----------
    compiled : Compiled
    units : ndarray of int64, shape (m,)
        Awards of the eligible users.
    groups : mapping or None
        From `bound_groups`, of the same awards.

    Returns
    -------
    codes : ndarray of int64, shape (m,)
        Into `names`; -1 for none.
    names : list of str
        ``cap of``, ``floor of`` or ``recovery of``, and what the group is called.
    """
    if compiled.priced and groups is not None:
        return _deciding_rows(compiled, groups["listed"], len(units))
    family = compiled.problem.family
    if family is None:
        return None
    totals = family.totals(units)
    at_floor = totals == family.lower
    found_groups = np.flatnonzero(at_floor | (totals == family.upper))
    found_groups = found_groups[
        _real(family, found_groups, at_floor[found_groups], compiled.problem.budget)
    ]
    place = np.full(len(family) + 1, -1)
    place[found_groups] = np.arange(len(found_groups))
    codes = np.full(len(units), -1)
    for layer in family.layers:
        found = place[layer]
        codes = np.where(found >= 0, found, codes)
    bounds = ["floor" if floor else "cap" for floor in at_floor[found_groups].tolist()]
    return codes, [*map(bound_of, bounds, _names(family, found_groups))]


def _deciding_rows(
    compiled: Compiled, listed: Sequence[Mapping[str, Any]], n: int
) -> tuple[Ints, list[str]]:
    """Assign a number to every combination of constraints that bind, in the policy's order."""
    codes, names = np.full(n, -1), [""]
    for bound, said in zip(compiled.priced, listed, strict=True):
        if said["bound"] == "none":
            continue
        inside = np.flatnonzero(bound.members)
        kinds, codes[inside] = np.unique(codes[inside], return_inverse=True)
        mine = bound_of(said["bound"], said["name"])
        codes[inside] += len(names) - 1
        names += [names[k + 1] + SEVERAL * (k >= 0) + mine for k in kinds.tolist()]
    return codes, names[1:]


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
