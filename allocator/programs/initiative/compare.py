"""Two initiatives beside each other: program by program, and who gains or loses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.data.buffers import numbers_of
from allocator.errors import DataError
from allocator.money import exact_sum, format_cents
from allocator.programs.initiative.ledger import looked_up
from allocator.programs.initiative.people import texts_of
from allocator.programs.initiative.result import InitiativeResult
from allocator.scenarios.panel import distinct_names
from allocator.scenarios.text_table import text_table

__all__ = ["InitiativeComparison", "compare_initiatives"]

Ints = NDArray[np.int64]
HEAD = ("program", "spent", "then", "change", "persons", "then")


@dataclass(frozen=True)
class InitiativeComparison:
    """What changes from one initiative to another, for the same persons.

    Money is in cents.

    Attributes
    ----------
    before, after : str
        Their names; the second is numbered when both have one name.
    programs : tuple of mapping
        For each program of either: name, and spent_cents and persons before and after; None where
        there is no such program.
    gainers, losers, same : int
        Persons who are paid more, less or the same in all; loans do not count.
    gained_cents, lost_cents : int
        By how much, together.
    """

    before: str
    after: str
    programs: tuple[dict[str, Any], ...]
    gainers: int
    losers: int
    same: int
    gained_cents: int
    lost_cents: int

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {**vars(self), "programs": list(self.programs)}

    def __str__(self) -> str:
        rows = [
            (
                each["name"],
                *(_money(each[f"spent_cents_{when}"]) for when in ("before", "after")),
                _change(each["spent_cents_before"], each["spent_cents_after"]),
                *(_count(each[f"persons_{when}"]) for when in ("before", "after")),
            )
            for each in self.programs
        ]
        lines = [f"{self.before}, then {self.after}", "", *text_table(HEAD, rows), ""]
        lines.append(
            f"{self.gainers:,} persons are paid {format_cents(self.gained_cents)} more, "
            f"{self.losers:,} are paid {format_cents(self.lost_cents)} less, {self.same:,} the same"
        )
        return "\n".join(lines)


def compare_initiatives(before: InitiativeResult, after: InitiativeResult) -> InitiativeComparison:
    """Compare two runs of initiatives for the same persons.

    Parameters
    ----------
    before, after : InitiativeResult

    Returns
    -------
    InitiativeComparison

    Raises
    ------
    DataError
        If they have nobody in common.

    Examples
    --------
    >>> import tempfile
    >>> import allocator as al
    >>> from allocator.data.write import write_csv
    >>> with tempfile.TemporaryDirectory() as home:
    ...     _ = write_csv(f"{home}/users.csv", al.simulate_users(200, seed=1).table)
    ...     one = {"name": "vouchers", "policy": "pro-rata", "input": f"{home}/users.csv"}
    ...     small = al.Initiative(schema_version=1, name="Small", programs=[one])
    ...     result = al.run_initiative(small)
    >>> compare_initiatives(result, result).same
    200
    """
    one, other = (texts_of(each.ledger.column("person")) for each in (before, after))
    everybody = pa.chunked_array([one, other]).unique()
    if len(everybody) == len(one) + len(other):
        raise DataError("the two initiatives have no person in common: nothing can be compared")
    paid = [
        looked_up(everybody, known, numbers_of(each.ledger.column("paid_cents")))
        for known, each in ((one, before), (other, after))
    ]
    change: Ints = paid[1] - paid[0]
    first, second = (
        {each["name"]: each for each in run.certificate.figures["programs"]}
        for run in (before, after)
    )
    name, then = distinct_names((before.initiative.name, after.initiative.name))
    return InitiativeComparison(
        before=name,
        after=then,
        programs=tuple(
            {
                "name": each,
                "spent_cents_before": first.get(each, {}).get("spent_cents"),
                "spent_cents_after": second.get(each, {}).get("spent_cents"),
                "persons_before": first.get(each, {}).get("persons_with_something"),
                "persons_after": second.get(each, {}).get("persons_with_something"),
            }
            for each in dict.fromkeys((*first, *second))
        ),
        gainers=int(np.count_nonzero(change > 0)),
        losers=int(np.count_nonzero(change < 0)),
        same=int(np.count_nonzero(change == 0)),
        gained_cents=exact_sum(np.maximum(change, 0)),
        lost_cents=exact_sum(np.maximum(-change, 0)),
    )


def _money(cents: int | None) -> str:
    return "-" if cents is None else format_cents(cents)


def _count(persons: int | None) -> str:
    return "-" if persons is None else f"{persons:,}"


def _change(before: int | None, after: int | None) -> str:
    change = (after or 0) - (before or 0)
    return ("+" if change > 0 else "") + format_cents(change)
