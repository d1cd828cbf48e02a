"""Counts that could tell who somebody is are not shown, nor what would give them away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from allocator.policy.sources import Source
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.out import Out

__all__ = ["hidden", "merge_small", "shown_counts"]

HIDDEN = f"<{FEWEST}"


def hidden(counts: Sequence[int]) -> set[int]:
    """Return which counts to hide: those from 1 to 9, and never just one.

    A single hidden count would follow from the others and their sum, so that the next larger is
    hidden with it.

    Parameters
    ----------
    counts : sequence of int
        Of groups whose sum is shown.

    Returns
    -------
    set of int
        Places.

    Examples
    --------
    >>> sorted(hidden([120, 3, 40, 0])), hidden([120, 40, 0])
    ([1, 2], set())
    """
    small = {k for k, count in enumerate(counts) if 0 < count < FEWEST}
    others = [k for k, count in enumerate(counts) if count >= FEWEST]
    if len(small) == 1 and others:
        small.add(min(others, key=lambda k: counts[k]))
    return small


def shown_counts(counts: Sequence[int]) -> list[str]:
    """Write counts whose sum is shown, hiding those that could tell who somebody is.

    Examples
    --------
    >>> shown_counts([12000, 3, 40, 0])
    ['12,000', '<10', 'withheld', '0']
    """
    out = hidden(counts)
    return [
        f"{count:,}" if k not in out else HIDDEN if count < FEWEST else "withheld"
        for k, count in enumerate(counts)
    ]


def merge_small(out: Sequence[Out]) -> tuple[Out, ...]:
    """Put reasons that fewer than ten users have together, with the next larger if need be.

    Parameters
    ----------
    out : sequence of Out

    Returns
    -------
    tuple of Out
        The merged reason last.
    """
    by_size = sorted(out, key=lambda each: each.users)
    small = [each for each in by_size if each.users < FEWEST]
    if not small:
        return tuple(out)
    rest = by_size[len(small) :]
    while rest and sum(each.users for each in small) < FEWEST:
        small.append(rest.pop(0))
    merged = [each for each in out if each in small]
    if len(merged) == 1:
        return tuple(out)
    rank: dict[Source, int] = {"announced": 0, "set": 1, "assumed": 2}
    together = replace(
        merged[0],
        reason="other",
        text="other reasons: " + "; ".join(each.text for each in merged),
        users=sum(each.users for each in merged),
        loss_cents=sum(each.loss_cents for each in merged),
        source=max((each.source for each in merged), key=rank.__getitem__),
    )
    return (*(each for each in out if each not in small), together)
