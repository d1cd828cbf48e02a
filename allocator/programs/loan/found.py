"""What only the solver of a loan fund could know: prices, and a bound of its own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeGuard

__all__ = ["NOTHING", "Search", "search_of"]


@dataclass(frozen=True)
class Search:
    """What only the solver could know.

    Attributes
    ----------
    prices : mapping of str to float
        Of each limit, in the policy's objective for a dollar of what it counts.
    highs_bound : float or None
        By HiGHS: no loans are worth more.
    """

    prices: Mapping[str, float]
    highs_bound: float | None


NOTHING = Search(MappingProxyType({}), None)


def search_of(stored: object) -> Search:
    """Read what the solver knew from a certificate as it was written, or changed since.

    Examples
    --------
    >>> search_of({"prices": {"fund": 0.5}, "highs_bound": 7.0}).highs_bound
    7.0
    >>> search_of({"prices": "none"}).prices
    mappingproxy({})
    >>> search_of({"prices": {"fund": 0.5}, "highs_bound": float("nan")}).highs_bound is None
    True
    """
    if not isinstance(stored, Mapping):
        return NOTHING
    prices, bound = stored.get("prices"), stored.get("highs_bound")
    if not isinstance(prices, dict) or not _is_finite(bound):
        return NOTHING
    if not all(map(_is_finite, prices.values())):
        return NOTHING
    return Search(
        MappingProxyType({name: float(each) for name, each in prices.items()}), float(bound)
    )


def _is_finite(value: object) -> TypeGuard[float]:
    """Tell a float from what a changed file may have: NaN, true, 400 digits."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= sys.float_info.max
