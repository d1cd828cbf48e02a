"""The rules that a proof speaks of, in groups."""

from __future__ import annotations

__all__ = ["AVERAGED", "FEW", "GAME", "LEVEL", "RISING", "SELF_DUAL", "SUMS", "Proof"]

# Properties, rules, and why; the first that names a property and a rule is the reason.
Proof = tuple[str, str, str]

RISING = (
    "proportional constrained_equal_awards constrained_equal_losses talmud reverse_talmud piniles"
)
LEVEL = f"{RISING} constrained_egalitarian"
SUMS = "adjusted_proportional alpha_min average_of_equal_awards_and_losses minimal_overlap"
FEW = f"concede_and_divide random_arrival average_of_awards dominguez_thomson {SUMS}"
SELF_DUAL = (
    "proportional talmud reverse_talmud concede_and_divide random_arrival adjusted_proportional "
    "average_of_awards average_of_equal_awards_and_losses"
)
GAME = "talmud concede_and_divide random_arrival average_of_awards"
AVERAGED = "average_of_equal_awards_and_losses"
