"""The edges of nested budgets: in every group that binds, what is held precedes what is refused.

A unit may move from one claimant to another when no group that holds only the first is at its
floor, and none that holds only the second at its cap. Inside a group that binds, and among all who
are not held back by one, the last unit held is compared with the first refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.core.edge import Edge, find_edge
from allocator.core.extremes import extreme_units
from allocator.core.family import Family
from allocator.core.order import CLOSE, TieKeys, Units, tolerance
from allocator.core.ramps import Ramps
from allocator.core.ranking import ranks_within

__all__ = ["Binding", "NestedEdge", "find_nested_edge"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Binding:
    """Groups whose total is their floor or their cap.

    Attributes
    ----------
    groups : ndarray of int64, shape (m,)
        Positions in the family.
    at_floor : ndarray of bool, shape (m,)
        At the floor, rather than at the cap.
    tier, log_level : ndarray of float64, shape (m,)
        Where the group's own order ends: between its last unit held and its first refused.
    """

    groups: Ints
    at_floor: Mask
    tier: Floats
    log_level: Floats

    def __len__(self) -> int:
        return len(self.groups)


@dataclass(frozen=True, eq=False)
class NestedEdge:
    """What the edges of all groups say together.

    Attributes
    ----------
    edge : Edge
        Of those who are not held back by a group; optimal, canonical and pair are of all groups.
    binding : Binding
    tier, log_level : ndarray of float64, shape (n,)
        Of each claimant: those of the innermost group that binds, or of the edge.
    """

    edge: Edge
    binding: Binding
    tier: Floats
    log_level: Floats


def find_nested_edge(ramps: Ramps, awards: Ints, family: Family, tie_keys: TieKeys) -> NestedEdge:
    """Compare held with refused units inside every group that binds, and outside of all.

    Parameters
    ----------
    ramps : Ramps
        Of all n claimants, with whole bounds.
    awards : ndarray of int64, shape (n,)
    family : Family
    tie_keys : callable
        Sort keys of tied claimants.

    Returns
    -------
    NestedEdge

    Examples
    --------
    >>> from allocator.core.constraints import Group
    >>> from allocator.core.family import family_of
    >>> from allocator.core.means import Midpoint
    >>> family = family_of([Group([0, 1], upper=3)], 3, 9, whole=True)
    >>> ramps = Ramps(np.ones(3), None, np.zeros(3, int), np.full(3, 9), 1.0, Midpoint())
    >>> keys = lambda rows: [(b"", str(i)) for i in rows]
    >>> found = find_nested_edge(ramps, np.array([2, 1, 6]), family, keys)
    >>> found.edge.canonical, found.binding.groups.tolist()
    (True, [0])
    >>> find_nested_edge(ramps, np.array([3, 0, 6]), family, keys).edge.pair
    (0, 1)
    """
    totals = family.totals(awards)
    gives, takes = totals > family.lower, totals < family.upper
    held, refused = awards > ramps.lower, awards < ramps.upper
    broken: list[Edge] = []
    tier, log_level = np.ones(len(family)), np.full(len(family), np.nan)
    for layer in reversed(family.layers):
        bound = (layer >= 0) & ~(gives & takes)[layer]
        rows = np.flatnonzero(bound & (held | refused))
        for g, members in _doubtful(
            ramps, awards, layer, rows, held, refused, tier, log_level, tie_keys
        ):
            edge = _edge_within(ramps, awards, members, held, refused, tie_keys)
            tier[g], log_level[g] = edge.tier, edge.log_level
            if not edge.canonical:
                broken.append(edge)
        inside = layer >= 0
        held &= ~inside | gives[layer]
        refused &= ~inside | takes[layer]
    edge = find_edge(ramps, awards, tie_keys, held, refused)
    if broken:
        worst = min(broken, key=lambda each: each.optimal)
        edge = Edge(
            edge.optimal and worst.optimal,
            False,
            worst.pair if edge.canonical or not worst.optimal else edge.pair,
            edge.tier,
            edge.log_level,
            max((e.advantage for e in (edge, worst) if e.advantage is not None), default=None),
        )
    groups = np.flatnonzero(~(gives & takes) & (np.isfinite(log_level)))
    binding = Binding(groups, ~gives[groups], tier[groups], log_level[groups])
    row_tier, row_level = np.full(len(awards), edge.tier), np.full(len(awards), edge.log_level)
    for layer in family.layers:
        rows = np.flatnonzero((layer >= 0) & np.isfinite(log_level)[layer])
        row_tier[rows], row_level[rows] = tier[layer[rows]], log_level[layer[rows]]
    return NestedEdge(edge, binding, row_tier, row_level)


def _doubtful(
    ramps: Ramps,
    awards: Ints,
    layer: Ints,
    rows: Ints,
    held: Mask,
    refused: Mask,
    tier: Floats,
    log_level: Floats,
    tie_keys: TieKeys,
) -> Iterator[tuple[int, Ints]]:
    """Yield groups of several tiers and those in which the order is broken; settle all others.

    In a group of one nothing can be moved, but its level is a bound on its member.
    """
    if not len(rows):
        return
    given, taken = rows[held[rows]], rows[refused[rows]]
    size = len(tier)
    high_tier, high = extreme_units(ramps, awards, given, layer, size, last=True)
    low_tier, low = extreme_units(ramps, awards + 1, taken, layer, size, last=False)
    groups = np.unique(layer[rows])
    with np.errstate(invalid="ignore"):
        apart = low - high > tolerance(ramps) if ramps.tiers is None else None
        if apart is None:
            apart = low_tier > high_tier * (1.0 + CLOSE)
            if not ramps.flat:
                both = low_tier == high_tier
                apart |= both & (low - high > tolerance(_ordinary(ramps)))
        middle = np.where(
            np.isfinite(high) & np.isfinite(low) & (high_tier == low_tier),
            (high + low) / 2.0,
            np.where(np.isfinite(low), low, high),
        )
    one_sided = np.isnan(high_tier) | np.isnan(low_tier)
    settled = apart | one_sided
    tier[groups] = np.where(np.isnan(low_tier), high_tier, low_tier)[groups]
    log_level[groups] = middle[groups]
    if ramps.tiers is None:
        among = np.zeros(size, dtype=bool)
        among[groups[~settled[groups]]] = True
        last = _close(ramps, awards, given[among[layer[given]]], layer, -high, -1.0)
        first = _close(ramps, awards + 1, taken[among[layer[taken]]], layer, low, 1.0)
        settled |= among & _precede(last, first, layer, size, tie_keys)
    order = np.argsort(layer[rows], kind="stable")
    sorted_rows, labels = rows[order], layer[rows][order]
    for g in groups[~settled[groups]]:
        start, stop = np.searchsorted(labels, [g, g + 1])
        yield int(g), sorted_rows[start:stop]


def _close(
    ramps: Ramps, numbers: Ints, rows: Ints, layer: Ints, extreme: Floats, sign: float
) -> Units:
    """Return the units of some rows whose levels floats do not tell from their group's first."""
    units = Units(ramps.unbounded().take(rows), numbers[rows], rows)
    levels = sign * units.levels()
    with np.errstate(invalid="ignore"):
        bound = extreme[layer[rows]]
        return units.take((levels == bound) | (levels <= bound + tolerance(ramps)))


def _precede(last: Units, first: Units, layer: Ints, size: int, tie_keys: TieKeys) -> Mask:
    """Tell of every group whether its last held units come before its first refused ones."""
    if not len(last):
        return np.zeros(size, dtype=bool)
    both = Units.concatenated(last, first)
    rank = ranks_within(both, layer[both.index], tie_keys)
    held, refused = np.full(size, -1), np.full(size, len(both))
    np.maximum.at(held, layer[last.index], rank[: len(last)])
    np.minimum.at(refused, layer[first.index], rank[len(last) :])
    return held < refused


def _ordinary(ramps: Ramps) -> Ramps:
    """Return those whose levels are logarithms of something."""
    return ramps.take(ramps.weights > 0)


def _edge_within(
    ramps: Ramps, awards: Ints, rows: Ints, held: Mask, refused: Mask, tie_keys: TieKeys
) -> Edge:
    edge = find_edge(
        ramps.take(rows),
        awards[rows],
        lambda index: tie_keys(rows[index]),
        held[rows],
        refused[rows],
    )
    if edge.pair is None:
        return edge
    pair = int(rows[edge.pair[0]]), int(rows[edge.pair[1]])
    return Edge(edge.optimal, edge.canonical, pair, edge.tier, edge.log_level, edge.advantage)
