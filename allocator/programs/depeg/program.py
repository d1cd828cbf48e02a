"""Depeg compensation as a program: run, derived again, summarized, explained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.stages import Progress, Stages
from allocator.data.buffers import array_of, texts_array
from allocator.data.findings import Findings
from allocator.data.table import UsersTable
from allocator.money import CENTS, MAX_DOLLARS
from allocator.programs.certificate import Certificate
from allocator.programs.depeg.aligned import aligned
from allocator.programs.depeg.claims import REASONS, Claims, claims_of
from allocator.programs.depeg.columns import QUANTITY
from allocator.programs.depeg.division import awards_of, rule_of
from allocator.programs.depeg.evidence import Case, certify
from allocator.programs.depeg.policy import DepegPolicy
from allocator.programs.depeg.positions import Positions, read_positions
from allocator.programs.depeg.survey import survey_of
from allocator.programs.depeg.words import explain, summarize, warnings_of
from allocator.programs.result import Result
from allocator.programs.survey import Survey
from allocator.programs.telling import refuse_failed

__all__ = [
    "POLICY",
    "UNIT",
    "check",
    "example",
    "explain",
    "rederive",
    "run",
    "summarize",
    "verify",
]

POLICY = DepegPolicy
UNIT = "position"
example = DepegPolicy.example


def run(
    source: object,
    policy: DepegPolicy,
    progress: Progress | None = None,
    *,
    max_bad: int = 0,
) -> Result:
    """Compensate the users of a table of positions.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
        See `allocator.programs.depeg.positions.read_positions`.
    policy : DepegPolicy
    progress : callable, optional
        Called as ``progress(stage, done, total)`` before each stage.
    max_bad : int
        Up to so many bad rows are set aside; more are an error.

    Returns
    -------
    Result
        Its table has a row a user, in order of appearance: user_id, claim_cents, award_cents,
        reason; with ``columns.award_cap`` also award_cap_cents, null for none.

    Raises
    ------
    DataError
        If rows are bad (all of them are told at once) or columns are missing.
    InfeasibleError
        If the floors add up to more than the budget.
    VerificationError
        If the result does not pass its own verification; please report it.
    """
    stages = Stages(progress)
    case, table, quarantined = _case(source, policy, stages, max_bad)
    cents = np.zeros(len(case.positions.ids), np.int64)
    with stages.stage("solve"):
        cents[case.rows] = awards_of(case.problem, rule_of(policy))
    with stages.stage("verify"):
        certificate = certify(case, cents)
    refuse_failed(certificate)
    return _result(case, cents, certificate, table, quarantined, stages)


def check(source: object, policy: DepegPolicy, progress: Progress | None = None) -> Survey:
    """Read and check positions and say who would be in; nothing is divided.

    Parameters
    ----------
    source, policy, progress
        As in `run`.

    Returns
    -------
    Survey

    Raises
    ------
    DataError, InfeasibleError
        As `run` does.
    """
    case, _, _ = _case(source, policy, Stages(progress), 0)
    return survey_of(case)


def rederive(
    source: object,
    policy: DepegPolicy,
    awards: pa.Table,
    stored: Mapping[str, Any] | None = None,  # noqa: ARG001 - all of it can be derived
    *,
    max_bad: int = 0,
) -> Result:
    """Derive everything from positions and policy but the awards, which are checked.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
    policy : DepegPolicy
    awards : pyarrow.Table
        With user_id and award_cents, in any order.
    stored : mapping, optional
        The certificate as it was written; nothing of it is needed.
    max_bad : int
        Up to so many bad rows are set aside; more are an error.

    Returns
    -------
    Result
        Its certificate says what is wrong with the awards.
    """
    stages = Stages()
    case, table, quarantined = _case(source, policy, stages, max_bad)
    with stages.stage("verify"):
        cents, faults = aligned(case.positions.ids, awards)
        certificate = certify(case, cents, faults)
    return _result(case, cents, certificate, table, quarantined, stages)


def verify(source: object, policy: DepegPolicy, awards: pa.Table) -> Certificate:
    """Check awards against positions and policy; nothing is solved.

    Parameters
    ----------
    source, policy, awards
        As in `rederive`.

    Returns
    -------
    Certificate
        Nothing is raised for bad awards: the certificate says so.
    """
    return rederive(source, policy, awards).certificate


def _case(
    source: object, policy: DepegPolicy, stages: Stages, max_bad: int
) -> tuple[Case, UsersTable, pa.Table | None]:
    with stages.stage("load"):
        positions, table, quarantined = read_positions(source, policy, max_bad=max_bad)
    with stages.stage("eligibility"):
        claims = claims_of(positions, policy)
        _refuse_too_large(positions, claims, policy, table)
        return Case.of(policy, positions, claims), table, quarantined


def _refuse_too_large(
    positions: Positions, claims: Claims, policy: DepegPolicy, table: UsersTable
) -> None:
    if not claims.too_large.any():
        return
    findings = Findings()
    mine = claims.covered & claims.too_large[positions.user]
    findings.add(
        f"makes a claim of ${MAX_DOLLARS:,} or more for this user",
        policy.columns.get(QUANTITY, QUANTITY),
        positions.rows[mine],
    )
    raise findings.error(table)


def _result(
    case: Case,
    cents: NDArray[np.int64],
    certificate: Certificate,
    table: UsersTable,
    quarantined: pa.Table | None,
    stages: Stages,
) -> Result:
    claims = case.claims
    reason = pa.DictionaryArray.from_arrays(array_of(claims.reason), texts_array(list(REASONS)))
    columns = {
        "user_id": case.positions.ids,
        "claim_cents": array_of(claims.cents),
        "award_cents": array_of(cents),
        "reason": reason,
    }
    if case.positions.cap is not None:
        none = case.positions.cap >= MAX_DOLLARS * CENTS
        columns["award_cap_cents"] = array_of(case.positions.cap, missing=none)
    awards = pa.table(columns)
    return Result(
        policy=case.policy,
        table=awards,
        certificate=certificate,
        sources=table.sources,
        simulated=table.simulated,
        warnings=warnings_of(case.policy, case.positions, case.claims),
        stages=tuple(stages.finished),
        quarantined=quarantined,
    )
