"""People like me: what typical losses get at the level that an allocation has reached."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.data.check import Users
from allocator.money import CENTS, FINE, exact, format_cents
from allocator.policy.compile import bounds
from allocator.policy.eligibility import DROPPED, ELIGIBLE, decide
from allocator.policy.schema import Policy
from allocator.policy.sections import Range
from allocator.scenarios.hypothetical import level_of, net_assets_at
from allocator.scenarios.out import reason_text
from allocator.scenarios.panel import distinct_names
from allocator.scenarios.text_table import text_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LOSSES", "RATIOS", "PeopleLikeMe", "Person", "people_like_me"]

LOSSES = (100, 1_000, 10_000, 100_000)  # dollars
RATIOS = (30, 60, 100)  # percent
OTHERS = "*"  # what a policy calls the values that its factors do not list


@dataclass(frozen=True)
class Person:
    """What a policy gives to somebody.

    Attributes
    ----------
    policy : str
    loss : int
        Dollars.
    ratio : int
        Loss over net assets, in percent.
    award_cents : int or None
        None for who is not eligible.
    why : str
        Where the award comes from: ``formula``, ``minimum``, ``maximum`` or ``loss`` (the award is
        the whole loss, down to a whole unit); for who is not eligible, the reason in words.
    """

    policy: str
    loss: int
    ratio: int
    award_cents: int | None
    why: str

    def __str__(self) -> str:
        return self.why if self.award_cents is None else format_cents(self.award_cents)


@dataclass(frozen=True)
class PeopleLikeMe:
    """What typical losses get under one or more policies.

    Attributes
    ----------
    people : tuple of Person
        By policy, then loss, then ratio.
    notes : tuple of str
        What was assumed of them.
    """

    people: tuple[Person, ...]
    notes: tuple[str, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """A row per loss and ratio.

        Returns
        -------
        pandas.DataFrame
            For each policy award_cents, missing for the ineligible, and why; ``attrs["notes"]``
            says what was assumed.
        """
        import pandas as pd

        columns: dict[tuple[str, str], Any] = {}
        for name, people in self._by_policy().items():
            cents = [each.award_cents for each in people]
            columns[name, "award_cents"] = pd.array(cents, dtype="Int64")
            columns[name, "why"] = [each.why for each in people]
        places = [(each.loss, each.ratio) for each in people]
        index = pd.MultiIndex.from_tuples(places, names=["loss in $", "loss / net assets in %"])
        frame = pd.DataFrame(columns, index=index)
        frame.attrs["notes"] = list(self.notes)
        return frame

    def __str__(self) -> str:
        notes = [f"note: {note}" for note in self.notes]
        return "\n".join([*text_table(*self._cells()), *notes])

    def __repr__(self) -> str:
        return f"PeopleLikeMe({', '.join(self._by_policy())})"

    def _repr_html_(self) -> str:
        cards = import_module("allocator.report.cards")
        html: str = cards.card("People like me", tables=[self._cells()], notes=self.notes)
        return html

    def _cells(self) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        by_policy = self._by_policy()
        rows = [
            (f"${people[0].loss:,}", f"{people[0].ratio}%", *map(str, people))
            for people in zip(*by_policy.values(), strict=True)
        ]
        return ("loss", "of net assets", *by_policy), rows

    def _by_policy(self) -> dict[str, list[Person]]:
        found: dict[str, list[Person]] = {}
        for each in self.people:
            found.setdefault(each.policy, []).append(each)
        return found


def people_like_me(
    allocations: Allocation | Sequence[Allocation], names: Sequence[str] | None = None
) -> PeopleLikeMe:
    """Say what losses of $100 to $100,000 get, at 30%, 60% and 100% of net assets.

    Awards are those of the level that the allocation has reached, to the cent: one person more
    would hardly move it. Whoever is tied at the margin may hold a unit less.

    Parameters
    ----------
    allocations : Allocation, or sequence of Allocation
    names : sequence of str, optional
        What to call them; the policies' names when not given.

    Returns
    -------
    PeopleLikeMe

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> found = people_like_me(al.allocate(al.simulate_users(1000, seed=7), policy))
    >>> print(found.people[2].loss, found.people[2].ratio, found.people[2].why)
    100 100 minimum
    """
    listed = [allocations] if isinstance(allocations, Allocation) else list(allocations)
    titles = distinct_names([each.policy.name for each in listed] if names is None else names)
    notes: list[str] = []
    people: list[Person] = []
    for title, allocation in zip(titles, listed, strict=True):
        people += _people(title, allocation)
        notes += [f"{title}: {note}" for note in _notes(allocation.policy)]
    return PeopleLikeMe(tuple(people), tuple(notes))


def _people(title: str, allocation: Allocation) -> list[Person]:
    policy = _by_amounts(allocation.policy)
    places = [(loss, ratio) for loss in LOSSES for ratio in RATIOS]
    loss = np.array([each * FINE for each, _ in places], dtype=np.int64)
    net = np.concatenate(
        [net_assets_at(loss[k : k + 1], Fraction(p, 100)) for k, (_, p) in enumerate(places)]
    )
    decided = decide(_users(loss, net), policy)
    factor = math.prod(_factors(allocation.policy).values())
    cents = level_of(allocation).award_cents(loss, net, factor)
    unit_cents = policy.award.unit_cents
    lower, upper = (each * unit_cents for each in bounds(loss, policy))
    maximum = int(exact(policy.award.maximum) * CENTS)
    found = []
    for k, (dollars, percent) in enumerate(places):
        reason = decided.reason(k)
        if reason != ELIGIBLE:
            found.append(Person(title, dollars, percent, None, reason_text(reason, policy)))
            continue
        why = "formula"
        if cents[k] == 0 and policy.award.below_minimum != "raise":
            why = reason_text(DROPPED, policy)
        elif cents[k] == lower[k]:
            why = "minimum"
        elif cents[k] == upper[k]:
            why = "maximum" if upper[k] == maximum else "loss"
        found.append(Person(title, dollars, percent, int(cents[k]), why))
    return found


def _factors(policy: Policy) -> Mapping[str, float]:
    if not policy.uses_weights:
        return {}
    return {name: table.get(OTHERS, 1.0) for name, table in policy.weights.factors.items()}


def _by_amounts(policy: Policy) -> Policy:
    """Leave out exclusions that ask for more than a loss and net assets."""
    kept = {
        name: rule
        for name, rule in policy.eligibility.exclude.items()
        if isinstance(rule, Range) and name in ("net_assets", "liquidation_loss")
    }
    eligibility = policy.eligibility.model_copy(update={"exclude": kept})
    return policy.model_copy(update={"eligibility": eligibility})


def _notes(policy: Policy) -> list[str]:
    notes = []
    for name, factor in _factors(policy).items():
        stated = 'that of "*"' if OTHERS in policy.weights.factors[name] else "none is stated"
        notes.append(f"the factor of {name} is taken as {factor:g} ({stated})")
    if policy.constraints:
        notes.append("nobody here is in a group whose total has a floor or a cap")
    kept = _by_amounts(policy).eligibility.exclude
    left_out = [name for name in policy.eligibility.exclude if name not in kept]
    if left_out:
        notes.append(f"nobody here is excluded by {', '.join(left_out)}")
    return notes


def _users(loss: NDArray[np.int64], net_assets: NDArray[np.int64]) -> Users:
    ids = pa.chunked_array([pa.nulls(len(loss), pa.string())])
    return Users(
        ids=ids,
        loss=loss,
        net_assets=net_assets,
        no_snapshot=None,
        already_compensated=None,
        attributes={},
        table=pa.table({"user_id": ids}),
        rounded_rows=np.zeros(len(loss), dtype=bool),
    )
