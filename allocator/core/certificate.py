"""Evidence that awards are the ones a rule allows, computed from the awards alone.

Nothing here knows how the awards were found: it imports neither the level search nor the
assignment of units. What the two sides share is the definition: the mean at which a unit is
earned (`means`), with the proven bound that spares most units its evaluation, and the order of
units (`order`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.core.amounts import shown
from allocator.core.curves import LOG_LARGEST, exp_or_inf
from allocator.core.edge import Edge, find_edge
from allocator.core.family import Family
from allocator.core.few.recheck import recheck
from allocator.core.few.rule import FewRule
from allocator.core.gap import gaps
from allocator.core.nested_edge import Binding, find_nested_edge
from allocator.core.overlap_edge import find_overlap_edge
from allocator.core.problem import Problem
from allocator.core.rows import rows_of
from allocator.core.rules import AlphaFair, Rule
from allocator.money import exact_sum

__all__ = ["Certificate", "verify"]

Ints = NDArray[np.int64]
CHECKS = ("bounds", "total", "optimal", "canonical")


@dataclass(frozen=True)
class Certificate:
    """What was checked of some awards, and what came out.

    Attributes
    ----------
    checks : mapping of str to bool
        ``bounds``: whole units within everybody's floor and cap. ``total``: the budget (or the sum
        of caps, when that is less) is spent to the unit. ``optimal``: no transfer of one unit
        raises the objective, which for a separable concave objective is a global optimum; for a
        claims rule, no unit is held that the rule gives later than one refused. ``canonical``:
        every held unit precedes every refused one in the order of level, place, weight, tie key,
        so that these awards are the only ones the rule allows.
    failures : tuple of str
        A sentence for each check that failed.
    pair : (int, int) or None
        When the order is broken: who holds a unit that the other should have before them.
    transfer_gain : float or None
        Gain of the best transfer of one unit, relative to the worth of the unit given up: at most
        0 when optimal. For max-min, of the levels. None for claims rules, and when no transfer is
        possible.
    gap : float or None
        (whole-unit Lagrangian bound - objective) / (price * budget): 0 when optimal. None for
        claims rules, for max-min, and where the objective is minus infinity.
    fractional_gap : float or None
        The same with the bound over real amounts: what whole units cost.
    budget, spent : int
        Units.
    at_lower, at_upper, free : int
        Claimants at their floor, at their cap above it, and in between.
    tier : float
        The marginal tier; inf is the tail of weight 0.
    log_level : float
        In that tier, the middle of the last level held and the first refused, as a logarithm;
        with groups, of those whom no group holds back.
    binding : Binding or None
        Groups at their floor or cap, with their own levels; None without groups.
    prices : mapping of str to float
        Of constraints that overlap and bind, relative to the price at the level: what a unit more
        of room would bring, positive for a cap and negative for a floor. With such constraints
        ``optimal`` says that no transfer of one unit helps, which is necessary; the gap is the
        proof of how near to the optimum the awards are.
    budget_price : float
        What a unit more of budget would bring, relative to the price at the level: other than 1
        only where constraints overlap, the level then being that of the mean price of a unit.
    samples : int
        How many orders of arrival the rule's awards were estimated from; 0 when they are exact.
    margin : float
        Units: the largest half of a 95% confidence interval of an estimated award.
    differs : (int, int) or None
        The first position whose award is not that of a rule without a level, and what that is.
    """

    checks: Mapping[str, bool]
    failures: tuple[str, ...]
    pair: tuple[int, int] | None
    transfer_gain: float | None
    gap: float | None
    fractional_gap: float | None
    budget: int
    spent: int
    at_lower: int
    at_upper: int
    free: int
    tier: float
    log_level: float
    binding: Binding | None = None
    prices: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    budget_price: float = 1.0
    samples: int = 0
    margin: float = 0.0
    differs: tuple[int, int] | None = None

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(self.checks.values())

    @property
    def level(self) -> float:
        """The level; inf where a float cannot hold it."""
        return exp_or_inf(self.log_level)


def verify(problem: Problem, rule: Rule | FewRule, awards: ArrayLike) -> Certificate:
    """Check awards in whole units, trusting nobody.

    Parameters
    ----------
    problem : Problem
        In whole units.
    rule : Rule or FewRule
        Awards of a rule without a level are computed again and compared: its checks are
        ``bounds``, ``total`` and ``recomputed``, as nothing is optimal or canonical about them.
    awards : array_like, shape (n,)
        In units.

    Returns
    -------
    Certificate
        Nothing is raised for bad awards: the certificate says so.

    References
    ----------
    Ibaraki & Katoh, "Resource Allocation Problems", MIT Press, 1988: awards that no exchange of a
    unit improves are optimal.

    Examples
    --------
    >>> problem = Problem(budget=10, lower=0, upper=[2, 9, 9], weights=[5.0, 2.0, 1.0])
    >>> verify(problem, AlphaFair(1), [2, 5, 3]).ok
    True
    >>> verify(problem, AlphaFair(1), [2, 4, 4]).failures
    ('optimal: moving one unit from position 2 to position 1 raises the objective',)
    """
    x = np.asarray(awards)
    if x.shape != (len(problem),):
        return _unusable(problem, f"there are {x.size} awards for {len(problem)} claimants")
    if not _whole(x):
        return _unusable(problem, "the awards are not whole units")
    x = x.astype(np.int64)
    if isinstance(rule, FewRule):
        return _recheck(problem, rule, x)
    if problem.overlapping:
        return _verify_overlapping(problem, rule, x)
    ramps = rule.ramps(problem)
    outside = np.flatnonzero((x < problem.lower) | (x > problem.upper))
    inside = np.clip(x, problem.lower, problem.upper)
    family, binding, row_levels, broken = problem.family, None, None, ""
    if family is None:
        edge = find_edge(ramps, inside, problem.tie_keys)
    else:
        nested = find_nested_edge(ramps, inside, family, problem.tie_keys)
        edge, binding, row_levels = nested.edge, nested.binding, (nested.tier, nested.log_level)
        broken = _broken_group(problem, family, x)
    if len(outside) or broken:  # what no bounds allow is neither optimal nor canonical
        edge = replace(edge, optimal=False, canonical=False, pair=None)
    spent = exact_sum(x)
    passed = (not len(outside) and not broken, spent == problem.spend, edge.optimal, edge.canonical)
    gain, gap, fractional_gap = None, None, None
    if isinstance(rule, AlphaFair):
        gain = _transfer_gain(edge, rule.alpha)
        if math.isfinite(rule.alpha) and passed[0]:
            gap, fractional_gap = gaps(
                ramps, rule.alpha, x, edge.tier, edge.log_level, problem.budget, row_levels
            )
    at_lower = x == problem.lower
    at_upper = (x == problem.upper) & ~at_lower
    counts = int(np.count_nonzero(at_lower)), int(np.count_nonzero(at_upper))
    return Certificate(
        checks=MappingProxyType(dict(zip(CHECKS, passed, strict=True))),
        failures=tuple([broken] * bool(broken) + _failures(problem, x, outside, spent, edge)),
        pair=edge.pair,
        transfer_gain=gain,
        gap=gap,
        fractional_gap=fractional_gap,
        budget=problem.budget,
        spent=spent,
        at_lower=counts[0],
        at_upper=counts[1],
        free=len(problem) - sum(counts),
        tier=edge.tier,
        log_level=edge.log_level,
        binding=binding,
    )


def _recheck(problem: Problem, rule: FewRule, x: Ints) -> Certificate:
    checks, failures, expected, found = recheck(problem, rule, x)
    other = np.flatnonzero(x != expected)
    at_lower = x == problem.lower
    at_upper = (x == problem.upper) & ~at_lower
    counts = int(np.count_nonzero(at_lower)), int(np.count_nonzero(at_upper))
    return Certificate(
        MappingProxyType(checks),
        tuple(failures),
        pair=None,
        transfer_gain=None,
        gap=None,
        fractional_gap=None,
        budget=problem.budget,
        spent=exact_sum(x),
        at_lower=counts[0],
        at_upper=counts[1],
        free=len(problem) - sum(counts),
        tier=math.nan,
        log_level=math.nan,
        samples=0 if found is None else found.samples,
        margin=0.0 if found is None else max(found.margin, default=0.0),
        differs=(int(other[0]), int(expected[other[0]])) if len(other) else None,
    )


def _verify_overlapping(problem: Problem, rule: Rule, x: Ints) -> Certificate:
    """Check rows exactly, the order inside every atom, and the gap to the Lagrangian bound."""
    ramps, alpha = rule.ramps(problem), getattr(rule, "alpha", math.nan)
    outside = np.flatnonzero((x < problem.lower) | (x > problem.upper))
    inside = np.clip(x, problem.lower, problem.upper)
    found = find_overlap_edge(
        ramps, alpha, inside, rows_of(problem), problem.budget, problem.tie_keys
    )
    spent = exact_sum(x)
    within = not len(outside) and not found.broken
    passed = (within, spent == problem.spend, within and found.optimal, found.canonical)
    failures = [f"bounds: the constraint {name!r} is not met" for name in found.broken]
    edge = Edge(found.optimal, found.canonical, found.pair, 1.0, found.log_level, None)
    failures += _failures(problem, x, outside, spent, edge)
    if found.transfer is not None:
        failures.append(
            "optimal: moving one unit between two kinds of claimants, which the constraints allow, "
            "raises the objective"
        )
    at_lower = x == problem.lower
    at_upper = (x == problem.upper) & ~at_lower
    counts = int(np.count_nonzero(at_lower)), int(np.count_nonzero(at_upper))
    return Certificate(
        checks=MappingProxyType(dict(zip(CHECKS, passed, strict=True))),
        failures=tuple(failures),
        pair=found.pair,
        transfer_gain=None,
        gap=found.gap,
        fractional_gap=found.fractional_gap,
        budget=problem.budget,
        spent=spent,
        at_lower=counts[0],
        at_upper=counts[1],
        free=len(problem) - sum(counts),
        tier=1.0,
        log_level=found.log_level,
        prices=MappingProxyType(found.prices),
        budget_price=found.budget_price,
    )


def _whole(x: NDArray[np.generic]) -> bool:
    if x.dtype.kind in "iu":
        return True
    return x.dtype.kind == "f" and bool((np.abs(x) < 2.0**63).all() and (x == np.rint(x)).all())


def _transfer_gain(edge: Edge, alpha: float) -> float | None:
    """Worth of the refused unit over the held one's, less 1; worth is level^-alpha."""
    if edge.advantage is None:
        return None
    power = 1.0 if alpha == 0 or math.isinf(alpha) else alpha
    gain = power * edge.advantage
    if edge.optimal:  # decided exactly: the floats of a tie may be an ulp above it
        gain = min(gain, 0.0)
    return math.inf if gain > LOG_LARGEST else math.expm1(gain)


def _broken_group(problem: Problem, family: Family, x: Ints) -> str:
    """Say which group's total is outside its bounds; nothing when none is."""
    totals = family.totals(x)
    bad = np.flatnonzero((totals < family.lower) | (totals > family.upper))
    if not len(bad):
        return ""
    g = int(bad[0])
    total, floor, cap = (
        shown(int(v[g]), problem.unit) for v in (totals, family.lower, family.upper)
    )
    return (
        f"bounds: {len(bad):,} groups are outside their bounds; the first, {family.name(g)!r}, has "
        f"{total}, not from {floor} to {cap}"
    )


def _failures(problem: Problem, x: Ints, outside: Ints, spent: int, edge: Edge) -> list[str]:
    failures = []
    if len(outside):
        i = int(outside[0])
        failures.append(
            f"bounds: {len(outside):,} awards are outside their bounds; the first, at position "
            f"{i}, is {x[i]}, not from {problem.lower[i]} to {problem.upper[i]}"
        )
    if spent != problem.spend:
        failures.append(f"total: {spent:,} units are spent, not {problem.spend:,}")
    if edge.pair is not None:
        holder, refused = edge.pair
        failures.append(
            f"optimal: moving one unit from position {holder} to position {refused} raises the "
            "objective"
            if not edge.optimal
            else f"canonical: of two units worth the same, position {refused} precedes position "
            f"{holder}"
        )
    return failures


def _unusable(problem: Problem, why: str) -> Certificate:
    checks = MappingProxyType(dict.fromkeys(CHECKS, False))
    zero = (None, None, None, None, problem.budget, 0, 0, 0, 0, math.nan, math.nan)
    return Certificate(checks, (why,), *zero)
