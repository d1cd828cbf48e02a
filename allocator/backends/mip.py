"""Piecewise-linear utilities, and awards of zero or at least a minimum, as a MIP in HiGHS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.backends.failure import BackendError
from allocator.backends.highs_ import Program
from allocator.backends.piecewise import Piecewise
from allocator.backends.posed import BREAKS
from allocator.core.problem import Problem
from allocator.core.rows import Rows, rows_of
from allocator.errors import DataError, InfeasibleError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Integral", "solve_mip"]

Floats = NDArray[np.float64]

CONCAVE = 1e-12  # of the steepest slope: a rise within it is float noise


@dataclass(frozen=True, eq=False)
class Integral:
    """Awards of a mixed-integer program, and how far from the best they may be.

    Attributes
    ----------
    awards : ndarray of int64 (whole units) or float64, shape (n,)
    value : float
        Σ weight·utility of the awards.
    bound : float
        No awards have a higher one.
    gap : float
        (bound - value) / |value|: 0 when the best is proved, inf when the value is 0 and the
        bound is not.
    """

    awards: NDArray[np.int64] | Floats
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """How far from the best the awards may be."""
        missing = max(self.bound - self.value, 0.0)
        return float(missing / abs(self.value)) if self.value else (np.inf if missing else 0.0)


@dataclass(eq=False)
class _Rows:
    """Rows of a program, as they are added."""

    where: list[NDArray[np.int64]] = field(default_factory=list)
    which: list[NDArray[np.int64]] = field(default_factory=list)
    what: list[Floats] = field(default_factory=list)
    lower: list[Floats] = field(default_factory=list)
    upper: list[Floats] = field(default_factory=list)
    height: int = 0

    def each(self, terms: Sequence[tuple[Any, Any]], lower: Any, upper: Any) -> None:
        """Add a row for every column of the first term: Σ factor·column over the terms."""
        m = len(terms[0][0])
        for columns, factors in terms:
            self.where.append(self.height + np.arange(m))
            self.which.append(np.asarray(columns))
            self.what.append(np.broadcast_to(factors, (m,)).astype(np.float64))
        self._bounded(m, lower, upper)

    def one(self, columns: Any, factors: Any, lower: float, upper: float) -> None:
        """Add a single row."""
        self.where.append(np.full(len(columns), self.height))
        self.which.append(np.asarray(columns))
        self.what.append(np.broadcast_to(factors, (len(columns),)).astype(np.float64))
        self._bounded(1, lower, upper)

    def _bounded(self, m: int, lower: Any, upper: Any) -> None:
        self.lower.append(np.broadcast_to(lower, (m,)).astype(np.float64))
        self.upper.append(np.broadcast_to(upper, (m,)).astype(np.float64))
        self.height += m

    def matrix(self, width: int) -> csr_array:
        """Return all rows as a sparse matrix."""
        from scipy.sparse import coo_array

        where, which, what = (np.concatenate(v) for v in (self.where, self.which, self.what))
        return coo_array((what, (where, which)), shape=(self.height, width)).tocsr()


def solve_mip(
    problem: Problem,
    utility: Piecewise,
    *,
    zero_or: ArrayLike | None = None,
    gap: float = 1e-9,
    seconds: float = 60.0,
) -> Integral:
    """Maximize Σ weight·utility(award), where awards may be zero or at least a minimum.

    Parameters
    ----------
    problem : Problem
        At most its budget is spent, on as many as it pays for; its constraints (at most 100, of
        any kind) hold. In whole units, awards are whole.
    utility : Piecewise
        Of any shape: pieces that get steeper take a binary variable each.
    zero_or : array_like, shape (n,), or a number for everybody; optional
        An award is 0 or at least this, and at least the floor.
    gap : float
        Stop when bound and value are this close, relatively.
    seconds : float
        Stop then, with the best found.

    Returns
    -------
    Integral

    Raises
    ------
    BackendError
        If HiGHS gives up, or has found nothing in time.
    DataError
        If the utility does not start at 0 or at the floor, or shapes do not fit.
    InfeasibleError
        If no awards meet the constraints.
    UnsupportedError
        If highspy is not installed, or there are more than 100 constraints.

    References
    ----------
    Vielma, Ahmed & Nemhauser, "Mixed-integer models for nonseparable piecewise-linear
    optimization", Operations Research 58, 2010, for the incremental formulation.

    Examples
    --------
    Loans of at least 60, of which the first 100 count most:

    >>> found = solve_mip(
    ...     Problem(100, 0, [80, 90, 50], weights=[1.0, 1.1, 3.0]),
    ...     Piecewise([0, 100], [0, 100]),
    ...     zero_or=60,
    ... )
    >>> found.awards.tolist(), round(found.value, 6), found.gap
    ([0, 90, 0], 99.0, 0.0)
    """
    n = len(problem)
    floor, least, cap = _bounds(problem, zero_or)
    points, values = utility.for_each(n, floor)
    cap = np.minimum(cap, points[:, -1])
    weights = np.ones(n) if problem.weights is None else problem.weights.astype(np.float64)
    length = np.diff(points, axis=1)
    slopes = np.diff(values, axis=1) / length
    k = slopes.shape[1]
    steeper = np.diff(slopes, axis=1) > CONCAVE * np.abs(slopes).max(initial=0.0)
    # Without a steeper piece the best fill them in order anyway.
    who, piece = np.nonzero(np.repeat(steeper.any(axis=1)[:, None], k - 1, axis=1))
    # Columns: awards; what is in each piece; whether a piece is full; whether a claimant is in.
    pieces = n + np.arange(n * k).reshape(n, k)
    full = n + n * k + np.arange(len(who))
    inside = n + n * k + len(who) + np.arange(0 if zero_or is None else n)
    rows = _Rows()
    everyone = np.arange(n)
    rows.each(
        [(everyone, 1.0), *((pieces[:, j], -1.0) for j in range(k))], points[:, 0], points[:, 0]
    )
    rows.each([(pieces[who, piece], 1.0), (full, -length[who, piece])], 0.0, np.inf)
    rows.each([(pieces[who, piece + 1], 1.0), (full, -length[who, piece + 1])], -np.inf, 0.0)
    if len(inside):
        rows.each([(everyone, 1.0), (inside, -least)], 0.0, np.inf)
        rows.each([(everyone, 1.0), (inside, -cap)], -np.inf, 0.0)
    side = rows_of(problem)
    for (index, factors), low, high in zip(side.matrix, side.lower, side.upper, strict=True):
        rows.one(index, factors, low, high)
    rows.one(everyone, 1.0, -np.inf, float(problem.budget))
    worth = (weights[:, None] * slopes).reshape(-1)
    size = float(np.abs(worth).max(initial=0.0)) or 1.0
    switches = len(full) + len(inside)
    width = n + n * k + switches
    program = Program(
        np.concatenate([np.zeros(n), -worth / size, np.zeros(switches)]),
        rows.matrix(width),
        np.concatenate(rows.lower),
        np.concatenate(rows.upper),
        np.concatenate([floor, np.zeros(n * k + switches)]),
        np.concatenate([cap, length.reshape(-1), np.ones(switches)]),
        np.repeat([problem.whole, False, True], [n, n * k, switches]),
        mip_feasibility_tolerance=1e-9,
        mip_rel_gap=gap,
        mip_abs_gap=0.0,
        time_limit=seconds,
    )
    answer = program.run()
    if answer is None:
        raise InfeasibleError(
            "no awards meet everybody's bounds, the budget and all of the constraints "
            f"{', '.join(map(repr, side.names))} together: give one of them more room",
            {"constraints": list(side.names)},
        )
    awards = np.clip(answer.x[:n], floor, cap)
    if problem.whole:
        awards = np.rint(awards)
    if len(inside):
        awards = np.where(answer.x[inside] > 0.5, np.maximum(awards, least), 0.0)
    _check(problem, side, awards)
    start = float(weights @ values[:, 0])
    value = float(
        sum(
            w * np.interp(x, at, v)
            for w, x, at, v in zip(weights, awards, points, values, strict=True)
        )
    )
    bound = max(value, start - size * float(program.info.mip_dual_bound))
    return Integral(awards.astype(np.int64) if problem.whole else awards, value, bound)


def _bounds(problem: Problem, zero_or: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """Return the least an award may be, the least it may be above 0, and the most."""
    n = len(problem)
    floor, cap = problem.lower.astype(np.float64), problem.upper.astype(np.float64)
    if zero_or is None:
        return floor, floor, cap
    minimum = np.asarray(zero_or, dtype=np.float64)
    if minimum.shape not in ((), (n,)) or not (np.isfinite(minimum) & (minimum >= 0)).all():
        raise DataError(
            f"zero_or must be an amount, or one for each of {n:,} claimants, finite and not "
            "negative"
        )
    least = np.maximum(floor, np.ceil(minimum) if problem.whole else minimum)
    return np.zeros(n), least, np.where(least > cap, 0.0, cap)


def _check(problem: Problem, side: Rows, awards: Floats) -> None:
    """Refuse awards that break a constraint by more than solvers do when they are right."""
    room = BREAKS * max(1.0, float(problem.budget) / max(len(problem), 1))
    misses = [float(awards.sum()) - float(problem.budget)]
    for (index, factors), low, high in zip(side.matrix, side.lower, side.upper, strict=True):
        total = float(factors @ awards[index])
        misses += [low - total, total - high]
    if max(misses) > room:
        raise BackendError(f"HiGHS breaks a constraint by {max(misses):.3g}")
