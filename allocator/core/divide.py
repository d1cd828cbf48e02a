"""`divide`: any pot of money, or of seats, in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from importlib import import_module
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.core.amounts import (
    claim_units,
    ratios,
    reals,
    same_length,
    shown,
    units,
    worth,
)
from allocator.core.catalog import FEW_RULES, RULES
from allocator.core.constraints import Constraint, Groups, Row
from allocator.core.exact import divide_exactly
from allocator.core.few.divide import divide_among_few
from allocator.core.few.rule import FewRule
from allocator.core.problem import EQUAL, Problem, by_position
from allocator.core.rules import Rule
from allocator.core.solve import solve
from allocator.core.two_stage import TwoStage
from allocator.errors import DataError, InfeasibleError, UnsupportedError, nearest
from allocator.money import exact

__all__ = ["divide"]

MAX_PART = 10**22  # of a unit's fraction: the last power of ten that is exact in floats
MAX_QUOTAS = 10**12  # units: the quotas of largest remainders are floats, off by 1e-3 at most
NATIVE = ("auto", "native")  # methods, where no constraints overlap
METHODS = (*NATIVE, "highs", "cvxpy")
METHODS_IN_WORDS = '"auto", "native", "highs" or "cvxpy:SOLVER" (such as "cvxpy:CLARABEL")'
SPENT = 1e-6  # of the budget: general solvers spend it nearly
QUOTA = 1e-9  # a quota this close below a whole number has reached it, but for float noise


def divide(
    budget: Any,
    claims: ArrayLike | None = None,
    rule: Rule | FewRule | TwoStage | str = "proportional",
    *,
    weights: ArrayLike | None = None,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    unit: Any = None,
    rounding: Literal["level", "largest_remainder"] = "level",
    ids: Iterable[object] | None = None,
    constraints: Sequence[Constraint] = (),
    method: str = "auto",
) -> NDArray[Any]:
    """Divide a budget among n claimants.

    Parameters
    ----------
    budget : number, or text such as "300.00"
        What there is to divide.
    claims : array_like, shape (n,), optional
        What each would have if there were enough. Caps default to them.
    rule : Rule, FewRule, TwoStage or str
        A rule, or its name, such as "proportional" (to claims, or to weights without claims),
        "talmud", or "alpha_fair" (which is ``AlphaFair(alpha=1)``); ``allocator rules`` lists them.
        A rule without a level, such as "random_arrival", takes claims and a budget only, and its
        whole units are always largest remainders.
    weights : array_like, shape (n,), optional
        Weights of an alpha-fair rule, or of "proportional" without claims. Claimants of weight 0
        get their floors until all others have their caps; where all weights are 0, all are alike
        and share equally.
    lower, upper : array_like, shape (n,), or a number for everybody; optional
        Floors (default 0) and caps (default: the claims, or none).
    unit : number or text, optional
        Awards become whole multiples of it, exactly: cents ("0.01"), seats (1). The budget and the
        bounds must be multiples of it, floats within their noise; claims as caps are rounded down.
    rounding : {"level", "largest_remainder"}
        How whole units are awarded: in the order of the levels at which they are earned, which is
        optimal and monotone in the budget, or by the method of Hamilton, which is neither.
    ids : sequence, shape (n,), optional
        Names, by position, by which ties between whole units are broken (a hash of each); the
        positions when not given.
    constraints : sequence of Group, Groups or Row
        Floors and caps on totals, as money. Groups that are nested or disjoint may be as many as
        claimants, for any rule with a level; at most 100 that overlap, and rows, are for
        objectives.
    method : str
        "native"; "highs" or "cvxpy:SOLVER" (such as "cvxpy:CLARABEL"): general solvers, for
        objectives and up to 100 constraints, whose awards add up to the budget nearly. "auto" is
        native where it can be. Whole units come from a general solver only where constraints
        overlap: elsewhere the native ones are exact.

    Returns
    -------
    ndarray of float64 (of Fraction, dtype object, when given fractions), shape (n,)
        Awards, as money like the budget, which they add up to. Without a unit, sums within 1e-12
        of each other, relatively, count as equal; where amounts are `fractions.Fraction`, awards
        are exact fractions, too.

    Raises
    ------
    DataError
        If an argument does not fit.
    InfeasibleError
        If the floors exceed the budget, the caps or constraints fall short of it, or constraints
        conflict.
    UnsupportedError
        If there is no such rule, it does not go with constraints, a method or a rounding that is
        asked for, or a number is beyond what floats hold exactly.

    References
    ----------
    Balinski & Young, "Fair Representation", 1982, for the paradoxes of largest remainders.

    Examples
    --------
    An estate of 100 against claims of 50, 100 and 150:

    >>> divide(100, claims=[50, 100, 150]).round(2).tolist()
    [16.67, 33.33, 50.0]
    >>> divide(100, claims=[50, 100, 150], unit="0.01").tolist()
    [16.67, 33.33, 50.0]

    In exact fractions:

    >>> divide(Fraction(100), claims=[100, 200, 300], rule="talmud")
    array([Fraction(100, 3), Fraction(100, 3), Fraction(100, 3)], dtype=object)

    Huntington-Hill apportionment is alpha = 2 on squared populations, in whole seats, at least
    one each:

    >>> from allocator.core.rules import AlphaFair
    >>> divide(10, weights=[15**2, 4**2, 1], rule=AlphaFair(2), lower=1, unit=1).tolist()
    [7.0, 2.0, 1.0]
    """
    _check_method(method)
    if isinstance(rule, TwoStage):
        _natively(method, "the two-stage rule is")
        others = (weights, lower, upper, constraints or None)
        how = {"unit": unit, "rounding": rounding, "ids": ids}
        return np.asarray(rule.divide(divide, budget, claims, others, **how))
    chosen = _rule(rule)
    if rounding not in ("level", "largest_remainder"):
        raise DataError(f'rounding must be "level" or "largest_remainder", not {rounding!r}')
    if rounding == "largest_remainder":
        _natively(method, "largest remainders are")
        if constraints:
            raise UnsupportedError(
                'largest remainders know no constraints: choose rounding="level"'
            )
    step = _unit(unit)
    names = by_position(ids)
    if isinstance(chosen, FewRule):
        _natively(method, f"{chosen.name} is")
        few = divide_among_few(
            budget,
            claims,
            chosen,
            step,
            names,
            weights=weights,
            lower=lower,
            upper=upper,
            constraints=constraints,
        )
        if step is not None:
            _check_exact(int(few.sum()), step)
            return few * 1.0 * step.numerator / step.denominator
        return few if _any_fraction(budget, claims) else few.astype(np.float64)
    if unit is None and _any_fraction(budget, claims, weights, lower, upper):
        _natively(method, "exact fractions are")
        if constraints:
            raise UnsupportedError(
                "exact fractions know no constraints: give floats, or whole units with unit="
            )
        return divide_exactly(budget, claims, chosen, weights, lower, upper)

    def money(name: str, values: Any, **how: bool) -> NDArray[Any]:
        return reals(name, values) if step is None else units(name, values, step, **how)

    shares = None if weights is None else ratios("weights", weights)
    owed, parts = None, 1
    if claims is not None and chosen.claims_are_amounts:
        owed, parts = claim_units("claims", claims, step)
    elif claims is not None:
        owed = ratios("claims", claims)
    floors = money("lower", 0 if lower is None else lower)
    caps = None if upper is None else money("upper", upper, cap=True)
    # The problem checks it, too, but cannot tell caps that were given from claims as caps.
    same_length({"claims": owed, "weights": shares, "lower": floors, "upper": caps, "ids": names})
    if caps is None and claims is not None:
        caps = money("claims", claims, cap=True, down=True)
    problem = Problem(
        budget=money("the budget", budget)[()],
        lower=floors,
        upper=caps,
        weights=shares,
        claims=owed,
        claim_parts=parts,
        ids=names,
        constraints=[_in_units(each, step) for each in constraints],
        unit=step,
    )
    _check_caps(problem, caps_are_claims=upper is None and claims is not None)
    if step is None:
        awards = np.array(_solved(problem, chosen, method), dtype=np.float64)
        _check_spent(problem, float(awards.sum()))
        return awards
    _check_exact(problem.budget, step)
    chosen = chosen.in_units(step)
    if rounding == "level":
        counts = _solved(problem, chosen, method)
    else:
        counts = _largest_remainder(problem, chosen)
    _check_spent(problem, int(counts.sum()))
    return counts.astype(np.float64) * step.numerator / step.denominator


def _solved(problem: Problem, rule: Rule, method: str) -> NDArray[Any]:
    """Return awards; what needs a backend reaches it by name, so that others do without."""
    if method in NATIVE and not problem.overlapping:
        return solve(problem, rule).awards
    awards: NDArray[Any] = import_module("allocator.backends.solve").solve(problem, rule, method)
    return awards


def _in_units(constraint: Constraint, step: Fraction | None) -> Constraint:
    """Return the constraint with its bounds, which are money, counted in units."""
    if isinstance(constraint, Row):
        return constraint if step is None else constraint.counted(step)

    def counted(bound: Any, *, cap: bool) -> Any:
        if bound is None:
            return None
        if isinstance(bound, Mapping):
            return {label: counted(each, cap=cap) for label, each in bound.items()}
        name = f"the {'cap' if cap else 'floor'} of {constraint.name!r}"
        counts = reals(name, bound) if step is None else units(name, bound, step, cap=cap)
        return counts.item()

    bounds = counted(constraint.lower, cap=False), counted(constraint.upper, cap=True)
    if isinstance(constraint, Groups):
        return constraint.bounded(*bounds)
    return replace(constraint, lower=bounds[0], upper=bounds[1])


def _any_fraction(*given: Any) -> bool:
    return any(
        isinstance(each, Fraction)
        for values in given
        for each in (values if isinstance(values, (list, tuple, np.ndarray)) else [values])
    )


def _check_caps(problem: Problem, *, caps_are_claims: bool) -> None:
    """Refuse a budget that the caps cannot take."""
    budget, spend, unit = problem.budget, problem.spend, problem.unit
    if spend >= budget * (1 if problem.whole else 1.0 - EQUAL):
        return
    short = budget - spend
    raise InfeasibleError(
        f"the caps add up to {shown(spend, unit)}, which is {shown(short, unit)} less than the "
        f"budget of {shown(budget, unit)}: lower the budget or raise the caps"
        + (" (claims are caps, too; for mere shares give weights)" if caps_are_claims else ""),
        {
            "budget": worth(budget, unit),
            "sum_of_caps": worth(spend, unit),
            "excess": worth(short, unit),
        },
    )


def _check_spent(problem: Problem, spent: Any) -> None:
    """Refuse a budget that constraints which overlap cannot take."""
    budget, unit = problem.budget, problem.unit
    if not problem.overlapping or spent >= budget * (1 if problem.whole else 1.0 - SPENT):
        return
    raise InfeasibleError(
        f"the constraints let {shown(spent, unit)} be spent, which is "
        f"{shown(budget - spent, unit)} less than the budget of {shown(budget, unit)}: lower the "
        "budget, or raise the caps that bind",
        {"budget": worth(budget, unit), "most": worth(spent, unit)},
    )


def _check_method(method: str) -> None:
    """Refuse what is no method, whether or not the rule has a choice."""
    name, colon, _ = method.partition(":") if isinstance(method, str) else ("", "", "")
    if method not in METHODS and not (name == "cvxpy" and colon):
        raise DataError(f"method must be {METHODS_IN_WORDS}, not {method!r}")


def _natively(method: str, what: str) -> None:
    if method not in NATIVE:
        raise UnsupportedError(f'{what} native: method={method!r} is not for it; leave it "auto"')


def _largest_remainder(problem: Problem, rule: Rule) -> NDArray[np.int64]:
    """Round fractional awards down, then up by one for the largest remainders (Hamilton, 1792)."""
    if problem.budget > MAX_QUOTAS:
        raise UnsupportedError(
            f"largest remainders of {problem.budget:,} units are lost in floats above 1e12: choose "
            'a larger unit, or rounding="level"'
        )
    real = Problem(
        float(problem.budget),
        problem.lower * 1.0,
        problem.upper * 1.0,
        problem.weights,
        problem.claims,
        claim_parts=problem.claim_parts,
    )
    quotas = solve(real, rule).awards
    counts = np.floor(quotas + QUOTA).astype(np.int64)
    remainders = np.where(counts < problem.upper, np.round(quotas - counts, 9), -1.0)
    missing = problem.budget - int(counts.sum())
    keys = problem.tie_keys(np.arange(len(problem)))
    order = sorted(range(len(problem)), key=lambda i: (-remainders[i], keys[i]))
    counts[order[:missing]] += 1
    return counts


def _rule(rule: Rule | FewRule | str) -> Rule | FewRule:
    if isinstance(rule, (Rule, FewRule)):
        return rule
    names = RULES | FEW_RULES
    if isinstance(rule, str) and rule in names:
        return names[rule]()
    close = nearest(str(rule), names)
    hint = f"; did you mean {close!r}?" if close else f"; the rules are {', '.join(names)}"
    raise UnsupportedError(f"there is no rule {rule!r}{hint}")


def _unit(value: Any) -> Fraction | None:
    if value is None:
        return None
    try:
        unit = exact(value)
    except ValueError as error:
        raise DataError(f"the unit: {error}") from None
    if unit <= 0:
        raise DataError(f"the unit must be positive, not {value!r}")
    if max(unit.numerator, unit.denominator) > MAX_PART:
        raise UnsupportedError(
            f"a unit of {value!r} is no ratio of whole numbers up to 1e22, the last power of ten "
            "that is exact in floats"
        )
    return unit


def _check_exact(budget: int, unit: Fraction) -> None:
    """Refuse awards that floats cannot return: whole numbers above 2**53, decimals above 2**52."""
    limit = 2**53 if unit.denominator == 1 else 2**52
    if budget * unit.numerator > limit:
        raise UnsupportedError(
            f"a budget of {shown(budget, unit)} in units of {shown(1, unit)} is above what floats "
            "can return exactly: choose a larger unit, or count in units with unit=1"
        )
