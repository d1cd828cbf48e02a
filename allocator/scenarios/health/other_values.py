"""For every number that was assumed or set by hand: what else it might be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from allocator.errors import PolicyError, UnsupportedError
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio

__all__ = ["OtherValue", "other_values"]

OTHER_ALPHA = 2.0
NO_RATIO_CAP = "1000000"  # a loss of a million times the net assets
# Keys that decide nothing here: who is called what, how a table was prepared, odd cents.
SILENT = {
    *("schema_version", "kind", "name", "currency", "tie_break_key", "columns", "constraints"),
    *("eligibility.window_start", "eligibility.window_end", "eligibility.snapshot"),
    *("eligibility.products", "award.if_budget_exceeds_caps"),
    "award.budget",  # what there is to share, not how
}


@dataclass(frozen=True)
class OtherValue:
    """A policy that differs in one number that nobody announced.

    Attributes
    ----------
    key : str
        What differs: a policy key, with the column for factors and exclusions.
    now : str
        What the policy says there.
    words : str
        What the other policy does instead.
    source : {"assumed", "set"}
    policy : Policy
    """

    key: str
    now: str
    words: str
    source: str
    policy: Policy


def other_values(policy: Policy) -> Iterator[OtherValue]:
    """Yield the policy with each of its assumed or hand-set numbers changed, one at a time.

    Exponents become 0 (or 1, or 1/2), factors, brackets and exclusions go, choices become the
    other choice; what was set instead of an announced number becomes that number.

    Parameters
    ----------
    policy : Policy

    Yields
    ------
    OtherValue

    Examples
    --------
    >>> first = next(other_values(Policy.default()))
    >>> first.key, first.words
    ('eligibility.nonpositive_net_assets', 'with users of zero or negative net assets eligible')
    """
    for each in policy.sources():
        if each.source == "announced" or each.key in SILENT:
            continue
        for key, words, changed in _changes(policy, each.key):
            now = each.value if key == each.key else "set"
            if changed is not None:
                yield OtherValue(key, now, words, each.source, changed)


def _changes(policy: Policy, key: str) -> Iterator[tuple[str, str, Policy | None]]:
    section, _, name = key.partition(".")
    value = getattr(getattr(policy, section), name)
    if key in ("weights.factors", "eligibility.exclude"):
        for column in value:
            rest = {other: each for other, each in value.items() if other != column}
            what = "factors" if section == "weights" else "exclusion"
            words = f"without the {what} by {column}"
            yield f"{key}.{column}", words, _with(policy, section, {name: rest})
        return
    if section in ("weights", "objective") and not _heard(policy, key):
        return
    found = _other(key, value)
    if found is not None:
        words, other = found
        yield key, words, _with(policy, section, {name: other})


def _heard(policy: Policy, key: str) -> bool:
    """Whether the key decides anything in this policy."""
    if key == "weights.ratio_cap":
        return policy.weighs_ratio
    if key.startswith("weights."):
        return policy.weighs
    return policy.uses_weights or key == "objective.rule"


def _other(key: str, value: Any) -> tuple[str, Any] | None:
    """Return another value, and how to say it; None where there is none to compare with."""
    if key == "weights.loss_exponent":
        return ("with loss exponent 1/2", 0.5) if value == 1 else ("with loss exponent 1", 1.0)
    if key == "weights.ratio_exponent":
        return ("without the ratio", 0.0) if value else ("with the square root of the ratio", 0.5)
    if key == "weights.ratio_cap":
        return ("without a ratio cap", NO_RATIO_CAP) if _below(value) else None
    if key == "objective.alpha":
        return ("with alpha 2", OTHER_ALPHA) if value == 1 else ("with alpha 1", 1.0)
    if key == "objective.of":
        other = "recovery" if value == "amount" else "amount"
        return f"with utility of the {other}", other
    if key == "objective.rule":
        if value == "alpha_fair":
            return "in proportion to losses", "proportional"
        return "in proportion to weights", "alpha_fair"
    if key == "claim.brackets":
        return ("counting losses in full", ()) if value else None
    if key == "eligibility.nonpositive_net_assets":
        other = "eligible" if value == "ineligible" else "ineligible"
        return f"with users of zero or negative net assets {other}", other
    if key == "award.cap_at_loss":
        allowed = "awards" if value else "no award"
        return f"with {allowed} above the loss", not value
    if key == "award.below_minimum":
        if value == "raise":
            return "dropping awards below the minimum", "drop_once"
        return "raising awards to the minimum", "raise"
    section, _, name = key.partition(".")
    if value == getattr(getattr(Policy.default(), section), name):
        return None
    (default,) = (each for each in Policy.default().sources() if each.key == key)
    called = "announced" if default.source == "announced" else "default"
    words = f"with the {called} {name.replace('_', ' ')} of {default.value}"
    return words, getattr(getattr(Policy.default(), section), name)


def _below(cap: str) -> bool:
    return read_ratio(cap) < read_ratio(NO_RATIO_CAP)


def _with(policy: Policy, section: str, changes: dict[str, Any]) -> Policy | None:
    """Return the changed policy; None where the rest of the policy does not allow it."""
    part = getattr(policy, section).model_copy(update=changes)
    changed = policy.model_copy(update={section: part})
    try:
        return Policy.model_validate(changed.model_dump(exclude_none=True))
    except (PolicyError, UnsupportedError):
        return None
