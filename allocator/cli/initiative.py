"""``allocator initiative``: run, verify, explain, compare, show."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

import click

from allocator.cli.console import clear_line, fail, print_json, refuse_no_run, tell
from allocator.cli.options import json_option
from allocator.errors import VerificationError

__all__ = ["initiative"]

DIRECTORY = click.Path(path_type=Path)


def _no_quarantine(_: click.Context, __: click.Parameter, value: str | None) -> None:
    """Say to whoever knows `allocator run` why there is no such option here."""
    if value is not None and value != "fail":
        from allocator.programs.initiative.steps import ASIDE

        raise click.UsageError(f"--on-bad-rows {value} is for `allocator run`. {ASIDE}")


@click.group()
def initiative() -> None:
    """Run several programs for the same people, with the rules between them."""


@initiative.command()
@click.argument("file")
@click.option("--out", type=DIRECTORY, help="Directory; runs/initiative-HASH if not given.")
@click.option("--force", is_flag=True, help="Replace the run of another initiative.")
@click.option("--report", is_flag=True, help="Write report.html, too.")
@click.option("--on-bad-rows", hidden=True, expose_value=False, callback=_no_quarantine)
@json_option
def run(file: str, out: Path | None, force: bool, report: bool, as_json: bool) -> None:
    """Run the initiative in FILE: every program in order, then the totals.

    What was interrupted goes on where it was; what is there, unchanged, is left as it is.
    """
    from allocator.programs.initiative import folder
    from allocator.programs.initiative.model import Initiative
    from allocator.programs.initiative.run import run_initiative
    from allocator.programs.initiative.steps import read

    chosen = Initiative.load(file)
    if out is None:
        out = folder.default_directory(chosen, *read(chosen))
    before = _written(out)

    def told(program: str, done: int, total: int) -> None:
        if not as_json:
            tell(f"[{done + 1}/{total}] {program} ...")

    result = run_initiative(chosen, out, force=force, report=report, progress=told)
    if before is not None and before == _written(out):
        tell(f"unchanged: {out} holds the run of these inputs and this initiative")
    if as_json:
        print_json(
            {
                "directory": str(out),
                "summary": result.summary().to_dict(),
                "certificate": result.certificate.to_dict(),
            }
        )
        return
    clear_line()
    shown = quote(str(out))
    line = f"allocator initiative verify {shown}"
    click.echo(result.summary().text(f"{line}      open {out}/report.html" if report else line))


@initiative.command()
@click.argument("directory", type=DIRECTORY)
@json_option
def verify(directory: Path, as_json: bool) -> None:
    """Derive the run in DIRECTORY again from its inputs; exit 6 if anything does not fit."""
    from allocator.programs.initiative.verify import verify_initiative

    refuse_no_run(directory)
    found = verify_initiative(directory)
    certificate = found.certificate
    if as_json:
        print_json(
            {
                "ok": found.ok,
                "faults": list(found.faults),
                "certificate": None if certificate is None else certificate.to_dict(),
            }
        )
    elif found.ok and certificate is not None:
        click.echo(f"verified: {directory}")
        for name, passed in certificate.checks.items():
            click.echo(f"  {name}: {'yes' if passed else 'NO'}")
        for title, sentences in (
            ("It proves:", certificate.proves),
            ("It does not prove:", certificate.does_not_prove),
        ):
            click.echo("\n".join([title, *(f"  {each}" for each in sentences)]))
    if not found.ok:
        faults = "\n".join(f"  {fault}" for fault in found.faults)
        fail(VerificationError(f"{directory} does not verify:\n{faults}"), printed=as_json)


@initiative.command()
@click.argument("directory", type=DIRECTORY)
@click.argument("person")
def explain(directory: Path, person: str) -> None:
    """Say what PERSON gets from every program of the run in DIRECTORY."""
    from allocator.programs.initiative.loading import load_initiative

    refuse_no_run(directory)
    click.echo(load_initiative(directory).explain(person))


@initiative.command()
@click.argument("before", type=DIRECTORY)
@click.argument("after", type=DIRECTORY)
@click.option("--report", type=DIRECTORY, help="Write the report of BEFORE beside AFTER here.")
@json_option
def compare(before: Path, after: Path, report: Path | None, as_json: bool) -> None:
    """Compare the runs in BEFORE and AFTER: program by program, and who gains or loses."""
    from allocator.programs.initiative.compare import compare_initiatives
    from allocator.programs.initiative.loading import load_initiative

    for directory in (before, after):
        refuse_no_run(directory)
    first, second = load_initiative(before), load_initiative(after)
    found = compare_initiatives(first, second)
    if report is not None:
        first.report(report, second)
        tell(f"open {report}")
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo(str(found))


@initiative.command()
@click.argument("file")
def show(file: str) -> None:
    """Print the initiative in FILE, saying where each default comes from."""
    from allocator.programs.initiative.model import Initiative

    click.echo(Initiative.load(file).to_toml(), nl=False)


def _written(directory: Path) -> int | None:
    """Return when a run was finished there; None for none."""
    path = directory / "manifest.json"
    return path.stat().st_mtime_ns if path.is_file() else None
