"""The loan fund as a program: run, derived again, summarized, explained."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.stages import Progress, Stages
from allocator.data.table import UsersTable
from allocator.programs.certificate import Certificate
from allocator.programs.loan.applicants import read_applicants
from allocator.programs.loan.decide import decide
from allocator.programs.loan.evidence import certify
from allocator.programs.loan.feasible import check_floors
from allocator.programs.loan.found import search_of
from allocator.programs.loan.fund import Case, case_of
from allocator.programs.loan.policy import LoanPolicy
from allocator.programs.loan.schedule import schedule_of
from allocator.programs.loan.survey import survey_of
from allocator.programs.loan.table import aligned, awards_table
from allocator.programs.loan.words import explain, summarize, warnings_of
from allocator.programs.loan.worth import pose
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

POLICY = LoanPolicy
UNIT = "applicant"
SCHEDULE = "schedule.parquet"
example = LoanPolicy.example


def run(
    source: object,
    policy: LoanPolicy,
    progress: Progress | None = None,
    *,
    max_bad: int = 0,
) -> Result:
    """Decide who of a table of applicants has a loan, and for how much.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
        See `allocator.programs.loan.applicants.read_applicants`.
    policy : LoanPolicy
    progress : callable, optional
        Called as ``progress(stage, done, total)`` before each stage.
    max_bad : int
        Up to so many bad rows are set aside; more are an error.

    Returns
    -------
    Result
        Its table has a row an applicant (`allocator.programs.loan.table.awards_table`), and
        ``extra["schedule.parquet"]`` one for every month of a loan.

    Raises
    ------
    BackendError
        If nothing within all limits was found in time.
    DataError
        If rows are bad (all of them are told at once) or columns are missing.
    InfeasibleError
        If the floors of segments cannot be met: with the numbers, and what would help.
    VerificationError
        If the result does not pass its own verification; please report it.
    """
    stages = Stages(progress)
    case, table, quarantined = _case(source, policy, stages, max_bad)
    with stages.stage("solve"):
        posed = pose(case)
        units, search = decide(case, posed)
    cents = units * case.unit_cents
    with stages.stage("verify"):
        certificate = certify(case, posed, cents, search)
    refuse_failed(certificate)
    return _result(case, cents, certificate, table, quarantined, stages)


def check(source: object, policy: LoanPolicy, progress: Progress | None = None) -> Survey:
    """Read and check applicants and say who would be in; nothing is divided.

    Parameters
    ----------
    source, policy, progress
        As in `run`.

    Returns
    -------
    Survey

    Raises
    ------
    DataError
        As `run` does.
    InfeasibleError
        If the floors of segments cannot be met whoever else has a loan; `run` looks further.
    """
    case, _, _ = _case(source, policy, Stages(progress), 0)
    check_floors(case, pose(case))
    return survey_of(case)


def rederive(
    source: object,
    policy: LoanPolicy,
    awards: pa.Table,
    stored: Mapping[str, Any] | None = None,
    *,
    max_bad: int = 0,
) -> Result:
    """Derive everything from applicants and policy but the loans, which are checked.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
    policy : LoanPolicy
    awards : pyarrow.Table
        With applicant_id and granted_cents, in any order.
    stored : mapping, optional
        The certificate as it was written: its prices, from which a bound is reckoned afresh, and
        HiGHS's own bound. Without it nothing is said of how near the best the loans are.
    max_bad : int
        Up to so many bad rows are set aside; more are an error.

    Returns
    -------
    Result
        Its certificate says what is wrong with the loans.
    """
    stages = Stages()
    case, table, quarantined = _case(source, policy, stages, max_bad)
    with stages.stage("verify"):
        cents, faults = aligned(case, awards)
        certificate = certify(case, pose(case), cents, search_of(stored), faults)
    return _result(case, cents, certificate, table, quarantined, stages)


def verify(source: object, policy: LoanPolicy, awards: pa.Table) -> Certificate:
    """Check loans against applicants and policy; nothing is solved.

    Parameters
    ----------
    source, policy, awards
        As in `rederive`.

    Returns
    -------
    Certificate
        Nothing is raised for bad loans: the certificate says so.
    """
    return rederive(source, policy, awards).certificate


def _case(
    source: object, policy: LoanPolicy, stages: Stages, max_bad: int
) -> tuple[Case, UsersTable, pa.Table | None]:
    with stages.stage("load"):
        applicants, table, quarantined = read_applicants(source, policy, max_bad=max_bad)
    with stages.stage("eligibility"):
        return case_of(applicants, policy), table, quarantined


def _result(
    case: Case,
    cents: NDArray[np.int64],
    certificate: Certificate,
    table: UsersTable,
    quarantined: pa.Table | None,
    stages: Stages,
) -> Result:
    with stages.stage("cents"):
        awards = awards_table(case, cents)
        # A loan that a changed table gives to somebody who is refused may have no terms at all.
        most = np.where(case.refusal == 0, case.most * case.unit_cents, 0)
        extra = {SCHEDULE: schedule_of(case, np.clip(cents, 0, most))}
    return Result(
        policy=case.policy,
        table=awards,
        certificate=certificate,
        sources=table.sources,
        simulated=table.simulated,
        warnings=warnings_of(case, certificate),
        stages=tuple(stages.finished),
        quarantined=quarantined,
        extra=MappingProxyType(extra),
    )
