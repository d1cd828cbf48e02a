"""`sweep`: many policies on the same users, a row of figures each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from allocator.allocation.stages import Progress, Stages
from allocator.errors import InfeasibleError
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio
from allocator.scenarios.cutoffs import Cutoffs
from allocator.scenarios.knobs import scenario_policies, settings, shown
from allocator.scenarios.reading import eligibility_key, load_for
from allocator.scenarios.same_knob import MOST, sweep_notes
from allocator.scenarios.scenario_figures import ScenarioFigures, scenario_figures
from allocator.scenarios.shared import SharedUsers
from allocator.scenarios.sweep_result import Sweep

__all__ = ["Sweep", "sweep"]


def sweep(
    users: object,
    policy: Policy | str | os.PathLike[str] | None,
    vary: Mapping[str, Sequence[object]] | Sequence[Mapping[str, object]],
    *,
    verify: bool = False,
    progress: Progress | None = None,
) -> Sweep:
    """Apply many variants of a policy to the same users.

    Users are read, checked and sorted once; who is in and what they weigh is worked out anew only
    where a scenario changes it. A further scenario then costs little more than finding its level
    and its cents. Awards are not kept: ``result[i]`` runs a scenario again, in full.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
        As in `allocate`.
    policy : Policy, preset name, path of a policy file, or None
        What the scenarios change; the announced policy when None.
    vary : mapping, or sequence of mappings
        A grid, ``{"alpha": [1, 2], "award.minimum": [0, 4]}``: every combination, the last knob
        varying fastest. Or a list of scenarios, ``[{"alpha": 2}, {"award.minimum": 0}]``. Keys
        are as in `Policy.replace`; money and ratios may be numbers.
    verify : bool
        Every scenario is checked for its bounds and its total. With True also by the certificate
        that `allocate` gives: that no cent moved would be better, and that ties are in order.
        That takes about as long again as the scenario.
    progress : callable, optional
        Called as ``progress(stage, done, total)``: while loading as in `allocate`, then before
        each scenario as ``progress("scenario", done, scenarios)``.

    Returns
    -------
    Sweep
        ``.table`` has a row a scenario; one whose minimum is more than the budget has the status
        ``infeasible`` and no figures, and a note says why.

    Raises
    ------
    DataError
        If the users are bad, or there is nothing to vary.
    PolicyError
        If a knob or a value is not one of a policy's; it says which.
    VerificationError
        If awards do not pass; please report it.

    Examples
    --------
    >>> import allocator as al
    >>> policy = al.Policy.default().replace(budget="50000.00")
    >>> result = sweep(al.simulate_users(1000, seed=7), policy, {"alpha": [1, 2, 4]})
    >>> result.table[["objective.alpha", "effective_loss_exponent", "total_cents"]]
              objective.alpha  effective_loss_exponent  total_cents
    scenario
    0                     1.0                     1.00      5000000
    1                     2.0                     0.50      5000000
    2                     4.0                     0.25      5000000
    """
    knobs, changes, grid = settings(vary)
    policies = scenario_policies(Policy.named(policy), changes)
    shared = SharedUsers(load_for(users, policies, Stages(progress)), policies)
    figures = [ScenarioFigures("infeasible")] * len(policies)
    marks: list[int | None] = [None] * len(policies)
    failed: dict[int, str] = {}
    # What shares arrays stands together, so that only those of one scenario are ever held.
    order = sorted(range(len(policies)), key=lambda i: _nearness(policies[i]))
    for done, i in enumerate(order):
        if progress is not None:
            progress("scenario", done, len(policies))
        try:
            solved = shared.solve(policies[i], certify=verify)
        except InfeasibleError as error:
            failed[i] = str(error)
            continue
        figures[i], marks[i] = scenario_figures(solved), solved.fingerprint
    notes = [
        *_failures(failed, changes),
        *sweep_notes(policies, knobs, changes, marks, grid=grid),
    ]
    return Sweep(knobs, tuple(policies), tuple(figures), tuple(notes), verify, shared.loaded)


def _failures(failed: Mapping[int, str], changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Say why scenarios cannot be paid; those that cannot for one reason together."""
    for text in dict.fromkeys(failed.values()):
        same = sorted(i for i, other in failed.items() if other == text)
        names = ", ".join(str(i) for i in same[:MOST]) + (", ..." if len(same) > MOST else "")
        yield (
            f"{len(same)} of {len(changes)} scenarios cannot be paid ({names}, such as "
            f"{shown(changes[same[0]])}): {text}"
        )


def _nearness(policy: Policy) -> tuple[object, ...]:
    weights, cutoffs = policy.weights, Cutoffs.of(policy)
    return (
        repr(eligibility_key(policy)),
        policy.weighs,
        repr(policy.claim),
        weights.loss_exponent,
        weights.ratio_exponent,
        float(read_ratio(weights.ratio_cap)),
        repr(sorted(weights.factors.items())),
        read_ratio(cutoffs.ratio),
        cutoffs.loss,
    )
