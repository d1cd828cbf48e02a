"""`divide`: any pot of money, or of seats, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from fractions import Fraction
from math import lcm
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.core.problem import Problem
from allocator.core.rules import RULES, Rule
from allocator.core.solve import solve
from allocator.errors import DataError, InfeasibleError, UnsupportedError
from allocator.money import exact

__all__ = ["divide"]

MULTIPLE = 1e-9  # a float this close to a multiple of the unit is one: 1234.56 is not k * 0.01


def divide(
    budget: Any,
    claims: ArrayLike | None = None,
    rule: Rule | str = "proportional",
    *,
    weights: ArrayLike | None = None,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    unit: Any = None,
    rounding: Literal["level", "largest_remainder"] = "level",
    ids: Sequence[object] | None = None,
) -> NDArray[np.float64]:
    """Divide a budget among n claimants.

    Parameters
    ----------
    budget : number, or text such as "300.00"
        What there is to divide.
    claims : array_like, shape (n,), optional
        What each would have if there were enough. Caps default to them.
    rule : Rule or str
        A rule, or its name: "proportional" (to claims, or to weights without claims), or
        "alpha_fair" (which is ``AlphaFair(alpha=1)``).
    weights : array_like, shape (n,), optional
        Weights of an alpha-fair rule.
    lower, upper : array_like, shape (n,), or a number for everybody; optional
        Floors (default 0) and caps (default: the claims, or none).
    unit : number or text, optional
        Awards become whole multiples of it, exactly: cents ("0.01"), seats (1). The budget and the
        bounds must be multiples of it; claims as caps are rounded down.
    rounding : {"level", "largest_remainder"}
        How whole units are awarded: in the order of the levels at which they are earned, which is
        optimal and monotone in the budget, or by the method of Hamilton, which is neither.
    ids : sequence, shape (n,), optional
        Names by which ties between whole units are broken (a hash of each); positions when not
        given.

    Returns
    -------
    ndarray of float64, shape (n,)
        Awards, in the units given. They add up to the budget.

    Raises
    ------
    DataError
        If an argument does not fit.
    InfeasibleError
        If the floors exceed the budget, or the caps fall short of it.

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

    Huntington-Hill apportionment is alpha = 2 on squared populations, in whole seats, at least
    one each:

    >>> from allocator.core.rules import AlphaFair
    >>> divide(10, weights=[15**2, 4**2, 1], rule=AlphaFair(2), lower=1, unit=1).tolist()
    [7.0, 2.0, 1.0]
    """
    chosen = _rule(rule)
    if rounding not in ("level", "largest_remainder"):
        raise DataError(f'rounding must be "level" or "largest_remainder", not {rounding!r}')
    if unit is None:
        step = None
    elif (step := _exact("the unit", unit)) <= 0:
        raise DataError(f"the unit must be positive, not {unit!r}")
    floors = _amounts("lower", 0 if lower is None else lower, step)
    caps = None
    if upper is not None:
        caps = _amounts("upper", upper, step)
    elif claims is not None:
        caps = _amounts("claims", claims, step, down=True)
    problem = Problem(
        budget=_amounts("the budget", budget, step)[()],
        lower=floors,
        upper=caps,
        weights=weights if weights is None else _ratios(weights),
        claims=claims if claims is None else _ratios(claims),
        ids=ids,
    )
    if problem.spend < problem.budget:
        short = problem.budget - problem.spend
        raise InfeasibleError(
            f"the caps add up to {_shown(problem.spend, step)}, which is {_shown(short, step)} "
            f"less than the budget of {_shown(problem.budget, step)}: lower the budget or raise "
            "the caps",
            {"budget": problem.budget, "sum_of_caps": problem.spend, "excess": short},
        )
    if step is None:
        return np.asarray(solve(problem, chosen).awards, dtype=np.float64)
    chosen = _in_units(chosen, step)
    if rounding == "level":
        units = solve(problem, chosen).awards
    else:
        units = _largest_remainder(problem, chosen)
    return units.astype(np.float64) * step.numerator / step.denominator


def _largest_remainder(problem: Problem, rule: Rule) -> NDArray[np.int64]:
    """Round fractional awards down, then up by one for the largest remainders (Hamilton, 1792)."""
    real = Problem(
        float(problem.budget),
        problem.lower * 1.0,
        problem.upper * 1.0,
        problem.weights,
        problem.claims,
    )
    amounts = solve(real, rule).awards
    units = np.floor(amounts + MULTIPLE).astype(np.int64)
    remainders = np.where(units < problem.upper, np.round(amounts - units, 9), -1.0)
    missing = problem.budget - int(units.sum())
    keys = problem.tie_keys(np.arange(len(problem)))
    order = sorted(range(len(problem)), key=lambda i: (-remainders[i], keys[i]))
    units[order[:missing]] += 1
    return units


def _rule(rule: Rule | str) -> Rule:
    if isinstance(rule, Rule):
        return rule
    if rule in RULES:
        return RULES[rule]()
    near = get_close_matches(str(rule), RULES, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; the rules are {', '.join(RULES)}"
    raise UnsupportedError(f"there is no rule {rule!r}{hint}")


def _in_units(rule: Rule, step: Fraction) -> Rule:
    """Return the rule with its baseline, which is money, counted in units."""
    baseline = getattr(rule, "baseline", None)
    if baseline is None:
        return rule
    return type(rule)(**{**vars(rule), "baseline": baseline * step.denominator / step.numerator})


def _amounts(name: str, values: Any, step: Fraction | None, *, down: bool = False) -> NDArray[Any]:
    """Amounts as float64, or as int64 multiples of the step."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf":
        flat = [_exact(name, v) for v in array.ravel().tolist()]
        if step is not None:
            flat = [v / step for v in flat]
            if not down and any(v.denominator != 1 for v in flat):
                raise DataError(f"{name} must be a multiple of the unit, {step}")
            return np.array([v.__floor__() for v in flat], dtype=np.int64).reshape(array.shape)
        return np.array(flat, dtype=np.float64).reshape(array.shape)
    if step is None:
        return array.astype(np.float64)
    if not np.isfinite(array).all() and name == "upper":
        array = np.where(np.isinf(array), 2.0**62 * float(step), array)
    if not np.isfinite(array).all():
        raise DataError(f"{name} must be finite")
    scaled = array.astype(np.float64) * step.denominator / step.numerator
    nearest = np.rint(scaled)
    is_multiple = np.abs(scaled - nearest) <= MULTIPLE * np.maximum(1.0, np.abs(nearest) * 1e-6)
    if not down and not is_multiple.all():
        raise DataError(f"{name} must be a multiple of the unit, {_plain(step)}")
    return np.where(is_multiple, nearest, np.floor(scaled)).astype(np.int64)


def _ratios(values: ArrayLike) -> NDArray[Any]:
    """Weights or claims as numbers; text and decimals as integers on a common scale."""
    array = np.asarray(values)
    if array.dtype.kind in "iuf":
        return array
    fractions = [_exact("weights and claims", v) for v in array.ravel().tolist()]
    scale = lcm(*(f.denominator for f in fractions))
    integers = [int(f * scale) for f in fractions]
    kind = np.int64 if max(integers, default=0) < 2**62 else np.float64
    return np.array(integers, dtype=kind)


def _exact(name: str, value: Any) -> Fraction:
    try:
        return exact(value)
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None


def _plain(step: Fraction) -> str:
    return str(step) if step.denominator == 1 else f"{float(step):g}"


def _shown(units: Any, step: Fraction | None) -> str:
    return f"{float(units if step is None else units * step):,.10g}"
