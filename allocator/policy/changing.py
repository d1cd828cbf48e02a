"""A policy with some keys changed, each named by as much of its path as is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from allocator.errors import PolicyError
from allocator.policy.sections import Section
from allocator.policy.violations import nearest

__all__ = ["changed", "full_key"]

FREE = ("columns.", "weights.factors.", "eligibility.exclude.")  # tables where any key is known


def changed(
    data: dict[str, Any], changes: Mapping[str, object], model: type[BaseModel]
) -> dict[str, Any]:
    """Put changes into a policy's data, in place.

    Parameters
    ----------
    data : dict
        A policy as nested dictionaries.
    changes : mapping of str to object
        New values by key, in full (``award.budget``) or bare where only one section has it.
    model : type
        The model of a policy: its keys are the known ones.

    Returns
    -------
    dict
        `data` itself.

    Raises
    ------
    PolicyError
        If a key is unknown or ambiguous.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> changed({"award": {"unit": "0.01"}}, {"unit": "1.00", "weights.factors.a": {}}, Policy)
    {'award': {'unit': '1.00'}, 'weights': {'factors': {'a': {}}}}
    """
    known = _known_keys(model)
    for name, value in changes.items():
        *sections, last = full_key(name, known).split(".")
        place = data
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return data


def full_key(name: str, known: list[str]) -> str:
    """Return the dotted key that `name` stands for.

    Parameters
    ----------
    name : str
    known : list of str
        Every dotted key there is.

    Returns
    -------
    str

    Raises
    ------
    PolicyError
        If the key is unknown or ambiguous.

    Examples
    --------
    >>> full_key("unit", ["award.unit", "award.budget"])
    'award.unit'
    """
    if name in known or name.startswith(FREE):
        return name
    matches = [key for key in known if key.rpartition(".")[2] == name]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise PolicyError(f"{name}: is ambiguous; say {' or '.join(matches)}")
    close = nearest(name, [*known, *(key.rpartition(".")[2] for key in known)])
    raise PolicyError(
        f"{name}: unknown key; "
        + (f"did you mean {close}?" if close else "known keys: " + ", ".join(known))
    )


def _known_keys(model: type[BaseModel]) -> list[str]:
    keys: list[str] = []
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            keys += [f"{name}.{key}" for key in inner.model_fields]
        else:
            keys.append(name)
    return keys
