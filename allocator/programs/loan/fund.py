"""What a loan policy means for its applicants: amounts, rates, refusals, and limits, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from allocator.core.lots import Limit
from allocator.money import CENTS, FINE, exact
from allocator.policy.values import read_ratio
from allocator.programs.loan.applicants import ANY, Applicants
from allocator.programs.loan.policy import LoanPolicy
from allocator.programs.loan.values import read_part

__all__ = [
    "BUDGET",
    "EXPECTED_LOSS",
    "PARTS",
    "REFUSALS",
    "Case",
    "case_of",
    "loss_budget",
    "segment_name",
]

Ints = NDArray[np.int64]

PARTS = 10**8  # of a rate: it has eight decimals at most
BUDGET, EXPECTED_LOSS = "fund", "expected loss"

# Why an applicant is out before anybody competes for money, first things first; "" is in.
REFUSALS = (
    "",
    "score_below_minimum",
    "tenor_not_offered",
    "tenor_within_grace",
    "no_whole_unit",
    "applicant_limit",
)


def segment_name(segment: str) -> str:
    """Return what the limit of a segment is called."""
    return f"segment {segment}"


def loss_budget(policy: LoanPolicy) -> Fraction | None:
    """Return the expected-loss budget in dollars, or None when there is none."""
    fund = policy.fund
    if fund.expected_loss_budget is None:
        return None
    return read_part(fund.expected_loss_budget).dollars(exact(fund.budget))


@dataclass(frozen=True, eq=False)
class Case:
    """A loan fund and its n applicants, in whole units.

    Attributes
    ----------
    policy : LoanPolicy
    applicants : Applicants
    unit_cents : int
    wanted : ndarray of int64, shape (n,)
        The request, lowered to whole units.
    least, most : ndarray of int64, shape (n,)
        The minimum, raised to whole units and to one; the request or the applicant's limit,
        whichever is less, lowered.
    refusal : ndarray of int8, shape (n,)
        Places in `REFUSALS`; 0 for whoever is in.
    rate : ndarray of int64, shape (n,)
        A year's, in counts of 1e-8.
    capped : ndarray of bool, shape (n,)
        Whether the ceiling holds the rate down.
    limits : tuple of Limit
        On totals of the applicants, whoever they are: the fund, each segment, expected loss.
    loss_parts : int
        What of expected loss in a unit of loan the limit on it counts as 1, inverted.
    """

    policy: LoanPolicy
    applicants: Applicants
    unit_cents: int
    wanted: Ints
    least: Ints
    most: Ints
    refusal: NDArray[np.int8]
    rate: Ints
    capped: NDArray[np.bool_]
    limits: tuple[Limit, ...]
    loss_parts: int

    def __len__(self) -> int:
        return len(self.least)

    @property
    def considered(self) -> Ints:
        """Positions of those who compete for money."""
        return np.flatnonzero(self.refusal == 0)

    def dollars(self, limit: Limit, total: int) -> Fraction:
        """Return in dollars what a limit counts."""
        parts = self.loss_parts if limit.name == EXPECTED_LOSS else 1
        return Fraction(total * self.unit_cents, parts * CENTS)


def case_of(applicants: Applicants, policy: LoanPolicy) -> Case:
    """Derive from applicants and policy what may be granted.

    Parameters
    ----------
    applicants : Applicants
    policy : LoanPolicy

    Returns
    -------
    Case

    Examples
    --------
    >>> import pyarrow as pa
    >>> from allocator.programs.loan.applicants import read_applicants
    >>> table = pa.table({"applicant_id": ["a", "b"], "requested": ["9500", "1900"],
    ...                   "minimum": ["4000.01", "1200"], "tenor_months": [12, 12]})
    >>> policy = LoanPolicy.example()
    >>> case = case_of(read_applicants(table, policy)[0], policy)
    >>> case.least.tolist(), case.most.tolist(), [REFUSALS[code] for code in case.refusal]
    ([5, 2], [9, 1], ['', 'no_whole_unit'])
    """
    fund = policy.fund
    budget, unit = exact(fund.budget), exact(fund.unit)
    fine = int(unit * FINE)
    wanted = applicants.requested // fine
    least = np.maximum(-(-applicants.minimum // fine), 1)
    most = wanted
    if fund.max_share_per_applicant is not None:
        each = int(read_part(fund.max_share_per_applicant).dollars(budget) * FINE)
        most = np.minimum(wanted, np.maximum(each - applicants.exposure, 0) // fine)
    rate, capped = _rates(applicants, policy)
    limits, loss_parts = _limits(applicants, policy, budget, unit)
    return Case(
        policy=policy,
        applicants=applicants,
        unit_cents=int(unit * CENTS),
        wanted=wanted,
        least=least,
        most=most,
        refusal=_refusals(applicants, policy, wanted, least, most),
        rate=rate,
        capped=capped,
        limits=limits,
        loss_parts=loss_parts,
    )


def _refusals(
    applicants: Applicants, policy: LoanPolicy, wanted: Ints, least: Ints, most: Ints
) -> NDArray[np.int8]:
    fund, n = policy.fund, len(applicants)
    nobody = np.zeros(n, dtype=np.bool_)
    low = nobody
    if fund.min_score is not None and applicants.score is not None:
        bar = exact(fund.min_score)
        low = np.array([each < bar for each in applicants.score], dtype=np.bool_)
    offered = ~nobody
    if fund.tenors:
        offered = np.isin(applicants.tenor, np.array(fund.tenors))
    tests = (
        low,
        ~offered,
        applicants.tenor <= fund.grace_months,
        least > wanted,
        least > most,
    )
    refusal = np.zeros(n, dtype=np.int8)
    for code in range(len(tests), 0, -1):  # the first that applies is written last
        refusal[tests[code - 1]] = code
    return refusal


def _rates(applicants: Applicants, policy: LoanPolicy) -> tuple[Ints, NDArray[np.bool_]]:
    rate = policy.fund.rate
    base, ceiling = (int(read_ratio(text) * PARTS) for text in (rate.base, rate.ceiling))
    parts = {grade: int(read_ratio(text) * PARTS) for grade, text in rate.spread.items()}
    rates = np.full(len(applicants), base, dtype=np.int64)
    if parts and applicants.grade is not None:
        other = parts.get(ANY, 0)
        rates += np.array([parts.get(grade, other) for grade in applicants.grade], dtype=np.int64)
    return np.minimum(rates, ceiling), rates > ceiling


def _limits(
    applicants: Applicants, policy: LoanPolicy, budget: Fraction, unit: Fraction
) -> tuple[tuple[Limit, ...], int]:
    fund, n = policy.fund, len(applicants)
    everybody = np.arange(n)
    limits = [Limit(BUDGET, everybody, _ones(n), 0, int(budget // unit))]
    segments = np.array(applicants.segment or [""] * n, dtype=object)
    for name, segment in fund.segments.items():
        members = np.flatnonzero(segments == name)
        low = read_part(segment.min_share or "0").dollars(budget)
        high = read_part(segment.max_share or "1").dollars(budget)
        least, most = -(-low // unit), high // unit
        limits.append(
            Limit(segment_name(name), members, _ones(len(members)), int(least), int(most))
        )
    loss_parts = 1
    dollars = loss_budget(policy)
    if dollars is not None and applicants.pd and applicants.lgd:
        rates = [p * q for p, q in zip(applicants.pd, applicants.lgd, strict=True)]
        loss_parts = lcm(*(each.denominator for each in rates))
        per_unit = np.array([int(each * loss_parts) for each in rates], dtype=object)
        limits.append(
            Limit(EXPECTED_LOSS, everybody, per_unit, 0, int(dollars * loss_parts // unit))
        )
    return tuple(limits), loss_parts


def _ones(n: int) -> NDArray[np.object_]:
    return np.full(n, 1, dtype=object)
