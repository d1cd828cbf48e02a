"""``allocator verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from allocator.cli.console import clear_line, fail, print_json, progress, refuse_no_run
from allocator.cli.options import json_option, kind_of_run, read_policy
from allocator.errors import VerificationError
from allocator.programs.kinds import KINDS, load_policy

__all__ = ["verify"]


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--users", help="The users, instead of the inputs that the manifest names.")
@click.option("--policy", help="The policy, instead of the one in the directory.")
@click.option("--paid", help="What was already paid, instead of what the manifest names.")
@json_option
def verify(
    directory: Path, users: str | None, policy: str | None, paid: str | None, as_json: bool
) -> None:
    """Recompute the run in DIRECTORY from its inputs; exit 6 if anything does not fit.

    It may be of any kind of program; --users then names its positions or applicants.
    Without the inputs nothing can be said: exit 3.
    """
    refuse_no_run(directory)
    result = _recheck(directory, users, policy, paid, quiet=as_json)
    certificate = result.certificate
    if as_json:
        print_json(
            {
                "ok": result.ok,
                "faults": list(result.faults),
                "notes": list(result.notes),
                "quarantined": result.quarantined,
                "certificate": None if certificate is None else certificate.to_dict(),
            }
        )
    elif result.ok and certificate is not None:
        clear_line()
        click.echo(f"verified: {directory}")
        click.echo("  files, inputs and policy are the ones of the run")
        if result.quarantined:
            rows = "1 row was" if result.quarantined == 1 else f"{result.quarantined:,} rows were"
            click.echo(f"  {rows} set aside as bad, in quarantined.csv")
        for name, passed in certificate.checks.items():
            click.echo(f"  {name}: {'yes' if passed else 'NO'}")
        for note in result.notes:
            click.echo(f"  note: {note}")
        click.echo("It proves:")
        for sentence in certificate.proves:
            click.echo(f"  {sentence}")
        click.echo("It does not prove:")
        for sentence in certificate.does_not_prove:
            click.echo(f"  {sentence}")
    if not result.ok:
        faults = "\n".join(f"  {fault}" for fault in result.faults)
        fail(VerificationError(f"{directory} does not verify:\n{faults}"), printed=as_json)


def _recheck(
    directory: Path, users: str | None, policy: str | None, paid: str | None, *, quiet: bool
) -> Any:
    """Verify by the kind of program that the manifest names."""
    kind = kind_of_run(directory)
    if kind not in KINDS:
        from allocator.allocation.recheck import recheck
        from allocator.allocation.stages import Stages

        chosen = None if policy is None else read_policy(policy)
        return recheck(directory, users, chosen, Stages(progress(quiet=quiet)), paid)
    if paid is not None:
        raise click.UsageError(f"--paid is for runs of vouchers; {directory} is of kind {kind}")
    from allocator.programs.verify import verify_directory

    return verify_directory(directory, users, None if policy is None else load_policy(policy))
