"""What an analyst is told of an award: every number, and how two users differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from allocator.allocation.explanation import Explanation
from allocator.money import format_cents
from allocator.policy.formula import significant
from allocator.policy.missed import Missed
from allocator.policy.rules import FEW
from allocator.policy.schema import Policy

__all__ = ["analysis", "analysis_missed", "difference"]


def analysis_missed(facts: Mapping[str, Any], missed: Missed) -> str:
    """Say which rule failed, with its numbers and the key that made it."""
    return (
        f"{facts['user_id']}: {format_cents(facts['award_cents'])}, not eligible "
        f"({missed.reason})\n"
        f"  {missed.sentence} [{missed.key}]"
    )


def analysis(facts: Mapping[str, Any], policy: Policy, *, ranked: bool, unlimited: bool) -> str:
    """Say what went into the award of an eligible user, line by line."""
    lines = [f"{facts['user_id']}: {format_cents(facts['award_cents'])}, eligible"]
    net = "" if facts["net_assets"] is None else f", net assets {facts['net_assets']}"
    lines.append(f"  loss {facts['loss']}{net}")
    for part in facts["parts"]:
        same = part.value == part.part
        value = "" if same else f" (of {significant(part.value, 8)})"
        lines.append(f"  {part.name} = {significant(part.part, 8)}{value}")
    if facts["weight"] is not None:
        lines.append(f"  weight {significant(facts['weight'], 8)}")
    if unlimited:
        lines.append("  the level has no end: all who have a weight are at their caps")
    elif policy.objective.rule in FEW:
        lines.append(f"  by {policy.objective.rule}, which has no level: computed from all losses")
    elif facts["level"] is None and facts.get("group"):
        lines.append("  the group has a level of its own, which the certificate does not list")
    elif facts["level"] is None:
        lines.append("  ranked: so near alpha = 0 the level is beyond what a float holds")
    elif ranked:
        lines.append(f"  ranked; the margin is at {significant(facts['level'], 8)}")
    else:
        mine = " of the group" if facts.get("group") else ""
        lines.append(
            f"  level {significant(facts['level'], 8)}{mine}, fractional award "
            f"${facts['fractional_award']:,.6f}"
        )
    bounds = f"{format_cents(facts['lower_cents'])} to {format_cents(facts['upper_cents'])}"
    binding = {
        "none": "none binds",
        "floor": "at the minimum",
        "cap": "at the maximum",
        "paid": "at what was already paid",
        "own_cap": "at the user's own cap",
    }.get(facts["binding"], f"at the cap that the {facts['binding']} sets")
    if facts["binding"] == "group":
        binding = facts["group"]
    lines.append(f"  bounds {bounds}: {binding}")
    lines.append(f"  whole-cent award {format_cents(facts['award_cents'])}")
    if policy.award.unit != "0.01":
        lines[-1] += f", in multiples of ${policy.award.unit}"
    return "\n".join(lines)


def difference(a: Explanation, b: Explanation) -> tuple[str, ...]:
    """Say how two users differ: part by part, or which of them is out and why."""
    if a.reason == b.reason == "eligible":
        return tuple(_by_parts(a, b))
    return tuple(map(_standing, (a, b)))


def _standing(one: Explanation) -> str:
    if one.reason == "eligible":
        return f"{one.user_id} is eligible and gets {format_cents(one.award_cents)}"
    if one.missed is None:
        return f"{one.user_id} was set aside: {'; '.join(one.set_aside)}"
    return f"{one.user_id} is not eligible ({one.reason}): {one.missed.sentence}"


def _by_parts(a: Explanation, b: Explanation) -> Iterator[str]:
    # Near alpha = 0 one of the two may have parts that no float holds, and then has none.
    for mine, theirs in zip(a.parts, b.parts, strict=False):
        times = f"{mine.part / theirs.part:.4g} times" if theirs.part else "against 0"
        yield f"{mine.name}: {significant(mine.part, 6)} and {significant(theirs.part, 6)}, {times}"
    for each in (a, b):
        if each.binding != "none":
            held = {"floor": "minimum", "cap": "maximum"}.get(each.binding, each.binding)
            yield f"{each.user_id} is held at the {held}"
    awards = f"{format_cents(a.award_cents)} and {format_cents(b.award_cents)}"
    ratio = f", {a.award_cents / b.award_cents:.4g} times" if b.award_cents else ""
    yield f"award: {awards}{ratio}"
