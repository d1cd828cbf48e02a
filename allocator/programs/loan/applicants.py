"""A table of applicants, read and checked: exact columns, and every bad row told at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of
from allocator.data.check import check_amounts
from allocator.data.columns import refuse_missing
from allocator.data.findings import Findings
from allocator.data.ids import check_ids
from allocator.data.table import UsersTable, read_users
from allocator.errors import DataError
from allocator.programs.loan.columns import (
    APPLICANT_ID,
    COLUMNS,
    EXPOSURE,
    GRADE,
    LGD,
    MINIMUM,
    PD,
    REQUESTED,
    SCORE,
    SEGMENT,
    TENOR,
    WEIGHT,
)
from allocator.programs.loan.numbers import floats_of, read_numbers
from allocator.programs.loan.policy import LoanPolicy

__all__ = ["ANY", "Applicants", "read_applicants"]

ANY = "*"  # the grade of a spread for all grades that are not listed
LONGEST_TENOR = 600  # months
LARGEST_WEIGHT = Fraction(10**12)
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Applicants:
    """The checked columns of n applicants; money in counts of 1e-8 dollars.

    Attributes
    ----------
    ids : pyarrow.ChunkedArray of text or integers, length n
    requested, minimum : ndarray of int64, shape (n,)
    exposure : ndarray of int64, shape (n,)
        0 when the table has no such column.
    tenor : ndarray of int64, shape (n,)
        In months.
    weight : ndarray of float64, shape (n,)
        1 when the table has no such column.
    segment, grade : list of str, length n, or None
        None when the table has no such column; "" where it is empty.
    pd, lgd, score : list of Fraction, length n, or None
        None when the policy does not need them.
    rounded : ndarray of bool, shape (n,)
        Rows with a float amount that was rounded to eight decimals.
    """

    ids: pa.ChunkedArray
    requested: Ints
    minimum: Ints
    exposure: Ints
    tenor: Ints
    weight: NDArray[np.float64]
    segment: list[str] | None
    grade: list[str] | None
    pd: list[Fraction] | None
    lgd: list[Fraction] | None
    score: list[Fraction] | None
    rounded: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.requested)

    def take(self, keep: NDArray[np.bool_]) -> Applicants:
        """Keep some applicants, in their order."""
        kept: dict[str, Any] = {}
        for each in fields(self):
            column = getattr(self, each.name)
            if isinstance(column, list):
                kept[each.name] = [value for value, good in zip(column, keep, strict=True) if good]
            elif isinstance(column, pa.ChunkedArray):
                kept[each.name] = column.filter(array_of(keep))
            else:
                kept[each.name] = None if column is None else column[keep]
        return Applicants(**kept)


def read_applicants(
    source: object, policy: LoanPolicy, *, max_bad: int = 0
) -> tuple[Applicants, UsersTable, pa.Table | None]:
    """Read and check a table of applicants.

    Parameters
    ----------
    source : path, UsersTable, data frame or Arrow table
        A row an applicant: applicant_id, requested, minimum, tenor_months; segment, grade, score,
        pd and lgd where the policy needs them; weight and existing_exposure if there; under other
        names if the policy's ``[columns]`` says so. Collateral counts by way of lgd, which is net
        of it; existing_exposure counts against the applicant's limit.
    policy : LoanPolicy
    max_bad : int
        Up to so many bad rows are set aside; more are an error.

    Returns
    -------
    applicants : Applicants
    table : UsersTable
        As read.
    quarantined : pyarrow.Table or None
        Bad rows that were set aside.

    Raises
    ------
    DataError
        With every bad row: a missing or repeated id; an amount that is missing, unreadable,
        negative, too large or too fine; a minimum above the request; a probability outside 0 to 1;
        a tenor that is no whole number of months; a grade without a spread; a missing segment.

    Examples
    --------
    >>> table = pa.table({"applicant_id": ["a"], "requested": ["9000"], "minimum": ["4000"],
    ...                   "tenor_months": [12]})
    >>> applicants, _, _ = read_applicants(table, LoanPolicy.example())
    >>> len(applicants), applicants.weight.tolist()
    (1, [1.0])
    """
    fund, mapping = policy.fund, policy.columns
    name = {ours: mapping.get(ours, ours) for ours in COLUMNS}
    table = read_users(source, columns=list(name.values()))
    needed = [APPLICANT_ID, REQUESTED, MINIMUM, TENOR]
    needed += [SEGMENT] * bool(fund.segments) + [GRADE] * bool(fund.rate.spread)
    needed += [PD, LGD] * (fund.expected_loss_budget is not None)
    needed += [SCORE] * (fund.min_score is not None)
    refuse_missing(
        table, needed, mapping, optional=[each for each in COLUMNS if each not in needed]
    )
    data, findings = table.table, Findings(table.malformed)
    there = {ours for ours in COLUMNS if name[ours] in data.column_names}

    ids = check_ids(data, name[APPLICANT_ID], findings)
    requested = check_amounts(data, name[REQUESTED], findings, signed=False)
    minimum = check_amounts(data, name[MINIMUM], findings, signed=False)
    above = np.flatnonzero(minimum.parts > requested.parts)
    sound = ~findings.mask(len(table))
    findings.add(f"is above {name[REQUESTED]}", name[MINIMUM], above[sound[above]])
    exposure, rounded = np.zeros(len(table), np.int64), requested.rounded | minimum.rounded
    if EXPOSURE in there:
        amounts = check_amounts(data, name[EXPOSURE], findings, signed=False)
        exposure, rounded = amounts.parts, rounded | amounts.rounded
    zero, one = Fraction(0), Fraction(1)
    weight = [one] * len(table)
    if WEIGHT in there:
        weight = read_numbers(
            data, name[WEIGHT], findings, least=zero, most=LARGEST_WEIGHT, like="1.5"
        )
    pd, lgd = (
        read_numbers(data, name[each], findings, least=zero, most=one)
        if fund.expected_loss_budget is not None
        else None
        for each in (PD, LGD)
    )
    score = None
    if fund.min_score is not None:
        score = read_numbers(data, name[SCORE], findings, like="620")
    tenor = _tenors(data, name[TENOR], findings)
    segment = _texts(data, name[SEGMENT], findings, required=SEGMENT in needed)
    grade = _texts(data, name[GRADE], findings, required=GRADE in needed)
    if grade is not None and fund.rate.spread and ANY not in fund.rate.spread:
        unlisted = [i for i, each in enumerate(grade) if each and each not in fund.rate.spread]
        rule = f"is not a grade of fund.rate.spread ({', '.join(fund.rate.spread)})"
        findings.add(rule, name[GRADE], np.array(unlisted, dtype=np.int64))
    applicants = Applicants(
        ids=ids,
        requested=requested.parts,
        minimum=minimum.parts,
        exposure=exposure,
        tenor=tenor,
        weight=floats_of(weight),
        segment=segment,
        grade=grade,
        pd=pd,
        lgd=lgd,
        score=score,
        rounded=rounded,
    )
    count = findings.count
    if not count:
        return applicants, table, None
    if count > max_bad or count == len(table):
        raise findings.error(table)
    return applicants.take(~findings.mask(len(table))), table, findings.quarantine_table(table)


def _tenors(table: pa.Table, name: str, findings: Findings) -> Ints:
    least, most = Fraction(1), Fraction(LONGEST_TENOR)
    months = read_numbers(table, name, findings, least=least, most=most, like="24")
    odd = [i for i, each in enumerate(months) if each.denominator != 1]
    findings.add("is not a whole number of months", name, np.array(odd, dtype=np.int64))
    return np.array([int(each) for each in months], dtype=np.int64)


def _texts(table: pa.Table, name: str, findings: Findings, *, required: bool) -> list[str] | None:
    if name not in table.column_names:
        return None
    column, types = table.column(name), pa.types
    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_null(kind)
    if not (text or types.is_integer(kind)):
        raise DataError(f"column {name!r} holds {kind} values; it must hold text")
    texts = [each or "" for each in pc.cast(column, pa.string()).to_pylist()]
    if required:
        empty = [i for i, each in enumerate(texts) if not each.strip()]
        findings.add("is missing", name, np.array(empty, dtype=np.int64))
    return texts
