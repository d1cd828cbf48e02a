"""What scenarios do not take, and what every one of them is checked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from allocator.allocation.row_evidence import broken_bounds
from allocator.core.certificate import verify
from allocator.data.columns import ALREADY_PAID, AWARD_CAP
from allocator.errors import UnsupportedError, VerificationError
from allocator.policy.compile import Compiled, rule_of
from allocator.policy.rules import FEW, TWO_STAGE
from allocator.policy.schema import Policy
from allocator.policy.wave_checks import ACCOUNT

if TYPE_CHECKING:
    from allocator.scenarios.shared import Solved

__all__ = ["check", "check_plain"]


def check_plain(policy: Policy) -> None:
    """Refuse what looks at more of users than their own amounts, weights and groups.

    Parameters
    ----------
    policy : Policy

    Raises
    ------
    UnsupportedError
    """
    what = ""
    if policy.award.below_minimum != "raise":
        what = f'award.below_minimum = "{policy.award.below_minimum}"'
    if policy.award.per != ACCOUNT:
        what = f'award.per = "{policy.award.per}"'
    for name in (ALREADY_PAID, AWARD_CAP):
        if name in policy.columns:
            what = f"columns.{name}"
    if policy.objective.rule in (*FEW, TWO_STAGE):
        what = f'objective.rule = "{policy.objective.rule}"'
    if what:
        raise UnsupportedError(
            f"the policy {policy.name!r} has {what}, which sweep, frontier and goal_seek do not "
            "take: use allocate or compare for each policy"
        )


def check(solved: Solved, compiled: Compiled, *, certify: bool) -> None:
    """Check bounds, constraints and total; with `certify` by the core's certificate, too.

    Parameters
    ----------
    solved : Solved
    compiled : Compiled
        The problem that it solves.
    certify : bool

    Raises
    ------
    VerificationError
    """
    failures = broken_bounds(compiled, solved.units)
    family = compiled.problem.family
    if family is not None:
        totals = family.totals(solved.units)
        outside = int(np.count_nonzero((totals < family.lower) | (totals > family.upper)))
        failures += [f"bounds: {outside:,} groups are outside their bounds"] * bool(outside)
    if solved.tally.outside:
        failures.append(f"bounds: {solved.tally.outside:,} awards are outside their bounds")
    if solved.tally.total != solved.spend:
        failures.append(f"total: {solved.tally.total:,} units are spent, not {solved.spend:,}")
    if certify:
        found = verify(solved.problem, rule_of(solved.policy), solved.units)
        # Where constraints leave something over, the total is the one checked above.
        failures += [said for said in found.failures if not said.startswith("total")]
    if failures:
        raise VerificationError(
            f"the awards of {solved.policy.name!r} do not pass their own verification, which is a "
            "fault of this program; please report it: " + "; ".join(failures)
        )
