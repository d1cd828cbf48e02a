"""The inverse problem: from wished-for or observed awards to the policy that explains them best."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.pipeline import load
from allocator.allocation.stages import Stages
from allocator.errors import DataError, PolicyError
from allocator.money import CENTS, FINE, exact, format_cents
from allocator.policy.compile import bounds as bounds_of
from allocator.policy.eligibility import decide
from allocator.policy.formula import formula
from allocator.policy.schema import Policy
from allocator.policy.weights import weigh
from allocator.scenarios.fit_bounds import Bound, at_loss, find_bound
from allocator.scenarios.fit_design import (
    LOSS_EXPONENT,
    RATIO_EXPONENT,
    Design,
    design,
    find_pins,
)
from allocator.scenarios.fit_examples import NULL, ExampleTable, read_examples
from allocator.scenarios.fit_numbers import number, tidy
from allocator.scenarios.fit_result import ExampleRow, Fit, Number
from allocator.scenarios.fit_solve import Task, solve
from allocator.scenarios.fit_words import notes

__all__ = ["Fit", "fit"]

UNIFORM = 12**-0.5  # standard deviation of rounding to the nearest unit
LARGEST = 1e15  # cents; what is above every cap needs no more digits


def fit(
    examples: object,
    *,
    policy: Policy | str | os.PathLike[str] | None = None,
    minimum: object = None,
    maximum: object = None,
    factors: Sequence[str] | None = None,
    users: object = None,
) -> Fit:
    """Find the policy that explains awards best.

    The award is taken as level × claim^a × min(ratio, cap)^b × factors, clipped to floor and cap,
    with alpha = 1. Level, exponents and factors are fitted to the logarithms of the awards,
    robustly; awards at a bound count as "at most" or "at least".

    Parameters
    ----------
    examples : path, data frame or Arrow table
        A row per user: liquidation_loss and award in dollars; net_assets, if the ratio may
        matter; trust, a number from 0 on (a trust of 1/4 doubles the error that is expected), 1
        where there is no such column; any attributes.
    policy : Policy, preset name, path of a policy file, or None
        Where everything comes from that is not fitted: eligibility, ratio cap, brackets, unit,
        names of columns; and the numbers that the examples cannot tell. The announced policy
        when None.
    minimum, maximum : str, int or Decimal, optional
        Floor and cap in dollars. When not given they are found where at least three examples that
        differ share the smallest or the largest award; else they are the policy's, as far as the
        examples allow.
    factors : sequence of str, optional
        The attributes that may multiply the award. When not given, every other column with at
        least two examples per value on average.
    users : path, UsersTable, data frame or Arrow table, optional
        Everybody: the budget of the fitted policy is then what their awards come to.

    Returns
    -------
    Fit

    Raises
    ------
    DataError
        If columns are missing, rows are bad (with their lines), or no example has an award.
    PolicyError
        If the policy cannot be read, or a bound is not an amount.

    Examples
    --------
    >>> import pyarrow as pa
    >>> found = fit(pa.table({
    ...     "liquidation_loss": [400, 900, 2500, 6400, 10000],
    ...     "net_assets": [400, 1800, 2500, 25600, 10000],
    ...     "award": ["20.00", "21.21", "50.00", "40.00", "100.00"],
    ... }))
    >>> found.formula
    'voucher = 1 × √loss × √ratio (at most 1), from $4 to $6,000'
    >>> found.parameters.determined["weights.loss_exponent"]
    'well'
    >>> len(found.residuals)
    5
    """
    if isinstance(factors, str):
        raise DataError(f'factors must be a list of columns, such as factors=["{factors}"]')
    start = Policy.named(policy)
    rows = read_examples(examples, start, factors)
    floor = find_bound(rows, start, "minimum", minimum)
    cap = find_bound(rows, start, "maximum", maximum)
    if floor.cents >= cap.cents:
        raise PolicyError(
            f"the minimum of {format_cents(floor.cents)} must be below the maximum of "
            f"{format_cents(cap.cents)}"
        )
    model = design(rows, start)
    task = _task(rows, start, floor, cap, model)
    found = solve(task)
    pins = find_pins(model.matrix[task.between & ~found.outliers])  # no outlier tells anything
    final = tidy(task, found)
    fitted_policy = start.replace(_changes(rows, start, floor, cap, model, final.values))
    level = math.exp(final.values[0])
    fitted = _awards(rows.loss, np.exp(model.matrix @ final.values), fitted_policy)
    budget, about_budget = _budget(users, fitted_policy, level)
    if budget:
        fitted_policy = fitted_policy.replace({"award.budget": _decimal(budget)})
    numbers = [
        number(j, model, task, found, _natural(j, final.values, task), pins)
        for j in range(len(model.names))
    ]
    if len(rows) > 1 and len(np.unique(rows.award)) == 1:
        numbers = [_untold(each) for each in numbers]
    told = notes(rows, fitted_policy, (floor, cap), model, task, pins, found, final, fitted)
    return Fit(
        policy=fitted_policy,
        formula=formula(fitted_policy, level),
        level=level,
        budget_cents=budget,
        numbers=(*numbers, *_others(rows, floor, cap)),
        examples=tuple(_rows(rows, task, floor, cap, fitted, found.outliers)),
        notes=(*rows.notes, *told, about_budget),
    )


def _task(rows: ExampleTable, start: Policy, floor: Bound, cap: Bound, model: Design) -> Task:
    side = np.zeros(len(rows), dtype=np.int8)
    side[cap.at | at_loss(rows, start)] = -1
    side[floor.at] = 1
    dollars = np.clip(rows.award, max(floor.cents, 1), cap.cents) / CENTS
    exponents = [model.names.index(n) for n in (LOSS_EXPONENT, RATIO_EXPONENT) if n in model.names]
    return Task(
        matrix=model.matrix,
        target=np.log(np.where(side == 0, rows.award / CENTS, dollars)),
        side=side,
        rounding=UNIFORM * float(exact(start.award.unit)) / (rows.award / CENTS),
        trust=rows.trust,
        exponents=tuple(exponents),
        pinned=tuple(pin.column for pin in find_pins(model.matrix[side == 0])),
        base=model.base,
    )


def _natural(j: int, values: NDArray[np.float64], task: Task) -> float:
    """Return a number as people write it: levels and factors are sought as logarithms."""
    return float(values[j]) if j in task.exponents else math.exp(values[j])


def _untold(each: Number) -> Number:
    return Number(each.key, each.value, None, None, None, "not", "all awards are the same")


def _changes(
    rows: ExampleTable,
    start: Policy,
    floor: Bound,
    cap: Bound,
    model: Design,
    values: NDArray[np.float64],
) -> dict[str, object]:
    by_name = dict(zip(model.names, values.tolist(), strict=True))
    tables: dict[str, dict[str, float]] = {}
    for attribute in rows.attributes:
        table = {attribute.labels[0]: 1.0}
        for label in attribute.labels[1:]:
            size = math.exp(by_name[f"weights.factors.{attribute.name}.{label}"])
            table[label] = float(f"{size:.9g}")
        table.setdefault(NULL, 1.0)  # nobody wished anything for values without an example
        tables[attribute.name] = table
    unit = exact(start.award.unit) * CENTS
    return {
        "name": "Fitted",
        "objective.rule": "alpha_fair",
        "objective.alpha": 1.0,
        "objective.of": "amount",
        LOSS_EXPONENT: by_name[LOSS_EXPONENT],
        RATIO_EXPONENT: by_name.get(RATIO_EXPONENT, 0.0),
        "weights.factors": tables,
        "award.minimum": _decimal(int(round(Fraction(floor.cents) / unit) * unit)),
        "award.maximum": _decimal(int(max(round(Fraction(cap.cents) / unit), 1) * unit)),
    }


def _decimal(cents: int) -> str:
    return f"{cents // CENTS}.{cents % CENTS:02d}"


def _awards(
    loss: NDArray[np.int64], dollars: NDArray[np.float64], policy: Policy
) -> NDArray[np.int64]:
    """Round to whole units and clip, as an allocation at that level does; in cents."""
    unit = policy.award.unit_cents
    lower, upper = bounds_of(loss, policy)
    units = np.rint(np.minimum(dollars * CENTS / unit, LARGEST)).astype(np.int64)
    return np.minimum(np.maximum(units, lower), upper) * unit


def _budget(users: object, policy: Policy, level: float) -> tuple[int | None, str]:
    if users is None:
        return None, (
            "The level is fitted, and the budget with it: give users to learn what the awards "
            "of everybody come to. Until then the policy has the budget it started from."
        )
    everybody = load(users, [policy], Stages(None)).users
    eligible = decide(everybody, policy).eligible
    weight = weigh(everybody, policy).weight
    assert weight is not None  # the fitted policy weighs
    awards = _awards(everybody.loss[eligible], level * weight[eligible], policy)
    total = int(awards.sum())
    return total, (
        f"At the fitted level, {int(eligible.sum()):,} of {len(everybody):,} users are eligible "
        f"and their awards come to {format_cents(total)}"
        + (", which is the budget of the fitted policy." if total else ".")
    )


def _others(rows: ExampleTable, floor: Bound, cap: Bound) -> Iterator[Number]:
    if rows.ratio is None:
        yield Number(RATIO_EXPONENT, 0.0, None, None, None, "not", "no net assets")
    for bound in (floor, cap):
        extreme = rows.award.min() if bound is floor else rows.award.max()
        ends: tuple[float | None, float | None] = (None, None)
        if bound.determined == "not":
            end = float(extreme) / CENTS
            ends = (None, end) if bound is floor else (end, None)
        value = bound.cents / CENTS
        key = f"award.{bound.side}"
        yield Number(key, value, *ends, None, bound.determined, bound.why)
    fixed = "fixed at 1: only exponent / alpha acts"
    yield Number("objective.alpha", 1.0, None, None, None, "not", fixed)


def _rows(
    rows: ExampleTable,
    task: Task,
    floor: Bound,
    cap: Bound,
    fitted: NDArray[np.int64],
    outliers: NDArray[np.bool_],
) -> Iterator[ExampleRow]:
    for i, line in enumerate(rows.lines):
        held = ""
        if task.side[i]:
            held = "minimum" if floor.at[i] else "maximum" if cap.at[i] else "loss"
        wished, given = int(rows.award[i]), int(fitted[i])
        yield ExampleRow(
            line=line,
            loss=int(rows.loss[i]) / FINE,
            loss_ratio=None if rows.ratio is None else float(rows.ratio[i]),
            wished_cents=wished,
            fitted_cents=given,
            difference_cents=given - wished,
            fitted_over_wished=given / wished,
            held_by=held,
            outlier=bool(outliers[i]),
        )
