"""What a sweep should say about itself: knobs that are one knob, and knobs that do nothing."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from allocator.policy.formula import customer_terms
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio
from allocator.scenarios.knobs import shown

__all__ = ["effective_exponents", "formula_key", "sweep_notes"]

MOST = 5  # pairs of scenarios that are told one by one
DIGITS = 12  # significant digits by which exponents are the same: 0.3 / 3 is not 0.1 in floats
EXPONENTS = ("weights.loss_exponent", "weights.ratio_exponent")
ALPHA = "objective.alpha"


def effective_exponents(policy: Policy) -> dict[str, float]:
    """Return the powers that act between floor and cap: exponent / alpha.

    Parameters
    ----------
    policy : Policy

    Returns
    -------
    dict of str to float
        By what is raised: ``loss``, ``ratio`` always; ``recognized loss``, and factors, where the
        policy has them. At alpha = 0 they rank users; with ``of = "recovery"`` that of the loss
        has 1 - 1/alpha added.

    Examples
    --------
    >>> effective_exponents(Policy.preset("broad"))
    {'loss': 0.5, 'ratio': 0.25}
    """
    powers = {term.of: float(f"{term.power:.{DIGITS}g}") for term in customer_terms(policy)}
    return {"loss": 0.0, "ratio": 0.0, **powers}


def formula_key(policy: Policy) -> Hashable:
    """Return what decides the fractional awards: policies that share it differ by odd cents.

    Under constraints alpha is more than a power: where they overlap, prices stand beside weights.

    Examples
    --------
    >>> twice = Policy.default().replace(alpha=2, loss_exponent=2.0, ratio_exponent=1.0)
    >>> formula_key(twice) == formula_key(Policy.default())
    True
    """
    objective, weights = policy.objective, policy.weights
    powers = effective_exponents(policy)
    weighs = policy.uses_weights
    flat = weighs and objective.alpha == 0
    power = 1 / objective.alpha if objective.alpha else 1.0
    factors = {
        name: {value: _raised(factor, power) for value, factor in table.items()}
        for name, table in weights.factors.items()
        if weighs
    }
    return repr(
        (
            flat,
            # A factor's own number says its power, too.
            sorted((of, power) for of, power in powers.items() if not of.endswith(" factor")),
            sorted((name, sorted(table.items())) for name, table in factors.items()),
            read_ratio(weights.ratio_cap) if powers["ratio"] else None,
            policy.claim if "recognized loss" in powers or not weighs else None,
            None if weighs else objective.rule,
            repr(weights) if objective.weighted else None,
            objective.seed,
            (policy.constraints, objective.alpha, weights) if policy.constraints else None,
            policy.uses_ratio,
            policy.eligibility,
            policy.award,
        )
    )


def sweep_notes(
    policies: Sequence[Policy],
    knobs: Sequence[str],
    changes: Sequence[dict[str, Any]],
    fingerprints: Sequence[int | None],
    *,
    grid: bool,
) -> Iterator[str]:
    """Say what a reader of the table would otherwise misread.

    Parameters
    ----------
    policies : sequence of Policy
    knobs : sequence of str
        What is varied, by dotted name.
    changes : sequence of dict
        What each scenario changes.
    fingerprints : sequence of int or None
        Equal for equal awards; None for scenarios without awards.
    grid : bool
        Whether the scenarios are all combinations of some values.

    Yields
    ------
    str
    """
    also = [key for key in EXPONENTS if key in knobs]
    if ALPHA in knobs and also and not any(policy.constraints for policy in policies):
        names = " and ".join(key.rpartition(".")[2] for key in also)
        yield (
            f"alpha and {names} are one knob: between the minimum and the cap only exponent / "
            "alpha acts (the columns effective_..._exponent)"
        )
    told: set[frozenset[int]] = set()
    same = _alike(fingerprints)
    for group in same[:MOST]:
        yield f"{_listed(group, changes)} give everybody the same award"
    told.update(frozenset(group) for group in same)
    keys = [
        formula_key(policy) if mark is not None else None
        for policy, mark in zip(policies, fingerprints, strict=True)
    ]
    one_formula = [group for group in _alike(keys) if frozenset(group) not in told]
    for group in one_formula[:MOST]:
        yield (
            f"{_listed(group, changes)} are the same formula: their awards differ by odd cents at "
            "the most"
        )
    untold = len(same[MOST:]) + len(one_formula[MOST:])
    if untold:
        yield f"{untold} more groups of scenarios are the same; sort the table by formula"
    if grid:
        for knob in knobs:
            if _idle(knob, changes, fingerprints):
                yield f"{knob} changes nobody's award in this sweep"


def _alike(keys: Sequence[Hashable]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        if key is not None:
            groups[key].append(place)
    return [group for group in groups.values() if len(group) > 1]


def _idle(knob: str, changes: Sequence[dict[str, Any]], fingerprints: Sequence[int | None]) -> bool:
    """Whether scenarios that differ in one knob only never differ in their awards."""
    others: dict[str, list[int | None]] = defaultdict(list)
    for change, mark in zip(changes, fingerprints, strict=True):
        others[repr({key: v for key, v in change.items() if key != knob})].append(mark)
    groups = list(others.values())
    varied = any(len(group) > 1 for group in groups)
    return varied and all(None not in group and len(set(group)) == 1 for group in groups)


def _listed(group: Sequence[int], changes: Sequence[dict[str, Any]]) -> str:
    texts = [f"{place} ({shown(changes[place]) or 'no change'})" for place in group[:MOST]]
    more = [f"{len(group) - MOST} more"] if len(group) > MOST else []
    parts = texts + more
    return f"scenarios {', '.join(parts[:-1])} and {parts[-1]}"


def _raised(factor: float, power: float) -> float:
    """Return the logarithm of factor^power; weight 0 stays apart, even at alpha = inf."""
    return -math.inf if factor == 0 else float(f"{power * math.log(factor):.{DIGITS}g}")
