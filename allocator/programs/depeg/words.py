"""A depeg compensation for people: its summary, what to beware of, and why a user has an award."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import numbers_of
from allocator.money import CENTS, exact, format_cents
from allocator.policy.claims_formula import idea_of
from allocator.policy.rules import BY_CLAIM
from allocator.policy.values import show_dollars
from allocator.programs.depeg.claims import REASONS, Claims
from allocator.programs.depeg.columns import AWARD_CAP
from allocator.programs.depeg.policy import EXAMPLE_PRICES, DepegPolicy
from allocator.programs.depeg.positions import Positions
from allocator.programs.result import Result
from allocator.programs.summary import Summary
from allocator.programs.telling import count_of, ending

__all__ = ["explain", "summarize", "warnings_of"]

SHOWN = 5  # names listed in a warning
CHECKS = {
    "users": "users",
    "claims": "claims added up twice",
    "eligibility": "eligibility",
    "bounds": "bounds",
    "total": "total",
    "optimal": "the rule's awards",
    "canonical": "tie order",
}


def summarize(result: Result) -> Summary:
    """Return the figures of a run.

    Parameters
    ----------
    result : Result

    Returns
    -------
    Summary
    """
    counted = pc.value_counts(result.table.column("reason").cast("string").combine_chunks())
    found = {each["values"]: each["counts"] for each in counted.to_pylist()}
    told = ("budget_cents", "claims_cents", "spent_cents", "unspent_cents", "positions", "users")
    figures = {
        "policy": result.policy.name,
        "kind": result.policy.kind,
        "simulated": result.simulated,
        "status": result.certificate.status,
        "rule": result.certificate.figures["rule"],
        **{name: result.certificate.figures[name] for name in told},
        "paid": int(np.count_nonzero(numbers_of(result.table.column("award_cents")))),
        "quarantined": 0 if result.quarantined is None else result.quarantined.num_rows,
        "reasons": {code: found[code] for code in REASONS if code in found},
        "warnings": list(result.warnings),
        "checks": dict(result.certificate.checks),
    }
    return Summary(figures, "\n\n".join("\n".join(block) for block in _blocks(result, figures)))


def _blocks(result: Result, figures: Mapping[str, Any]) -> list[list[str]]:
    policy = cast(DepegPolicy, result.policy)
    kind = "SIMULATED position" if figures["simulated"] else "position"
    people, paid = (count_of(figures[name], "user") for name in ("users", "paid"))
    spent, claimed = (format_cents(figures[name]) for name in ("spent_cents", "claims_cents"))
    head = [
        f"{policy.name}: {count_of(figures['positions'], kind)} of {people}",
        f"{spent} to {paid}, to the cent, for claims of {claimed}",
        _how(policy, figures),
    ]
    prices = ", ".join(
        f"{asset} {show_dollars(exact(price))}"
        for asset, price in policy.claims.reference_price.items()
    )
    whence = result.certificate.figures["reference_price_from"]
    head.append(f"reference prices, {whence}: {prices}")
    digits = len(f"{figures['users']:,}")
    out = [
        f"- {count:>{digits},} {REASONS[code]}"
        for code, count in figures["reasons"].items()
        if code != "eligible"
    ]
    end = ending(result, figures, CHECKS)
    return [block for block in (head, out, end) if block]


def _how(policy: DepegPolicy, figures: Mapping[str, Any]) -> str:
    budget, left = (format_cents(figures[name]) for name in ("budget_cents", "unspent_cents"))
    if figures["status"] == "divided":
        return f"the budget of {budget} does not cover them; divided {_rule(policy)}"
    if policy.award.maximum is not None:
        cap = show_dollars(exact(policy.award.maximum))
        return f"paid in full, up to {cap} each; {left} of the budget of {budget} is left"
    if AWARD_CAP in policy.columns:
        return f"paid in full, up to each user's own cap; {left} of the budget of {budget} is left"
    return f"paid in full; {left} of the budget of {budget} is left"


def _rule(policy: DepegPolicy) -> str:
    rule = policy.objective.rule
    if rule not in BY_CLAIM:
        return "in proportion to the claims"
    return f"by {rule}: {idea_of(rule, 'claim')}"


def warnings_of(policy: DepegPolicy, positions: Positions, claims: Claims) -> tuple[str, ...]:
    """Say what somebody who reads the awards should know about the positions.

    Parameters
    ----------
    policy : DepegPolicy
    positions : Positions
    claims : Claims

    Returns
    -------
    tuple of str
    """
    found = []
    prices, types = policy.claims.reference_price, policy.claims.account_types
    inside = positions.inside
    counts = np.bincount(positions.asset[inside], minlength=len(positions.assets))
    found += _unlisted(
        "{} in the window in an asset without a price", positions.assets, counts, prices
    )
    counts = np.bincount(positions.account_type[inside], minlength=len(positions.account_types))
    told = "{} in the window in an account of a type that is not covered"
    found += _unlisted(told, positions.account_types, counts, types)
    absent = [name for name in prices if name not in positions.assets]
    if absent:
        found.append(f"the policy has a price for {', '.join(absent)}, and no position has it")
    if positions.identical:
        found.append(
            f"{count_of(positions.identical, 'row')} the same as an earlier one in every column: "
            "without a position_id, each counts as a position of its own"
        )
    if positions.repeated:
        found.append(
            f"{count_of(positions.repeated, 'row')} with the position_id and the values of an "
            "earlier one: each position counts once"
        )
    if positions.rounded:
        found.append(
            f"{count_of(positions.rounded, 'position')} with floats of more than 8 decimals, which "
            "were rounded half-even"
        )
    if dict(prices) == EXAMPLE_PRICES:
        found.append("the reference prices are those of the example, which are made up")
    if not claims.covered.any():
        found.append("no position is covered, so that nothing is paid")
    return tuple(found)


def _unlisted(
    what: str, names: tuple[str, ...], counts: NDArray[np.int64], listed: Collection[str]
) -> list[str]:
    odd = [(int(counts[i]), name) for i, name in enumerate(names) if name not in listed]
    odd = sorted((each for each in odd if each[0]), key=lambda each: (-each[0], each[1]))
    if not odd:
        return []
    told = ", ".join(f"{name!r} ({count:,})" for count, name in odd[:SHOWN])
    more = f" and {len(odd) - SHOWN:,} more" if len(odd) > SHOWN else ""
    total = sum(count for count, _ in odd)
    return [f"{what.format(count_of(total, 'position'))}: {told}{more}"]


def explain(result: Result, row: int) -> str:
    """Say why a user gets what they get.

    Parameters
    ----------
    result : Result
    row : int
        Of its table, from 0.

    Returns
    -------
    str
    """
    policy = cast(DepegPolicy, result.policy)
    user = result.table.slice(row, 1).to_pylist()[0]
    if user["reason"] != "eligible":
        return f"{user['user_id']}: nothing. {_why_nothing(user['reason'], policy)}"
    claim, award = user["claim_cents"], user["award_cents"]
    said = (
        f"{user['user_id']}: {format_cents(award)}. The claim, over the positions that are "
        f"covered, is {format_cents(claim)}"
    )
    if award == claim:
        return f"{said}; it is paid in full."
    figures = result.certificate.figures
    if policy.award.maximum is not None and award == int(exact(policy.award.maximum) * CENTS):
        return f"{said}; nobody gets more than {format_cents(award)} (award.maximum)."
    if user.get("award_cap_cents") == award:
        return f"{said}; this user may get no more than {format_cents(award)} (columns.award_cap)."
    said += (
        f", of which {100 * award / claim:.2f}% is paid: the budget of "
        f"{format_cents(figures['budget_cents'])} does not cover all claims, "
        f"{format_cents(figures['claims_cents'])}, and is divided {_rule(policy)}"
    )
    if award == int(exact(policy.award.minimum) * CENTS):
        said += f"; {format_cents(award)} is the floor (award.minimum)"
    return f"{said}."


def _why_nothing(reason: str, policy: DepegPolicy) -> str:
    claims = policy.claims
    window = f"from {claims.window_start} to {claims.window_end}"
    prices = ", ".join(
        f"{asset} {show_dollars(exact(price))}" for asset, price in claims.reference_price.items()
    )
    return {
        "outside_window": f"No position was liquidated {window}.",
        "asset_not_listed": f"No position {window} was in {', '.join(claims.reference_price)}.",
        "account_type_not_covered": (
            f"No such position {window} was in an account of type "
            f"{', '.join(claims.account_types)}."
        ),
        "no_loss": (
            f"No covered position was liquidated below its reference price ({prices}), or had a "
            "verified extra loss."
        ),
        "claim_below_half_a_cent": "The claim is below half a cent.",
    }[reason]
