"""What awards are made of: the terms of a user's weight, and what a rule by claims gives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from allocator.policy.claims_formula import (
    Given,
    given,
    given_weighted,
    idea_of,
)
from allocator.policy.rules import BY_CLAIM, FEW, claims_rule
from allocator.policy.values import read_ratio, show_number

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = [
    "Term",
    "claim_name",
    "customer_terms",
    "given_by",
    "scientific",
    "significant",
    "two_stages",
    "weight_product",
    "with_cap",
]

_ROOTS = {1 / 2: "√", 1 / 3: "∛", 1 / 4: "∜"}


@dataclass(frozen=True)
class Term:
    """One part of a product: some quantity of a user, to a power.

    Attributes
    ----------
    of : str
        ``loss``, ``recognized loss``, ``ratio``, or the column of a factor, as ``vip_tier factor``.
    power : float
        The effective power: the policy's exponents and alpha together.

    Examples
    --------
    >>> str(Term("ratio", 0.5)), Term("ratio", 0.5).part(0.25)
    ('√ratio', 0.5)
    >>> str(Term("ratio", 5e-309))
    'ratio^(5 × 10^-309)'
    """

    of: str
    power: float

    def part(self, value: float) -> float:
        """Return what the term contributes for a user who has that value."""
        return value if self.power == 1 else math.pow(value, self.power)

    def __str__(self) -> str:
        name = f"({self.of})" if " " in self.of and self.power != 1 else self.of
        if self.power == 1:
            return name
        root = _ROOTS.get(self.power)
        power = significant(self.power, 4)
        if "^" in power:
            power = f"({power})"
        return root + name if root else f"{name}^{power}"


def claim_name(policy: Policy) -> str:
    """Return what a user's claim is called: the loss, or what is recognized of it.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> claim_name(Policy.preset("small-first"))
    'recognized loss'
    """
    return "recognized loss" if policy.claim.brackets else "loss"


def customer_terms(policy: Policy) -> tuple[Term, ...]:
    """Return the parts whose product, times the level, is a user's award between the bounds.

    At alpha = 0 their product is what users are ranked by instead.

    Parameters
    ----------
    policy : Policy

    Returns
    -------
    tuple of Term
        Without those to the power 0; none for a rule that is no product, such as talmud.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> [str(term) for term in customer_terms(Policy.preset("broad"))]
    ['√loss', '∜ratio']
    """
    recognized = claim_name(policy)
    objective, weights = policy.objective, policy.weights
    if claims_rule(policy) == "proportional":
        return (Term(recognized, 1.0),)
    if claims_rule(policy) in (*BY_CLAIM, *FEW):
        return ()
    # alpha = 0 ranks by w, or by w/loss; alpha = inf is w^0, times the loss for recovery.
    inverse = 1.0 if objective.alpha == 0 else 1 / objective.alpha
    of_loss = 0.0
    if objective.of == "recovery":
        of_loss = -1.0 if objective.alpha == 0 else 1 - inverse
    powers = {recognized: weights.loss_exponent * inverse}
    powers["loss"] = powers.get("loss", 0.0) + of_loss
    powers["ratio"] = weights.ratio_exponent * inverse
    powers |= {f"{name} factor": inverse for name in weights.factors}
    return tuple(Term(of, power) for of, power in powers.items() if power)


def weight_product(policy: Policy) -> str:
    """Return what weights are made of: "" where all are equal.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> weight_product(Policy.default())
    'loss × √ratio (at most 1)'
    """
    weights = policy.weights
    powers = {claim_name(policy): weights.loss_exponent, "ratio": weights.ratio_exponent}
    powers |= {f"{name} factor": 1.0 for name in weights.factors}
    terms = (Term(of, power) for of, power in powers.items() if power)
    return " × ".join(with_cap(term, policy) for term in terms)


def two_stages(policy: Policy) -> str:
    """Say how the two-stage rule divides.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> two_stages(Policy.default().replace(rule="two_stage", by="region"))[-36:]
    'both times in proportion to the loss'
    """
    loss, rule = claim_name(policy), policy.objective.stage_rule
    how = f"in proportion to the {loss}"
    if rule in BY_CLAIM:
        how = f"so that {idea_of(rule, loss)}"
    return (
        f"first groups by {policy.objective.by}, each with the {loss} of all its users, then "
        f"users in each group, both times {how}"
    )


def given_by(policy: Policy, level: float, largest: float) -> Given:
    """Return what the policy's rule by claims gives at a level, weighted or not.

    Parameters
    ----------
    policy : Policy
    level, largest : float
        As in `allocator.policy.claims_formula.given`.

    Returns
    -------
    Given
    """
    rule, loss = claims_rule(policy), claim_name(policy)
    if not policy.objective.weighted:
        return given(rule, level, largest, loss)
    times = " × ".join(part for part in (significant(abs(level)), weight_product(policy)) if part)
    return given_weighted(rule, level, times, loss)


def significant(value: float, digits: int = 5) -> str:
    """Return a number with so many significant digits, in full unless that is very long.

    Examples
    --------
    >>> significant(0.0177992), significant(1234567.0), significant(1.2e-12), significant(1e-12)
    ('0.017799', '1,234,567', '1.2 × 10^-12', '10^-12')
    """
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if -7 <= exponent < 12:
        text = f"{value:,.{max(0, digits - 1 - exponent)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return scientific(value, 0, digits)


def scientific(value: float, power: int, digits: int) -> str:
    """Write value times 10^power.

    Examples
    --------
    >>> scientific(12.5, 400, 3)
    '1.25 × 10^401'
    """
    mantissa, _, more = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    shown = f"10^{power + int(more)}"
    return shown if mantissa == "1" else f"{mantissa} × {shown}"


def with_cap(term: Term, policy: Policy) -> str:
    """Return a term, with the cap of the ratio where it is one.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> with_cap(Term("ratio", 0.5), Policy.default())
    '√ratio (at most 1)'
    """
    if term.of != "ratio":
        return str(term)
    return f"{term} (at most {show_number(read_ratio(policy.weights.ratio_cap))})"
