"""``allocator run`` and ``allocator check``."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Any

import click

from allocator.cli.console import clear_line, print_json, progress, tell
from allocator.cli.options import json_option, policy_option, read_policy
from allocator.errors import DataError, UnsupportedError

__all__ = ["check", "run", "run_to_directory"]

HEALTH_UP_TO = 500_000  # users whose health checks take two seconds or so
LONGEST = 3  # stages that are told of by name; --json has them all


@click.command()
@click.argument("users")
@policy_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="Directory; runs/NAME-HASH if not given."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    help="Of the awards. csv has user ids as they are: a spreadsheet must open them as text, or it "
    "runs one such as =1+1 as a formula and drops leading zeros.",
)
@click.option("--on-bad-rows", type=click.Choice(["fail", "quarantine"]), default="fail")
@click.option("--max-bad", type=click.IntRange(min=0), help="Bad rows to set aside at the most.")
@click.option(
    "--paid",
    help="What was already paid: a table of user_id and already_paid (dollars), or the awards of "
    "an earlier run. Awards are topped up, and nothing is taken back.",
)
@click.option("--report", is_flag=True, help="Write report.html, too.")
@json_option
@click.option("--force", is_flag=True, help="Replace a run of other inputs.")
def run(
    users: str,
    policy: str | None,
    out: Path | None,
    form: str,
    on_bad_rows: str,
    max_bad: int | None,
    paid: str | None,
    report: bool,
    as_json: bool,
    force: bool,
) -> None:
    """Allocate a budget to USERS: a file, a folder, a glob, or - for standard input.

    Without --policy, by the announced policy.
    """
    if (on_bad_rows == "quarantine") != (max_bad is not None):
        raise click.UsageError("--on-bad-rows quarantine and --max-bad N go together")
    try:
        run_to_directory(
            users,
            read_policy(policy),
            out,
            csv=form == "csv",
            max_bad=max_bad or 0,
            paid=paid,
            report=report,
            as_json=as_json,
            force=force,
        )
    except DataError as error:
        bad = len({(row["file"], row["line"]) for row in error.rows})
        if bad:
            aside = f"Or set them aside: --on-bad-rows quarantine --max-bad {bad}"
            raise DataError(f"{error}\n{aside}", error.rows) from None
        raise


def run_to_directory(
    users: Any,
    policy: Any,
    out: Path | None,
    *,
    csv: bool = False,
    max_bad: int = 0,
    paid: Any = None,
    report: bool = False,
    as_json: bool = False,
    force: bool = False,
) -> Path:
    """Run, write the directory, and tell what happened; an unchanged run is left as it is."""
    from allocator.allocation import folder, pipeline
    from allocator.allocation.loading import load_allocation
    from allocator.allocation.stages import Stages

    stages = Stages(progress(quiet=as_json))
    loaded = pipeline.load(users, [policy], stages, max_bad=max_bad, paid=paid)
    sources = loaded.read.sources
    directory = folder.default_directory(sources, policy, loaded.paid) if out is None else out
    wanted = {"awards.csv" if csv else "awards.parquet", *(["report.html"] if report else [])}
    if not force and folder.holds(directory, sources, policy, wanted, loaded.paid):
        allocation = load_allocation(directory)
        tell(f"unchanged: {directory} holds the run of these inputs and this policy")
    else:
        allocation = pipeline.run(loaded, policy, stages)
        html = _report(allocation, loaded) if report else None
        with stages.stage("write"):
            folder.save(allocation, directory, force=force, csv=csv, html=html)
    if as_json:
        print_json(
            {
                "directory": str(directory),
                "summary": allocation.summary().to_dict(),
                "certificate": allocation.certificate.to_dict(),
                "warnings": list(allocation.warnings),
                "stages": [vars(stage) for stage in stages.finished],
            }
        )
        return directory
    clear_line()
    click.echo(allocation.summary().text(next_line=_next(allocation, directory, report=report)))
    _tell_stages(stages)
    if allocation.quarantined is not None:
        tell(
            f"{allocation.quarantined.num_rows:,} bad rows set aside in {directory}/quarantined.csv"
        )
    return directory


@click.command()
@click.argument("users")
@policy_option
@json_option
def check(users: str, policy: str | None, as_json: bool) -> None:
    """Read and check USERS and say who would be in; write nothing."""
    from allocator.allocation import pipeline
    from allocator.allocation.claimants import claimants_of
    from allocator.allocation.stages import Stages

    chosen = read_policy(policy)
    stages = Stages(progress(quiet=as_json))
    loaded = pipeline.load(users, [chosen], stages)
    who = claimants_of(loaded.users, chosen)
    eligibility, _, _ = pipeline.derive(who.users, chosen, stages)
    counts = {"users": len(loaded.users), **eligibility.counts()}
    people = ""
    if who.persons is not None:
        counts = {"users": len(who.users), "accounts": len(loaded.users), **eligibility.counts()}
        people = f", accounts of {len(who.users):,} people"
    if as_json:
        print_json(counts)
        return
    clear_line()
    click.echo(f"{len(loaded.users):,} users read{people}, no bad rows. By policy {chosen.name!r}:")
    for reason, count in eligibility.counts().items():
        click.echo(f"{count:>12,} {reason}")


def _report(allocation: Any, loaded: Any) -> str:
    from allocator.report.report import render

    # Bad rows set aside would stop the health checks, and for millions of users they would take
    # longer than all the rest; without them the page says how to have them.
    few = len(loaded.users) <= HEALTH_UP_TO and loaded.quarantined is None and not loaded.paid
    users = loaded.read if few else None
    try:
        html: str = render([allocation], users)
    except UnsupportedError:  # a policy that they cannot look at
        html = render([allocation])
    return html


def _next(allocation: Any, directory: Path, *, report: bool) -> str:
    first = str(allocation.table.column("user_id")[0].as_py())
    dashes = "-- " if first.startswith("-") else ""
    # An id comes from somebody's file: it must not do anything when the line is pasted.
    user = quote(first) if first.isprintable() else "USER_ID"
    text = f"allocator explain {quote(str(directory))} {dashes}{user}"
    return f"{text}      open {directory}/report.html" if report else text


def _tell_stages(stages: Any) -> None:
    """Tell in a line what a run took, and the stages that most of it went to."""
    done = stages.finished
    longest = sorted(done, key=lambda stage: -stage.seconds)[:LONGEST]
    shown = ", ".join(f"{stage.name} {stage.seconds:.2f}" for stage in longest)
    total, peak = sum(stage.seconds for stage in done), max(stage.peak_mib for stage in done)
    tell(f"{total:.2f} s, {peak:,.0f} MiB at the most; longest: {shown}")
