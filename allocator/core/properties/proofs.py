"""Why properties hold: a sentence of proof, or a source, for rules by their names."""

from __future__ import annotations

__all__ = ["PROOFS", "SAME_AS"]

# As claims rules, without weights, these give the awards of others.
SAME_AS = {
    "alpha_fair": "constrained_equal_awards",
    "max_min": "constrained_equal_awards",
    "least_squares": "constrained_equal_losses",
}

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

# (properties, rules, why); the first line that names a property and a rule is the reason.
PROOFS: tuple[tuple[str, str, str], ...] = (
    (
        "equal_treatment anonymity",
        f"{LEVEL} {FEW}",
        "the definition reads nothing of a claimant but the claim",
    ),
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
    ("order_of_awards", LEVEL, "at every level, the larger claim has at least as much"),
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
    ("order_of_losses", LEVEL, "at every level, the larger claim lacks at least as much"),
    (
        "order_of_losses",
        "minimal_overlap alpha_min",
        "of each part of a claim at most that part is awarded",
    ),
    ("progressive regressive", "proportional", "everybody gets the same share of the claim"),
    ("progressive", "constrained_equal_losses", "(claim - loss)/claim rises with the claim"),
    (
        "regressive",
        "constrained_equal_awards piniles constrained_egalitarian alpha_min",
        "at every level, the award over the claim falls with the claim",
    ),
    (
        "regressive",
        "dominguez_thomson",
        "a claim, once truncated, stays so, and what is left of the budget falls faster than "
        "claims that are not",
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
        "more; above, everybody has half of the claim (Moreno-Ternero & Villar, Mathematical "
        "Social Sciences 47, 2004, for talmud)",
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
        "conditional_full_compensation",
        "constrained_equal_awards",
        "a level of the claim itself would spend no more than the budget",
    ),
    (
        "lower_bound_on_losses conditional_null_compensation minimal_rights_first",
        "constrained_equal_losses",
        "its dual, constrained_equal_awards, has the dual property",
    ),
    (
        "midpoint",
        "piniles constrained_egalitarian",
        "the definition: at half of the claims everybody has half of the claim",
    ),
    ("midpoint", SELF_DUAL, "self-duality: at the midpoint awards and losses are the same"),
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
    ("endowment_monotonicity", LEVEL, "a larger budget raises the level, and that all awards"),
    (
        "endowment_monotonicity",
        "random_arrival",
        "in every order of arrival nobody gets less of a larger budget",
    ),
    (
        "endowment_monotonicity order_of_endowment_gains",
        "minimal_overlap",
        "what is added is shared equally by all whose claims are above what all of them share",
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
        "Efron, Annals of Mathematical Statistics 36, 1965: the mean of a variable of log-concave "
        "density, given the sum, rises with the sum",
    ),
    (
        "endowment_monotonicity order_of_endowment_gains",
        "alpha_min concede_and_divide average_of_equal_awards_and_losses",
        "a part shared equally, and one in the order of what is left of claims",
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
        "linked_claim_monotonicity",
        LEVEL,
        "at the same level one's own amount grows by no more than the claim, so the level does not "
        "fall, nor do other awards",
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
        "a point of the game of what a group is left by all others, which truncation does not "
        "change and minimal rights only shift",
    ),
    (
        "minimal_rights_first",
        "adjusted_proportional",
        "the dual of truncation invariance, and the rule is self-dual",
    ),
    (
        "population_monotonicity",
        LEVEL,
        "who joins takes something at the old level, which therefore does not rise",
    ),
    (
        "population_monotonicity",
        "random_arrival",
        "who joins may come before others, and leaves them no more",
    ),
    (
        "population_monotonicity",
        "average_of_awards",
        "whatever the new one gets, the others divide no more than before: endowment monotonicity",
    ),
    (
        "linked_population_monotonicity",
        LEVEL,
        "who joins takes at most the claim at the old level, which therefore does not fall",
    ),
    (
        "consistency",
        LEVEL,
        "those who stay keep their level: Young, Mathematics of Operations Research 12, 1987",
    ),
    ("null_claims_consistency", LEVEL, "consistency"),
    (
        "null_claims_consistency",
        "random_arrival average_of_awards minimal_overlap adjusted_proportional "
        "average_of_equal_awards_and_losses",
        "a claim of 0 changes nothing in the definition",
    ),
    (
        "no_advantageous_transfer no_advantageous_merging no_advantageous_splitting",
        "proportional",
        "what a group gets depends on the sum of its claims alone (O'Neill, Mathematical Social "
        "Sciences 2, 1982)",
    ),
    (
        "no_advantageous_merging",
        "constrained_equal_awards piniles constrained_egalitarian",
        "at every level, one claim gets no more than its two parts together",
    ),
    (
        "no_advantageous_splitting",
        "constrained_equal_losses",
        "at every level, one claim gets no less than its two parts together",
    ),
    (
        "claim_monotonicity linked_claim_monotonicity population_monotonicity "
        "linked_population_monotonicity",
        AVERAGED,
        "both rules that are averaged have it",
    ),
    (
        "claim_monotonicity linked_claim_monotonicity",
        "concede_and_divide",
        "it is talmud for two claimants, which has it",
    ),
    (
        "no_advantageous_transfer",
        "concede_and_divide",
        "two claimants always get the whole budget together",
    ),
    (
        "order_of_losses",
        SELF_DUAL,
        "self-duality, and the dual property",
    ),
    (
        "lower_bound_on_losses",
        "talmud concede_and_divide random_arrival",
        "self-duality, and the dual property",
    ),
    (
        "linked_claim_monotonicity linked_population_monotonicity",
        "random_arrival average_of_awards",
        "self-duality, and the dual property",
    ),
)
