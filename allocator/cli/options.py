"""Options that several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from allocator.policy.schema import Policy

__all__ = ["json_option", "policy_option", "read_policy"]

policy_option = click.option(
    "--policy", help="A policy file (TOML or JSON) or the name of a preset; announced if not given."
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)


def read_policy(name: str | None) -> Policy:
    """Read a policy file, or take a preset by its name."""
    from allocator.policy.schema import Policy

    return Policy.named(name)
