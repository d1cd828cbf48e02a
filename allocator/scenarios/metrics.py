"""Measures of inequality and fairness on plain arrays: ``al.metrics``.

All take amounts from 0 in any unit and in any order, in population form: whoever has nothing
counts, and nobody is estimated. Amounts that are all equal, all 0 too, are no inequality.
"""

from __future__ import annotations

from allocator.scenarios.curves import Curve, concentration_curve, lorenz
from allocator.scenarios.inequality import (
    atkinson,
    gini,
    hoover,
    jain,
    mean_log_deviation,
    theil,
)
from allocator.scenarios.shares import (
    concentration_index,
    distance_from_pro_rata,
    largest_envy,
    price_of_fairness,
)

__all__ = [
    "Curve",
    "atkinson",
    "concentration_curve",
    "concentration_index",
    "distance_from_pro_rata",
    "gini",
    "hoover",
    "jain",
    "largest_envy",
    "lorenz",
    "mean_log_deviation",
    "price_of_fairness",
    "theil",
]
