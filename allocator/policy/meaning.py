"""A policy leaf by leaf: each key's exact meaning, and how it is shown to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic.fields import FieldInfo

from allocator.policy.sections import Section
from allocator.policy.text import toml_value
from allocator.policy.values import Written

if TYPE_CHECKING:
    from allocator.policy.base import ProgramPolicy

__all__ = ["Leaf", "leaves", "meaning", "shown"]


@dataclass(frozen=True)
class Leaf:
    """One key of a policy.

    Attributes
    ----------
    key : str
        Dotted, as ``award.budget``.
    value : object
        As the model holds it.
    meaning : object
        Equal for settings that are the same, such as "0.30" and "30%".
    shown : str
        What a person reads: "$6,000.00".
    """

    key: str
    value: object
    meaning: object
    shown: str


def leaves(policy: ProgramPolicy) -> Iterator[Leaf]:
    """Every key of the policy in file order; a table of free keys counts as one.

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> [leaf.shown for leaf in leaves(Policy.default()) if leaf.key == "award.maximum"]
    ['$6,000.00']
    """
    yield from _walk(policy, "")


def _walk(section: Section, prefix: str) -> Iterator[Leaf]:
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, Section):
            yield from _walk(value, f"{prefix}{name}.")
        else:
            yield Leaf(prefix + name, value, meaning(value, info), shown(value, info))


def meaning(value: Any, info: FieldInfo | None = None) -> object:
    """Return what a value means, whatever way it is written.

    Parameters
    ----------
    value : object
        A field's value, or a part of one.
    info : FieldInfo, optional
        The field; it says how text is meant.
    """
    written = _written(info)
    if value is not None and written:
        return written.meaning(value)
    if isinstance(value, Section):
        fields = type(value).model_fields
        return tuple((name, meaning(getattr(value, name), fields[name])) for name in fields)
    if isinstance(value, Mapping):
        return {key: meaning(value[key]) for key in value}
    if isinstance(value, tuple):
        items = [meaning(item) for item in value]
        # Lists of plain values are sets here; lists of tables (brackets) have an order.
        plain = all(isinstance(item, (str, int)) for item in items)
        return (
            frozenset(str(item).lower() if isinstance(item, bool) else str(item) for item in items)
            if plain and items
            else tuple(items)
        )
    return value


def shown(value: Any, info: FieldInfo | None = None) -> str:
    """How a value reads in a list of settings.

    Parameters
    ----------
    value : object
        A field's value, or a part of one.
    info : FieldInfo, optional
        The field; it says how text is shown.

    Examples
    --------
    >>> shown(2.0), shown(True), shown(("futures", "margin")), shown({})
    ('2', 'true', 'futures, margin', 'none')
    """
    if value is None:
        return "none"
    written = _written(info)
    if written:
        return written.show(value)
    if isinstance(value, Section):
        fields = type(value).model_fields
        parts = [
            f"{name} {shown(getattr(value, name), fields[name])}"
            for name in fields
            if getattr(value, name) is not None
        ]
        return " ".join(parts)
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {shown(item)}" for key, item in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(shown(item) for item in value) or "none"
    if isinstance(value, str):
        return value
    return f"{value:.12g}" if isinstance(value, float) else toml_value(value)


def _written(info: FieldInfo | None) -> Written | None:
    marks = info.metadata if info else ()
    return next((mark for mark in marks if isinstance(mark, Written)), None)
