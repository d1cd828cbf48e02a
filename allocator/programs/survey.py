"""Who would be in a program, before anything is divided: what ``allocator check`` tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Survey"]


@dataclass(frozen=True)
class Survey:
    """What reading and checking a table came to.

    Attributes
    ----------
    read : str
        How many rows of what, for people.
    policy : str
        Its name.
    figures : mapping of str to int
        What goes into JSON beside the reasons; money in whole cents.
    reasons : mapping of str to int
        How many are in, and out for each reason, by its code.
    words : mapping of str to str
        What the codes mean.
    money : str
        A sentence on what is asked for and what there is.
    warnings : tuple of str
    """

    read: str
    policy: str
    figures: Mapping[str, int]
    reasons: Mapping[str, int]
    words: Mapping[str, str]
    money: str
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "policy": self.policy,
            **self.figures,
            "reasons": dict(self.reasons),
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        """Return a page for people.

        Examples
        --------
        >>> print(Survey("3 positions of 2 users", "Mine", {}, {"eligible": 2},
        ...              {"eligible": "the claim is compensated"}, "claims of $5.00"))
        3 positions of 2 users read, no bad rows. By policy 'Mine':
                   2 the claim is compensated (eligible)
        claims of $5.00
        """
        lines = [f"{self.read} read, no bad rows. By policy {self.policy!r}:"]
        lines += [
            f"{count:>12,} {self.words[code]} ({code})"
            for code, count in self.reasons.items()
            if count
        ]
        return "\n".join([*lines, self.money, *(f"warning: {each}" for each in self.warnings)])
