"""The small linear and integer programs that the core asks for, by HiGHS through scipy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocator.errors import AllocatorError

__all__ = ["highs_master"]

# For one program: any answer found in the first time is good, as the certificate's gap tells; what
# has none by then gets the second.
SECONDS = (1.5, 60.0)
INFEASIBLE = 2  # of scipy's status codes

Floats = NDArray[np.float64]
Sparse = tuple[Floats, NDArray[np.int64], NDArray[np.int64]]


def highs_master(
    cost: Floats,
    matrix: Floats | Sparse,
    row_lower: Floats,
    row_upper: Floats,
    lower: Floats,
    upper: Floats,
    *,
    integer: NDArray[np.bool_],
) -> Floats | None:
    """Minimize cost @ x with row_lower <= matrix @ x <= row_upper and lower <= x <= upper.

    Parameters
    ----------
    cost, lower, upper : ndarray of float64, shape (k,)
    matrix : ndarray of float64, shape (m, k), or (values, rows, columns) of its entries
    row_lower, row_upper : ndarray of float64, shape (m,)
    integer : ndarray of bool, shape (k,)
        Which of x must be whole.

    Returns
    -------
    ndarray of float64, shape (k,), or None
        None when there is no such x.

    Raises
    ------
    AllocatorError
        If HiGHS finds none in a minute and cannot say that there is none.

    Examples
    --------
    >>> one = np.ones((1, 2))
    >>> highs_master(
    ...     np.array([1.0, 2.0]), one, np.array([3.0]), np.array([3.0]), np.zeros(2),
    ...     np.full(2, 2.0), integer=np.array([True, True]),
    ... ).tolist()
    [2.0, 1.0]
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix

    if not len(cost):
        return np.zeros(0)
    if isinstance(matrix, tuple):
        values, at, of = matrix
        sparse = csr_matrix((values, (at, of)), shape=(len(row_lower), len(cost)))
    else:
        sparse = csr_matrix(matrix)
    rows = [LinearConstraint(sparse, row_lower, row_upper)] if len(row_lower) else []
    for seconds in SECONDS:
        result = milp(
            cost,
            constraints=rows,
            bounds=Bounds(lower, upper),
            integrality=integer.astype(np.int64),
            options={"mip_rel_gap": 0.0, "time_limit": seconds},
        )
        if result.x is not None:
            return np.asarray(result.x)
        if result.status == INFEASIBLE:
            return None
    raise AllocatorError(f"HiGHS did not solve a program of {len(cost):,} totals: {result.message}")
