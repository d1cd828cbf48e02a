"""Evidence for awards under constraints that overlap: rows met exactly, and a bound close by.

Any prices give a bound on the objective (Everett 1963), so that they need no trust: they are read
off the awards, each atom's price being where its last unit held and its first refused meet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.atoms import Atoms, atoms_of
from allocator.core.extremes import extreme_units
from allocator.core.family import Family
from allocator.core.gap import gaps
from allocator.core.nested_edge import find_nested_edge
from allocator.core.order import TieKeys
from allocator.core.ramps import Ramps
from allocator.core.rows import Rows, broken_rows
from allocator.core.transfers import find_transfer

__all__ = ["OverlapEdge", "find_overlap_edge"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CLOSE = 1e-9  # relative misses of a bound on a price below it are float error
NOISE = 1e-2  # relative misses of prices below it come of whole units: few of them make an atom
LARGEST_LOG = 700.0  # of what floats hold
TINIEST = 1e-300  # where nothing would divide
SURE = 1e-9  # relative: a price that is told within it counts fully, others the less
UNITS = 3.0  # a row this many units from its bound, and one for every row, binds


@dataclass(frozen=True, eq=False)
class OverlapEdge:
    """What was found.

    Attributes
    ----------
    broken : tuple of str
        Names of rows that are not met, in rational arithmetic.
    canonical, optimal : bool
        Inside every atom units are held in the rule's order; no transfer of one unit that the
        rows allow helps, inside an atom or between two.
    pair : (int, int) or None
        Who holds a unit that the other should have before them, in the same atom.
    transfer : (int, int) or None
        Atoms between which a transfer would help.
    gap, fractional_gap : float or None
        To the bound at `prices`; None where the objective is minus infinity.
    prices : mapping of str to float
        Of the rows that bind, relative to the price at `log_level`: positive for a cap, negative
        for a floor.
    log_level : float
        Of a unit at its mean price.
    budget_price : float
        Of the budget, relative to the price at `log_level`.
    """

    broken: tuple[str, ...]
    canonical: bool
    optimal: bool
    pair: tuple[int, int] | None
    transfer: tuple[int, int] | None
    gap: float | None
    fractional_gap: float | None
    prices: dict[str, float]
    log_level: float
    budget_price: float = 1.0


def find_overlap_edge(
    ramps: Ramps, alpha: float, awards: Ints, rows: Rows, budget: int, tie_keys: TieKeys
) -> OverlapEdge:
    """Check awards in whole units against rows that overlap.

    Parameters
    ----------
    ramps : Ramps
        Of all n claimants, with whole bounds.
    alpha : float
    awards : ndarray of int64, shape (n,)
        Within everybody's own bounds.
    rows : Rows
    budget : int
    tie_keys : callable

    Returns
    -------
    OverlapEdge
    """
    atoms = atoms_of(rows, len(awards))
    totals = np.bincount(atoms.labels, weights=awards, minlength=len(atoms)).astype(np.int64)
    family = Family((atoms.labels,), totals, totals, ())
    nested = find_nested_edge(ramps, awards, family, tie_keys)
    log_levels, apart = np.full(len(atoms), np.nan), np.zeros(len(atoms))
    log_levels[nested.binding.groups] = nested.binding.log_level
    broken = broken_rows(rows, totals, atoms.coefficients)
    edge = nested.edge
    transfer, power = None, alpha
    if not broken:
        given, taken = (np.flatnonzero(m) for m in (awards > ramps.lower, awards < ramps.upper))
        k = len(atoms)
        held = extreme_units(ramps, awards, given, atoms.labels, k, last=True)
        refused = extreme_units(ramps, awards + 1, taken, atoms.labels, k, last=False)
        ends = [np.log(e[0]) if ramps.flat else e[1] for e in (held, refused)]  # alpha = 0: tiers
        transfer = find_transfer(ramps, ends[0], ends[1], totals, rows, atoms)
        if ramps.flat:  # a price is anything between what the last held and the first refused are
            last, first = (np.where(np.isnan(a), b, a) for a, b in (ends, ends[::-1]))
            log_levels, apart, power = (last + first) / 2.0, np.abs(first - last), 1.0
    known = np.isfinite(log_levels)
    optimal = edge.optimal and transfer is None
    if broken or not known.any() or not 0 < power < np.inf:
        return OverlapEdge(
            tuple(rows.names[j] for j in broken),
            edge.canonical,
            optimal,
            edge.pair,
            transfer,
            None,
            None,
            {},
            float(np.median(log_levels[known])) if known.any() else -np.inf,
        )
    reference = float(np.average(log_levels[known], weights=totals[known] + 1.0))
    bounds = np.vstack([ramps.lower, ramps.upper])
    low, high = (np.bincount(atoms.labels, each, len(atoms)) for each in bounds)
    side = (totals == high).astype(np.int64) - (totals == low)
    observed = np.exp(-power * (log_levels - reference))
    budget_price, row_prices = _prices(observed, apart, side, rows, atoms, totals, budget)
    price = budget_price + row_prices @ atoms.coefficients
    with np.errstate(divide="ignore", invalid="ignore"):
        levels = reference - np.where(price > 0, np.log(price), -LARGEST_LOG * power) / power
    unit_price = max(budget_price, float(price @ totals) / max(float(totals.sum()), 1.0))
    if unit_price <= 0:  # all that is held is held for floors of rows
        unit_price = float(np.average(observed[known], weights=totals[known] + 1.0))
    log_level = reference - float(np.log(unit_price)) / power
    own = levels[atoms.labels]
    tier, tiers = (np.exp(log_level), np.exp(own)) if ramps.flat else (1.0, np.ones(len(awards)))
    whole, real = gaps(ramps, alpha, awards, tier, log_level, budget, (tiers, own))
    slack = _slack(rows, atoms, totals, row_prices) / (unit_price * budget) if budget else 0.0
    return OverlapEdge(
        (),
        edge.canonical,
        optimal,
        edge.pair,
        transfer,
        None if whole is None else whole + slack,
        None if real is None else real + slack,
        {
            rows.names[j]: float(row_prices[j] / unit_price)
            for j in np.flatnonzero(row_prices).tolist()
        },
        log_level,
        budget_price / unit_price,
    )


def _prices(
    observed: Floats,
    apart: Floats,
    side: Ints,
    rows: Rows,
    atoms: Atoms,
    totals: Ints,
    budget: int,
) -> tuple[float, Floats]:
    """Fit budget and row prices to the atoms' prices, with the sign that each row's side asks.

    A budget of which something is left has no price, unless prices cannot be told without one: that
    all is spent that can be may cost some of the objective.
    """
    shares = (0.0, 1.0) if totals.sum() < budget else (1.0,)
    for share in shares:
        price, prices, miss = _fit(observed, apart, side, rows, atoms, totals, share)
        if miss <= NOISE:
            break
    return price, prices


def _fit(
    observed: Floats,
    apart: Floats,
    side: Ints,
    rows: Rows,
    atoms: Atoms,
    totals: Ints,
    share: float,
) -> tuple[float, Floats, float]:
    """Return the budget's price, those of rows, and the largest relative miss.

    The price of an atom whose members are all at their caps is at most what is observed, of one
    whose members are all at their floors at least; they count where they would be missed.
    """
    c, sums = atoms.coefficients, atoms.coefficients @ totals
    near = (UNITS + len(rows)) * np.abs(c).max(axis=1, initial=0.0)
    at_cap, at_floor = rows.upper - sums <= near, sums - rows.lower <= near
    binding = np.flatnonzero(at_cap | at_floor)
    # Prices are read to a relative precision: it is relative misses that are made small.
    size = np.maximum(observed, TINIEST)
    weight = np.sqrt(totals + 1.0) / size / (1.0 + apart / SURE)
    known = np.isfinite(observed) & (side == 0)
    while True:
        design = np.vstack([np.full(len(totals), share), c[binding]]).T
        used = (design * weight[:, None])[known]
        scale = np.maximum(np.abs(used).max(axis=0, initial=0.0), TINIEST)
        fit = np.linalg.lstsq(used / scale, (observed * weight)[known], rcond=None)[0] / scale
        wrong = ((fit[1:] < 0) & ~at_floor[binding]) | ((fit[1:] > 0) & ~at_cap[binding])
        if wrong.any():
            binding = binding[~wrong]
            continue
        miss = (design @ fit - observed) / size
        more = ~known & (side * miss > CLOSE)
        if not more.any():
            break
        known |= more
    prices = np.zeros(len(rows))
    prices[binding] = fit[1:]
    return float(fit[0]), prices, float(np.abs(miss[known]).max(initial=0.0))


def _slack(rows: Rows, atoms: Atoms, totals: Ints, prices: Floats) -> float:
    """Add up what the bound pays for room that rows with a price leave."""
    sums = atoms.coefficients @ totals
    room = np.where(prices > 0, rows.upper - sums, np.where(prices < 0, sums - rows.lower, 0.0))
    return float(np.abs(prices) @ np.where(prices != 0, room, 0.0))
