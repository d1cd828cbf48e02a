"""The knobs of a policy: their names in full, and numbers as the policy's own values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from numbers import Real
from typing import Any

import numpy as np

from allocator.errors import DataError, PolicyError
from allocator.money import exact
from allocator.policy.changing import full_key
from allocator.policy.schema import Policy
from allocator.policy.values import read_ratio, show_number

__all__ = ["knob_key", "number", "scenario_policies", "settings", "shown", "turned", "value_of"]

Settings = dict[str, Any]


def knob_key(name: str) -> str:
    """Return a knob's dotted name.

    Raises
    ------
    PolicyError
        If there is no such key; it names the nearest one.

    Examples
    --------
    >>> knob_key("alpha")
    'objective.alpha'
    """
    known = []
    for section, content in Policy.default().model_dump().items():
        inner = content if isinstance(content, dict) and section != "columns" else None
        known += [section] if inner is None else [f"{section}.{key}" for key in inner]
    return full_key(name, known)


def value_of(policy: Policy, key: str) -> Any:
    """Return what a policy sets a knob to, as its file says it; None where it says nothing.

    Examples
    --------
    >>> value_of(Policy.default(), "award.minimum"), value_of(Policy.default(), "objective.alpha")
    ('4.00', 1.0)
    """
    place: Any = policy.model_dump()
    for part in key.split("."):
        place = place.get(part) if isinstance(place, Mapping) else None
    return place


def turned(policy: Policy, changes: Mapping[str, object], name: str | None = None) -> Policy:
    """Copy a policy with knobs turned; numbers become the decimal text that money is written in.

    Parameters
    ----------
    policy : Policy
    changes : mapping of str to object
        By dotted name.
    name : str, optional
        What to call the copy.

    Returns
    -------
    Policy

    Raises
    ------
    PolicyError
        If a value does not fit; it says which change it was.

    Examples
    --------
    >>> turned(Policy.default(), {"award.minimum": 5, "objective.alpha": 2}).award.minimum
    '5'
    """
    written = {key: _written(policy, key, value) for key, value in changes.items()}
    try:
        return policy.replace({**written, **({} if name is None else {"name": name})})
    except PolicyError as error:
        raise PolicyError(f"with {shown(changes)}: {error}") from None


def settings(varied: object) -> tuple[tuple[str, ...], list[Settings], bool]:
    """Return the scenarios that a grid or a list of changes stands for.

    Parameters
    ----------
    varied : mapping of str to sequence, or sequence of mapping of str to object
        A grid: every combination of the values. A list: each item a scenario.

    Returns
    -------
    knobs : tuple of str
        By dotted name.
    scenarios : list of dict
        What each changes, by dotted name; in a grid the last knob varies fastest.
    grid : bool

    Raises
    ------
    DataError
        If it is neither, if there is nothing in it, or a knob is there twice.
    PolicyError
        If there is no such key.

    Examples
    --------
    >>> settings({"alpha": [1, 2], "minimum": [4]})[1]
    [{'objective.alpha': 1, 'award.minimum': 4}, {'objective.alpha': 2, 'award.minimum': 4}]
    """
    if isinstance(varied, Mapping):
        named = _by_key(varied)
        for key, values in named.items():
            if isinstance(values, str) or not isinstance(values, (Sequence, np.ndarray)):
                raise DataError(f"{key}: give a list of values, such as [0.5, 1, 2]")
            if not len(values):
                raise DataError(f"{key}: the list of values is empty")
        if not named:
            raise DataError(f"nothing to vary: {_EXAMPLE}")
        lists = [
            values.tolist() if isinstance(values, np.ndarray) else values
            for values in named.values()
        ]
        return tuple(named), [dict(zip(named, each, strict=True)) for each in product(*lists)], True
    if isinstance(varied, str) or not isinstance(varied, Sequence):
        raise DataError(f"cannot vary a {type(varied).__name__}: {_EXAMPLE}")
    if not varied or not all(isinstance(each, Mapping) for each in varied):
        raise DataError(f"a list of scenarios holds dicts, at least one: {_EXAMPLE}")
    scenarios = [_by_key(each) for each in varied]
    return tuple(dict.fromkeys(key for each in scenarios for key in each)), scenarios, False


def scenario_policies(policy: Policy, scenarios: Sequence[Settings]) -> list[Policy]:
    """Return the policy of each scenario, named after what it changes."""
    return [turned(policy, each, (shown(each) or policy.name)[:100]) for each in scenarios]


def number(value: object) -> float | bool | str | None:
    """Return a policy's value as something to put into a table: a number where it is one.

    Examples
    --------
    >>> number("6,000.00"), number("30%"), number("inf"), number("eligible"), number(True)
    (6000.0, 0.3, inf, 'eligible', True)
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Real):
        return float(value)
    if value == "inf":
        return math.inf
    if isinstance(value, str):
        try:
            return float(read_ratio(value))
        except ValueError:
            return value
    return str(value)


def shown(changes: Mapping[str, object]) -> str:
    """Write changes in a line.

    Examples
    --------
    >>> shown({"objective.alpha": 2.0, "award.minimum": "4.00"})
    'alpha=2, minimum=4.00'
    """
    return ", ".join(
        f"{key.rpartition('.')[2]}={value:g}"
        if isinstance(value, float)
        else f"{key.rpartition('.')[2]}={value}"
        for key, value in changes.items()
    )


_EXAMPLE = (
    'give a grid, such as {"alpha": [1, 2], "award.minimum": [0, 4]}, or a list of scenarios, '
    'such as [{"alpha": 2}, {"award.minimum": 0}]'
)


def _by_key(changes: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in changes.items():
        key = knob_key(str(name))
        if key in found:
            raise DataError(f"{key} is there twice, once as {name!r}")
        found[key] = value
    return found


def _written(policy: Policy, key: str, value: object) -> object:
    """Return a number as the text that money and ratios are written in; all else as it is."""
    plain = value is None or isinstance(value, (bool, str))
    if plain or value_of(policy, key) == "inf" or not isinstance(value_of(policy, key), str):
        return value
    try:
        return show_number(exact(value)).replace(",", "")
    except (ValueError, TypeError):
        return value  # the policy says what is wrong with it
