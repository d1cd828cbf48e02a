"""The eligible users of a scenario, sorted by loss: what sorting makes cheap to know."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.money import exact_sum
from allocator.scenarios.deciles import DECILES

__all__ = ["Members"]


@dataclass(frozen=True, eq=False)
class Members:
    """m users in ascending order of loss.

    Attributes
    ----------
    rows : ndarray of int64, shape (m,)
        Where they stand among all that were prepared, ascending.
    loss : ndarray of int64, shape (m,)
        1e-8 dollars.
    marks : ndarray of int64, shape (m,)
        A random number for each, by which awards are told apart.
    """

    rows: NDArray[np.int64]
    loss: NDArray[np.int64]
    marks: NDArray[np.int64]

    @classmethod
    def of(cls, loss: NDArray[np.int64], marks: NDArray[np.int64]) -> Members:
        """Return all users that were prepared, whose losses are in ascending order."""
        return cls(np.arange(len(loss)), loss, marks)

    def from_(self, start: int) -> Members:
        """Return those from a place on."""
        return Members(self.rows[start:], self.loss[start:], self.marks[start:])

    def where(self, chosen: NDArray[np.bool_]) -> Members:
        """Return those chosen of all that were prepared."""
        rows = np.flatnonzero(chosen)
        return Members(rows, self.loss.take(rows), self.marks.take(rows))

    def pick(self, column: NDArray[Any]) -> NDArray[Any]:
        """Return what they have in a column of all that were prepared, read-only.

        Examples
        --------
        >>> members = Members.of(np.array([50, 60, 80]), np.zeros(3)).from_(1)
        >>> members.pick(np.array([7, 8, 9])).tolist()
        [8, 9]
        """
        first, end = (int(self.rows[0]), int(self.rows[-1]) + 1) if len(self) else (0, 0)
        # Of those who stand together, a view: problems share it.
        picked = column[first:end] if end - first == len(self) else column.take(self.rows)
        picked.flags.writeable = False
        return picked

    def __len__(self) -> int:
        return len(self.loss)

    @cached_property
    def loss_total(self) -> int:
        """What they lost, in 1e-8 dollars."""
        return sum(self.decile_losses)

    @cached_property
    def decile_starts(self) -> tuple[int, ...]:
        """Where each decile of loss begins, and the end: 11 places.

        Equal losses share the decile in which the middle of their ranks falls, as in `deciles`.

        Examples
        --------
        >>> losses = np.array([50, 50, 50, 80])
        >>> Members.of(losses, losses).decile_starts
        (0, 0, 0, 0, 3, 3, 3, 3, 3, 4, 4)
        """
        n = len(self)
        if not n:
            return (0,) * (DECILES + 1)
        starts = [0]
        for k in range(1, DECILES):
            first, end = self._tied_at(k * n // DECILES)
            starts.append(first if DECILES * (first + end) >= 2 * k * n else end)
        return (*starts, n)

    def decile(self, k: int) -> slice:
        """Return the places of decile k, 1 to 10; it may be empty."""
        return slice(self.decile_starts[k - 1], self.decile_starts[k])

    @cached_property
    def decile_losses(self) -> tuple[int, ...]:
        """What each decile lost, in 1e-8 dollars."""
        most = int(self.loss[-1]) if len(self) else 0
        return tuple(exact_sum(self.loss[self.decile(k)], most) for k in range(1, DECILES + 1))

    def share_of_top_tenth(self, units: NDArray[np.int64], whole: int) -> Fraction | None:
        """Return the share of what is given that goes to the tenth who lost most.

        Those tied at the cut share it, as in `share_of_top`; None when `whole`, the sum, is 0.
        """
        n = len(self)
        if not whole:
            return None
        places = Fraction(n, DECILES)
        first, end = self._tied_at(n - -(-n // DECILES))
        tied = exact_sum(units[first:end]) * (places - (n - end)) / (end - first)
        return (exact_sum(units[end:]) + tied) / whole

    def _tied_at(self, place: int) -> tuple[int, int]:
        """Return where the users with the same loss as the one at a place begin and end."""
        value = self.loss[place]
        first, end = (int(np.searchsorted(self.loss, value, side)) for side in ("left", "right"))
        return first, end
