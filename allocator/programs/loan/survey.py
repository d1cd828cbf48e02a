"""Who would be considered for a loan, before anything is decided."""

from __future__ import annotations

import numpy as np

from allocator.money import CENTS, exact, exact_sum, format_cents
from allocator.programs.loan.fund import REFUSALS, Case
from allocator.programs.loan.words import REFUSED, cautions_of
from allocator.programs.survey import Survey
from allocator.programs.telling import count_of

__all__ = ["survey_of"]

CONSIDERED = "considered"


def survey_of(case: Case) -> Survey:
    """Count the applicants who are in, and those whom a rule refuses, by the rule.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Survey
    """
    counts = np.bincount(case.refusal, minlength=len(REFUSALS)).tolist()
    asked = exact_sum(case.most[case.considered]) * case.unit_cents
    least = exact_sum(case.least[case.considered]) * case.unit_cents
    budget = int(exact(case.policy.fund.budget) * CENTS)
    return Survey(
        read=count_of(len(case), "applicant"),
        policy=case.policy.name,
        figures={
            "applicants": len(case),
            "asked_cents": asked,
            "minima_cents": least,
            "budget_cents": budget,
        },
        reasons=dict(zip((CONSIDERED, *REFUSALS[1:]), counts, strict=True)),
        words={CONSIDERED: "would be considered", **REFUSED},
        money=(
            f"in whole units they could have {format_cents(asked)}, and their minima are "
            f"{format_cents(least)}; the fund has {format_cents(budget)}"
        ),
        warnings=cautions_of(case),
    )
