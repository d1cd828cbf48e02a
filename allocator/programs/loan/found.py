"""What only the solver of a loan fund could know: prices, and a bound of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

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


def search_of(stored: Mapping[str, Any] | None) -> Search:
    """Read what the solver knew from a certificate as it was written.

    Examples
    --------
    >>> search_of({"prices": {"fund": 0.5}, "highs_bound": 7.0}).highs_bound
    7.0
    >>> search_of({"prices": "none"}).prices
    mappingproxy({})
    """
    prices, bound = (None if stored is None else stored.get(n) for n in ("prices", "highs_bound"))
    if not isinstance(prices, dict) or not isinstance(bound, (int, float)):
        return NOTHING
    if not all(isinstance(each, (int, float)) for each in prices.values()):
        return NOTHING
    return Search(
        MappingProxyType({name: float(each) for name, each in prices.items()}), float(bound)
    )
