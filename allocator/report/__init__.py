"""Figures and pages: what `scenarios` computes, drawn and put into words for people.

Called, as ``al.report(result, "report.html")``, it is `allocator.report.report.report`.
"""

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    """A callable package: imported, it takes the place of the function in `allocator`."""

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        from allocator.report.report import report

        report(*args, **kwargs)


sys.modules[__name__].__class__ = _Room
