"""`Frontier`: efficiency against fairness, as one knob of a policy varies."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from allocator.allocation.pipeline import Loaded, run
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Stages
from allocator.policy.schema import Policy
from allocator.scenarios.sweep_result import plain
from allocator.scenarios.text_table import text_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Frontier", "FrontierPoint"]


@dataclass(frozen=True)
class FrontierPoint:
    """One policy on the frontier.

    Attributes
    ----------
    value : float, bool or str
        What the knob is set to.
    efficiency : float or None
        Weighted dollars over the most that this point's own users, bounds and budget allow.
    price_of_fairness : float or None
        1 - efficiency.
    equality : float or None
        1 - Gini coefficient of the awards.
    equality_of_recovery : float or None
        1 - Gini coefficient of award / loss.
    top_tenth_share : float or None
        Share of the money that goes to the tenth who lost most.
    median_cents : int or None
    recovery_of_smallest : float or None
        Total of awards over total of losses in the decile of smallest losses.
    dominated : bool
        Whether another point is at least as efficient and as equal, and better in one.
    """

    value: Any
    efficiency: float | None
    price_of_fairness: float | None
    equality: float | None
    equality_of_recovery: float | None
    top_tenth_share: float | None
    median_cents: int | None
    recovery_of_smallest: float | None
    dominated: bool


@dataclass(frozen=True, eq=False)
class Frontier:
    """Efficiency against fairness, as one knob of a policy varies.

    Attributes
    ----------
    vary : str
        The knob, by dotted name.
    points : tuple of FrontierPoint
    scenarios : tuple of Policy
    notes : tuple of str
    base : Policy
        What the scenarios change.
    loaded : Loaded
    """

    vary: str
    points: tuple[FrontierPoint, ...]
    scenarios: tuple[Policy, ...]
    notes: tuple[str, ...]
    base: Policy
    loaded: Loaded = field(repr=False)

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, i: int) -> Allocation:
        """Run point i in full."""
        return run(self.loaded, self.scenarios[i], Stages())

    @property
    def plot(self) -> Any:
        """Its figure, ``curve.plot.frontier()``, with the present value marked.

        Further frontiers of the same knob are drawn beside it: ``curve.plot.frontier(other)``.
        """
        return import_module("allocator.report.figures").FrontierPlots(self)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a point: the knob by dotted name, then the fields of `FrontierPoint`."""
        import pandas as pd

        frame = pd.DataFrame(self.records())
        return frame.astype({"median_cents": "Int64"})

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of `table` as plain dictionaries, without pandas."""
        rows = [dict(vars(point)) for point in self.points]
        return [{self.vary: row.pop("value"), **row} for row in rows]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        points = [plain(row) for row in self.records()]
        return {
            "schema_version": 1,
            "vary": self.vary,
            "points": points,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        notes = [f"note: {note}" for note in self.notes]
        return "\n".join([*text_table(*self._cells()), *notes])

    def _cells(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        heads = (self.vary, "efficiency", "price of fairness", "equality", "of recovery", "median")
        rows = [
            (
                f"{p.value:g}" if isinstance(p.value, float) else str(p.value),
                *map(_share, (p.efficiency, p.price_of_fairness)),
                *map(_share, (p.equality, p.equality_of_recovery)),
                "-" if p.median_cents is None else f"${p.median_cents / 100:,.2f}",
            )
            for p in self.points
        ]
        return heads, rows

    def __repr__(self) -> str:
        return f"Frontier({len(self)} points over {self.vary})"

    def _repr_html_(self) -> str:
        cards = import_module("allocator.report.cards")
        title = f"{len(self)} points over {self.vary}"
        html: str = cards.card(title, tables=[self._cells()], notes=self.notes)
        return html


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
