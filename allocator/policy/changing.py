"""A policy with some keys changed, each named by as much of its path as is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allocator.errors import PolicyError, nearest
from allocator.policy.sections import Section

if TYPE_CHECKING:
    from allocator.policy.base import ProgramPolicy

__all__ = ["FREE", "changed", "full_key", "settings_of"]

FREE = ("columns.", "weights.factors.", "eligibility.exclude.")  # tables where any key is known


def changed(
    data: dict[str, Any], changes: Mapping[str, object], model: type[ProgramPolicy]
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
        *sections, last = full_key(name, known, model.FREE).split(".")
        place = data
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return data


def full_key(name: str, known: list[str], free: tuple[str, ...] = FREE) -> str:
    """Return the dotted key that `name` stands for.

    Parameters
    ----------
    name : str
    known : list of str
        Every dotted key there is.
    free : tuple of str
        Prefixes of tables where any key is known.

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
    if name in known or name.startswith(free):
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


def settings_of(texts: Mapping[str, str], model: type[ProgramPolicy]) -> dict[str, object]:
    """Read values written on a command line, each as its key has it in a policy file.

    Parameters
    ----------
    texts : mapping of str to str
        Values by key; where a key holds text, such as money, quotes are not needed.
    model : type
        The model of a policy.

    Returns
    -------
    dict
        By full key.

    Raises
    ------
    PolicyError
        If a key is unknown or ambiguous.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> settings_of({"budget": "250000.00", "alpha": "2", "rule": "talmud"}, Policy)
    {'award.budget': '250000.00', 'objective.alpha': 2, 'objective.rule': 'talmud'}
    """
    known = _known_keys(model)
    found: dict[str, object] = {}
    for name, text in texts.items():
        key = full_key(name, known, model.FREE)
        found[key] = text if _holds_text(key, model) and text[:1] not in "\"'" else _parsed(text)
    return found


def _parsed(text: str) -> object:
    """Read a value as TOML has it; what is none is text without quotes."""
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        return text


def _holds_text(key: str, model: type[Section]) -> bool:
    """Tell whether the value of a key is kept as text."""
    section, _, rest = key.partition(".")
    info = model.model_fields[section]
    inner = info.annotation
    if rest and isinstance(inner, type) and issubclass(inner, Section):
        return _holds_text(rest, inner)
    return inner is str and not rest


def _known_keys(model: type[Section]) -> list[str]:
    keys: list[str] = []
    for name, info in model.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            keys += [f"{name}.{key}" for key in _known_keys(inner)]
        else:
            keys.append(name)
    return keys
