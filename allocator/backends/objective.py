"""Objectives as general solvers see them: what an award is worth, and its slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair, LeastSquares, MaxMin, Rule
from allocator.errors import UnsupportedError

__all__ = ["Objective", "Powers", "Ratios", "Squares", "objective_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Powers:
    """Maximize Σ weight·φ(baseline + award) over the members; φ as in `AlphaFair`.

    Attributes
    ----------
    members : ndarray of int64, shape (k,)
        Claimants of positive weight.
    weights, baseline : ndarray of float64, shape (k,)
        Weights relative to the largest; what recovery divides by is in them.
    alpha : float
        From 0, below inf.
    """

    members: NDArray[np.int64]
    weights: Floats
    baseline: Floats
    alpha: float

    def values(self, awards: Floats) -> Floats:
        """Return what the members' awards are worth, shape (k,); -inf where it has no bound."""
        with np.errstate(divide="ignore", over="ignore"):
            z = self.baseline + awards
            if self.alpha == 1:
                return np.asarray(self.weights * np.log(z))
            return np.asarray(self.weights * z ** (1 - self.alpha) / (1 - self.alpha))

    def slopes(self, awards: Floats) -> Floats:
        """Return the worth of the next unit, shape (k,)."""
        with np.errstate(divide="ignore", over="ignore"):
            return np.asarray(self.weights * (self.baseline + awards) ** -self.alpha)


@dataclass(frozen=True, eq=False)
class Squares:
    """Minimize Σ (award - target)²/weight; its negative is what is maximized."""

    members: NDArray[np.int64]
    weights: Floats
    target: Floats

    def values(self, awards: Floats) -> Floats:
        """Return what the members' awards are worth, shape (k,)."""
        return np.asarray(-((awards - self.target) ** 2) / self.weights)

    def slopes(self, awards: Floats) -> Floats:
        """Return the worth of the next unit, shape (k,)."""
        return np.asarray(2.0 * (self.target - awards) / self.weights)


@dataclass(frozen=True, eq=False)
class Ratios:
    """Leximin of (baseline + award)/scale over the members."""

    members: NDArray[np.int64]
    scales: Floats
    baseline: Floats


Objective = Powers | Squares | Ratios


def objective_of(problem: Problem, rule: Rule, unit: float = 1.0) -> tuple[Objective, Ratios]:
    """Return what a rule maximizes, and how those of weight 0 share what is left.

    Parameters
    ----------
    problem : Problem
    rule : AlphaFair, MaxMin or LeastSquares
    unit : float
        Awards count this many of the problem's units.

    Returns
    -------
    objective : Powers, Squares or Ratios
    tail : Ratios
        Without members when every weight is positive.

    Raises
    ------
    DataError
        If the rule lacks what it needs.
    UnsupportedError
        If it maximizes nothing.

    Examples
    --------
    >>> problem = Problem(9, 0, None, weights=[4.0, 2.0, 0.0])
    >>> objective, tail = objective_of(problem, AlphaFair(2))
    >>> objective.slopes(np.array([2.0, 1.0])).tolist(), tail.members.tolist()
    ([0.25, 0.5], [2])
    """
    rule.ramps(problem)  # which checks that rule and problem fit
    n = len(problem)
    weights = np.ones(n) if problem.weights is None else problem.weights.astype(np.float64)
    members, rest = np.flatnonzero(weights > 0), np.flatnonzero(weights == 0)
    ones, zeros = np.ones(len(rest)), np.zeros(len(rest))
    if isinstance(rule, MaxMin):
        none = np.zeros(len(members))
        return Ratios(members, weights[members], none), Ratios(rest, ones, zeros)
    if isinstance(rule, LeastSquares):
        return Squares(members, weights, _target(problem, rule) / unit), Ratios(rest, ones, zeros)
    if not isinstance(rule, AlphaFair):
        raise UnsupportedError(
            f"{rule.name} maximizes nothing that a general solver could: only the objectives "
            'alpha_fair, max_min and least_squares can be given to one; use method="native"'
        )
    baseline = np.broadcast_to(0.0 if rule.baseline is None else rule.baseline, (n,)) / unit
    scales = problem.claims.astype(np.float64) if rule.of == "recovery" else np.ones(n)
    if np.isinf(rule.alpha):
        return (
            Ratios(members, scales[members], baseline[members]),
            Ratios(rest, scales[rest], baseline[rest]),
        )
    logs = np.log(weights[members]) + (rule.alpha - 1.0) * np.log(scales[members])
    relative = np.exp(logs - logs.max(initial=-np.inf)) if len(members) else logs
    powers = Powers(members, relative, baseline[members], rule.alpha)
    return powers, Ratios(rest, scales[rest], zeros)


def _target(problem: Problem, rule: LeastSquares) -> Floats:
    target: Any = problem.claims / problem.claim_parts if rule.target is None else rule.target
    return np.broadcast_to(np.asarray(target, dtype=np.float64), (len(problem),))
