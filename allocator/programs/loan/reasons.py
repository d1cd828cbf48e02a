"""Why an applicant has what they have: a code, and a sentence with the numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocator.core.lots import Limit
from allocator.money import CENTS, FINE, exact
from allocator.policy.values import show_dollars, show_number
from allocator.programs.loan.fund import (
    BUDGET,
    EXPECTED_LOSS,
    REFUSALS,
    Case,
    loss_budget,
    segment_name,
)
from allocator.programs.loan.values import read_part
from allocator.programs.telling import count_of

__all__ = ["CODES", "reasons_of"]

# What becomes of applicants, beside `REFUSALS`: of several limits that bind, the first one here.
CODES = (
    "granted_in_full",
    "lowered_to_whole_units",
    "applicant_limit",
    "segment_limit",
    "expected_loss",
    "fund_used_up",
    "no_weight",
)


def reasons_of(case: Case, units: NDArray[np.int64]) -> tuple[list[str], list[str]]:
    """Say of every applicant why it is not more, or that it is all.

    Parameters
    ----------
    case : Case
    units : ndarray of int64, shape (n,)
        Granted.

    Returns
    -------
    codes, sentences : list of str, length n
    """
    room = [None if each.most is None else each.most - each.total(units) for each in case.limits]
    counts: list[list[tuple[int, int]]] = [[] for _ in range(len(case))]
    for j, limit in enumerate(case.limits):
        for i, each in zip(limit.members.tolist(), limit.per_unit.tolist(), strict=True):
            counts[i].append((j, each))
    codes, sentences = [], []
    for i in range(len(case)):
        code, sentence = _of_rule(case, i) if case.refusal[i] else _of_terms(case, i, int(units[i]))
        if not code:
            step = 1 if units[i] else int(case.least[i])
            binding = [
                _of_limit(case, case.limits[j], Fraction(left), Fraction(each * step))
                for j, each in counts[i]
                if (left := room[j]) is not None and left < each * step
            ]
            binding.sort(key=lambda pair: CODES.index(pair[0]))
            code = binding[0][0] if binding else "no_weight"
            sentence = "; ".join(text for _, text in binding)
            sentence = sentence or "the weight is 0, so that a loan adds nothing to the objective"
        codes.append(code)
        sentences.append(sentence)
    return codes, sentences


def _of_rule(case: Case, i: int) -> tuple[str, str]:
    """Say why an applicant is out before anybody competes."""
    code, fund = REFUSALS[case.refusal[i]], case.policy.fund
    months = int(case.applicants.tenor[i])
    tenor = f"the tenor of {count_of(months, 'month')}"
    minimum = _fine(case.applicants.minimum[i])
    if code == "score_below_minimum" and case.applicants.score is not None:
        score = show_number(case.applicants.score[i])
        return code, f"the score of {score} is below the minimum of {fund.min_score}"
    if code == "tenor_not_offered":
        tenors = sorted(set(fund.tenors))
        offered = ", ".join(map(str, tenors)) + (" is" if len(tenors) == 1 else " are")
        return code, f"{tenor} is not offered: {offered}"
    if code == "tenor_within_grace":
        return code, f"{tenor} is over before the grace period of {fund.grace_months} months is"
    if code == "no_whole_unit":
        requested = _fine(case.applicants.requested[i])
        return code, (
            f"there is no whole number of units of {show_dollars(exact(fund.unit))} from the "
            f"minimum of {minimum} to the request of {requested}"
        )
    return code, f"{_applicant_limit(case, i)}, which is below the minimum of {minimum}"


def _of_terms(case: Case, i: int, units: int) -> tuple[str, str]:
    """Say that an applicant has all that can be granted; "" while there is more."""
    if units < case.most[i]:
        return "", ""
    requested = int(case.applicants.requested[i])
    if units < case.wanted[i]:
        return "applicant_limit", _applicant_limit(case, i)
    left = requested - units * case.unit_cents * (FINE // CENTS)
    if left:
        unit = show_dollars(exact(case.policy.fund.unit))
        return "lowered_to_whole_units", (
            f"granted in full but for {_fine(left)}: requests are lowered to whole units of {unit}"
        )
    return "granted_in_full", "granted in full"


def _of_limit(case: Case, limit: Limit, left: Fraction, needed: Fraction) -> tuple[str, str]:
    """Say which limit binds, and by how much."""
    unit, most = case.dollars(limit, 1), _most(case, limit)
    room, need = most - ((limit.most or 0) - left) * unit, needed * unit
    if limit.name == EXPECTED_LOSS:
        more, rest = _up(need - room), _down(room)  # in whole cents; what is needed is their sum
        return "expected_loss", (
            f"would need {show_dollars(more)} more expected-loss budget: "
            f"{show_dollars(rest)} is left and {show_dollars(rest + more)} is needed"
        )
    numbers = f"{show_dollars(_down(room))} is left and {show_dollars(need)} is needed"
    if limit.name == BUDGET:
        return "fund_used_up", f"the fund is used up: {numbers}"
    said = f"segment limit binds: of {show_dollars(_down(most))} for {limit.name}, {numbers}"
    return "segment_limit", said


def _most(case: Case, limit: Limit) -> Fraction:
    """Return a limit in dollars as the policy has it, before it is lowered to whole units."""
    fund = case.policy.fund
    budget = exact(fund.budget)
    if limit.name == BUDGET:
        return budget
    if limit.name == EXPECTED_LOSS:
        return loss_budget(case.policy) or Fraction(0)
    named = {segment_name(name): segment for name, segment in fund.segments.items()}
    return read_part(named[limit.name].max_share or "1").dollars(budget)


def _applicant_limit(case: Case, i: int) -> str:
    fund, exposure = case.policy.fund, int(case.applicants.exposure[i])
    limit = read_part(fund.max_share_per_applicant or "1").dollars(exact(fund.budget))
    said = f"applicant limit binds: {show_dollars(limit)} for each"
    return f"{said}, of which {_fine(exposure)} is owed already" if exposure else said


def _fine(parts: int) -> str:
    return show_dollars(Fraction(int(parts), FINE))


def _up(dollars: Fraction) -> Fraction:
    """Raise to whole cents."""
    return Fraction(-(-dollars * CENTS // 1), CENTS)


def _down(dollars: Fraction) -> Fraction:
    """Lower to whole cents."""
    return Fraction(dollars * CENTS // 1, CENTS)
