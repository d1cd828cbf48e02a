"""Awards where constraints overlap or bound recoveries; solvers are imported only here, by name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.row_prices import base_price
from allocator.core.atoms import Atoms, atoms_of
from allocator.core.batch import award_sets
from allocator.core.extremes import extreme_units
from allocator.core.problem import Problem
from allocator.core.ramps import Ramps
from allocator.core.rows import rows_of
from allocator.core.rules import AlphaFair, MaxMin, Rule
from allocator.core.solve import solve
from allocator.core.transfers import improved
from allocator.errors import InfeasibleError, UnsupportedError
from allocator.money import exact_sum
from allocator.policy.compile import Compiled
from allocator.policy.constraint_faults import check_spend, in_policy_words
from allocator.policy.rules import rule_of
from allocator.policy.schema import Policy

__all__ = ["Priced", "solve_priced"]

Floats = NDArray[np.float64]
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

    At finite alpha by the core, whose small programs HiGHS solves; else, once it is known that all
    can be met, by HiGHS itself, and then cent by cent to where no transfer helps.

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
    leximin = isinstance(rule, (MaxMin, AlphaFair))
    most, other = (LEXIMIN, "a large alpha, such as 4") if leximin else (GENERAL, "alpha_fair")
    if n <= most:
        return
    what = "alpha = inf" if isinstance(rule, AlphaFair) else f'rule = "{policy.objective.rule}"'
    raise UnsupportedError(
        f"{what} under constraints that overlap or bound recoveries is left to a general solver, "
        f"for at most {most:,} eligible users, and there are {n:,}: take {other}, or groups of "
        "which any two are nested or have nobody in common"
    )


def _is_native(rule: Rule) -> bool:
    return isinstance(rule, AlphaFair) and rule.alpha < math.inf


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

    def awarded(totals: Ints) -> Ints:
        return np.asarray(award_sets(ramps, atoms.labels, totals, problem.tie_keys))

    def ends(totals: Ints) -> tuple[Floats, Floats]:
        held = awarded(totals)
        last = _ends(ramps, held, held > ramps.lower, atoms, last=True)
        return last, _ends(ramps, held + 1, held < ramps.upper, atoms, last=False)

    return awarded(
        improved(ramps, rows, atoms, atoms.totals(units.astype(np.float64)).astype(np.int64), ends)
    )


def _ends(
    ramps: Ramps, number: Ints, which: NDArray[np.bool_], atoms: Atoms, *, last: bool
) -> Floats:
    """Return log-levels of every atom's last unit held, or first refused."""
    who = np.flatnonzero(which)
    return extreme_units(ramps, number, who, atoms.labels, len(atoms), last=last)[1]
