"""Who is out, why, and whether that was announced or is assumed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.data.columns import AWARD_CAP
from allocator.money import FINE_PER_CENT
from allocator.policy.eligibility import DROPPED, ELIGIBLE, deciding_keys
from allocator.policy.schema import Policy
from allocator.policy.sources import Source
from allocator.scenarios.columns import losses, reasons
from allocator.scenarios.sums import group_totals, rounded

__all__ = ["Out", "count_out", "funnel", "out_by_reason", "reason_source", "reason_text"]


@dataclass(frozen=True)
class Out:
    """The users who are out for one reason.

    Attributes
    ----------
    reason : str
        The reason code.
    text : str
        The same for people: ``lost under $50``.
    users : int
    loss_cents : int
        What they lost, rounded half-even to the cent.
    source : {"announced", "assumed", "set"}
    """

    reason: str
    text: str
    users: int
    loss_cents: int
    source: Source

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return dict(vars(self))


def out_by_reason(allocation: Allocation) -> tuple[Out, ...]:
    """Count who is out for which reason, and what they lost.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    tuple of Out
        In order of precedence; reasons that nobody has are left out.
    """
    table, policy = allocation.table, allocation.policy
    codes, labels = reasons(table, policy)
    return count_out(codes, labels, losses(table, policy), policy)


def count_out(
    codes: NDArray[Any], labels: Sequence[str], loss: NDArray[np.int64], policy: Policy
) -> tuple[Out, ...]:
    """Count who is out by the codes of reasons.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Everybody's place among the labels.
    labels : sequence of str
        Reason codes, in order of precedence.
    loss : ndarray of int64, shape (n,)
        In 1e-8 dollars.
    policy : Policy

    Returns
    -------
    tuple of Out
        Reasons that nobody has are left out.
    """
    users = np.bincount(codes, minlength=len(labels)).tolist()
    lost = group_totals(codes, len(labels), loss)
    return tuple(
        Out(
            label,
            reason_text(label, policy),
            n,
            rounded(fine, FINE_PER_CENT),
            reason_source(label, policy),
        )
        for label, n, fine in zip(labels, users, lost, strict=True)
        if n and label != ELIGIBLE
    )


def funnel(users: int, out: Iterable[Out]) -> list[tuple[str, int]]:
    """Count who is left after each rule in turn.

    Parameters
    ----------
    users : int
        Everybody.
    out : iterable of Out

    Returns
    -------
    list of (str, int)
        The rule's text and who is left after it, beginning with everybody.

    Examples
    --------
    >>> funnel(10, [Out("loss_below_minimum", "lost under $50", 4, 0, "announced")])
    [('all users', 10), ('lost under $50', 6)]
    """
    steps = [("all users", users)]
    for each in out:
        steps.append((each.text, steps[-1][1] - each.users))
    return steps


def reason_text(reason: str, policy: Policy) -> str:
    """Say a reason code in words, with the policy's numbers.

    Examples
    --------
    >>> reason_text("loss_ratio_below_minimum", Policy.default())
    'lost under 30% of net assets'
    """
    said = {each.key: each.value for each in policy.sources()}
    if reason.startswith("excluded:"):
        return f"excluded by {reason.removeprefix('excluded:')}"
    texts = {
        "already_compensated": "already compensated",
        "loss_below_minimum": f"lost under {_short(said['eligibility.min_loss'])}",
        "no_snapshot": "no snapshot",
        "no_net_assets": "no net assets",
        "loss_ratio_below_minimum": (
            f"lost under {said['eligibility.min_loss_ratio']} of net assets"
        ),
        "cap_below_minimum": (
            f"lost{' or may get' if AWARD_CAP in policy.columns else ''} under the minimum of "
            f"{_short(said['award.minimum'])}"
        ),
        DROPPED: f"a share under {_short(said['award.minimum'])}, dropped",
    }
    return texts.get(reason, reason)


def reason_source(reason: str, policy: Policy) -> Source:
    """Tell whether a reason to be out was announced, is assumed, or is set by this policy.

    Examples
    --------
    >>> reason_source("no_net_assets", Policy.default())
    'assumed'
    """
    if reason.startswith("excluded:"):
        return "set"
    if reason == "no_snapshot":
        # The snapshot's time was announced; that whoever is not in it is out was not, and no key
        # lets them in.
        return "assumed"
    said = {each.key: each.source for each in policy.sources()}
    found = [said[key] for key in deciding_keys(reason)]
    # The least certain of the keys that decide it.
    return next(
        (source for source in ("set", "assumed", "announced") if source in found), "assumed"
    )


def _short(dollars: str) -> str:
    return dollars.removesuffix(".00")
