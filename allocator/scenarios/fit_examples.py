"""Examples of a fit: losses, net assets and attributes with the awards they should explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocator.data.buffers import nulls_of, numbers_of
from allocator.data.check import (
    LOSS,
    NET_ASSETS,
    NO_SNAPSHOT,
    USER_ID,
    check_amounts,
    refuse_missing,
)
from allocator.data.findings import Findings, locate
from allocator.data.table import UsersTable, read_users
from allocator.errors import DataError
from allocator.money import FINE, FINE_PER_CENT
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio
from allocator.policy.weights import recognized

__all__ = ["AWARD", "TRUST", "Attribute", "ExampleTable", "listed", "read_examples"]

AWARD = "award"
TRUST = "trust"
KNOWN = (USER_ID, LOSS, NET_ASSETS, AWARD, TRUST, NO_SNAPSHOT, "already_compensated")
NULL = "*"  # what a policy calls the values it does not list, nulls among them
LISTED = 5  # lines named in a sentence


@dataclass(frozen=True, eq=False)
class Attribute:
    """A column of values that may multiply the award.

    Attributes
    ----------
    name : str
    labels : tuple of str
        Distinct values, the most frequent first; "*" for missing ones.
    codes : ndarray of int64, shape (n,)
        Into `labels`.
    """

    name: str
    labels: tuple[str, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ExampleTable:
    """n examples that say something about amounts.

    Attributes
    ----------
    lines : tuple of int or str
        Where they stand: a line, or file:line when there are several files.
    loss : ndarray of int64, shape (n,)
        1e-8 dollars.
    claim : ndarray of float64, shape (n,)
        The recognized loss in dollars.
    ratio : ndarray of float64, shape (n,), or None
        Loss / net assets as weights count it, capped; None without net assets.
    net_assets : ndarray of int64, shape (n,), or None
        1e-8 dollars.
    award : ndarray of int64, shape (n,)
        Cents, more than 0.
    trust : ndarray of float64, shape (n,)
    attributes : tuple of Attribute
    alike : ndarray of int64, shape (n,)
        Equal for examples that no formula of these columns can treat differently.
    notes : tuple of str
        What was left out.
    """

    lines: tuple[int | str, ...]
    loss: NDArray[np.int64]
    claim: NDArray[np.float64]
    ratio: NDArray[np.float64] | None
    net_assets: NDArray[np.int64] | None
    award: NDArray[np.int64]
    trust: NDArray[np.float64]
    attributes: tuple[Attribute, ...]
    alike: NDArray[np.int64]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.award)

    def where(self, rows: NDArray[Any]) -> str:
        """Name the lines of some examples (indices, or a mask): "line 4", "lines 4 and 9"."""
        index = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return listed([self.lines[i] for i in index])


def listed(lines: Sequence[int | str]) -> str:
    """Name lines in a sentence.

    Examples
    --------
    >>> listed([4]), listed([4, 7, 9])
    ('line 4', 'lines 4, 7 and 9')
    """
    names = [str(line) for line in lines[:LISTED]]
    if len(lines) > LISTED:
        return f"lines {', '.join(names)} and {len(lines) - LISTED:,} more"
    return (
        f"line {names[0]}" if len(names) == 1 else f"lines {', '.join(names[:-1])} and {names[-1]}"
    )


def read_examples(source: object, policy: Policy, factors: Sequence[str] | None) -> ExampleTable:
    """Read and check examples.

    Parameters
    ----------
    source : path, data frame or Arrow table
    policy : Policy
        Its columns, brackets, ratio cap and unit.
    factors : sequence of str or None
        Attribute columns; None for every other column whose values repeat.

    Returns
    -------
    ExampleTable

    Raises
    ------
    DataError
        If columns are missing, rows are bad (with their lines), or no example has an award.

    Examples
    --------
    >>> table = pa.table({"liquidation_loss": [100, 200], "award": ["4.00", "7.50"]})
    >>> read_examples(table, Policy.default(), None).award.tolist()
    [400, 750]
    """
    users = read_users(source)
    mapping = policy.columns
    refuse_missing(users, [LOSS, AWARD, *(factors or ())], mapping)
    table = users.table
    findings = Findings(users.malformed)
    loss = _positive(table, mapping.get(LOSS, LOSS), findings, least=1)
    award_name = mapping.get(AWARD, AWARD)
    award = check_amounts(table, award_name, findings, signed=False).parts
    broken = np.flatnonzero(award % FINE_PER_CENT)
    findings.add("is not in whole cents", award_name, broken)
    trust = np.full(len(users), float(1))
    if mapping.get(TRUST, TRUST) in table.column_names:
        trust = _positive(table, mapping.get(TRUST, TRUST), findings, least=0) / FINE
    net = None
    if mapping.get(NET_ASSETS, NET_ASSETS) in table.column_names:
        net = _net_assets(table, mapping.get(NET_ASSETS, NET_ASSETS), findings)
    claim = recognized(loss, policy.claim.brackets)
    nothing = np.flatnonzero((claim == 0) & (loss > 0))
    findings.add("is not recognized at all by claim.brackets", mapping.get(LOSS, LOSS), nothing)
    if findings.count:
        raise findings.error(users)

    kept = (award > 0) & (trust > 0)
    if not kept.any():
        raise DataError(
            f"none of the {len(users):,} examples has an award above $0.00 and trust above 0: "
            "there is nothing to fit"
        )
    notes = []
    lines = _lines(users)
    if (award == 0).any():
        zero = listed([lines[i] for i in np.flatnonzero(award == 0)])
        notes.append(
            f"Awards of $0.00 say who is out, not how much anybody gets, and are left out: {zero}."
        )
    if ((trust == 0) & (award > 0)).any():
        zero = listed([lines[i] for i in np.flatnonzero((trust == 0) & (award > 0))])
        notes.append(f"Examples with a trust of 0 are left out: {zero}.")
    ratio = None if net is None else _ratio(loss, net, float(read_ratio(policy.weights.ratio_cap)))
    attributes, more = _attributes(users, policy, factors, kept)
    columns = [
        claim[kept],
        *([] if ratio is None else [ratio[kept]]),
        *(a.codes for a in attributes),
    ]
    alike = np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1].reshape(-1)
    return ExampleTable(
        tuple(lines[i] for i in np.flatnonzero(kept)),
        loss[kept],
        claim[kept] / FINE,
        None if ratio is None else ratio[kept],
        None if net is None else net[kept],
        award[kept] // FINE_PER_CENT,
        trust[kept],
        attributes,
        alike.astype(np.int64),
        (*notes, *more),
    )


def _positive(table: pa.Table, name: str, findings: Findings, least: int) -> NDArray[np.int64]:
    amounts = check_amounts(table, name, findings, signed=False)
    small = (amounts.parts < least) & (amounts.faults == 0)
    findings.add("is 0, for which there is nothing to award", name, np.flatnonzero(small))
    return amounts.parts


def _net_assets(table: pa.Table, name: str, findings: Findings) -> NDArray[np.int64]:
    missing = nulls_of(table.column(name).combine_chunks())
    told = "is missing; give it, or leave the whole column out to fit without ratios"
    findings.add(told, name, np.flatnonzero(missing))
    return check_amounts(table, name, findings, signed=True, excused=missing).parts


def _ratio(loss: NDArray[np.int64], net: NDArray[np.int64], cap: float) -> NDArray[np.float64]:
    ratio = np.full(len(loss), cap)
    np.divide(loss, net, out=ratio, where=net > 0)
    capped: NDArray[np.float64] = np.minimum(ratio, cap)
    return capped


def _lines(users: UsersTable) -> list[int | str]:
    files, lines = locate(users, np.arange(len(users)))
    if len(users.sources) == 1:
        return list(lines.tolist())
    return [f"{users.sources[f].path}:{n}" for f, n in zip(files, lines, strict=True)]


def _attributes(
    users: UsersTable,
    policy: Policy,
    factors: Sequence[str] | None,
    kept: NDArray[np.bool_],
) -> tuple[tuple[Attribute, ...], list[str]]:
    """Encode the columns that may be factors, and say which are left out and why."""
    ours = {theirs: name for name, theirs in policy.columns.items()}
    others = [ours.get(name, name) for name in users.table.column_names]
    chosen = [name for name in others if name not in KNOWN] if factors is None else list(factors)
    found, notes = [], []
    n = int(kept.sum())
    for name in dict.fromkeys(chosen):
        attribute = _encoded(users.table.column(policy.columns.get(name, name)), name, kept)
        count = 0 if attribute is None else len(attribute.labels)
        if attribute is None:
            notes.append(f"Column {name} is left out: its values are neither text nor numbers.")
        elif count == 1:
            what = "no value" if attribute.labels[0] == NULL else attribute.labels[0]
            notes.append(f"Every example has {what} in {name}: whether it matters cannot be told.")
        elif factors is None and 2 * count > n:
            notes.append(
                f"Column {name} is left out: it has {count:,} different values among {n:,} "
                f"examples. To fit a factor for each, name it in factors."
            )
        else:
            found.append(attribute)
    return tuple(found), notes


def _encoded(column: pa.ChunkedArray, name: str, kept: NDArray[np.bool_]) -> Attribute | None:
    merged = column.combine_chunks()
    if not pa.types.is_dictionary(merged.type):
        try:
            merged = pc.dictionary_encode(merged)
        except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
            return None
    if pa.types.is_nested(merged.type.value_type) or pa.types.is_binary(merged.type.value_type):
        return None
    texts = [_text(value) for value in merged.dictionary.to_pylist()]
    codes = np.where(nulls_of(merged.indices), -1, numbers_of(merged.indices)).astype(np.int64)
    values = np.array([*texts, NULL], dtype=object)[codes][kept].astype(str)
    labels, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return Attribute(name, tuple(str(labels[i]) for i in order), place[inverse])


def _text(value: object) -> str:
    if value is None:
        return NULL
    return str(value).lower() if isinstance(value, bool) else str(value)
