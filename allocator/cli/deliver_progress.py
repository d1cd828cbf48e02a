"""How far a sender is, told while it sends, waits or cannot connect."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from allocator.cli.console import clear_line

if TYPE_CHECKING:
    from allocator.programs.delivery.sender import Sent

__all__ = ["telling"]

SECONDS = 10.0  # between lines in a log
SECONDS_ON_A_TERMINAL = 0.5  # where one line is written over


@contextmanager
def telling(*, quiet: bool) -> Iterator[Callable[[Sent], object] | None]:
    """Give what a sender reports to; it is told on standard error until the block ends.

    A thread tells it: the sender may be waiting for an answer, or for the rate.
    """
    if quiet:
        yield None
        return
    known: list[Sent] = []
    terminal, stop = sys.stderr.isatty(), Event()

    def tell() -> None:
        while not stop.wait(SECONDS_ON_A_TERMINAL if terminal else SECONDS):
            for sent in known:
                clear_line()
                sys.stderr.write(_line(sent) + ("" if terminal else "\n"))
                sys.stderr.flush()

    def report(sent: Sent) -> None:
        if not known:
            known.append(sent)

    thread = Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield report
    finally:
        stop.set()
        thread.join()
        clear_line()


def _line(sent: Sent) -> str:
    told = f"{sent.acknowledged:,} acknowledged, {sent.refused:,} refused"
    told += f", {sent.unanswered:,} unanswered ..."
    return f"{told} no answer: {sent.trouble}; trying again" if sent.trouble else told
