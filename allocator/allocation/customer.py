"""What a customer is told of an award: arithmetic that a phone repeats, and no jargon."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import product
from typing import Any

from allocator.allocation.evidence import Certificate
from allocator.allocation.explanation import in_cents, in_dollars
from allocator.allocation.group_facts import DecidingGroup
from allocator.money import CENTS, exact, format_cents
from allocator.policy.claims_formula import Given, idea_of
from allocator.policy.formula import claim_name
from allocator.policy.missed import OWN_CAP, Missed
from allocator.policy.rules import FEW
from allocator.policy.schema import Policy
from allocator.policy.sections import Range
from allocator.policy.values import read_ratio, show_dollars, show_percent

__all__ = ["told", "told_group", "told_missed", "told_rule"]

LONGEST = 24  # characters of a number that anybody would type
FEWEST_DIGITS, MOST_DIGITS = 5, 13
CENT = Decimal("0.01")
NEAREST = 0.001  # of a cent: at small alpha and amounts a cent is earned just before its half


def told(
    facts: Mapping[str, Any],
    ratio: float | None,
    policy: Policy,
    phrases: Mapping[str, str],
    certificate: Certificate,
) -> str:
    """Tell an eligible user how the award came about.

    Parameters
    ----------
    facts : mapping
        The fields of an `Explanation`.
    ratio : float or None
        Loss over net assets.
    policy : Policy
    phrases : mapping of str to str
    certificate : Certificate

    Returns
    -------
    str
    """
    award = format_cents(facts["award_cents"])
    unit = policy.award.unit_cents
    said = [_lost(facts, ratio, phrases)]
    if policy.objective.rule in FEW:
        idea = idea_of(policy.objective.rule, claim_name(policy))
        return " ".join([*said, phrases["by_few"].format(idea=idea, award=award)])
    if certificate.unlimited:
        key = "caps_reached" if certificate.status == "caps_reached" else facts["binding"]
        return " ".join([*said, phrases.get(key, phrases["left"]).format(award=award)])
    if facts["fractional_award"] is None:
        return " ".join([*said, phrases["ranked"].format(amount=award)])
    low, high, binding = facts["lower_cents"], facts["upper_cents"], facts["binding"]
    reached = facts["fractional_award"] * CENTS
    if abs(min(max(reached, low), high) - facts["award_cents"]) > unit + NEAREST:
        # Users of weight zero come last, and get what is left: the product does not tell of it.
        phrase = phrases.get(binding, phrases["left"])
        return " ".join([*said, phrase.format(award=award)])
    numbers, amount = _arithmetic(facts)
    if max(map(len, numbers.split(" × "))) > LONGEST:
        said.append(phrases["in_short"].format(amount=amount))
    elif facts["parts"]:
        names = " × ".join([numbers.split(" × ")[0], *(p.name for p in facts["parts"])])
        said.append(phrases["formula"].format(formula=names, numbers=numbers, amount=amount))
    else:
        said.append(phrases["same_for_all"].format(amount=amount))
    said.append(_last(facts, reached, amount, unit, phrases))
    return " ".join(said)


def _lost(facts: Mapping[str, Any], ratio: float | None, phrases: Mapping[str, str]) -> str:
    loss = in_cents(exact(facts["loss"]))
    if ratio is None:
        return phrases["lost_only"].format(loss=loss)
    return phrases["lost"].format(loss=loss, ratio=f"{ratio:.1%}")


def _last(
    facts: Mapping[str, Any], reached: float, amount: str, unit: int, phrases: Mapping[str, str]
) -> str:
    """Say how the award differs from the amount, which is `reached` in cents."""
    award = format_cents(facts["award_cents"])
    if reached < facts["lower_cents"] - 0.5:
        return phrases["floor"].format(award=award)
    if reached > facts["upper_cents"] + 0.5:
        held = facts["binding"] if facts["binding"] in ("loss", "own_cap") else "cap"
        return phrases[held].format(award=award)
    if amount != award and unit > 1:
        return phrases["unit"].format(unit=format_cents(unit), award=award)
    return phrases["free"] if amount == award else phrases["odd_cent"].format(award=award)


def told_rule(
    facts: Mapping[str, Any],
    rule: Given,
    ratio: float | None,
    policy: Policy,
    phrases: Mapping[str, str],
) -> str:
    """Tell an eligible user of a rule by claims that is no mere proportion."""
    reached = facts["fractional_award"] * CENTS
    amount = format_cents(math.floor(reached + 0.5 + NEAREST))
    return " ".join(
        (
            _lost(facts, ratio, phrases),
            phrases["by_rule"].format(formula=rule.text, amount=amount),
            _last(facts, reached, amount, policy.award.unit_cents, phrases),
        )
    )


def told_group(
    facts: Mapping[str, Any],
    group: DecidingGroup,
    ratio: float | None,
    phrases: Mapping[str, str],
) -> str:
    """Tell an eligible user in a group that has its floor or its cap."""
    own = facts["binding"] if facts["binding"] in phrases else f"group_{group.which}"
    said = phrases[own].format(
        group=group.short, bound=group.bound, award=format_cents(facts["award_cents"])
    )
    return f"{_lost(facts, ratio, phrases)} {said}"


def _arithmetic(facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return a product that a phone repeats to the cent, with as few digits as that takes."""
    target = facts["fractional_award"]
    # Not the award: equal users read the same product, and then who got the odd cent.
    wanted = math.floor(target * CENTS + 0.5 + NEAREST)
    # The loss in cents, as it is told, unless more of its decimals are what it takes.
    for money, digits in product((_in_two_decimals, _money), range(FEWEST_DIGITS, MOST_DIGITS)):
        numbers = [_in_full(facts["level"], digits)]
        for part in facts["parts"]:
            is_money = part.value == part.part and part.name.endswith("loss")
            numbers.append(money(part.value) if is_money else _in_full(part.part, digits - 1))
        result = math.prod((Decimal(n.replace(",", "")) for n in numbers), start=Decimal(1))
        cents = int((result * CENTS).to_integral_value(ROUND_HALF_UP))
        if cents == wanted:
            break
    return " × ".join(numbers), format_cents(cents)


def _in_full(value: float, digits: int) -> str:
    """Write a number with so many significant digits and no power of ten: phones have no key."""
    if value == 0:
        return "0"
    text = f"{value:,.{max(0, digits - 1 - math.floor(math.log10(abs(value))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _in_two_decimals(value: float) -> str:
    return f"{Decimal(repr(value)).quantize(CENT, ROUND_HALF_EVEN):f}"


def _money(value: float) -> str:
    text = f"{Decimal(repr(value)):f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"


def told_missed(missed: Missed, policy: Policy, phrases: Mapping[str, str]) -> str:
    """Tell a user which rule failed, and by how much."""
    key, _, column = missed.reason.partition(":")
    amounts = _rounded(missed)
    if key == "excluded":
        rule = policy.eligibility.exclude[column]
        if isinstance(rule, Range) and missed.actual is not None:
            amounts["limits"] = _limits(rule, phrases)
            key = f"excluded_{column}"
        elif column == "user_id":
            key = "excluded_user_id"
    elif missed.key == OWN_CAP:
        key = "own_cap_below_minimum"
    minimum = show_percent(read_ratio(policy.eligibility.min_loss_ratio))
    return phrases[key].format(column=column, minimum=minimum, **amounts)


def _rounded(missed: Missed) -> dict[str, str]:
    """Write the amounts in cents, so that they still add up; in full where cents would hide any."""
    values = {"actual": missed.actual, "required": missed.required, "short": missed.short}
    if missed.actual is not None and missed.required is not None:
        have, need = round(missed.actual * CENTS), round(missed.required * CENTS)
        if need > have and (have or not missed.actual):
            told = {"actual": have, "required": need, "short": need - have}
            return {name: format_cents(cents) for name, cents in told.items()}
        return {name: in_dollars(value or Fraction(0)) for name, value in values.items()}
    return {name: "" if value is None else in_cents(value) for name, value in values.items()}


def _limits(rule: Range, phrases: Mapping[str, str]) -> str:
    least, most = (None if x is None else show_dollars(exact(x)) for x in (rule.min, rule.max))
    key = "limits_up_to" if least is None else "limits_from" if most is None else "limits_between"
    return phrases[key].format(least=least, most=most)
