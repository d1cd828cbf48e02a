"""The summary: what happened, on one screen."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.result import Allocation
from allocator.data.table import MEMORY
from allocator.money import CENTS, exact, format_cents
from allocator.policy.values import show_dollars
from allocator.scenarios.alternatives import alternatives, awards_under
from allocator.scenarios.columns import losses, numbers
from allocator.scenarios.metrics import median, share_of_top
from allocator.scenarios.out import Out, out_by_reason
from allocator.scenarios.text_table import text_table

__all__ = ["Outcome", "Summary", "big_dollars", "percent", "summarize"]

SCHEMA_VERSION = 1
DIGITS = 6  # decimals of shares in files
CHECKS = {
    "total": "total",
    "bounds": "bounds",
    "eligibility": "eligibility",
    "canonical": "tie order",
    "optimal": "no cent better moved",
}
SOURCES = {"announced": "announced", "assumed": "ASSUMED", "set": "set by this policy"}


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
    checks : mapping of str to bool
    failures : tuple of str
    warnings : tuple of str
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
    checks: Mapping[str, bool]
    failures: tuple[str, ...]
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        return self.text()

    def to_dict(self) -> dict[str, Any]:
        """Return what goes into summary.json: cents as integers, shares to six decimals."""
        data = {"schema_version": SCHEMA_VERSION, **vars(self)}
        data["out"] = [each.to_dict() for each in self.out]
        data["outcomes"] = [
            {key: round(v, DIGITS) if isinstance(v, float) else v for key, v in vars(each).items()}
            for each in self.outcomes
        ]
        data["checks"] = dict(self.checks)
        return {key: list(v) if isinstance(v, tuple) else v for key, v in data.items()}

    def text(self, next_line: str = "") -> str:
        """Return the page.

        Parameters
        ----------
        next_line : str
            What to do next, for the last line.
        """
        blocks = [self._head(), list(self._out()), list(self._table()), list(self._end(next_line))]
        return "\n\n".join("\n".join(block) for block in blocks if block)

    def _head(self) -> list[str]:
        title = self.policy if self.policy.lower().endswith("policy") else f"{self.policy} policy"
        money = f"{format_cents(self.spent_cents)} to {self.paid:,} of {self.users:,} users"
        money += ", to the cent"
        if self.unspent_cents:
            money += f"; {format_cents(self.unspent_cents)} of the budget stays unspent"
            if not self.eligible:
                money += ", because nobody is eligible"
            elif self.status == "caps_reached":
                money += ", because everyone has their maximum"
        return [f"{title} on {self.users_from}", money, self.formula]

    def _out(self) -> Iterator[str]:
        digits = max((len(f"{each.users:,}") for each in self.out), default=0)
        words = max((len(each.text) for each in self.out), default=0)
        for each in self.out:
            line = f"- {each.users:>{digits},} {each.text:<{words}}   {SOURCES[each.source]}"
            if each.source == "assumed":
                line += f", {big_dollars(each.loss_cents)} of losses: decide"
            yield line

    def _table(self) -> Iterator[str]:
        if not self.eligible:
            return
        heads = ("", "median", "tenth who lost most", f"at {self.minimum}")
        rows = [
            (
                each.name,
                format_cents(each.median_cents),
                percent(each.top_share),
                percent(each.floor_share),
            )
            for each in self.outcomes
        ]
        notes = ("", *(self._note(each) for each in self.outcomes))
        for line, note in zip(text_table(heads, rows), notes, strict=True):
            yield f"{line}   {note}".rstrip()

    def _note(self, outcome: Outcome) -> str:
        change = outcome.largest_change_cents
        if change is None or outcome.gain_share is None or outcome.lose_share is None:
            return ""
        if change == 0:
            return "the same as this run"
        if change <= self.unit_cents:
            return "the same as this run, but for odd cents"
        return f"{percent(outcome.gain_share, 0)} gain, {percent(outcome.lose_share, 0)} lose"

    def _end(self, next_line: str) -> Iterator[str]:
        yield from (f"warning: {warning}" for warning in self.warnings)
        failed = [name for name, passed in self.checks.items() if not passed]
        if failed:
            yield "VERIFICATION FAILED: " + ", ".join(CHECKS.get(name, name) for name in failed)
            yield from (f"  {failure}" for failure in self.failures)
        else:
            known = [name for name in CHECKS if name in self.checks]
            more = [name for name in self.checks if name not in CHECKS]
            yield "verified: " + ", ".join([*(CHECKS[name] for name in known), *more])
        if next_line:
            yield f"next: {next_line}"


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
    policy, certificate = allocation.policy, allocation.certificate
    award = numbers(allocation.table, "award_cents")
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
        unit_cents=int(exact(policy.award.unit) * CENTS),
        out=out_by_reason(allocation),
        outcomes=tuple(_outcomes(allocation)),
        checks=certificate.checks,
        failures=certificate.failures,
        warnings=allocation.warnings,
    )


def _outcomes(allocation: Allocation) -> Iterator[Outcome]:
    table, policy = allocation.table, allocation.policy
    eligible = numbers(table, "eligible")
    mine = numbers(table, "award_cents")[eligible]
    floor = numbers(table, "lower_cents")[eligible]
    lost = losses(table, policy)[eligible]
    pro_rata = not policy.uses_weights
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


def percent(share: float, digits: int = 1) -> str:
    """Write a share in percent; one that is neither nothing nor all never looks as if it were.

    Examples
    --------
    >>> percent(0.8704), percent(0.0002), percent(0.999, 0), percent(1.0)
    ('87.0%', '<0.1%', '>99%', '100.0%')
    """
    step = 10.0**-digits
    if 0 < share * 100 < step / 2:
        return f"<{step:.{digits}f}%"
    if 100 - step / 2 < share * 100 < 100:
        return f">{100 - step:.{digits}f}%"
    return f"{share:.{digits}%}"


def big_dollars(cents: int) -> str:
    """Write an amount of money in two or three digits, for reading and not for adding up.

    Examples
    --------
    >>> big_dollars(220_000_000_000), big_dollars(31_234_500), big_dollars(99_950)
    ('$2.2bn', '$312,000', '$1,000')
    """
    dollars = Fraction(cents, CENTS)
    for size, name in ((10**9, "bn"), (10**6, "m")):
        if dollars >= size * Fraction(9995, 10000):
            return f"${float(dollars / size):.1f}{name}"
    return f"${int(round(dollars, -3 if dollars >= 10**4 else 0)):,}"
