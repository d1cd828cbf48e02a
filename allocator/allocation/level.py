"""The level and the price of a run in dollars, from the core's level of units and parts."""

from __future__ import annotations

import math

from allocator.core.curves import exp_or_inf
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.money import CENTS, FINE, exact
from allocator.policy.rules import BY_CLAIM, FEW, TWO_STAGE, claims_rule, rule_of
from allocator.policy.schema import Policy

__all__ = [
    "alike",
    "caps_reached",
    "dollar_level",
    "dollar_log_level",
    "held_level",
    "largest_claim",
    "of_weight_zero",
    "price",
    "told_by",
]

PRICE_REACH = 700.0  # a log beyond it, and the price is no float, or one that has lost its digits


def alike(policy: Policy) -> Policy:
    """Return the policy by which users share when every one of them has weight 0: all alike.

    Examples
    --------
    >>> from allocator.policy.formula import formula
    >>> formula(alike(Policy.preset("broad")), 12.5)
    'voucher = $12.50 for everyone, from $4 to $6,000'
    """
    objective = policy.objective.model_copy(update={"alpha": math.inf})
    return policy.model_copy(update={"objective": objective})


def told_by(policy: Policy, problem: Problem) -> Policy:
    """Return the policy by which the level is told: `alike` when every weight is 0.

    Parameters
    ----------
    policy : Policy
    problem : Problem

    Returns
    -------
    Policy
        The same one, where anybody has a weight.

    Examples
    --------
    >>> broad, problem = Policy.preset("broad"), Problem(5, 0, None, weights=[0.0, 2.0])
    >>> told_by(broad, problem) is broad
    True
    """
    weights = problem.weights
    weightless = policy.uses_weights and weights is not None and not weights.any()
    return alike(policy) if weightless else policy


def of_weight_zero(policy: Policy, told: Policy, log_level: float, *, capped: bool) -> str:
    """Say how users of weight 0 come to their awards, where the formula does not.

    Parameters
    ----------
    policy, told : Policy
        What applies, and that by which the level is told.
    log_level : float
        In dollars.
    capped : bool
        Whether everybody has their cap.

    Examples
    --------
    >>> policy = Policy.default()
    >>> of_weight_zero(policy, policy, math.inf, capped=False)
    '; what is left goes to users of weight 0'
    """
    if told is not policy and math.isfinite(log_level):
        return "; every weight is 0, so that all count alike"
    if log_level == math.inf and not (capped or _by_claim(policy) or _by_group(policy)):
        return "; what is left goes to users of weight 0"
    return ""


def held_level(policy: Policy, level: float, log_level: float) -> float | None:
    """Return a level that a float holds; None for one that is infinite, or too small for it.

    Examples
    --------
    >>> held_level(Policy.default(), 0.0178, -4.0), held_level(Policy.default(), 0.0, -900.0)
    (0.0178, None)
    """
    held = level > 0 or math.isinf(log_level) or _by_claim(policy)
    return level if held and math.isfinite(level) else None


def _by_claim(policy: Policy) -> bool:
    return claims_rule(policy) in (*BY_CLAIM, *FEW)


def _by_group(policy: Policy) -> bool:
    return policy.objective.rule == TWO_STAGE


def caps_reached(problem: Problem, caps: int) -> bool:
    """Tell whether the budget is enough for everybody's cap.

    Parameters
    ----------
    problem : Problem
        In whole units; it has lowered caps that are above its budget to the budget.
    caps : int
        The sum of the caps that the policy sets.

    Returns
    -------
    bool

    Examples
    --------
    >>> problem = Problem(budget=50, lower=0, upper=[80])
    >>> caps_reached(problem, 80), caps_reached(Problem(budget=50, lower=0, upper=[50]), 50)
    (False, True)
    """
    return bool(caps <= problem.budget)


def largest_claim(problem: Problem) -> float:
    """Return the largest claim of a rule that compares claims with awards, in units.

    Examples
    --------
    >>> largest_claim(Problem(budget=5, lower=0, upper=[4, 9], claims=[400, 900], claim_parts=100))
    9.0
    """
    if problem.claims is None:
        return 0.0
    return float(problem.claims.max(initial=0)) / problem.claim_parts


def dollar_level(
    policy: Policy, problem: Problem, tier: float, log_level: float
) -> tuple[float, float]:
    """Return the level in dollars, and its logarithm.

    Parameters
    ----------
    policy : Policy
    problem : Problem
    tier, log_level : float
        The core's.

    Returns
    -------
    level : float
        As in `allocator.policy.formula.formula`; for most rules by claims it may be negative.
    log_level : float
        Infinite when no level gives anybody more; 0 where the level is no power's.
    """
    if claims_rule(policy) not in BY_CLAIM:
        log_level = dollar_log_level(policy, tier, log_level)
        return exp_or_inf(log_level), log_level
    if math.inf in (log_level, tier):  # at their caps, or those of weight 0 come next
        return math.inf, math.inf
    origin = rule_of(policy).ramps(problem).origin
    return (exp_or_inf(log_level) - origin) * float(exact(policy.award.unit)), 0.0


def dollar_log_level(policy: Policy, tier: float, log_level: float) -> float:
    """Return the logarithm of the level in dollars.

    Parameters
    ----------
    policy : Policy
    tier, log_level : float
        The core's: the marginal tier, and the logarithm of the level in it, which is one of units
        and of 1e-8 dollars.

    Returns
    -------
    float
        At alpha = 0, of the weight at the margin. Infinite when only users of weight 0 can get
        more: no level gives them anything.

    Examples
    --------
    >>> log = dollar_log_level(Policy.default(), 1.0, math.log(250))  # cents per dollar of weight
    >>> round(math.exp(log), 9)
    2.5
    """
    rule, unit = rule_of(policy), policy.award.unit_cents
    recovery = policy.objective.of == "recovery"
    if not isinstance(rule, AlphaFair):
        return log_level + math.log(FINE) + math.log(unit / CENTS)
    if rule.alpha == 0:
        return recovery * math.log(FINE) - (math.log(tier) if tier else -math.inf)
    if math.isinf(tier):
        return math.inf
    return log_level + recovery * (1 - 1 / rule.alpha) * math.log(FINE) + math.log(unit / CENTS)


def price(alpha: float | None, log_level: float) -> float | None:
    """Return the gain in the objective per extra dollar of budget.

    Parameters
    ----------
    alpha : float or None
        None for a claims rule.
    log_level : float
        In dollars; infinite when nobody who has a weight can get more.

    Returns
    -------
    float or None
        None for claims rules and max-min, and where a float cannot hold it.

    Examples
    --------
    >>> price(1.0, math.log(4)), price(2.0, math.inf), price(None, 0.0)
    (0.25, 0.0, None)
    """
    if alpha is None or math.isinf(alpha):
        return None
    if math.isinf(log_level) and log_level > 0:
        return 0.0
    log = log_level if alpha == 0 else -alpha * log_level
    if log == -math.inf:
        return 0.0
    return math.exp(log) if abs(log) < PRICE_REACH else None
