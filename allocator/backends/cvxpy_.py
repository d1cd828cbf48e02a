"""cvxpy: objectives with constraints of any kind, by whichever of its solvers is asked for."""

from __future__ import annotations

import warnings
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from allocator.backends.failure import BackendError, missing, there
from allocator.backends.leximin import leximin
from allocator.backends.objective import Powers, Ratios, Squares
from allocator.backends.posed import Answer, Posed, checked, pose
from allocator.core.problem import Problem
from allocator.core.rules import Rule
from allocator.errors import UnsupportedError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["solve"]

Floats = NDArray[np.float64]

# Names of the tolerances of some solvers: they are asked for STRICT first, then for ENOUGH.
TOLERANCES = {
    "CLARABEL": ("tol_gap_abs", "tol_gap_rel", "tol_feas"),
    "ECOS": ("abstol", "reltol", "feastol"),
    "SCS": ("eps_abs", "eps_rel"),
}
STRICT, ENOUGH = 1e-11, 1e-9
# What to install for a solver that is not there; others come with packages cvxpy's pages name.
PACKAGES = {
    "CLARABEL": "clarabel",
    "ECOS": "ecos",
    "HIGHS": "highspy",
    "MOSEK": "mosek",
    "OSQP": "osqp",
    "SCS": "scs",
}


def solve(problem: Problem, rule: Rule, solver: str = "CLARABEL") -> Floats:
    """Divide a budget by an objective, with constraints of any kind, by a solver of cvxpy.

    Parameters
    ----------
    problem : Problem
    rule : AlphaFair, MaxMin or LeastSquares
    solver : str
        As cvxpy calls it.

    Returns
    -------
    ndarray of float64, shape (n,)
        Fractional awards in the amounts of the problem, which meet constraints and budget to 1e-6
        of the mean award. At alpha = 0 one of several optima.

    Raises
    ------
    BackendError
        If the solver gives up, or calls optimal what breaks a constraint.
    InfeasibleError
        If nothing meets all constraints.
    UnsupportedError
        If cvxpy or the solver is not installed, or the rule maximizes nothing.

    Notes
    -----
    φ_alpha is a power cone with the very exponent, or an exponential cone at alpha = 1. Leximin is
    a sequence of linear programs.

    References
    ----------
    Diamond & Boyd, "CVXPY: a Python-embedded modeling language for convex optimization", Journal
    of Machine Learning Research 17, 2016; Goulart & Chen, "Clarabel: an interior-point solver for
    conic programs with quadratic objectives", arXiv:2405.12762.

    Examples
    --------
    >>> from allocator.core.rules import AlphaFair
    >>> problem = Problem(9.0, 0.0, [4.0, 9.0], weights=[2.0, 1.0])
    >>> solve(problem, AlphaFair(2)).round(6).tolist()
    [4.0, 5.0]
    """
    _check_installed(solver)
    linear = partial(_linear, solver=solver)
    posed = pose(problem, rule, linear)
    objective = posed.objective
    if isinstance(objective, Ratios):
        awards = leximin(posed, objective, linear)
    else:
        awards = _maximize(posed, objective, solver)
    if len(posed.tail.members):
        free = posed.tail.members
        awards = leximin(posed.settled(awards, free), posed.tail, linear)
    return checked(posed, awards, solver)


def _check_installed(solver: str) -> None:
    method = f'method="cvxpy:{solver}"'
    try:
        cp = _cvxpy()
    except ImportError:
        raise missing(method, "cvxpy") from None
    if solver in cp.installed_solvers():
        return
    if solver in PACKAGES:
        raise missing(method, PACKAGES[solver])
    raise UnsupportedError(
        f"{method}: cvxpy has no solver {solver!r} here; there are: {', '.join(there())}"
    )


def _cvxpy() -> Any:
    """Import cvxpy, which takes a second, when it is needed; its types are not all known."""
    return import_module("cvxpy")


def _maximize(posed: Posed, objective: Powers | Squares, solver: str) -> Floats:
    cp = _cvxpy()
    x = cp.Variable(len(posed.lower))
    moving = posed.lower[objective.members] < posed.upper[objective.members]
    mine = x[objective.members[moving]]
    weights = objective.weights[moving]
    constraints = _within(posed.matrix, posed.row_lower, posed.row_upper, x)
    constraints += [x >= posed.lower, x <= posed.upper]
    if isinstance(objective, Squares):
        roots = np.sqrt(weights)
        cost = cp.sum_squares(cp.multiply(1.0 / roots, mine - objective.target[moving]))
    else:
        z, alpha = mine + objective.baseline[moving], objective.alpha
        cost, cones = _cost(z, weights, alpha)
        constraints += cones
    _run(cp.Problem(cp.Minimize(cost), constraints), solver)
    return np.asarray(x.value, dtype=np.float64)


def _cost(z: Any, weights: Floats, alpha: float) -> tuple[Any, list[Any]]:
    """Return -Σ weight·φ_alpha(z), and the cones that say so."""
    cp = _cvxpy()
    if alpha == 0:
        return -weights @ z, []
    if alpha == 1:
        return -weights @ cp.log(z), []
    k = len(weights)
    t, one, p = cp.Variable(k), np.ones(k), abs(1.0 - alpha)
    if alpha < 1:  # t <= z^p
        return -(weights / p) @ t, [cp.PowCone3D(z, one, t, np.full(k, p))]
    return (weights / p) @ t, [cp.PowCone3D(z, t, one, np.full(k, p / (1.0 + p)))]  # t >= z^-p


def _within(matrix: csr_array, lower: Floats, upper: Floats, x: Any) -> list[Any]:
    """Return constraints: those below, those above, those with equality; empty ones too."""
    equal = lower == upper
    below, above = np.isfinite(lower) & ~equal, np.isfinite(upper) & ~equal
    return [
        matrix[below] @ x >= lower[below],
        matrix[above] @ x <= upper[above],
        matrix[equal] @ x == lower[equal],
    ]


def _run(program: Any, solver: str) -> str:
    """Solve a program; what is not solved to the solver's own satisfaction is not solved."""
    cp = _cvxpy()
    names = TOLERANCES.get(solver, ())
    for tolerance in (STRICT, ENOUGH) if names else (ENOUGH,):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of inaccuracy: the status says it, too
            try:
                program.solve(solver=solver, **dict.fromkeys(names, tolerance))
            except (cp.SolverError, ValueError, ArithmeticError) as error:
                raise BackendError(f"{solver} failed: {error}") from error
        if program.status in (cp.OPTIMAL, cp.INFEASIBLE):
            return str(program.status)
    raise BackendError(f"{solver} did not solve the program: its status is {program.status}")


def _linear(
    cost: Floats,
    matrix: csr_array,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
    *,
    solver: str,
) -> Answer | None:
    """Minimize cost @ x within rows and bounds; None when there is no such x."""
    cp = _cvxpy()
    x = cp.Variable(len(cost))
    low, high = np.isfinite(lower), np.isfinite(upper)
    rows = _within(matrix, row_lower, row_upper, x)
    constraints = [*rows, x[low] >= lower[low], x[high] <= upper[high]]
    program = cp.Problem(cp.Minimize(cost @ x), constraints)
    if _run(program, solver) == cp.INFEASIBLE:
        return None
    equal = row_lower == row_upper
    kinds = (np.isfinite(row_lower) & ~equal, np.isfinite(row_upper) & ~equal, equal)
    prices = np.zeros(len(row_lower))
    for kind, row in zip(kinds, rows, strict=True):
        if kind.any():
            prices[kind] += np.reshape(row.dual_value, -1)
    return Answer(np.asarray(x.value, dtype=np.float64), prices)
