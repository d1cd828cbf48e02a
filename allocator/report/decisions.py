"""What somebody must decide: each open choice with what it moves, and a word for and against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from allocator.report.suppress import WITHHELD, hidden, is_small
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.choices import ALPHA, NO_NET_ASSETS, RATIO, Choice
from allocator.scenarios.numerals import big_dollars, percent
from allocator.scenarios.out import Out

__all__ = ["Decision", "decisions"]

ROUND = 100  # people: no table's hidden count of fewer than ten follows from one so rounded
TELLABLE = 10 * ROUND  # people who must be in before winners and losers are counted
FEW = "Who would gain is withheld: few people are concerned, and they could be told apart."


@dataclass(frozen=True)
class Decision:
    """Something that nobody announced and that moves money.

    Attributes
    ----------
    question : str
    now, instead : str
        What the policy does, and what else it could do; "" for a question without numbers.
    source : {"assumed", "set", "announced"}
    moved, winners, losers : str
        What would change hands, and how many people would get more or less; "" where not told.
    effect : str
    pro, con : str
        For what else it could do, and against it.
    """

    question: str
    now: str
    instead: str
    source: str
    moved: str
    winners: str
    losers: str
    effect: str
    pro: str
    con: str


@dataclass(frozen=True)
class _Words:
    """How a choice is told: the values' names, and for and against each of the two."""

    question: str
    values: tuple[str, str]
    first: tuple[str, str]
    second: tuple[str, str]


_WORDS = {
    NO_NET_ASSETS: _Words(
        "Should users be in whose net assets were zero or less?",
        ("in", "out"),
        (
            "They lost money too, and had nothing left.",
            "The rule on the share lost has no meaning for them, and what they get is taken from "
            "all others.",
        ),
        (
            "The rule on the share lost has no meaning for them, and all others would get more.",
            "They lost money too, and had nothing left.",
        ),
    ),
    ALPHA: _Words(
        "How much should small losses be favored (alpha)?",
        ("", ""),
        (
            "Far more people get a sum that they notice.",
            "Those who lost most get back a still smaller part of what they lost.",
        ),
        (
            "Vouchers follow losses closely, so that those who lost most are not passed over.",
            "Most people get a sum that they hardly notice.",
        ),
    ),
    RATIO: _Words(
        "How much should the share of their assets that people lost count (ratio exponent)?",
        ("", ""),
        (
            "Vouchers follow losses alone, which are easier to check and to explain.",
            "Whoever lost everything is treated as somebody who lost a third.",
        ),
        (
            "Of equal losses, the one that took more of what somebody had counts more.",
            "Vouchers then hang on net assets at one minute, which are harder to check.",
        ),
    ),
}


def decisions(found: Sequence[Choice], out: Sequence[Out]) -> list[Decision]:
    """Say what is open, what it moves, and what speaks for and against the other way.

    Parameters
    ----------
    found : sequence of Choice
    out : sequence of Out
        Reasons to be out; those that were assumed and have no choice of their own are asked about.

    Returns
    -------
    list of Decision
    """
    asked = [_decision(each) for each in found]
    keys = {each.key for each in found}
    for each in out:
        covered = each.reason == "no_net_assets" and NO_NET_ASSETS in keys
        if each.source == "assumed" and each.users >= FEWEST and not covered:
            text = f"Now they do: {each.users:,} users, who lost {big_dollars(each.loss_cents)}."
            question = f"Do users stay out for this reason: {each.text}?"
            asked.append(Decision(question, "", "", "assumed", "", "", "", text, "", ""))
    return asked


def _decision(choice: Choice) -> Decision:
    words = _WORDS[choice.key]
    first = _instead_is_first(choice)
    pro, con = words.first if first else words.second
    values = {choice.instead: words.values[not first], choice.now: words.values[first]}
    moved, winners, losers, effect = _effect(choice)
    return Decision(
        words.question,
        values[choice.now] or choice.now,
        values[choice.instead] or choice.instead,
        choice.source,
        moved,
        winners,
        losers,
        effect,
        pro,
        con,
    )


def _instead_is_first(choice: Choice) -> bool:
    """Whether the other value is the one that the first sentence speaks for."""
    if choice.key == NO_NET_ASSETS:
        return choice.instead == "eligible"
    if choice.key == RATIO:
        return choice.instead == "0"
    return choice.now == "inf" or float(choice.instead) > float(choice.now.replace(",", ""))


def _effect(choice: Choice) -> tuple[str, str, str, str]:
    if not choice.feasible:
        return "", "", "", "The minimum for everybody would then be more than the budget."
    touched = choice.gainers + choice.losers + choice.unchanged
    newcomers = abs(choice.eligible - choice.now_in)
    if not choice.largest_change_cents:
        return "", "", "", "No award would change."
    if touched < TELLABLE or any(is_small(n) for n in (choice.gainers, choice.losers, newcomers)):
        return "", "", "", FEW
    gone = hidden((choice.gainers, choice.losers, choice.unchanged))
    moved = big_dollars(max(choice.gain_cents, choice.loss_cents))
    winners, losers = (
        WITHHELD if k in gone else _people(n, touched)
        for k, n in enumerate((choice.gainers, choice.losers))
    )
    top, now = (percent(share, 0) for share in (choice.top_share, choice.top_share_now))
    change = f"{top} of the money, not {now}" if top != now else f"still {top} of the money"
    return moved, winners, losers, f"The tenth who lost most would get {change}."


def _people(count: int, whole: int) -> str:
    """Count people roughly; of many people, also in percent of all who are touched.

    The percents say no more than the count does: two ways to round would narrow it down.

    Examples
    --------
    >>> _people(14_343, 15_812), _people(1_343, 1_581), _people(0, 15_812), _people(49, 15_812)
    ('about 14,300 (90%)', 'about 1,300', 'nobody', 'fewer than 100')
    """
    near = round(count / ROUND) * ROUND
    if not count:
        return "nobody"
    if count < ROUND:
        return f"fewer than {ROUND}"
    share = f" ({percent(min(near / whole, 1.0), 0)})" if whole >= 100 * ROUND else ""
    return f"about {near:,}{share}"
