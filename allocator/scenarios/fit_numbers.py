"""How sure each fitted number is, and the simplest number that fits as well."""

from __future__ import annotations

import math

import numpy as np

from allocator.scenarios.fit_design import Design, Pin
from allocator.scenarios.fit_result import Determined, Number
from allocator.scenarios.fit_solve import Solution, Task, solve

__all__ = ["MOVED", "number", "simplest", "stays", "tidy"]

# Half of a 95% interval. An exponent off by 0.05 moves the award of a loss ten times as large by
# 12%; one off by 0.5 trebles it.
WELL, WEAKLY = 0.05, 0.5
WELL_LOG, WEAKLY_LOG = 0.10, 1.0  # of the level and of factors: 10%, a factor of 2.7
CONFIDENCE = 0.975
MOST_DECIMALS = 8
SURELY = 3.0  # standard errors: where rounding is the only error, a simple number is meant
MOVED = 1e-6  # exponents nearer than this are the same
FARTHEST = math.log(1e6)  # a factor of a million only says that no example bounds it


def simplest(value: float, within: float) -> float:
    """Return the number of fewest decimals that is no farther away than `within`.

    Examples
    --------
    >>> simplest(0.4996, 0.01), simplest(0.7461, 0.001), simplest(1.2345678912, 0)
    (0.5, 0.746, 1.23456789)
    """
    for decimals in range(MOST_DECIMALS):
        rounded = round(value, decimals)
        if abs(rounded - value) <= within:
            return rounded
    return round(value, MOST_DECIMALS)


def tidy(task: Task, solution: Solution) -> Solution:
    """Replace the numbers one by one by simpler ones, and fit what is left anew each time.

    Parameters
    ----------
    task : Task
    solution : Solution

    Returns
    -------
    Solution
        Of the examples that are not outliers of `solution`; the level, which no policy file
        holds, stays as it is fitted.
    """
    kept = task.without(solution.outliers)
    held: dict[int, float] = {}
    errors = np.sqrt(np.diag(solution.covariance)) * (1 if solution.scale else SURELY)
    for j in range(1, len(solution.values)):
        found = solve(kept, held) if held else solution
        value, error = float(found.values[j]), float(errors[j])
        if j in task.exponents:
            held[j] = min(max(simplest(value, max(error, MOVED)), 0.0), 10.0)
        else:
            size = math.exp(min(max(value, -FARTHEST), FARTHEST))
            held[j] = math.log(simplest(size, error * size) or size)
    return solve(kept, held)


def number(
    j: int,
    design: Design,
    task: Task,
    solution: Solution,
    value: float,
    pins: tuple[Pin, ...],
) -> Number:
    """Say how well a number is determined.

    Parameters
    ----------
    j : int
        Its column.
    design : Design
    task : Task
    solution : Solution
        Before it was tidied.
    value : float
        As the policy has it.
    pins : tuple of Pin

    Returns
    -------
    Number
    """
    key = design.names[j]
    inside = int(task.without(solution.outliers).between.sum())
    undone = _undetermined(j, design, pins, inside, solution)
    if undone:
        return Number(key, value, None, None, None, "not", undone)
    if j in solution.wished:
        wished = solution.wished[j]
        told = f"the examples ask for {wished:.3g}; a policy has exponents from 0 to 10"
        return Number(key, value, None, None, None, "weakly", told)
    freedom = task.without(solution.outliers).freedom
    if freedom <= 0:
        told = (
            f"as many numbers as examples between the bounds ({inside}): any awards would be "
            "explained, so that nothing checks them"
        )
        return Number(key, value, None, None, None, "weakly", told)
    from scipy.special import stdtrit

    error = math.sqrt(float(solution.covariance[j, j]))
    half = float(stdtrit(freedom, CONFIDENCE)) * error
    center = float(solution.values[j])
    natural = j in task.exponents
    word = _word(half, natural)
    told = f"{inside:,} examples between the bounds, {freedom:,} more than numbers sought"
    if natural:
        return Number(key, value, max(center - half, 0.0), center + half, error, word, told)
    low, high = math.exp(center - min(half, 600)), math.exp(center + min(half, 600))
    return Number(key, value, low, high, error * math.exp(center), word, told)


def stays(pin: Pin, design: Design, solution: Solution) -> str:
    """Say where a number is left that cannot be told: "stays at 0.5"."""
    value, base = float(solution.values[pin.column]), float(design.base[pin.column])
    if design.names[pin.column].startswith("weights.factors."):
        value, base = math.exp(value), math.exp(base)
    if abs(value - base) < MOVED:
        return f"stays at {value:.4g}"
    return f"moves from {base:.4g} to {value:.4g}, as far as awards at a bound ask"


def _word(half: float, natural: bool) -> Determined:
    well, weakly = (WELL, WEAKLY) if natural else (WELL_LOG, WEAKLY_LOG)
    return "well" if half <= well else "weakly" if half <= weakly else "not"


def _undetermined(
    j: int, design: Design, pins: tuple[Pin, ...], inside: int, solution: Solution
) -> str:
    if inside == 0:
        return "no example lies between the bounds"
    for pin in pins:
        name = design.names[pin.column]
        left = "left as it was"
        if stays(pin, design, solution).startswith("moves"):
            left = "moved only as far as awards at a bound ask"
        others = " and ".join(design.names[k] for k in pin.shares)
        if pin.column == j:
            why = f"cannot be told from {others}" if others else "the examples do not vary in it"
            return f"{left}: {why}"
        if j in pin.shares:
            return f"only together with {name}, which is {left}"
        if j == 0 and pin.moves_level:
            return f"depends on {name}, which is {left}"
    return ""
