"""The certificate of an allocation: what was checked, in dollars and in a policy's words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.level import caps_reached, dollar_log_level, price
from allocator.core.certificate import Certificate as CoreCertificate
from allocator.core.certificate import verify as verify_core
from allocator.core.curves import exp_or_inf
from allocator.core.rules import AlphaFair
from allocator.money import exact_sum, format_cents
from allocator.policy.compile import Compiled, rule_of
from allocator.policy.formula import formula
from allocator.policy.schema import Policy

__all__ = ["CHECKS", "Certificate", "certify"]

SCHEMA_VERSION = 1
DIGITS = 12  # significant digits of floats in files: enough to check, and the same on every machine

# Every check of a run, by its name in certificate.json, and what it shows.
CHECKS: Mapping[str, str] = MappingProxyType(
    {
        "eligibility": "nobody is paid who is not eligible",
        "bounds": "every award is within the user's floor and cap",
        "total": "the budget is spent to the cent, or every cap is reached",
        "optimal": "no cent moved from one user to another would raise the objective",
        "canonical": "every cent held precedes every cent refused, so that nobody chose among "
        "equals",
    }
)
PROVES = (
    "Every paid user is eligible under the policy, and every award is within the user's floor and "
    "cap.",
    "The awards add up to the budget to the cent, or to the sum of all caps when that is less.",
    "No cent moved from one user to another would raise the policy's objective (for a claims rule: "
    "the awards are exactly the rule's).",
    "Every cent held precedes every cent refused in the policy's published order, so that nobody "
    "chose among equals.",
)
DOES_NOT_PROVE = (
    "That the rule is the right one: who is in, and what counts, is the policy's choice.",
    "That the data are complete or true: losses and net assets are taken as given.",
)


@dataclass(frozen=True)
class Certificate:
    """Evidence that awards follow from a policy and a table of users.

    Money is in cents, level and price in dollars.

    Attributes
    ----------
    schema_version : int
    status : str
        ``optimal``, ``caps_reached`` (everybody has their cap), or ``failed``.
    rule : str
    alpha : float or None
        None for claims rules; inf is written as "inf".
    budget_cents, spent_cents, unspent_cents : int
    users, eligible : int
    at_lower, at_upper, free : int
        Eligible users at their floor, at their cap above it, and in between.
    level : float or None
        Between the bounds an award is level times the policy's product of powers. None when all
        who have a weight are at their caps, and where a float cannot hold it.
    price : float or None
        Gain in the objective per extra dollar of budget: 0 when caps are reached, at alpha = 0 the
        weight of the next cent, None for claims rules and max-min.
    transfer_gain, gap, fractional_gap : float or None
        See `allocator.core.certificate.Certificate`.
    formula : str
    checks : mapping of str to bool
        Whether each of `CHECKS` passed, in that order; `allocator.verify` adds ``users``: everybody
        has one award in the list it is given, and nobody else has any.
    failures : tuple of str
        A sentence for each check that failed.
    proves, does_not_prove : tuple of str
    """

    schema_version: int
    status: str
    rule: str
    alpha: float | None
    budget_cents: int
    spent_cents: int
    unspent_cents: int
    users: int
    eligible: int
    at_lower: int
    at_upper: int
    free: int
    level: float | None
    price: float | None
    transfer_gain: float | None
    gap: float | None
    fractional_gap: float | None
    formula: str
    checks: Mapping[str, bool]
    failures: tuple[str, ...]
    proves: tuple[str, ...] = PROVES
    does_not_prove: tuple[str, ...] = DOES_NOT_PROVE

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(self.checks.values())

    @property
    def unlimited(self) -> bool:
        """Whether the level has no end: all who have a weight are at their caps."""
        # A level that only is too large or too small for a float has a price above 0.
        return self.level is None and not self.price

    def to_dict(self) -> dict[str, Any]:
        """Return what goes into certificate.json."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """Read back what `to_dict` gave."""
        values = dict(data)
        for name in ("failures", "proves", "does_not_prove"):
            values[name] = tuple(values[name])
        for name in ("alpha", "level", "transfer_gain"):
            values[name] = float(values[name]) if values[name] is not None else None
        return cls(**{**values, "checks": MappingProxyType(dict(values["checks"]))})


def certify(policy: Policy, compiled: Compiled, award_cents: NDArray[np.int64]) -> Certificate:
    """Check the awards of a whole table.

    Nothing here knows how the awards were found, but the problem is taken as it is given: what a
    certificate proves of the table is worth as much as the way from the table to the problem.
    `allocate` certifies against the very problem that it solved; `allocator.verify` and the
    command ``allocator verify`` derive eligibility, weights and bounds afresh from the users.

    Parameters
    ----------
    policy : Policy
    compiled : Compiled
        The problem of the eligible users.
    award_cents : ndarray of int64, shape (n,)
        In the order of the table.

    Returns
    -------
    Certificate
        Nothing is raised for bad awards: the certificate says so.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from allocator.allocation.pipeline import derive, load
    >>> from allocator.allocation.stages import Stages
    >>> users = pa.table({"user_id": ["ann", "bob"], "liquidation_loss": [80, 60],
    ...                   "net_assets": [100, 60]})
    >>> policy = Policy.default().replace(budget="100.00")
    >>> loaded = load(users, [policy], Stages())
    >>> _, _, compiled = derive(loaded.users, policy, Stages())
    >>> certify(policy, compiled, np.array([5439, 4561])).ok
    True
    >>> certify(policy, compiled, np.array([5439, 4560])).failures
    ('total: $99.99 is spent, not $100.00',)
    """
    rule, unit = rule_of(policy), compiled.unit_cents
    eligible = np.zeros(len(award_cents), dtype=bool)
    eligible[compiled.rows] = True
    paid = np.flatnonzero((award_cents != 0) & ~eligible)
    units, odd = np.divmod(award_cents[compiled.rows], unit)
    core = verify_core(compiled.problem, rule, units)
    spent, due = exact_sum(award_cents), compiled.problem.spend * unit
    checks = {
        "eligibility": not len(paid),
        "bounds": core.checks["bounds"] and not odd.any(),
        "total": spent == due,
        "optimal": core.checks["optimal"],
        "canonical": core.checks["canonical"],
    }
    failures = _failures(core, checks, compiled, award_cents, paid)
    capped = caps_reached(compiled.problem, compiled.caps)
    ok = all(checks.values())
    log_level = math.inf
    if not (capped and ok):
        log_level = dollar_log_level(policy, core.tier, core.log_level)
    level = exp_or_inf(log_level)
    held = math.isfinite(level) and (level > 0 or math.isinf(log_level))
    text = formula(policy, level, log_level)
    if ok and log_level == math.inf and not capped:
        text += "; what is left goes to users of weight 0"
    alpha = rule.alpha if isinstance(rule, AlphaFair) else None
    return Certificate(
        schema_version=SCHEMA_VERSION,
        status="failed" if not ok else "caps_reached" if capped else "optimal",
        rule=policy.objective.rule,
        alpha=alpha,
        budget_cents=compiled.problem.budget * unit,
        spent_cents=spent,
        unspent_cents=compiled.problem.budget * unit - spent,
        users=len(award_cents),
        eligible=len(compiled.rows),
        at_lower=core.at_lower,
        at_upper=core.at_upper,
        free=core.free,
        level=level if held else None,
        price=price(alpha, log_level),
        transfer_gain=core.transfer_gain,
        gap=core.gap,
        fractional_gap=core.fractional_gap,
        formula=text,
        checks=MappingProxyType(checks),
        failures=tuple(failures),
        proves=PROVES if ok else (),
    )


def _failures(
    core: CoreCertificate,
    checks: Mapping[str, bool],
    compiled: Compiled,
    award_cents: NDArray[np.int64],
    paid: NDArray[np.int64],
) -> list[str]:
    """Say what failed in cents and in rows of the table, the first being row 1."""
    problem, unit, rows = compiled.problem, compiled.unit_cents, compiled.rows
    failures = []
    if not checks["eligibility"]:
        failures.append(
            f"eligibility: {len(paid):,} users are paid who are not eligible, the first on row "
            f"{int(paid[0]) + 1:,}"
        )
    if not checks["bounds"]:
        mine = award_cents[rows]
        low, high = problem.lower * unit, problem.upper * unit
        outside = np.flatnonzero((mine < low) | (mine > high))
        if len(outside):
            i = int(outside[0])
            failures.append(
                f"bounds: {len(outside):,} awards are outside their bounds, the first on row "
                f"{int(rows[i]) + 1:,}: {format_cents(mine[i])}, not from {format_cents(low[i])} "
                f"to {format_cents(high[i])}"
            )
        if (mine % unit).any():
            failures.append(f"bounds: awards are not whole multiples of {unit} cents")
    if not checks["total"]:
        spent, due = exact_sum(award_cents), problem.spend * unit
        failures.append(f"total: {format_cents(spent)} is spent, not {format_cents(due)}")
    if core.pair is not None:
        holder, refused = (f"row {int(rows[i]) + 1:,}" for i in core.pair)
        failures.append(
            f"optimal: moving {unit} cent{'s' * (unit > 1)} from {holder} to {refused} raises the "
            "objective"
            if not core.checks["optimal"]
            else f"canonical: of two cents worth the same, {refused} precedes {holder}"
        )
    return failures


def _plain(value: Any) -> Any:
    """Return JSON: floats to a fixed number of digits, infinities as text."""
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return list(value) if isinstance(value, tuple) else value
