"""Who would be compensated, before anything is divided."""

from __future__ import annotations

import numpy as np

from allocator.money import exact_sum, format_cents
from allocator.programs.depeg.claims import REASONS
from allocator.programs.depeg.evidence import Case
from allocator.programs.depeg.words import warnings_of
from allocator.programs.survey import Survey
from allocator.programs.telling import count_of

__all__ = ["survey_of"]


def survey_of(case: Case) -> Survey:
    """Count the users by their reasons, and hold the claims against the budget.

    Parameters
    ----------
    case : Case

    Returns
    -------
    Survey
    """
    positions, claims, problem = case.positions, case.claims, case.problem
    counts = np.bincount(claims.reason, minlength=len(REASONS)).tolist()
    owed, payable = exact_sum(claims.cents), problem.caps
    enough = payable <= problem.budget
    capped = "" if payable == owed else f", of which {format_cents(payable)} at most is paid"
    return Survey(
        read=f"{count_of(len(positions), 'position')} of {count_of(len(positions.ids), 'user')}",
        policy=case.policy.name,
        figures={
            "positions": len(positions),
            "users": len(positions.ids),
            "claims_cents": owed,
            "budget_cents": int(problem.budget),
        },
        reasons=dict(reversed(list(zip(REASONS, counts, strict=True)))),
        words=REASONS,
        money=(
            f"claims of {format_cents(owed)}{capped}; the budget of "
            f"{format_cents(problem.budget)} {'covers' if enough else 'does not cover'} that"
        ),
        warnings=warnings_of(case.policy, positions, claims),
    )
