"""The presets: policies by name, each told by what it changes in the announced program."""

from __future__ import annotations

from typing import Any

__all__ = ["PRESETS"]

PRESETS: dict[str, dict[str, Any]] = {
    "announced": {"name": "Announced"},
    "pro-rata": {"name": "Pro rata", "objective": {"rule": "proportional"}},
    "broad": {"name": "Broad", "objective": {"alpha": 2.0}},
    # Like a progressive tax, read backwards: the first dollars of a loss count most. Somebody who
    # lost $1,000 is treated as before relative to somebody who lost $100; a loss of $100,000
    # counts as $7,300 and one of $1,000,000 as $52,300.
    "small-first": {
        "name": "Small first",
        "claim": {
            "brackets": [
                {"up_to": "1000", "rate": "1.00"},
                {"up_to": "10000", "rate": "0.20"},
                {"rate": "0.05"},
            ]
        },
    },
}
