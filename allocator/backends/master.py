"""The small linear and integer programs that the core asks for, by HiGHS."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from allocator.backends.failure import NothingYetError
from allocator.backends.highs_ import Program
from allocator.backends.posed import Answer
from allocator.errors import UnsupportedError

__all__ = ["highs_master"]

# Of a large integer program a few solutions do, as the certificate's gap tells; what has none after
# so many nodes gets more. Counts, never seconds: a busy machine must find the same.
SMALL = 1_000  # columns
SOLUTIONS = 3
NODES = (100, 10_000)

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
    UnsupportedError
        If HiGHS finds none within 10,000 nodes and cannot say that there is none.
    BackendError
        If HiGHS gives up.

    Examples
    --------
    >>> one = np.ones((1, 2))
    >>> highs_master(
    ...     np.array([1.0, 2.0]), one, np.array([3.0]), np.array([3.0]), np.zeros(2),
    ...     np.full(2, 2.0), integer=np.array([True, True]),
    ... ).tolist()
    [2.0, 1.0]
    """
    from scipy.sparse import csr_array

    if not len(cost):
        return np.zeros(0)
    if isinstance(matrix, tuple):
        values, at, of = matrix
        sparse = csr_array((values, (at, of)), shape=(len(row_lower), len(cost)))
    else:
        sparse = csr_array(matrix)
    if not integer.any():
        answer = Program(cost, sparse, row_lower, row_upper, lower, upper).run()
        return None if answer is None else answer.x
    few: dict[str, float] = {}
    if len(cost) > SMALL:
        few["mip_max_improving_sols"] = SOLUTIONS

    def solved(nodes: int, **options: str) -> Answer | None:
        limits: dict[str, float] = {"mip_max_nodes": nodes, **few}
        program = Program(
            cost,
            sparse,
            row_lower,
            row_upper,
            lower,
            upper,
            integer,
            mip_rel_gap=0.0,
            mip_abs_gap=0.0,
            parallel="off",  # the same whatever the number of cores
            **limits,
            **options,
        )
        return program.run()

    for nodes in NODES:
        try:
            answer = solved(nodes)
        except NothingYetError:
            continue
        if answer is None:  # which presolving may say of what has solutions (seen in HiGHS 1.15.1)
            with suppress(NothingYetError):
                answer = solved(nodes, presolve="off")
        return None if answer is None else answer.x
    raise UnsupportedError(
        f"HiGHS found no whole totals of {len(cost):,} within {NODES[-1]:,} nodes, and no proof "
        "that there are none: give the constraints more room, or have fewer of them"
    )
