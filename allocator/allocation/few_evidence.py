"""What a certificate says of a rule without a level: computed again, and how exact it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from allocator.core.certificate import Certificate as CoreCertificate
from allocator.money import format_cents
from allocator.policy.compile import Compiled
from allocator.policy.schema import Policy

__all__ = ["PROVES_FEW", "estimate_of", "estimated", "unproven"]

PROVES_FEW = (
    "The awards are the rule's: computed again from losses and budget, and rounded to whole cents "
    "by largest remainders.",
)
DOES_NOT_PROVE_FEW = (
    "That nobody would get less of a larger budget, or if others left with their awards: largest "
    "remainders keep neither monotonicity nor consistency to the cent.",
)
DOES_NOT_PROVE_ESTIMATED = (
    "That what compares two problems holds nearer than the margin (monotonicity, self-duality, "
    "truncation): the awards are an average over orders of arrival that were drawn. Equal losses "
    "have equal shares, and awards and losses are in order.",
)
DIGITS = 4  # decimals of a cent that a margin is given to


def unproven(estimate: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Say which properties of the rule its whole cents, or estimates, need not keep."""
    return DOES_NOT_PROVE_FEW + (DOES_NOT_PROVE_ESTIMATED if estimate else ())


def estimate_of(
    core: CoreCertificate, policy: Policy, compiled: Compiled
) -> Mapping[str, Any] | None:
    """Say how far off estimated awards may be.

    Parameters
    ----------
    core : Certificate
        The core's.
    policy : Policy
    compiled : Compiled

    Returns
    -------
    mapping or None
        samples, seed, confidence (0.95) and margin_cents, the largest half of a user's confidence
        interval before rounding; None where the awards are exact.
    """
    if not core.samples:
        return None
    return MappingProxyType(
        {
            "samples": core.samples,
            "seed": policy.objective.seed or 0,
            "confidence": 0.95,
            "margin_cents": round(core.margin * compiled.unit_cents, DIGITS),
        }
    )


def estimated(estimate: Mapping[str, Any] | None) -> str:
    """Say so in a formula's words; nothing where the awards are exact.

    Examples
    --------
    >>> estimated({"samples": 10000, "seed": 0, "confidence": 0.95, "margin_cents": 12.25})
    '; estimated from 10,000 orders drawn with seed 0, with 95% confidence within $0.13 each'
    """
    if estimate is None:
        return ""
    margin = format_cents(math.ceil(estimate["margin_cents"]))
    return (
        f"; estimated from {estimate['samples']:,} orders drawn with seed {estimate['seed']}, with "
        f"95% confidence within {margin} each"
    )
