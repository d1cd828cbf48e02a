"""What a report says of a policy, a certificate and a run, ready for the page."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from allocator.allocation.result import Allocation
from allocator.money import format_cents
from allocator.policy.sources import PAGES, sources
from allocator.policy.words import sentences
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.out import Out
from allocator.scenarios.summary import Outcome, Summary, big_dollars, percent

__all__ = ["checked", "decide", "python_lines", "said", "settings", "supplied"]

_NAMES = {
    "objective.alpha": "Alpha, which favors small losses as it rises,",
    "weights.ratio_exponent": "The power to which the loss ratio counts",
}

CHECKED = {
    "eligibility": "Only eligible people are paid.",
    "bounds": "Every award lies between that person's floor and cap.",
    "total": "The awards add up to {spent}, to the cent.",
    "optimal": "No cent moved from one person to another would follow the policy better.",
    "canonical": "Odd cents among equals went by the published order; nobody chose.",
}


def checked(allocation: Allocation) -> list[dict[str, Any]]:
    """Say what was checked, and whether it passed."""
    certificate = allocation.certificate
    spent = format_cents(certificate.spent_cents)
    return [
        {"text": CHECKED[name].format(spent=spent), "passed": certificate.checks[name]}
        if name in CHECKED
        else {"text": name, "passed": passed}
        for name, passed in certificate.checks.items()
    ]


def decide(allocation: Allocation, summary: Summary, out: tuple[Out, ...]) -> list[str]:
    """Say what is assumed and moves money, so that somebody must decide it."""
    found = [
        f"{each.users:,} users are out ({each.text}); they lost {big_dollars(each.loss_cents)}."
        for each in out
        if each.source == "assumed" and each.users >= FEWEST
    ]
    by_key = {each.key: each for each in sources(allocation.policy)}
    others = {each.name: each for each in summary.outcomes[1:]}
    for name, instead, key in (
        ("broad (alpha 2)", "At alpha 2", "objective.alpha"),
        ("pro rata", "In proportion to losses alone", "weights.ratio_exponent"),
    ):
        value = by_key[key]
        if name in others and value.source == "assumed":
            moved = _moved(others[name], summary.unit_cents)
            found.append(f"{_NAMES[key]} is {value.value}. {instead}, {moved}.")
    return found


def _moved(outcome: Outcome, unit_cents: int) -> str:
    if (outcome.largest_change_cents or 0) <= unit_cents:
        return "nothing would change but odd cents"
    gain, lose = (percent(share or 0.0, 0) for share in (outcome.gain_share, outcome.lose_share))
    top = percent(outcome.top_share, 0)
    return f"{gain} would get more, {lose} less, and the tenth who lost most {top} of the money"


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


def supplied(allocation: Allocation) -> list[dict[str, Any]]:
    """Return the files that users came from: their names, without where they stood."""
    return [
        {"name": PurePath(each.path).name, "rows": each.rows, "sha256": each.sha256}
        for each in allocation.sources
    ]


def python_lines(allocation: Allocation) -> str:
    """Return the Python that gives the same awards."""
    name = PurePath(allocation.sources[0].path).name if allocation.sources else "users.parquet"
    users = f"al.read_users({name!r})"
    if allocation.simulated:
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
