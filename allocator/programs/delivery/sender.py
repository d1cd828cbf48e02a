"""A sender: take vouchers from the ledger, send them, enter what the hub said, until none is left.

Nothing is kept in memory that the ledger does not have: whoever is killed, at any point, leaves
vouchers that are either still planned or held until a known time, after which another sender sends
them again with the same key.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from allocator.errors import AllocatorError
from allocator.programs.delivery.hub import Hub, HubRefusedError, NoAnswerError
from allocator.programs.delivery.ledger import Ledger, Voucher
from allocator.programs.delivery.store import vouchers

__all__ = ["Clock", "Sent", "send"]

ATTEMPTS = 10  # of a voucher; then a person has to look
UNANSWERED = 10  # requests in a row that nobody answers; then the hub is away
HOLD_TIMEOUTS = 4  # timeouts that a voucher is held: a request is long over by then
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds after a failure, doubling


@dataclass(frozen=True)
class Clock:
    """Time, which tests replace: seconds since 1970, and waiting."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep


@dataclass
class Sent:
    """What one sender did.

    Attributes
    ----------
    acknowledged, refused, unanswered : int
        Vouchers; one that was tried again counts again.
    requests : int
    """

    acknowledged: int = 0
    refused: int = 0
    unanswered: int = 0
    requests: int = 0
    holder: str = field(default_factory=lambda: f"{os.getpid()}-{secrets.token_hex(8)}")


def send(
    ledger: Ledger,
    hub: Hub,
    *,
    size: int,
    senders: int = 1,
    again: bool = False,
    clock: Clock | None = None,
    progress: Callable[[Sent], object] | None = None,
) -> Sent:
    """Send until nothing is left to send, not faster than the hub's rate.

    Parameters
    ----------
    ledger : Ledger
    hub : Hub
    size : int
        Vouchers in a request.
    senders : int
        How many senders share the hub's rate.
    again : bool
        Try once more, each voucher once, what the hub refused and what failed too often.
    clock : Clock, optional
    progress : callable, optional
        Called after every request.

    Returns
    -------
    Sent

    Raises
    ------
    HubRefusedError
        If the hub takes no requests of ours.
    AllocatorError
        If the hub does not answer any more. The ledger knows all that was sent; run it again.
    """
    clock = clock or Clock()
    rate = ledger.batches.schedule.rate / senders / 3600
    done, silent, due = Sent(), 0, clock.now()
    retried: set[str] = set()
    while True:
        until = clock.now() + HOLD_TIMEOUTS * hub.timeout
        rows = ledger.claim(
            done.holder, size, _ms(clock.now()), _ms(until), attempts=ATTEMPTS, again=again
        )
        if again and rows:
            retried |= {row["voucher_id"] for row in rows}
            again = len(retried) < ledger.batches.count and not _all_failed_seen(ledger, retried)
        if not rows:
            wait = _next(ledger, clock)
            if wait is None:
                return done
            clock.sleep(wait)
            continue
        silent = 0 if _request(ledger, hub, rows, done, clock) else silent + 1
        if progress:
            progress(done)
        if silent == UNANSWERED:
            raise AllocatorError(
                f"the hub did not answer {silent} requests in a row: nothing is lost, run "
                "`allocator deliver send` again when it is back"
            )
        # The next request when the rate has room for it, and when the hub had time to recover.
        due = max(due + len(rows) / rate, clock.now() - len(rows) / rate)
        pause = max(due - clock.now(), _pause(silent) if silent else 0.0)
        if pause > 0:
            clock.sleep(pause)
