"""A policy in plain sentences, each with where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allocator.data.columns import AWARD_CAP
from allocator.policy.claims_formula import WEIGHTED_IDEAS, idea_of
from allocator.policy.constraint_words import sentence as constraint_sentence
from allocator.policy.rules import BY_CLAIM, FEW
from allocator.policy.sources import Source, Sourced
from allocator.policy.terms import claim_name, customer_terms, two_stages, weight_product
from allocator.policy.wave_checks import ACCOUNT
from allocator.policy.waves import reserve_units

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["Sentence", "sentences"]

_RANK: dict[Source, int] = {"announced": 0, "assumed": 1, "set": 2}


_DROPS = {
    "drop_once": "Whoever would get less than the minimum gets nothing; the others divide again.",
    "drop_until_stable": "The smallest vouchers are dropped, one size after the other, until "
    "nobody left would get less than the minimum.",
}


@dataclass(frozen=True)
class Sentence:
    """What a policy says, in a sentence.

    Attributes
    ----------
    text : str
    source : {"announced", "assumed", "set"}
        Of the least certain of the keys it speaks of: set after assumed after announced.
    """

    text: str
    source: Source


def sentences(policy: Policy) -> tuple[Sentence, ...]:
    """Return what the policy says, in the order in which it is applied.

    Parameters
    ----------
    policy : Policy

    Returns
    -------
    tuple of Sentence

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> for each in sentences(Policy.default())[:2]:
    ...     print(f"{each.text} ({each.source})")
    Vouchers worth $300,000,000.00 in all are divided. (announced)
    Nobody who was already compensated gets one. (announced)
    """
    said = {each.key: each for each in policy.sources()}
    return tuple(
        Sentence(text, _weakest([said[key] for key in keys]))
        for text, keys in _texts(policy, {key: each.value for key, each in said.items()})
    )


def _texts(policy: Policy, v: dict[str, str]) -> list[tuple[str, list[str]]]:
    rule, award = policy.eligibility, policy.award
    texts = [(f"Vouchers worth {v['award.budget']} in all are divided.", ["award.budget"])]
    if reserve_units(policy):
        text = f"Of this, {v['award.reserve']} is held back as a reserve."
        texts.append((text, ["award.reserve"]))
    if award.per != ACCOUNT:
        text = f"All accounts of one {award.per} count together, and its voucher is split by loss."
        texts.append((text, ["award.per"]))
    if rule.exclude_already_compensated:
        key = "eligibility.exclude_already_compensated"
        texts.append(("Nobody who was already compensated gets one.", [key]))
    if rule.exclude:
        columns = ", ".join(rule.exclude)
        texts.append((f"Some users are excluded by: {columns}.", ["eligibility.exclude"]))
    loss = "eligibility.min_loss"
    texts.append((f"The loss must be at least {v[loss]}.", [loss]))
    if policy.uses_ratio:
        ratio, net = "eligibility.min_loss_ratio", "eligibility.nonpositive_net_assets"
        texts.append((f"The loss must be at least {v[ratio]} of net assets.", [ratio]))
        texts.append((f"Users whose net assets are zero or less are {v[net]}.", [net]))
    if policy.claim.brackets:
        text = f"Losses count in brackets: {v['claim.brackets']}."
        texts.append((text, ["claim.brackets"]))
    if policy.objective.rule not in FEW:  # which know no such bounds
        text = f"A voucher is at least {v['award.minimum']} and at most {v['award.maximum']}."
        texts.append((text, ["award.minimum", "award.maximum"]))
    if award.cap_at_loss:
        texts.append(("No voucher is larger than the loss.", ["award.cap_at_loss"]))
    if AWARD_CAP in policy.columns:
        own = f"No voucher is larger than the user's own cap, {policy.columns[AWARD_CAP]}."
        texts.append((own, ["columns"]))
    if award.below_minimum in _DROPS:
        texts.append((_DROPS[award.below_minimum], ["award.below_minimum"]))
    texts.append(_shares(policy))
    for constraint in policy.constraints:
        texts.append((constraint_sentence(constraint, policy), ["constraints"]))
    return texts


def _shares(policy: Policy) -> tuple[str, list[str]]:
    objective = policy.objective
    keys = ["objective.rule"]
    if policy.uses_weights:
        keys += ["objective.alpha", "objective.of"]
    if policy.weighs:
        keys += ["weights.loss_exponent", "weights.ratio_exponent", "weights.ratio_cap"]
        keys.append("weights.factors")
    if objective.rule in FEW:
        idea = idea_of(objective.rule, claim_name(policy))
        name = objective.rule.replace("_", " ")
        return f"The rule is {name}: {idea}.", keys
    if objective.rule == "two_stage":
        return f"Vouchers are divided in two stages: {two_stages(policy)}.", keys
    if objective.rule in BY_CLAIM:
        idea = idea_of(objective.rule, claim_name(policy))
        if objective.weighted:
            product = weight_product(policy) or "the same for all"
            idea = WEIGHTED_IDEAS[objective.rule].format(product=product, loss=claim_name(policy))
        return f"Between these bounds, {idea}.", keys
    product = " × ".join(str(term) for term in customer_terms(policy))
    if policy.uses_weights and objective.alpha == 0:
        return f"Those with the largest {product or 'rank'} come first.", keys
    if not product:
        return "Between these bounds, everyone gets the same.", keys
    if policy.uses_weights and math.isinf(objective.alpha):
        return "Between these bounds, everyone recovers the same share of the loss.", keys
    return f"Between these bounds, vouchers are in proportion to {product}.", keys


def _weakest(parts: list[Sourced]) -> Source:
    return max((part.source for part in parts), key=_RANK.__getitem__)
