"""What a report says of a policy, a certificate and a run, ready for the page."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from allocator.allocation.result import Allocation
from allocator.data.columns import USER_ID
from allocator.money import format_cents
from allocator.policy.schema import Policy
from allocator.policy.sources import PAGES, sources
from allocator.policy.words import sentences
from allocator.report.suppress import WITHHELD, shown_count
from allocator.scenarios.summary_text import named_checks

__all__ = ["checked", "python_lines", "said", "settings", "supplied", "without_ids"]

CHECKED = {
    "eligibility": "Only eligible people are paid.",
    "bounds": "Every award lies between that person's minimum and maximum.",
    "total": "The awards add up to {spent}, to the cent.",
    "optimal": "No cent moved from one person to another would follow the policy better.",
    "canonical": "Odd cents among equals went by the published order; nobody chose.",
    "recomputed": "The published rule, computed again, gives the same awards.",
}


def checked(allocation: Allocation, *, hide_spent: bool = False) -> list[dict[str, Any]]:
    """Say what was checked, under the names of the command line, and whether it passed."""
    certificate = allocation.certificate
    spent = "the sum that is due" if hide_spent else format_cents(certificate.spent_cents)
    return [
        {"name": text, "text": CHECKED.get(name, "").format(spent=spent), "passed": passed}
        for name, text, passed in named_checks(certificate.checks)
    ]


def without_ids(policy: Policy) -> Policy:
    """Return a policy as a page may show it: ids of users whom it excludes are withheld.

    Examples
    --------
    >>> policy = Policy.default().replace({"eligibility.exclude": {"user_id": ["u1", "u2"]}})
    >>> dict(without_ids(policy).eligibility.exclude)
    {'user_id': ('withheld',)}
    """
    rule = policy.eligibility
    ids = {USER_ID, policy.award.per} & set(rule.exclude)
    if not ids:
        return policy
    exclude = {**rule.exclude, **dict.fromkeys(ids, (WITHHELD,))}
    return policy.model_copy(update={"eligibility": rule.model_copy(update={"exclude": exclude})})


def said(policy: Policy) -> list[tuple[str, list[str]]]:
    """Return what the policy says, in sentences: announced, assumed and set apart."""
    found: dict[str, list[str]] = {"announced": [], "assumed": [], "set": []}
    for each in sentences(policy):
        found[each.source].append(each.text)
    return [(source, texts) for source, texts in found.items() if texts]


def settings(policy: Policy) -> list[dict[str, str]]:
    """Return every key of the policy with its value, source, citation and page."""
    shown = []
    for each in sources(policy):
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
    policy = allocation.policy
    blanks = "" if without_ids(policy) is policy else ", with the ids that it excludes filled in"
    return (
        "import allocator as al\n\n"
        f"users = {users}\n"
        f'policy = al.Policy.load("policy.toml")  # the text below, saved{blanks}\n'
        "result = al.allocate(users, policy)\n"
        "print(result.summary())\n"
        "assert result.certificate.ok"
    )
