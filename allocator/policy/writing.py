"""A policy as text: a TOML file for people, one line of JSON for digests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allocator.policy.text import dump_toml

if TYPE_CHECKING:
    from allocator.policy.base import ProgramPolicy
    from allocator.policy.schema import Policy

__all__ = ["as_json", "as_toml"]


def as_toml(policy: ProgramPolicy, *, annotated: bool = False) -> str:
    """Write a policy as a TOML file, every key written out.

    Parameters
    ----------
    policy : ProgramPolicy
    annotated : bool
        Say on each line where the value comes from.

    Returns
    -------
    str

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> as_toml(Policy.default()).splitlines()[:2]
    ['schema_version = 1', 'kind = "voucher"']
    """
    head, comments = "", None
    if annotated:
        head = "".join(f"# {page}: {where}\n" for page, where in policy.PAGES.items()) + "\n"
        comments = {each.key: each.comment for each in policy.sources()}
    data = policy.model_dump(exclude_none=True)
    constraints = data.pop("constraints", ())  # "[[constraints]]" has no empty form worth showing
    comment = f"  # {comments['constraints']}" if constraints and comments else ""
    return (
        head
        + dump_toml(data, comments, policy.INLINE)
        + "".join(
            f"\n[[constraints]]{comment}\n" + dump_toml(each, inline=("where",))
            for each in constraints
        )
    )


def as_json(policy: Policy) -> str:
    """Write a policy as one line of JSON: equal policies give equal bytes.

    Order is kept only where it has a meaning: in `eligibility.exclude`, where the first rule
    that matches names the reason. Constraints are sorted by name.

    Parameters
    ----------
    policy : Policy

    Returns
    -------
    str

    Examples
    --------
    >>> from allocator.policy.schema import Policy
    >>> as_json(Policy.default())[:36]
    '{"schema_version":1,"kind":"voucher"'
    """
    data = policy.model_dump(exclude_none=True)
    data["columns"] = _sorted(data["columns"])
    data["weights"]["factors"] = _sorted(data["weights"]["factors"])
    data["constraints"] = [
        each | ({"where": _sorted(each["where"])} if "where" in each else {})
        for each in sorted(data["constraints"], key=lambda each: str(each["name"]))
    ]
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _sorted(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _sorted(table[key]) if isinstance(table[key], Mapping) else table[key]
        for key in sorted(table)
    }
