"""What a report says of a policy, a certificate and a run, ready for the page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from allocator.allocation.result import Allocation
from allocator.money import format_cents
from allocator.policy.sources import PAGES, sources
from allocator.policy.words import sentences
from allocator.report.suppress import WITHHELD, shown_count
from allocator.report.tables import gain_and_lose
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.out import Out
from allocator.scenarios.summary import Outcome, Summary
from allocator.scenarios.summary_text import named_checks

__all__ = ["Decision", "checked", "decide", "python_lines", "said", "settings", "supplied"]

_OPEN = (
    # An alternative of the summary, the key it changes, the question, and what it is instead.
    (
        "broad (alpha 2)",
        "objective.alpha",
        "How much should small losses be favored (alpha)?",
        "At alpha 2",
    ),
    (
        "pro rata",
        "weights.ratio_exponent",
        "How much should the share of their assets that people lost count (ratio exponent)?",
        "In proportion to losses alone",
    ),
)

CHECKED = {
    "eligibility": "Only eligible people are paid.",
    "bounds": "Every award lies between that person's minimum and maximum.",
    "total": "The awards add up to {spent}, to the cent.",
    "optimal": "No cent moved from one person to another would follow the policy better.",
    "canonical": "Odd cents among equals went by the published order; nobody chose.",
}


@dataclass(frozen=True)
class Decision:
    """Something assumed that moves money, so that somebody must decide it.

    Attributes
    ----------
    question, effect : str
    """

    question: str
    effect: str


def checked(allocation: Allocation, *, hide_spent: bool = False) -> list[dict[str, Any]]:
    """Say what was checked, under the names of the command line, and whether it passed."""
    certificate = allocation.certificate
    spent = "the sum that is due" if hide_spent else format_cents(certificate.spent_cents)
    return [
        {"name": text, "text": CHECKED.get(name, "").format(spent=spent), "passed": passed}
        for name, text, passed in named_checks(certificate.checks)
    ]


def decide(allocation: Allocation, summary: Summary, out: tuple[Out, ...]) -> list[Decision]:
    """Say what is assumed and moves money, so that somebody must decide it."""
    found = [
        Decision(
            f"Should users stay out for this reason: {each.text}?",
            f"Assumed: yes. {each.users:,} users, who lost {big_dollars(each.loss_cents)}.",
        )
        for each in out
        if each.source == "assumed" and each.users >= FEWEST
    ]
    if summary.eligible < FEWEST:
        return found
    by_key = {each.key: each for each in sources(allocation.policy)}
    others = {each.name: each for each in summary.outcomes[1:]}
    for name, key, question, instead in _OPEN:
        value = by_key[key]
        if name in others and value.source == "assumed":
            moved = _moved(others[name], summary)
            found.append(Decision(question, f"Assumed: {value.value}. {instead}, {moved}."))
    return found


def _moved(outcome: Outcome, summary: Summary) -> str:
    if (outcome.largest_change_cents or 0) <= summary.unit_cents:
        return "nothing would change but odd cents"
    shares = gain_and_lose(outcome, summary.eligible, digits=0)
    if shares is None or WITHHELD in shares or summary.eligible < 10 * FEWEST:
        return "it is withheld who would gain, because few people could be told apart"
    gain, lose = shares
    top, now = (percent(each.top_share, 0) for each in (outcome, summary.outcomes[0]))
    change = f"get {top} of the money, not {now}" if top != now else f"still get {top} of the money"
    return f"{gain} would get more and {lose} less; the tenth who lost most would {change}"


def said(allocation: Allocation) -> list[dict[str, str]]:
    """Return what the policy says, in sentences, each with its source."""
    return [{"text": each.text, "source": each.source} for each in sentences(allocation.policy)]


def settings(allocation: Allocation) -> list[dict[str, str]]:
    """Return every key of the policy with its value, source, citation and page."""
    shown = []
    for each in sources(allocation.policy):
        # A page's text is "DATE, URL".
        date, _, url = PAGES.get(each.page, "").rpartition(", ")
        shown.append({**vars(each), "date": date, "url": url})
    return shown


def supplied(allocation: Allocation, *, hide_rows: bool = False) -> list[dict[str, Any]]:
    """Return the files that users came from: their names, without where they stood."""
    return [
        {
            "name": PurePath(each.path).name,
            "rows": shown_count(each.rows, hide=hide_rows),
            "sha256": each.sha256,
        }
        for each in allocation.sources
    ]


def python_lines(allocation: Allocation, *, hide_users: bool = False) -> str:
    """Return the Python that gives the same awards."""
    name = PurePath(allocation.sources[0].path).name if allocation.sources else "users.parquet"
    users = f"al.read_users({name!r})"
    if allocation.simulated and not hide_users:
        count, _, seed = allocation.simulated.partition(" users, seed ")
        if count.isdigit() and seed.isdigit():
            users = f"al.simulate_users({int(count):_}, seed={int(seed)})"
    return (
        "import allocator as al\n\n"
        f"users = {users}\n"
        'policy = al.Policy.load("policy.toml")  # the text below, saved\n'
        "result = al.allocate(users, policy)\n"
        "print(result.summary())\n"
        "assert result.certificate.ok"
    )
