"""`frontier`: what fairness costs, point by point."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.stages import Progress, Stages
from allocator.core.problem import Problem
from allocator.core.rules import AlphaFair
from allocator.core.solve import solve
from allocator.errors import DataError, InfeasibleError, UnsupportedError
from allocator.money import FINE
from allocator.policy.schema import Policy
from allocator.scenarios.frontier_result import Frontier, FrontierPoint
from allocator.scenarios.knobs import knob_key, number, scenario_policies, settings, value_of
from allocator.scenarios.reading import load_for
from allocator.scenarios.scenario_figures import gini_of_sorted, scenario_figures
from allocator.scenarios.shared import SharedUsers, Solved

__all__ = ["ALPHAS", "frontier"]

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, math.inf)
SAME = "Every point spends the same dollars: none is lost."
DIFFERENT = "Points spend different dollars: each is measured against the most that its own allow."
MEASURED = (
    "Efficiency is measured in dollars weighted as the base policy weighs users, so that the price "
    "of fairness is how far the money is from those with the largest weights, not money that goes "
    "to nobody."
)


def frontier(
    users: object,
    policy: Policy | str | os.PathLike[str] | None = None,
    vary: str = "alpha",
    values: Sequence[object] | None = None,
    *,
    progress: Progress | None = None,
) -> Frontier:
    """Trace efficiency against fairness, with the price of fairness at each point.

    Where every point spends the budget, total dollars tell nothing. **Efficiency** is the
    utilitarian objective: Σ w·x, the awards weighted as the base policy weighs users (of the
    recovery ratio, Σ w·x/loss; for a claims rule the weights are the claims), divided by the most
    that the point's own users, floors, caps and budget allow, which is what alpha = 0 gives. It
    therefore favors money in the hands of those with the largest weights, which are the largest
    losses: whether that is wanted is what alpha is there to decide. The **price of fairness** is 1
    minus efficiency, and **equality** is 1 minus the Gini coefficient of the awards.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
        As in `allocate`.
    policy : Policy, preset name, path of a policy file, or None
        The base; the announced policy when None.
    vary : str
        A knob of the policy, as in `Policy.replace`.
    values : sequence, optional
        What to set it to; for alpha, from 0 to inf when not given.
    progress : callable, optional
        As in `sweep`, with stages named "point".

    Returns
    -------
    Frontier

    Raises
    ------
    DataError
        If the users are bad, or there are no values.
    PolicyError
        If the knob or a value is not one of a policy's.
    UnsupportedError
        If the policy has constraints, or as in `sweep`.

    References
    ----------
    Bertsimas, Farias & Trichakis, "The price of fairness", Operations Research 59(1), 2011, where
    the price is the relative loss of the utilitarian total; and "On the efficiency-fairness
    trade-off", Management Science 58(12), 2012.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> result = frontier(al.simulate_users(1000, seed=7), policy, values=[0, 1, 2])
    >>> [round(point.price_of_fairness, 3) for point in result.points][0]
    0.0
    """
    base, key = Policy.named(policy), knob_key(vary)
    if base.constraints:
        raise UnsupportedError(
            f"the policy {base.name!r} has [[constraints]], and efficiency is measured against "
            "the most that floors, caps and budget allow without any: leave them out, or use sweep "
            "or compare, which take them"
        )
    if values is None:
        if key != "objective.alpha":
            raise DataError(f"{key}: give the values to try, such as values=[...]")
        values = ALPHAS
    _, changes, _ = settings({key: values})
    policies = scenario_policies(base, changes)
    shared = SharedUsers(load_for(users, [base, *policies], Stages(progress)), policies)
    found, notes, spent = [], list[str](), set[int]()
    for i, each in enumerate(policies):
        if progress is not None:
            progress("point", i, len(policies))
        value = number(value_of(each, key))
        try:
            solved = shared.solve(each)
            spent.add(solved.tally.total * solved.unit_cents)
            found.append(_point(value, shared, solved, base))
        except InfeasibleError as error:
            found.append({"value": value, **dict.fromkeys(_FIGURES)})
            notes.append(f"{key} = {value} cannot be paid: {error}")
    points = tuple(FrontierPoint(**row, dominated=_dominated(row, found)) for row in found)
    said = f"{SAME if len(spent) < 2 else DIFFERENT} {MEASURED}"
    return Frontier(key, points, tuple(policies), (said, *notes), base, shared.loaded)


_FIGURES = (
    *("efficiency", "price_of_fairness", "equality", "equality_of_recovery"),
    *("top_tenth_share", "median_cents", "recovery_of_smallest"),
)


def _point(value: Any, shared: SharedUsers, solved: Solved, base: Policy) -> dict[str, Any]:
    worth = shared.weights(_yardstick(base, solved.policy), solved)
    loss = solved.members.loss / FINE
    if base.uses_weights and base.objective.of == "recovery":
        worth = np.divide(worth, loss, out=np.zeros_like(worth), where=loss > 0)
    most = _most(solved.problem, worth)
    reached = float(np.dot(worth, solved.units.astype(np.float64)))
    # A whole-cent optimum is the real one at alpha = 0: what is above it is noise of the sums.
    efficiency = min(reached / most, 1.0) if most else None
    figures = scenario_figures(solved)
    cents = solved.units * solved.unit_cents
    lost = loss > 0  # others have no recovery
    of_recovery = gini_of_sorted(np.sort(cents[lost] / loss[lost]))
    return {
        "value": value,
        "efficiency": efficiency,
        "price_of_fairness": None if efficiency is None else 1.0 - efficiency,
        "equality": None if figures.gini is None else 1.0 - figures.gini,
        "equality_of_recovery": None if of_recovery is None else 1.0 - of_recovery,
        "top_tenth_share": figures.top_tenth_share,
        "median_cents": figures.median_cents,
        "recovery_of_smallest": figures.recovery_by_decile[0],
    }


def _yardstick(base: Policy, policy: Policy) -> Policy:
    """Return a policy that weighs as the base does the users whom another lets in."""
    return base.model_copy(update={"eligibility": policy.eligibility})


def _most(problem: Problem, worth: NDArray[np.float64]) -> float:
    """Return the largest Σ worth·x within the bounds and the budget."""
    ideal = Problem(problem.budget, problem.lower, problem.upper, weights=worth)
    best = solve(ideal, AlphaFair(0)).awards
    return float(np.dot(worth, best.astype(np.float64)))


def _dominated(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> bool:
    mine = (row["efficiency"], row["equality"])
    if None in mine:
        return False
    pairs = [(other["efficiency"], other["equality"]) for other in rows]
    return any(
        None not in other and other[0] >= mine[0] and other[1] >= mine[1] and other != mine
        for other in pairs
    )
