"""The fit itself: robust, and aware that an award at a bound only says "at most" or "at least".

With logarithms the awards are linear in the numbers sought. An award strictly between the bounds
has an ordinary residual; one at the floor only counts when the formula gives more, one at the cap
only when it gives less. Residuals go through Huber's loss, so that a wrong award moves the fit
little; the sum is convex, so that the search has one place to end. What is then plainly wrong is
named, and left out of a second fit.

Source: P. J. Huber, Robust Statistics (1981), sections 7.3 to 7.8; the bounds as in J. Tobin,
Estimation of Relationships for Limited Dependent Variables, Econometrica 26 (1958), 24-36, with a
hinge instead of a normal likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["Solution", "Task", "solve"]

Floats = NDArray[np.float64]

HUBER = 1.345  # 95% as efficient as least squares when errors are normal
NORMAL = 0.6745  # the median of a standard normal's size
AGAIN = 10  # fits, at most, until the outliers stay the same
ROUNDS = 30  # of the scale; it settles in a few
SETTLED = 1e-3  # relative change of the scale that moves nothing worth telling
EXACT = 2.0  # times rounding: below, the residuals are nothing but rounding
SOFT = 1e-2  # residuals of 1% and more count by their size, not its square, in the first rounds
CUT = 2.5  # standard deviations; Rousseeuw and Leroy (1987), with their factor for few examples
UNITS_OFF = 2 * 12**0.5  # roundings that make two units: nobody is an outlier for two cents
LARGEST_EXPONENT = 10.0  # what a policy may have
PRECISION = 1e-14


@dataclass(frozen=True, eq=False)
class Task:
    """What is fitted to what.

    Attributes
    ----------
    matrix : ndarray of float64, shape (n, p)
    target : ndarray of float64, shape (n,)
        Logarithms of awards.
    side : ndarray of int8, shape (n,)
        1 at the floor, -1 at a cap, 0 between.
    rounding : ndarray of float64, shape (n,)
        Standard deviation of the logarithm that rounding to whole units brings.
    trust : ndarray of float64, shape (n,)
        A trust of 1/4 doubles the error that is expected.
    exponents : tuple of int
        Columns whose number must be between 0 and 10.
    pinned : tuple of int
        Columns that stay at their base value unless a bound would be violated.
    base : ndarray of float64, shape (p,)
    """

    matrix: Floats
    target: Floats
    side: NDArray[np.int8]
    rounding: Floats
    trust: Floats
    exponents: tuple[int, ...]
    pinned: tuple[int, ...]
    base: Floats

    def without(self, rows: NDArray[np.bool_]) -> Task:
        """Leave some examples out."""
        kept = ~rows
        return replace(
            self,
            matrix=self.matrix[kept],
            target=self.target[kept],
            side=self.side[kept],
            rounding=self.rounding[kept],
            trust=self.trust[kept],
        )

    @property
    def between(self) -> NDArray[np.bool_]:
        """The examples strictly between the bounds, shape (n,)."""
        inside: NDArray[np.bool_] = self.side == 0
        return inside

    @property
    def freedom(self) -> int:
        """Examples between the bounds in excess of the numbers that they determine."""
        free: int = self.matrix.shape[1] - len(self.pinned)
        return int(self.between.sum()) - free


@dataclass(frozen=True, eq=False)
class Solution:
    """The numbers found, and how sure they are.

    Attributes
    ----------
    values : ndarray of float64, shape (p,)
    residuals : ndarray of float64, shape (n,)
        log fitted - log award; 0 where a bound explains the award.
    scale : float
        Typical size of the errors beyond rounding, in logarithms; 0 for an exact fit.
    outliers : ndarray of bool, shape (n,)
    covariance : ndarray of float64, shape (p, p)
        Zero in the rows of numbers that are pinned or held at a limit.
    wished : dict of int to float
        What an exponent held at a limit would be without it, by column.
    """

    values: Floats
    residuals: Floats
    scale: float
    outliers: NDArray[np.bool_]
    covariance: Floats
    wished: dict[int, float]


def solve(task: Task, fixed: dict[int, float] | None = None) -> Solution:
    """Find the numbers.

    Parameters
    ----------
    task : Task
    fixed : dict of int to float, optional
        Numbers already decided, by column.

    Returns
    -------
    Solution

    Examples
    --------
    >>> x = np.log([100.0, 200.0, 400.0, 1000.0])
    >>> task = Task(
    ...     np.column_stack([np.ones(4), x]), np.log(0.02) + x, np.zeros(4, np.int8),
    ...     np.full(4, 1e-4), np.ones(4), (1,), (), np.array([0.0, 1.0]))
    >>> solve(task).values.round(6).tolist()
    [-3.912023, 1.0]
    """
    held = dict(fixed or {})
    pinned = {j: float(task.base[j]) for j in task.pinned if j not in held}
    solution = _within_limits(task, {**held, **pinned})
    # What the awards between the bounds do not determine may yet contradict those at a bound.
    errors = np.hypot(solution.scale, task.rounding)
    if pinned and (np.abs(solution.residuals) > CUT * errors)[~task.between].any():
        return _within_limits(task, held)
    return solution


def _within_limits(task: Task, held: dict[int, float]) -> Solution:
    """Fit; exponents that no policy may have are held at the nearest that it may."""
    held = dict(held)
    wished: dict[int, float] = {}
    while True:
        solution = _settle(task, held)
        over = {
            j: float(np.clip(solution.values[j], 0.0, LARGEST_EXPONENT))
            for j in task.exponents
            if j not in held and not 0 <= solution.values[j] <= LARGEST_EXPONENT
        }
        if not over:
            return replace(solution, wished=wished)
        worst = max(over, key=lambda j: abs(float(solution.values[j]) - over[j]))
        if abs(float(solution.values[worst])) > PRECISION**0.5:
            wished[worst] = float(solution.values[worst])
        held[worst] = over[worst]


def _settle(task: Task, held: dict[int, float]) -> Solution:
    """Fit, and fit again without the outliers until they stay the same."""
    start = task.base.copy()
    for j, value in held.items():
        start[j] = value
    start[0] = _level(task, start)
    outliers = np.zeros(len(task.target), dtype=bool)
    slack = UNITS_OFF * task.rounding
    for _ in range(AGAIN):
        kept = task.without(outliers)
        values, scale = _fit(kept, held, start)
        residuals = _residuals(task, values)
        errors = np.hypot(scale, task.rounding) / np.sqrt(task.trust)
        few = 1 + 5 / kept.freedom if kept.freedom > 0 else np.inf
        before, outliers = outliers, np.abs(residuals) > np.maximum(CUT * few * errors, slack)
        if (outliers == before).all() or task.without(outliers).freedom < 1:
            break
    covariance = _covariance(kept, held, values, scale)
    return Solution(values, residuals, scale, outliers, covariance, {})


def _fit(task: Task, held: dict[int, float], start: Floats) -> tuple[Floats, float]:
    """Fit with some numbers held; return the numbers and the scale of the errors."""
    values = start
    inside = task.between.any()
    if inside:
        flat = 1.0 / np.sqrt(task.trust)
        for soft in (1.0, SOFT**0.5, SOFT):
            values = _minimize(task, held, values, flat, "soft_l1", soft)
    scale = _scale(task, values)
    for _ in range(ROUNDS if inside else 0):
        errors = np.hypot(scale, task.rounding) / np.sqrt(task.trust)
        values = _minimize(task, held, values, errors, "huber", HUBER)
        before, scale = scale, _scale(task, values)
        if abs(scale - before) <= SETTLED * before:
            break
    return values, scale


def _level(task: Task, values: Floats) -> float:
    """Return the log level that suits most examples, the other numbers as they are."""
    needed = task.target - task.matrix @ values + values[0]
    if task.between.any():
        return float(np.median(needed[task.between]))
    most, least = needed[task.side == 1], needed[task.side == -1]
    ends = [*([most.min()] if len(most) else []), *([least.max()] if len(least) else [])]
    return float(np.mean(ends))


def _residuals(task: Task, values: Floats) -> Floats:
    plain = task.matrix @ values - task.target
    if not task.side.any():
        return np.asarray(plain)
    held = np.where(task.side > 0, np.maximum(plain, 0.0), np.minimum(plain, 0.0))
    return np.where(task.side == 0, plain, held)


def _minimize(
    task: Task, held: dict[int, float], start: Floats, errors: Floats, loss: str, width: float
) -> Floats:
    from scipy.optimize import least_squares

    free = [j for j in range(task.matrix.shape[1]) if j not in held]
    if not free:
        return start
    stay = [free.index(j) for j in task.pinned if j in free]
    prior = np.zeros((len(stay), len(free)))
    prior[np.arange(len(stay)), stay] = 1.0
    scaled = task.matrix[:, free] / errors[:, None]

    def whole(part: Floats) -> Floats:
        values = start.copy()
        values[free] = part
        return values

    def residuals(part: Floats) -> Floats:
        return np.concatenate(
            [_residuals(task, whole(part)) / errors, part[stay] - task.base[free][stay]]
        )

    def slopes(part: Floats) -> Floats:
        moving = (task.side == 0) | (_residuals(task, whole(part)) != 0)
        return np.vstack([scaled * moving[:, None], prior])

    found = least_squares(
        residuals,
        start[free],
        slopes,
        loss=loss,  # type: ignore[arg-type]
        f_scale=width,
        x_scale="jac",
        xtol=PRECISION,
        ftol=PRECISION,
        gtol=PRECISION,
        max_nfev=200,
    )
    return whole(found.x)


def _scale(task: Task, values: Floats) -> float:
    """Return the size of the errors: the median residual, of those that the fit did not use up."""
    used = task.matrix.shape[1] - len(task.pinned)
    inside = task.between
    if int(inside.sum()) <= used:
        return 0.0
    sizes = np.abs(_residuals(task, values))[inside] * np.sqrt(task.trust[inside])
    if np.median(np.sort(sizes / task.rounding[inside])[used:]) <= EXACT * NORMAL:
        return 0.0
    return float(np.median(np.sort(sizes)[used:])) / NORMAL


def _covariance(task: Task, held: dict[int, float], values: Floats, scale: float) -> Floats:
    """Huber's estimate: errors as large as seen, the information of the examples that count."""
    p = task.matrix.shape[1]
    covariance = np.zeros((p, p))
    free = [j for j in range(p) if j not in held and j not in task.pinned]
    inside = task.between
    if not free or not inside.any():
        return covariance
    errors = np.hypot(scale, task.rounding) / np.sqrt(task.trust)
    matrix = (task.matrix[:, free] / errors[:, None])[inside]
    z = (_residuals(task, values) / errors)[inside]
    counted = float((np.abs(z) < HUBER).mean())
    spread = float((np.clip(z, -HUBER, HUBER) ** 2).sum()) / max(task.freedom, 1)
    # Rounding is an error even where it happens not to show.
    dispersion = max(spread / max(counted, 0.1) ** 2, 1.0 if task.freedom <= 0 else 0.25)
    covariance[np.ix_(free, free)] = dispersion * np.linalg.pinv(matrix.T @ matrix)
    return covariance
