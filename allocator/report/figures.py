"""Figures of allocations, each titled with its finding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from allocator.allocation.result import Allocation
from allocator.errors import DataError
from allocator.report.plots.chart import Chart, Rows
from allocator.report.plots.cliffs import cliffs
from allocator.report.plots.distribution import distribution
from allocator.report.plots.frontier import frontier
from allocator.report.plots.gainers import gainers
from allocator.report.plots.lorenz import concentration, lorenz
from allocator.report.plots.on_the_page import awards, eligibility, money
from allocator.report.plots.people import people
from allocator.report.plots.recovery import recovery
from allocator.report.plots.tornado import tornado
from allocator.report.style import SERIES
from allocator.scenarios.compare import Comparison
from allocator.scenarios.frontier_result import Frontier
from allocator.scenarios.health.result import Health
from allocator.scenarios.knobs import number, value_of
from allocator.scenarios.out import Out, out_by_reason
from allocator.scenarios.panel import distinct_names, panel
from allocator.scenarios.tables import Tables

if TYPE_CHECKING:
    from allocator.report.picture import Picture

__all__ = ["MOST", "NAMES", "FrontierPlots", "Plots", "check_number"]

MOST = 3  # allocations that a report shows beside each other
_CHARTS: dict[str, Callable[[Comparison], Chart]] = {
    "money": money,
    "awards": awards,
    "eligibility": eligibility,
    "distribution": distribution,
    "lorenz": lorenz,
    "concentration": concentration,
    "recovery": recovery,
    "people": people,
    "gainers": gainers,
    "cliffs": cliffs,
    "tornado": tornado,
}
NAMES = tuple(_CHARTS)  # of the figures that allocations alone give


def check_number(allocations: Sequence[Allocation], most: int = MOST) -> None:
    """Raise an error if there are none, or more than can be told apart."""
    if not 1 <= len(allocations) <= most:
        raise DataError(
            f"figures and reports take one to {most} allocations, not {len(allocations)}"
        )


class Plots:
    """Figures of one to four allocations of the same users; only aggregates are drawn.

    Each policy has one color and line style in all of them. Every figure knows its ``finding``
    (the title), its ``alt`` (text for those who cannot see it) and its ``data`` (the numbers
    drawn); numbers of fewer than ten users are left out. Two allocations that differ for fewer
    than ten users may still tell them apart: a report, and ``allocator lab plot``, leave the
    second out.

    Parameters
    ----------
    allocations : sequence of Allocation
        The first is the base, the others are compared with it.

    Raises
    ------
    DataError
        If there are none or more than four, or they have no user in common.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> plots = al.allocate(al.simulate_users(1000, seed=7), policy).plot
    >>> print(plots.eligibility().finding)
    5...% of 1,000 users are in; the largest group of those who are not: lost under $50 (...).
    >>> plots.data("eligibility")[0]
    {'policy': 'Announced', 'rule': 'all users', 'source': '', 'out': 0, 'left': 1000}
    """

    def __init__(
        self, allocations: Sequence[Allocation], names: Sequence[str] | None = None
    ) -> None:
        check_number(allocations, len(SERIES))
        self.comparison = Comparison(panel(allocations, names))
        self._charts: dict[str, Chart] = {}

    def tables(self) -> Tables:
        """Return the numbers behind the figures by decile of loss: plain rows."""
        return self.comparison.tables()

    @cached_property
    def out(self) -> tuple[Out, ...]:
        """Who is out of the first allocation, by reason."""
        return out_by_reason(self.comparison.allocations[0])

    @property
    def findings(self) -> dict[str, str]:
        """The titles of the figures that a report always has."""
        return {name: self.chart(name).title for name in ("money", "awards", "eligibility")}

    def chart(self, name: str) -> Chart:
        """Return a figure before it is drawn: its title, alternative text and numbers.

        Parameters
        ----------
        name : str
            As the method that draws it.

        Raises
        ------
        DataError
            If there is no such figure.
        """
        if name not in _CHARTS:
            raise DataError(f"there is no figure {name!r}; there are {', '.join(NAMES)}")
        if name not in self._charts:
            self._charts[name] = _CHARTS[name](self.comparison)
        return self._charts[name]

    def data(self, name: str) -> Rows:
        """Return the numbers behind a figure: a list of plain rows, as for ``pd.DataFrame``.

        Parameters
        ----------
        name : str
            As the method that draws it.
        """
        return self.chart(name).rows

    def money(self) -> Picture:
        """Draw where the money goes: people and dollars by decile of loss."""
        return self.chart("money").figure()

    def awards(self) -> Picture:
        """Draw awards against losses, with the floor, the cap and the kinks."""
        return self.chart("awards").figure()

    def eligibility(self) -> Picture:
        """Draw who fell out at each rule of the first policy."""
        return self.chart("eligibility").figure()

    def distribution(self) -> Picture:
        """Draw what share of those who are paid get how much."""
        return self.chart("distribution").figure()

    def lorenz(self) -> Picture:
        """Draw how unequal awards are: Lorenz curves."""
        return self.chart("lorenz").figure()

    def concentration(self) -> Picture:
        """Draw who has the money: concentration curves of awards and of losses, by loss."""
        return self.chart("concentration").figure()

    def recovery(self) -> Picture:
        """Draw what part of their losses people get back, by decile of loss."""
        return self.chart("recovery").figure()

    def people(self) -> Picture:
        """Draw people above and dollars below, by decile of loss."""
        return self.chart("people").figure()

    def gainers(self) -> Picture:
        """Draw who gets more and who gets less than under the first policy."""
        return self.chart("gainers").figure()

    def cliffs(self) -> Picture:
        """Draw the jump of an award at the lines that decide who is in."""
        return self.chart("cliffs").figure()

    def tornado(self, *healths: Health) -> Picture:
        """Draw which open choices move most dollars.

        Parameters
        ----------
        *healths : Health
            Health checks of these policies, ``al.health(users, policy)``: with them every assumed
            or hand-set number is drawn; without, the three choices that awards alone can tell.
        """
        return self.tornado_chart(*healths).figure()

    def tornado_chart(self, *healths: Health) -> Chart:
        """Return the figure of open choices before it is drawn."""
        return tornado(self.comparison, healths) if healths else self.chart("tornado")

    def frontier(self, *results: Frontier) -> Picture:
        """Draw what fairness costs, with the first policy's present value marked.

        Parameters
        ----------
        *results : Frontier
            Of these policies in their order, ``al.frontier(users, policy)``.
        """
        return self.frontier_chart(*results).figure()

    def frontier_chart(self, *results: Frontier) -> Chart:
        """Return the figure of frontiers before it is drawn."""
        if not results or len(results) > len(self.comparison.names):
            raise DataError(
                f"give one frontier for each policy, as in plot.frontier(al.frontier(users, "
                f"policy)): {len(results)} for {len(self.comparison.names)}"
            )
        present = number(value_of(self.comparison.allocations[0].policy, results[0].vary))
        return frontier(results, self.comparison.names[: len(results)], present)


class FrontierPlots:
    """The figure of a frontier, ``al.frontier(users, policy).plot.frontier()``.

    Parameters
    ----------
    result : Frontier

    Examples
    --------
    >>> import allocator as al
    >>> users, policy = al.simulate_users(1000, seed=7), al.Policy.default()
    >>> curve = al.frontier(users, policy.replace(budget="50000.00"), values=[1, 2])
    >>> curve.plot.frontier().finding
    'From alpha 1 to 2, equality rises from ...'
    """

    def __init__(self, result: Frontier) -> None:
        self._result = result

    def frontier(self, *others: Frontier) -> Picture:
        """Draw what fairness costs, with the policy's present value marked.

        Parameters
        ----------
        *others : Frontier
            Of other policies and the same knob, to be drawn beside it.

        Raises
        ------
        DataError
            If they vary another knob, or are more than can be told apart.
        """
        return self.chart(*others).figure()

    def chart(self, *others: Frontier) -> Chart:
        """Return the figure before it is drawn: its title, alternative text and numbers."""
        results = (self._result, *others)
        if len(results) > len(SERIES):
            raise DataError(
                f"one to {len(SERIES)} frontiers are drawn together, not {len(results)}"
            )
        names = distinct_names([each.base.name for each in results])
        return frontier(results, names, number(value_of(results[0].base, results[0].vary)))

    def data(self, *others: Frontier) -> Rows:
        """Return the numbers behind the figure: a list of plain rows."""
        return self.chart(*others).rows
