"""The rules of a policy that read more than one key, and what this version cannot run yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from allocator.errors import nearest
from allocator.money import CENTS, exact
from allocator.policy.constraint_checks import constraints
from allocator.policy.rule_checks import COLUMNS, named, stages, weighted, without_level
from allocator.policy.sections import Range
from allocator.policy.values import read_instant, show_dollars, show_number
from allocator.policy.violations import Violation
from allocator.policy.wave_checks import people, reserve

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["COLUMNS", "violations"]

AMOUNTS = ("liquidation_loss", "net_assets")

_KEY_BYTES = 64  # the longest key of BLAKE2b


def violations(policy: Policy) -> list[Violation]:
    """Every rule across keys that the policy violates.

    Parameters
    ----------
    policy : Policy
        Each of its keys is valid by itself.

    Returns
    -------
    list of Violation

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> violations(Policy.default())
    []
    """
    return [found for check in _CHECKS for found in check(policy)]


def _key_length(policy: Policy) -> Iterator[Violation]:
    size = len(policy.tie_break_key.encode())
    if size > _KEY_BYTES:
        yield Violation(
            (("tie_break_key",),),
            f"tie_break_key: must be at most {_KEY_BYTES} bytes of UTF-8, not {size}",
        )


def _columns(policy: Policy) -> Iterator[Violation]:
    theirs = Counter(policy.columns.values())
    for ours, name in policy.columns.items():
        if theirs[name] > 1:
            others = [o for o, n in policy.columns.items() if n == name and o != ours]
            yield Violation(
                (("columns", ours),),
                f'columns.{ours} = "{name}": must be a column of its own; it is also that of '
                + ", ".join(others),
            )
        if ours not in COLUMNS and ours not in policy.attributes:
            close = nearest(ours, [*COLUMNS, *policy.attributes], sure=True)
            if close:
                yield Violation(
                    (("columns", ours),), f"columns.{ours}: unknown key; did you mean {close}?"
                )


def _window(policy: Policy) -> Iterator[Violation]:
    start, end = policy.eligibility.window_start, policy.eligibility.window_end
    if read_instant(start) > read_instant(end):
        yield Violation(
            (("eligibility", "window_start"), ("eligibility", "window_end")),
            f'eligibility.window_start = "{start}": must not be after window_end = "{end}"',
        )


def _exclude(policy: Policy) -> Iterator[Violation]:
    for column, rule in policy.eligibility.exclude.items():
        keys = (("eligibility", "exclude", column),)
        key = f"eligibility.exclude.{column}"
        if isinstance(rule, Range):
            if rule.min is None and rule.max is None:
                yield Violation(keys, f"{key}: must have a min, a max, or both")
            elif rule.min and rule.max and exact(rule.min) > exact(rule.max):
                yield Violation(
                    keys, f'{key}.min = "{rule.min}": must not be above max = "{rule.max}"'
                )
        elif column == "already_compensated":
            yield Violation(
                keys, f"{key}: is what eligibility.exclude_already_compensated = true is for"
            )
        elif column in AMOUNTS:
            yield Violation(
                keys, f'{key}: is an amount; must be a range, such as {{ min = "1000000" }}'
            )


def _factors(policy: Policy) -> Iterator[Violation]:
    for column in policy.weights.factors:
        if column in COLUMNS:
            yield Violation(
                (("weights", "factors", column),),
                f"weights.factors.{column}: must be an attribute such as vip_tier or region; "
                f"{column} has a meaning of its own",
            )


def _brackets(policy: Policy) -> Iterator[Violation]:
    brackets = policy.claim.brackets
    keys = (("claim", "brackets"),)
    before = Fraction(0)
    for i, bracket in enumerate(brackets):
        last = i == len(brackets) - 1
        if bracket.up_to is None:
            if not last:
                yield Violation(
                    keys, f"claim.brackets[{i}]: must have an up_to; only the last one is open"
                )
            continue
        if last:
            yield Violation(
                keys,
                f'claim.brackets[{i}].up_to = "{bracket.up_to}": must be left out; the last '
                "bracket is open, and says at what rate the rest of a loss counts",
            )
        limit = exact(bracket.up_to)
        if limit <= before:
            yield Violation(
                keys,
                f'claim.brackets[{i}].up_to = "{bracket.up_to}": must be above '
                f"{show_dollars(before)}, where the bracket before it ends",
            )
        before = limit


def _bounds(policy: Policy) -> Iterator[Violation]:
    award = policy.award
    if exact(award.minimum) > exact(award.maximum):
        yield Violation(
            (("award", "minimum"), ("award", "maximum")),
            f'award.minimum = "{award.minimum}": must not be above maximum = "{award.maximum}"',
        )


def _recovery(policy: Policy) -> Iterator[Violation]:
    of_recovery = policy.objective.rule == "alpha_fair" and policy.objective.of == "recovery"
    if of_recovery and exact(policy.eligibility.min_loss) == 0:
        yield Violation(
            (("objective", "of"), ("eligibility", "min_loss"), ("objective", "rule")),
            'objective.of = "recovery": needs eligibility.min_loss above 0, because nothing can '
            "be said of the recovery of a loss of 0",
        )


def _unit(policy: Policy) -> Iterator[Violation]:
    award = policy.award
    unit = exact(award.unit)
    whole_cents = (unit * CENTS).denominator == 1
    if not whole_cents:
        yield Violation(
            (("award", "unit"),),
            f'award.unit = "{award.unit}": must be a whole number of cents, such as "0.01"',
        )
    for name in ("budget", "minimum", "maximum"):
        text = getattr(award, name)
        amount = exact(text)
        if whole_cents and (amount / unit).denominator != 1:
            below = amount // unit * unit
            fits = [f'"{show_number(each, 2)}"' for each in (below, below + unit) if each]
            yield Violation(
                (("award", name), ("award", "unit")),
                f'award.{name} = "{text}": must be a multiple of unit = "{award.unit}", such as '
                + " or ".join(fits),
            )


_CHECKS: tuple[Callable[[Policy], Iterator[Violation]], ...] = (
    named,
    weighted,
    stages,
    without_level,
    _key_length,
    _columns,
    _window,
    _exclude,
    _brackets,
    _bounds,
    _unit,
    _recovery,
    _factors,
    constraints,
    people,
    reserve,
)
