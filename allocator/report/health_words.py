"""Health findings for a page: what they say of many people, and nothing of single ones."""

from __future__ import annotations

import re
from typing import Any

from allocator.report.decisions import ROUND
from allocator.report.style import about
from allocator.report.suppress import WITHHELD, is_blurred, is_small
from allocator.scenarios.bands import FEWEST
from allocator.scenarios.health.result import Health

__all__ = ["health_rows"]

SEVERITIES = {"serious": "serious", "watch": "to watch", "fine": "fine"}
COUNT = re.compile(r"(?<![\w.,$(/])(\d{1,3}(?:,\d{3})+|\d+)(?= [a-z$])")
MONEY = re.compile(r"\$([\d,]+\.\d+)(?= (?:more|less))")
FEW = f"{WITHHELD}: it counts few people, or all but few"
EXTREME = re.compile(r"\$([\d,]+\.\d+)(?= at most)")
SHARE = re.compile(r"(?<![\w.,$])(\d+\.\d)%(?= of awards)")
AT_CAP = "split.maximum"  # the finding that counts everybody at the maximum
STEPS = (1, 2, 5, 10, 20)  # percents


def health_rows(health: Health, *, hide_cap: bool = False) -> dict[str, Any]:
    """Return the findings, worst examples left out: they are of single people.

    Parameters
    ----------
    health : Health
    hide_cap : bool
        Whether a small count would follow from how many users are at the maximum.

    Returns
    -------
    dict
        ``counts`` by severity, ``findings`` (severity, text, remedy, keys) and ``note``.
    """
    found = health.to_dict()
    rows = [
        {
            "severity": SEVERITIES.get(each["severity"], each["severity"]),
            "is_fine": each["severity"] == "fine",
            "text": FEW
            if hide_cap and each["id"] == AT_CAP
            else _shares(
                _told(
                    each["sentence"],
                    (health.eligible, health.users - health.eligible),
                    others=each["id"].startswith("assumed."),
                ),
                health.eligible,
            ),
            "remedy": "" if each["severity"] == "fine" else each["remedy"],
            "settings": ", ".join(each["keys"]),
        }
        for each in found["findings"]
    ]
    counts = {SEVERITIES.get(name, name): n for name, n in found["counts"].items()}
    return {"counts": counts, "findings": rows, "note": found["note"]}


def _told(sentence: str, wholes: tuple[int, int] = (0, 0), *, others: bool = False) -> str:
    """Withhold a sentence that counts few people, or all but few, and blur extremes.

    The wholes are of those who are in, and out. Counts of another policy's winners and losers
    are told roughly: tables may withhold them. Where few are neither, only one is told.

    Examples
    --------
    >>> _told("1,900 users would get $9.50 more and 953 $9.50 less.", (2_854, 40), others=True)
    'about 1,900 users would get $9.50 more and others $9.50 less.'
    >>> _told("Of 20 users, 20 would gain, $3,496.77 at most.")
    'Of 20 users, 20 would gain, about $3,500 at most.'
    >>> _told("Of 20 users, 12 would gain.")
    'withheld: it counts few people, or all but few'
    >>> _told("Of 2,008 users, 2,003 would gain.")
    'Of about 2,000 users, about 2,000 would gain.'
    """
    counts = sorted({int(text.replace(",", "")) for text in COUNT.findall(sentence)})
    known = sorted({*counts, *wholes, sum(wholes)})
    apart = [high - low for k, low in enumerate(known) for high in known[k + 1 :] if low in counts]
    apart += [high - low for high in counts for low in wholes]
    roughly = others or any(map(is_small, apart))
    if any(n < ROUND for n in counts) if roughly else any(map(is_small, counts)):
        return FEW
    sentence = EXTREME.sub(lambda found: f"about {_about(found[1])}", sentence)
    if not roughly:
        return sentence
    if others and is_small(wholes[0] - sum(counts)):
        sentence = sentence.replace(f"{counts[0]:,} users would", "some users would", 1)
        sentence = sentence.replace(f" and {counts[0]:,} $", " and others $", 1)
    sentence = COUNT.sub(lambda found: f"about {_near(found[0]):,}", sentence)
    return MONEY.sub(lambda found: _about(found[1]), sentence)


def _shares(sentence: str, users: int) -> str:
    """Write shares of awards in steps of ten people at least.

    Examples
    --------
    >>> _shares("0.3% of awards would move", 50_000), _shares("3.2% of awards would move", 300)
    ('0.3% of awards would move', 'about 5% of awards would move')
    """
    if is_blurred(users, 1):
        return sentence
    step = next((each for each in STEPS if users * each >= 100 * FEWEST), STEPS[-1])

    def rounded(found: re.Match[str]) -> str:
        return f"about {step * round(float(found[1]) / step)}%"

    return SHARE.sub(rounded, sentence)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _about(text: str) -> str:
    return about(_number(text))


def _near(text: str) -> int:
    return round(_number(text) / ROUND) * ROUND
