"""The rules that a policy can name: the core's rule, and what of a policy has no part in it.

**Rules with a level** (`LEVELS`) take everything. By default only ``alpha_fair`` looks at weights;
with ``objective.weighted = true`` those of `WEIGHTED` do, too.

**``two_stage``** divides the budget by ``objective.stage_rule`` among the groups of the column
``objective.by``, by what their users claim together, and each group's share by the same rule among
its users. Floors and caps apply to users; a group's are the sums of its users'. In the certificate
a group's share is its floor, and its cap.

**Rules without a level** (`FEW`) know claims and a budget, and nothing else: recognized losses are
the claims, and the only caps. A policy that names one must say so: ``award.minimum = "0.00"``,
``award.maximum`` not below the budget, ``award.cap_at_loss = true``, no constraints, and nothing
already paid. Each takes so many eligible users only; whole units are largest remainders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allocator.core.catalog import FEW_RULES, RULES
from allocator.core.claims import ClaimsRule
from allocator.core.few.arrival import RandomArrival
from allocator.core.few.rule import AnyRule, FewRule
from allocator.core.rules import AlphaFair, Rule
from allocator.errors import UnsupportedError

if TYPE_CHECKING:
    from allocator.policy.schema import Policy
    from allocator.policy.waves import Paid

__all__ = [
    "BY_CLAIM",
    "FEW",
    "LEVELS",
    "NAMES",
    "STAGES",
    "TWO_STAGE",
    "WEIGHTED",
    "any_rule_of",
    "check_size",
    "check_unpaid",
    "claims_rule",
    "few_rule_of",
    "rule_of",
]


def _takes_weights(rule: type[Rule]) -> bool:
    return rule.objective or (issubclass(rule, ClaimsRule) and rule.weighted)


TWO_STAGE = "two_stage"
STAGES = tuple(name for name, rule in RULES.items() if not rule.objective)
# In the order of messages: what everybody starts with, rules by claims, what maximizes something.
LEVELS = ("alpha_fair", *STAGES, *(n for n in RULES if n not in ("alpha_fair", *STAGES)))
# Rules that divide by claims alone and are no mere proportion.
BY_CLAIM = tuple(name for name in LEVELS if name not in ("alpha_fair", "proportional"))
WEIGHTED = tuple(name for name in BY_CLAIM if _takes_weights(RULES[name]))
FEW = tuple(FEW_RULES)
NAMES = (*LEVELS, TWO_STAGE, *FEW)


def rule_of(policy: Policy) -> Rule:
    """Return the rule that the policy names; all but alpha_fair divide by claims alone.

    Raises
    ------
    UnsupportedError
        If it is a rule without a level.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> rule_of(Policy.default().replace(rule="talmud"))
    Talmud()
    """
    if policy.uses_weights:
        return AlphaFair(policy.objective.alpha, of=policy.objective.of)
    name = policy.objective.rule
    if name in FEW:
        raise UnsupportedError(
            f'objective.rule = "{name}": this needs a rule whose awards follow one level, and '
            f"{name} has none; choose {FEW_RULES[name].instead}"
        )
    return RULES[claims_rule(policy)]()


def claims_rule(policy: Policy) -> str:
    """Return the name of the rule that divides, in both stages where there are two.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> claims_rule(Policy.default().replace(rule="two_stage", by="region", stage_rule="talmud"))
    'talmud'
    """
    objective = policy.objective
    return objective.stage_rule or "proportional" if objective.rule == TWO_STAGE else objective.rule


def few_rule_of(policy: Policy) -> FewRule | None:
    """Return the rule without a level that the policy names; None when it names another.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> few_rule_of(Policy.default()) is None
    True
    """
    name = policy.objective.rule
    if name == "random_arrival":
        return RandomArrival(seed=policy.objective.seed or 0)
    return FEW_RULES[name]() if name in FEW else None


def any_rule_of(policy: Policy) -> AnyRule:
    """Return the rule that the policy names, with or without a level."""
    return few_rule_of(policy) or rule_of(policy)


def check_size(policy: Policy, eligible: int) -> None:
    """Refuse more users than the policy's rule can do.

    Parameters
    ----------
    policy : Policy
    eligible : int
        Where nobody is eligible, nothing is divided, by whatever rule.

    Raises
    ------
    UnsupportedError
        If there are more, with the number the rule takes and what to choose instead.
    """
    rule = few_rule_of(policy)
    if rule is None or not eligible or rule.min_claimants <= eligible <= rule.max_claimants:
        return
    most = rule.max_claimants
    takes = f"exactly {most}" if most == rule.min_claimants else f"up to {most:,}"
    raise UnsupportedError(
        f'objective.rule = "{rule.name}": takes {takes} eligible users, and there are '
        f"{eligible:,}; choose {rule.instead}, or let others in (eligibility.min_loss, "
        "eligibility.min_loss_ratio, eligibility.exclude)"
    )


def check_unpaid(policy: Policy, paid: Paid | None) -> None:
    """Refuse what was already paid: a rule without a level knows no floors to top up from.

    Raises
    ------
    UnsupportedError
        If anything was paid.
    """
    if paid is not None:
        name = policy.objective.rule
        raise UnsupportedError(
            f'objective.rule = "{name}": cannot count what was already paid, because it knows '
            f"losses and a budget only; choose {FEW_RULES[name].instead}, or leave the payments out"
        )
