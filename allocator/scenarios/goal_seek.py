"""`goal_seek`: what a knob has to be set to, for a figure to come out as wished."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from numbers import Real
from typing import Any

from allocator.allocation.pipeline import run
from allocator.allocation.result import Allocation
from allocator.allocation.stages import Progress, Stages
from allocator.errors import DataError, InfeasibleError, PolicyError
from allocator.money import exact
from allocator.policy.schema import Policy
from allocator.policy.values import show_number
from allocator.scenarios.goal_search import Found, find_place
from allocator.scenarios.goal_seek_result import GoalSeek
from allocator.scenarios.knob_range import MONEY, KnobRange, knob_range
from allocator.scenarios.knobs import knob_key, number, turned, value_of
from allocator.scenarios.reading import load_for
from allocator.scenarios.shared import SharedUsers
from allocator.scenarios.targets import target_named

__all__ = ["GoalSeek", "goal_seek"]

LONGEST_NAME = 100  # characters


def goal_seek(
    users: object,
    policy: Policy | str | os.PathLike[str] | None = None,
    *,
    vary: str,
    target: str | Callable[[Allocation], float],
    value: float,
    decile: int | None = None,
    between: tuple[object, object] | None = None,
    progress: Progress | None = None,
) -> GoalSeek:
    """Find the value of a knob at which a figure reaches a goal.

    The search keeps to the knob's own grid: whole units of money for budget, minimum and maximum,
    cents for the minimum loss, thousandths for alpha, exponents and factors, hundredths of a
    percent for ratios. It always ends.

    Parameters
    ----------
    users : path, UsersTable, data frame or Arrow table
        As in `allocate`.
    policy : Policy, preset name, path of a policy file, or None
        The announced policy when None.
    vary : str
        The knob, as in `Policy.replace`: budget, minimum, maximum, min_loss, min_loss_ratio,
        alpha, loss_exponent, ratio_exponent, ratio_cap, or weights.factors.<column>.<value>.
    target : str or callable
        ``median_recovery``, ``recovery``, ``median_award``, ``mean_award``, ``lowest_award`` (for
        the budget that gives everybody at least so much), ``share_at_minimum``,
        ``share_at_maximum``, ``total_at_maximum``, ``total``, ``top_tenth_share``, ``gini``,
        ``eligible``: of all who are eligible, or of a decile. Shares and recoveries are fractions,
        money is in dollars. Or a function of an `Allocation`, which is slower, since each value
        that is looked at is then run in full.
    value : float
        The goal.
    decile : int, optional
        1 (the smallest losses) to 10; equal losses are in one decile.
    between : (low, high), optional
        How far to search; by default as far as the knob means anything.
    progress : callable, optional
        Called as ``progress(stage, done, total)``: while loading as in `allocate`, then as
        ``progress("search", done, at most)`` before each value that is looked at.

    Returns
    -------
    GoalSeek
        ``.reached`` is False when the goal is out of reach; the notes then say what the figure is
        at both ends. Where it is not monotone in the knob they say so, and the crossing nearest to
        the present value is taken.

    Raises
    ------
    DataError
        If the users are bad, there is no such target, or the knob is not a number.
    PolicyError
        If there is no such knob.
    InfeasibleError
        If no value of the knob gives a figure.

    Examples
    --------
    >>> import allocator as al
    >>> users, policy = al.simulate_users(1000, seed=7), al.Policy.default()
    >>> found = goal_seek(users, policy, vary="budget", target="lowest_award", value=10)
    >>> found.reached, found.achieved
    (True, 10.0)
    """
    base, key = Policy.named(policy), knob_key(vary)
    if callable(target):
        if decile is not None:
            raise DataError("a target that is a function has no decile: let the function choose")
        name = getattr(target, "__name__", "target")
    else:
        named = target_named(target, decile)
        name = named.name if decile is None else f"{named.name} of decile {decile}"
    if isinstance(value, bool) or not isinstance(value, Real | Decimal) or not math.isfinite(value):
        raise DataError(f"the goal must be a finite number, not {value!r}")
    # Every value of the knob reads the users alike, once ratios are needed at all.
    widest = base if key != "eligibility.min_loss_ratio" else turned(base, {key: "1"})
    if key == "weights.ratio_exponent":
        widest = turned(base, {key: 1.0})
    loaded = load_for(users, [base, widest], Stages(progress))
    grid = knob_range(base, key, loaded.users, between)
    shared, most = SharedUsers(loaded), 3 * (grid.high - grid.low).bit_length() + 32
    asked, trouble = 0, None

    def figure(place: int) -> float | None:
        nonlocal asked, trouble
        if progress is not None:
            progress("search", min(asked, most - 1), most)
        asked += 1
        try:
            trial = turned(base, {key: grid.value(place)})
            if callable(target):
                return _told(target(run(loaded, trial, Stages())), name)
            return named.of(shared.solve(trial), decile)
        except (InfeasibleError, PolicyError) as error:  # as of a maximum below the minimum
            trouble = error
            return None

    def all_capped() -> bool:
        """Whether the policy as it is leaves money because everybody has their cap."""
        try:
            solved = shared.solve(base)
        except (InfeasibleError, PolicyError):
            return False
        return bool(solved.spend < solved.problem.budget)

    present = value_of(base, key)
    start = None if present is None or present == "inf" else grid.place(present)
    found = find_place(figure, grid.low, grid.high, float(value), start)
    if found.place is None and isinstance(trouble, PolicyError):
        raise trouble
    if found.place is None:
        raise InfeasibleError(
            f"no value of {key} from {grid.value(grid.low)} to {grid.value(grid.high)} gives "
            f"{name}: nobody is eligible or has lost anything, or the policy cannot be paid",
            {"tried": len(found.tried)},
        )
    setting = grid.value(found.place)
    flat = not (found.rises or found.falls)
    return GoalSeek(
        vary=key,
        target=name,
        value=float(value),
        reached=found.reached,
        knob=number(setting),
        achieved=float(found.tried[found.place] or 0.0),
        policy=turned(base, {key: setting}, _name(base, key, setting)),
        tried=tuple((number(grid.value(p)), v) for p, v in sorted(found.tried.items())),
        notes=tuple(_notes(found, grid, name, float(value), left=flat and all_capped())),
        loaded=loaded,
    )


def _told(figure: object, name: str) -> float:
    """Return what a function makes of an allocation, if that is a number."""
    if isinstance(figure, bool) or not isinstance(figure, Real | Decimal):
        raise DataError(f"the target {name} must return a number, not {figure!r}")
    return float(figure)


def _name(base: Policy, key: str, setting: Any) -> str:
    """Name the policy found after the base and what it sets.

    Examples
    --------
    >>> _name(Policy.default(), "award.maximum", "7250"), _name(Policy.default(), "alpha", 1.25)
    ('Announced (maximum 7,250.00)', 'Announced (alpha 1.25)')
    """
    told = f"{setting:g}" if isinstance(setting, float) else str(setting)
    if key in MONEY:
        told = show_number(exact(setting), least=2)
    text = f" ({key.rpartition('.')[2].replace('_', ' ')} {told})"
    return base.name[: LONGEST_NAME - len(text)] + text


def _notes(found: Found, grid: KnobRange, name: str, goal: float, *, left: bool) -> Iterator[str]:
    known = sorted(place for place, value in found.tried.items() if value is not None)
    first, last = known[0], known[-1]
    if not found.reached:
        yield (
            f"{name} does not come to {goal:,.6g} for any {grid.key} that was looked at from "
            f"{grid.value(first)} to {grid.value(last)}: it is {found.tried[first]:,.6g} at "
            f"{grid.value(first)} and {found.tried[last]:,.6g} at {grid.value(last)}"
        )
    elif (
        found.neighbor is not None and found.place is not None and found.tried[found.place] != goal
    ):
        yield (
            f"the goal lies between two values: {grid.key} = {grid.value(found.neighbor)} gives "
            f"{found.tried[found.neighbor]:,.6g}"
        )
    if found.rises and found.falls:
        more = f" and crosses the goal {found.crossings} times" if found.crossings > 1 else ""
        yield (
            f"{name} both rises and falls as {grid.key} rises{more}: other values may come as near"
        )
    if not found.rises and not found.falls:
        because = "; at this award.budget everybody has their cap and money is left" * left
        yield f"{grid.key} does not change {name}{because}"
    unpaid = [place for place, value in found.tried.items() if value is None]
    if unpaid:
        yield (
            f"{len(unpaid)} of {len(found.tried)} values looked at have no figure (nobody is "
            "eligible or has lost anything, or the policy cannot be paid), such as "
            f"{grid.value(max(unpaid))}"
        )
