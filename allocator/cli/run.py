"""``allocator run`` and ``allocator check``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from allocator.cli.console import clear_line, print_json, progress, tell
from allocator.cli.options import (
    json_option,
    policy_option,
    read_policy,
    set_option,
    with_settings,
)
from allocator.errors import DataError
from allocator.programs.kinds import VOUCHER, kind_of, load_policy, program_of

if TYPE_CHECKING:
    from allocator.policy.base import ProgramPolicy

__all__ = ["check", "run", "run_to_directory"]

LONGEST_ID = 80  # characters of an id that anybody would paste
LONGEST = 3  # stages that are told of by name; --json has them all


@click.command()
@click.argument("users")
@policy_option
@set_option
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
    settings: tuple[str, ...],
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

    Without --policy, by the announced policy. A policy of kind depeg or loan takes positions or
    applicants instead of users.
    """
    if (on_bad_rows == "quarantine") != (max_bad is not None):
        raise click.UsageError("--on-bad-rows quarantine and --max-bad N go together")
    csv, most = form == "csv", max_bad or 0
    try:
        if (kind := kind_of(policy)) != VOUCHER:
            if paid is not None or report:
                option = "--report" if report else "--paid"
                raise click.UsageError(
                    f"{option} is for voucher policies; {policy} is of kind {kind}"
                )
            chosen = with_settings(load_policy(policy), settings)
            run_program_to_directory(
                users, chosen, out, csv=csv, max_bad=most, as_json=as_json, force=force
            )
            return
        run_to_directory(
            users,
            read_policy(policy, settings),
            out,
            csv=csv,
            max_bad=most,
            paid=paid,
            report=report,
            as_json=as_json,
            force=force,
        )
    except DataError as error:
        bad = len({(row["file"], row["line"]) for row in error.rows})
        if bad and bad != error.total:  # or nobody would be left
            aside = f"Or set them aside: --on-bad-rows quarantine --max-bad {bad}"
            error.in_shell(f"{error.shell or error}\n{aside}")
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
    _tell(allocation, directory, stages.finished, as_json=as_json, report=report)
    return directory


def run_program_to_directory(
    source: str,
    policy: ProgramPolicy,
    out: Path | None,
    *,
    csv: bool,
    max_bad: int,
    as_json: bool,
    force: bool,
) -> None:
    """Run a program of another kind, write the directory, and tell what happened."""
    from allocator.data.table import read_users
    from allocator.programs import folder
    from allocator.programs.kinds import run_program

    table = read_users(source)
    directory = folder.default_directory(table.sources, policy) if out is None else out
    wanted = {"awards.csv" if csv else "awards.parquet"}
    if not force and folder.holds(directory, table.sources, policy, wanted):
        result = folder.load_program(directory)
        tell(f"unchanged: {directory} holds the run of these inputs and this policy")
    else:
        result = run_program(table, policy, progress(quiet=as_json), max_bad=max_bad)
        folder.save(result, directory, force=force, csv=csv)
    _tell(result, directory, result.stages, as_json=as_json)


@click.command()
@click.argument("users")
@policy_option
@set_option
@json_option
def check(users: str, policy: str | None, settings: tuple[str, ...], as_json: bool) -> None:
    """Read and check USERS and say who would be in; write nothing.

    A policy of kind depeg or loan takes positions or applicants instead of users.
    """
    if (kind := kind_of(policy)) != VOUCHER:
        found = program_of(kind).check(
            users, with_settings(load_policy(policy), settings), progress(quiet=as_json)
        )
        clear_line()
        if as_json:
            print_json(found.to_dict())
        else:
            click.echo(str(found))
        return
    from allocator.allocation import pipeline
    from allocator.allocation.claimants import claimants_of
    from allocator.allocation.stages import Stages
    from allocator.policy.eligibility import ELIGIBLE
    from allocator.scenarios.out import count_out
    from allocator.scenarios.summary_text import out_lines

    chosen = read_policy(policy, settings)
    stages = Stages(progress(quiet=as_json))
    loaded = pipeline.load(users, [chosen], stages)
    warnings = pipeline.warnings_of(chosen, loaded)
    who = claimants_of(loaded.users, chosen)
    eligibility, _, _ = pipeline.derive(who.users, chosen, stages)
    counts = {"users": len(loaded.users), **eligibility.counts()}
    people = ""
    if who.persons is not None:
        counts = {"users": len(who.users), "accounts": len(loaded.users), **eligibility.counts()}
        people = f", accounts of {len(who.users):,} people"
    if as_json:
        print_json({**counts, "warnings": warnings})
        return
    clear_line()
    click.echo(f"{len(loaded.users):,} users read{people}, no bad rows. By policy {chosen.name!r}:")
    out = count_out(eligibility.codes, eligibility.labels, who.users.loss, chosen)
    for line in out_lines(out):
        click.echo(line)
    click.echo(f"{counts[ELIGIBLE]:,} of {counts['users']:,} are eligible")
    for warning in warnings:
        click.echo(f"warning: {warning}")


def _tell(
    run: Any, directory: Path, stages: Sequence[Any], *, as_json: bool, report: bool = False
) -> None:
    """Tell what a run came to: an allocation's, or that of another kind of program."""
    if as_json:
        print_json(
            {
                "directory": str(directory),
                "summary": run.summary().to_dict(),
                "certificate": run.certificate.to_dict(),
                "warnings": list(run.warnings),
                "stages": [vars(stage) for stage in stages],
            }
        )
        return
    clear_line()
    click.echo(run.summary().text(next_line=_next(run, directory, report=report)))
    _tell_stages(stages)
    if run.quarantined is not None:
        tell(f"{run.quarantined.num_rows:,} bad rows set aside in {directory}/quarantined.csv")


def _report(allocation: Any, loaded: Any) -> str:
    from allocator.report.report import render

    # Bad rows set aside would stop the health checks; without them the page says how to have them.
    return render([allocation], loaded if loaded.quarantined is None and not loaded.paid else None)


def _next(run: Any, directory: Path, *, report: bool) -> str:
    first = str(run.table.column(0)[0].as_py())
    dashes = "-- " if first.startswith("-") else ""
    # An id comes from somebody's file: it must not do anything when the line is pasted.
    user = quote(first) if first.isprintable() and len(first) <= LONGEST_ID else "USER_ID"
    text = f"allocator explain {quote(str(directory))} {dashes}{user}"
    return f"{text}      open {directory}/report.html" if report else text


def _tell_stages(done: Sequence[Any]) -> None:
    """Tell in a line what a run took, and the stages that most of it went to."""
    if not done:  # unchanged: nothing was run
        return
    longest = sorted(done, key=lambda stage: -stage.seconds)[:LONGEST]
    shown = ", ".join(f"{stage.name} {stage.seconds:.2f}" for stage in longest)
    total, peak = sum(stage.seconds for stage in done), max(stage.peak_mib for stage in done)
    tell(f"{total:.2f} s, {peak:,.0f} MiB at the most; longest: {shown}")
