"""Why properties hold of what happens when claimants come, leave, merge, split, or pass claims."""

from __future__ import annotations

from allocator.core.properties.families import AVERAGED, LEVEL, Proof

__all__ = ["JOINING"]

JOINING: tuple[Proof, ...] = (
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
        "population_monotonicity",
        "minimal_overlap",
        "to join is to raise a claim from 0, and others get no more when somebody's claim grows",
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
    (
        "null_claims_consistency",
        LEVEL,
        "consistency",
    ),
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
        "at every level, one claim gets no more than its two parts together (de Frutos, Review of"
        " Economic Design 4, 1999, for constrained_equal_awards)",
    ),
    (
        "no_advantageous_splitting",
        "constrained_equal_losses",
        "at every level, one claim gets no less than its two parts together (de Frutos, Review of"
        " Economic Design 4, 1999)",
    ),
    (
        "population_monotonicity linked_population_monotonicity",
        AVERAGED,
        "both rules that are averaged have it",
    ),
    (
        "no_advantageous_transfer",
        "concede_and_divide",
        "two claimants always get the whole budget together",
    ),
    (
        "linked_population_monotonicity",
        "random_arrival average_of_awards",
        "self-duality, and the dual property",
    ),
)
