"""What constraints that overlap, or bound recoveries, cost: prices in dollars, and levels.

A user's level follows from the price of a dollar that goes to them: that of the budget, and what
every constraint charges that they are in. Whoever is in none that binds has the level of the run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.certificate import Certificate as CoreCertificate
from allocator.core.rules import AlphaFair, Rule
from allocator.money import CENTS, exact_sum
from allocator.policy.compile import Compiled
from allocator.policy.constraint_rows import Bound
from allocator.policy.formula import significant

__all__ = ["RowPrices", "base_price", "bound_rows", "row_prices"]

Ints = NDArray[np.int64]

POINT = 0.01  # one percentage point of a recovery
FREE = 1e-9  # of the mean price: below it there is none, and everybody has their cap


@dataclass(frozen=True, eq=False)
class RowPrices:
    """Prices relative to the mean price of a dollar.

    Attributes
    ----------
    budget : float
        0 where something is left of it.
    base : float
        Of a dollar for somebody in no constraint that binds: more than that of the budget where a
        recovery binds, which charges those who are outside, too.
    rows : tuple of float
        Of each constraint: positive at its cap, negative at its floor, 0 where it does not bind.
    log_level : float
        At the mean price, as the core has it.
    power : float
        Levels are prices to the power -1/alpha; nan where there are no prices.
    """

    budget: float
    base: float
    rows: tuple[float, ...]
    log_level: float
    power: float

    def log_level_in(self, rows: Sequence[int]) -> float:
        """Return the logarithm of the level of those in some of the constraints and no others."""
        if math.isnan(self.power):
            return math.nan
        price = self.base + sum(self.rows[i] for i in rows)
        return self.log_level + self.power * math.log(price) if price > FREE else math.inf


def base_price(budget: float, rows: Sequence[float], bounds: Sequence[Bound]) -> float:
    """Return the price of a dollar for somebody in no constraint that binds.

    Parameters
    ----------
    budget : float
        Price of the budget.
    rows : sequence of float
        Of each constraint.
    bounds : sequence of Bound

    Returns
    -------
    float
    """
    return budget + sum(y * b.outside for y, b in zip(rows, bounds, strict=True) if y)


def row_prices(rule: Rule, core: CoreCertificate, bounds: Sequence[Bound]) -> RowPrices:
    """Read prices off the core's certificate.

    Parameters
    ----------
    rule : Rule
    core : CoreCertificate
        Of a problem whose rows are numbered as `bounds` are.
    bounds : sequence of Bound

    Returns
    -------
    RowPrices
    """
    alpha = rule.alpha if isinstance(rule, AlphaFair) else math.inf
    if not (0 < alpha < math.inf and math.isfinite(core.log_level)):
        return RowPrices(math.nan, math.nan, (0.0,) * len(bounds), math.nan, math.nan)
    rows = tuple(core.prices.get(str(i), 0.0) for i in range(len(bounds)))
    base = base_price(core.budget_price, rows, bounds)
    return RowPrices(core.budget_price, base, rows, core.log_level, -1.0 / alpha)


def bound_rows(
    compiled: Compiled, prices: RowPrices, units: Ints, level_of: Mapping[int, float | None]
) -> Mapping[str, Any]:
    """Describe every constraint, and what it costs.

    Parameters
    ----------
    compiled : Compiled
    prices : RowPrices
    units : ndarray of int64, shape (m,)
        Awards of the eligible users.
    level_of : mapping of int to float or None
        In dollars, of those in one constraint alone.

    Returns
    -------
    mapping
        As `allocator.allocation.bound_groups.bound_groups` says.
    """
    listed = []
    for i, bound in enumerate(compiled.priced):
        which = _which(bound, prices, i, units)
        total = bound.total(units)
        price = _price(bound, prices, i, units, compiled.unit_cents)
        said = {
            "name": bound.name,
            "bound": which,
            "users": int(np.count_nonzero(bound.members)),
            "total_cents": total * compiled.unit_cents,
            "level": level_of.get(i) if which != "none" else None,
            "price": price if which != "none" else 0.0,
            "meaning": _meaning(which, price),
        }
        if bound.ratio is not None:
            said["recovery_of_overall"] = _recovery(bound, total, exact_sum(units))
        listed.append(MappingProxyType(said))
    kinds = [each["bound"] for each in listed]
    return MappingProxyType(
        {
            "groups": len(listed),
            "binding": len(listed) - kinds.count("none"),
            "at_floor": kinds.count("floor"),
            "at_cap": kinds.count("cap"),
            "at_recovery": kinds.count("recovery"),
            "listed": tuple(listed),
        }
    )


def _which(bound: Bound, prices: RowPrices, i: int, units: Ints) -> str:
    """Tell which side binds: the one that has a price; where there are none, the one reached."""
    if math.isnan(prices.power):
        total = bound.total(units)
        if bound.ratio is not None:
            met = total - bound.part * exact_sum(units)
            return "recovery" if met < 1 else "none"
        if total == bound.upper:
            return "cap"
        return "floor" if total == bound.lower > 0 else "none"
    price = prices.rows[i]
    if price == 0:
        return "none"
    if bound.ratio is not None:
        return "recovery"
    return "cap" if price > 0 else "floor"


def _price(bound: Bound, prices: RowPrices, i: int, units: Ints, unit_cents: int) -> float | None:
    """Return dollars of budget that a dollar of bound, or a point of recovery, is worth."""
    if not prices.budget > FREE:
        return None
    price = abs(prices.rows[i]) / prices.budget
    if bound.ratio is None:
        return price
    per_point = POINT * float(Fraction(*bound.losses) * exact_sum(units)) * unit_cents / CENTS
    return price * per_point


def _recovery(bound: Bound, total: int, everybody: int) -> float | None:
    part = Fraction(*bound.losses) * everybody
    return float(total / part) if part else None


def _meaning(which: str, price: float | None) -> str:
    if which == "none":
        return "does not bind: a little more or less changes nothing"
    if price is None:
        return "binds; it has no price in dollars of the budget"
    dollars = f"${significant(price)}"
    return {
        "floor": f"one more dollar of floor costs as much as {dollars} less budget",
        "cap": f"one more dollar of cap is worth as much as {dollars} more budget",
        "recovery": f"one percentage point more costs as much as {dollars} less budget",
    }[which]
