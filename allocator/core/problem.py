"""A problem: a budget, and what each claimant may and should get of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocator.errors import DataError, InfeasibleError, UnsupportedError

__all__ = ["MAX_UNITS", "Problem"]

MAX_UNITS = 2**53  # whole numbers up to here are exact in float64, in which totals are evaluated


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
        Nonnegative and finite; 1 when not given.
    claims : array_like of int64 or float64, shape (n,), optional
        Nonnegative and finite, on any scale.
    ids : sequence, optional
        ``ids[i]`` is what claimant i is called; the position when not given. Used only to order
        claimants who are tied.
    tie_break_key : str
        Key of the hash that orders tied claimants; at most 64 bytes of UTF-8.

    Raises
    ------
    DataError
        If an array has the wrong length, or a value is negative or not finite.
    InfeasibleError
        If a floor is above its cap, or the floors add up to more than the budget.
    UnsupportedError
        If whole units exceed 2**53.

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
    ids: Sequence[object] | None = None
    tie_break_key: str = ""

    def __post_init__(self) -> None:
        n = _length(self.ids, self.lower, self.upper, self.weights, self.claims)
        lower = _numbers("lower", self.lower, n)
        upper = None if self.upper is None else _numbers("upper", self.upper, n, infinite=True)
        budget = _budget(self.budget)
        whole = all(
            np.issubdtype(np.asarray(a).dtype, np.integer)
            for a in (budget, lower, budget if upper is None else upper)
        )
        if whole and budget > MAX_UNITS:
            raise UnsupportedError(
                f"a budget of {budget} units is above 2**53, beyond which whole units are not "
                "exact: choose a larger unit"
            )
        upper = np.full(n, budget) if upper is None else np.minimum(upper, budget)
        kind = np.int64 if whole else np.float64
        fields = {
            "budget": int(budget) if whole else float(budget),
            "lower": lower.astype(kind),
            "upper": upper.astype(kind),
            "weights": None if self.weights is None else _numbers("weights", self.weights, n),
            "claims": None if self.claims is None else _numbers("claims", self.claims, n),
        }
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
            object.__setattr__(self, name, value)
        if len(self.tie_break_key.encode()) > 64:
            raise DataError("tie_break_key is longer than 64 bytes of UTF-8")
        self._check_feasible()

    def _check_feasible(self) -> None:
        # A cap above the budget was lowered to it; a floor above the budget shows in the sum.
        crossed = np.flatnonzero(self.lower > np.maximum(self.upper, np.minimum(self.budget, 0)))
        floors = self.lower.sum().item() if self.whole else float(self.lower.sum())
        if floors > self.budget:
            n = len(self)
            fits = self.budget // n if self.whole else self.budget / n
            numbers = (floors, floors - self.budget, self.budget, fits)
            total, over, budget, each = map(_shown, numbers)
            raise InfeasibleError(
                f"the floors of {n:,} claimants add up to {total}, which is {over} more than the "
                f"budget of {budget}: raise the budget to {total}, or lower the floors ({each} for "
                "everybody would fit)",
                {
                    "budget": self.budget,
                    "sum_of_floors": floors,
                    "shortfall": floors - self.budget,
                    "claimants": n,
                    "budget_that_works": floors,
                    "floor_that_works": fits,
                },
            )
        if len(crossed):
            i = int(crossed[0])
            raise InfeasibleError(
                f"{len(crossed):,} claimants have a floor above their cap; the first is at "
                f"position {i}: floor {_shown(self.lower[i])}, cap {_shown(self.upper[i])}",
                {"claimants": len(crossed), "first": i},
            )

    def __len__(self) -> int:
        return len(self.lower)

    @property
    def whole(self) -> bool:
        """Whether amounts are whole units."""
        return isinstance(self.budget, int)

    @property
    def spend(self) -> Any:
        """What can be spent: the budget, or the sum of the caps when that is less."""
        if self.upper.sum(dtype=np.float64) > 2.0**62:  # int64 would overflow; far above a budget
            return self.budget
        return min(self.budget, self.upper.sum().item())

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
        key = self.tie_break_key.encode()
        ids = self.ids
        texts = [str(i if ids is None else ids[i]) for i in indices.tolist()]
        if len(set(texts)) < len(texts):
            raise DataError("two claimants who are tied share an id: ids must be unique")
        return [(blake2b(t.encode(), digest_size=8, key=key).digest(), t) for t in texts]


def _length(ids: Sequence[object] | None, *values: Any) -> int:
    lengths = {len(v) for v in values if v is not None and np.ndim(v) > 0}
    if ids is not None:
        lengths.add(len(ids))
    if not lengths:
        raise DataError("at least one of lower, upper, weights, claims and ids must be a sequence")
    if len(lengths) > 1:
        raise DataError(f"lower, upper, weights, claims and ids differ in length: {lengths}")
    return int(lengths.pop())


def _budget(value: Any) -> int | float:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and value >= 0:
        return int(value)
    if isinstance(value, (float, np.floating)) and np.isfinite(value) and value >= 0:
        return float(value)
    raise DataError(f"the budget must be a nonnegative finite number, not {value}")


def _shown(value: float) -> str:
    return f"{value:,}" if isinstance(value, (int, np.integer)) else f"{value:,.10g}"


def _numbers(name: str, values: ArrayLike, n: int, *, infinite: bool = False) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim > 1 or array.dtype.kind not in "iuf":
        raise DataError(f"{name} must be one number or a sequence of numbers")
    array = np.array(np.broadcast_to(array, (n,)))
    if array.dtype.kind == "u":
        array = array.astype(np.int64)
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
    bad = np.isnan(array) | (array < 0) | (np.isinf(array) if not infinite else False)
    if bad.any():
        i = int(np.flatnonzero(bad)[0])
        raise DataError(
            f"{name} must be nonnegative and finite; {int(bad.sum()):,} entries are not, the first "
            f"at position {i}"
        )
    return array
