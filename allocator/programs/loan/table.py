"""The awards of a loan fund as a table, and awards given by somebody in the order of applicants."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import (
    array_of,
    booleans_of,
    decimals_of,
    nulls_of,
    numbers_of,
    texts_array,
)
from allocator.programs.loan.fund import PARTS, REFUSALS, Case
from allocator.programs.loan.reasons import CODES, reasons_of

__all__ = ["aligned", "awards_table"]

Ints = NDArray[np.int64]


def awards_table(case: Case, granted_cents: Ints) -> pa.Table:
    """Return a row for every applicant, in their order.

    Parameters
    ----------
    case : Case
    granted_cents : ndarray of int64, shape (n,)

    Returns
    -------
    pyarrow.Table
        applicant_id, approved, granted_cents, rate (a year's; null without a loan), reason (a
        sentence), reason_code, requested and minimum (dollars, as read), lower_cents and
        upper_cents (the same in whole units, with the applicant's limit), tenor_months, weight;
        segment and grade if the applicants have them.
    """
    who, refused = case.applicants, granted_cents == 0
    codes, sentences = reasons_of(case, granted_cents // case.unit_cents)
    labels = tuple(dict.fromkeys((*CODES, *REFUSALS[1:])))
    places = np.array([labels.index(code) for code in codes], dtype=np.int8)
    columns = {
        "applicant_id": who.ids,
        "approved": array_of(~refused),
        "granted_cents": array_of(granted_cents),
        "rate": array_of(case.rate / PARTS, missing=refused),
        "reason": texts_array(sentences),
        "reason_code": pa.DictionaryArray.from_arrays(array_of(places), texts_array(labels)),
        "requested": decimals_of(who.requested, precision=19),
        "minimum": decimals_of(who.minimum, precision=19),
        "lower_cents": array_of(case.least * case.unit_cents),
        "upper_cents": array_of(case.most * case.unit_cents),
        "tenor_months": array_of(who.tenor),
        "weight": array_of(who.weight),
    }
    for name, texts in (("segment", who.segment), ("grade", who.grade)):
        if texts is not None:
            columns[name] = texts_array(texts)
    return pa.table(columns)


def aligned(case: Case, awards: pa.Table) -> tuple[Ints, tuple[str, ...]]:
    """Return what was granted to every applicant, in their order, and what is wrong with the list.

    Parameters
    ----------
    case : Case
    awards : pyarrow.Table
        With applicant_id and granted_cents, in any order; and approved, if there.

    Returns
    -------
    granted_cents : ndarray of int64, shape (n,)
    faults : tuple of str
    """
    missing = {"applicant_id", "granted_cents"} - set(awards.column_names)
    if missing:
        said = f"applicants: the awards have no column {' or '.join(sorted(missing))}"
        return np.zeros(len(case), np.int64), (said,)
    column = awards.column("granted_cents")
    if not pa.types.is_int64(column.type) or column.null_count:
        said = "applicants: the awards are not whole cents for every row"
        return np.zeros(len(case), np.int64), (said,)
    names = case.applicants.ids.cast(pa.string()).combine_chunks()
    given = awards.column("applicant_id").cast(pa.string()).combine_chunks()
    faults = []
    if len(given.unique()) < len(given):
        faults.append("applicants: some applicants have more than one award")
    if unknown := pc.index_in(given, names).null_count:
        faults.append(f"applicants: {unknown:,} awards are for nobody among the applicants")
    at = pc.index_in(names, given)
    if at.null_count:
        faults.append(f"applicants: {at.null_count:,} applicants have no award")
    cents = numbers_of(column)
    if "approved" in awards.column_names and pa.types.is_boolean(awards.column("approved").type):
        wrong = int(np.count_nonzero(booleans_of(awards.column("approved")) != (cents != 0)))
        if wrong:
            faults.append(f"applicants: {wrong:,} are approved without a loan, or have one refused")
    rows = np.where(nulls_of(at), len(cents), numbers_of(at))  # the last is for whoever has none
    return np.append(cents, 0)[rows], tuple(faults)
