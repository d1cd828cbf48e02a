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
from allocator.programs.delivery.hub import (
    Hub,
    HubRefusedError,
    NoAnswerError,
    NotConnectedError,
)
from allocator.programs.delivery.ledger import Ledger, Voucher

__all__ = ["Clock", "Sent", "send"]

ATTEMPTS = 10  # of a voucher; then a person has to look
UNANSWERED = 10  # requests in a row that nobody answers; then the hub is away
UNREACHED = 6  # requests in a row without a connection; waiting 15 s in all, as for a restart
HOLD_TIMEOUTS = 4  # timeouts that a voucher is held: a request is long over by then
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0  # seconds after a failure, doubling
SHORTEST_WAIT, LONGEST_WAIT = 0.05, 1.0  # seconds until looking for what others left behind


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
    unreached : int
        Requests of these for which there was no connection: their vouchers never left.
    trouble : str
        Why the last request had no answer; empty if it had one.
    """

    acknowledged: int = 0
    refused: int = 0
    unanswered: int = 0
    requests: int = 0
    unreached: int = 0
    trouble: str = ""
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
        Called at the start and after every request, always with the same object.

    Returns
    -------
    Sent

    Raises
    ------
    HubRefusedError
        If the hub takes no requests of ours.
    AllocatorError
        If the hub does not answer any more, or cannot be reached. The ledger knows all that was
        sent; run it again.
    """
    clock = clock or Clock()
    rate = ledger.batches.schedule.rate / senders / 3600
    done, silent, unreached, due = Sent(), 0, 0, clock.now()
    before = _ms(clock.now()) if again else 0
    if progress:
        progress(done)
    while True:
        now = clock.now()
        until = _ms(now + HOLD_TIMEOUTS * hub.timeout)
        rows = ledger.claim(done.holder, size, _ms(now), until, attempts=ATTEMPTS, before=before)
        if not rows:
            next_due = ledger.next_due(ATTEMPTS)
            if next_due is None:
                return done
            clock.sleep(min(max(next_due / 1000 - clock.now(), SHORTEST_WAIT), LONGEST_WAIT))
            continue
        missed = done.unreached
        silent = 0 if _request(ledger, hub, rows, done, clock) else silent + 1
        unreached = unreached + 1 if done.unreached > missed else 0
        if progress:
            progress(done)
        if unreached == UNREACHED:
            raise AllocatorError(
                f"cannot reach {hub.url}: {done.trouble}, {unreached} requests in a row; "
                f"{done.acknowledged:,} vouchers were acknowledged before and nothing is lost: run "
                "`allocator deliver send` again when the hub is back"
            )
        if silent == UNANSWERED:
            raise AllocatorError(
                f"the hub did not answer {silent} requests in a row: nothing is lost, run "
                f"`allocator deliver send` again when it is back (the last time: {done.trouble})"
            )
        # When the rate has room for the next request; time that was lost is not made up for.
        due = max(due, now) + len(rows) / rate
        pause = max(due - clock.now(), _pause(silent) if silent else 0.0)
        if pause > 0:
            clock.sleep(pause)


def _request(ledger: Ledger, hub: Hub, rows: list[Voucher], done: Sent, clock: Clock) -> bool:
    """Send vouchers that we hold and enter the answer; tell whether there was one."""
    ids = [str(row["voucher_id"]) for row in rows]
    # By now they are ours in the ledger, for good: dying from here on leaves them marked as sent.
    done.requests += 1
    why, wrong = "", None
    accepted: list[str] = []
    refused: dict[str, str] = {}
    try:
        answer = hub.send(rows)
        accepted, refused = answer.accepted, answer.refused
    except NotConnectedError as error:
        now, done.trouble = clock.now(), str(error)
        ledger.release(ids, done.holder, _ms(now), _again_at(now, rows), done.trouble)
        done.unreached += 1
        return False
    except NoAnswerError as error:
        why = str(error) or "no answer"
    except HubRefusedError as error:
        wrong = error
    now = clock.now()
    ledger.acknowledge(accepted, _ms(now))
    by_reason: dict[str, list[str]] = {}
    for voucher, reason in refused.items():
        by_reason.setdefault(reason, []).append(voucher)
    for reason, those in by_reason.items():
        ledger.refuse(those, done.holder, _ms(now), reason)
    unknown = sorted(set(ids) - set(accepted) - refused.keys())
    told = str(wrong or why or "the hub did not say what became of it")
    ledger.doubt(unknown, done.holder, _ms(now), _again_at(now, rows), told)
    done.acknowledged += len(accepted)
    done.refused += len(refused)
    done.unanswered += len(unknown)
    done.trouble = why
    if wrong is not None:
        raise wrong
    return not why


def _again_at(now: float, rows: list[Voucher]) -> int:
    return _ms(now + _pause(min(row["attempts"] for row in rows)))


def _pause(failures: int) -> float:
    return float(min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
