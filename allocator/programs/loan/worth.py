"""What loans are worth, and the fund as a problem of lots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.core.lots import Limit, Lots
from allocator.money import FINE, exact
from allocator.policy.values import read_ratio
from allocator.programs.loan.fund import Case

__all__ = ["Posed", "gain", "pose"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def gain(share: Floats, alpha: float, delta: float) -> Floats:
    """Return (φ_alpha(delta + share) - φ_alpha(delta)) / delta^(1-alpha), 0 for a share of 0.

    Parameters
    ----------
    share : ndarray of float64
        Granted over requested, not negative.
    alpha : float
        φ_1 is the logarithm, φ_alpha(x) = x^(1-alpha) / (1-alpha).
    delta : float
        Above 0. Divided by this power of it, the gain depends on share / delta alone, and neither
        overflows at a large alpha nor loses digits near 0.

    Returns
    -------
    ndarray of float64

    Examples
    --------
    >>> gain(np.array([0.0, 0.1, 0.9]), 2.0, 0.1).round(6).tolist()
    [0.0, 0.5, 0.9]
    """
    logs = np.log1p(share / delta)
    return logs if alpha == 1 else np.asarray(np.expm1((1.0 - alpha) * logs) / (1.0 - alpha))


@dataclass(frozen=True, eq=False)
class Posed:
    """A fund as a problem of lots, for those who can have a loan at all.

    Attributes
    ----------
    rows : ndarray of int64, shape (m,)
        Their positions among the applicants, in the order of the tie key: no other order counts.
    lots : Lots
        Worth is relative to `scale`.
    scale : float
        The worth of 1, in the policy's objective.
    dollars : ndarray of float64, one for each limit
        What a limit counts as 1, in dollars.
    """

    rows: Ints
    lots: Lots
    scale: float
    dollars: Floats


def pose(case: Case) -> Posed:
    """State the problem of those whose least alone is within every limit.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Posed
    """
    most = case.most.copy()
    for limit in case.limits:
        if limit.most is None:
            continue
        room = [limit.most // each if each else None for each in limit.per_unit.tolist()]
        for i, units in zip(limit.members.tolist(), room, strict=True):
            most[i] = most[i] if units is None else min(int(most[i]), units)
    rows = case.considered
    rows = rows[most[rows] >= case.least[rows]]
    rows = rows[_order(case.applicants.ids, rows, case.policy.tie_break_key)]
    weight, scale = _scaled(case, rows)
    place = np.full(len(case), -1)
    place[rows] = np.arange(len(rows))
    limits = []
    for limit in case.limits:
        mine = place[limit.members] >= 0
        members = place[limit.members[mine]]
        limits.append(Limit(limit.name, members, limit.per_unit[mine], limit.least, limit.most))
    lots = Lots(_worth(case, rows, weight), case.least[rows], most[rows], tuple(limits))
    dollars = np.array([float(case.dollars(limit, 1)) for limit in case.limits])
    return Posed(rows, lots, scale, dollars)


def _order(ids: pa.ChunkedArray, rows: Ints, key: str) -> list[int]:
    texts = [str(ids[i].as_py()).encode() for i in rows.tolist()]
    keys = [(blake2b(text, digest_size=8, key=key.encode()).digest(), text) for text in texts]
    return sorted(range(len(keys)), key=keys.__getitem__)


def _scaled(case: Case, rows: Ints) -> tuple[Floats, float]:
    """Return weights of at most 1, and what all worth was divided by."""
    objective = case.policy.objective
    weight = case.applicants.weight[rows]
    largest = float(weight.max(initial=0.0)) or 1.0
    delta = float(read_ratio(objective.delta))
    return weight / largest, largest * delta ** (1.0 - objective.alpha)


def _worth(case: Case, rows: Ints, weight: Floats) -> Callable[[Ints], Floats]:
    objective = case.policy.objective
    alpha, delta = objective.alpha, float(read_ratio(objective.delta))
    fine = int(exact(case.policy.fund.unit) * FINE)
    share = fine / case.applicants.requested[rows].astype(np.float64)  # of the request, a unit

    def worth(units: Ints) -> Floats:
        return weight * gain(units * share, alpha, delta)

    return worth
