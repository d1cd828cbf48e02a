"""``allocator compare`` and ``allocator report``."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.console import print_json, tell
from allocator.cli.options import json_option, read_policy, set_option

__all__ = ["compare", "report"]


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="USERS|DIR...")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    help="A policy or preset; once to compare with announced, or more often.",
)
@set_option
@json_option
def compare(
    sources: tuple[str, ...], policies: tuple[str, ...], settings: tuple[str, ...], as_json: bool
) -> None:
    """Compare policies on the same USERS, or the runs in several DIRs."""
    from allocator.allocation.loading import load_allocation
    from allocator.scenarios.compare import compare as compare_runs

    if policies:
        if len(sources) != 1:
            raise click.UsageError("with --policy, name one users file")
        if len(policies) == 1:
            policies = ("announced", *policies)
            if not as_json:
                click.echo("One --policy is given, so that it is compared with announced.\n")
        result = compare_runs(sources[0], *(read_policy(name, settings) for name in policies))
    elif settings:
        raise click.UsageError("--set changes the policies of --policy: runs are as they were made")
    elif len(sources) > 1:
        result = compare_runs(*(load_allocation(each) for each in sources))
    else:
        raise click.UsageError("name two runs, or one users file and --policy")
    if as_json:
        print_json(result.to_dict())
    else:
        click.echo(str(result))


@click.command()
@click.argument("directories", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="A file; report.html in the first DIR if not given.",
)
@click.option("--users", help="The users table of the first DIR, for health checks of its policy.")
def report(directories: tuple[Path, ...], out: Path | None, users: str | None) -> None:
    """Write a report of one to three runs: one self-contained file, no user ids.

    The page is about the run named first; the others are compared with it.
    """
    from allocator.allocation.folder import attach_report
    from allocator.allocation.loading import load_allocation
    from allocator.report.report import render
    from allocator.report.report import report as write_report

    allocations = [load_allocation(each) for each in directories]
    if out is None:
        out = attach_report(directories[0], render(allocations, users))
    else:
        write_report(allocations, out, users=users)
    tell(f"open {out}")
