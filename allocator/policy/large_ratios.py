"""Ratios that were probably meant in percent: 30 where 30% is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allocator.policy.values import read_ratio, show_percent

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["large_ratios"]

LARGE = 10  # a cap above one is a choice; from here on nobody means it


def large_ratios(policy: Policy) -> Iterator[tuple[str, str]]:
    """Doubt large ratios that are written without a percent sign.

    Parameters
    ----------
    policy : Policy

    Yields
    ------
    key, message : str

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> list(large_ratios(Policy.default().replace(min_loss_ratio="30")))[0][1]
    '"30" means 3,000% of net assets; did you mean "30%"?'
    >>> list(large_ratios(Policy.default().replace(min_loss_ratio="150%", ratio_cap="2")))
    []
    """
    told = [
        ("eligibility.min_loss_ratio", policy.eligibility.min_loss_ratio, 1, "net assets"),
        ("weights.ratio_cap", policy.weights.ratio_cap, LARGE, "net assets"),
    ]
    for i, each in enumerate(policy.constraints):
        key, what = f"constraints[{i}].min_recovery_of_overall", "what all users recover"
        told.append((key, each.min_recovery_of_overall or "0", LARGE, what))
    for key, text, most, what in told:
        ratio = read_ratio(text)
        if ratio > most and not text.endswith("%"):
            yield key, f'"{text}" means {show_percent(ratio)} of {what}; did you mean "{text}%"?'
