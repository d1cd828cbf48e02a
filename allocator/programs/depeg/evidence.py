"""The certificate of a depeg compensation: claims added up again, awards checked by the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.certificate import Certificate as CoreCertificate
from allocator.core.certificate import verify
from allocator.core.problem import Problem
from allocator.money import exact_sum, format_cents
from allocator.programs.certificate import Certificate
from allocator.programs.depeg.claims import ELIGIBLE, Claims, slow_cents
from allocator.programs.depeg.division import problem_of, rule_of
from allocator.programs.depeg.policy import DepegPolicy
from allocator.programs.depeg.positions import Positions

__all__ = ["PROVES", "Case", "certify"]

Ints = NDArray[np.int64]
PROVES = (
    "Every user's claim is the exact sum over the positions that the policy covers, rounded "
    "half-up to a cent once; it was added up twice, in two ways.",
    "Nobody is paid who has no claim, and every award is within the user's floor and cap.",
    "The awards add up to the claims (or caps) when the budget covers them, and else to the budget "
    "to the cent.",
    "The awards are exactly the rule's: every cent held precedes every cent refused in its order, "
    "so that nobody chose among equals.",
)
DOES_NOT_PROVE = (
    "That the reference prices are the right ones, or those of the market: they are the policy's.",
    "That the positions are complete or true, or the extra losses verified: they are taken as "
    "given.",
)


@dataclass(frozen=True, eq=False)
class Case:
    """Positions under a policy, ready to be divided or checked.

    Attributes
    ----------
    policy : DepegPolicy
    positions : Positions
        Of m users.
    claims : Claims
    rows : ndarray of int64, shape (k,)
        The eligible users.
    problem : Problem
        Theirs, in cents.
    """

    policy: DepegPolicy
    positions: Positions
    claims: Claims
    rows: Ints
    problem: Problem

    @classmethod
    def of(cls, policy: DepegPolicy, positions: Positions, claims: Claims) -> Case:
        """State the problem that follows.

        Raises
        ------
        InfeasibleError
            If the floors add up to more than the budget.
        """
        rows = np.flatnonzero(claims.reason == ELIGIBLE)
        problem = problem_of(policy, claims.cents, positions.ids, rows, positions.cap)
        return cls(policy, positions, claims, rows, problem)


def certify(case: Case, award_cents: Ints, faults: tuple[str, ...] = ()) -> Certificate:
    """Check the awards of all users.

    Parameters
    ----------
    case : Case
    award_cents : ndarray of int64, shape (m,)
    faults : tuple of str
        What is wrong with the list of awards itself, such as users who are missing.

    Returns
    -------
    Certificate
        Nothing is raised for bad awards: the certificate says so.
    """
    positions, claims = case.positions, case.claims
    again = slow_cents(
        positions.user, len(positions.ids), positions.quantity, claims.gain, claims.extra
    )
    same = again == claims.cents.tolist()
    paid = np.flatnonzero((award_cents != 0) & (claims.reason != ELIGIBLE))
    core = verify(case.problem, rule_of(case.policy), award_cents[case.rows])
    checks = {
        "users": not faults,
        "claims": same,
        "eligibility": not len(paid),
        **core.checks,
        "total": exact_sum(award_cents) == case.problem.spend,
    }
    failures = list(faults)
    if not same:
        failures.append("claims: added up position by position, they are not the same")
    if len(paid):
        failures.append(
            f"eligibility: {len(paid):,} users are paid who have no claim, the first on "
            f"{_row(paid[0])}"
        )
    failures += _failures(case, core, award_cents)
    full = case.problem.caps <= case.problem.budget
    ok = all(checks.values())
    return Certificate(
        kind="depeg",
        status="failed" if not ok else "paid_in_full" if full else "divided",
        checks=MappingProxyType(checks),
        figures=MappingProxyType(_figures(case, core, award_cents)),
        failures=tuple(failures),
        proves=PROVES if ok else (),
        does_not_prove=DOES_NOT_PROVE,
    )


def _figures(case: Case, core: CoreCertificate, award_cents: Ints) -> Mapping[str, Any]:
    claims, policy = case.policy.claims, case.policy
    spent = exact_sum(award_cents)
    source = "stated in the policy"
    if claims.reference_price_file is not None:
        source = f"{claims.reference_price_file}, sha256 {claims.reference_price_sha256}"
    return {
        "rule": policy.objective.rule,
        "budget_cents": case.problem.budget,
        "claims_cents": exact_sum(case.claims.cents),
        "spent_cents": spent,
        "unspent_cents": case.problem.budget - spent,
        "positions": len(case.positions),
        "covered_positions": int(np.count_nonzero(case.claims.covered)),
        "users": len(case.positions.ids),
        "eligible": len(case.rows),
        "at_lower": core.at_lower,
        "at_upper": core.at_upper,
        "free": core.free,
        "reference_price": dict(sorted(claims.reference_price.items())),
        "reference_price_from": source,
    }


def _failures(case: Case, core: CoreCertificate, award_cents: Ints) -> list[str]:
    """Say in dollars and rows of the awards what the core found."""
    failures = []
    if not core.checks["bounds"]:
        mine, problem = award_cents[case.rows], case.problem
        outside = np.flatnonzero((mine < problem.lower) | (mine > problem.upper))
        i = int(outside[0])
        failures.append(
            f"bounds: {len(outside):,} awards are outside their bounds, the first on "
            f"{_row(case.rows[i])}: {format_cents(mine[i])}, not from "
            f"{format_cents(problem.lower[i])} to {format_cents(problem.upper[i])}"
        )
    spent = exact_sum(award_cents)
    if spent != case.problem.spend:
        failures.append(
            f"total: {format_cents(spent)} is spent, not {format_cents(case.problem.spend)}"
        )
    if core.pair is not None:
        holder, refused = (_row(case.rows[i]) for i in core.pair)
        failures.append(
            f"optimal: {refused} has a cent coming before one that {holder} holds"
            if not core.checks["optimal"]
            else f"canonical: of two cents worth the same, {refused} precedes {holder}"
        )
    return failures


def _row(row: Any) -> str:
    return f"row {int(row) + 1:,}"
