"""Figures of allocations, each titled with its finding."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from allocator.allocation.result import Allocation
from allocator.errors import DataError
from allocator.report.awards import draw_awards
from allocator.report.eligibility import draw_eligibility
from allocator.report.style import INK, PLAIN
from allocator.report.where_it_goes import draw_money
from allocator.scenarios.bands import award_bands
from allocator.scenarios.compare import Comparison
from allocator.scenarios.findings import awards_finding, money_finding, out_finding
from allocator.scenarios.out import Out, out_by_reason
from allocator.scenarios.panel import panel
from allocator.scenarios.tables import Tables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MOST", "Plots", "check_number"]

MOST = 3  # allocations that a figure can tell apart
TITLE_WIDTH = 88  # characters


def check_number(allocations: Sequence[Allocation]) -> None:
    """Raise an error if there are none, or more than a figure can tell apart."""
    if not 1 <= len(allocations) <= MOST:
        raise DataError(
            f"figures and reports take one to {MOST} allocations, not {len(allocations)}"
        )


class Plots:
    """Figures of one to three allocations of the same users; only aggregates are drawn.

    Parameters
    ----------
    allocations : sequence of Allocation
        The first is filled, the others are outlines or lines.

    Raises
    ------
    DataError
        If there are none or more than three, or they have no user in common.
    """

    def __init__(self, allocations: Sequence[Allocation]) -> None:
        check_number(allocations)
        self.comparison = Comparison(panel(allocations))

    def tables(self) -> Tables:
        """Return the numbers behind the figure of money: plain rows by decile of loss."""
        return self.comparison.tables()

    @cached_property
    def out(self) -> tuple[Out, ...]:
        """Who is out of the first allocation, by reason."""
        return out_by_reason(self.comparison.allocations[0])

    @cached_property
    def findings(self) -> dict[str, str]:
        """The title of each figure."""
        users = self.comparison.users
        certificate = self.comparison.allocations[0].certificate
        tables = self.comparison.tables()
        return {
            "money": money_finding(tables.users, tables.paid),
            "awards": awards_finding(award_bands(users, users.scenarios[0])),
            "eligibility": out_finding(certificate.users, certificate.eligible, self.out),
        }

    def money(self) -> Figure:
        """Draw where the money goes: people and dollars by decile of loss."""
        return self._titled("money", draw_money(self.comparison))

    def awards(self) -> Figure:
        """Draw awards against losses, with the floor, the cap and the kinks."""
        return self._titled("awards", draw_awards(self.comparison))

    def eligibility(self) -> Figure:
        """Draw who fell out at each rule."""
        return self._titled("eligibility", self.draw_eligibility())

    def draw_eligibility(self, *, narrow: bool = False) -> Figure:
        """Draw the same without a title."""
        certificate = self.comparison.allocations[0].certificate
        return draw_eligibility(certificate.users, certificate.eligible, self.out, narrow=narrow)

    def _titled(self, name: str, figure: Figure) -> Figure:
        title = textwrap.fill(self.findings[name], TITLE_WIDTH)
        figure.suptitle(title, x=0.01, ha="left", fontsize=11, color=INK, **PLAIN)
        figure.patch.set_alpha(1.0)
        return figure
