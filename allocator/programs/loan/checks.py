"""The rules of a loan policy that read more than one key."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from allocator.errors import nearest
from allocator.money import CENTS, exact
from allocator.policy.values import read_ratio, show_dollars
from allocator.policy.violations import Violation
from allocator.programs.loan.columns import COLUMNS
from allocator.programs.loan.values import read_part

if TYPE_CHECKING:
    from allocator.programs.loan.policy import LoanPolicy

__all__ = ["violations"]

_KEY_BYTES = 64  # the longest key of BLAKE2b
LARGEST_ALPHA = 50  # above, worth is the same float whatever is granted
SMALLEST_DELTA = Fraction(1, 1000)  # below, large alphas overflow


def violations(policy: LoanPolicy) -> list[Violation]:
    """Every rule across keys that a policy violates, each of its keys being valid by itself.

    Examples
    --------
    >>> from allocator.programs.loan.policy import LoanPolicy
    >>> violations(LoanPolicy.example())
    []
    """
    return [found for check in _CHECKS for found in check(policy)]


def _key_length(policy: LoanPolicy) -> Iterator[Violation]:
    size = len(policy.tie_break_key.encode())
    if size > _KEY_BYTES:
        yield Violation(
            (("tie_break_key",),),
            f"tie_break_key: must be at most {_KEY_BYTES} bytes of UTF-8, not {size}",
        )


def _columns(policy: LoanPolicy) -> Iterator[Violation]:
    taken: dict[str, str] = {}
    for ours, theirs in policy.columns.items():
        if ours not in COLUMNS:
            close = nearest(ours, COLUMNS)
            hint = f"did you mean {close}?" if close else "known keys: " + ", ".join(COLUMNS)
            yield Violation((("columns", ours),), f"columns.{ours}: unknown key; {hint}")
        elif theirs in taken:
            yield Violation(
                (("columns", ours),),
                f'columns.{ours} = "{theirs}": must be a column of its own; it is also that of '
                + taken[theirs],
            )
        taken.setdefault(theirs, ours)


def _unit(policy: LoanPolicy) -> Iterator[Violation]:
    fund = policy.fund
    for name, example in (("unit", "1000.00"), ("budget", "100000000.00")):
        text = getattr(fund, name)
        if (exact(text) * CENTS).denominator != 1:
            yield Violation(
                (("fund", name),),
                f'fund.{name} = "{text}": must be a whole number of cents, such as "{example}"',
            )
    if exact(fund.unit) > exact(fund.budget):
        yield Violation(
            (("fund", "unit"), ("fund", "budget")),
            f'fund.unit = "{fund.unit}": must not be above budget = "{fund.budget}"',
        )


def _segments(policy: LoanPolicy) -> Iterator[Violation]:
    fund = policy.fund
    budget, floors = exact(fund.budget), Fraction(0)
    for name, segment in fund.segments.items():
        keys = (("fund", "segments", name),)
        at = f"fund.segments.{name}"
        if segment.min_share is None and segment.max_share is None:
            yield Violation(keys, f"{at}: must have a max_share, a min_share, or both")
            continue
        low = read_part(segment.min_share or "0").dollars(budget)
        high = read_part(segment.max_share or "1").dollars(budget)
        floors += low
        if low > high:
            yield Violation(
                keys,
                f'{at}.min_share = "{segment.min_share}": must not be above '
                + (
                    f'max_share = "{segment.max_share}"'
                    if segment.max_share
                    else f'budget = "{fund.budget}"'
                ),
            )
    if floors > budget:
        yield Violation(
            (("fund", "segments"), ("fund", "budget")),
            f"fund.segments: what the min_share of all segments asks for, {show_dollars(floors)}, "
            f'must not be above budget = "{fund.budget}"',
        )


def _rates(policy: LoanPolicy) -> Iterator[Violation]:
    rate = policy.fund.rate
    if read_ratio(rate.base) > read_ratio(rate.ceiling):
        yield Violation(
            (("fund", "rate", "base"), ("fund", "rate", "ceiling")),
            f'fund.rate.base = "{rate.base}": must not be above ceiling = "{rate.ceiling}"',
        )


def _grace(policy: LoanPolicy) -> Iterator[Violation]:
    fund = policy.fund
    if fund.tenors and fund.grace_months >= min(fund.tenors):
        yield Violation(
            (("fund", "grace_months"), ("fund", "tenors")),
            f"fund.grace_months = {fund.grace_months}: must be below every tenor; the shortest is "
            f"{min(fund.tenors)} months",
        )


def _objective(policy: LoanPolicy) -> Iterator[Violation]:
    alpha, delta = policy.objective.alpha, policy.objective.delta
    if alpha > LARGEST_ALPHA:
        what = '"inf"' if math.isinf(alpha) else f"{alpha:g}"
        yield Violation(
            (("objective", "alpha"),),
            f"objective.alpha = {what}: a loan fund goes up to {LARGEST_ALPHA}: a refusal counts "
            "as nothing granted, so that whoever cannot be served at all would decide alone; 8 "
            "already serves as many as possible with their minimum",
            supported=False,
        )
    if read_ratio(delta) < SMALLEST_DELTA:
        yield Violation(
            (("objective", "delta"),), f'objective.delta = "{delta}": must be at least "0.001"'
        )


_CHECKS = (_key_length, _columns, _unit, _segments, _rates, _grace, _objective)
