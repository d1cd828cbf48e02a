"""`Fit`: a policy found from examples, how sure each of its numbers is, and what is left over."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from allocator.money import format_cents
from allocator.policy.schema import Policy
from allocator.scenarios.text_table import text_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Determined", "ExampleRow", "Fit", "Number"]

Determined = Literal["well", "weakly", "not", "given"]
DIGITS = 6  # significant digits of floats in files
SHOWN = 12  # examples on a page, worst first


@dataclass(frozen=True)
class Number:
    """One number of the policy.

    Attributes
    ----------
    key : str
        The policy's key, such as ``weights.loss_exponent``; "level" for the level.
    value : float
        Dollars for bounds and budget.
    low, high : float or None
        Where it lies with 95% confidence, given the form of the policy; None where the examples
        do not say.
    standard_error : float or None
    determined : {"well", "weakly", "not", "given"}
    why : str
    """

    key: str
    value: float
    low: float | None
    high: float | None
    standard_error: float | None
    determined: Determined
    why: str


@dataclass(frozen=True)
class ExampleRow:
    """One example against the fitted policy.

    Attributes
    ----------
    line : int or str
        Where it stands in the file.
    loss : float
        Dollars.
    loss_ratio : float or None
        As weights count it, capped.
    wished_cents, fitted_cents, difference_cents : int
        Difference = fitted - wished.
    fitted_over_wished : float
    held_by : {"", "minimum", "maximum", "loss"}
        The bound at which the wished award stands.
    outlier : bool
        Too far from the others to be the same policy; it was left out of the fit.
    """

    line: int | str
    loss: float
    loss_ratio: float | None
    wished_cents: int
    fitted_cents: int
    difference_cents: int
    fitted_over_wished: float
    held_by: str
    outlier: bool


@dataclass(frozen=True)
class Fit:
    """A policy that explains examples, and how far the examples determine it.

    Attributes
    ----------
    policy : Policy
        With the numbers found; what was not sought is that of the policy started from.
    formula : str
        The policy in one line, with the level that the examples imply.
    level : float
        The award in dollars of a loss of $1 at a ratio of 1, before floor and cap.
    budget_cents : int or None
        What the awards of a users table come to at that level; None without one.
    numbers : tuple of Number
    examples : tuple of ExampleRow
        In the order of the input.
    notes : tuple of str
        In sentences: what was left out, what does not fit, and what cannot be told apart.
    """

    policy: Policy
    formula: str
    level: float
    budget_cents: int | None
    numbers: tuple[Number, ...]
    examples: tuple[ExampleRow, ...]
    notes: tuple[str, ...]

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """A row per number: value, low, high, standard_error, determined, why."""
        import pandas as pd

        frame = pd.DataFrame([asdict(each) for each in self.numbers]).set_index("key")
        numeric = ["value", "low", "high", "standard_error"]
        return frame.astype(dict.fromkeys(numeric, "float64"))

    @cached_property
    def residuals(self) -> pd.DataFrame:
        """A row per example, by its line: what was wished for, and what the policy gives."""
        import pandas as pd

        frame = pd.DataFrame([asdict(each) for each in self.examples]).set_index("line")
        return frame.astype({"loss_ratio": "float64"})

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON: cents as integers, floats to six significant digits."""
        return {
            "schema_version": 1,
            "formula": self.formula,
            "level": _plain(self.level),
            "budget_cents": self.budget_cents,
            "policy": self.policy.model_dump(mode="json", exclude_none=True),
            "parameters": [_plain(asdict(each)) for each in self.numbers],
            "residuals": [_plain(asdict(each)) for each in self.examples],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        head = f"{self.policy.name}, from {self._count}"
        blocks = [
            [head, self.formula],
            text_table(*self._number_cells()),
            [f"- {note}" for note in self.notes],
            [self._shown, *text_table(*self._example_cells())],
        ]
        return "\n\n".join("\n".join(block) for block in blocks if block)

    def __repr__(self) -> str:
        return f"Fit({self.formula!r}, {self._count})"

    def _repr_html_(self) -> str:
        title = f"{self.policy.name}, from {self._count}"
        (_, *head), rows = self._example_cells()
        tables = [self._number_cells(), ((self._shown, *head), rows)]
        cards = import_module("allocator.report.cards")
        html: str = cards.card(title, tables=tables, notes=self.notes, said=self.formula)
        return html

    @property
    def _count(self) -> str:
        return f"{len(self.examples):,} example{'s' if len(self.examples) != 1 else ''}"

    @property
    def _shown(self) -> str:
        if len(self.examples) <= SHOWN:
            return "Every example:"
        return f"The {SHOWN} examples that fit worst, of {len(self.examples):,}:"

    def _number_cells(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        head = ("number", "value", "from", "to")
        rows = [
            (
                each.key,
                *(_shown(each.key, v) for v in (each.value, each.low, each.high)),
                f"{each.determined}: {each.why}",
            )
            for each in self.numbers
        ]
        width = max(len(row[-1]) for row in rows)  # reasons read better from the left
        left = [(*row[:-1], row[-1].ljust(width)) for row in rows]
        return (*head, "determined".ljust(width)), left

    def _example_cells(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        head = ("line", "loss", "ratio", "wished", "fitted", "difference", "")
        chosen = list(self.examples)
        if len(chosen) > SHOWN:
            chosen.sort(key=lambda each: -abs(math.log(max(each.fitted_over_wished, 1e-300))))
        rows: list[tuple[str, ...]] = [
            (
                str(each.line),
                f"${each.loss:,.2f}",
                "-" if each.loss_ratio is None else f"{each.loss_ratio:.0%}",
                format_cents(each.wished_cents),
                format_cents(each.fitted_cents),
                format_cents(each.difference_cents),
                "outlier" if each.outlier else each.held_by and f"at the {each.held_by}",
            )
            for each in chosen[:SHOWN]
        ]
        return head, rows


def _shown(key: str, value: float | None) -> str:
    if value is None:
        return "-"
    return f"${value:,.2f}" if key.startswith("award.") else f"{value:.5g}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
