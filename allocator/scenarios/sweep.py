"""`sweep`: many policies on the same users, a row of figures each."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from allocator.allocation.pipeline import Loaded, run
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Progress, Stages
from allocator.errors import InfeasibleError
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio
from allocator.scenarios.knobs import number, scenario_policies, settings, shown, value_of
from allocator.scenarios.same_knob import MOST, effective_exponents, sweep_notes
from allocator.scenarios.scenario_figures import ScenarioFigures, scenario_figures
from allocator.scenarios.shared import SharedUsers, eligibility_key, load_for, smallest_loss
from allocator.scenarios.text_table import text_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sweep", "plain", "sweep"]

DIGITS = 6  # decimals of ratios in files
SHOWN = (
    *("eligible", "at_floor", "at_cap", "mean_cents", "median_cents", "recovery"),
    *("top_tenth_share", "gini"),
)


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
            An existing file is replaced.
        """
        rows = [{"scenario": i, **plain(row)} for i, row in enumerate(self.records())]
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

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

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        records = self.records()
        effective = [name for name in records[0] if name.startswith("effective_")]
        moving = [name for name in effective if len({row[name] for row in records}) > 1]
        columns = [*self.knobs, *moving, *SHOWN]
        rows = [
            [str(i), *(_cell(name, row[name]) for name in columns)] for i, row in enumerate(records)
        ]
        heads = [name.removesuffix("_cents").rpartition(".")[2] for name in columns]
        return ["scenario", *heads], rows

    def __repr__(self) -> str:
        return f"Sweep({len(self)} scenarios over {', '.join(self.knobs) or 'nothing'})"

    def _repr_html_(self) -> str:
        cards = import_module("allocator.report.cards")
        title = f"{len(self)} scenarios over {', '.join(self.knobs) or 'nothing'}"
        html: str = cards.card(title, tables=[self._cells()], notes=self.notes)
        return html


def sweep(
    users: object,
    policy: Policy | str | os.PathLike[str] | None,
    vary: Mapping[str, Sequence[object]] | Sequence[Mapping[str, object]],
    *,
    verify: bool = False,
    progress: Progress | None = None,
) -> Sweep:
    """Apply many variants of a policy to the same users.

    Users are read, checked and sorted once; who is in and what they weigh is worked out anew only
    where a scenario changes it. A further scenario then costs little more than finding its level
    and its cents. Awards are not kept: ``result[i]`` runs a scenario again, in full.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
        As in `allocate`.
    policy : Policy, preset name, path of a policy file, or None
        What the scenarios change; the announced policy when None.
    vary : mapping, or sequence of mappings
        A grid, ``{"alpha": [1, 2], "award.minimum": [0, 4]}``: every combination, the last knob
        varying fastest. Or a list of scenarios, ``[{"alpha": 2}, {"award.minimum": 0}]``. Keys
        are as in `Policy.replace`; money and ratios may be numbers.
    verify : bool
        Every scenario is checked for its bounds and its total. With True also by the certificate
        that `allocate` gives: that no cent moved would be better, and that ties are in order.
        That takes about as long again as the scenario.
    progress : callable, optional
        Called as ``progress(stage, done, total)``: while loading as in `allocate`, then before
        each scenario as ``progress("scenario", done, scenarios)``.

    Returns
    -------
    Sweep
        ``.table`` has a row a scenario; one whose minimum is more than the budget has the status
        ``infeasible`` and no figures, and a note says why.

    Raises
    ------
    DataError
        If the users are bad, or there is nothing to vary.
    PolicyError
        If a knob or a value is not one of a policy's; it says which.
    VerificationError
        If awards do not pass; please report it.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> result = sweep(al.simulate_users(1000, seed=7), policy, {"alpha": [1, 2, 4]})
    >>> result.table[["objective.alpha", "effective_loss_exponent", "total_cents"]]
              objective.alpha  effective_loss_exponent  total_cents
    scenario
    0                     1.0                     1.00      5000000
    1                     2.0                     0.50      5000000
    2                     4.0                     0.25      5000000
    """
    knobs, changes, grid = settings(vary)
    policies = scenario_policies(Policy.named(policy), changes)
    shared = SharedUsers(load_for(users, policies, Stages(progress)), policies)
    figures = [ScenarioFigures("infeasible")] * len(policies)
    marks: list[int | None] = [None] * len(policies)
    failed: dict[int, str] = {}
    # What shares arrays stands together, so that only those of one scenario are ever held.
    order = sorted(range(len(policies)), key=lambda i: _nearness(policies[i]))
    for done, i in enumerate(order):
        if progress is not None:
            progress("scenario", done, len(policies))
        try:
            solved = shared.solve(policies[i], certify=verify)
        except InfeasibleError as error:
            failed[i] = str(error)
            continue
        figures[i], marks[i] = scenario_figures(solved), solved.fingerprint
    notes = [
        *_failures(failed, changes),
        *sweep_notes(policies, knobs, changes, marks, grid=grid),
    ]
    return Sweep(knobs, tuple(policies), tuple(figures), tuple(notes), verify, shared.loaded)


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as JSON has it: ratios to six decimals, infinities as text.

    Examples
    --------
    >>> plain({"alpha": float("inf"), "recovery": 1 / 3, "formula": None})
    {'alpha': 'inf', 'recovery': 0.333333, 'formula': None}
    """
    return {name: _plain(name, value) for name, value in row.items()}


def _failures(failed: Mapping[int, str], changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say why scenarios cannot be paid; those that cannot for one reason together."""
    for text in dict.fromkeys(failed.values()):
        same = sorted(i for i, other in failed.items() if other == text)
        names = ", ".join(str(i) for i in same[:MOST]) + (", ..." if len(same) > MOST else "")
        yield (
            f"{len(same)} of {len(changes)} scenarios cannot be paid ({names}, such as "
            f"{shown(changes[same[0]])}): {text}"
        )


_WHOLE = ("eligible", "paid", "at_floor", "at_cap", "total_cents", "mean_cents", "median_cents")


def _plain(name: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        return str(value)
    return float(f"{value:.{DIGITS}g}") if name == "level" else round(value, DIGITS)


def _rounded(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else round(value, DIGITS) for value in values]


def _nearness(policy: Policy) -> tuple[object, ...]:
    weights = policy.weights
    return (
        repr(eligibility_key(policy)),
        policy.uses_weights,
        repr(policy.claim),
        weights.loss_exponent,
        weights.ratio_exponent,
        float(read_ratio(weights.ratio_cap)),
        repr(sorted(weights.factors.items())),
        smallest_loss(policy),
    )


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if name.endswith("_cents"):
        return f"${value / 100:,.2f}"
    if isinstance(value, (bool, str)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"


def _snake(name: str) -> str:
    return name.removesuffix(" factor").replace(" ", "_")
