"""The rows of a table of users: ten deciles or an attribute's values, others, and everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from allocator.errors import DataError
from allocator.money import CENTS, FINE
from allocator.scenarios.attributes import NOT_KNOWN, Labeled, attribute_of
from allocator.scenarios.columns import net_assets, numbers
from allocator.scenarios.deciles import DECILES, TAILS, TIES, by_rank
from allocator.scenarios.panel import Panel

__all__ = ["ALL", "By", "Groups", "Split", "group_by"]

By = Literal["loss", "net_assets", "loss_ratio", "award"]
ALL = "ALL"
NOT_POSITIVE = "zero or less"
_NAMES = {
    "loss": "loss",
    "net_assets": "net assets",
    "loss_ratio": "loss / net assets",
    "award": "award",
}


@dataclass(frozen=True, eq=False)
class Split:
    """n users in rows.

    Attributes
    ----------
    labels : tuple of str
    codes : ndarray of int8, shape (n,)
        Into `labels`; one more than the last for users who are in no row.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Groups:
    """Which row of a table each of n users belongs to.

    Attributes
    ----------
    rows : Split
        ``1`` to ``10``, then the rows outside the deciles; or an attribute's values. Everybody is
        in one of them.
    tails : Split
        ``90-95%``, ``95-99%`` and ``top 1%`` of those in deciles, who are in decile 10, too;
        without labels when there are no deciles.
    values : ndarray of float64, shape (n,), or None
        What users are ranked by, for display: dollars, or a ratio. None for an attribute's values.
    title, basis : str
        What users are sorted by, and how, in words.
    """

    rows: Split
    tails: Split
    values: NDArray[np.float64] | None
    title: str
    basis: str

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the rows."""
        return self.rows.labels

    @property
    def codes(self) -> NDArray[np.int8]:
        """The row of everybody."""
        return self.rows.codes


def group_by(users: Panel, by: str, source: object = None) -> Groups:
    """Sort the users of a panel into deciles; values of zero or less have a row of their own.

    Parameters
    ----------
    users : Panel
        Of n users.
    by : {"loss", "net_assets", "loss_ratio", "award"}, or a column of the users table
        What users are ranked by; the first scenario's where it differs between scenarios. A
        column of many different numbers gives deciles, too, any other a row for each value.
    source : path, UsersTable, data frame or Arrow table, optional
        The users table; the files that the first scenario was run on when not given.

    Returns
    -------
    Groups

    Raises
    ------
    DataError
        If `by` is none of these, or no scenario has such values.
    """
    if by not in get_args(By):
        column = attribute_of(users, by, get_args(By), source)
        if isinstance(column, Labeled):
            basis = f"{by}, a row for each of its values, in the order of their names"
            none = Split((), np.zeros(len(users), dtype=np.int8))
            return Groups(Split(column.labels, column.codes), none, None, by, basis)
        return _ranked(column, ~np.isnan(column), column, by, "")
    values, known, whose = _values(users, by)
    return _ranked(values, known, values / _scale(by), _NAMES[by], whose)


def _ranked(
    values: NDArray[Any],
    known: NDArray[np.bool_],
    shown: NDArray[np.float64],
    name: str,
    whose: str,
) -> Groups:
    positive = known & (values > 0)
    places = by_rank(values[positive], (*range(10, 100, 10), 95, 99))
    codes = np.empty(len(values), dtype=np.int8)
    codes[positive] = np.minimum(places, DECILES - 1)
    tails = np.full(len(values), len(TAILS), dtype=np.int8)
    tails[positive] = np.where(places < DECILES - 1, len(TAILS), places - (DECILES - 1))
    labels = [str(k) for k in range(1, DECILES + 1)]
    for label, where in ((NOT_POSITIVE, known & ~positive), (NOT_KNOWN, ~known)):
        if where.any():
            codes[where] = len(labels)
            labels.append(label)
    title = f"decile of {name}{whose}"
    basis = f"{title}, 1 the smallest; {TIES}"
    return Groups(Split(tuple(labels), codes), Split(TAILS, tails), shown, title, basis)


def _scale(by: str) -> float:
    return {"award": float(CENTS), "loss_ratio": 1.0}.get(by, float(FINE))


def _values(users: Panel, by: str) -> tuple[NDArray[Any], NDArray[np.bool_], str]:
    """Return what to rank by, where it is known, and of which scenario when they differ."""
    everywhere = np.ones(len(users), dtype=bool)
    if by == "loss":
        return users.loss, everywhere, ""
    if by == "award":
        return users.scenarios[0].award, everywhere, f" under {users.scenarios[0].name}"
    nobodys: tuple[NDArray[Any], NDArray[np.bool_], str] | None = None
    for scenario, rows in zip(users.scenarios, users.rows, strict=True):
        table = scenario.allocation.table
        if by == "net_assets":
            parts, known = net_assets(table)
            parts, known = parts[rows], known[rows]
        else:
            ratio = numbers(table, "loss_ratio")
            known = ~np.isnan(ratio[rows])
            parts = np.where(known, ratio[rows], 0.0)
        if known.any():
            return parts, known, ""
        if scenario.allocation.policy.needs_net_assets:
            nobodys = parts, known, ""
    if nobodys is not None:
        return nobodys
    names = _listed([each.name for each in users.scenarios])
    raise DataError(
        f'nobody\'s {_NAMES[by]} are known, because {names} did not need them; use by="loss" or '
        'by="award"'
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
