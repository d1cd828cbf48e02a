"""The rules by the names that policies, `divide` and the command line use."""

from __future__ import annotations

from allocator.core.claims import (
    ConstrainedEgalitarian,
    ConstrainedEqualAwards,
    ConstrainedEqualLosses,
    Piniles,
    Proportional,
    ReverseTalmud,
    Talmud,
)
from allocator.core.few.arrival import RandomArrival
from allocator.core.few.center import AverageOfAwards
from allocator.core.few.closed import (
    AdjustedProportional,
    AlphaMin,
    AverageOfEqualAwardsAndLosses,
    ConcedeAndDivide,
    MinimalOverlap,
)
from allocator.core.few.recursive import DominguezThomson
from allocator.core.few.rule import FewRule
from allocator.core.rules import AlphaFair, LeastSquares, MaxMin, Rule

__all__ = ["FEW_RULES", "RULES"]

RULES: dict[str, type[Rule]] = {
    "alpha_fair": AlphaFair,
    "max_min": MaxMin,
    "least_squares": LeastSquares,
    "proportional": Proportional,
    "constrained_equal_awards": ConstrainedEqualAwards,
    "constrained_equal_losses": ConstrainedEqualLosses,
    "talmud": Talmud,
    "reverse_talmud": ReverseTalmud,
    "piniles": Piniles,
    "constrained_egalitarian": ConstrainedEgalitarian,
}

# Rules without a level, for few claimants: no floors, no caps but claims, no weights, no groups.
FEW_RULES: dict[str, type[FewRule]] = {
    "concede_and_divide": ConcedeAndDivide,
    "random_arrival": RandomArrival,
    "minimal_overlap": MinimalOverlap,
    "adjusted_proportional": AdjustedProportional,
    "average_of_awards": AverageOfAwards,
    "dominguez_thomson": DominguezThomson,
    "alpha_min": AlphaMin,
    "average_of_equal_awards_and_losses": AverageOfEqualAwardsAndLosses,
}
