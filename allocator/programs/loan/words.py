"""A loan fund for people: its summary, what to beware of, and why an applicant has a loan."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

import numpy as np
import pyarrow.compute as pc

from allocator.data.buffers import numbers_of
from allocator.errors import nearest
from allocator.money import exact, format_cents
from allocator.policy.values import show_dollars, show_percent
from allocator.programs.certificate import Certificate
from allocator.programs.loan.fund import PARTS, Case
from allocator.programs.loan.policy import LoanPolicy
from allocator.programs.result import Result
from allocator.programs.summary import Summary
from allocator.programs.telling import count_of, ending

__all__ = ["REFUSED", "cautions_of", "explain", "summarize", "warnings_of"]

CHECKS = {
    "applicants": "applicants",
    "refusals": "refusals by rule",
    "amounts": "whole units from minimum to limit",
    "fund": "fund",
    "segments": "segments",
    "expected_loss": "expected loss",
    "no_more": "nobody could have more",
    "bound": "bound",
}
REFUSED = {
    "score_below_minimum": "scored below the minimum",
    "tenor_not_offered": "asked for a tenor that is not offered",
    "tenor_within_grace": "asked for a tenor that ends in the grace period",
    "no_whole_unit": "have no whole unit between minimum and request",
    "applicant_limit": "need more than an applicant may have",
    "segment_limit": "meet their segment's limit",
    "expected_loss": "would need more expected-loss budget",
    "fund_used_up": "would need more than is left of the fund",
    "no_weight": "have a weight of 0",
}
CUT = {
    "granted_in_full": "granted in full",
    "lowered_to_whole_units": "granted in full, but for the part of a unit",
    "applicant_limit": "cut to what an applicant may have",
    "segment_limit": "cut by their segment's limit",
    "expected_loss": "cut by the expected-loss budget",
    "fund_used_up": "cut by the end of the fund",
    "no_weight": "at no more than floors need, having a weight of 0",
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
    facts = result.certificate.figures
    approved = numbers_of(result.table.column("granted_cents")) != 0
    codes = result.table.column("reason_code").cast("string").to_pylist()
    counts: dict[str, dict[str, int]] = {"approved": {}, "refused": {}}
    for code, has in zip(codes, approved.tolist(), strict=True):
        group = counts["approved" if has else "refused"]
        group[code] = group.get(code, 0) + 1
    told = (
        *("budget_cents", "granted_cents", "unspent_cents", "applicants", "approved"),
        *("expected_loss", "expected_loss_budget", "segments", "gap", "bound", "value"),
    )
    figures = {
        "policy": result.policy.name,
        "kind": result.policy.kind,
        "simulated": result.simulated,
        "status": result.certificate.status,
        "alpha": facts["alpha"],
        **{name: facts[name] for name in told},
        "approved_reasons": {code: counts["approved"].get(code, 0) for code in CUT},
        "refused_reasons": {code: counts["refused"].get(code, 0) for code in REFUSED},
        "interest_cents": int(
            pc.sum(result.extra["schedule.parquet"]["interest_cents"]).as_py() or 0
        ),
        "quarantined": 0 if result.quarantined is None else result.quarantined.num_rows,
        "warnings": list(result.warnings),
        "checks": dict(result.certificate.checks),
    }
    return Summary(figures, "\n\n".join("\n".join(block) for block in _blocks(result, figures)))


def _blocks(result: Result, figures: Mapping[str, Any]) -> list[list[str]]:
    who = "SIMULATED applicants" if figures["simulated"] else "applicants"
    head = [
        f"{figures['policy']}: {format_cents(figures['granted_cents'])} of "
        f"{format_cents(figures['budget_cents'])} lent to {figures['approved']:,} of "
        f"{figures['applicants']:,} {who}",
        _near(figures),
    ]
    if figures["expected_loss"] is not None:
        head.append(
            f"expected loss {figures['expected_loss']} of at most {figures['expected_loss_budget']}"
        )
    head += [
        f"segment {name}: {format_cents(each['granted_cents'])}, from "
        f"{format_cents(each['least_cents'])} to {format_cents(each['most_cents'])}"
        for name, each in figures["segments"].items()
    ]
    digits = len(f"{figures['applicants']:,}")
    loans = [
        f"+ {count:>{digits},} {CUT[code]}"
        for code, count in figures["approved_reasons"].items()
        if count
    ]
    out = [
        f"- {count:>{digits},} {REFUSED[code]}"
        for code, count in figures["refused_reasons"].items()
        if count
    ]
    end = ending(result, figures, CHECKS)
    return [block for block in (head, loans, out, end) if block]


def _near(figures: Mapping[str, Any]) -> str:
    gap = figures["gap"]
    if gap is None:
        return "how near this is to the best was not recorded"
    if figures["status"] == "optimal":
        return "no other loans within the limits are worth more to the policy's objective"
    said = f"other loans within the limits are worth {100 * gap:.2g}% more at the most"
    return said + ("; the search was stopped by its time limit" if gap > 1e-3 else "")


def cautions_of(case: Case) -> tuple[str, ...]:
    """Say what somebody should know of the applicants, before anything is decided."""
    found = []
    there = sorted(set(case.applicants.segment or ()))
    for name in case.policy.fund.segments:
        if name not in there:
            close = nearest(name, there)
            found.append(
                f"nobody is in the segment {name!r} of the policy"
                + (f"; there is {close!r}" if close else "")
            )
    listed = {_plain(name): name for name in case.policy.fund.segments}
    for name in there:
        same = listed.get(_plain(name))
        if same and name not in case.policy.fund.segments:
            found.append(
                f"the segment {name!r} has no limit: the policy's is {same!r}, spelled otherwise"
            )
    if capped := int(np.count_nonzero(case.capped)):
        ceiling = case.policy.fund.rate.ceiling
        found.append(
            f"{count_of(capped, 'applicant')} would pay more than fund.rate.ceiling, by their "
            f"grade: their rate is {ceiling}"
        )
    if rounded := int(np.count_nonzero(case.applicants.rounded)):
        found.append(
            f"{count_of(rounded, 'applicant')} with floats of more than 8 decimals, which were "
            "rounded half-even"
        )
    if not len(case.considered):
        found.append("every applicant is refused by a rule, so that nothing is lent")
    return tuple(found)


def _plain(name: str) -> str:
    """Return a name without what nobody means: capitals, and spaces around it."""
    return name.strip().casefold()


def warnings_of(case: Case, certificate: Certificate) -> tuple[str, ...]:
    """Say what somebody who reads the loans should know.

    Parameters
    ----------
    case : Case
    certificate : Certificate

    Returns
    -------
    tuple of str
    """
    found = cautions_of(case)
    if certificate.status == "time_limit":
        slow = (
            f"objective.time_limit was reached at a gap of {certificate.figures['gap']:.2%}, above "
            "the 0.1% that is aimed at: raise it, or take these loans as they are"
        )
        found = (*found, slow)
    return found


def explain(result: Result, row: int) -> str:
    """Say why an applicant has what they have.

    Parameters
    ----------
    result : Result
    row : int
        Of its table, from 0.

    Returns
    -------
    str
    """
    policy = cast(LoanPolicy, result.policy)
    who = result.table.slice(row, 1).to_pylist()[0]
    asked = f"{who['applicant_id']}: "
    request, least = (show_dollars(exact(str(who[name]))) for name in ("requested", "minimum"))
    request = f"of {request} requested"
    if not who["granted_cents"]:
        return f"{asked}refused, {request} (at least {least}): {who['reason']}."
    rate = show_percent(Fraction(round(float(who["rate"]) * PARTS), PARTS))
    terms = f"{who['tenor_months']} months, {policy.fund.repayment}"
    if policy.fund.grace_months:
        terms += f", interest only for the first {policy.fund.grace_months}"
    return (
        f"{asked}{format_cents(who['granted_cents'])} {request}, at {rate} a year for {terms}: "
        f"{who['reason']}."
    )
