"""Bounds on totals: over some claimants, over each of many groups, or over a weighted sum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.core.amounts import numbers
from allocator.errors import DataError
from allocator.money import exact

__all__ = ["Constraint", "Group", "Groups", "Row"]


@dataclass(frozen=True, eq=False)
class Group:
    """A floor and a cap on the total award of some claimants.

    Parameters
    ----------
    members : array_like of bool, shape (n,), or of int, shape (m,)
        A mask, or positions.
    lower : number, or None
        At least so much for all of them together, in the amounts of the problem; None is 0.
    upper : number, or None
        At most so much.
    name : str
        What messages and the certificate call it.

    Raises
    ------
    DataError
        If members are neither a mask nor positions, or a bound is no amount.

    Examples
    --------
    >>> Group([0, 2], upper=100, name="north").upper
    100
    """

    members: Any
    lower: Any = 0
    upper: Any = None
    name: str = "group"

    def __post_init__(self) -> None:
        members = np.array(self.members)
        if members.ndim != 1 or (members.dtype.kind not in "bi" and members.size):
            raise DataError(
                f"the members of {self.name!r} must be a mask (True, False) or positions (integers)"
            )
        if members.dtype.kind == "i" and len(np.unique(members)) < len(members):
            raise DataError(f"a position occurs twice among the members of {self.name!r}")
        members.flags.writeable = False
        object.__setattr__(self, "members", members)
        object.__setattr__(self, "lower", 0 if self.lower is None else self.lower)
        _check_bounds(self.name, self.lower, self.upper)


@dataclass(frozen=True, eq=False)
class Groups:
    """The same floor and cap for every group of claimants that share a label.

    Parameters
    ----------
    labels : array_like, shape (n,)
        Who belongs together, such as the person behind several accounts; None (or nan) is nobody.
    lower, upper : number, None, or mapping of label to number or None
        None is no bound, as for labels that a mapping does not name.
    name : str
        What messages and the certificate call them: name, then the label.

    Raises
    ------
    DataError
        If labels are not one for each claimant, or a bound is no amount.

    Examples
    --------
    >>> Groups(["ann", "bob", "ann"], upper=6000, name="person").label(1)
    'bob'
    """

    labels: Any
    lower: Any = 0
    upper: Any = None
    name: str = "group"
    _values: Any = field(init=False, default=(), repr=False)

    def __post_init__(self) -> None:
        codes, values = _coded(self.labels, self.name)
        object.__setattr__(self, "labels", codes)
        object.__setattr__(self, "_values", values)
        object.__setattr__(self, "lower", 0 if self.lower is None else self.lower)
        for floor in _listed(self.lower):
            _check_bounds(self.name, floor, None)
        for cap in _listed(self.upper):
            _check_bounds(self.name, 0, cap)

    @classmethod
    def numbered(
        cls, codes: NDArray[np.int64], values: Sequence[Any], lower: Any, upper: Any, name: str
    ) -> Groups:
        """Return groups whose labels are numbered already, as those of a dictionary column.

        Parameters
        ----------
        codes : ndarray of int64, shape (n,)
            Each claimant's group; -1 for none.
        values : sequence, length g
            What groups are called; each has a member.
        lower, upper : number
            As in `Groups`; no cap when None.
        name : str

        Examples
        --------
        >>> Groups.numbered(np.array([1, 0, -1]), ["ann", "bob"], 0, 6000, "person").label(1)
        'bob'
        """
        made = cls((), lower, upper, name)
        object.__setattr__(made, "labels", codes)
        object.__setattr__(made, "_values", values)
        return made

    def __len__(self) -> int:
        return len(self._values)

    def label(self, i: int) -> Any:
        """Return the label of group i."""
        value = self._values[i]
        return value.item() if isinstance(value, np.generic) else value

    def bounded(self, lower: Any, upper: Any) -> Groups:
        """Return the same groups with other bounds."""
        changed = copy(self)
        object.__setattr__(changed, "lower", lower)
        object.__setattr__(changed, "upper", upper)
        return changed

    def bounds(self) -> tuple[list[Any] | Any, list[Any] | Any]:
        """Return floors and caps: one for all groups, or one for each."""
        return self._each(self.lower, 0), self._each(self.upper, None)

    def _each(self, bound: Any, missing: Any) -> Any:
        if not isinstance(bound, Mapping):
            return bound
        labels = [self.label(i) for i in range(len(self))]
        known = set(labels)
        unknown = [key for key in bound if key not in known]
        if unknown:
            raise DataError(
                f"{self.name!r} bounds {unknown[0]!r}, which is nobody's label; the labels are "
                + ", ".join(map(repr, labels[:10]))
                + (", ..." if len(labels) > 10 else "")
            )
        return [missing if (each := bound.get(label)) is None else each for label in labels]


@dataclass(frozen=True, eq=False)
class Row:
    """Bounds on a weighted sum of awards: lower <= Σ coefficient·award <= upper.

    Parameters
    ----------
    coefficients : array_like of float64, shape (n,)
    lower, upper : number or None
        None, or an infinity, is no bound.
    name : str

    Raises
    ------
    DataError
        If a coefficient or bound is no number, there is no bound, or they leave no room.

    Examples
    --------
    >>> Row([1.0, -1.0], upper=0, name="the first gets no more than the second").upper
    0
    """

    coefficients: Any
    lower: Any = None
    upper: Any = None
    name: str = "row"

    def __post_init__(self) -> None:
        try:
            coefficients = np.array(self.coefficients, dtype=np.float64)
        except (TypeError, ValueError):
            coefficients = np.array(np.nan)
        if coefficients.ndim != 1 or not np.isfinite(coefficients).all():
            raise DataError(f"the coefficients of {self.name!r} must be finite numbers, one each")
        if self.lower is None and self.upper is None:
            raise DataError(f"{self.name!r} has neither a lower nor an upper bound")
        for which in ("lower", "upper"):
            object.__setattr__(self, which, _limit(self.name, which, getattr(self, which)))
        low, high = self.lower, self.upper
        if low is not None and high is not None and low > high:
            raise DataError(
                f"{self.name!r} has a lower bound of {low}, above its upper bound of {high}"
            )
        coefficients.flags.writeable = False
        object.__setattr__(self, "coefficients", coefficients)

    def counted(self, unit: Fraction) -> Row:
        """Return the row for awards counted in units, its bounds being money."""

        def units(bound: Any) -> Any:
            return None if bound is None or math.isinf(bound) else float(exact(bound) / unit)

        return Row(self.coefficients, units(self.lower), units(self.upper), self.name)


Constraint = Group | Groups | Row


def _listed(bound: Any) -> list[Any]:
    return list(bound.values()) if isinstance(bound, Mapping) else [bound]


def _limit(name: str, which: str, bound: Any) -> Any:
    """Return a bound of a row as a number; None when there is none."""
    if bound is None or (isinstance(bound, float) and math.isinf(bound)):
        return bound
    try:
        number = exact(bound)
        return float(number) if isinstance(bound, str) else bound
    except ValueError:
        raise DataError(f"the {which} bound of {name!r} must be a number, not {bound!r}") from None


def _check_bounds(name: str, lower: Any, upper: Any) -> None:
    for which, bound in (("floor", lower), ("cap", upper)):
        exactly = isinstance(bound, (Decimal, Fraction))
        if exactly and (bound != bound or bound < 0):
            raise DataError(f"the {which} of {name!r} must be nonnegative and finite, not {bound}")
        if bound is not None and not exactly and not isinstance(bound, str):
            numbers(f"the {which} of {name!r}", bound, infinite=which == "cap")


def _coded(labels: Any, name: str) -> tuple[NDArray[np.int64], Any]:
    """Return the group of each claimant, -1 for none, and what the groups are called."""
    array = np.asarray(labels)
    if array.ndim != 1:
        raise DataError(f"the labels of {name!r} must be a sequence, one for each claimant")
    if array.dtype.kind == "O":
        known: dict[Any, int] = {}
        codes = np.array(
            [-1 if _missing(v) else known.setdefault(v, len(known)) for v in array.tolist()],
            dtype=np.int64,
        )
        return codes, list(known)
    values, codes = np.unique(array, return_inverse=True)
    if array.dtype.kind == "f" and len(values) and np.isnan(values[-1]):
        values = values[:-1]
        codes = np.where(np.isnan(array), -1, codes)
    return codes.astype(np.int64), values


def _missing(value: Any) -> bool:
    return value is None or value != value  # nan is not itself
