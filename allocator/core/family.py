"""A laminar family: groups of which any two are nested or have nobody in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.constraints import Constraint, Group, Groups
from allocator.errors import DataError

__all__ = ["Family", "Reach", "family_of", "members_of", "reach"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Family:
    """Nested budgets: every group's floor and cap, and who belongs to which.

    Attributes
    ----------
    layers : tuple of ndarray of int64, shape (n,) each
        Each claimant's group, outermost layer first; -1 for none from there on inwards.
    lower, upper : ndarray, shape (g,)
        Floors and caps of the groups, in the amounts of the problem.
    sources : tuple of (Group or Groups)
        Where groups come from, in their order.
    """

    layers: tuple[Ints, ...]
    lower: NDArray[Any]
    upper: NDArray[Any]
    sources: tuple[Group | Groups, ...]

    def __len__(self) -> int:
        return len(self.lower)

    def name(self, g: int) -> str:
        """Return what group g is called."""
        for source in self.sources:
            size = _size(source)
            if g < size:
                if isinstance(source, Group):
                    return source.name
                return f"{source.name} {source.label(g)}"
            g -= size
        raise IndexError(g)

    @cached_property
    def parents(self) -> Ints:
        """The next group around each group, shape (g,); -1 where there is none."""
        parents = np.full(len(self), -1)
        for outer, inner in zip(self.layers, self.layers[1:], strict=False):
            inside = inner >= 0
            parents[inner[inside]] = outer[inside]
        return parents

    def totals(self, amounts: NDArray[Any]) -> NDArray[Any]:
        """Add up amounts per group, shape (g,); whole units exactly, up to 2**53."""
        totals = np.zeros(len(self))
        for layer in self.layers:
            inside = layer >= 0
            totals += np.bincount(layer[inside], weights=amounts[inside], minlength=len(self))
        return totals.astype(amounts.dtype)


@dataclass(frozen=True, eq=False)
class Reach:
    """What totals can be, given everybody's own bounds and those of groups inside.

    Attributes
    ----------
    low, high : ndarray of float64, shape (g,)
        Of each group, before its own floor and cap.
    least, most : float
        Of everybody together.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    least: float
    most: float


def reach(family: Family, lower: NDArray[Any], upper: NDArray[Any]) -> Reach:
    """Add up bounds bottom-up: a group hands on its own bounds where they are tighter.

    Parameters
    ----------
    family : Family
    lower, upper : ndarray, shape (n,)

    Returns
    -------
    Reach

    Examples
    --------
    >>> family = family_of([Group([0, 1], upper=5), Group([0], lower=3)], 3, 9, whole=True)
    >>> found = reach(family, np.zeros(3), np.full(3, 9))
    >>> found.low.tolist(), found.high.tolist(), found.least, found.most
    ([3.0, 0.0], [18.0, 9.0], 3.0, 14.0)
    """
    low, high = np.zeros(len(family)), np.zeros(len(family))
    own_low, own_high = lower.astype(np.float64), upper.astype(np.float64)
    for layer in reversed(family.layers):
        inside = np.flatnonzero(layer >= 0)
        groups, first = np.unique(layer[inside], return_index=True)
        speaker = inside[first]
        for total, own, bound, tighter in (
            (low, own_low, family.lower, np.maximum),
            (high, own_high, family.upper, np.minimum),
        ):
            sums = np.bincount(layer[inside], weights=own[inside], minlength=len(family))
            total[groups] = sums[groups]
            own[inside] = 0.0
            own[speaker] = tighter(sums[groups], bound[groups])
    return Reach(low, high, float(own_low.sum()), float(own_high.sum()))


def family_of(
    constraints: Sequence[Constraint], n: int, budget: Any, *, whole: bool
) -> Family | None:
    """Put groups into layers, if any two of them are nested or disjoint.

    Parameters
    ----------
    constraints : sequence of Group or Groups
        With bounds in the amounts of the problem.
    n : int
        Claimants.
    budget : int or float
        The cap of groups that have none.
    whole : bool
        Whether amounts are whole units.

    Returns
    -------
    Family, or None when groups overlap

    Raises
    ------
    DataError
        If members or labels do not fit the claimants.

    Examples
    --------
    >>> family = family_of([Group([0, 1], upper=5), Group([0], upper=3)], 3, 9, whole=True)
    >>> [layer.tolist() for layer in family.layers]
    [[0, 0, -1], [1, -1, -1]]
    >>> family_of([Group([0, 1]), Group([1, 2])], 3, 9, whole=True) is None
    True
    """
    columns: list[Ints] = []
    first, size = 0, 0
    for constraint in constraints:
        column, count = _column(constraint, n, first)
        first += count
        _place(column, columns, alone=isinstance(constraint, Groups))
    size = first
    lower, upper = _bounds(constraints, size, budget, whole=whole)
    layers = _layers(columns, size)
    if layers is None:
        return None
    sources = tuple(c for c in constraints if isinstance(c, (Group, Groups)))
    return Family(layers, lower, upper, sources)


def members_of(constraint: Group | Groups, n: int) -> Iterator[tuple[str, Ints, Any, Any]]:
    """Yield name, positions, floor and cap of each group of a constraint.

    Raises
    ------
    DataError
        If members or labels do not fit n claimants.
    """
    column, count = _column(constraint, n, 0)
    lower, upper = (
        constraint.bounds()
        if isinstance(constraint, Groups)
        else (constraint.lower, constraint.upper)
    )
    for g in range(count):
        name = (
            f"{constraint.name} {constraint.label(g)}"
            if isinstance(constraint, Groups)
            else constraint.name
        )
        floor, cap = (bound[g] if isinstance(bound, list) else bound for bound in (lower, upper))
        yield name, np.flatnonzero(column == g), floor, cap


def _size(source: Constraint) -> int:
    return len(source) if isinstance(source, Groups) else 1


def _column(constraint: Constraint, n: int, first: int) -> tuple[Ints, int]:
    """Return each claimant's group, numbered through from `first`."""
    if isinstance(constraint, Groups):
        labels = constraint.labels
        if len(labels) != n:
            raise DataError(f"{constraint.name!r} has {len(labels):,} labels for {n:,} claimants")
        return np.where(labels >= 0, labels + first, -1), len(constraint)
    assert isinstance(constraint, Group)
    members = constraint.members
    column = np.full(n, -1)
    if members.dtype.kind == "b":
        if len(members) != n:
            raise DataError(
                f"the members of {constraint.name!r} are a mask of {len(members):,} for {n:,} "
                "claimants"
            )
        column[members] = first
    elif len(members):
        if not 0 <= members.min() <= members.max() < n:
            raise DataError(
                f"the members of {constraint.name!r} are positions from 0 to {n - 1:,}, not "
                f"{members.min()} to {members.max()}"
            )
        column[members] = first
    return column, 1


def _place(column: Ints, columns: list[Ints], *, alone: bool) -> None:
    """Share a column among groups that have nobody in common: there may be a hundred."""
    inside = column >= 0
    if not alone:
        for other in columns:
            if not (other[inside] >= 0).any():
                other[inside] = column[inside]
                return
    columns.append(column)


def _bounds(
    constraints: Sequence[Constraint], size: int, budget: Any, *, whole: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    kind = np.int64 if whole else np.float64
    lower, upper = np.zeros(size, dtype=kind), np.full(size, budget, dtype=kind)
    first = 0
    for constraint in constraints:
        count = _size(constraint)
        rows = slice(first, first + count)
        first += count
        bounds = (
            constraint.bounds()
            if isinstance(constraint, Groups)
            else (constraint.lower, constraint.upper)
        )
        lower[rows] = bounds[0]
        caps = bounds[1] if isinstance(bounds[1], list) else [bounds[1]] * (count > 0)
        capped = [budget if cap is None else min(cap, budget) for cap in caps]
        upper[rows] = capped if len(capped) == count else (capped or [budget])[0]
    return lower, upper


def _layers(columns: Sequence[Ints], size: int) -> tuple[Ints, ...] | None:
    """Sort each claimant's groups by size, the largest first; None when any two overlap."""
    if len(columns) <= 1:
        return tuple(columns)
    sizes = np.zeros(size + 1, dtype=np.int64)  # the last entry is that of group -1: nobody
    for column in columns:
        sizes[:size] += np.bincount(column[column >= 0], minlength=size)
    stacked = np.stack(columns)
    order = np.argsort(-sizes[stacked], axis=0, kind="stable")
    layers = np.take_along_axis(stacked, order, axis=0)
    parents = np.full(size, -2)
    outer = np.full(stacked.shape[1], -1)
    for inner in layers:
        inside = inner >= 0
        parents[inner[inside]] = outer[inside]
        outer = inner
    outer = np.full(stacked.shape[1], -1)
    for inner in layers:  # nested groups lie, all of them, in the same next group
        inside = inner >= 0
        if (parents[inner[inside]] != outer[inside]).any():
            return None
        outer = inner
    used = [layer for layer in layers if (layer >= 0).any()]
    return tuple(used)
