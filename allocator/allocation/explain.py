"""Why one user gets what they get, in numbers that can be checked by hand."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from allocator.allocation.analyst import analysis, analysis_missed, difference
from allocator.allocation.customer import told, told_group, told_missed, told_rule
from allocator.allocation.explain_more import explain_row
from allocator.allocation.explanation import Explanation, Part, in_dollars
from allocator.allocation.group_facts import group_of
from allocator.allocation.level import alike
from allocator.allocation.phrases import ENGLISH
from allocator.allocation.result import Allocation
from allocator.data.buffers import array_of, booleans_of, numbers_of
from allocator.data.caps import NO_CAP
from allocator.data.check import LOSS, NET_ASSETS, NO_SNAPSHOT, USER_ID, check_users
from allocator.data.table import read_users
from allocator.errors import DataError
from allocator.money import FINE, FINE_PER_CENT
from allocator.policy.checks import COLUMNS
from allocator.policy.eligibility import DROPPED
from allocator.policy.missed import Missed, dropped, excluded_unseen, missed_by
from allocator.policy.rules import BY_CLAIM, claims_rule
from allocator.policy.schema import Policy
from allocator.policy.terms import customer_terms, given_by, significant
from allocator.policy.values import read_ratio

__all__ = ["Explanation", "Part", "explain"]

SET_ASIDE = "set_aside"


def explain(
    allocation: Allocation,
    user_id: object,
    versus: object | None = None,
    phrases: Mapping[str, str] = ENGLISH,
) -> Explanation:
    """Explain one user's award, or why two users differ.

    Parameters
    ----------
    allocation : Allocation
    user_id : str or int
    versus : str or int, optional
        Another user, explained beside the first, with how the two differ.
    phrases : mapping of str to str
        Templates of what a customer is told.

    Returns
    -------
    Explanation

    Raises
    ------
    DataError
        If there is no such user.
    """
    explanation = _explain(allocation, user_id, phrases)
    if versus is None:
        return explanation
    other = _explain(allocation, versus, phrases)
    return replace(explanation, versus=other, difference=difference(explanation, other))


def _explain(allocation: Allocation, user_id: object, phrases: Mapping[str, str]) -> Explanation:
    row = _row(allocation.table, user_id)
    if row is None:
        return _without_award(allocation, user_id, phrases)
    return explain_row(
        allocation.table, row, phrases, lambda claimant: _of_claimant(allocation, claimant, phrases)
    )


def _of_claimant(allocation: Allocation, row: pa.Table, phrases: Mapping[str, str]) -> Explanation:
    policy, certificate = allocation.policy, allocation.certificate
    if certificate.weightless:
        policy = alike(policy)
    values = {name: row.column(name)[0].as_py() for name in row.column_names}
    loss, net = _exact_amounts(row, policy)
    facts: dict[str, Any] = {
        "user_id": values["user_id"],
        "reason": values["reason"],
        "loss": in_dollars(loss),
        "net_assets": None if net is None else in_dollars(net),
        "missed": None,
        "parts": (),
        "weight": values["weight"],
        "level": certificate.level,
        "fractional_award": None,
        "lower_cents": values["lower_cents"],
        "upper_cents": values["upper_cents"],
        "award_cents": values["award_cents"],
        "binding": values["binding"],
    }
    if not values["eligible"]:
        missed = _missed(row, policy, values["reason"])
        facts["missed"] = missed
        customer = told_missed(missed, policy, phrases)
        return Explanation(**facts, customer=customer, analyst=analysis_missed(facts, missed))
    ranked = policy.uses_weights and policy.objective.alpha == 0
    parts: tuple[Part, ...] = ()
    try:
        facts["parts"] = parts = _parts(values, loss, policy)
    except OverflowError:  # near alpha = 0, where users are all but ranked
        ranked = True
    group = group_of(values, policy, certificate)
    rule = None
    if group is not None:
        facts["group"], facts["level"] = str(group), group.level
    level = facts["level"]
    if claims_rule(policy) in BY_CLAIM and level is not None:
        rule = given_by(policy, level, _largest(allocation.table))
        weight = (values["weight"],) if policy.objective.weighted else ()
        facts["fractional_award"] = rule.amount(values["claim"], *weight)
    elif level is not None and not ranked:
        facts["fractional_award"] = level * math.prod(part.part for part in parts)
    if group is not None:
        customer = told_group(facts, group, values["loss_ratio"], phrases)
    elif rule is not None:
        customer = told_rule(facts, rule, values["loss_ratio"], policy, phrases)
    else:
        customer = told(facts, values["loss_ratio"], policy, phrases, certificate)
    unlimited = certificate.unlimited and group is None
    analyst = analysis(facts, policy, ranked=ranked, unlimited=unlimited)
    if certificate.weightless:
        analyst = analyst.replace(
            "  level ", "  every weight is 0, so that all count alike\n  level "
        )
    return Explanation(**facts, customer=customer, analyst=analyst)


def _largest(table: pa.Table) -> float:
    """Return the largest claim of an eligible user, in dollars."""
    claims = numbers_of(table.column("claim"))[booleans_of(table.column("eligible"))]
    return float(claims.max(initial=0.0))


def _row(table: pa.Table, user_id: object) -> pa.Table | None:
    """Find a user; an id given as text or as a number finds both kinds."""
    ids = table.column("user_id")
    if pa.types.is_integer(ids.type):
        try:
            wanted = pa.scalar(int(str(user_id)), ids.type)
        except (ValueError, OverflowError, pa.ArrowInvalid):
            wanted = None
    else:
        try:
            wanted = pa.scalar(str(user_id), ids.type)
        except UnicodeEncodeError:  # bytes of a command line that are no text
            wanted = None
    at = -1 if wanted is None else pc.index(ids, wanted).as_py()
    return None if at < 0 else table.slice(at, 1)


def _without_award(
    allocation: Allocation, user_id: object, phrases: Mapping[str, str]
) -> Explanation:
    """Explain a user whose row was set aside; anybody else is unknown."""
    shown = str(user_id).encode("utf-8", "backslashreplace").decode()
    spots = _spots(allocation, user_id)
    if not spots:
        raise DataError(
            f"there is no user {shown} among the {allocation.table.num_rows:,} of this run"
        )
    lines = [f"{shown}: no award", *(f"  was set aside: {spot}" for spot in spots)]
    return Explanation(
        user_id=user_id,
        reason=SET_ASIDE,
        loss=None,
        net_assets=None,
        missed=None,
        parts=(),
        weight=None,
        level=allocation.certificate.level,
        fractional_award=None,
        lower_cents=0,
        upper_cents=0,
        award_cents=0,
        binding="none",
        customer=phrases[SET_ASIDE],
        analyst="\n".join(lines),
        set_aside=tuple(spots),
    )


def _spots(allocation: Allocation, user_id: object) -> list[str]:
    """Say where the bad rows of a user stand and what is wrong with each."""
    aside = allocation.quarantined
    name = allocation.policy.columns.get(USER_ID, USER_ID)
    if aside is None or name not in aside.column_names:
        return []
    # The last three columns are ours, whatever they had to be named.
    where = zip(*(aside.column(i).to_pylist() for i in (-3, -2, -1)), strict=True)
    return [
        f"{os.path.basename(file)} line {line}, {reasons}"
        for each, (file, line, reasons) in zip(aside.column(name).to_pylist(), where, strict=True)
        if each is not None and str(each) == str(user_id)
    ]


def _exact_amounts(row: pa.Table, policy: Policy) -> tuple[Fraction, Fraction | None]:
    users = _as_input(row, policy)
    net = None if users.net_assets is None else Fraction(int(users.net_assets[0]), FINE)
    if net is not None and _without_snapshot(row):
        net = None
    return Fraction(int(users.loss[0]), FINE), net


def _as_input(row: pa.Table, policy: Policy) -> Any:
    """Return one row of awards as the users table it came from, without attributes."""
    columns = {"user_id": row.column("user_id"), LOSS: row.column("loss")}
    if policy.needs_net_assets:
        columns[NET_ASSETS] = row.column("net_assets")
        columns[NO_SNAPSHOT] = array_of(np.array([_without_snapshot(row)]))
    compensated = row.column("reason")[0].as_py() == "already_compensated"
    columns["already_compensated"] = array_of(np.array([compensated]))
    users, findings = check_users(read_users(pa.table(columns)), net_assets=policy.needs_net_assets)
    if findings.count:
        raise DataError("this row of the awards table is damaged: its amounts cannot be read")
    if "award_cap_cents" not in row.column_names:
        return users
    cap = row.column("award_cap_cents")[0].as_py()
    return replace(users, cap=np.array([NO_CAP if cap is None else cap * FINE_PER_CENT]))


def _without_snapshot(row: pa.Table) -> bool:
    """Tell whether net assets are unknown, whatever rule was the first to fail."""
    net = row.column("net_assets")[0].as_py()
    return row.column("reason")[0].as_py() == "no_snapshot" or net is None or not str(net).strip()


def _missed(row: pa.Table, policy: Policy, reason: str) -> Missed:
    if reason == DROPPED:
        return dropped(policy)
    column = reason.removeprefix("excluded:") if reason.startswith("excluded:") else None
    if column is not None and column not in COLUMNS:
        return excluded_unseen(policy, reason)
    # Attributes are not in the awards table, and it is none of them that excludes this user.
    kept = {name: rule for name, rule in policy.eligibility.exclude.items() if name in COLUMNS}
    eligibility = policy.eligibility.model_copy(update={"exclude": kept})
    without = policy.model_copy(update={"eligibility": eligibility})
    missed = missed_by(_as_input(row, policy), without, 0)
    if missed is None:
        raise DataError("this row of the awards table is damaged: its user is eligible")
    return missed


def _parts(values: Mapping[str, Any], loss: Fraction, policy: Policy) -> tuple[Part, ...]:
    """Return the user's value of each term; all factors of the policy are one part."""
    parts: list[Part] = []
    terms = customer_terms(policy)
    factors = [term for term in terms if term.of.endswith(" factor")]
    cap = float(read_ratio(policy.weights.ratio_cap))
    for term in terms:
        if term.of == "loss":
            value = float(loss)
        elif term.of == "recognized loss":
            value = values["claim"]
        elif term.of == "ratio":
            value = cap if values["loss_ratio"] is None else min(values["loss_ratio"], cap)
        elif term is factors[0]:
            value = values["factor"]
        else:
            continue
        name = str(term) if len(factors) < 2 or term not in factors else "factors"
        if term.of == "ratio" and value == cap:
            name += f" (at most {significant(cap)})"
        parts.append(Part(name, value, term.part(value)))
    return tuple(parts)
