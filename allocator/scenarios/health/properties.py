"""Which properties of its rule the line, the floor, the cap and whole cents of a policy break."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocator.core.properties.broken import BROKEN
from allocator.core.properties.case import Case, Property
from allocator.core.properties.comparing import COMPARING
from allocator.core.properties.limits import LIMITS, limited, plain_properties
from allocator.core.properties.table import PROPERTIES
from allocator.core.rules import Rule
from allocator.errors import AllocatorError
from allocator.money import CENTS, FINE, exact, format_cents, format_dollars
from allocator.policy.compile import rule_of
from allocator.policy.schema import Policy
from allocator.scenarios.health.finding import Example, Finding, users
from allocator.scenarios.health.ground import Ground

__all__ = ["check", "plain_rule"]


@dataclass(frozen=True)
class Told:
    """How a limit is told: its name, its key, who is held by it, and what would change it."""

    name: str
    key: str
    held: str
    remedy: str


# Properties of one division: its awards show that they do not hold.
AT_SIGHT = frozenset(each.name for each in COMPARING)
NO_REMEDY = "nothing needs to change: there is only nothing to say of such properties"
TOLD = {
    "line": Told(
        "the line at {amount}",
        "eligibility.min_loss",
        "below it",
        "without a line nothing jumps; or count only what a loss is above the line "
        "(claim.brackets with a rate of 0 up to it), so that awards start from 0 there. A line on "
        "the loss ratio breaks the same among users of equal net assets",
    ),
    "minimum": Told(
        "the minimum of {amount}",
        "award.minimum",
        "at it",
        "a smaller minimum holds fewer users; without one (0.00) the rule keeps its properties",
    ),
    "maximum": Told(
        "the maximum of {amount}",
        "award.maximum",
        "at it",
        "a larger maximum holds fewer users; one that nobody reaches breaks nothing",
    ),
    "unit": Told(
        "rounding to whole multiples of {amount}",
        "award.unit",
        "with an award in such multiples",
        "nothing needs to change: awards differ from the rule's by about a unit, in the published "
        "order",
    ),
}


def check(ground: Ground) -> Iterator[Finding]:
    """Try each limit on the stored problems, in the policy's own money."""
    plain, why = plain_rule(ground.policy), _unlike(ground.policy)
    if plain is None or why:
        sentence = f"The table of properties is for rules by losses, and here {why}."
        keys = ("objective.rule",)
        yield Finding("properties", "fine", 0.0, "properties", sentence, None, keys, NO_REMEDY)
        return
    for limit in LIMITS:
        amount = _amount(ground.policy, limit)
        if amount:
            yield _finding(ground, plain, limit, amount)


def plain_rule(policy: Policy) -> str | float | None:
    """Return what the policy's rule is for users who differ in the loss alone.

    Parameters
    ----------
    policy : Policy

    Returns
    -------
    str, float or None
        A rule by claims; or the power of the loss that awards are in proportion to; None where
        users are ranked.

    Examples
    --------
    >>> plain_rule(Policy.default()), plain_rule(Policy.preset("broad"))
    (1.0, 0.5)
    """
    objective = policy.objective
    if not policy.uses_weights:
        return objective.rule
    if objective.alpha == 0:
        return None
    inverse = 0.0 if math.isinf(objective.alpha) else 1.0 / objective.alpha
    of_loss = 1.0 - inverse if objective.of == "recovery" else 0.0
    return policy.weights.loss_exponent * inverse + of_loss


def _unlike(policy: Policy) -> str:
    """Say why awards are no function of losses and a budget, bounded by the losses; "" if so."""
    if plain_rule(policy) is None:
        return "users are ranked (alpha = 0)"
    if not policy.award.cap_at_loss:
        return "awards may be above losses (award.cap_at_loss = false)"
    if policy.claim.brackets:
        return "losses count in part (claim.brackets)"
    return "groups have totals of their own" if policy.grouped else ""


def _finding(ground: Ground, plain: str | float, limit: str, amount: Fraction) -> Finding:
    rule: Rule | float = rule_of(ground.policy) if isinstance(plain, str) else plain
    had = plain_properties(plain)
    broken = {
        name: shown
        for name in BROKEN[limit]
        if name in had and (shown := _shown(rule, limit, name, amount)) is not None
    }
    told = TOLD[limit]
    name = told.name.format(amount=_dollars(amount))
    alike = ground.policy.uses_weights and (
        ground.policy.weights.ratio_exponent or ground.policy.weights.factors
    )
    among = " among users of one loss ratio and one factor" if alike else ""
    sentence = (
        f"Of the {len(had)} properties that {_called(plain)} has{among}, {name} breaks "
        f"{len(broken) or 'none'}"
    )
    if broken:
        first = min(broken, key=lambda each: (each not in AT_SIGHT, len(broken[each])))
        names = ", ".join(each.replace("_", " ") for each in broken)
        sentence += f": {names}. {BROKEN[limit][first].why.capitalize()}: {broken[first]}"
    held = _held(ground, limit, amount)
    if limit != "unit":
        sentence += f". Here {users(len(held))} {'is' if len(held) == 1 else 'are'} {told.held}"
    watch = broken and len(held) and limit != "unit"
    return Finding(
        f"properties.{limit}",
        "watch" if watch else "fine",
        float(len(broken)),
        "properties",
        sentence + ".",
        _example(ground, int(held[0]), told) if watch else None,
        (told.key,),
        told.remedy,
    )


def _shown(rule: Rule | float, limit: str, name: str, amount: Fraction) -> str | None:
    """Show that the limit breaks a property, in dollars; None where no stored problem does."""
    each = PROPERTIES[name]
    cents = amount * CENTS
    for size, case in BROKEN[limit][name].cases:
        # In parts of a cent of which the limit is so many, so that all amounts are whole.
        by, parts = cents.numerator, size * cents.denominator
        scaled = each.scaled(case, by)
        with_limit = limited(rule, limit, size * by)
        try:
            if each.check(limited(rule), scaled) and not each.check(with_limit, scaled):
                awards = with_limit(scaled.claims, scaled.budget)
                return _in_dollars(each, scaled, awards, parts)
        except AllocatorError:
            continue
    return None


def _in_dollars(each: Property, case: Case, awards: list[Fraction], parts: int) -> str:
    def listed(amounts: list[Fraction]) -> str:
        *first, last = [_dollars(amount / (parts * CENTS)) for amount in amounts]
        return f"{', '.join(first)} and {last}"

    claims = listed([Fraction(claim) for claim in case.claims])
    budget = _dollars(Fraction(case.budget, parts * CENTS))
    more = ""
    if each.money:
        changed = _dollars(Fraction(case.more[each.money[0]], parts * CENTS))
        what = each.reads if each.reads.endswith(" budget") else "a change"
        more = f"; compare with {what} of {changed}"
    return f"of {budget}, losses of {claims} get {listed(awards)}{more}"


def _amount(policy: Policy, limit: str) -> Fraction:
    award = policy.award
    if limit == "minimum" and award.below_minimum != "raise":
        return Fraction(0)  # smaller shares are dropped, not raised
    text = {
        "line": policy.eligibility.min_loss,
        "minimum": award.minimum,
        "maximum": award.maximum,
        "unit": award.unit,
    }[limit]
    return exact(text)


def _held(ground: Ground, limit: str, amount: Fraction) -> NDArray[np.int64]:
    if limit == "line":
        rows = ground.candidates
        below: NDArray[np.int64] = rows[ground.users.loss[rows] < int(amount * FINE)]
        return below
    if limit == "unit":
        return ground.rows
    held: NDArray[np.int64] = ground.rows[ground.award_cents[ground.rows] == int(amount * CENTS)]
    return held


def _example(ground: Ground, row: int, told: Told) -> Example:
    cents = int(ground.award_cents[row])
    return Example(row, f"{ground.lost(row)} and gets {format_cents(cents)}, being {told.held}")


def _called(plain: str | float) -> str:
    if plain == 1.0:
        return "division in proportion to losses"
    if plain == 0.0:
        return "division in equal amounts"
    if isinstance(plain, str):
        return plain.replace("_", " ")
    return f"division in proportion to loss^{plain:.4g}"


def _dollars(amount: Fraction) -> str:
    return format_dollars(amount)
