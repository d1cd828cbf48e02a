"""The rules across keys about people with several accounts, money paid, and the reserve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allocator.money import exact
from allocator.policy.values import read_reserve, show_dollars
from allocator.policy.violations import Violation

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["ACCOUNT", "people", "reserve"]

ACCOUNT = "user_id"  # the value of award.per where every account counts by itself
OWN = (
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


def people(policy: Policy) -> Iterator[Violation]:
    """Find what cannot name people, and what is not said of people."""
    per, exclude = policy.award.per, policy.eligibility.exclude
    if per in OWN:
        yield Violation(
            (("award", "per"),),
            f'award.per = "{per}": must be "{ACCOUNT}", or a column that says whose account it is, '
            f'such as "person_id"; {per} has a meaning of its own',
        )
    elif per != ACCOUNT and ACCOUNT in exclude:
        yield Violation(
            (("eligibility", "exclude", ACCOUNT), ("award", "per")),
            f'eligibility.exclude.{ACCOUNT}: names accounts, but with award.per = "{per}" people '
            f"are in or out; exclude them by {per}",
        )
    for name in ("already_paid", "award_cap"):
        if name in exclude:
            what = "money that counts" if name == "already_paid" else "a bound of awards"
            yield Violation(
                (("eligibility", "exclude", name),),
                f"eligibility.exclude.{name}: is {what}, and excludes nobody; leave it out",
            )


def reserve(policy: Policy) -> Iterator[Violation]:
    """Find a reserve that leaves nothing, or is not a multiple of the unit."""
    award = policy.award
    held = read_reserve(award.reserve)
    if held.of_budget or not held.amount:
        return
    if held.amount >= exact(award.budget):
        yield Violation(
            (("award", "reserve"), ("award", "budget")),
            f'award.reserve = "{award.reserve}": must be below budget = "{award.budget}", or '
            "nothing is left to divide",
        )
    if (held.amount / exact(award.unit)).denominator != 1:
        yield Violation(
            (("award", "reserve"), ("award", "unit")),
            f'award.reserve = "{award.reserve}": must be a multiple of unit = "{award.unit}", such '
            f"as {show_dollars(held.amount // exact(award.unit) * exact(award.unit))}",
        )
