"""The checks, in the order in which they are told. A new one is a file, and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from allocator.scenarios.health import (
    assumed,
    lines,
    merge,
    misreport,
    noise,
    parity,
    properties,
    reversals,
    split,
)
from allocator.scenarios.health.finding import Finding
from allocator.scenarios.health.ground import Ground

__all__ = ["CHECKS"]

CHECKS: dict[str, Callable[[Ground], Iterator[Finding]]] = {
    "splitting": split.check,
    "merging": merge.check,
    "lines": lines.check,
    "reversals": reversals.check,
    "misreporting": misreport.check,
    "noise": noise.check,
    "assumptions": assumed.check,
    "parity": parity.check,
    "properties": properties.check,
}
