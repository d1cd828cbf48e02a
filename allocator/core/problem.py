"""A problem: a budget, and what each claimant may and should get of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.amounts import (
    MAX_AMOUNT,
    MAX_UNITS,
    numbers,
    same_length,
)
from allocator.core.constraints import Row
from allocator.core.family import Family, family_of, reach
from allocator.core.feasible import EQUAL, check_bounds, check_groups
from allocator.errors import DataError, UnsupportedError
from allocator.money import exact_sum

__all__ = ["EQUAL", "Problem", "by_position"]


@dataclass(frozen=True, eq=False)
class Problem:
    """Divide `budget` among n claimants within ``lower <= awards <= upper``.

    Amounts are either all whole units (integers: cents, seats) or all real numbers; whole units
    are what `allocator.core.cents` awards. All validation is here; the arrays are copied and
    cannot be changed.

    Parameters
    ----------
    budget : int or float
        Units to divide.
    lower : array_like, shape (n,)
        Floors, in units; a scalar is for everybody (the length then comes from the others).
    upper : array_like, shape (n,), or None
        Caps, in units. None, or inf, is the budget: nobody can get more.
    weights : array_like of float64, shape (n,), optional
        0, or from 1e-290 to 1e290; 1 when not given.
    claims : array_like of int64 or float64, shape (n,), optional
        0, or from 1e-290 to 1e290, on any scale.
    ids : sequence, optional
        What claimant i is called, by position; the position itself when not given. Only ids of
        tied claimants are ever read from a sequence.
    tie_break_key : str
        Key of the hash that orders tied claimants; at most 64 bytes of UTF-8.
    claim_parts : int
        Where claims are amounts, not mere shares: how many of what they count make a unit.
    constraints : sequence of Group, Groups or Row
        Floors and caps on totals of groups, or of weighted sums. Groups of which any two are
        nested or disjoint may be as many as claimants; others have a price each, and are few.
    unit : Fraction, optional
        What a whole unit is worth: messages and their details then speak of money.

    Raises
    ------
    DataError
        If an array has the wrong length, or a value is negative or not finite.
    InfeasibleError
        If a floor is above its cap, or the floors add up to more than the budget.
    UnsupportedError
        If whole units exceed 2**53, real amounts 1e100, or weights or claims their reach.

    Examples
    --------
    >>> problem = Problem(budget=10, lower=[1, 1], upper=[6, 20], weights=[2.0, 1.0])
    >>> len(problem), problem.spend
    (2, 10)
    >>> Problem(budget=1, lower=[1, 1], upper=None)
    Traceback (most recent call last):
    ...
    allocator.errors.InfeasibleError: the floors of 2 claimants add up to 2, which is 1 more than \
the budget of 1: raise the budget to 2, or lower the floors (0 for everybody would fit)
    """

    budget: Any
    lower: Any
    upper: Any
    weights: Any = None
    claims: Any = None
    ids: Any = None
    tie_break_key: str = ""
    claim_parts: int = 1
    constraints: Any = ()
    unit: Fraction | None = None

    def __post_init__(self) -> None:
        ids = by_position(self.ids)
        columns: dict[str, Any] = {"lower": numbers("lower", self.lower)}
        for name in ("upper", "weights", "claims"):
            given = getattr(self, name)
            columns[name] = (
                given
                if given is None
                else numbers(name, given, infinite=name == "upper", reach=name != "upper")
            )
        n = same_length(columns | {"ids": ids})
        lower, upper, weights, claims = (_own(column, n) for column in columns.values())
        budget = _budget(self.budget)
        whole = isinstance(budget, int) and all(
            bound is None or bound.dtype.kind == "i" for bound in (lower, upper)
        )
        if whole and budget > MAX_UNITS:
            raise UnsupportedError(
                f"a budget of {budget} units is above 2**53, beyond which whole units are not "
                "exact: choose a larger unit"
            )
        if not whole:
            budget = _real("a budget", budget)
            _real("a floor", lower.max(initial=0))
        dtype = np.int64 if whole else np.float64
        lower = lower.astype(dtype, copy=False)
        if upper is None:
            upper = np.full(n, budget)
        elif upper.max(initial=0) > budget:
            upper = np.minimum(upper, budget)
        upper = upper.astype(dtype, copy=False)
        if not whole:  # a floor above its cap by the noise of floats is the cap
            lower = np.where(lower <= upper * (1.0 + EQUAL), np.minimum(lower, upper), lower)
        fields = {
            "budget": budget,
            "lower": lower,
            "upper": upper,
            "weights": weights,
            "claims": claims,
        }
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)
        object.__setattr__(self, "ids", ids)
        if len(_utf8(self.tie_break_key)) > 64:
            raise DataError("tie_break_key is longer than 64 bytes of UTF-8")
        check_bounds(self)
        check_groups(self)

    @cached_property
    def family(self) -> Family | None:
        """Groups with bounds on their totals, any two nested or disjoint; None without any."""
        if not self.constraints or any(isinstance(each, Row) for each in self.constraints):
            return None
        return family_of(self.constraints, len(self), self.budget, whole=self.whole)

    @property
    def overlapping(self) -> bool:
        """Whether there are constraints that are not nested groups, so that each has a price."""
        return bool(self.constraints) and self.family is None

    def __len__(self) -> int:
        return len(self.lower)

    @property
    def whole(self) -> bool:
        """Whether amounts are whole units."""
        return isinstance(self.budget, int)

    @property
    def spend(self) -> Any:
        """What can be spent: the budget, or the sum of the caps when that is less."""
        return min(self.budget, self.caps, self._most)

    @cached_property
    def caps(self) -> Any:
        """The sum of the caps."""
        return self.total(self.upper)

    def total(self, amounts: NDArray[Any]) -> Any:
        """Return the sum of amounts, exactly when they are whole units."""
        return exact_sum(amounts) if self.whole else float(amounts.sum())

    @cached_property
    def _most(self) -> Any:
        """The most that groups can take."""
        if self.family is None:
            return self.budget
        most = reach(self.family, self.lower, self.upper).most
        return min(self.budget, int(most)) if self.whole else most

    def tie_keys(self, indices: NDArray[np.int64]) -> list[tuple[bytes, str]]:
        """Sort keys of tied claimants: BLAKE2b-64 of the id's text, then the text itself.

        Parameters
        ----------
        indices : ndarray of int64, shape (m,)

        Returns
        -------
        list of (bytes, str)

        Raises
        ------
        DataError
            If two of them share an id, so that nothing could tell them apart.

        Examples
        --------
        >>> problem = Problem(budget=1, lower=[0, 0], upper=None, ids=["a", 7])
        >>> [text for _, text in problem.tie_keys(np.array([0, 1]))]
        ['a', '7']
        """
        key = _utf8(self.tie_break_key)
        ids = self.ids
        texts = [str(i if ids is None else ids[i]) for i in indices.tolist()]
        if len(set(texts)) < len(texts):
            raise DataError("two claimants who are tied share an id: ids must be unique")
        return [(blake2b(_utf8(t), digest_size=8, key=key).digest(), t) for t in texts]


def _own(column: NDArray[Any] | None, n: int) -> Any:
    """Return a column of length n that no caller changes: a copy, unless nobody can write to it."""
    if column is None or (column.shape == (n,) and _is_constant(column)):
        return column
    return np.array(np.broadcast_to(column, (n,)))


def _is_constant(array: NDArray[Any]) -> bool:
    owner = array if array.base is None else array.base
    return not array.flags.writeable and isinstance(owner, np.ndarray) and not owner.flags.writeable


def by_position(ids: Any) -> Any:
    """Return ids that `ids[i]` numbers by position; sequences are left as they are, unread.

    Raises
    ------
    DataError
        If they have no order, or no end.
    """
    if ids is None or isinstance(ids, (Sequence, np.ndarray)):
        return ids
    if isinstance(ids, (Mapping, Set)) or not isinstance(ids, Iterable):
        raise DataError("ids must be a sequence, one for each claimant, in their order")
    return list(ids)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # a lone surrogate is a name like any other


def _budget(value: Any) -> int | float:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 0:
        return int(value)
    if isinstance(value, (float, np.floating)) and np.isfinite(value) and value >= 0:
        return float(value)
    raise DataError(f"the budget must be a nonnegative finite number, not {value}")


def _real(name: str, value: float) -> float:
    if value > MAX_AMOUNT:
        raise UnsupportedError(
            f"{name} of {value:g} is above {MAX_AMOUNT:g}, the largest real amount: count in a "
            "larger unit of money"
        )
    return float(value)
