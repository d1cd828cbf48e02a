"""The rules that a policy's constraints must keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from allocator.core.catalog import RULES
from allocator.money import exact
from allocator.policy.constraint_bounds import label_of
from allocator.policy.sections import Constraint, Range
from allocator.policy.values import read_ratio, show_dollars
from allocator.policy.violations import Violation

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["bounds_recovery", "constraints", "has_prices", "no_prices"]

AMOUNTS = ("liquidation_loss", "net_assets")
NO_GROUP = ("user_id", "already_compensated", "no_snapshot", "time", "product", "loss")
BOUNDS = ("min_total", "max_total", "min_share", "max_share", "min_recovery_of_overall")


def constraints(policy: Policy) -> Iterator[Violation]:
    """Every rule on constraints that the policy violates.

    Parameters
    ----------
    policy : Policy
        Each of its keys is valid by itself.

    Yields
    ------
    Violation
    """
    recovery = next((c.name for c in policy.constraints if bounds_recovery(c)), None)
    rule = policy.objective.rule
    if recovery is not None and rule in RULES and not has_prices(rule):
        what = f"min_recovery_of_overall (constraint {recovery!r})"
        yield Violation(
            (("objective", "rule"), ("constraints",)),
            no_prices(rule, what),
            supported=False,
        )
    if policy.constraints and policy.award.below_minimum == "drop_until_stable":
        yield Violation(
            (("award", "below_minimum"), ("constraints",)),
            'award.below_minimum = "drop_until_stable": not together with constraints, under which '
            "a larger claim may have a smaller share, so that the smallest share is no fixed "
            'order; must be "drop_once" or "raise"',
            supported=False,
        )
    names: set[str] = set()
    for i, constraint in enumerate(policy.constraints):
        at = f"constraints[{i}]"
        if constraint.name in names:
            yield _wrong(f'{at}.name = "{constraint.name}": must differ from all other names')
        names.add(constraint.name)
        yield from _called_apart(constraint, at, policy)
        yield from _members(constraint, at)
        yield from _bounds(constraint, at, policy)


def bounds_recovery(constraint: Constraint) -> bool:
    """Tell whether a constraint asks for a recovery; one of 0 asks for nothing."""
    ratio = constraint.min_recovery_of_overall
    return ratio is not None and read_ratio(ratio) > 0


def has_prices(rule: str) -> bool:
    """Tell whether a rule maximizes something, so that a constraint has a price.

    Examples
    --------
    >>> has_prices("alpha_fair"), has_prices("talmud")
    (True, False)
    """
    return rule in RULES and RULES[rule].objective


def no_prices(rule: str, what: str) -> str:
    """Say why a claims rule takes no constraints that overlap, and what to choose instead."""
    return (
        f'objective.rule = "{rule}" divides by claims and maximizes nothing, so that it cannot '
        f"trade one constraint against another, as {what} would ask of it: choose "
        'objective.rule = "alpha_fair" (with alpha = 1 and weights.ratio_exponent = 0 it is '
        "proportional between floors and caps), or give groups of which any two are nested or "
        "have nobody in common"
    )


def _wrong(message: str, *more: tuple[str, ...]) -> Violation:
    position = int(message.partition("[")[2].partition("]")[0])
    return Violation((("constraints", position), *more), message)


def _called_apart(constraint: Constraint, at: str, policy: Policy) -> Iterator[Violation]:
    """Awards and certificates call a group by its name alone, which must be of one constraint."""
    for other in policy.constraints:
        groups = f"{label_of(other)} "
        if other.each is not None and f"{constraint.name} ".startswith(groups):
            yield _wrong(
                f'{at}.name = "{constraint.name}": must not begin with "{groups}", as the groups '
                f"of constraint {other.name!r} do"
            )


def _members(constraint: Constraint, at: str) -> Iterator[Violation]:
    where, each = constraint.where, constraint.each
    if (where is None) == (each is None):
        yield _wrong(
            f'{at}: must have one of where, such as {{ region = ["EU"] }}, and each, such as '
            '"region"' + (", not both" if each is not None else "")
        )
    if each in NO_GROUP or each in AMOUNTS:
        yield _wrong(
            f'{at}.each = "{each}": must be an attribute such as region or person_id; {each} has a '
            "meaning of its own"
        )
    for column, rule in (where or {}).items():
        key = f"{at}.where.{column}"
        if isinstance(rule, Range):
            if rule.min is None and rule.max is None:
                yield _wrong(f"{key}: must have a min, a max, or both")
            elif rule.min and rule.max and exact(rule.min) > exact(rule.max):
                yield _wrong(f'{key}.min = "{rule.min}": must not be above max = "{rule.max}"')
        elif column in AMOUNTS:
            yield _wrong(f'{key}: is an amount; must be a range, such as {{ min = "1000000" }}')
        if column in NO_GROUP and column != "user_id":
            yield _wrong(
                f"{key}: must be an attribute, user_id, liquidation_loss or net_assets; {column} "
                "has a meaning of its own"
            )


def _bounds(constraint: Constraint, at: str, policy: Policy) -> Iterator[Violation]:
    given = [name for name in BOUNDS if getattr(constraint, name) is not None]
    if not given:
        yield _wrong(f"{at}: must have a bound: one of {', '.join(BOUNDS)}")
    budget = exact(policy.award.budget)
    limits = {}
    for side in ("min", "max"):
        total, share = (getattr(constraint, f"{side}_{what}") for what in ("total", "share"))
        if total is not None and share is not None:
            yield _wrong(f"{at}: has both {side}_total and {side}_share; must have one of them")
        elif total is not None:
            limits[side] = exact(total)
        elif share is not None:
            limits[side] = read_ratio(share) * budget
    if len(limits) == 2 and limits["min"] > limits["max"]:
        yield _wrong(
            f"{at}: the floor of {show_dollars(limits['min'])} must not be above the cap of "
            f"{show_dollars(limits['max'])}",
            ("award", "budget"),
        )
