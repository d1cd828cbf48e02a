"""Divide a fixed amount of money fairly among many people: exactly, to the cent, with a proof.

``allocate(users, policy)`` runs a program on a table of users; ``divide(budget, claims)`` divides
any pot of money. Names are imported on first use, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allocator.allocation.evidence import Certificate as Certificate
    from allocator.allocation.loading import load_allocation as load_allocation
    from allocator.allocation.pipeline import allocate as allocate
    from allocator.allocation.result import Allocation as Allocation
    from allocator.allocation.verify import verify as verify
    from allocator.core.claims import ConstrainedEgalitarian as ConstrainedEgalitarian
    from allocator.core.claims import ConstrainedEqualAwards as ConstrainedEqualAwards
    from allocator.core.claims import ConstrainedEqualLosses as ConstrainedEqualLosses
    from allocator.core.claims import Piniles as Piniles
    from allocator.core.claims import Proportional as Proportional
    from allocator.core.claims import ReverseTalmud as ReverseTalmud
    from allocator.core.claims import Talmud as Talmud
    from allocator.core.constraints import Group as Group
    from allocator.core.constraints import Groups as Groups
    from allocator.core.constraints import Row as Row
    from allocator.core.divide import divide as divide
    from allocator.core.few.arrival import RandomArrival as RandomArrival
    from allocator.core.few.center import AverageOfAwards as AverageOfAwards
    from allocator.core.few.closed import AdjustedProportional as AdjustedProportional
    from allocator.core.few.closed import AlphaMin as AlphaMin
    from allocator.core.few.closed import (
        AverageOfEqualAwardsAndLosses as AverageOfEqualAwardsAndLosses,
    )
    from allocator.core.few.closed import ConcedeAndDivide as ConcedeAndDivide
    from allocator.core.few.closed import MinimalOverlap as MinimalOverlap
    from allocator.core.few.recursive import DominguezThomson as DominguezThomson
    from allocator.core.operators import Dual as Dual
    from allocator.core.operators import MinimalRightsFirst as MinimalRightsFirst
    from allocator.core.operators import Truncated as Truncated
    from allocator.core.problem import Problem as Problem
    from allocator.core.rules import AlphaFair as AlphaFair
    from allocator.core.rules import LeastSquares as LeastSquares
    from allocator.core.rules import MaxMin as MaxMin
    from allocator.core.two_stage import TwoStage as TwoStage
    from allocator.data.prepare import prepare as prepare
    from allocator.data.simulate import simulate_users as simulate_users
    from allocator.data.table import UsersTable as UsersTable
    from allocator.data.table import read_users as read_users
    from allocator.errors import AllocatorError as AllocatorError
    from allocator.errors import DataError as DataError
    from allocator.errors import InfeasibleError as InfeasibleError
    from allocator.errors import PolicyError as PolicyError
    from allocator.errors import UnsupportedError as UnsupportedError
    from allocator.errors import VerificationError as VerificationError
    from allocator.policy.schema import Policy as Policy
    from allocator.programs.depeg.health import depeg_health as depeg_health
    from allocator.programs.depeg.policy import DepegPolicy as DepegPolicy
    from allocator.programs.depeg.simulate import simulate_positions as simulate_positions
    from allocator.programs.folder import load_program as load_program
    from allocator.programs.initiative.compare import compare_initiatives as compare_initiatives
    from allocator.programs.initiative.loading import load_initiative as load_initiative
    from allocator.programs.initiative.model import Initiative as Initiative
    from allocator.programs.initiative.run import run_initiative as run_initiative
    from allocator.programs.initiative.verify import verify_initiative as verify_initiative
    from allocator.programs.kinds import run_program as run_program
    from allocator.programs.kinds import verify_program as verify_program
    from allocator.programs.loan.policy import LoanPolicy as LoanPolicy
    from allocator.programs.loan.simulate import simulate_applicants as simulate_applicants
    from allocator.report.explore import explore as explore
    from allocator.report.report import report as report
    from allocator.scenarios import metrics as metrics
    from allocator.scenarios.compare import compare as compare
    from allocator.scenarios.fit import fit as fit
    from allocator.scenarios.frontier import frontier as frontier
    from allocator.scenarios.goal_seek import goal_seek as goal_seek
    from allocator.scenarios.health.health import health as health
    from allocator.scenarios.properties import properties as properties
    from allocator.scenarios.sweep import sweep as sweep

_HOMES = {
    "AdjustedProportional": "core.few.closed",
    "Allocation": "allocation.result",
    "AllocatorError": "errors",
    "AlphaFair": "core.rules",
    "AlphaMin": "core.few.closed",
    "AverageOfAwards": "core.few.center",
    "AverageOfEqualAwardsAndLosses": "core.few.closed",
    "Certificate": "allocation.evidence",
    "ConcedeAndDivide": "core.few.closed",
    "ConstrainedEgalitarian": "core.claims",
    "ConstrainedEqualAwards": "core.claims",
    "ConstrainedEqualLosses": "core.claims",
    "DataError": "errors",
    "DepegPolicy": "programs.depeg.policy",
    "DominguezThomson": "core.few.recursive",
    "Dual": "core.operators",
    "Group": "core.constraints",
    "Groups": "core.constraints",
    "InfeasibleError": "errors",
    "Initiative": "programs.initiative.model",
    "LeastSquares": "core.rules",
    "LoanPolicy": "programs.loan.policy",
    "MaxMin": "core.rules",
    "MinimalOverlap": "core.few.closed",
    "MinimalRightsFirst": "core.operators",
    "Piniles": "core.claims",
    "Policy": "policy.schema",
    "PolicyError": "errors",
    "Problem": "core.problem",
    "Proportional": "core.claims",
    "RandomArrival": "core.few.arrival",
    "ReverseTalmud": "core.claims",
    "Row": "core.constraints",
    "Talmud": "core.claims",
    "Truncated": "core.operators",
    "TwoStage": "core.two_stage",
    "UnsupportedError": "errors",
    "UsersTable": "data.table",
    "VerificationError": "errors",
    "allocate": "allocation.pipeline",
    "compare": "scenarios.compare",
    "compare_initiatives": "programs.initiative.compare",
    "depeg_health": "programs.depeg.health",
    "divide": "core.divide",
    "explore": "report.explore",
    "fit": "scenarios.fit",
    "frontier": "scenarios.frontier",
    "goal_seek": "scenarios.goal_seek",
    "health": "scenarios.health.health",
    "load_allocation": "allocation.loading",
    "load_initiative": "programs.initiative.loading",
    "load_program": "programs.folder",
    "prepare": "data.prepare",
    "properties": "scenarios.properties",
    "read_users": "data.table",
    "run_initiative": "programs.initiative.run",
    "run_program": "programs.kinds",
    "simulate_applicants": "programs.loan.simulate",
    "simulate_positions": "programs.depeg.simulate",
    "simulate_users": "data.simulate",
    "sweep": "scenarios.sweep",
    "verify": "allocation.verify",
    "verify_initiative": "programs.initiative.verify",
    "verify_program": "programs.kinds",
}
# `report` can be called; type checkers read it as the function that it calls.
_MODULES = {"metrics": "scenarios.metrics", "report": "report"}
__version__ = "0.1.0"
__all__ = ["__version__", *_HOMES, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        value: Any = import_module(f"{__name__}.{_MODULES[name]}")
    elif name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
