"""Simulated applicants, for trying a loan policy when nobody's data are at hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import array_of, decimals_of, texts_array
from allocator.data.table import SIMULATED_KEY, Source, UsersTable
from allocator.errors import DataError
from allocator.money import FINE

__all__ = ["simulate_applicants"]

SEGMENTS = ("trader", "market_maker", "fund", "project", "broker")
SEGMENT_SHARES = (0.55, 0.10, 0.12, 0.15, 0.08)
SEGMENT_SIZES = (25_000.0, 250_000.0, 180_000.0, 90_000.0, 120_000.0)  # median requests, dollars
SPREAD = 0.9  # standard deviation of the logarithm of a request
LARGEST = 10_000_000.0
GRADES = ("A", "B", "C", "D", "E")
GRADE_SHARES = (0.18, 0.30, 0.28, 0.16, 0.08)
GRADE_PD = (0.008, 0.02, 0.045, 0.09, 0.17)  # mean probabilities of default
GRADE_SCORES = (780, 720, 660, 600, 540)  # mean scores
MEAN_LGD = 0.45  # net of collateral
TENORS = (6, 12, 18, 24, 36)
TENOR_SHARES = (0.15, 0.35, 0.15, 0.25, 0.10)
LEAST_PART, MOST_PART = 0.2, 0.9  # of the request that is the minimum
OWES, MEDIAN_OWED = 0.15, 15_000.0


def simulate_applicants(n: int, *, seed: int = 0) -> UsersTable:
    """Simulate applicants of a loan fund for ecosystem and institutional users.

    Nobody's data are in it; everything is assumed:

    * 55% traders, 10% market makers, 12% funds, 15% projects, 8% brokers; requests are lognormal
      (the logarithm's standard deviation is 0.9) around $25,000, $250,000, $180,000, $90,000 and
      $120,000, cut at $10 million, in whole hundreds of dollars. 5,000 applicants ask for about
      six times the announced $100 million.
    * The minimum that is of use is 20% to 90% of the request, evenly; three in ten minima are in
      whole thousands.
    * Grades A to E (18%, 30%, 28%, 16%, 8%) with probabilities of default around 0.8%, 2%, 4.5%,
      9% and 17%, and scores around 780, 720, 660, 600 and 540; losses given default, net of
      collateral, by a beta distribution around 45%. All independent of segment and size.
    * Tenors of 6, 12, 18, 24 or 36 months; 15% owe something already, lognormal around $15,000.

    Parameters
    ----------
    n : int
        How many applicants, at least 1.
    seed : int, optional
        The same seed gives the same table.

    Returns
    -------
    UsersTable
        applicant_id (``a1``, ``a2``, ...), requested, minimum, segment, grade, pd, lgd, score,
        tenor_months, existing_exposure.

    Raises
    ------
    DataError
        If `n` is less than 1 or `seed` is negative.

    Examples
    --------
    >>> applicants = simulate_applicants(100, seed=7)
    >>> len(applicants), applicants.simulated
    (100, '100 applicants, seed 7')
    """
    if n < 1 or seed < 0:
        raise DataError(
            f"cannot simulate {n} applicants with seed {seed}: give at least 1 applicant and a "
            "seed of 0 or more"
        )
    rng = np.random.default_rng(seed)
    segment = rng.choice(len(SEGMENTS), n, p=SEGMENT_SHARES).astype(np.int8)
    grade = rng.choice(len(GRADES), n, p=GRADE_SHARES).astype(np.int8)
    dollars = np.array(SEGMENT_SIZES)[segment] * np.exp(SPREAD * rng.standard_normal(n))
    requested = np.maximum(np.rint(np.minimum(dollars, LARGEST) / 100), 10) * 100
    part = rng.uniform(LEAST_PART, MOST_PART, n)
    step = np.where(rng.random(n) < 0.3, 1000.0, 10.0)
    minimum = np.minimum(np.rint(requested * part / step) * step, requested)
    pd = np.clip(np.array(GRADE_PD)[grade] * np.exp(0.25 * rng.standard_normal(n)), 1e-4, 0.9)
    lgd = rng.beta(9 * MEAN_LGD, 9 * (1 - MEAN_LGD), n)
    score = np.rint(np.array(GRADE_SCORES)[grade] + 18 * rng.standard_normal(n)).astype(np.int64)
    tenor = np.array(TENORS)[rng.choice(len(TENORS), n, p=TENOR_SHARES)]
    owed = np.where(
        rng.random(n) < OWES, np.rint(MEDIAN_OWED * np.exp(rng.standard_normal(n))), 0.0
    )
    first, empty = texts_array(["a", ""])
    numbers = pc.cast(array_of(np.arange(1, n + 1)), pa.string())
    columns = {
        "applicant_id": pc.binary_join_element_wise(first, numbers, empty),
        "requested": _decimals(requested, 2),
        "minimum": _decimals(minimum, 2),
        "segment": pa.DictionaryArray.from_arrays(array_of(segment), texts_array(SEGMENTS)),
        "grade": pa.DictionaryArray.from_arrays(array_of(grade), texts_array(GRADES)),
        "pd": _decimals(pd, 4),
        "lgd": _decimals(lgd, 2),
        "score": array_of(score),
        "tenor_months": array_of(tenor),
        "existing_exposure": _decimals(owed, 2),
    }
    note = f"{n} applicants, seed {seed}"
    table = pa.table(columns, metadata={SIMULATED_KEY: note.encode()})
    source = Source("<simulated>", None, None, n, 0, False)
    return UsersTable(table, (source,), note, tuple(columns))


def _decimals(values: NDArray[np.float64], digits: int) -> pa.Array:
    """Round to so many decimals, exactly."""
    parts = np.rint(values * 10**digits).astype(np.int64)
    return decimals_of(parts * (FINE // 10**digits))
