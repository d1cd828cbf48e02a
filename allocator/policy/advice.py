"""Keys that have no or almost no effect, and what to change instead."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allocator.money import exact
from allocator.policy.checks import COLUMNS
from allocator.policy.constraint_bounds import bounds_of
from allocator.policy.constraint_checks import bounds_recovery
from allocator.policy.large_ratios import large_ratios
from allocator.policy.rules import BY_CLAIM, FEW
from allocator.policy.values import MAX_EXPONENT, read_ratio, show_dollars, show_percent

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["Advice", "advice"]

_FOR_EVENTS = ("window_start", "window_end", "snapshot", "products")


@dataclass(frozen=True)
class Advice:
    """A warning about one key.

    Attributes
    ----------
    key : str
        Dotted, as ``objective.alpha``.
    message : str
        What the key does not do, and what to change.

    Examples
    --------
    >>> str(Advice("objective.of", "has no effect"))
    'objective.of: has no effect'
    """

    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message}"


def advice(policy: Policy, *, ready_table: bool = False) -> tuple[Advice, ...]:
    """Name the keys of a policy that do not do what one would think.

    Parameters
    ----------
    policy : Policy
    ready_table : bool
        Whether losses come added up, so that the window and the products cannot be applied.

    Returns
    -------
    tuple of Advice
        None for the announced policy.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> print(advice(Policy.preset("broad"))[0])
    objective.alpha: 2 acts only by dividing the exponents: alpha = 1 with loss_exponent = 0.5 and \
ratio_exponent = 0.25 gives the same awards, but for odd cents
    """
    changed = {each.key for each in policy.sources() if each.source == "set"}
    told = [found for check in _CHECKS for found in check(policy, changed)]
    if ready_table:
        told += [
            Advice(
                f"eligibility.{key}",
                "has no effect on a table whose losses are already added up; apply it with "
                "`allocator data prepare`, or have the table's supplier confirm it",
            )
            for key in _FOR_EVENTS
            if f"eligibility.{key}" in changed
        ]
    return tuple(told)


def _alpha(policy: Policy, changed: set[str]) -> Iterator[Advice]:
    objective, weights = policy.objective, policy.weights
    if not policy.uses_weights or "objective.alpha" not in changed:
        return
    alpha = objective.alpha
    if alpha == 0 or math.isinf(alpha) or objective.of == "recovery":
        return
    if _equal_weights(policy):
        yield Advice(
            "objective.alpha",
            f"{alpha:g} has no effect, because all weights are equal: everyone gets the same "
            "amount between the bounds; raise an exponent in [weights]",
        )
        return
    factors = f", and factors to the power {1 / alpha:.4g}," if weights.factors else ""
    of_loss, of_ratio = weights.loss_exponent / alpha, weights.ratio_exponent / alpha
    if max(of_loss, of_ratio) > MAX_EXPONENT:  # no policy may say so
        yield Advice(
            "objective.alpha",
            f"{alpha:g} acts only by dividing the exponents: awards go with loss to the power "
            f"{of_loss:.4g} and ratio to the power {of_ratio:.4g}{factors} so that a few users get "
            "nearly all; raise alpha, or lower the exponents in [weights]",
        )
        return
    yield Advice(
        "objective.alpha",
        f"{alpha:g} acts only by dividing the exponents: alpha = 1 with loss_exponent = "
        f"{of_loss:.4g} and ratio_exponent = {of_ratio:.4g}{factors} gives the same awards, but "
        "for odd cents",
    )


def _recovery(policy: Policy, _: set[str]) -> Iterator[Advice]:
    weights = policy.weights
    if not policy.uses_weights or policy.objective.of != "recovery":
        return
    plain = not policy.claim.brackets and not weights.factors
    if plain and weights.loss_exponent == 1 and weights.ratio_exponent == 0:
        yield Advice(
            "objective.alpha",
            'has no effect with of = "recovery" and weights equal to the loss: awards are '
            "proportional to losses whatever alpha is; change weights.loss_exponent (0 favors "
            'small losses as alpha falls), or set of = "amount"',
        )
    elif policy.objective.alpha == 1:
        yield Advice(
            "objective.of",
            '"recovery" has no effect at alpha = 1: log(award / loss) and log(award) differ by a '
            "constant; change alpha",
        )


def _ignored_weights(policy: Policy, changed: set[str]) -> Iterator[Advice]:
    if policy.uses_weights and not math.isinf(policy.objective.alpha):
        return
    if policy.uses_weights:
        why = "with alpha = inf, which makes the smallest award as large as it can be"
        remedy = "set a finite objective.alpha"
    else:
        why = f'with rule = "{policy.objective.rule}", which divides by recognized losses alone'
        if policy.objective.rule == "max_min":
            why = 'with rule = "max_min", which gives everyone the same between the bounds'
        remedy = 'set objective.rule = "alpha_fair", or shape the losses by claim.brackets'
        if policy.weighs:
            why = f'with rule = "{policy.objective.rule}", which has weights but no alpha'
        for key in ("objective.alpha", "objective.of"):
            if key in changed:
                yield Advice(key, f'has no effect {why}; set objective.rule = "alpha_fair"')
        if policy.weighs:
            return
    for name in type(policy.weights).model_fields:
        key = f"weights.{name}"
        if key in changed:
            yield Advice(key, f"has no effect {why}; {remedy}")


def _percents(policy: Policy, _: set[str]) -> Iterator[Advice]:
    for key, said in large_ratios(policy):
        yield Advice(key, said)


def _ratio(policy: Policy, changed: set[str]) -> Iterator[Advice]:
    weights = policy.weights
    cap = read_ratio(weights.ratio_cap)
    least = read_ratio(policy.eligibility.min_loss_ratio)
    # Of a least ratio above one there is more to say than that all eligible ratios are large.
    if policy.weighs_ratio and cap <= least <= 1:
        yield Advice(
            "weights.ratio_exponent",
            f"has no effect, because every eligible ratio is at least {show_percent(least)} and "
            f"counts as ratio_cap, {show_percent(cap)}; raise weights.ratio_cap",
        )
    if policy.weighs and weights.ratio_exponent == 0 and "weights.ratio_cap" in changed:
        yield Advice(
            "weights.ratio_cap", "has no effect while weights.ratio_exponent is 0; raise that"
        )
    key = "eligibility.nonpositive_net_assets"
    if key in changed and not policy.uses_ratio:
        yield Advice(
            key,
            "has no effect, because nothing depends on the ratio; set eligibility.min_loss_ratio "
            "or weights.ratio_exponent",
        )


def _brackets(policy: Policy, _: set[str]) -> Iterator[Advice]:
    brackets = policy.claim.brackets
    key = "claim.brackets"
    if len(brackets) == 1 and policy.objective.rule not in (
        *BY_CLAIM,
        *FEW,
    ):  # which compare amounts
        yield Advice(
            key,
            "have no effect: one rate for every loss leaves all losses in proportion; add a "
            "bracket with an up_to",
        )
    elif brackets and policy.uses_weights and policy.weights.loss_exponent == 0:
        yield Advice(key, "have no effect while weights.loss_exponent is 0; raise that")


def _bounds(policy: Policy, _: set[str]) -> Iterator[Advice]:
    award = policy.award
    minimum, maximum = exact(award.minimum), exact(award.maximum)
    if minimum == maximum:
        yield Advice(
            "award.maximum",
            f"equals the minimum, {show_dollars(minimum)}: everyone gets exactly that, whatever "
            "[objective] and [weights] say; raise the maximum",
        )
    budget = exact(award.budget)
    if minimum > budget:
        yield Advice(
            "award.minimum",
            f"{show_dollars(minimum)} is more than the whole budget of {show_dollars(budget)}: not "
            "even one award can be paid; lower it, or raise award.budget",
        )
    elif maximum >= budget and policy.objective.rule not in FEW:
        yield Advice(
            "award.maximum",
            f"{show_dollars(maximum)} has no effect, because it is not below the budget; lower it",
        )
    least = exact(policy.eligibility.min_loss)
    if award.cap_at_loss and minimum > least:
        yield Advice(
            "eligibility.min_loss",
            f"{show_dollars(least)} has no effect: with cap_at_loss, losses below the minimum of "
            f"{show_dollars(minimum)} are ineligible (cap_below_minimum); raise min_loss to it, "
            "or lower award.minimum",
        )


def _constraints(policy: Policy, _: set[str]) -> Iterator[Advice]:
    budget = exact(policy.award.budget)
    for i, constraint in enumerate(policy.constraints):
        floor, cap = bounds_of(constraint, policy)
        if floor == 0 and (cap is None or cap >= budget) and not bounds_recovery(constraint):
            yield Advice(
                f"constraints[{i}]",
                f"{constraint.name!r} has no effect: its floor is $0.00 and its cap not below the "
                f"budget of {show_dollars(budget)}; change a bound, or leave it out",
            )


def _dropping(policy: Policy, changed: set[str]) -> Iterator[Advice]:
    if "award.below_minimum" in changed and exact(policy.award.minimum) == 0:
        yield Advice(
            "award.below_minimum",
            "has no effect, because nothing is below a minimum of $0.00; raise award.minimum",
        )


def _factors(policy: Policy, _: set[str]) -> Iterator[Advice]:
    for name, table in policy.weights.factors.items():
        if policy.weighs and len(set(table.values())) == 1 and any(table.values()):
            yield Advice(
                f"weights.factors.{name}",
                "has no effect: one factor for everybody leaves all weights in proportion; give "
                "some value another factor",
            )


def _columns(policy: Policy, _: set[str]) -> Iterator[Advice]:
    for name in policy.columns:
        if name not in COLUMNS and name not in policy.attributes:
            yield Advice(
                f"columns.{name}",
                f"has no effect, because nothing in the policy refers to {name}; leave it out",
            )


def _equal_weights(policy: Policy) -> bool:
    weights = policy.weights
    return not (weights.loss_exponent or weights.ratio_exponent or weights.factors)


_CHECKS: tuple[Callable[[Policy, set[str]], Iterator[Advice]], ...] = (
    _alpha,
    _recovery,
    _ignored_weights,
    _percents,
    _ratio,
    _brackets,
    _bounds,
    _constraints,
    _dropping,
    _factors,
    _columns,
)
