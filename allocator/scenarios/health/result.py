"""`Health`: the findings of all checks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from textwrap import fill
from typing import TYPE_CHECKING, Any

from allocator.scenarios.health.finding import SEVERITIES, Finding

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONSTRAINED", "LEFT_OVER", "NOTE", "Health"]

WIDTH = 100
NOTE = (
    "Awards of halves, of changed losses and of users moved to a line are computed at the level of "
    "the policy as it is: one user among many hardly moves it. If many did the same, everybody's "
    "award would shrink."
)
LEFT_OVER = (
    "Everybody has their cap and money is left: most findings would be others at a smaller "
    "award.budget."
)
CONSTRAINED = (
    "They count as in no group that a constraint holds back; the findings on assumptions and on "
    "noise keep to the constraints."
)


@dataclass(frozen=True, eq=False)
class Health:
    """What the health checks found.

    Attributes
    ----------
    policy : str
        Its name.
    digest : str
        The SHA-256 of the policy.
    users, eligible : int
    findings : tuple of Finding
        The serious ones first.
    note : str
        How hypothetical awards were computed.
    """

    policy: str
    digest: str
    users: int
    eligible: int
    findings: tuple[Finding, ...]
    note: str = NOTE

    def __getitem__(self, name: str) -> Finding:
        """Return the finding of that id."""
        return {each.id: each for each in self.findings}[name]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each severity."""
        found = [each.severity for each in self.findings]
        return {each: found.count(each) for each in SEVERITIES}

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a finding: id, severity, number, unit, sentence, worst, line, keys, remedy."""
        import pandas as pd

        rows = [
            {
                "id": each.id,
                "severity": each.severity,
                "number": each.number,
                "unit": each.unit,
                "sentence": each.sentence,
                "worst": "" if each.example is None else str(each.example),
                "line": None if each.example is None else each.example.line,
                "keys": ", ".join(each.keys),
                "remedy": each.remedy,
            }
            for each in self.findings
        ]
        return pd.DataFrame(rows).astype({"line": "Int64"})

    def __repr__(self) -> str:
        told = ", ".join(f"{n} {each}" for each, n in self.counts.items())
        return f"Health({self.policy!r}, {told})"

    def __str__(self) -> str:
        counts = ", ".join(f"{n} {each}" for each, n in self.counts.items())
        blocks = [f"{self.policy}: {self.eligible:,} of {self.users:,} users; {counts}"]
        for each in self.findings:
            lines = [fill(f"[{each.severity}] {each.id}: {each.sentence}", WIDTH)]
            if each.severity != "fine":
                if each.example is not None:
                    lines.append(_indented(f"worst: {each.example}"))
                if each.remedy:
                    keys = f" ({', '.join(each.keys)})" if each.keys else ""
                    lines.append(_indented(f"change: {each.remedy}{keys}"))
            blocks.append("\n".join(lines))
        return "\n\n".join([*blocks, fill(self.note, WIDTH)])

    def _repr_html_(self) -> str:
        rows = [
            (
                each.severity,
                each.sentence,
                "" if each.example is None else str(each.example),
                each.remedy,
            )
            for each in self.findings
        ]
        facts = [(each, f"{n:,}") for each, n in self.counts.items()]
        table = (("", "finding", "worst", "what changes it"), rows)
        title = f"{self.policy}: {self.eligible:,} of {self.users:,} users"
        cards = import_module("allocator.report.cards")
        html: str = cards.card(title, facts, [table], [self.note])
        return html

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "policy": self.policy,
            "policy_sha256": self.digest,
            "users": self.users,
            "eligible": self.eligible,
            "counts": self.counts,
            "findings": [each.to_dict() for each in self.findings],
            "note": self.note,
        }


def _indented(text: str) -> str:
    return fill(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
