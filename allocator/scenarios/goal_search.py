"""A search for the place on a grid where a figure reaches a goal. It knows no policy."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Found", "find_place"]

PROBES = 8  # places looked at before the search, both ends among them
NOISE = 1e-9  # of the spread of values: rises and falls below it are odd cents and floats

Evaluate = Callable[[int], float | None]


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    place : int or None
        Where the figure is nearest to the goal: beside the crossing nearest to the start or,
        without one, of all places tried; None when it is not known anywhere.
    reached : bool
        Whether the goal lies between the figures of two neighboring places, or is met.
    neighbor : int or None
        The place on the other side of the goal, where there is one.
    tried : dict of int to float or None
        Every figure that was computed; None where there is none.
    rises, falls : bool
        Whether the figure rises anywhere, and falls anywhere, among those tried.
    crossings : int
        How often the figures that were tried cross the goal.
    """

    place: int | None
    reached: bool
    neighbor: int | None
    tried: dict[int, float | None]
    rises: bool
    falls: bool
    crossings: int


def find_place(
    evaluate: Evaluate, low: int, high: int, goal: float, start: int | None = None
) -> Found:
    """Find where a figure reaches a goal.

    A few places are looked at first, which brackets the goal also where the figure is not
    monotone; a bracket is then halved, with secants in between, until its ends are neighbors. That
    is at most 2 log2(high - low) steps, whatever the figure does.

    Parameters
    ----------
    evaluate : callable
        From a place to the figure, or None where there is none.
    low, high : int
    goal : float
    start : int, optional
        Of several crossings, the one nearest to here is taken; none, when the goal is met here.

    Returns
    -------
    Found

    Examples
    --------
    >>> found = find_place(lambda place: place**2, 0, 100, 50.0)
    >>> found.place, found.neighbor, found.reached
    (7, 8, True)
    """
    tried: dict[int, float | None] = {}

    def at(place: int) -> float | None:
        if place not in tried:
            value = evaluate(place)
            tried[place] = None if value is None or math.isnan(value) else value
        return tried[place]

    probes = _spread(low, high, start)
    known = [place for place in probes if at(place) is not None]
    known += _edges(at, probes, known)
    known = sorted(set(known))
    brackets = [(a, b) for a, b in pairwise(known) if _between(at(a), at(b), goal)]
    near = (low + high) // 2 if start is None else start

    def rank(place: int) -> tuple[float, int]:
        return _miss(at(place), goal), abs(place - near)

    pair: tuple[int, int] = (low, low)
    if brackets and (start is None or at(start) != goal):
        a, b = min(brackets, key=lambda pair: max(pair[0] - near, near - pair[1], 0))
        pair = _narrowed(at, a, b, goal, near)
    place: int | None
    neighbor: int | None
    if pair[1] - pair[0] == 1:
        place, neighbor = sorted(pair, key=rank)
    else:  # the goal is in no bracket, or there is no figure in between
        there = [each for each, value in tried.items() if value is not None]
        place, neighbor = min(there, key=rank, default=None), None
    met = place is not None and at(place) == goal
    values = [value for _, value in sorted(tried.items()) if value is not None]
    rises, falls = _ways(values)
    return Found(
        place, met or neighbor is not None, neighbor, tried, rises, falls, _crossings(values, goal)
    )


def _spread(low: int, high: int, start: int | None) -> list[int]:
    """Return places over the range, evenly and by magnitude, with the start among them."""
    even = [low + (high - low) * k // (PROBES - 1) for k in range(PROBES)]
    base = max(low, 1)
    by_magnitude = [round(base * (high / base) ** (k / (PROBES - 1))) for k in range(1, PROBES)]
    places = [*even, *by_magnitude, *([] if start is None else [start])]
    return sorted({min(max(place, low), high) for place in places})


def _edges(at: Evaluate, probes: list[int], known: list[int]) -> list[int]:
    """Where places with a figure meet places without, return the last that has one."""
    if not known or len(known) == len(probes):
        return []
    found = []
    for a, b in pairwise(probes):
        if (at(a) is None) != (at(b) is None):
            inside, outside = (a, b) if at(b) is None else (b, a)
            while abs(outside - inside) > 1:
                middle = (inside + outside) // 2
                inside, outside = (middle, outside) if at(middle) is not None else (inside, middle)
            found.append(inside)
    return found


def _narrowed(at: Evaluate, a: int, b: int, goal: float, near: int) -> tuple[int, int]:
    secant = True
    while b - a > 1:
        f_a, f_b = at(a), at(b)
        middle = (a + b) // 2
        if b > 4 * max(a, 1):
            middle = math.isqrt(max(a, 1) * b)
        elif secant and f_a is not None and f_b is not None and f_a != f_b:
            middle = a + round((b - a) * ((goal - f_a) / (f_b - f_a)))
        middle, secant = min(max(middle, a + 1), b - 1), not secant
        value = at(middle)
        if value is None:  # there is no figure in between: the two ends are all there is to say
            break
        if _between(f_a, value, goal) and not (value == goal and near >= b):
            b = middle
        else:
            a = middle
    return a, b


def _between(one: float | None, other: float | None, goal: float) -> bool:
    if one is None or other is None:
        return False
    return min(one, other) <= goal <= max(one, other)


def _miss(value: float | None, goal: float) -> float:
    return math.inf if value is None else abs(value - goal)


def _crossings(values: list[float], goal: float) -> int:
    above = [value > goal for value in values if value != goal]
    return sum(one != other for one, other in pairwise(above))


def _ways(values: list[float]) -> tuple[bool, bool]:
    spread = (max(values) - min(values)) * NOISE if values else 0.0
    steps = [b - a for a, b in pairwise(values)]
    return any(step > spread for step in steps), any(step < -spread for step in steps)
