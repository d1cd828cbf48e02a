"""What all commands share: exit codes, progress on standard error, results on standard output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from allocator.errors import (
    AllocatorError,
    DataError,
    InfeasibleError,
    MissingPackageError,
    OccupiedError,
    PolicyError,
    UnsupportedError,
    VerificationError,
)

__all__ = [
    "clear_line",
    "exit_code",
    "fail",
    "open_closed_streams",
    "print_json",
    "progress",
    "refuse_no_run",
    "said",
    "tell",
    "tell_error",
]

_CODES: tuple[tuple[type[AllocatorError], int], ...] = (
    (DataError, 3),
    (PolicyError, 4),
    (MissingPackageError, 2),
    (UnsupportedError, 4),
    (InfeasibleError, 5),
    (VerificationError, 6),
    (OccupiedError, 2),
    (AllocatorError, 1),
)


def refuse_no_run(directory: str | os.PathLike[str]) -> None:
    """Refuse a directory that is not there: no run was ever written to it."""
    if not os.path.lexists(directory):
        raise click.UsageError(
            f"there is no run {os.fspath(directory)}: name a directory that `allocator run` wrote"
        )


def exit_code(error: BaseException) -> int | None:
    """Return the exit code of an error; None for one that nobody raised on purpose."""
    if isinstance(error, OSError):  # standard output is closed, or on a full disk
        return 1
    return next((code for kind, code in _CODES if isinstance(error, kind)), None)


def open_closed_streams() -> None:
    """Discard what goes to a stream that the caller closed, as with ``>&-``; read nothing from it.

    Else the next file that is opened would get the stream's number, and whatever is printed there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def fail(error: AllocatorError, *, printed: bool) -> NoReturn:
    """End with an error; when the result was printed as JSON, which tells it, in words only."""
    if printed:
        tell_error(error)
        raise click.exceptions.Exit(exit_code(error) or 1)
    raise error


def tell_error(error: BaseException) -> None:
    """Tell an error on standard error."""
    if not isinstance(error, BrokenPipeError):
        clear_line()
        click.echo(f"Error: {said(error)}", err=True)


def said(error: BaseException) -> str:
    """Return an error's message in the words of the command line."""
    shell = error.shell if isinstance(error, AllocatorError) else ""
    return shell or str(error)


def tell(text: str) -> None:
    """Tell something that is not the result."""
    clear_line()
    click.echo(text, err=True)


def print_json(content: Any) -> None:
    """Print one JSON object and nothing else."""
    ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    click.echo(json.dumps(content, ensure_ascii=ascii_only, indent=2, allow_nan=False))


def progress(*, quiet: bool = False) -> Callable[[str, int, int], None] | None:
    """Return a callback that shows the running stage on a terminal."""
    if quiet or not sys.stderr.isatty():
        return None

    def show(stage: str, done: int, total: int) -> None:
        clear_line()
        sys.stderr.write(f"[{done}/{total}] {stage} ...")
        sys.stderr.flush()

    return show


def clear_line() -> None:
    """Take the running stage off the terminal: what follows stands on a line of its own."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
