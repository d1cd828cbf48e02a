"""Why properties hold that compare claimants within one problem, or bound what each gets."""

from __future__ import annotations

from allocator.core.properties.families import FEW, LEVEL, SELF_DUAL, SUMS, Proof

__all__ = ["WITHIN"]

WITHIN: tuple[Proof, ...] = (
    (
        "equal_treatment anonymity",
        f"{LEVEL} {FEW}",
        "the definition reads nothing of a claimant but the claim",
    ),
    (
        "order_of_awards",
        LEVEL,
        "at every level, the larger claim has at least as much",
    ),
    (
        "order_of_awards",
        "random_arrival",
        "where two claimants exchange places in an order, the larger claim gets at least as much",
    ),
    (
        "order_of_awards",
        "average_of_awards",
        "exchanging two awards maps awards with more for the smaller claim into the set",
    ),
    (
        "order_of_awards order_of_losses",
        "dominguez_thomson",
        "every step is in the order of claims, and so is what it leaves of them",
    ),
    (
        "order_of_awards",
        f"concede_and_divide {SUMS}",
        "each term of the definition is in the order of claims",
    ),
    (
        "order_of_losses",
        LEVEL,
        "at every level, the larger claim lacks at least as much",
    ),
    (
        "order_of_losses",
        "minimal_overlap alpha_min",
        "of what a claim is above another, at most that is awarded on top",
    ),
    (
        "progressive regressive",
        "proportional",
        "everybody gets the same share of the claim",
    ),
    (
        "progressive",
        "constrained_equal_losses",
        "(claim - loss)/claim rises with the claim",
    ),
    (
        "regressive",
        "constrained_equal_awards piniles constrained_egalitarian alpha_min",
        "at every level, the award over the claim falls with the claim",
    ),
    (
        "regressive",
        "dominguez_thomson",
        "a step pays all claims that are not truncated the same share, and larger ones that are a"
        " smaller share; once truncated they stay so, as a step leaves at most (n - 1)/n of the "
        "budget, and just that of claims",
    ),
    (
        "lower_bound_on_awards equal_division_lower_bound",
        "constrained_equal_awards",
        "the level is at least an equal share of the budget",
    ),
    (
        "lower_bound_on_awards",
        "talmud piniles constrained_egalitarian concede_and_divide",
        "up to half of the claims, equal awards on half-claims give min(claim/2, budget/n) or "
        "more, of two claimants or more; above, everybody has half of the claim (Moreno-Ternero &"
        " Villar, Mathematical Social Sciences 47, 2004, for talmud)",
    ),
    (
        "lower_bound_on_awards",
        "random_arrival",
        "one comes first in one of n orders, and then gets min(claim, budget)",
    ),
    (
        "lower_bound_on_awards",
        "dominguez_thomson",
        "the first step of the recursion is the bound",
    ),
    (
        "lower_bound_on_awards",
        "minimal_overlap",
        "every part of a truncated claim is shared with at most n - 1 others",
    ),
    (
        "lower_bound_on_losses",
        "minimal_overlap",
        "of a part that m claim each loses 1 - 1/m. Who shares every part with somebody loses "
        "half of the claim or more; anybody else shares all parts that are shared, and loses (m -"
        " 1)/n or more of each, while what is lacking is m - 1 times each, and what the claim is "
        "above the budget",
    ),
    (
        "lower_bound_on_awards",
        "adjusted_proportional",
        "what is left pays 1/n or more of what is left of claims; where that is truncated, no "
        "other has a minimal right",
    ),
    (
        "lower_bound_on_awards",
        "average_of_awards",
        "a centroid in n - 1 dimensions is at least 1/n of the width away from every side "
        "(Minkowski; Bonnesen & Fenchel, Theorie der konvexen Körper, 1934, section 34), and the "
        "largest award is min(claim, budget)",
    ),
    (
        "conditional_full_compensation",
        "constrained_equal_awards",
        "a level of the claim itself would spend no more than the budget (sustainability: Herrero"
        " & Villar, TOP 10, 2002)",
    ),
    (
        "lower_bound_on_losses conditional_null_compensation",
        "constrained_equal_losses",
        "its dual, constrained_equal_awards, has the dual property",
    ),
    (
        "midpoint",
        "piniles constrained_egalitarian",
        "the definition: at half of the claims everybody has half of the claim",
    ),
    (
        "midpoint",
        SELF_DUAL,
        "self-duality: at the midpoint awards and losses are the same",
    ),
    (
        "order_of_losses",
        SELF_DUAL,
        "self-duality, and the dual property",
    ),
    (
        "lower_bound_on_losses",
        "talmud concede_and_divide random_arrival adjusted_proportional average_of_awards",
        "self-duality, and the dual property",
    ),
)
