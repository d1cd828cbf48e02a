"""The rules across keys about the rule that a policy names, and the keys that only some have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allocator.errors import nearest
from allocator.money import exact
from allocator.policy.rules import FEW, NAMES, STAGES, TWO_STAGE, WEIGHTED
from allocator.policy.violations import Violation

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["COLUMNS", "named", "stages", "weighted", "without_level"]

# The columns that have a meaning of their own; every other column is an attribute.
COLUMNS = (
    "user_id",
    "liquidation_loss",
    "net_assets",
    "already_compensated",
    "already_paid",
    "award_cap",
    "no_snapshot",
    "time",
    "product",
    "loss",
)
RULE = ("objective", "rule")


def named(policy: Policy) -> Iterator[Violation]:
    """Find a rule that is not there, and keys that are not the rule's."""
    rule, seed = policy.objective.rule, policy.objective.seed
    if rule not in NAMES:
        close = nearest(rule, NAMES)
        yield Violation(
            (RULE,),
            f'objective.rule = "{rule}": must be '
            + " or ".join(f'"{name}"' for name in NAMES)
            + (f'; did you mean "{close}"?' if close else ""),
        )
    elif seed is not None and rule != "random_arrival":
        yield Violation(
            (("objective", "seed"), RULE),
            f'objective.seed = {seed}: only rule = "random_arrival" draws anything; leave it out '
            f'with rule = "{rule}"',
        )


def weighted(policy: Policy) -> Iterator[Violation]:
    """Find weights asked of a rule that has no weighted version, or always has weights."""
    rule = policy.objective.rule
    if policy.objective.weighted is None or rule in WEIGHTED or rule not in NAMES:
        return
    told = str(policy.objective.weighted).lower()
    why = f'rule = "{rule}" has no weighted version; ' + ", ".join(WEIGHTED) + " have"
    if rule == "alpha_fair":
        why = 'rule = "alpha_fair" always has weights; leave it out'
    yield Violation((("objective", "weighted"), RULE), f"objective.weighted = {told}: {why}")


def stages(policy: Policy) -> Iterator[Violation]:
    """Find what the two-stage rule lacks, or what only it has."""
    objective = policy.objective
    if objective.rule != TWO_STAGE:
        for key in ("by", "stage_rule"):
            if getattr(objective, key) is not None and objective.rule in NAMES:
                yield Violation(
                    (("objective", key), RULE),
                    f'objective.{key} = "{getattr(objective, key)}": belongs to rule = '
                    f'"{TWO_STAGE}"; leave it out with rule = "{objective.rule}"',
                )
        return
    why = f'with rule = "{TWO_STAGE}"'
    if objective.by is None:
        told = f"objective.by: must name the column whose groups come first, {why}"
        yield Violation((("objective", "by"), RULE), told)
    elif objective.by in COLUMNS:
        yield Violation(
            (("objective", "by"),),
            f'objective.by = "{objective.by}": must be an attribute such as region or vip_tier; '
            f"{objective.by} has a meaning of its own",
        )
    if objective.stage_rule is not None and objective.stage_rule not in STAGES:
        close = nearest(objective.stage_rule, STAGES)
        yield Violation(
            (("objective", "stage_rule"), RULE),
            f'objective.stage_rule = "{objective.stage_rule}": must be '
            + " or ".join(f'"{name}"' for name in STAGES)
            + (f'; did you mean "{close}"?' if close else ""),
        )
    if policy.constraints:
        told = f"constraints: must be left out {why}, whose groups have their shares already"
        yield Violation((("constraints",), RULE), told)


def without_level(policy: Policy) -> Iterator[Violation]:
    """Find what rules without a level do not know: floors, caps but the loss, groups, payments."""
    rule, award = policy.objective.rule, policy.award
    if rule not in FEW:
        return
    why = f'with rule = "{rule}", which knows losses and a budget only'

    def wrong(key: str, value: str, right: str) -> Violation:
        section, _, name = key.partition(".")
        path = (section, name) if name else (section,)
        return Violation((path, RULE), f"{key}{value}: {right} {why}")

    if exact(award.minimum):
        yield wrong("award.minimum", f' = "{award.minimum}"', 'must be "0.00"')
    if exact(award.maximum) < exact(award.budget):
        right = f'must be at least the budget, "{award.budget}",'
        yield wrong("award.maximum", f' = "{award.maximum}"', right)
    if not award.cap_at_loss:
        yield wrong("award.cap_at_loss", " = false", "must be true")
    if policy.constraints:
        yield wrong("constraints", "", "must be left out")
    for name in ("already_paid", "award_cap"):
        if name in policy.columns:
            yield wrong(f"columns.{name}", "", "must be left out")
