"""What a certificate says where constraints overlap or bound recoveries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.level import dollar_level, price
from allocator.allocation.most import most_spendable
from allocator.allocation.row_prices import row_prices
from allocator.core.certificate import Certificate as CoreCertificate
from allocator.money import exact, exact_sum, format_cents
from allocator.policy.compile import Compiled
from allocator.policy.constraint_rows import Bound
from allocator.policy.formula import claim_name, customer_terms, formula, significant
from allocator.policy.rules import rule_of
from allocator.policy.schema import Policy
from allocator.policy.values import show_dollars, show_percent

if TYPE_CHECKING:
    from allocator.allocation.evidence import Certificate

__all__ = [
    "PROVES_ROWS",
    "TRANSFER",
    "broken_bounds",
    "due_units",
    "formula_of",
    "level_of",
    "own_levels",
    "price_of",
    "priced_constraints",
]

Ints = NDArray[np.int64]

NAMED = 3  # constraints in the line of the formula

PROVES_ROWS = (
    "Every constraint is met, computed in whole numbers; where constraints leave some of the "
    "budget over, no awards that meet them spend more (within a unit for each constraint).",
    "No cent moved from one user to another, as far as the constraints allow, would raise the "
    "policy's objective; at positive and finite alpha the gap says how far the objective is from a "
    "bound that nothing exceeds, relative to the price of the whole budget.",
    "Among users whom all constraints treat alike, every cent held precedes every cent refused in "
    "the policy's published order, so that nobody chose among equals.",
)
TRANSFER = (
    "optimal: moving a cent between users whom the constraints treat differently, which they "
    "allow, raises the objective"
)


def due_units(compiled: Compiled, units: Ints) -> int:
    """Return what is to be spent: the budget, or the most that bounds and constraints allow.

    Parameters
    ----------
    compiled : Compiled
    units : ndarray of int64, shape (m,)
        Awards of the eligible users.

    Returns
    -------
    int
        Whole units; what is spent, where it is within a unit a constraint of the most that there
        can be.
    """
    spend, spent = int(compiled.problem.spend), exact_sum(units)
    if not compiled.priced or spent >= spend or broken_bounds(compiled, units):
        return spend
    most = most_spendable(compiled.problem)
    # The bound is one on fractions of a unit: whole ones may have to stay a little below it.
    return spent if most - len(compiled.priced) <= spent <= most else most


def broken_bounds(compiled: Compiled, units: Ints) -> list[str]:
    """Say which constraints awards do not meet, in integers and in dollars.

    Parameters
    ----------
    compiled : Compiled
    units : ndarray of int64, shape (m,)

    Returns
    -------
    list of str
    """
    return [
        _broken(bound, units, compiled.unit_cents)
        for bound in compiled.priced
        if not bound.met(units)
    ]


def _broken(bound: Bound, units: Ints, unit_cents: int) -> str:
    total = bound.total(units)
    said = f"bounds: the constraint {bound.name!r} is not met: its users have"
    if bound.ratio is not None:
        everybody = exact_sum(units)
        needed = math.ceil(bound.part * everybody)
        return (
            f"{said} {format_cents(total * unit_cents)}, and with "
            f"{show_percent(bound.ratio)} of everybody's recovery they would have at least "
            f"{format_cents(needed * unit_cents)}"
        )
    limit, which = (bound.lower, "least") if total < bound.lower else (bound.upper or 0, "most")
    return (
        f"{said} {format_cents(total * unit_cents)}, and may have at {which} "
        f"{format_cents(limit * unit_cents)}"
    )


def level_of(policy: Policy, compiled: Compiled, core: CoreCertificate) -> tuple[float, float]:
    """Return the level of a run in dollars, and its logarithm.

    Parameters
    ----------
    policy : Policy
    compiled : Compiled
    core : CoreCertificate

    Returns
    -------
    level, log_level : float
        Where constraints overlap, of users in none that binds; nan where these have no one level.
    """
    log_level = core.log_level
    if compiled.priced:
        log_level = row_prices(rule_of(policy), core, compiled.priced).log_level_in([])
        if math.isnan(log_level):
            return math.nan, math.nan
    return dollar_level(policy, compiled.problem, core.tier, log_level)


def price_of(
    policy: Policy, compiled: Compiled, core: CoreCertificate, log_level: float, *, capped: bool
) -> float | None:
    """Return what a dollar more of budget adds to the objective, as `allocation.level.price`.

    Parameters
    ----------
    policy : Policy
    compiled : Compiled
    core : CoreCertificate
    log_level : float
        From `level_of`.
    capped : bool
        Whether more budget would change nothing.

    Returns
    -------
    float or None
        Under constraints it may be negative, where money that must be spent crowds out more.
    """
    alpha = policy.objective.alpha if policy.uses_weights else None
    if capped or not compiled.priced:
        return price(alpha, log_level)
    prices = row_prices(rule_of(policy), core, compiled.priced)
    unit = price(alpha, dollar_level(policy, compiled.problem, core.tier, core.log_level)[1])
    return None if unit is None or math.isnan(prices.power) else unit * prices.budget


def priced_constraints(certificate: Certificate) -> tuple[str, ...] | None:
    """Say which constraints bind, and what they cost.

    Parameters
    ----------
    certificate : Certificate

    Returns
    -------
    tuple of str or None
        None where constraints have no prices: where there are none, or any two are nested.
    """
    groups = certificate.groups
    if groups is None or "at_recovery" not in groups:
        return None
    return tuple(
        f"{each['name']}: {format_cents(each['total_cents'])}, at its {each['bound']}; "
        f"{each['meaning']}"
        for each in groups["listed"]
        if each["bound"] != "none"
    )


def own_levels(groups: Mapping[str, Any]) -> str:
    """Say at the end of a formula which levels hold under the constraints that bind."""
    binding = [each for each in groups["listed"] if each["bound"] != "none"]
    levels = [each for each in binding if each["level"] is not None]
    if not levels:
        return ""
    told = ", ".join(f"{significant(each['level'])} ({each['name']})" for each in levels[:NAMED])
    more = f" and {len(levels) - NAMED} more" if len(levels) > NAMED else ""
    return f"; users under constraints that bind have levels of their own: {told}{more}"


def formula_of(policy: Policy, level: float, log_level: float, largest: float) -> str:
    """Return the formula of a run, also where levels under constraints are no prices.

    Parameters
    ----------
    policy : Policy
    level, log_level : float
        From `level_of`.
    largest : float
        The largest claim in dollars.

    Returns
    -------
    str

    Examples
    --------
    >>> formula_of(Policy.default().replace(alpha="inf", of="recovery"), math.nan, math.nan, 0.0)
    'voucher = level × loss, from $4 to $6,000; levels are as equal as constraints allow'
    """
    if not math.isnan(log_level):
        return formula(policy, level, log_level, largest)
    low, high = (
        show_dollars(exact(text)).removesuffix(".00")
        for text in (policy.award.minimum, policy.award.maximum)
    )
    bounds = f"from {low} to {high}"
    product = " × ".join(str(term) for term in customer_terms(policy))
    if policy.uses_weights and policy.objective.alpha == 0:
        return (
            f"voucher by rank of {product or 'users'}, highest first, as far as constraints allow, "
            f"{bounds}"
        )
    if policy.objective.rule == "least_squares":
        name = claim_name(policy)
        return f"voucher as near to the {name} as constraints allow (least squares), {bounds}"
    product = f"level × {product}" if product else "level"
    return f"voucher = {product}, {bounds}; levels are as equal as constraints allow"
