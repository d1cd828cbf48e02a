"""The effective formula of a policy, in one line, with the level filled in."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from allocator.data.columns import AWARD_CAP
from allocator.money import exact
from allocator.policy.claims_formula import ABOVE_CLAIM, idea_of
from allocator.policy.rules import BY_CLAIM, FEW, TWO_STAGE
from allocator.policy.terms import (
    Term,
    claim_name,
    customer_terms,
    given_by,
    scientific,
    significant,
    two_stages,
    with_cap,
)
from allocator.policy.values import read_ratio, show_dollars, show_number

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["Term", "claim_name", "customer_terms", "formula", "significant"]

_FAINT = 1e-300  # below, a float may have lost its digits, or be 0, which no product can have


def formula(
    policy: Policy, level: float, log_level: float | None = None, largest: float = 0.0
) -> str:
    """Return the effective formula in one line.

    Parameters
    ----------
    policy : Policy
    level : float
        The fractional award in dollars is level × w^(1/alpha), times loss^(1 − 1/alpha) for
        recovery; level × claim for proportional. At alpha = 0, the weight at the margin. For the
        other rules by claims, see `allocator.policy.claims_formula`. Infinite when everybody has
        their cap.
    log_level : float, optional
        Its natural logarithm, for a level that no float holds: near alpha = 0 there are such.
    largest : float
        The largest claim in dollars, which rules on half-claims depend on.

    Returns
    -------
    str

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> formula(Policy.default(), 0.0177992)
    'voucher = 0.017799 × loss × √ratio (at most 1), from $4 to $6,000'
    >>> formula(Policy.default().replace(alpha=0.01), math.inf, 1000.0)[:36]
    'voucher = 1.9701 × 10^434 × loss^100'
    """
    award = policy.award
    low, high = (_dollars(exact(text)) for text in (award.minimum, award.maximum))
    terms = customer_terms(policy)
    product = " × ".join(with_cap(term, policy) for term in terms)
    log = log_level
    if log is None:
        log = math.log(level) if level >= _FAINT else -math.inf
    few = policy.objective.rule in FEW
    two = policy.objective.rule == TWO_STAGE
    by_claim = few or policy.objective.rule in BY_CLAIM
    if few:
        name = policy.objective.rule.replace("_", " ")
        text = f"voucher by {name}: {idea_of(policy.objective.rule, claim_name(policy))}"
        told_cap = False
    elif two:
        text = f"voucher in two stages: {two_stages(policy)}; from {low} to {high}"
        told_cap = award.cap_at_loss and policy.objective.stage_rule in ABOVE_CLAIM
    elif log == math.inf:
        text = f"voucher = {high}, the maximum"
        told_cap = award.cap_at_loss
    elif by_claim:
        what = given_by(policy, level, largest)
        text = f"voucher = {what.text}, from {low} to {high}"
        told_cap = award.cap_at_loss and policy.objective.rule in ABOVE_CLAIM and level > 0
    elif policy.uses_weights and policy.objective.alpha == 0:
        ranked = product or "rank"
        margin = significant(level)
        text = f"voucher = {high} where {ranked} is above {margin}, {low} where it is below"
        told_cap = award.cap_at_loss
    elif not terms:
        text = f"voucher = {_dollars(Fraction(level).limit_denominator(10**6), 2)} for everyone"
        text += f", from {low} to {high}"
        told_cap = award.cap_at_loss and level > float(exact(policy.eligibility.min_loss))
    else:
        held = _FAINT <= level < math.inf
        text = f"voucher = {_coefficient(level, log)} × {product}, from {low} to {high}"
        told_cap = award.cap_at_loss and not (held and _below_loss(policy, level, terms))
    if told_cap:
        text += ", never more than the loss"
    if AWARD_CAP in policy.columns:
        text += ", never more than the user's own cap"
    counted = by_claim or any(term.of == "recognized loss" for term in terms)
    if policy.claim.brackets and counted:
        text += f"; recognized loss = {_brackets(policy)}"
    if award.below_minimum != "raise":
        text += f"; below {low} nothing is paid"
    if exact(award.unit) != Fraction(1, 100):
        text += f"; in multiples of {_dollars(exact(award.unit))}"
    return text


def _coefficient(level: float, log: float) -> str:
    if _FAINT <= level < math.inf:
        return significant(level)
    if log == -math.inf:
        return f"a level below {significant(_FAINT)}"
    power = math.floor(log / math.log(10))
    return scientific(math.exp(log - power * math.log(10)), power, 5)


def _below_loss(policy: Policy, level: float, terms: tuple[Term, ...]) -> bool:
    """Whether the formula and the minimum stay below the loss by themselves, for everybody."""
    least = float(exact(policy.eligibility.min_loss))
    if float(exact(policy.award.minimum)) > least:
        return False
    # award / loss is level × loss^(power - 1) × ...: largest at the smallest loss when the power
    # is below 1, else at the largest loss that the maximum leaves below itself.
    of_loss = sum(term.power for term in terms if term.of.endswith("loss"))
    worst = least if of_loss <= 1 else float(exact(policy.award.maximum))
    if worst == 0 and of_loss != 1:
        return False
    try:
        share = level * worst ** (of_loss - 1) if of_loss != 1 else level
        for term in terms:
            if term.of == "ratio":
                share *= term.part(float(read_ratio(policy.weights.ratio_cap)))
            elif term.of.endswith(" factor"):
                table = policy.weights.factors[term.of.removesuffix(" factor")]
                share *= term.part(max(table.values()))
    except OverflowError:  # powers of 100 or so, near alpha = 0: it is no fault to tell the cap
        return False
    return share <= 1


def _brackets(policy: Policy) -> str:
    parts = []
    before = ""
    for bracket in policy.claim.brackets:
        rate = show_number(read_ratio(bracket.rate) * 100) + "%"
        if bracket.up_to is None:
            parts.append(f"{rate} of the rest" if before else f"{rate} of the loss")
        else:
            before = _dollars(exact(bracket.up_to))
            parts.append(f"{rate} up to {before}")
    return ", ".join(parts)


def _dollars(value: Fraction, places: int = 0) -> str:
    """Dollars without cents where there are none: "$4", "$4.50"."""
    if places:
        value = round(value, places)
    return show_dollars(value).removesuffix(".00")
