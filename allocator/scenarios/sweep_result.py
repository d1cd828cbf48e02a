"""`Sweep`: what many policies come to on the same users."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from allocator.allocation.pipeline import Loaded, run
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Stages
from allocator.data.write import write_file
from allocator.policy.schema import Policy
from allocator.scenarios.knobs import number, value_of
from allocator.scenarios.numerals import percent
from allocator.scenarios.same_knob import effective_exponents
from allocator.scenarios.scenario_figures import ScenarioFigures
from allocator.scenarios.text_table import text_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sweep", "plain"]

DIGITS = 6  # decimals of ratios in files
SHOWN = (
    *("eligible", "at_floor", "at_cap", "mean_cents", "median_cents", "recovery"),
    *("top_tenth_share", "gini"),
)
SHARES = ("recovery", "top_tenth_share")
_WHOLE = ("eligible", "paid", "at_floor", "at_cap", "total_cents", "mean_cents", "median_cents")


@dataclass(frozen=True, eq=False)
class Sweep:
    """What many policies come to on the same users.

    Attributes
    ----------
    knobs : tuple of str
        What is varied, by dotted name.
    scenarios : tuple of Policy
        Named after what they change.
    figures : tuple of ScenarioFigures
        One for each scenario.
    notes : tuple of str
        Which knobs are the same knob, which scenarios the same scenario, what cannot be paid.
    certified : bool
        Whether every scenario has passed the core's certificate, or only bounds and totals.
    loaded : Loaded
        The users.
    """

    knobs: tuple[str, ...]
    scenarios: tuple[Policy, ...]
    figures: tuple[ScenarioFigures, ...]
    notes: tuple[str, ...]
    certified: bool
    loaded: Loaded = field(repr=False)

    def __len__(self) -> int:
        return len(self.scenarios)

    def __getitem__(self, i: int) -> Allocation:
        """Run scenario i in full: its awards table and certificate.

        Raises
        ------
        InfeasibleError
            If it cannot be paid.
        """
        return run(self.loaded, self.scenarios[i], Stages())

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a scenario.

        Returns
        -------
        pandas.DataFrame
            The knobs by dotted name (money in dollars); ``effective_loss_exponent`` and
            ``effective_ratio_exponent`` (exponent / alpha, which is what acts between the minimum
            and the cap); then the fields of `ScenarioFigures`. Figures of scenarios that cannot
            be paid are missing.
        """
        import pandas as pd

        frame = pd.DataFrame(self.records()).rename_axis("scenario")
        whole = [f for f in frame if f in _WHOLE]
        return frame.astype(dict.fromkeys(whole, "Int64"))

    @cached_property
    def deciles(self) -> pd.DataFrame:
        """Recovery (total of awards over total of losses) by decile of loss.

        Returns
        -------
        pandas.DataFrame
            One row a scenario, columns 1 (the smallest losses) to 10; deciles are of those who
            are eligible in the scenario, by rank, equal losses in one decile.
        """
        import pandas as pd

        rows = [each.recovery_by_decile for each in self.figures]
        columns = pd.RangeIndex(1, len(rows[0]) + 1, name="decile of loss")
        return pd.DataFrame(rows, columns=columns, dtype=float).rename_axis("scenario")

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of `table` as plain dictionaries, without pandas."""
        powers = [effective_exponents(policy) for policy in self.scenarios]
        names = dict.fromkeys(name for each in powers for name in each)
        rows = []
        for policy, power, figures in zip(self.scenarios, powers, self.figures, strict=True):
            row: dict[str, Any] = {key: number(value_of(policy, key)) for key in self.knobs}
            row |= {f"effective_{_snake(n)}_exponent": power.get(n, 0.0) for n in names}
            found = asdict(figures)
            del found["recovery_by_decile"]
            rows.append({**row, **found})
        return rows

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows of `table`, numbered from 0, to a CSV file.

        Parameters
        ----------
        path : path
            An existing file is replaced, once the new one is on the disk.

        Raises
        ------
        AllocatorError
            If it cannot be written; it says why.
        """
        rows = [{"scenario": i, **plain(row)} for i, row in enumerate(self.records())]
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_file(path, text.getvalue().encode())

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON: cents as integers, ratios to six decimals."""
        deciles = [each.recovery_by_decile for each in self.figures]
        return {
            "schema_version": 1,
            "knobs": list(self.knobs),
            "certified": self.certified,
            "notes": list(self.notes),
            "scenarios": [
                {"name": policy.name, **plain(row), "recovery_by_decile": _rounded(each)}
                for policy, row, each in zip(self.scenarios, self.records(), deciles, strict=True)
            ],
        }

    def __str__(self) -> str:
        lines = text_table(*self._cells())
        checked = "certificate" if self.certified else "bounds and total only"
        lines += [f"note: {note}" for note in self.notes]
        return "\n".join([*lines, f"verified: {checked}"])

    def _cells(self, *, percents: bool = False) -> tuple[list[str], list[list[str]]]:
        records = self.records()
        effective = [name for name in records[0] if name.startswith("effective_")]
        moving = [name for name in effective if len({row[name] for row in records}) > 1]
        columns = [*self.knobs, *moving, *SHOWN]
        rows = [
            [str(i), *(_cell(name, row[name], percents=percents) for name in columns)]
            for i, row in enumerate(records)
        ]
        heads = [name.removesuffix("_cents").rpartition(".")[2] for name in columns]
        if percents:  # for people
            heads = [head.replace("_", " ") for head in heads]
        return ["scenario", *heads], rows

    def __repr__(self) -> str:
        return f"Sweep({len(self)} scenarios over {', '.join(self.knobs) or 'nothing'})"

    def _repr_html_(self) -> str:
        cards = import_module("allocator.report.cards")
        title = f"{len(self)} scenarios over {', '.join(self.knobs) or 'nothing'}"
        html: str = cards.card(title, tables=[self._cells(percents=True)], notes=self.notes)
        return html


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as JSON has it: knobs as they are, ratios to six decimals, infinities as text.

    Examples
    --------
    >>> plain({"alpha": float("inf"), "recovery": 1 / 3, "formula": None})
    {'alpha': 'inf', 'recovery': 0.333333, 'formula': None}
    """
    return {name: _plain(name, value) for name, value in row.items()}


def _plain(name: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return str(value)
    if _is_knob(name):
        return value
    return float(f"{value:.{DIGITS}g}") if name == "level" else round(value, DIGITS)


def _rounded(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else round(value, DIGITS) for value in values]


def _cell(name: str, value: Any, *, percents: bool) -> str:
    if value is None:
        return "-"
    if name.endswith("_cents"):
        return f"${value / 100:,.2f}"
    if isinstance(value, (bool, str)):
        return str(value)
    if percents and name in SHARES:
        return percent(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.15g}" if _is_knob(name) else f"{value:,.6g}"


def _is_knob(name: str) -> bool:
    return "." in name  # only settings of policies have dotted names


def _snake(name: str) -> str:
    return name.removesuffix(" factor").replace(" ", "_")
