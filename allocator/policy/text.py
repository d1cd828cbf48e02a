"""Policies as text: a small TOML writer, and where a key stands in a TOML file."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence

__all__ = ["dump_toml", "find_lines", "toml_value"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"\s*({_DOTTED})\s*=")


def toml_value(value: object) -> str:
    """Write a value as TOML, on one line.

    Parameters
    ----------
    value : bool, int, float, str, sequence or mapping of these

    Returns
    -------
    str

    Raises
    ------
    TypeError
        If TOML has no such value.

    Examples
    --------
    >>> toml_value({"account_type": ["market_maker"], "net_assets": {"min": "1000000"}})
    '{ account_type = ["market_maker"], net_assets = { min = "1000000" } }'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)  # inf and nan are TOML's, too
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for the delete character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        items = ", ".join(f"{_key(key)} = {toml_value(item)}" for key, item in value.items())
        return f"{{ {items} }}" if items else "{}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    raise TypeError(f"TOML has no {type(value).__name__}")


def dump_toml(
    data: Mapping[str, object],
    comments: Mapping[str, str] | None = None,
    inline: Sequence[str] = (),
) -> str:
    r"""Write a mapping as a TOML document: plain keys first, then a section for every table.

    Parameters
    ----------
    data : mapping
    comments : mapping of str to str, optional
        A comment for the end of a line, by dotted key.
    inline : sequence of str
        Dotted keys of tables to write on one line, as ``key = { ... }``.

    Returns
    -------
    str

    Examples
    --------
    >>> print(dump_toml({"name": "A", "award": {"unit": "0.01"}}, {"award.unit": "assumed"}))
    name = "A"
    <BLANKLINE>
    [award]
    unit = "0.01"  # assumed
    <BLANKLINE>
    """
    return "\n".join(_section(data, (), comments or {}, frozenset(inline))) + "\n"


def _section(
    data: Mapping[str, object],
    path: tuple[str, ...],
    comments: Mapping[str, str],
    inline: frozenset[str],
) -> list[str]:
    plain: list[str] = []
    tables: list[str] = []
    for name, value in data.items():
        here = (*path, name)
        dotted = ".".join(here)
        if isinstance(value, Mapping) and dotted not in inline:
            tables += _section(value, here, comments, inline)
        else:
            comment = f"  # {comments[dotted]}" if dotted in comments else ""
            plain.append(f"{_key(name)} = {toml_value(value)}{comment}")
    if path and (plain or not tables):
        dotted = ".".join(path)
        comment = f"  # {comments[dotted]}" if dotted in comments else ""
        plain = ["", "[" + ".".join(map(_key, path)) + "]" + comment, *plain]
    return plain + tables


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml_value(name)


def find_lines(text: str) -> dict[tuple[str, ...], int]:
    r"""Find the line on which each key of a TOML document stands, for error messages.

    Keys inside inline tables are not listed: the line of the table serves for them.

    Parameters
    ----------
    text : str
        A valid TOML document.

    Returns
    -------
    dict
        From the key's path to its line, the first line being 1.

    Examples
    --------
    >>> find_lines('name = "A"\n[award]\nunit = "0.01"')
    {('name',): 1, ('award',): 2, ('award', 'unit'): 3}
    """
    lines: dict[tuple[str, ...], int] = {}
    section: tuple[str, ...] = ()
    tables: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _HEADER.match(line):
            section = _parts(match[1])
            lines.setdefault(section, number)
            if line.lstrip().startswith("[["):  # one of a list of tables: its position is a key
                position = tables[section] = tables.get(section, -1) + 1
                section = (*section, str(position))
                lines[section] = number
        elif match := _ASSIGNMENT.match(line):
            lines.setdefault((*section, *_parts(match[1])), number)
    return lines


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(_plain_key(part) for part in re.findall(_KEY, dotted))


def _plain_key(part: str) -> str:
    """Return the key that a part of a path means; quoted ones have escapes."""
    if part[0] not in "\"'":
        return part
    import tomllib

    try:
        return next(iter(tomllib.loads(f"{part} = 0")))
    except tomllib.TOMLDecodeError:  # no key, but part of a text of several lines
        return part
