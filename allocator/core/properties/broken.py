"""What a floor, a cap, a line or whole cents break: of each property why, and a small problem.

A random search over problems of two and three claims up to 10 found each, for rules that have the
property without the limit; which of them a limit takes it from is decided by the problem itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allocator.core.properties.case import Case

__all__ = ["BROKEN", "Broken"]


@dataclass(frozen=True)
class Broken:
    """Why a limit breaks a property, and problems that show it.

    Attributes
    ----------
    why : str
    cases : tuple of (int, Case)
        The amount of the limit, in the unit of the claims, and the problem. No budget in it is
        below what the limit needs, or above what can be paid.
    """

    why: str
    cases: tuple[tuple[int, Case], ...]


BROKEN: Mapping[str, Mapping[str, Broken]] = {
    "line": {
        "order_of_losses": Broken(
            "whoever is just below the line loses everything, and more than some who claim more",
            ((2, Case((1, 2), 2)),),
        ),
        "regressive": Broken(
            "below the line nothing is paid, and above it a share of the claim",
            ((2, Case((2, 1), 1)),),
        ),
        "lower_bound_on_awards": Broken(
            "below the line nothing is paid",
            ((2, Case((2, 1), 1)),),
        ),
        "lower_bound_on_losses": Broken(
            "what the smaller claims go without raises the others, who may lose nothing",
            ((2, Case((2, 1), 2)),),
        ),
        "equal_division_lower_bound": Broken(
            "below the line nothing is paid",
            ((2, Case((1, 2), 1)),),
        ),
        "conditional_full_compensation": Broken(
            "a claim so small that it could be paid to all is below the line",
            ((2, Case((2, 1), 2)),),
        ),
        "midpoint": Broken(
            "below the line nothing is paid, also when half of all claims can be",
            ((4, Case((4, 2), 3)),),
        ),
        "homogeneity": Broken(
            "the line is so much money, and does not grow with claims and budget",
            ((1, Case((2, 1), 2, (6, 9))),),
        ),
        "continuity": Broken(
            "a cent of claim decides between nothing and an award",
            ((1, Case((1, 1), 1, (-1, -1, 1))),),
        ),
        "linked_claim_monotonicity": Broken(
            "who grows past the line gets more than what they grew by",
            ((2, Case((2, 1), 2, (1, 1))),),
        ),
        "composition_down": Broken(
            "what was promised may itself be below the line",
            (
                (1, Case((2, 1), 2, (1,))),
                (2, Case((4, 2), 4, (3,))),
            ),
        ),
        "composition_up": Broken(
            "what a first part leaves of claims may be below the line",
            ((1, Case((1, 2), 2, (1,))),),
        ),
        "self_duality": Broken(
            "below the line everything is lost, also when everything is there",
            ((2, Case((2, 1), 1)),),
        ),
        "no_advantageous_transfer": Broken(
            "a small claim is worth more to somebody above the line, or lifts one over it",
            ((2, Case((1, 1, 2), 2, (0, 1, 3))),),
        ),
        "no_advantageous_merging": Broken(
            "two claims below the line may be above it together",
            ((2, Case((2, 1, 1), 2)),),
        ),
    },
    "minimum": {
        "order_of_losses": Broken(
            "smaller claims than the minimum are out, and lose all",
            ((2, Case((1, 2), 2)),),
        ),
        "progressive": Broken(
            "the minimum is a larger share of a small claim",
            ((1, Case((2, 1), 2)),),
        ),
        "regressive": Broken(
            "smaller claims than the minimum are out, and get no share",
            ((2, Case((2, 1), 2)),),
        ),
        "lower_bound_on_awards": Broken(
            "smaller claims than the minimum are out",
            ((2, Case((1, 2), 2)),),
        ),
        "lower_bound_on_losses": Broken(
            "a claim of the minimum is paid in full, and loses nothing",
            ((1, Case((2, 1), 2)),),
        ),
        "equal_division_lower_bound": Broken(
            "smaller claims than the minimum are out",
            ((2, Case((2, 1), 2)),),
        ),
        "conditional_full_compensation": Broken(
            "smaller claims than the minimum are out, however easily they could be paid",
            ((2, Case((2, 1), 2)),),
        ),
        "conditional_null_compensation": Broken(
            "everybody gets the minimum, also whose claim all could lose",
            ((1, Case((1, 3), 2)),),
        ),
        "midpoint": Broken(
            "the minimum may be more than half of the claim",
            ((1, Case((3, 1), 2)),),
        ),
        "homogeneity": Broken(
            "the minimum is so much money, and does not grow with claims and budget",
            ((1, Case((2, 1), 2, (1, 2))),),
        ),
        "continuity": Broken(
            "a cent of claim decides between nothing and the minimum",
            ((1, Case((2, 1), 2, (-1, 1, -1))),),
        ),
        "linked_claim_monotonicity": Broken(
            "who grows past the minimum gets all of it at once",
            ((2, Case((1, 5), 3, (0, 1))),),
        ),
        "composition_up": Broken(
            "the minimum is paid again out of the second part of the budget",
            (
                (1, Case((3, 2), 4, (3,))),
                (1, Case((2, 4), 4, (2,))),
            ),
        ),
        "self_duality": Broken(
            "there is a least award, but no least loss",
            ((1, Case((3, 1), 2)),),
        ),
        "no_advantageous_transfer": Broken(
            "passing claims on may lift somebody over the minimum, or out of its way",
            ((2, Case((1, 4, 3), 5, (0, 2, 5))),),
        ),
        "no_advantageous_merging": Broken(
            "two claims below the minimum may be above it together",
            ((3, Case((4, 1, 3), 7)),),
        ),
        "no_advantageous_splitting": Broken(
            "two claims get the minimum twice",
            ((1, Case((10, 5, 1), 4)),),
        ),
    },
    "maximum": {
        "progressive": Broken(
            "the maximum is a smaller share of a large claim",
            ((1, Case((1, 2), 2)),),
        ),
        "lower_bound_on_losses": Broken(
            "what the large claims go without may pay small ones in full",
            ((1, Case((1, 2), 2)),),
        ),
        "conditional_null_compensation": Broken(
            "what the large claims go without goes to whoever should get none",
            ((1, Case((1, 3), 2)),),
        ),
        "midpoint": Broken(
            "the maximum may be less than half of the claim",
            ((1, Case((1, 3), 2)),),
        ),
        "homogeneity": Broken(
            "the maximum is so much money, and does not grow with claims and budget",
            ((1, Case((1, 7), 2, (2, 5))), (3, Case((2, 1, 4), 4, (7, 5)))),
        ),
        "order_of_endowment_gains": Broken(
            "at the maximum the largest claims gain nothing more",
            ((3, Case((5, 4), 5, (6,))),),
        ),
        "composition_down": Broken(
            "what was promised is cut at the maximum, and no longer follows claims",
            ((1, Case((1, 2), 2, (1,))),),
        ),
        "composition_up": Broken(
            "of a second part of the budget everybody may get the maximum again",
            ((1, Case((1, 2), 2, (1,))),),
        ),
        "self_duality": Broken(
            "there is a largest award, but no largest loss",
            ((1, Case((2, 1), 1)),),
        ),
        "minimal_rights_first": Broken(
            "what others leave over may be more than the maximum",
            ((1, Case((2, 1), 2)),),
        ),
        "no_advantageous_splitting": Broken(
            "two claims may get the maximum twice",
            ((1, Case((1, 1, 1), 2)),),
        ),
    },
    "unit": {
        "equal_treatment": Broken(
            "one of two equals gets the odd cent",
            ((1, Case((1, 1), 1)),),
        ),
        "progressive": Broken(
            "an odd cent goes to one of them",
            ((1, Case((1, 2), 2)),),
        ),
        "regressive": Broken(
            "an odd cent goes to one of them",
            ((1, Case((1, 2), 1)),),
        ),
        "lower_bound_on_awards": Broken(
            "an equal share may be a part of a cent",
            ((1, Case((1, 1), 1)),),
        ),
        "lower_bound_on_losses": Broken(
            "an equal share of what is lacking may be a part of a cent",
            ((1, Case((1, 1), 1)),),
        ),
        "equal_division_lower_bound": Broken(
            "an equal share may be a part of a cent",
            ((1, Case((1, 1), 1)),),
        ),
        "midpoint": Broken(
            "half of a claim may be a part of a cent",
            ((1, Case((1, 1), 1)),),
        ),
        "anonymity": Broken(
            "the id decides who of equals gets the odd cent",
            ((1, Case((1, 1), 1, (1, 0))),),
        ),
        "homogeneity": Broken(
            "the cent does not grow with claims and budget",
            ((1, Case((1, 1), 1, (6, 2))),),
        ),
        "order_of_endowment_gains": Broken(
            "one more cent goes to one person",
            ((1, Case((2, 1), 1, (2,))),),
        ),
        "composition_down": Broken(
            "a promise is already in whole cents",
            ((1, Case((1, 2), 2, (1,))),),
        ),
        "composition_up": Broken(
            "the first part is already in whole cents",
            ((1, Case((2, 1), 2, (1,))),),
        ),
        "self_duality": Broken(
            "odd cents go to awards, and not to losses",
            ((1, Case((1, 1), 1)),),
        ),
        "truncation_invariance": Broken(
            "odd cents go by the whole claim",
            ((1, Case((1, 2), 1)),),
        ),
        "minimal_rights_first": Broken(
            "odd cents go by the whole claim",
            ((1, Case((2, 1), 2)),),
        ),
        "consistency": Broken(
            "who leaves may take the odd cent with them, by a tie key or a claim",
            ((1, Case((1, 1, 1), 1, (0, 2))),),
        ),
        "no_advantageous_transfer": Broken(
            "a claim that is passed on may bring an odd cent",
            ((1, Case((4, 5, 3), 1, (2, 0, 4))),),
        ),
        "no_advantageous_merging": Broken(
            "a larger claim may be first for an odd cent",
            ((1, Case((2, 2, 1), 1)),),
        ),
        "no_advantageous_splitting": Broken(
            "two claims may each be rounded up",
            (
                (1, Case((1, 2, 1), 2)),
                (1, Case((2, 1, 2), 4)),
            ),
        ),
    },
}
