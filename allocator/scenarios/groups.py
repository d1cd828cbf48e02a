"""The rows of a table of users: ten deciles, a row for those outside them, and everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from allocator.errors import DataError
from allocator.money import CENTS, FINE
from allocator.scenarios.columns import net_assets, numbers
from allocator.scenarios.deciles import DECILES, TIES, deciles
from allocator.scenarios.panel import Panel

__all__ = ["ALL", "By", "Groups", "group_by"]

By = Literal["loss", "net_assets", "loss_ratio", "award"]
ALL = "ALL"
_NAMES = {
    "loss": "loss",
    "net_assets": "net assets",
    "loss_ratio": "loss / net assets",
    "award": "award",
}


@dataclass(frozen=True, eq=False)
class Groups:
    """Which row of a table each of n users belongs to.

    Attributes
    ----------
    labels : tuple of str
        ``1`` to ``10``, then the rows outside the deciles.
    codes : ndarray of int8, shape (n,)
        Into `labels`.
    values : ndarray of float64, shape (n,)
        What users are ranked by, for display: dollars, or a ratio.
    title, basis : str
        What users are sorted by, and how, in words.
    """

    labels: tuple[str, ...]
    codes: NDArray[np.int8]
    values: NDArray[np.float64]
    title: str
    basis: str


def group_by(users: Panel, by: str) -> Groups:
    """Sort the users of a panel into deciles; values of zero or less have a row of their own.

    Parameters
    ----------
    users : Panel
        Of n users.
    by : {"loss", "net_assets", "loss_ratio", "award"}
        What users are ranked by; the first scenario's where it differs between scenarios.

    Returns
    -------
    Groups

    Raises
    ------
    DataError
        If `by` is none of these, or no scenario has such values.
    """
    if by not in get_args(By):
        raise DataError(f"by must be one of {', '.join(get_args(By))}, not {by!r}")
    values, known, whose = _values(users, by)
    positive = known & (values > 0)
    codes = np.empty(len(users), dtype=np.int8)
    codes[positive] = deciles(values[positive])
    labels = [str(k) for k in range(1, DECILES + 1)]
    for label, where in (("zero or less", known & ~positive), ("not known", ~known)):
        if where.any():
            codes[where] = len(labels)
            labels.append(label)
    title = f"decile of {_NAMES[by]}{whose}"
    basis = f"{title}, 1 the smallest; {TIES}"
    return Groups(tuple(labels), codes, values / _scale(by), title, basis)


def _scale(by: str) -> float:
    return {"award": float(CENTS), "loss_ratio": 1.0}.get(by, float(FINE))


def _values(users: Panel, by: str) -> tuple[NDArray[Any], NDArray[np.bool_], str]:
    """Return what to rank by, where it is known, and of which scenario when they differ."""
    everywhere = np.ones(len(users), dtype=bool)
    if by == "loss":
        return users.loss, everywhere, ""
    if by == "award":
        return users.scenarios[0].award, everywhere, f" under {users.scenarios[0].name}"
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
    names = _listed([each.name for each in users.scenarios])
    raise DataError(
        f'nobody\'s {_NAMES[by]} are known, because {names} did not need them; use by="loss" or '
        'by="award"'
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
