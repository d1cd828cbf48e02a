"""Who is approved, and for how much: by the solver of lots, from prices and HiGHS."""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from allocator.errors import InfeasibleError
from allocator.programs.loan.feasible import check_floors, explained
from allocator.programs.loan.found import Search
from allocator.programs.loan.fund import Case
from allocator.programs.loan.worth import Posed

__all__ = ["decide"]

DIGITS = 12  # of a float in a file: what is written is what was reckoned with


def decide(case: Case, posed: Posed) -> tuple[NDArray[np.int64], Search]:
    """Choose the loans that are worth most.

    Parameters
    ----------
    case : Case
    posed : Posed
        Its problem.

    Returns
    -------
    units : ndarray of int64, shape (n,)
        Granted to each applicant.
    search : Search

    Raises
    ------
    BackendError
        If no loans within all limits were found in time.
    InfeasibleError
        If there are none: with the numbers, and what would help.
    UnsupportedError
        If highspy is not installed.
    """
    units = np.zeros(len(case), dtype=np.int64)
    check_floors(case, posed)
    names = [limit.name for limit in case.limits]
    if not len(posed.rows):
        return units, Search(MappingProxyType(dict.fromkeys(names, 0.0)), 0.0)
    solver = import_module("allocator.backends.lots.solve")
    try:
        found = solver.solve_lots(posed.lots, seconds=float(case.policy.objective.time_limit))
    except InfeasibleError as error:
        raise explained(case, posed, error) from None
    units[posed.rows] = found.units
    prices = (_short(each) for each in (found.prices * posed.scale / posed.dollars).tolist())
    by_name = dict(zip(names, prices, strict=True))
    return units, Search(MappingProxyType(by_name), _short(found.solver_bound * posed.scale))


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
