"""A problem as general solvers see it: scaled amounts, one matrix of rows, an objective."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from allocator.backends.failure import BackendError
from allocator.backends.objective import Objective, Ratios, objective_of
from allocator.core.problem import EQUAL, Problem
from allocator.core.rows import rows_of
from allocator.core.rules import Rule
from allocator.errors import InfeasibleError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Answer", "Linear", "Posed", "checked", "pose"]

Floats = NDArray[np.float64]

BREAKS = 1e-6  # of the mean award: a constraint broken by more is not met
ROOM = 1e-9  # of the mean award: what solvers are off by when they are right


@dataclass(frozen=True, eq=False)
class Answer:
    """A linear program's solution, and the price of each row (of either sign)."""

    x: Floats
    prices: Floats


class Linear(Protocol):
    """A solver of linear programs."""

    def __call__(
        self,
        cost: Floats,
        matrix: csr_array,
        row_lower: Floats,
        row_upper: Floats,
        lower: Floats,
        upper: Floats,
    ) -> Answer | None:
        """Minimize cost @ x within rows and bounds; None when there is no such x."""


@dataclass(frozen=True, eq=False)
class Posed:
    """Maximize an objective with rows and bounds; amounts are in means of the budget.

    Attributes
    ----------
    unit : float
        What an amount of 1 is in the problem's amounts.
    objective : Powers, Squares or Ratios
    tail : Ratios
        Who shares what the others leave.
    matrix : scipy.sparse.csr_array, shape (m + 1, n)
        The rows, then everybody's sum.
    row_lower, row_upper : ndarray of float64, shape (m + 1,)
    lower, upper : ndarray of float64, shape (n,)
    """

    unit: float
    objective: Objective
    tail: Ratios
    matrix: csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats

    def broken(self, awards: Floats) -> float:
        """By how much awards break a bound or a row, in amounts of this."""
        sums = self.matrix @ awards
        misses = (
            self.lower - awards,
            awards - self.upper,
            self.row_lower - sums,
            sums - self.row_upper,
        )
        return float(max(miss.max(initial=0.0) for miss in misses))

    def settled(self, awards: Floats, free: NDArray[np.int64]) -> Posed:
        """Return the problem with all but some at their awards."""
        lower, upper = (
            awards.copy(),
            awards + ROOM,
        )  # or the others would take of what is worth most
        lower[free], upper[free] = self.lower[free], self.upper[free]
        return replace(self, lower=lower, upper=upper)


def pose(problem: Problem, rule: Rule, solver: Linear) -> Posed:
    """State a problem for general solvers.

    Parameters
    ----------
    problem : Problem
        With constraints of any kind, at most 100.
    rule : Rule
        An objective.
    solver : Linear
        Tells how much can be spent.

    Returns
    -------
    Posed

    Raises
    ------
    DataError
        If rule and problem do not fit.
    InfeasibleError
        If nothing meets all constraints.
    UnsupportedError
        If the rule maximizes nothing, or there are too many constraints.
    """
    from scipy.sparse import csr_array

    n = len(problem)
    unit = float(problem.budget) / max(n, 1) or 1.0
    objective, tail = objective_of(problem, rule, unit)
    rows = rows_of(problem)
    indices = [index for index, _ in rows.matrix] + [np.arange(n)]
    values = [value for _, value in rows.matrix] + [np.ones(n)]
    starts = np.cumsum([0, *map(len, indices)])
    matrix = csr_array(
        (np.concatenate(values), np.concatenate(indices), starts), shape=(len(indices), n)
    )
    budget = float(problem.budget) / unit
    posed = Posed(
        unit,
        objective,
        tail,
        matrix,
        np.append(rows.lower / unit, -np.inf),
        np.append(rows.upper / unit, budget),
        problem.lower / unit,
        problem.upper / unit,
    )
    most = solver(-np.ones(n), matrix, posed.row_lower, posed.row_upper, posed.lower, posed.upper)
    if most is None:
        raise InfeasibleError(
            "no awards meet everybody's floor and cap, the budget and all of the constraints "
            f"{', '.join(map(repr, rows.names))} together: give one of them more room",
            {"constraints": list(rows.names)},
        )
    spend = float(most.x.sum())
    total = budget if spend >= budget * (1.0 - max(EQUAL, ROOM)) else spend
    return replace(
        posed,
        row_lower=np.append(rows.lower / unit, total),
        row_upper=np.append(rows.upper / unit, total),
    )


def checked(posed: Posed, awards: Floats, name: str) -> Floats:
    """Return awards in the problem's amounts, if they are ones.

    Parameters
    ----------
    posed : Posed
    awards : ndarray of float64, shape (n,)
        In amounts of `posed`.
    name : str
        Of the solver.

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    BackendError
        If they break a constraint by more than 1e-6 of the mean award.
    """
    miss = posed.broken(awards) if np.isfinite(awards).all() else np.inf
    if miss > BREAKS:
        raise BackendError(
            f"{name} called optimal what breaks a constraint by {miss * posed.unit:.3g}, which is "
            f"{miss:.3g} of the mean award"
        )
    return np.asarray(np.clip(awards, posed.lower, posed.upper) * posed.unit)
