"""The command line: one file per command group, loaded when it is asked for."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress

import click

from allocator.cli.console import exit_code, open_closed_streams, print_json, said, tell_error
from allocator.cli.lazy import LazyGroup
from allocator.errors import nearest

__all__ = ["main"]

_COMMANDS = {
    "demo": ("demo", "Simulate 1.7 million users, allocate, verify, report."),
    "run": ("run", "Allocate a budget to the users of a file."),
    "check": ("run", "Read and check a users file and say who would be in; write nothing."),
    "verify": ("verify", "Check a run against its inputs, trusting nobody."),
    "explain": ("explain", "Say why a user gets what they get."),
    "compare": ("compare", "Compare policies on the same users, or runs."),
    "report": ("compare", "Write a report of one or several runs."),
    "lab": ("lab", "Try variants of a policy: sweep, goal-seek, fit, health, plot."),
    "initiative": ("initiative", "Run several programs together: run, verify, compare, explain."),
    "deliver": ("deliver", "Deliver vouchers: plan, send, status, reconcile, void."),
    "policy": ("policy", "Show, check and compare policies."),
    "data": ("data", "Simulate tables, or prepare users from events."),
    "rules": ("rules", "List the fairness rules."),
    "completion": ("completion", "Print the script that completes commands in a shell."),
}


class _Commands(LazyGroup):
    """The commands of the first level: one that is not there is told with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            close = nearest(args[0], _COMMANDS)
            hint = f" Did you mean {close!r}?" if close else ""
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.command(
    cls=_Commands,
    modules=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="fair-allocator", prog_name="allocator")
def cli() -> None:
    """Divide a fixed amount of money fairly among many people.

    To the cent, with a certificate.

    Exit codes: 0 done, 1 cannot write, 2 usage, 3 bad data, 4 bad policy, 5 infeasible,
    6 verification failed, 130 interrupted. With --json, a command that fails prints one JSON
    object, too: {"error": what it says on standard error, "exit": the code}.
    """


def main() -> None:
    """Run the command line; what goes wrong is told on standard error, without a traceback."""
    open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show √ shows ? instead
            stream.reconfigure(errors="replace")
    try:
        code = cli.main(standalone_mode=False, prog_name="allocator")
    except click.exceptions.Exit as done:
        code = done.exit_code
    except (click.Abort, KeyboardInterrupt):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would abort the cleaning up
        text = "Interrupted: what was not finished was not written."
        click.echo(text, err=True)
        code = 130
        _print_error(text, code)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
        _print_error(error.format_message(), code)
    except Exception as error:
        code = exit_code(error)
        if code is None:
            raise
        tell_error(error)
        _print_error(said(error), code)
    sys.exit(code if isinstance(code, int) else 0)


def _print_error(text: str, code: int) -> None:
    """Print what went wrong as JSON, where that was asked for."""
    given = sys.argv[1:]
    if "--json" in given[: given.index("--") if "--" in given else None]:
        with suppress(OSError):  # whoever would read it is gone
            print_json({"error": text, "exit": code})
