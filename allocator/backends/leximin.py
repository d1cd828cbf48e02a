"""Leximin by a sequence of linear programs: the smallest ratio first, then the next smallest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allocator.backends.failure import BackendError
from allocator.backends.objective import Ratios
from allocator.backends.posed import ROOM, Answer, Linear, Posed

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["leximin"]

Floats = NDArray[np.float64]

PRICED = 1e-6  # of all prices, which add up to 1: below it is noise


def leximin(posed: Posed, ratios: Ratios, solver: Linear) -> Floats:
    """Maximize the smallest (baseline + award)/scale, then the next smallest, and so on.

    Parameters
    ----------
    posed : Posed
        Whose rows and bounds count, not its objective.
    ratios : Ratios
    solver : Linear

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    BackendError
        If a stage has no solution, or its prices single nobody out.

    Notes
    -----
    A member whose row has a price cannot have more in any solution, and is settled at the level.
    Every stage settles one at least: up to as many linear programs as members.

    References
    ----------
    Luss, "On equitable resource allocation problems: a lexicographic minimax approach", Operations
    Research 47, 1999.
    """
    lower = posed.lower.copy()
    members = ratios.members
    scales = ratios.scales / ratios.scales.max(initial=1e-300)
    open_ = np.arange(len(members))
    awards = lower
    while len(open_):
        answer = _stage(posed, lower, members[open_], scales[open_], ratios.baseline[open_], solver)
        if answer is None:
            raise BackendError("a stage of max-min has no solution, though the one before had")
        awards, level = answer.x[:-1], answer.x[-1]
        reached = scales[open_] * level - ratios.baseline[open_]
        prices = np.abs(answer.prices[-len(open_) :])
        settled = prices * scales[open_] > PRICED
        settled |= reached >= posed.upper[members[open_]] - ROOM
        if not settled.any():
            raise BackendError("a stage of max-min has no prices")
        chosen = members[open_[settled]]
        lower[chosen] = np.clip(reached[settled] - ROOM, lower[chosen], posed.upper[chosen])
        open_ = open_[~settled]
    return awards


def _stage(
    posed: Posed,
    lower: Floats,
    members: NDArray[np.int64],
    scales: Floats,
    baseline: Floats,
    solver: Linear,
) -> Answer | None:
    """Maximize the level t with award - scale·t >= -baseline."""
    from scipy.sparse import csr_array, hstack, vstack

    n, k = len(lower), len(members)
    each = csr_array((np.ones(k), (np.arange(k), members)), shape=(k, n))
    matrix: csr_array = vstack(
        [
            hstack([posed.matrix, csr_array((posed.matrix.shape[0], 1))]),
            hstack([each, csr_array(-scales[:, None])]),
        ],
        format="csr",
    )
    return solver(
        np.append(np.zeros(n), -1.0),
        matrix,
        np.append(posed.row_lower, -baseline),
        np.append(posed.row_upper, np.full(k, np.inf)),
        np.append(lower, -np.inf),
        np.append(posed.upper, np.inf),
    )
