"""Amortization: what is paid back when, in exact cents."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import numpy as np
import pyarrow as pa

from allocator.data.buffers import array_of
from allocator.programs.loan.fund import PARTS, Case

__all__ = ["payments", "schedule_of"]

MONTHS = 12  # of a year: every month is a twelfth of it (30/360), whatever its days


def payments(
    principal: int, rate: int, tenor: int, *, bullet: bool = False, grace: int = 0
) -> Iterator[tuple[int, int, int, int]]:
    """Yield payment, interest, principal and balance of each month of a loan, in cents.

    Interest is a twelfth of the year's on the balance (30/360), rounded half-up to the cent. In
    the grace period only interest is paid; after it the same payment every month, rounded half-up,
    with what is left in the last month; or all of the principal in the last month (bullet).

    Parameters
    ----------
    principal : int
        In cents.
    rate : int
        A year's, in counts of 1e-8.
    tenor, grace : int
        In months; grace is below the tenor.
    bullet : bool

    Examples
    --------
    >>> list(payments(100_000, 6_000_000, 3))
    [(33667, 500, 33167, 66833), (33667, 334, 33333, 33500), (33668, 168, 33500, 0)]
    """
    each = 0 if bullet else _half_up(principal * _factor(rate, tenor - grace))
    balance = principal
    for month in range(1, tenor + 1):
        interest = _half_up(Fraction(balance * rate, PARTS * MONTHS))
        repaid = 0
        if month == tenor:
            repaid = balance
        elif month > grace and not bullet:
            repaid = min(max(each - interest, 0), balance)
        balance -= repaid
        yield interest + repaid, interest, repaid, balance


@cache
def _factor(rate: int, months: int) -> Fraction:
    """Return the payment, for a principal of 1, that is the same in every month."""
    if rate == 0:
        return Fraction(1, months)
    growth = (1 + Fraction(rate, PARTS * MONTHS)) ** months
    return Fraction(rate, PARTS * MONTHS) * growth / (growth - 1)


def _half_up(cents: Fraction) -> int:
    return int((2 * cents + 1) // 2)


def schedule_of(case: Case, granted_cents: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Table:
    """Return a row for every month of every loan.

    Parameters
    ----------
    case : Case
    granted_cents : ndarray of int64, shape (n,)

    Returns
    -------
    pyarrow.Table
        applicant_id, month (1 is the first after the loan is paid out), payment_cents,
        interest_cents, principal_cents, balance_cents (after the payment).
    """
    fund = case.policy.fund
    rows = np.flatnonzero(granted_cents)
    lines = [
        line
        for i in rows.tolist()
        for line in payments(
            int(granted_cents[i]),
            int(case.rate[i]),
            int(case.applicants.tenor[i]),
            bullet=fund.repayment == "bullet",
            grace=fund.grace_months,
        )
    ]
    tenor = case.applicants.tenor[rows]
    first = np.repeat(np.cumsum(tenor) - tenor, tenor)
    table = np.array(lines, dtype=np.int64).reshape(-1, 4)
    names = ("payment_cents", "interest_cents", "principal_cents", "balance_cents")
    return pa.table(
        {
            "applicant_id": case.applicants.ids.take(array_of(np.repeat(rows, tenor))),
            "month": array_of(np.arange(len(lines)) - first + 1),
            **{name: array_of(table[:, j].copy()) for j, name in enumerate(names)},
        }
    )
