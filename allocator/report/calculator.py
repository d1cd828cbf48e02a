"""What the page's calculator works with: one policy at the level that an allocation has reached."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from allocator.allocation.phrases import ENGLISH
from allocator.allocation.result import Allocation
from allocator.core.claims import Proportional
from allocator.core.rules import AlphaFair
from allocator.money import FINE, exact
from allocator.policy.checks import COLUMNS
from allocator.policy.rules import any_rule_of
from allocator.policy.schema import Policy
from allocator.policy.sections import Range
from allocator.policy.values import read_ratio, show_percent
from allocator.scenarios.choices import stands_alone
from allocator.scenarios.earned import TIED
from allocator.scenarios.hypothetical import AMOUNTS, level_of

__all__ = ["as_json", "calculators", "phrases", "questions", "script", "script_hash"]

OTHERS = "*"  # what a policy calls the values that its factors do not list
REASONS = (  # whose sentences the page fills in
    "already_compensated",
    "excluded",
    "excluded_user_id",
    "excluded_net_assets",
    "excluded_liquidation_loss",
    "limits_from",
    "limits_up_to",
    "limits_between",
    "loss_below_minimum",
    "no_net_assets",
    "loss_ratio_below_minimum",
    "cap_below_minimum",
)


def calculators(names: Sequence[str], allocations: Sequence[Allocation]) -> list[dict[str, Any]]:
    """Return what the page needs to say what anybody would get under some allocations.

    Parameters
    ----------
    names : sequence of str
    allocations : sequence of Allocation

    Returns
    -------
    list of dict
        Money as whole numbers in text, which a browser reads exactly. Empty when the first
        allocation has no level that tells awards: its rule ranks users, or shares by groups.
    """
    found = [_one(name, each) for name, each in zip(names, allocations, strict=True)]
    told = [each for each in found if each is not None]
    return told if found and found[0] is not None else []


def _one(name: str, allocation: Allocation) -> dict[str, Any] | None:
    policy = allocation.policy
    rule = any_rule_of(policy)
    known = isinstance(rule, Proportional) or (isinstance(rule, AlphaFair) and rule.alpha > 0)
    if not known or not stands_alone(allocation) or not allocation.certificate.eligible:
        return None
    level = level_of(allocation)
    if math.isinf(level.tier) and not math.isinf(level.log_level):
        return None  # all who have a weight are at their caps, and the others share what is left
    award, weights = policy.award, policy.weights
    return {
        "name": name,
        "alpha": _number(rule.alpha) if isinstance(rule, AlphaFair) else None,
        "recovery": isinstance(rule, AlphaFair) and rule.of == "recovery",
        "log_level": _number(level.log_level),
        "tied": TIED,
        "loss_exponent": weights.loss_exponent,
        "ratio_exponent": weights.ratio_exponent,
        "ratio_cap": float(read_ratio(weights.ratio_cap)),
        "factors": [[column, dict(weights.factors[column])] for column in _factored(policy)],
        "brackets": [[_fine(each.up_to), *_parts(each.rate)] for each in policy.claim.brackets],
        "unit": _fine(award.unit),
        "unit_cents": award.unit_cents,
        "minimum": str(int(exact(award.minimum) / exact(award.unit))),
        "maximum": str(int(exact(award.maximum) / exact(award.unit))),
        "cap_at_loss": award.cap_at_loss,
        "rules": list(_rules(policy)),
    }


def _rules(policy: Policy) -> list[dict[str, Any]]:
    """Return who is out, in order of precedence, as far as the page can ask."""
    rule = policy.eligibility
    found: list[dict[str, Any]] = []
    if rule.exclude_already_compensated:
        found.append({"reason": "already_compensated"})
    for column, excluded in rule.exclude.items():
        each: dict[str, Any] = {"reason": f"excluded:{column}", "column": column}
        if isinstance(excluded, Range) and column in AMOUNTS:
            each |= {"min": _fine(excluded.min), "max": _fine(excluded.max)}
            found.append(each)
        elif not isinstance(excluded, Range) and column not in COLUMNS:
            found.append({**each, "values": [str(value) for value in excluded]})
    found.append({"reason": "loss_below_minimum", "least": _fine(rule.min_loss)})
    if policy.uses_ratio:
        if rule.nonpositive_net_assets == "ineligible":
            found.append({"reason": "no_net_assets"})
        ratio = read_ratio(rule.min_loss_ratio)
        found.append(
            {
                "reason": "loss_ratio_below_minimum",
                "least": _parts(rule.min_loss_ratio),
                "shown": show_percent(ratio),
            }
        )
    if policy.award.cap_at_loss:
        found.append({"reason": "cap_below_minimum", "least": _fine(policy.award.minimum)})
    return found


def questions(allocations: Sequence[Allocation]) -> dict[str, Any]:
    """Return what the calculator asks: net assets, compensation, and a choice per column.

    Parameters
    ----------
    allocations : sequence of Allocation

    Returns
    -------
    dict
        ``net_assets``, ``compensated`` (bool), ``columns`` (column -> values to choose from; ""
        stands for any other), ``unasked`` (columns that exclude, which it does not ask for).
    """
    policies = [each.policy for each in allocations]
    columns: dict[str, list[str]] = {}
    unasked: dict[str, None] = {}
    for policy in policies:
        for column in _factored(policy):
            columns.setdefault(column, []).extend(policy.weights.factors[column])
        for column, rule in policy.eligibility.exclude.items():
            if not isinstance(rule, Range) and column not in COLUMNS:
                # Somebody who is in must have a value to choose: any other.
                columns.setdefault(column, []).extend([*(str(v) for v in rule), OTHERS])
            elif column not in AMOUNTS or not isinstance(rule, Range):
                unasked[column] = None
    return {
        "net_assets": any(policy.needs_net_assets for policy in policies),
        "compensated": any(p.eligibility.exclude_already_compensated for p in policies),
        "columns": {column: _in_order(values) for column, values in columns.items()},
        "unasked": list(unasked),
    }


def _factored(policy: Policy) -> list[str]:
    """Columns of factors, in the order in which weights multiply them."""
    return sorted(policy.weights.factors) if policy.uses_weights else []


def _in_order(values: Sequence[str]) -> list[str]:
    """Put any other value first, because most users have it, and each once."""
    once = dict.fromkeys(value for value in values if value != OTHERS)
    return [*([""] if OTHERS in values else []), *once]


def as_json(value: Any) -> str:
    r"""Write a value for a script element, which nothing in it can end.

    Examples
    --------
    >>> as_json("</script>")
    '"\\u003c/script>"'
    """
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c")


def phrases() -> Mapping[str, str]:
    """Return the sentences for users who are out."""
    return {name: ENGLISH[name] for name in REASONS}


@cache
def script() -> str:
    """Return the page's program."""
    return files("allocator.report").joinpath("page", "script.js").read_text(encoding="utf-8")


def script_hash() -> str:
    """Return the hash by which the page allows its own program, and no other, to run."""
    digest = hashlib.sha256(script().encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _fine(text: str | None) -> str | None:
    return None if text is None else str(int(exact(text) * FINE))


def _parts(text: str) -> list[str]:
    ratio = read_ratio(text)
    return [str(ratio.numerator), str(ratio.denominator)]


def _number(value: float) -> float | str:
    """Infinity is no JSON."""
    return value if math.isfinite(value) else str(value)
