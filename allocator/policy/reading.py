"""A policy file as a mapping, TOML or JSON, with the lines on which its keys stand."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from allocator.errors import PolicyError
from allocator.policy.text import find_lines

__all__ = ["read_file"]


def read_file(path: str | os.PathLike[str]) -> tuple[Any, dict[str, Any]]:
    r"""Read a policy file, TOML or JSON by its suffix.

    Parameters
    ----------
    path : path

    Returns
    -------
    data : object
        What the file says, not checked yet.
    context : dict
        For messages: ``file``, its path, and for TOML ``lines``, the line of each key.

    Raises
    ------
    PolicyError
        If the file cannot be read, or is not TOML or JSON.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     path = Path(directory, "policy.toml")
    ...     _ = path.write_text('[award]\nbudget = "5.00"')
    ...     data, context = read_file(path)
    >>> data, context["lines"]["award", "budget"]
    ({'award': {'budget': '5.00'}}, 2)
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".toml", ".json"):
        raise PolicyError(f"{path}: a policy file ends in .toml or .json")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise PolicyError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        if kind == ".json":
            return json.loads(text, object_pairs_hook=_distinct), {"file": str(path)}
        import tomllib

        return tomllib.loads(text), {"file": str(path), "lines": find_lines(text)}
    except (ValueError, RecursionError) as error:
        hint = _first_place(text, str(error)) if kind == ".toml" else ""
        raise PolicyError(f"{path}: is not valid {kind[1:].upper()}: {error}{hint}") from None


def _first_place(text: str, error: str) -> str:
    """Say where a table stands already that is declared a second time."""
    if not (match := re.search(r"Cannot (?:declare|mutate immutable namespace) (\(.*?\))", error)):
        return ""
    table = tuple(re.findall(r"'([^']*)'", match[1]))
    lines = [line for key, line in find_lines(text).items() if key[: len(table)] == table]
    return f"; {'.'.join(table)} stands on line {min(lines)} already: put them there"


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse what JSON allows: a key that stands in a table twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise ValueError(f'the key "{twice}" stands there twice')
    return found
