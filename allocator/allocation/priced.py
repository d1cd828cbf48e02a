"""Awards where constraints overlap or bound recoveries; solvers are imported only here, by name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.row_prices import base_price
from allocator.core.atoms import Atoms, atoms_of
from allocator.core.batch import Segments, award_groups
from allocator.core.extremes import extreme_units
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.core.rows import rows_of
from allocator.core.rules import AlphaFair, MaxMin, Rule
from allocator.core.solve import solve
from allocator.core.transfers import find_transfer
from allocator.errors import InfeasibleError, UnsupportedError
from allocator.money import exact_sum
from allocator.policy.compile import Compiled
from allocator.policy.constraint_faults import check_spend, in_policy_words
from allocator.policy.rules import rule_of
from allocator.policy.schema import Policy

__all__ = ["Priced", "solve_priced"]

Ints = NDArray[np.int64]

# Users for whom a general solver takes half a minute: by leximin, and by one program.
LEXIMIN, GENERAL = 3_000, 100_000


@dataclass(frozen=True, eq=False)
class Priced:
    """Awards, and the level of users in no constraint that binds.

    Attributes
    ----------
    units : ndarray of int64, shape (m,)
    log_level : float
        As the core has it; nan at alpha = 0 and inf, where levels are no prices.
    """

    units: Ints
    log_level: float


def solve_priced(policy: Policy, compiled: Compiled) -> Priced:
    """Divide the budget under constraints that overlap or bound recoveries.

    At positive and finite alpha by the core, whose small programs HiGHS solves; else, once it is
    known that all can be met, by HiGHS itself, and then cent by cent to where no transfer helps.

    Parameters
    ----------
    policy : Policy
    compiled : Compiled

    Returns
    -------
    Priced

    Raises
    ------
    InfeasibleError
        If the constraints cannot be met, with a smallest set that conflicts, or not in whole units;
        or if they do not let the budget be spent, and the policy says that this is an error.
    UnsupportedError
        If somebody has no weight, the constraints tell more than 10,000 kinds of users apart, or
        the objective is one for a general solver, and the users are too many for it.
    """
    problem, rule = compiled.problem, rule_of(policy)
    _check_weights(problem)
    _check_size(policy, rule, len(problem))
    master = import_module("allocator.backends.master").highs_master
    native = _is_native(rule)
    try:
        found = solve(problem, rule if native else AlphaFair(), master)
        units, log_level = found.awards, math.nan
        if native and found.prices is not None:
            assert isinstance(rule, AlphaFair)
            rows = found.prices.rows.tolist()
            base = base_price(found.prices.budget, rows, compiled.priced)
            log_level = found.log_level - math.log(base) / rule.alpha if base > 0 else math.inf
        if not native:
            units = import_module("allocator.backends.solve").solve(problem, rule)
            units = _improved(problem, rule, units)
    except InfeasibleError as error:
        raise in_policy_words(error, policy, problem, compiled.priced) from None
    check_spend(policy, exact_sum(units), problem.budget)
    return Priced(units, log_level)


def _check_size(policy: Policy, rule: Rule, n: int) -> None:
    """Refuse what general solvers take too long for."""
    if _is_native(rule):
        return
    leximin = isinstance(rule, MaxMin) or getattr(rule, "alpha", 0.0) == math.inf
    most, other = (LEXIMIN, "a large alpha, such as 4") if leximin else (GENERAL, "a small alpha")
    if n <= most:
        return
    what = f'rule = "{policy.objective.rule}"'
    if isinstance(rule, AlphaFair):
        what = f"alpha = {rule.alpha:g}"
    elif not leximin:
        other = "alpha_fair"
    raise UnsupportedError(
        f"{what} under constraints that overlap or bound recoveries is left to a general solver, "
        f"for at most {most:,} eligible users, and there are {n:,}: take {other}, or groups of "
        "which any two are nested or have nobody in common"
    )


def _is_native(rule: Rule) -> bool:
    return isinstance(rule, AlphaFair) and 0 < rule.alpha < math.inf


def _check_weights(problem: Problem) -> None:
    without = 0 if problem.weights is None else int(np.count_nonzero(problem.weights == 0))
    if without:
        raise UnsupportedError(
            f"{without:,} eligible users have weight 0, as by a factor of 0, and no price, which "
            "constraints that overlap or bound recoveries need: leave these users out "
            "(eligibility.exclude), or give them a small factor"
        )


def _improved(problem: Problem, rule: Rule, units: Ints) -> Ints:
    """Move units between users as long as the constraints allow it and the objective gains."""
    rows = rows_of(problem)
    atoms = atoms_of(rows, len(problem))
    ramps = rule.ramps(problem)
    totals = np.bincount(atoms.labels, weights=units, minlength=len(atoms)).astype(np.int64)
    while True:
        held = _ends(ramps, units, units > ramps.lower, atoms, last=True)
        refused = _ends(ramps, units + 1, units < ramps.upper, atoms, last=False)
        pair = find_transfer(ramps, held, refused, totals, rows, atoms)
        if pair is None:
            return units
        totals[pair[0]] -= 1
        totals[pair[1]] += 1
        units = _awarded(problem, ramps, atoms, totals)


def _ends(
    ramps: Ramps, number: Ints, which: NDArray[np.bool_], atoms: Atoms, *, last: bool
) -> NDArray[np.float64]:
    tier, log_level = extreme_units(
        ramps, number, np.flatnonzero(which), atoms.labels, len(atoms), last=last
    )
    return np.log(tier) if ramps.flat else log_level


def _awarded(problem: Problem, ramps: Ramps, atoms: Atoms, totals: Ints) -> Ints:
    order = np.argsort(atoms.labels, kind="stable")
    units = np.empty(len(order), dtype=np.int64)
    units[order] = award_groups(
        ramps.take(order),
        Segments.of(np.bincount(atoms.labels, minlength=len(totals))),
        totals,
        lambda index: problem.tie_keys(order[index]),
    )
    return units
