"""Why properties hold of what happens when budget, claims or scale change."""

from __future__ import annotations

from allocator.core.properties.families import AVERAGED, FEW, GAME, LEVEL, RISING, SUMS, Proof

__all__ = ["CHANGING"]

CHANGING: tuple[Proof, ...] = (
    (
        "homogeneity",
        f"{LEVEL} {FEW}",
        "the definition has no amount of its own: claims, budget and awards scale together",
    ),
    (
        "continuity",
        LEVEL,
        "amounts are continuous in level and claims, and so is the level that spends the budget",
    ),
    (
        "continuity",
        f"concede_and_divide random_arrival {SUMS}",
        "sums, minima, maxima and quotients of what is continuous; where a divisor vanishes, so "
        "does what is divided",
    ),
    (
        "continuity",
        "average_of_awards",
        "the set of awards changes continuously, and so does its centroid; where it shrinks to "
        "less dimensions, awards are squeezed between bounds that meet",
    ),
    (
        "continuity",
        "dominguez_thomson",
        "every step is continuous, and k steps leave at most (1 - 1/n)^k of the budget",
    ),
    (
        "minimal_rights_first",
        "constrained_equal_losses",
        "its dual, constrained_equal_awards, has the dual property",
    ),
    (
        "self_duality",
        "proportional concede_and_divide",
        "exchange awards and losses in the formula",
    ),
    (
        "self_duality",
        "talmud reverse_talmud average_of_equal_awards_and_losses",
        "equal awards and equal losses are each other's duals, and stand for each other in the "
        "definition (Aumann & Maschler, Journal of Economic Theory 36, 1985, for talmud)",
    ),
    (
        "self_duality",
        "random_arrival",
        "reverse the order of arrival: who was paid what there was now loses it",
    ),
    (
        "self_duality",
        "adjusted_proportional",
        "Curiel, Maschler & Tijs, Zeitschrift für Operations Research 31, 1987",
    ),
    (
        "self_duality",
        "average_of_awards",
        "taking awards from claims maps the awards of a budget onto those of what is lacking",
    ),
    (
        "endowment_monotonicity",
        LEVEL,
        "a larger budget raises the level, and that all awards",
    ),
    (
        "endowment_monotonicity",
        "random_arrival",
        "in every order of arrival nobody gets less of a larger budget",
    ),
    (
        "endowment_monotonicity order_of_endowment_gains",
        "minimal_overlap",
        "what is added is shared equally by all whose claims are above the part that all of them "
        "claim whole, or are not below the budget",
    ),
    (
        "endowment_monotonicity order_of_endowment_gains",
        "adjusted_proportional",
        "up to half of the claims: derivatives of E·min(c,E)/Σmin(c,E), and above the sum of "
        "other claims the largest gets all; the other half is the dual",
    ),
    (
        "endowment_monotonicity",
        "average_of_awards",
        "Efron, Annals of Mathematical Statistics 36, 1965: the mean of a variable of log-concave"
        " density, given the sum, rises with the sum",
    ),
    (
        "endowment_monotonicity order_of_endowment_gains",
        "alpha_min concede_and_divide",
        "whatever is added is shared equally, goes to the larger claim, or is in proportion to "
        "what claims are above the smallest",
    ),
    (
        "order_of_endowment_gains",
        "average_of_awards",
        "given what two get together, they concede and divide, where the gap between them rises "
        "with that sum; and its mean, given the budget, rises with it by Efron (1965)",
    ),
    (
        "endowment_monotonicity order_of_endowment_gains",
        "dominguez_thomson",
        "what is left after k steps rises with the budget, and step k pays 1/n of it or of "
        "claim·(1 - 1/n)^k, whichever is less",
    ),
    (
        "order_of_endowment_gains",
        RISING,
        "while the award of the smaller claim rises with the level, so does that of the larger",
    ),
    (
        "order_of_endowment_gains",
        "random_arrival",
        "exchange two claimants in an order: where the budget runs out at the smaller claim, it "
        "runs out at the larger",
    ),
    (
        "claim_monotonicity",
        LEVEL,
        "a larger claim raises one's own amount at every level, and so lowers the others' level",
    ),
    (
        "claim_monotonicity",
        "random_arrival",
        "in every order of arrival a larger claim gets no less",
    ),
    (
        "claim_monotonicity",
        "average_of_awards",
        "the awards that are added all give more than any before",
    ),
    (
        "claim_monotonicity",
        "minimal_overlap",
        "a larger claim adds to parts that others claim, or to how much all claim whole, of which"
        " the others have less than the whole: they get no more",
    ),
    (
        "claim_monotonicity",
        "adjusted_proportional",
        "the own minimal right does not depend on the claim. Without rights, the rest is a share "
        "of truncated claims. With p rights, D lacking and Q claimed by those without: who has "
        "one gets D(Q + (p - 1)D)/(Q + pD) on top, who has none claim·(Q + (p - 1)D)/(Q + pD), "
        "with D up to Q for p = 1; both rise when D, and claim and Q where it is part of Q, grow "
        "by the same",
    ),
    (
        "claim_monotonicity",
        "dominguez_thomson",
        "a larger claim leaves less after every step, so that the others get no more",
    ),
    (
        "claim_monotonicity",
        "alpha_min",
        "the smallest claim, or a share of what claims are above it, rises with the claim",
    ),
    (
        "linked_claim_monotonicity",
        "minimal_overlap",
        "of d more claim at most d(1 - 1/k) is awarded, where k claim the part that it adds to, "
        "or above the part that all claim whole; of d more budget d/k, and only to those k",
    ),
    (
        "linked_claim_monotonicity",
        "dominguez_thomson",
        "with d added to both, k steps that do not truncate the claim pay d(1 - (1 - 1/n)^k) "
        "more, and leave at most d(1 - 1/n)^k more: no later steps together pay more than that",
    ),
    (
        "linked_claim_monotonicity",
        "alpha_min",
        "the smallest claim grows by what is added; for others, with a, b and d for what claim, "
        "budget and sum of claims are above it, a·b/d grows by (a + b)/d - ab/d² <= 1 per unit",
    ),
    (
        "linked_claim_monotonicity",
        LEVEL,
        "at the same level one's own amount grows by no more than the claim, so the level does "
        "not fall, nor do other awards",
    ),
    (
        "composition_down composition_up",
        "proportional",
        "every part takes the same share of all claims",
    ),
    (
        "composition_down composition_up",
        "constrained_equal_awards",
        "what is divided second raises the level from where the first left it",
    ),
    (
        "composition_down composition_up",
        "constrained_equal_losses",
        "the two are dual, and the dual rule, constrained_equal_awards, has both",
    ),
    (
        "composition_down composition_up",
        "alpha_min",
        "the equal part is filled first, and what is left of claims above it stays in proportion",
    ),
    (
        "truncation_invariance",
        "constrained_equal_awards",
        "the level is at most the budget",
    ),
    (
        "truncation_invariance",
        "minimal_overlap adjusted_proportional dominguez_thomson",
        "the definition truncates claims at the budget",
    ),
    (
        "truncation_invariance minimal_rights_first",
        GAME,
        "a point of the game of what a group is left by all others (nucleolus, Shapley value, "
        "center of the core), which truncation does not change and minimal rights only shift: "
        "Curiel, Maschler & Tijs, Zeitschrift für Operations Research 31, 1987",
    ),
    (
        "minimal_rights_first",
        "minimal_overlap",
        "rights are what truncated claims are above what is lacking, D; without them as much is "
        "lacking, parts below D are claimed as before, and those above by one person alone",
    ),
    (
        "minimal_rights_first",
        "adjusted_proportional",
        "the dual of truncation invariance, and the rule is self-dual",
    ),
    (
        "endowment_monotonicity order_of_endowment_gains "
        "claim_monotonicity linked_claim_monotonicity",
        AVERAGED,
        "both rules that are averaged have it",
    ),
    (
        "claim_monotonicity linked_claim_monotonicity",
        "concede_and_divide",
        "it is talmud for two claimants, which has it",
    ),
    (
        "linked_claim_monotonicity",
        "adjusted_proportional",
        "self-duality, and the dual property",
    ),
    (
        "linked_claim_monotonicity",
        "random_arrival average_of_awards",
        "self-duality, and the dual property",
    ),
)
