"""Figures and pages: what `scenarios` computes, drawn and put into words for people.

``al.report`` is this package, whatever was imported before, and calling it,
``al.report(result, "report.html")``, writes the page of `allocator.report.report.report`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allocator.allocation.result import Allocation


class _Room(ModuleType):
    """A package that can be called: importing any part of it binds it in `allocator` anyway."""

    def __call__(
        self,
        allocations: Allocation | str | os.PathLike[str] | Sequence[Any],
        path: str | os.PathLike[str],
        force: bool = False,
        users: object = None,
    ) -> None:
        """Write a report: see `allocator.report.report.report`."""
        from allocator.report.report import report

        report(allocations, path, force, users)


sys.modules[__name__].__class__ = _Room
