"""The summary: what happened, on one screen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.person_table import per_person
from allocator.allocation.result import Allocation
from allocator.allocation.row_evidence import priced_constraints
from allocator.data.table import MEMORY
from allocator.money import FINE_PER_CENT, exact, exact_sum
from allocator.policy.values import show_dollars
from allocator.scenarios.alternatives import alternatives, awards_under
from allocator.scenarios.columns import losses, numbers
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.out import Out, out_by_reason
from allocator.scenarios.people_and_waves import paid_figures, people_figures
from allocator.scenarios.summary_text import summary_text
from allocator.scenarios.sums import median, share_of_top

__all__ = ["Outcome", "Summary", "big_dollars", "percent", "summarize"]

SCHEMA_VERSION = 1
DIGITS = 6  # decimals of shares in files


@dataclass(frozen=True)
class Outcome:
    """What the eligible users get under one rule.

    Attributes
    ----------
    name : str
    median_cents : int
        Half of them get this or less.
    top_share : float
        Share of the money that goes to the tenth who lost most; those tied at the cut share it.
    floor_share : float
        Share of them who get the minimum.
    gain_share, lose_share : float or None
        Share of them who get more, or less, than in this run; None for the run itself.
    largest_change_cents : int or None
        By how much any of them differs from this run.
    """

    name: str
    median_cents: int
    top_share: float
    floor_share: float
    gain_share: float | None = None
    lose_share: float | None = None
    largest_change_cents: int | None = None


@dataclass(frozen=True)
class Summary:
    """The figures of a run; printed, a page worth reading.

    Attributes
    ----------
    policy : str
        Its name.
    users_from : str
        ``SIMULATED users``, or the names of the files.
    simulated : str or None
    status : str
        As in the certificate.
    budget_cents, spent_cents, unspent_cents : int
    users, eligible, paid : int
        Everybody; those who are in; those of them who get more than nothing.
    formula : str
    minimum : str
        The smallest voucher: ``$4``.
    unit_cents : int
        Awards are multiples of it.
    out : tuple of Out
        Who is out, by reason.
    outcomes : tuple of Outcome
        This run, then the alternatives to see it beside.
    recovery : float or None
        Share of the losses of those who are in that is paid back; None when nobody is.
    top_loss_share : float or None
        Share of these losses that the tenth who lost most have; those tied at the cut share it.
    quarantined : int
        Bad rows that were set aside.
    checks : mapping of str to bool
    failures : tuple of str
    warnings : tuple of str
    reserve_cents : int or None
        What of the budget is held back.
    already_paid, people : mapping or None
        See `allocator.scenarios.people_and_waves`; None, and not in the file, where there is
        nothing to say. With people, `users`, `eligible`, `paid` and `outcomes` count people.
    constraints : tuple of str or None
        Where constraints overlap, or bound recoveries: those that bind, and what they cost.
    """

    policy: str
    users_from: str
    simulated: str | None
    status: str
    budget_cents: int
    spent_cents: int
    unspent_cents: int
    users: int
    eligible: int
    paid: int
    formula: str
    minimum: str
    unit_cents: int
    out: tuple[Out, ...]
    outcomes: tuple[Outcome, ...]
    recovery: float | None
    top_loss_share: float | None
    quarantined: int
    checks: Mapping[str, bool]
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    reserve_cents: int | None = None
    already_paid: Mapping[str, Any] | None = None
    people: Mapping[str, Any] | None = None
    constraints: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return self.text()

    def to_dict(self) -> dict[str, Any]:
        """Return what goes into summary.json: cents as integers, shares to six decimals."""
        data = {"schema_version": SCHEMA_VERSION, **vars(self)}
        data["out"] = [each.to_dict() for each in self.out]
        data["outcomes"] = [_short(vars(each)) for each in self.outcomes]
        data["checks"] = dict(self.checks)
        for name in ("reserve_cents", "already_paid", "people", "constraints"):
            if data[name] is None:
                del data[name]
        return {k: list(v) if isinstance(v, tuple) else v for k, v in _short(data).items()}

    def _repr_html_(self) -> str:
        html: str = import_module("allocator.report.cards").summary_card(self)
        return html

    def text(self, next_line: str = "") -> str:
        """Return the page.

        Parameters
        ----------
        next_line : str
            What to do next, for the last line.
        """
        return summary_text(self, next_line)


def summarize(allocation: Allocation) -> Summary:
    """Return the figures of a run, with the alternatives it is best seen beside.

    Parameters
    ----------
    allocation : Allocation
        Fresh, or read from a folder.

    Returns
    -------
    Summary

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> summary = summarize(al.allocate(al.simulate_users(1000, seed=7), policy))
    >>> print(summary.text().splitlines()[0])
    Announced policy on SIMULATED users
    """
    accounts, allocation = allocation, per_person(allocation)
    policy, certificate = allocation.policy, allocation.certificate
    award = numbers(allocation.table, "award_cents")
    lost = losses(allocation.table, policy)[numbers(allocation.table, "eligible")]
    top = share_of_top(lost, lost) if len(lost) else None
    whole = exact_sum(lost)
    return Summary(
        policy=policy.name,
        users_from=_users_from(allocation),
        simulated=allocation.simulated,
        status=certificate.status,
        budget_cents=certificate.budget_cents,
        spent_cents=certificate.spent_cents,
        unspent_cents=certificate.unspent_cents,
        users=certificate.users,
        eligible=certificate.eligible,
        paid=int(np.count_nonzero(award)),
        formula=certificate.formula,
        minimum=show_dollars(exact(policy.award.minimum)).removesuffix(".00"),
        unit_cents=policy.award.unit_cents,
        out=out_by_reason(allocation),
        outcomes=tuple(_outcomes(allocation, lost)),
        recovery=certificate.spent_cents * FINE_PER_CENT / whole if whole else None,
        top_loss_share=None if top is None else float(top),
        quarantined=_quarantined(accounts),
        checks=certificate.checks,
        failures=certificate.failures,
        warnings=allocation.warnings,
        reserve_cents=certificate.reserve_cents,
        already_paid=paid_figures(accounts.table),
        people=people_figures(accounts.table),
        constraints=priced_constraints(certificate),
    )


def _quarantined(allocation: Allocation) -> int:
    """Count the rows that were read and are not in the table; a run read back has only counts."""
    if allocation.quarantined is not None:
        return int(allocation.quarantined.num_rows)
    return max(0, sum(source.rows for source in allocation.sources) - len(allocation))


def _outcomes(allocation: Allocation, lost: NDArray[np.int64]) -> Iterator[Outcome]:
    table, policy = allocation.table, allocation.policy
    eligible = numbers(table, "eligible")
    mine = numbers(table, "award_cents")[eligible]
    floor = numbers(table, "lower_cents")[eligible]
    pro_rata = policy.objective.rule == "proportional"
    yield Outcome("this run (pro rata)" if pro_rata else "this run", *_figures(mine, floor, lost))
    if not len(mine):
        return
    others = alternatives(allocation)
    for other, awards in zip(
        others, awards_under(allocation, [each.rule for each in others]), strict=True
    ):
        change = awards - mine
        yield Outcome(
            other.name,
            *_figures(awards, floor, lost),
            gain_share=float(np.mean(change > 0)),
            lose_share=float(np.mean(change < 0)),
            largest_change_cents=int(np.abs(change).max()),
        )


def _figures(
    awards: NDArray[np.int64], floor: NDArray[np.int64], lost: NDArray[np.int64]
) -> tuple[int, float, float]:
    if not len(awards):
        return 0, 0.0, 0.0
    top = share_of_top(awards, lost)
    return median(awards), float(top or 0), float(np.mean(awards == floor))


def _users_from(allocation: Allocation) -> str:
    if allocation.simulated:
        return "SIMULATED users"
    special = {MEMORY: "a data frame", "-": "standard input"}
    names = [
        special.get(source.path, os.path.basename(source.path)) for source in allocation.sources
    ]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more files" if len(names) > 3 else "")
    # A file may be called anything, also what a terminal would obey.
    return "".join(c if c.isprintable() else "?" for c in shown) or "users"


def _short(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: round(v, DIGITS) if isinstance(v, float) else v for key, v in data.items()}
