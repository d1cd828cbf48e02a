"""The logarithm of an award as a sum, and which of its terms the examples can tell apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.policy.schema import Policy
from allocator.scenarios.fit_examples import ExampleTable

__all__ = ["LOSS_EXPONENT", "RATIO_EXPONENT", "Design", "Pin", "design", "find_pins"]

LOSS_EXPONENT = "weights.loss_exponent"
RATIO_EXPONENT = "weights.ratio_exponent"
# A direction in which no award moves by a thousandth when exponents move by 1 is not seen at all.
UNSEEN = 1e-3
INVOLVED = 1e-6  # shares below are roundings


@dataclass(frozen=True, eq=False)
class Design:
    """log award = matrix @ (log level, exponents, log factors), between the bounds.

    Attributes
    ----------
    names : tuple of str
        Policy keys; the first is "level".
    matrix : ndarray of float64, shape (n, p)
    base : ndarray of float64, shape (p,)
        Where numbers stay that the examples do not determine; 0 for the level.
    """

    names: tuple[str, ...]
    matrix: NDArray[np.float64]
    base: NDArray[np.float64]


@dataclass(frozen=True)
class Pin:
    """A number that the examples cannot tell from others.

    Attributes
    ----------
    column : int
        It stays at its base value.
    shares : dict of int to float
        Other columns whose changes look the same: one of it is as good as so much of them; empty
        when the examples do not vary in it.
    moves_level : bool
        Whether the level depends on where it stays.
    """

    column: int
    shares: dict[int, float]
    moves_level: bool


def design(examples: ExampleTable, policy: Policy) -> Design:
    """State the fit.

    Parameters
    ----------
    examples : ExampleTable
        n examples.
    policy : Policy
        Base values of the exponents.

    Returns
    -------
    Design
    """
    names = ["level", LOSS_EXPONENT]
    weighed = policy.uses_weights
    base = [0.0, policy.weights.loss_exponent if weighed else 1.0]
    columns = [np.ones(len(examples)), np.log(examples.claim)]
    if examples.ratio is not None:
        names.append(RATIO_EXPONENT)
        columns.append(np.log(examples.ratio))
        base.append(policy.weights.ratio_exponent if weighed else 0.0)
    for attribute in examples.attributes:
        for code, label in enumerate(attribute.labels[1:], 1):  # the first is the reference
            names.append(f"weights.factors.{attribute.name}.{label}")
            columns.append((attribute.codes == code).astype(np.float64))
            base.append(0.0)
    return Design(tuple(names), np.column_stack(columns), np.array(base))


def find_pins(matrix: NDArray[np.float64]) -> tuple[Pin, ...]:
    """Find a smallest set of numbers without which all others can be told.

    Parameters
    ----------
    matrix : ndarray of float64, shape (m, p)
        Rows of the examples strictly between the bounds: the first column is the level's.

    Returns
    -------
    tuple of Pin
        The loss exponent is the last to be given up, the ratio exponent the first.

    Examples
    --------
    >>> find_pins(np.array([[1.0, 4.6, -0.5], [1.0, 6.9, -0.5]]))
    (Pin(column=2, shares={}, moves_level=True),)
    """
    m, p = matrix.shape
    mean = matrix.mean(axis=0) if m else np.zeros(p)
    centered = matrix - mean
    free = list(range(1, p))
    pinned: list[int] = []
    while free:
        unseen = _unseen(centered[:, free])
        if not unseen.any():
            break
        touched = [free[k] for k in np.flatnonzero(unseen)]
        worst = next((j for j in touched if j != 1), 1)  # in order: ratio, factors; loss at last
        free.remove(worst)
        pinned.append(worst)
    pins = []
    for j in sorted(pinned):
        shares = np.zeros(len(free))
        if free and m:
            shares = np.linalg.lstsq(centered[:, free], centered[:, j], rcond=None)[0]
        told = {k: float(s) for k, s in zip(free, shares, strict=True) if abs(s) > INVOLVED}
        offset = mean[j] - sum(mean[k] * share for k, share in told.items())
        pins.append(Pin(j, told, bool(abs(offset) > UNSEEN)))
    return tuple(pins)


def _unseen(columns: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which columns have a part in a direction that the examples do not see."""
    m, q = columns.shape
    if m == 0:
        return np.ones(q, dtype=bool)
    _, sizes, directions = np.linalg.svd(np.linalg.qr(columns, mode="r"))
    sizes = np.concatenate([sizes, np.zeros(q - len(sizes))])
    touched: NDArray[np.bool_] = (np.abs(directions[sizes < UNSEEN]) > INVOLVED).any(axis=0)
    return touched
