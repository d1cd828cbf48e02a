"""Options that several commands have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from allocator.errors import DataError
from allocator.programs.kinds import VOUCHER

if TYPE_CHECKING:
    from allocator.policy.base import ProgramPolicy
    from allocator.policy.schema import Policy

__all__ = [
    "json_option",
    "kind_of_run",
    "policy_option",
    "policy_out_option",
    "read_policy",
    "refuse_input",
    "set_option",
    "with_settings",
    "write_policy",
]

Chosen = TypeVar("Chosen", bound="ProgramPolicy")

policy_option = click.option(
    "--policy", help="A policy file (TOML or JSON) or the name of a preset; announced if not given."
)


def _toml(_: click.Context, __: click.Parameter, out: Path | None) -> Path | None:
    if out is not None and out.suffix != ".toml":
        raise click.UsageError(f"--out must end in .toml, not {out.suffix or out.name!r}")
    return out


policy_out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    callback=_toml,
    help="Write the policy that is found: .toml.",
)
set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a key of the policy, such as award.budget=250000; may be repeated.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)


def read_policy(name: str | None, settings: Sequence[str] = ()) -> Policy:
    """Read a policy file, or take a preset by its name, and set some of its keys."""
    from allocator.policy.schema import Policy

    return with_settings(Policy.named(name), settings)


def refuse_input(out: Path | None, *inputs: object) -> None:
    """Refuse to write over a file that the same command reads."""
    for each in inputs:
        if out is None or not isinstance(each, (str, Path)):
            continue
        if out.exists() and os.path.exists(each) and out.samefile(each):
            raise click.UsageError(f"--out {out} is what this reads: choose another name")


def write_policy(out: Path, policy: Policy) -> None:
    """Write a policy file, and say so."""
    from allocator.cli.console import tell
    from allocator.data.write import write_file

    write_file(out, policy.to_toml(annotated=True).encode())
    tell(f"the policy {policy.name!r} is in {out}")


def with_settings(policy: Chosen, settings: Sequence[str]) -> Chosen:
    """Set keys of a policy as --set names them: KEY=VALUE, the value as in a policy file.

    Raises
    ------
    PolicyError
        If a key is unknown, or a value is not of its kind.
    """
    if not settings:
        return policy
    from allocator.policy.changing import changed, settings_of
    from allocator.policy.file_advice import unset_budget
    from allocator.policy.schema import Policy

    changes = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not (key.strip() and equals):
            raise click.UsageError(f"--set {setting}: say KEY=VALUE, such as award.budget=250000")
        changes[key.strip()] = value.strip()
    read = settings_of(changes, type(policy))
    if isinstance(policy, Policy) and unset_budget(policy):  # and still is, unless it is set here
        data = policy.model_dump(exclude_none=True, exclude_unset=True)
        return type(policy).model_validate(changed(data, read, type(policy)))
    return policy.replace(read)


def kind_of_run(directory: Path) -> str:
    """Return the kind of program that a run is of; of vouchers where its manifest cannot tell."""
    from allocator.allocation.manifest import kind_of, read_manifest

    try:
        return kind_of(read_manifest(directory))
    except DataError:  # told by whoever reads the run next
        return VOUCHER
