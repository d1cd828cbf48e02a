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
from allocator.core.rules import AlphaFair, LeastSquares, MaxMin, Rule

__all__ = ["RULES"]

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
