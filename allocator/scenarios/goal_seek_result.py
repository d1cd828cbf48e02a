"""`GoalSeek`: what a search for a goal came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from allocator.allocation.pipeline import Loaded, run
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Stages
from allocator.policy.schema import Policy
from allocator.scenarios.knobs import value_of
from allocator.scenarios.sweep_result import plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GoalSeek"]


@dataclass(frozen=True, eq=False)
class GoalSeek:
    """What a search for a goal came to.

    Attributes
    ----------
    vary : str
        The knob, by dotted name.
    target : str
        What is aimed at.
    value : float
        The goal.
    reached : bool
        Whether the goal is met, or lies between the figures of two neighboring values of the knob.
    knob : float, bool or str
        The value of the knob that comes nearest (money in dollars).
    achieved : float
        The figure there.
    policy : Policy
        With that value, and named after it: ``Announced (maximum 7,250.00)``.
    tried : tuple of (float, float or None)
        Every value of the knob that was looked at, ascending, and the figure there; None where the
        policy cannot be paid.
    notes : tuple of str
        What else there is to know: that the goal is out of reach, jumped over, or reached more
        than once.
    loaded : Loaded
    """

    vary: str
    target: str
    value: float
    reached: bool
    knob: Any
    achieved: float
    policy: Policy
    tried: tuple[tuple[Any, float | None], ...]
    notes: tuple[str, ...]
    loaded: Loaded = field(repr=False)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Every value that was looked at: the knob by dotted name, and the figure."""
        import pandas as pd

        return pd.DataFrame(self.tried, columns=[self.vary, self.target])

    def allocate(self) -> Allocation:
        """Run the policy found, in full."""
        return run(self.loaded, self.policy, Stages())

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON; figures to six decimals."""
        found = {"reached": self.reached, "knob": self.knob, "achieved": self.achieved}
        return {
            "schema_version": 1,
            "vary": self.vary,
            "target": self.target,
            "value": self.value,
            **plain(found),
            "setting": value_of(self.policy, self.vary),
            "tried": [plain({"knob": knob, "figure": figure}) for knob, figure in self.tried],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        return "\n".join([self._said, *(f"note: {note}" for note in self.notes)])

    @property
    def _said(self) -> str:
        said = "gives" if self.reached else "comes nearest, with"
        head = f"{self.vary} = {value_of(self.policy, self.vary)} {said} {self.target} = "
        return f"{head}{self.achieved:,.6g} (goal {self.value:,.6g})"

    def __repr__(self) -> str:
        return f"GoalSeek({self.vary}={self.knob!r}, {self.target}={self.achieved:g})"

    def _repr_html_(self) -> str:
        title = "The goal is reached" if self.reached else "The goal is not reached"
        cards = import_module("allocator.report.cards")
        html: str = cards.card(title, said=self._said, notes=self.notes)
        return html
