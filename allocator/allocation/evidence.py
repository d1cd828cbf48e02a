"""The certificate of an allocation: what was checked, in dollars and in a policy's words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.bound_groups import bound_groups
from allocator.allocation.few_evidence import PROVES_FEW, estimate_of, estimated, unproven
from allocator.allocation.level import (
    caps_reached,
    held_level,
    largest_claim,
    of_weight_zero,
    told_by,
)
from allocator.allocation.row_evidence import (
    PROVES_ROWS,
    TRANSFER,
    broken_bounds,
    due_units,
    formula_of,
    level_of,
    own_levels,
    price_of,
)
from allocator.core.certificate import Certificate as CoreCertificate
from allocator.core.certificate import verify as verify_core
from allocator.core.rules import AlphaFair
from allocator.money import CENTS, exact, exact_sum, format_cents
from allocator.policy.compile import Compiled, rule_of
from allocator.policy.rules import FEW, TWO_STAGE, few_rule_of
from allocator.policy.schema import Policy
from allocator.policy.waves import reserve_units, spendable_units

__all__ = ["CHECKS", "SOMETIMES", "Certificate", "certify"]

SCHEMA_VERSION = 1
DIGITS = 12  # significant digits of floats in files: enough to check, and the same on every machine

# Every check of a run, by its name in certificate.json, and what it shows; "recomputed" takes the
# place of "optimal" and "canonical" for rules without a level.
CHECKS: Mapping[str, str] = MappingProxyType(
    {
        "eligibility": "nobody is paid who is not eligible",
        "bounds": "every award is within the user's floor and cap",
        "total": "the budget is spent to the cent, or every cap is reached",
        "optimal": "no cent moved from one user to another would raise the objective",
        "canonical": "every cent held precedes every cent refused, so that nobody chose among "
        "equals",
        "recomputed": "a rule without a level, computed again, gives the same awards",
    }
)
LEVEL_CHECKS, FEW_CHECKS = ("optimal", "canonical"), ("recomputed",)
GROUP_LEVELS = "; groups at their floor or cap have levels of their own"
# Fields of a certificate that are there only when a policy asks for what they tell.
SOMETIMES = ("groups", "reserve_cents", "accounts", "estimate")
PROVES = (
    "Every paid user is eligible under the policy, and every award is within the user's floor and "
    "cap.",
    "The awards add up to the budget to the cent, or to the sum of all caps when that is less.",
    "No cent moved from one user to another would raise the policy's objective (for a claims rule: "
    "the awards are exactly the rule's).",
    "Every cent held precedes every cent refused in the policy's published order, so that nobody "
    "chose among equals.",
)
PROVES_PAID = (
    "Nobody gets less than was already paid. Whoever is not eligible gets just that; every other "
    "award is within the user's floor and cap, or is what was paid above the cap.",
    "The awards, money already paid included, add up to the budget to the cent, or to the sum of "
    "all caps when that is less.",
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
        who have a weight are at their caps, and where a float cannot hold it. Where every weight
        is 0, of the amounts that all who count alike get.
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
    groups : mapping or None
        What constraints bind; see `allocator.allocation.bound_groups.bound_groups`. None, and not
        in the file, when the policy has none.
    estimate : mapping or None
        How far off awards may be that are estimated; see `allocator.allocation.few_evidence`. None,
        and not in the file, where they are exact.
    reserve_cents : int or None
        What of the budget is held back; None, and not in the file, when nothing is.
    accounts : int or None
        The rows of the table, where `users` and all other counts are people with several accounts;
        else None, and not in the file. `checks` then has ``split``, too: every person's award is
        split in proportion to loss.
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
    groups: Mapping[str, Any] | None = None
    reserve_cents: int | None = None
    accounts: int | None = None
    estimate: Mapping[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(self.checks.values())

    @property
    def weightless(self) -> bool:
        """Whether every weight is 0, so that users share as if all counted alike."""
        return self.level is not None and self.price == 0 and self.status != "caps_reached"

    @property
    def unlimited(self) -> bool:
        """Whether the level has no end: all who have a weight are at their caps."""
        # A level that only is too large or too small for a float has a price above 0.
        return self.level is None and not self.price and self.rule not in FEW

    def to_dict(self) -> dict[str, Any]:
        """Return what goes into certificate.json."""
        values = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return {k: v for k, v in values.items() if v is not None or k not in SOMETIMES}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """Read back what `to_dict` gave."""
        values = dict(data)
        for name in ("failures", "proves", "does_not_prove"):
            values[name] = tuple(values[name])
        for name in ("alpha", "level", "transfer_gain"):
            values[name] = float(values[name]) if values[name] is not None else None
        return cls(**{**values, "checks": MappingProxyType(dict(values["checks"]))})


def certify(
    policy: Policy,
    compiled: Compiled,
    award_cents: NDArray[np.int64],
    lines: NDArray[np.int64] | None = None,
) -> Certificate:
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
    lines : ndarray of int64, shape (n,), optional
        The row by which each is called in messages, from 0; their position when not given.

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
    few, unit = few_rule_of(policy), compiled.unit_cents
    rule = few or rule_of(policy)
    eligible = np.zeros(len(award_cents), dtype=bool)
    eligible[compiled.rows] = True
    before = compiled.paid
    paid = np.flatnonzero((award_cents != (0 if before is None else before.cents)) & ~eligible)
    units, odd = np.divmod(award_cents[compiled.rows], unit)
    core = verify_core(compiled.problem, rule, units)
    kept = 0 if before is None else before.kept  # what the ineligible keep counts
    spent, due = exact_sum(award_cents), (due_units(compiled, units) + kept) * unit
    broken = broken_bounds(compiled, units)
    checks = {
        "eligibility": not len(paid),
        "bounds": core.checks["bounds"] and not odd.any() and not broken,
        "total": spent == due,
        **{name: core.checks[name] for name in (FEW_CHECKS if few else LEVEL_CHECKS)},
    }
    failures = [*broken, *_failures(core, checks, compiled, award_cents, paid, lines, due)]
    # With groups, also when nobody who is below their cap is in a group that is below its own.
    capped = (
        caps_reached(compiled.problem, compiled.caps)
        or compiled.problem.spend < compiled.problem.budget
        or due < (compiled.problem.budget + kept) * unit
    )
    ok = all(checks.values())
    level, log_level = math.inf, math.inf
    told = told_by(policy, compiled.problem)
    two_stage = policy.objective.rule == TWO_STAGE  # every group has a level of its own
    if not (few or two_stage or (capped and ok)):
        in_tier = core if told is policy else replace(core, tier=1.0)
        level, log_level = level_of(told, compiled, in_tier)
    largest = largest_claim(compiled.problem) * unit / CENTS
    text = formula_of(told, level, log_level, largest)
    groups = bound_groups(policy, compiled, core, units)
    if groups and groups["binding"] and not two_stage:
        text += own_levels(groups) if compiled.priced else GROUP_LEVELS
    text += of_weight_zero(policy, told, log_level, capped=capped or not ok)
    estimate = estimate_of(core, policy, compiled)
    text += estimated(estimate)
    alpha = rule.alpha if isinstance(rule, AlphaFair) else None
    return Certificate(
        schema_version=SCHEMA_VERSION,
        status="failed" if not ok else "caps_reached" if capped else "optimal",
        rule=policy.objective.rule,
        alpha=alpha,
        budget_cents=int(exact(policy.award.budget) * CENTS),
        spent_cents=spent,
        unspent_cents=spendable_units(policy) * unit - spent,
        users=len(award_cents),
        eligible=len(compiled.rows),
        at_lower=core.at_lower,
        at_upper=core.at_upper,
        free=core.free,
        level=held_level(policy, level, log_level),
        price=0.0
        if told is not policy
        else price_of(policy, compiled, core, log_level, capped=capped and ok),
        transfer_gain=core.transfer_gain,
        gap=core.gap,
        fractional_gap=core.fractional_gap,
        formula=text,
        checks=MappingProxyType(checks),
        failures=tuple(failures),
        proves=_proves(policy, compiled) if ok else (),
        does_not_prove=DOES_NOT_PROVE + (unproven(estimate) if few else ()),
        groups=groups,
        reserve_cents=reserve_units(policy) * unit or None,
        estimate=estimate,
    )


def _but(compiled: Compiled) -> str:
    return "" if compiled.paid is None else " (other than what they were already paid)"


def _proves(policy: Policy, compiled: Compiled) -> tuple[str, ...]:
    """Say what awards prove that pass every check."""
    inside, total, *order = PROVES
    if compiled.priced:
        order = [*PROVES_ROWS]
    if policy.objective.rule in FEW:
        order = [*PROVES_FEW]
    if compiled.paid is not None:
        inside, total = PROVES_PAID
    if reserve_units(policy):
        total = total.replace("the budget", "the budget without the reserve")
    return inside, total, *order


def _failures(
    core: CoreCertificate,
    checks: Mapping[str, bool],
    compiled: Compiled,
    award_cents: NDArray[np.int64],
    paid: NDArray[np.int64],
    lines: NDArray[np.int64] | None,
    total: int,
) -> list[str]:
    """Say what failed in cents and in rows of the table, the first being row 1."""
    problem, unit, rows = compiled.problem, compiled.unit_cents, compiled.rows

    def line(i: int) -> str:
        return f"row {int(i if lines is None else lines[i]) + 1:,}"

    failures = []
    if not checks["eligibility"]:
        failures.append(
            f"eligibility: {len(paid):,} users are paid who are not eligible{_but(compiled)}, "
            f"the first on {line(paid[0])}"
        )
    if not checks["bounds"]:
        mine = award_cents[rows]
        low, high = problem.lower * unit, problem.upper * unit
        outside = np.flatnonzero((mine < low) | (mine > high))
        if len(outside):
            i = int(outside[0])
            failures.append(
                f"bounds: {len(outside):,} awards are outside their bounds, the first on "
                f"{line(rows[i])}: {format_cents(mine[i])}, not from {format_cents(low[i])} "
                f"to {format_cents(high[i])}"
            )
        failures += [text for text in core.failures if "groups are outside" in text]
        if (mine % unit).any():
            failures.append(f"bounds: awards are not whole multiples of {unit} cents")
    if not checks["total"]:
        spent = exact_sum(award_cents)
        failures.append(f"total: {format_cents(spent)} is spent, not {format_cents(total)}")
    if compiled.priced and checks["bounds"] and core.pair is None and not checks["optimal"]:
        failures.append(TRANSFER)
    if core.differs is not None:
        i, due = core.differs
        has, right = format_cents(award_cents[rows[i]]), format_cents(due * unit)
        failures.append(f"recomputed: the award on {line(rows[i])} is {has}, the rule's is {right}")
    if core.pair is not None:
        holder, refused = (line(rows[i]) for i in core.pair)
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
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
