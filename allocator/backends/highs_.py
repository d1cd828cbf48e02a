"""HiGHS: linear programs; with tangents, any concave and separable objective, with a bound."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.backends.failure import BackendError, NothingYetError, missing
from allocator.backends.leximin import leximin
from allocator.backends.objective import Powers, Ratios, Squares
from allocator.backends.posed import Answer, Posed, checked, pose
from allocator.core.problem import Problem
from allocator.core.rules import Rule

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["Program", "linear", "solve"]

Floats = NDArray[np.float64]

EXACT = 1e-10  # the smallest tolerance that HiGHS takes
GAP = 1e-10  # of what all awards are worth at their slopes: bound and value agree
WRONG = 1e-8  # a gap above it is no solution
STEEP = 1e4  # times the slope at the mean award: whoever's cap is worth more has it
ROUNDS = 80  # of tangents: each quarters the gap, more or less
FIRST = 12  # tangents to start with, from NEAR to the cap
NEAR, NEARER = 1e3, 8.0  # times as steep: than at the mean award, and where 0 has no tangent


class Program:
    """A linear or mixed-integer program in HiGHS: minimize cost @ x within rows and bounds.

    Parameters
    ----------
    cost, lower, upper : ndarray of float64, shape (n,)
    matrix : scipy.sparse.csr_array, shape (m, n)
    row_lower, row_upper : ndarray of float64, shape (m,)
    integer : ndarray of bool, shape (n,), optional
    options : float, str or bool
        Of HiGHS.

    Raises
    ------
    UnsupportedError
        If highspy is not installed.
    """

    def __init__(
        self,
        cost: Floats,
        matrix: csr_array,
        row_lower: Floats,
        row_upper: Floats,
        lower: Floats,
        upper: Floats,
        integer: NDArray[np.bool_] | None = None,
        **options: float | str | bool,
    ) -> None:
        try:
            highspy = _highspy()
        except ImportError:
            raise missing('method="highs"', "highspy") from None

        program = highspy.HighsLp()
        program.num_row_, program.num_col_ = matrix.shape
        program.col_cost_, program.col_lower_, program.col_upper_ = cost, lower, upper
        program.row_lower_, program.row_upper_ = row_lower, row_upper
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = matrix.indptr
        program.a_matrix_.index_ = matrix.indices
        program.a_matrix_.value_ = matrix.data
        if integer is not None:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            program.integrality_ = [kinds[each] for each in integer.tolist()]
        self._highs = highspy.Highs()
        tolerances = {"primal_feasibility_tolerance": EXACT, "dual_feasibility_tolerance": EXACT}
        for name, value in {"output_flag": False, **tolerances, **options}.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(program)

    def add_rows(self, matrix: csr_array, lower: Floats) -> None:
        """Add rows with a lower bound; the next solution starts from the last."""
        k = matrix.shape[0]
        infinite = np.full(k, np.inf)
        indices = matrix.indices.astype(np.int32)
        starts = matrix.indptr[:-1].astype(np.int32)
        self._highs.addRows(k, lower, infinite, matrix.nnz, starts, indices, matrix.data)

    def run(self) -> Answer | None:
        """Solve it; None when there is no solution.

        Raises
        ------
        NothingYetError
            If it has found no solution when it reaches a limit that it was given.
        BackendError
            If HiGHS gives up.
        """
        highspy = _highspy()
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        found = self._highs.getSolution()
        at_limit = status in (
            highspy.HighsModelStatus.kTimeLimit,
            highspy.HighsModelStatus.kSolutionLimit,
        )
        if status != highspy.HighsModelStatus.kOptimal and not (at_limit and found.value_valid):
            said = self._highs.modelStatusToString(status)
            error = NothingYetError if at_limit else BackendError
            raise error(f"HiGHS did not solve the program: {said}")
        return Answer(np.array(found.col_value), np.array(found.row_dual))

    def start(self, x: Floats) -> None:
        """Give a mixed-integer program a solution to start from."""
        self._highs.setSolution(len(x), np.arange(len(x), dtype=np.int32), x)

    @property
    def complete(self) -> bool:
        """Whether the last run ended because bound and value are as close as was asked."""
        return bool(self._highs.getModelStatus() == _highspy().HighsModelStatus.kOptimal)

    @property
    def info(self) -> Any:
        """What HiGHS says about its last run."""
        return self._highs.getInfo()


def _highspy() -> Any:
    """Import HiGHS when it is needed."""
    return import_module("highspy")


def linear(
    cost: Floats,
    matrix: csr_array,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
) -> Answer | None:
    """Minimize cost @ x within rows and bounds; None when there is no such x.

    Parameters
    ----------
    cost, lower, upper : ndarray of float64, shape (n,)
    matrix : scipy.sparse.csr_array, shape (m, n)
    row_lower, row_upper : ndarray of float64, shape (m,)

    Returns
    -------
    Answer or None

    Raises
    ------
    BackendError
        If HiGHS gives up.
    UnsupportedError
        If highspy is not installed.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> one = np.ones(1)
    >>> linear(one, csr_array([[2.0]]), 6 * one, 9 * one, 0 * one, 9 * one).x.tolist()
    [3.0]
    """
    return Program(cost, matrix, row_lower, row_upper, lower, upper).run()


def solve(problem: Problem, rule: Rule) -> Floats:
    """Divide a budget by an objective, with constraints of any kind, by HiGHS.

    Parameters
    ----------
    problem : Problem
    rule : AlphaFair, MaxMin or LeastSquares

    Returns
    -------
    ndarray of float64, shape (n,)
        Fractional awards in the amounts of the problem, which meet constraints and budget to 1e-6
        of the mean award, and usually to 1e-9. At alpha = 0 one of several optima.

    Raises
    ------
    BackendError
        If HiGHS gives up, or its bound and its solution differ by more than 1e-8 of what awards
        are worth.
    InfeasibleError
        If nothing meets all constraints.
    UnsupportedError
        If highspy is not installed, or the rule maximizes nothing.

    Notes
    -----
    Curved objectives are bounded from above by tangents, which are added where the last solution
    was until bound and solution agree (Kelley's method); leximin is a sequence of linear programs.

    References
    ----------
    Kelley, "The cutting-plane method for solving convex programs", Journal of the Society for
    Industrial and Applied Mathematics 8, 1960.

    Examples
    --------
    >>> from allocator.core.constraints import Row
    >>> from allocator.core.rules import AlphaFair
    >>> equal = Row([1.0, 0.0, -1.0], lower=0, upper=0)
    >>> problem = Problem(9.0, 0.0, None, weights=[1.0, 1.0, 4.0], constraints=[equal])
    >>> solve(problem, AlphaFair(1)).round(3).tolist()
    [3.75, 1.5, 3.75]
    """
    posed = pose(problem, rule, linear)
    objective = posed.objective
    if isinstance(objective, Ratios):
        awards = leximin(posed, objective, linear)
    else:
        awards = _maximize(posed, objective)
    if len(posed.tail.members):
        free = posed.tail.members
        awards = leximin(posed.settled(awards, free), posed.tail, linear)
    return checked(posed, awards, "HiGHS")


def _maximize(posed: Posed, objective: Powers | Squares) -> Floats:
    """Add tangents where the last solution was, until the bound is the value."""
    from scipy.sparse import csr_array, hstack

    n = len(posed.lower)
    moving = posed.lower[objective.members] < posed.upper[objective.members]
    members = objective.members[moving]
    k = len(members)
    everyone = np.zeros(len(objective.members))

    def worth(awards: Floats) -> tuple[Floats, Floats]:
        everyone[moving] = awards
        return objective.values(everyone)[moving], objective.slopes(everyone)[moving]

    program = Program(
        np.append(np.zeros(n), -np.ones(k)),
        hstack([posed.matrix, csr_array((posed.matrix.shape[0], k))], format="csr"),
        posed.row_lower,
        posed.row_upper,
        np.append(posed.lower, np.full(k, -np.inf)),
        np.append(posed.upper, np.full(k, np.inf)),
    )

    def add(at: Floats, chosen: NDArray[np.int64]) -> None:
        """Bound the worth of some members by their tangents at some awards."""
        values, slopes = worth(at)
        # A line through the worth of the cap, less steep than the tangent, is a bound below it.
        line = at_cap[1] > STEEP
        at, values = np.where(line, high, at), np.where(line, at_cap[0], values)
        slopes = np.where(line, STEEP, slopes)
        rows = np.arange(len(chosen))
        size = np.maximum(1.0, slopes[chosen])  # so that no coefficient is above 1
        matrix = csr_array(
            (
                np.concatenate([slopes[chosen] / size, -1.0 / size]),
                (np.tile(rows, 2), np.concatenate([members[chosen], n + chosen])),
            ),
            shape=(len(chosen), n + k),
        )
        program.add_rows(matrix, (slopes * at - values)[chosen] / size)

    low, high = posed.lower[members], posed.upper[members]
    at_cap = worth(high)
    steepness = max(objective.alpha, 1.0) if isinstance(objective, Powers) else 1.0
    nearest = np.maximum(low, np.minimum(NEAR ** (-1.0 / steepness), high / 2.0))
    for share in np.linspace(0.0, 1.0, FIRST):
        add(nearest ** (1.0 - share) * high**share, np.arange(k))
    best, value, gap = None, -np.inf, np.inf
    for _ in range(ROUNDS):
        answer = program.run()
        if answer is None:
            raise BackendError("HiGHS finds no solution where it found one before")
        awards = np.clip(answer.x[:n], posed.lower, posed.upper)
        at = awards[members]
        values, slopes = worth(at)
        if best is None or values.sum() > value:
            best, value = awards, float(values.sum())
        size = float(np.abs(slopes) @ np.maximum(at, EXACT)) if np.isfinite(value) else np.inf
        gap = (float(answer.x[n:].sum()) - value) / max(size, 1e-300)
        if gap <= GAP:
            break
        below = (objective.baseline[moving] if isinstance(objective, Powers) else 1.0) + at <= 0
        nearest = np.where(
            below,
            nearest * NEARER ** (-1.0 / steepness),
            np.minimum(nearest, np.maximum(at, EXACT)),
        )
        at = np.where(below, nearest, at)
        apart = GAP / 8.0 * size / max(k, 1) if np.isfinite(size) else 0.0
        add(at, np.flatnonzero(below | (answer.x[n:] > values + apart)))
    if not gap <= WRONG:
        raise BackendError(f"HiGHS did not get below a gap of {gap:.3g} in {ROUNDS} rounds")
    assert best is not None
    return best
