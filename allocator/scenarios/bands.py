"""Award against loss, as quantiles of the users whose losses are about the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.money import FINE
from allocator.scenarios.panel import Panel, Scenario

__all__ = ["FEWEST", "QUANTILES", "Band", "award_bands", "band_at"]

PER_DECADE = 8
QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
FEWEST = 10  # fewer users are not shown: somebody could be recognized


@dataclass(frozen=True)
class Band:
    """The users whose losses lie in one range.

    Attributes
    ----------
    low, high : float
        Dollars; the range includes `low` and not `high`.
    users : int
    award_cents : tuple of int
        The 5%, 25%, 50%, 75% and 95% quantiles: so many of them get this or less.
    """

    low: float
    high: float
    users: int
    award_cents: tuple[int, ...]

    @property
    def middle(self) -> float:
        """The geometric mean of the range, in dollars."""
        return float(np.sqrt(self.low * self.high))

    @property
    def median_cents(self) -> int:
        """Half of them get this or less."""
        return self.award_cents[QUANTILES.index(0.50)]


def award_bands(users: Panel, scenario: Scenario) -> list[Band]:
    """Return quantiles of awards by loss, eight ranges of loss to a factor of ten.

    Parameters
    ----------
    users : Panel
    scenario : Scenario
        Of that panel; its eligible users count.

    Returns
    -------
    list of Band
        From small losses to large; ranges with fewer than ten users are left out.
    """
    chosen = scenario.eligible & (users.loss > 0)
    loss, award = users.loss[chosen] / FINE, scenario.award[chosen]
    bins = np.floor(np.log10(loss) * PER_DECADE).astype(np.int64)
    order = np.lexsort((award, bins))
    bins, award = bins[order], award[order]
    starts = np.flatnonzero(np.diff(bins, prepend=bins[:1] - 1))
    ends = [*starts[1:].tolist(), len(bins)][: len(starts)]
    bands = []
    for start, end in zip(starts.tolist(), ends, strict=True):
        if end - start < FEWEST:
            continue
        k = int(bins[start])
        places = [start + max(0, int(np.ceil(q * (end - start))) - 1) for q in QUANTILES]
        low, high = 10 ** (k / PER_DECADE), 10 ** ((k + 1) / PER_DECADE)
        bands.append(Band(low, high, end - start, tuple(int(award[p]) for p in places)))
    return bands


def band_at(bands: list[Band], loss: float) -> Band | None:
    """Return the range that a loss in dollars falls in, if it is shown.

    Examples
    --------
    >>> bands = [Band(10.0, 100.0, 50, (1, 2, 3, 4, 5))]
    >>> band_at(bands, 50.0).median_cents, band_at(bands, 5.0)
    (3, None)
    """
    return next((band for band in bands if band.low <= loss < band.high), None)
