"""A summary as a page of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from allocator.money import format_cents
from allocator.policy.eligibility import deciding_keys
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.people_and_waves import lines
from allocator.scenarios.text_table import text_table

if TYPE_CHECKING:
    from allocator.scenarios.out import Out
    from allocator.scenarios.summary import Outcome, Summary

__all__ = ["SOURCES", "named_checks", "out_lines", "summary_text"]

CHECKS = {
    "total": "total",
    "bounds": "bounds",
    "eligibility": "eligibility",
    "canonical": "tie order",
    "optimal": "no cent better moved",
    "recomputed": "rule computed again",
    "split": "split over accounts",
}
SOURCES = {"announced": "announced", "assumed": "ASSUMED", "set": "set by this policy"}


def summary_text(summary: Summary, next_line: str = "") -> str:
    """Write the page.

    Parameters
    ----------
    summary : Summary
    next_line : str
        What to do next, for the last line.

    Returns
    -------
    str
    """
    blocks = (
        _head(summary),
        list(out_lines(summary.out)),
        list(_table(summary)),
        list(_constraints(summary)),
        list(_end(summary, next_line)),
    )
    return "\n\n".join("\n".join(block) for block in blocks if block)


def named_checks(checks: Mapping[str, bool]) -> list[tuple[str, str, bool]]:
    """Return the checks of a certificate in the order in which people are told of them.

    Parameters
    ----------
    checks : mapping of str to bool

    Returns
    -------
    list of (str, str, bool)
        The name in the certificate, what people read, and whether it passed.

    Examples
    --------
    >>> named_checks({"canonical": True, "total": True})
    [('total', 'total', True), ('canonical', 'tie order', True)]
    """
    known = [name for name in CHECKS if name in checks]
    more = [name for name in checks if name not in CHECKS]
    return [(name, CHECKS.get(name, name), checks[name]) for name in (*known, *more)]


def _head(summary: Summary) -> list[str]:
    title = (
        summary.policy if summary.policy.lower().endswith("policy") else f"{summary.policy} policy"
    )
    if not summary.eligible:
        return [f"{title} on {summary.users_from}", *lines(summary), _nobody(summary)]
    money = f"{format_cents(summary.spent_cents)} to {summary.paid:,} of {summary.users:,} "
    money += "users" if summary.people is None else "people"
    money += ", to the cent"
    if summary.unspent_cents:
        money += f"; {format_cents(summary.unspent_cents)} of the budget stays unspent"
        if summary.status == "caps_reached":
            money += ", because everyone has their maximum"
    return [f"{title} on {summary.users_from}", money, *lines(summary), summary.formula]


def _nobody(summary: Summary) -> str:
    """Say which rule leaves most users out, as nobody is left."""
    unspent = f"; {format_cents(summary.unspent_cents)} of the budget stays unspent"
    if not summary.out:
        return f"nobody is eligible{unspent}"
    most = max(summary.out, key=lambda each: each.users)
    key = next(iter(deciding_keys(most.reason)), most.reason).partition(".")[2] or most.reason
    return f"nobody is eligible: {most.users:,} of {summary.users:,} fell at {key}{unspent}"


def out_lines(out: Sequence[Out]) -> Iterator[str]:
    """Write who is out, a line a reason.

    Parameters
    ----------
    out : sequence of Out

    Yields
    ------
    str
    """
    digits = max((len(f"{each.users:,}") for each in out), default=0)
    words = max((len(each.text) for each in out), default=0)
    for each in out:
        line = f"- {each.users:>{digits},} {each.text:<{words}}   {SOURCES[each.source]}"
        if each.source == "assumed":
            line += f", {big_dollars(each.loss_cents)} of losses: decide"
        yield line


def _table(summary: Summary) -> Iterator[str]:
    if not summary.eligible:
        return
    heads = ("", "median", "tenth who lost most", f"at {summary.minimum}")
    rows = [
        (
            each.name,
            format_cents(each.median_cents),
            percent(each.top_share),
            percent(each.floor_share),
        )
        for each in summary.outcomes
    ]
    notes = ("", *(_note(summary, each) for each in summary.outcomes))
    for line, note in zip(text_table(heads, rows), notes, strict=True):
        yield f"{line}   {note}".rstrip()


def _note(summary: Summary, outcome: Outcome) -> str:
    change = outcome.largest_change_cents
    if change is None or outcome.gain_share is None or outcome.lose_share is None:
        return ""
    if change == 0:
        return "the same as this run"
    if change <= summary.unit_cents:
        return "the same as this run, but for odd cents"
    return f"{percent(outcome.gain_share, 0)} gain, {percent(outcome.lose_share, 0)} lose"


def _constraints(summary: Summary) -> Iterator[str]:
    if summary.constraints is not None:
        yield "constraints that bind:" + " none" * (not summary.constraints)
        yield from (f"  {text}" for text in summary.constraints)


def _end(summary: Summary, next_line: str) -> Iterator[str]:
    if summary.quarantined:
        rows = "1 row was" if summary.quarantined == 1 else f"{summary.quarantined:,} rows were"
        yield f"{rows} set aside as bad: quarantined.csv"
    yield from (f"warning: {warning}" for warning in summary.warnings)
    checks = named_checks(summary.checks)
    failed = [text for _, text, passed in checks if not passed]
    if failed:
        yield "VERIFICATION FAILED: " + ", ".join(failed)
        yield from (f"  {failure}" for failure in summary.failures)
    else:
        nobody = "nothing was to be divided; " * (not summary.eligible)
        yield f"verified: {nobody}" + ", ".join(text for _, text, _ in checks)
    if next_line:
        yield f"next: {next_line}"
