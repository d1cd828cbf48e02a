"""Everything that is wrong with a policy, told at once and in plain words."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from allocator.errors import nearest

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["Violation", "read_errors", "report"]

_VALUES = "<values>"
_TAGS = (_VALUES, "<range>", "[key]")  # parts of a path that pydantic adds
_SHOWN = 80  # longer values are cut: the reader has the file


@dataclass(frozen=True)
class Violation:
    """One violated rule.

    Attributes
    ----------
    keys : tuple of paths
        The keys that the rule reads; the first is the one to look at.
    message : str
        The key, the value, and what would be right.
    supported : bool
        False when the policy is sound, but this version cannot run it.
    """

    keys: tuple[tuple[str | int, ...], ...]
    message: str
    supported: bool = True


def read_errors(errors: Iterable[ErrorDetails], model: type[BaseModel]) -> list[Violation]:
    """Put what pydantic found into our words.

    Parameters
    ----------
    errors : iterable
        From ``ValidationError.errors()``.
    model : type
        The model that was validated: its keys are the known ones.

    Returns
    -------
    list of Violation
    """
    # A value of a list that may be of several types fails once for each of them.
    return list(dict.fromkeys(_read(error, model) for error in errors))


def _read(error: ErrorDetails, model: type[BaseModel]) -> Violation:
    loc = error["loc"]
    in_list = _VALUES in loc[:-1]
    if in_list:  # what follows the position is the name of a type
        loc = loc[: loc.index(_VALUES) + 2]
    path = tuple(part for part in loc if part not in _TAGS)
    key = _dotted(path)
    if error["type"] == "extra_forbidden":
        return Violation((path,), f"{key}: unknown key; {_suggest(path, model)}")
    if error["type"] == "missing":
        return Violation((path,), f"{key}: missing; every policy states it")
    if error["type"] == "invalid_key":
        return Violation((path,), f"{error['input']!r}: keys must be text")
    if in_list:
        rule = (
            "must be text, a whole number, true or false, or the whole a range "
            "{ min = ..., max = ... }"
        )
    elif error["type"] == "value_error":
        rule = str(error["ctx"]["error"])
    elif error["type"].startswith("bool_"):
        rule = "must be true or false, without quotes"
    elif error["type"].startswith("float_"):
        rule = "must be a number without quotes, such as 0.5"
    elif error["type"] == "model_type":
        rule = "must be a table of keys and values"
    else:
        # "Input should be a valid boolean" reads, in our sentence, "must be a valid boolean".
        rule = re.sub(r"^\w+ should", "must", error["msg"]).partition(" after validation")[0]
    if error["type"] == "literal_error" and isinstance(error["input"], str):
        choices = error["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        if close := nearest(error["input"], choices):
            rule += f'; did you mean "{close}"?'
    return Violation((path,), f"{key} = {_shown(error['input'])}: {rule}" if key else rule)


def _suggest(path: tuple[str | int, ...], model: type[BaseModel]) -> str:
    name = str(path[-1])
    known = _known_keys(path[:-1], model)
    if close := nearest(name, known):
        return f"did you mean {close}?"
    for section, info in model.model_fields.items():  # perhaps it stands in the wrong section
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel) and name in inner.model_fields:
            return f"it belongs in [{section}]"
    return "known keys here: " + ", ".join(known)


def _known_keys(path: tuple[str | int, ...], model: type[BaseModel]) -> list[str]:
    here: type[BaseModel] = model
    parts = iter(path)
    for part in parts:
        annotation = here.model_fields[str(part)].annotation
        inner = _model_in(annotation)
        assert inner is not None  # unknown keys stand in tables, and every table is a model
        in_container = inner is not annotation
        if in_container:
            next(parts)  # a container of tables (brackets, ranges): the position or key in it
        here = inner
    return list(here.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model that an annotation is, or holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(part) for part in get_args(annotation))
    return next((model for model in inner if model is not None), None)


def report(
    violations: Iterable[Violation],
    file: str = "",
    lines: Mapping[tuple[str, ...], int] | None = None,
) -> str:
    """All violations as one message, each with its line where that is known.

    Examples
    --------
    >>> print(report([Violation((("name",),), "name: missing")], "policy.toml"))
    policy.toml: 1 thing to correct
      name: missing
    """
    violations = list(violations)
    wrong = any(each.supported for each in violations)
    told = []
    placed = [(_line(each, lines or {}), each) for each in violations]
    for line, each in sorted(placed, key=lambda pair: pair[0] or math.inf):
        told.append(f"  line {line}: {each.message}" if line else f"  {each.message}")
    things = "1 thing" if len(told) == 1 else f"{len(told)} things"
    head = f"{things} to correct" if wrong else "well formed, but more than this version can do"
    return "\n".join([f"{file or 'policy'}: {head}", *told])


def _line(violation: Violation, lines: Mapping[tuple[str, ...], int]) -> int:
    path = tuple(str(part) for part in violation.keys[0])
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 0


def _dotted(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
