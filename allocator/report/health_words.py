"""Health findings for a page: what they say of many people, and nothing of single ones."""

from __future__ import annotations

import re
from typing import Any

from allocator.report.decisions import ROUND
from allocator.report.style import about
from allocator.report.suppress import WITHHELD, is_small
from allocator.scenarios.health.result import Health

__all__ = ["health_rows"]

SEVERITIES = {"serious": "serious", "watch": "to watch", "fine": "fine"}
COUNT = re.compile(r"(?<![\w.,$(/])(\d{1,3}(?:,\d{3})+|\d+)(?= [a-z$])")
MONEY = re.compile(r"\$([\d,]+\.\d+)(?= (?:more|less))")
FEW = f"{WITHHELD}: it counts few people, or all but few"
EXTREME = re.compile(r"\$([\d,]+\.\d+)(?= at most)")


def health_rows(health: Health) -> dict[str, Any]:
    """Return the findings, worst examples left out: they are of single people.

    Parameters
    ----------
    health : Health

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
            "text": _told(each["sentence"], roughly=each["id"].startswith("assumed.")),
            "remedy": "" if each["severity"] == "fine" else each["remedy"],
            "settings": ", ".join(each["keys"]),
        }
        for each in found["findings"]
    ]
    counts = {SEVERITIES.get(name, name): n for name, n in found["counts"].items()}
    return {"counts": counts, "findings": rows, "note": found["note"]}


def _told(sentence: str, *, roughly: bool = False) -> str:
    """Withhold a sentence that counts few people, or all but few, and blur extremes.

    Counts of another policy's winners and losers are told roughly: tables may withhold them.

    Examples
    --------
    >>> _told("Of 20 users, 20 would gain, $3,496.77 at most.")
    'Of 20 users, 20 would gain, about $3,500 at most.'
    >>> _told("Of 20 users, 12 would gain.")
    'withheld: it counts few people, or all but few'
    >>> _told("Of 2,008 users, 2,003 would gain.")
    'Of about 2,000 users, about 2,000 would gain.'
    """
    counts = sorted({int(text.replace(",", "")) for text in COUNT.findall(sentence)})
    apart = [high - low for k, low in enumerate(counts) for high in counts[k + 1 :]]
    roughly = roughly or any(map(is_small, apart))
    if any(n < ROUND for n in counts) if roughly else any(map(is_small, counts)):
        return FEW
    sentence = EXTREME.sub(lambda found: f"about {_about(found[1])}", sentence)
    if not roughly:
        return sentence
    sentence = COUNT.sub(lambda found: f"about {_near(found[0]):,}", sentence)
    return MONEY.sub(lambda found: _about(found[1]), sentence)


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _about(text: str) -> str:
    return about(_number(text))


def _near(text: str) -> int:
    return round(_number(text) / ROUND) * ROUND
