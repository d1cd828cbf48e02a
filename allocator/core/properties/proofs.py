"""Why properties hold: a sentence of proof, or a source, for rules by their names."""

from __future__ import annotations

from allocator.core.properties.families import Proof
from allocator.core.properties.proofs_changing import CHANGING
from allocator.core.properties.proofs_joining import JOINING
from allocator.core.properties.proofs_within import WITHIN

__all__ = ["PROOFS", "SAME_AS"]

# As claims rules, without weights, these give the awards of others.
SAME_AS = {
    "alpha_fair": "constrained_equal_awards",
    "max_min": "constrained_equal_awards",
    "least_squares": "constrained_equal_losses",
}

PROOFS: tuple[Proof, ...] = (*WITHIN, *CHANGING, *JOINING)
