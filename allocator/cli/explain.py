"""``allocator explain``."""

from __future__ import annotations

from pathlib import Path

import click

from allocator.cli.console import print_json, refuse_no_run
from allocator.cli.options import json_option, kind_of_run
from allocator.programs.kinds import KINDS

__all__ = ["explain"]


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.argument("user_id")
@click.option("--versus", metavar="OTHER_USER_ID", help="Another user: say why the two differ.")
@click.option("--for", "reader", type=click.Choice(["customer", "analyst"]), default="analyst")
@json_option
def explain(directory: Path, user_id: str, versus: str | None, reader: str, as_json: bool) -> None:
    """Say why USER_ID gets what they get in the run in DIRECTORY.

    In runs of the other programs, too: for a loan, name the applicant.
    """
    if versus is not None and reader == "customer":
        raise click.UsageError("--versus is for analysts")
    refuse_no_run(directory)
    if (kind := kind_of_run(directory)) in KINDS:
        if versus is not None:
            raise click.UsageError(
                f"--versus is for runs of vouchers; {directory} is of kind {kind}"
            )
        from allocator.programs.folder import load_program

        text = load_program(directory).explain(user_id)
        if as_json:
            print_json({"id": user_id, "explanation": text})
        else:
            click.echo(text)
        return
    from allocator.allocation.loading import load_allocation

    explanation = load_allocation(directory).explain(user_id, versus)
    if as_json:
        print_json(explanation.to_dict())
    else:
        click.echo(explanation.customer if reader == "customer" else str(explanation))
